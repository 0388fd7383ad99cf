# What the tests of damage, kills and raw bytes have in common, beside tests/cli/helpers.bash.
# shellcheck disable=SC2154 # bats sets status, output, stderr

FAULT_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
PYTHON=${PYTHON:-/usr/bin/python3}
PAGE=16384

# fault_build: the program of tests/fault/*.c, when it is not there yet.
fault_build() {
    run sh "$FAULT_DIR/build.sh"
    FAULT=${lines[-1]}
    export FAULT
    [ "$status" = 0 ] || { echo "$output"; return 1; }
}

# keeps TEST [DEED] [--way WAY]: runs it; its output tells what was counted, or what went wrong and how to see it again.
keeps() {
    TMPDIR=$BATS_TEST_TMPDIR run "$FAULT" "$@" --rounds "${ROUNDS:-10}"
    [ "$status" = 0 ]
}

# raw_key PASS: remember what opens the present $VAULT's database in stock sqlcipher. Slow, so once for a vault; copies
# of it have the same key.
raw_key() {
    RAW_KEY=$("$PYTHON" "$FAULT_DIR/rawkey.py" "$VAULT" <<< "$1")
}

# sql STATEMENTS: done to the present $VAULT by the stock program.
sql() {
    sqlcipher -batch -bail "$VAULT/records.db" > sql.out <<< "$RAW_KEY
$1" || return 1
    sed '1{/^ok$/d}' sql.out
}

# flip FILE BYTE [BIT]: change one bit.
flip() {
    "$PYTHON" -c '
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(int(sys.argv[2]))
    b = f.read(1)[0]
    f.seek(int(sys.argv[2]))
    f.write(bytes([b ^ 1 << int(sys.argv[3])]))' "$1" "$2" "${3:-0}"
}

# page_from FILE OLD N: page N (from 1) as it is in OLD.
page_from() {
    dd if="$2" of="$1" bs=$PAGE skip=$(($3 - 1)) seek=$(($3 - 1)) count=1 conv=notrunc status=none
}

# finds WHAT [PASS]: check says exit code 4, {"ok": false} and problems of the agreed shape, in one of which the pattern
# WHAT is found; it speaks of no wrong passphrase, and writes nothing.
finds() {
    local before after
    before=$(cat "$VAULT"/* | sha256sum)
    run --separate-stderr w "${2-$PASS}" check --json
    after=$(cat "$VAULT"/* | sha256sum)
    if [ "$status" != 4 ]; then
        echo "check ends with $status, not 4; looked for: $1"
        echo "$output"
        return 1
    fi
    "$PYTHON" -c '
import json, re, sys
d = json.loads(sys.argv[1])
assert d["ok"] is False and d["problems"], d
assert all(set(p) == {"what", "where"} and all(isinstance(t, str) and t for t in p.values()) for p in d["problems"]), d
lines = [p["where"] + ": " + p["what"] for p in d["problems"]]
if not any(re.search(sys.argv[2], line) for line in lines):
    sys.exit("check does not say: %s\nbut:\n%s" % (sys.argv[2], "\n".join(lines)))
for text in lines + [sys.argv[3]]:
    assert "passphrase" not in text.lower(), text' "$output" "$1" "$stderr"
    [ "$before" = "$after" ] || { echo 'check changed the folder'; return 1; }
}

# is_well [PASS]: check finds nothing.
is_well() {
    run w "${1-$PASS}" check --json
    [ "$status" = 0 ] || { echo "$output"; return 1; }
    json 'd == {"ok": True, "problems": []}'
}

# dumped PASS FILE: everything the vault holds, with withheld values, in an order that does not change.
dumped() {
    local dir
    dir=$(mktemp -d -u)
    w "$1" --quiet dump "$dir" --reveal > /dev/null || return 1
    cat "$dir"/*.jsonl | LC_ALL=C sort > "$2"
    rm -r "$dir"
}
