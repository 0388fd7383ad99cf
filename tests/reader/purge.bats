# After purge and compact, by raw tools: what was purged is nowhere in the folder, and an old records.db is of no use with today's keys.

load ../cli/helpers

PYTHON=${PYTHON:-/usr/bin/python3}
export PYTHONDONTWRITEBYTECODE=1

setup() {
    common_setup
    new_vault people "$PASS"
    for i in 1 2 3 4 5 6; do
        echo "{\"ref\":\"P$i\",\"residence\":\"Town $i\",\"name\":\"Somebody $i\",\"notes\":\"$(printf 'long %.0s' {1..400})\"}"
    done > rows.json
    w "$PASS" import rows.json --as person
    echo '{"name":"Kim Purged","residence":"Kem"}' | w "$PASS" edit P3 --from -
    echo '{"name":"Kim Again"}' | w "$PASS" edit P3 --from -
    id=$(w "$PASS" show P3 --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["id"])')
    raw take "$VAULT" P3 > needles
    cp -r "$VAULT" old.vault
}

# with_files: two attachments of P3, a withheld one of three pieces and an open one.
with_files() {
    head -c 600000 /dev/urandom > scan.bin
    head -c 3000 /dev/urandom > letter.bin
    w "$PASS" attach P3 scan.bin
    w "$PASS" attach P3 letter.bin --open
    raw take "$VAULT" P3 | sort -u > needles
}

# raw WORDS: purged.py, with the passphrase.
raw() {
    "$PYTHON" "$BATS_TEST_DIRNAME/purged.py" "$@" <<< "$PASS"
}

# read_vault VAULT: by the reader that was written from the format alone.
read_vault() {
    "$PYTHON" "$BATS_TEST_DIRNAME/reader.py" "$1" <<< "$PASS"
}

# with_today: old.vault's database beside today's keys.
with_today() {
    rm -rf mixed.vault
    cp -r "$VAULT" mixed.vault
    cp old.vault/records.db mixed.vault/records.db
}

@test "a purged record is in no file of the folder and no page of the database" {
    [ "$(raw search "$VAULT")" != "0 of $(wc -l < needles)" ]       # it is found where it is
    w "$PASS" purge P3 --yes
    w "$PASS" compact
    [ "$(raw search "$VAULT")" = "0 of $(wc -l < needles)" ]
    [ "$(ls "$VAULT")" = $'keys\nrecords.db' ]
    w "$PASS" check
    read_vault "$VAULT" > read
    never grep -q "$id" read
    [ "$(grep -c ' person' read)" = 5 ]
}

@test "a purged field and a purged revision are in no file and no page; the rest reads on" {
    first=$(w "$PASS" history P3 --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)[0]["revision"])')
    w "$PASS" purge P3 --rev "$first" --yes
    w "$PASS" purge P3 --field name --yes
    w "$PASS" compact
    # Every blob of the record was sealed anew, and so was every wrap.
    [ "$(raw search "$VAULT")" = "0 of $(wc -l < needles)" ]
    w "$PASS" check
    read_vault "$VAULT" > read
    grep -q 'residence: Kem' read
    never grep -q 'Kim' read
    run w "$PASS" show P3 --rev "$first" --reveal
    says '[purged]'
    never grep -q 'Town 3' <<< "$output"
}

@test "a purged attachment is in no file and no page; the other one reads on" {
    with_files
    [ "$(awk 'length > 400000' needles | wc -l)" = 2 ]              # two whole pieces of the scan
    w "$PASS" purge P3 --attachment scan.bin --yes
    w "$PASS" compact
    # What goes on in the other attachment's rows is no secret of the one that was purged.
    raw take "$VAULT" P3 | sort -u > stays
    comm -23 needles stays > gone
    mv gone needles
    [ "$(awk 'length > 400000' needles | wc -l)" = 2 ]
    [ "$(raw search "$VAULT")" = "0 of $(wc -l < needles)" ]
    w "$PASS" extract P3 letter.bin -o out.bin
    cmp letter.bin out.bin
    w "$PASS" check --deep
    read_vault "$VAULT" > /dev/null
}

@test "what was purged is overwritten in the database at once, before any compact" {
    with_files
    cp needles all
    # Blobs and pieces; wraps are written anew in the same rows. Few enough that their pages are not all used again.
    awk 'length > 4000' all > needles
    w "$PASS" purge P3 --yes
    [ "$(raw search "$VAULT")" = "0 of $(wc -l < needles)" ]
    [ "$(wc -l < needles)" -ge 3 ]
}

@test "an old records.db opens nothing with the keys of after a purge, neither here nor by hand" {
    read -r wraps blobs <<< "$(raw opens old.vault/records.db old.vault/keys)"
    [ "$wraps" -gt 3 ]
    [ "$blobs" -gt 8 ]
    w "$PASS" purge P3 --yes
    with_today
    VAULT=$PWD/mixed.vault refused 4 w "$PASS" list
    refused 4 read_vault mixed.vault
    [ "$(raw opens old.vault/records.db "$VAULT/keys")" = '0 0' ]
    w "$PASS" compact
    with_today
    VAULT=$PWD/mixed.vault refused 4 w "$PASS" list
    refused 4 read_vault mixed.vault
    [ "$(raw opens old.vault/records.db "$VAULT/keys")" = '0 0' ]
    never cmp -s <(head -c 16 old.vault/records.db) <(head -c 16 "$VAULT/records.db")
}

@test "with the keys of its time an old records.db does open: purge does not reach copies" {
    w "$PASS" purge P3 --yes
    w "$PASS" compact
    VAULT=$PWD/old.vault
    run w "$PASS" show P3 --reveal
    says 'Kim Again'
    cp old.vault/keys keys.old
    raw opens old.vault/records.db keys.old > opened
    never grep -q '^0' opened
}

@test "the reader names what is missing, or there, without a tombstone" {
    w "$PASS" purge P3 --field residence --yes
    read_vault "$VAULT"
    "$PYTHON" "$BATS_TEST_DIRNAME/../fault/rawkey.py" "$VAULT" <<< "$PASS" > raw_key
    n=$(sqlcipher -batch "$VAULT/records.db" <<< "$(cat raw_key)
SELECT max(n) FROM open;" | tail -1)
    # The tombstone itself gone: its pair and its entry say that it was there.
    cp -r "$VAULT" copy.vault
    sqlcipher -batch copy.vault/records.db <<< "$(cat raw_key)
DELETE FROM open WHERE n = $n;"
    refused 4 read_vault copy.vault
    says 'row of open is missing'
    VAULT=$PWD/copy.vault refused 4 w "$PASS" check
    # Withheld content that no tombstone names.
    cp -r "$VAULT" put.vault
    sqlcipher -batch put.vault/records.db <<< "$(cat raw_key)
DELETE FROM withheld WHERE n = (SELECT max(n) FROM withheld);"
    refused 4 read_vault put.vault
    VAULT=$PWD/put.vault refused 4 w "$PASS" check
}
