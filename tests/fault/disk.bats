# A power cut at every moment, a disk that fills up and a disk with errors at every write; see kills.bats.

bats_require_minimum_version 1.5.0
load ../cli/helpers
load helpers

setup_file() { fault_build; }
setup() { common_setup; }

# ---- a power cut: what was not synced is there in part; the old or the new state

@test "add, power cut at each moment" { keeps power add; }
@test "edit, power cut at each moment" { keeps power edit; }
@test "import, power cut at each moment" { keeps power import; }
@test "attach, power cut at each moment" { keeps power attach; }
@test "key change, power cut at each moment" { keeps power key-change; }
@test "key rekey, power cut at each moment" { keeps power rekey; }
@test "compact, power cut at each moment" { keeps power compact; }
@test "purge, power cut at each moment" { keeps power purge; keeps power purge-revision; }
@test "key shares, power cut at each moment: the old set or the new one" { keeps power key-shares; }
@test "adoption, power cut at each moment" { keeps power adopt; }

# ---- what is written outside of the vault: synced before anybody is told that it is done

lasts() {
    local deed
    for deed; do keeps lasting "$deed"; done
}

@test "init, backup, restore and repair are synced, each file and folder" { lasts init backup backup-since backup-split restore repair; }
@test "a travel copy, an anchor, a dump and what is extracted are synced" { lasts travel anchored dump extract; }
@test "statements, handoffs, bundles and receipts are synced" { lasts statement handoff handoff-send handoff-receive; }

# ---- a disk that fills up: exit code 9 and the old state

@test "add on a disk that fills up" { keeps full add; }
@test "import on a disk that fills up" { keeps full import; }
@test "attach on a disk that fills up" { keeps full attach; }
@test "key change on a disk that fills up" { keeps full key-change; }
@test "key rekey on a disk that fills up" { keeps full rekey; }
@test "compact on a disk that fills up" { keeps full compact; }
@test "purge on a disk that fills up" { keeps full purge; keeps full purge-revision; }
@test "key shares on a disk that fills up" { keeps full key-shares; }
@test "travel on a disk that fills up: nothing half-made lies about" { keeps full travel --way on; }
@test "adoption on a disk that fills up: the vault opens, and a later opening does it" { keeps full adopt; }
@test "attach --move on a disk that fills up: the source, or the attachment" { keeps full attach-move --way on; }
@test "extract on a disk that fills up: no file or a whole one" { keeps full extract --way on; }
@test "dump on a disk that fills up" { keeps full dump; }
@test "handoff on a disk that fills up" { keeps full handoff; }
@test "bundles and receipts on a disk that fills up" { keeps full handoff-send; keeps full handoff-receive; keeps full handoff-receipt; }
@test "history --statement on a disk that fills up" { keeps full statement; }
@test "add with an anchor on a disk that fills up: the anchor holds" { keeps full anchored; }
@test "init on a disk that fills up" { keeps full init; }
@test "backup on a disk that fills up" { keeps full backup; }
@test "restore on a disk that fills up" { keeps full restore; }

# ---- a disk with errors: whatever failed, the vault opens, with the old or the new state

@test "add on a disk with errors" { keeps broken add; }
@test "import on a disk with errors" { keeps broken import; }
@test "attach on a disk with errors" { keeps broken attach; }
@test "key change on a disk with errors: one of the passphrases still opens it" { keeps broken key-change; }
@test "backup on a disk with errors: no file or a whole one" { keeps broken backup; }
@test "restore on a disk with errors: no vault or a whole one" { keeps broken restore; }
@test "key shares on a disk with errors: one of the sets opens it" { keeps broken key-shares --way once; }
@test "travel on a disk with an error: no copy or a whole one" { keeps broken travel --way once; }
@test "adoption on a disk with errors" { keeps broken adopt; }
