# A vault that was repaired, by the reader that was written from the format alone.

load ../cli/helpers

PYTHON=${PYTHON:-/usr/bin/python3}
export PYTHONDONTWRITEBYTECODE=1

setup() {
    common_setup
    new_vault people "$PASS"
    for i in 1 2 3 4 5 6; do
        echo "{\"ref\":\"P$i\",\"residence\":\"Town $i\",\"name\":\"Somebody $i\",\"notes\":\"long $i\"}"
    done > rows.json
    w "$PASS" import rows.json --as person
    echo '{"name":"Kim Other","residence":"Kem"}' | w "$PASS" edit P3 --from -
    w "$PASS" edit P3 residence=Perm
    head -c 300000 /dev/urandom > scan.bin
    w "$PASS" attach P4 scan.bin --open
    RAW=$("$PYTHON" "$BATS_TEST_DIRNAME/../fault/rawkey.py" "$VAULT" <<< "$PASS")
}

sql() {
    sqlcipher -batch -bail "$VAULT/records.db" <<< "$RAW
$1"
}

# repaired CODE: then read: nothing is wrong, and the text is in the file read.
repaired() {
    refused "$1" w "$PASS" repair new.vault
    VAULT=$PWD/new.vault
    w "$PASS" check --deep
    "$PYTHON" "$BATS_TEST_DIRNAME/reader.py" "$VAULT" <<< "$PASS" > read
}

# first_of REF: the number of its first revision; each record of the import has the next.
first_of() {
    echo $(($(sql 'SELECT min(n) FROM withheld WHERE n > 9;' | tail -1) + $1 - 1))
}

@test "lost: a revision with a key, a revision on the way, withheld values, a part of a file, a detail" {
    first=$(first_of 1)
    sql "DELETE FROM open WHERE n = $((first + 2));
        DELETE FROM withheld WHERE n = $((first + 4));
        DELETE FROM open_chunk WHERE n = (SELECT max(n) FROM open_chunk);
        UPDATE log SET detail = (SELECT detail FROM log WHERE n = 2) WHERE n = 3;"
    repaired 4
    grep -q 'residence: Perm' read
    grep -q 'name: Kim Other' read
    grep -q 'name: Somebody 4' read
    never grep -q 'Somebody 5' read
    [ "$(grep -c 'name: Somebody' read)" = 4 ]
}

@test "what a repair says is lost, and only that: a deletion afterwards is damage" {
    first=$(first_of 1)
    sql "DELETE FROM open WHERE n = $((first + 2));"
    repaired 4
    sql "DELETE FROM open WHERE n = $((first + 1));"
    refused 4 w "$PASS" check
    run "$PYTHON" "$BATS_TEST_DIRNAME/reader.py" "$VAULT" <<< "$PASS"
    [ "$status" != 0 ]
}
