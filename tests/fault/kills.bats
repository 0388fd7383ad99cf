# kill -9 at each and every write: the vault opens, holds the old or the new state, check finds nothing, no value stands in
# a file, nothing lies about, it can be written again. The program of tests/fault/*.c is linked with the library, does the
# deed in a child and kills it; ROUNDS (10) kills where they are drawn by lot. The program from outside: tests/cli/kill.bats.

bats_require_minimum_version 1.5.0
load ../cli/helpers
load helpers

setup_file() { fault_build; }
setup() { common_setup; }

@test "add, killed before and within each write" { keeps kill add; keeps torn add; }
@test "edit, killed before and within each write" { keeps kill edit; keeps torn edit; }
@test "import, killed before and within each write" { keeps kill import; keeps torn import; }
@test "attach, killed before and within each write" { keeps kill attach; keeps torn attach; }
@test "attach --open, and what a caseworker adds and attaches, killed before and within each write" {
    keeps kill attach-open
    keeps torn add-case
    keeps kill attach-case
}
@test "key change, killed before and within each write" { keeps kill key-change; keeps torn key-change; }
@test "key rekey, killed before and within each write" { keeps kill rekey; keeps torn rekey; }
@test "compact, killed before and within each write" { keeps kill compact; keeps torn compact; }
@test "purge, killed before and within each write" { keeps kill purge; keeps torn purge-revision; }
@test "key add, killed before and within each write" { keeps kill key-add; keeps torn key-add; }
@test "key remove, killed before and within each write" { keeps kill key-remove; keeps torn key-remove; }
@test "key shares, killed before and within each write: the old set or the new one" { keeps kill key-shares; keeps torn key-shares; }
@test "travel, killed before each write: no copy or a whole one" { keeps kill travel; }
@test "travel, killed within each write: no copy or a whole one" { keeps torn travel; }
@test "adoption when a keeper unlocks, killed before and within each write" { keeps kill adopt; keeps torn adopt; }
@test "attach --move, killed before and within each write: the source, or the attachment" { keeps kill attach-move; keeps torn attach-move; }
@test "extract to a file, killed before each write: no file or a whole one" { keeps kill extract; }
@test "purge of a field and of an attachment, killed before each write" { keeps kill purge-field; keeps torn purge-file; }
@test "join, detach and an import with attachments, killed before each write" { keeps kill join; keeps kill detach; keeps torn import-dump; }
@test "rm, killed before and within each write" { keeps kill remove; keeps torn remove; }
@test "merge, dismiss and contact add, killed before and within each write" { keeps kill merge; keeps torn dismiss; keeps kill contact; keeps torn contact; }
@test "show --reveal, killed before and within each write" { keeps kill reveal; keeps torn reveal; }
@test "dump, killed before and within each write" { keeps kill dump; keeps torn dump; }
@test "history --statement, killed before and within each write: none or one that holds" { keeps kill statement; keeps torn statement; }
@test "handoff, killed before and within each write: no file or a whole one" { keeps kill handoff; keeps torn handoff; }
@test "handoff send, killed before and within each write: no bundle or a whole one" { keeps kill handoff-send; keeps torn handoff-send; }
@test "handoff receive, killed before and within each write: all of it or nothing" { keeps kill handoff-receive; keeps torn handoff-receive; }
@test "handoff receipt, killed before and within each write" { keeps kill handoff-receipt; keeps torn handoff-receipt; }
@test "add with an anchor, killed before and within each write: the anchor holds" { keeps kill anchored; keeps torn anchored; }
@test "init, killed before and within each write: no vault or a whole one" { keeps kill init; keeps torn init; }

@test "backup, killed before and within each write: no file or a whole one" { keeps kill backup; keeps torn backup; }
@test "backup --since and --split, killed before each write: no file or a whole one" { keeps kill backup-since; keeps torn backup-split; }
@test "repair, killed before each write: the damaged vault is as it was" { keeps kill repair; }
@test "restore, killed before and within each write: no vault or a whole one" { keeps kill restore; keeps torn restore; }

@test "add, killed at random times" { keeps random add; }
@test "edit, killed at random times" { keeps random edit; }
@test "import, killed at random times" { keeps random import; }
@test "attach, killed at random times" { keeps random attach; }
@test "key change, killed at random times" { keeps random key-change; }
@test "backup, killed at random times" { keeps random backup; }
@test "restore, killed at random times" { keeps random restore; }
@test "a large import, killed at random times" { ROUNDS=$((${ROUNDS:-40} / 13)) keeps random import-big; }
@test "large files attached, killed at random times" { ROUNDS=$((${ROUNDS:-40} / 13)) keeps random attach-big; }

@test "after a kill and the next opening there are keys and records.db, and no journal even if it was never in force" {
    keeps clean add
    keeps clean key-change
}
