# kill -9 at any moment: the vault opens and holds the old or the new state. Here the program itself, killed at random;
# tests/fault/kills.bats kills the library at each and every write. ROUNDS (10) rounds of each operation, in some of which
# the kill comes too late; tests/fault/run.sh is the long form.

bats_require_minimum_version 1.5.0
load helpers
load ../fault/helpers

setup() {
    common_setup
}

killed() {
    run "$PYTHON" "$FAULT_DIR/kill.py" "$WITHHELD" "$1" "${ROUNDS:-10}"
    [ "$status" = 0 ]
    says " kills; "
    says "of ${ROUNDS:-10} came too late"
}

@test "add, killed at random" { killed add; }
@test "edit, killed at random" { killed edit; }
@test "import of some thousand rows, killed at random" { killed import; }
@test "key change, killed at random: the old or the new passphrase opens it" { killed key-change; }
