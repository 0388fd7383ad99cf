# Allocations that fail, errors while reading, and a second fault while the opening puts a first one right; see kills.bats. Of the
# allocations some are drawn by lot here; make check-fault tries those of each place (docs/testing.md).

bats_require_minimum_version 1.5.0
load ../cli/helpers
load helpers

setup_file() { fault_build; }
setup() {
    common_setup
    [[ $O != *asan* ]] || skip "the sanitizer stands between already"
}

# ---- no memory: exit code 9, or done; never a wrong passphrase, never damage

@test "opening without memory" { keeps memory open; }
@test "add without memory" { keeps memory add; }
@test "import without memory" { keeps memory import; }
@test "attach without memory" { keeps memory attach; }
@test "key change without memory" { keeps memory key-change; }
@test "key rekey without memory" { keeps memory rekey; }
@test "key add without memory: the vault opens, whatever the change of keys came to" { keeps memory key-add; }
@test "key shares without memory" { keeps memory key-shares; }
@test "travel without memory" { keeps memory travel; }
@test "adoption without memory" { keeps memory adopt; }
@test "compact and purge without memory" { keeps memory compact; keeps memory purge; keeps memory purge-revision; }
@test "history --statement without memory" { keeps memory statement; }
@test "join and repair without memory" { keeps memory join; keeps memory repair; }
@test "dump without memory" { keeps memory dump; }
@test "handoff without memory" { keeps memory handoff; }
@test "bundles and receipts without memory" { keeps memory handoff-send; keeps memory handoff-receive; keeps memory handoff-receipt; }
@test "init without memory" { keeps memory init; }
@test "backup without memory" { keeps memory backup; }
@test "restore without memory" { keeps memory restore; }

# ---- a disk that cannot be read at some place: told, and the vault as it was or as it should be

@test "add on a disk that cannot be read" { keeps unreadable add; }
@test "attach on a disk that cannot be read" { keeps unreadable attach; }
@test "key change on a disk that cannot be read" { keeps unreadable key-change; }
@test "backup on a disk that cannot be read" { keeps unreadable backup; }
@test "restore on a disk that cannot be read" { keeps unreadable restore; }

# ---- a second fault while the opening puts the first one right

@test "add, killed; then a kill, a full or broken disk, want of memory while the next opening puts it right" { keeps twice add; }
@test "key change, killed; then a kill, a full or broken disk, want of memory while the next opening puts it right" { keeps twice key-change; }
