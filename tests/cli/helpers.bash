# What the tests of the program have in common. A suite begins with
#
#   load helpers            (load ../cli/helpers from elsewhere)
#   setup() { common_setup; }
#
# Every test then runs in an empty folder of its own, with no vault and no terminal.

WITHHELD=${WITHHELD:-$BATS_TEST_DIRNAME/../../build/withheld}
WITHHELD=$(realpath "$WITHHELD")

# Passphrases that the program takes without a warning: of the keeper or whoever there is, of a second person, one that
# is changed to. Some suites have others, in other scripts.
PASS='picture visual platform grief lips national findings'
OTHER='bishop agency alto involve clinic knit'
NEXT='armed dictate iris minister explain peasant'

# The least the program accepts: a test that opens a vault ten times takes two seconds.
CHEAP=(--kdf-memory 64 --kdf-passes 3)

common_setup() {
    cd "$BATS_TEST_TMPDIR" || return 1
    unset WITHHELD_VAULT NO_COLOR VAULT
}

# need_terminals: skip where none can be made (a bare chroot without /dev/pts).
need_terminals() {
    "${PYTHON:-python3}" -c 'import os; os.openpty()' 2> /dev/null || skip "no pseudo-terminals here (mount devpts)"
}

# answered PROMPT ANSWER COMMAND...: on a terminal of its own (need_terminals), where ANSWER is typed once PROMPT is there. Prints what it showed.
answered() {
    "${PYTHON:-/usr/bin/python3}" "$BATS_TEST_DIRNAME/../cli/answer.py" "$@" < /dev/null
}

# roomy: skip where a new vault would not take so much more memory than CHEAP.
roomy() {
    [ "$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)" -ge 2000 ] || skip "this machine has little memory"
    [ "$(cat /sys/fs/cgroup/memory.max 2> /dev/null || echo max)" = max ] || skip "this control group has a limit"
}

# new_vault NAME PASS: makes NAME.vault, on which `w` works from then on.
new_vault() {
    VAULT=$PWD/$1.vault
    "$WITHHELD" --quiet --passphrase-fd 4 init "$VAULT" "${CHEAP[@]}" 4<<< "$2"
}

# w PASS ARGS...: one command on that vault. Standard input stays free; the terminal of whoever runs
# the tests is never asked.
w() {
    local pass=$1
    shift
    "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 "$@" 4<<< "$pass"
}

# shellcheck disable=SC2154 # bats sets status and output
# refused CODE COMMAND...: the command must end with this exit code; $output holds what it said.
refused() {
    local code=$1
    shift
    run "$@"
    if [ "$status" != "$code" ]; then
        echo "exit code $status, not $code: $*"
        echo "$output"
        return 1
    fi
}

# never COMMAND...: it must fail (a plain `!` is not noticed within a test).
never() {
    if "$@"; then
        echo "should have failed: $*"
        return 1
    fi
}

# says TEXT: $output must contain it.
says() {
    [[ $output == *"$1"* ]] || { printf 'does not say: %s\n%s\n' "$1" "$output"; return 1; }
}

# json EXPRESSION: $output must be JSON, and this Python about it (d) true.
json() {
    "${PYTHON:-/usr/bin/python3}" -c '
import json, sys
d = json.loads(sys.argv[1])
if not eval(sys.argv[2]):
    sys.exit("not so: %s\n%.4000s" % (sys.argv[2], sys.argv[1]))' "$output" "$1"
}
