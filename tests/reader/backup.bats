# The reader of backups in Python, which was written from docs/format.md alone, against what the program makes.

load ../cli/helpers

PYTHON=${PYTHON:-/usr/bin/python3}
READER=$BATS_TEST_DIRNAME/reader.py
BACKUP=$BATS_TEST_DIRNAME/backup.py
export PYTHONDONTWRITEBYTECODE=1

CASE=$OTHER

# One vault, with a chain of three backups of it: `full`, `second` (in parts) and `third`.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault people "$PASS"
    w "$PASS" key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$CASE"
    w "$PASS" add person --from - <<< '{"ref":"P1","name":"최명복","residence":"town","notes":"camp"}'
    head -c 600000 /dev/urandom > scan
    w "$PASS" attach P1 scan
    w "$PASS" backup full
    head -c 1500000 /dev/urandom > film
    w "$PASS" attach P1 film --open
    w "$CASE" add person --from - <<< '{"ref":"P2","name":"Елена Когай"}'
    w "$CASE" backup second --since full --split 1M
    w "$PASS" edit P2 residence=Omsk        # adopts P2's name
    w "$PASS" detach P1 scan
    w "$PASS" backup third --since second
}

setup() {
    common_setup
    VAULT=$BATS_FILE_TMPDIR/people.vault
}

read_backup() { "$PYTHON" "$BACKUP" "$BATS_FILE_TMPDIR/$1" "${@:2}" <<< "${GIVEN-$PASS}"; }

@test "a full backup, read from the page alone, is a vault without a fault" {
    read_backup full --json > read
    "$PYTHON" -c '
import json
d = json.load(open("read"))
assert [r["heads"][0]["fields"]["name"] for r in d] == ["최명복"], d'
}

@test "a chain of three, one of them in parts, gives the records of the vault" {
    [ -e "$BATS_FILE_TMPDIR/second.002" ]
    read_backup third --json > read
    "$PYTHON" "$READER" "$VAULT" --json <<< "$PASS" > of_vault
    cmp read of_vault
}

@test "each row is that of the vault, and of a vault that was restored" {
    read_backup third --compare "$VAULT"
    for name in full second third; do
        "$WITHHELD" --quiet --passphrase-fd 4 restore "$BATS_FILE_TMPDIR/$name" "$name.vault" 4<<< "$PASS"
        read_backup "$name" --compare "$name.vault"
    done
    # and it would see a difference
    run read_backup full --compare third.vault
    [ "$status" = 4 ]
}

@test "a case passphrase reads no names out of it" {
    GIVEN=$CASE read_backup third --json > read
    never grep -q -e 최명복 -e Когай read
    grep -q Omsk read
}

@test "a wrong passphrase, a missing base, a changed byte: told" {
    GIVEN=wrong run read_backup full
    [ "$status" = 3 ]
    cp "$BATS_FILE_TMPDIR/third" .
    run "$PYTHON" "$BACKUP" third <<< "$PASS"
    [ "$status" = 7 ]
    for at in 30 4192 4230 10000 -1; do
        cp "$BATS_FILE_TMPDIR/full" changed
        "$PYTHON" -c '
import sys
data = bytearray(open("changed", "rb").read()); data[int(sys.argv[1])] ^= 1; open("changed", "wb").write(data)' "$at"
        run "$PYTHON" "$BACKUP" changed <<< "$PASS"
        [ "$status" = 4 ]
    done
    head -c -1 "$BATS_FILE_TMPDIR/full" > changed
    run "$PYTHON" "$BACKUP" changed <<< "$PASS"
    [ "$status" = 4 ]
}
