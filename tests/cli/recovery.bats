# docs/recovery.md, done as it says: the blocks are taken from the page, so that it cannot rot.

load helpers

TOP=$BATS_TEST_DIRNAME/../..
PAGE=$TOP/docs/recovery.md
PASS='пароль: correct horse на тихом мосту, 7 утра'

# block LANGUAGE TEXT: the first block of that language that contains TEXT.
block() {
    awk -v begin="\`\`\`$1" -v text="$2" '
        $0 == begin { in_block = 1; found = ""; next }
        /^```$/ { if (in_block && index(found, text)) { printf "%s", found; exit } in_block = 0 }
        in_block { found = found $0 "\n" }' "$PAGE"
}

setup() {
    common_setup
    new_vault people "$PASS"
    w "$PASS" --quiet add person --from - <<< \
        '{"ref":"K-12/1962-77","residence":"Khabarovsk","name":"Choi Myung-bok","notes":"came over the river"}'
    w "$PASS" --quiet add case --from - <<< '{"ref":"C-7","title":"appeal of the spring","person":["K-12/1962-77"]}'
    PATH=$(dirname "$WITHHELD"):$PATH
    block python hash_secret_raw > rawkey.py
    [ -s rawkey.py ]
}

# run_page TEXT [PASS]: the block of commands that contains TEXT, with the passphrase on standard input.
run_page() {
    block sh "$1" > commands
    [ -s commands ]
    run bash -c 'set -e; . ./commands' <<< "${2-$PASS}"
}

@test "recovery.md: the raw key opens records.db for stock sqlcipher, which shows the schema" {
    run_page .schema
    [ "$status" = 0 ]
    local table
    for table in log pair open withheld wrap intake; do says "CREATE TABLE $table"; done
    says '|'        # a row of open
}

@test "recovery.md: the blobs stay closed" {
    local plain
    run bash -c '{ /usr/bin/python3 rawkey.py people.vault; echo .dump; } | sqlcipher people.vault/records.db' <<< "$PASS"
    [ "$status" = 0 ]
    /usr/bin/python3 -c 'import re, sys
for x in re.findall(r"X\x27([0-9A-Fa-f]+)\x27", sys.stdin.read()): sys.stdout.buffer.write(bytes.fromhex(x))
' <<< "$output" > bytes
    [ "$(wc -c < bytes)" -gt 5000 ]
    # Searching finds what is there: the actions of the log are not encrypted once more.
    grep -aq add bytes
    # Nothing so short that chance could write it.
    for plain in Khabarovsk 'Choi Myung' 'over the river' 'appeal of' K-12/1962 residence; do
        if grep -aqi -- "$plain" bytes people.vault/*; then
            echo "found: $plain"
            return 1
        fi
    done
}

@test "recovery.md: a wrong passphrase opens no slot, and nothing is printed for sqlcipher" {
    run /usr/bin/python3 rawkey.py people.vault <<< wrong
    [ "$status" = 1 ]
    [ "$output" = 'the passphrase opens no slot' ]
}

@test "recovery.md: the script tells damage from a wrong passphrase" {
    printf 'damage, not chance' | dd of=people.vault/keys bs=1 seek=300 conv=notrunc status=none
    run /usr/bin/python3 rawkey.py people.vault <<< "$PASS"
    [ "$status" = 1 ]
    says 'damaged'
}

@test "recovery.md: a damaged keys is exit code 4, and a copy made since the last change replaces it" {
    mkdir backup
    cp -a people.vault backup/
    w "$PASS" --quiet add person ref=K-13
    printf 'damage, not chance' | dd of=people.vault/keys bs=1 seek=300 conv=notrunc status=none
    refused 4 w "$PASS" list
    [[ $output != *passphrase* ]]
    rm people.vault/keys
    refused 4 w "$PASS" list
    echo "$PASS" > passphrase
    block sh 'cp backup/' | sed 's/^withheld /&--passphrase-file passphrase /' > commands
    bash -e ./commands
    run w "$PASS" show K-13
    [ "$status" = 0 ]
}

@test "recovery.md: keys from before a change of passphrase is refused, yet has the key of the database" {
    mkdir backup
    cp -a people.vault backup/
    w "$PASS" --quiet --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< "$NEXT"
    w "$NEXT" --quiet add person ref=K-13
    cp backup/people.vault/keys people.vault/keys
    refused 4 w "$PASS" list
    says 'older'
    run_page .schema
    [ "$status" = 0 ]
    says 'CREATE TABLE open'
    ln -s "$(realpath "$TOP/tests")" tests
    run_page tests/reader/reader.py
    [ "$status" = 4 ]
    says K-13
}

@test "recovery.md: the second reader prints the records, names as well" {
    ln -s "$(realpath "$TOP/tests")" tests
    run_page tests/reader/reader.py
    [ "$status" = 0 ]
    says Khabarovsk
    says 'Choi Myung-bok'
    run_page tests/reader/reader.py wrong
    [ "$status" = 3 ]
    [[ $output != *Choi* ]]
}

@test "recovery.md: a backup comes back, and its own reader prints the records" {
    w "$PASS" --quiet backup people.backup
    echo "$PASS" > passphrase
    block sh 'restore people.backup' | sed 's/^withheld /&--passphrase-file passphrase /' > commands
    bash -e ./commands
    VAULT=restored.vault run w "$PASS" show K-12/1962-77 --reveal
    says 'Choi Myung-bok'
    ln -s "$(realpath "$TOP/tests")" tests
    run_page tests/reader/backup.py
    [ "$status" = 0 ]
    says 'Choi Myung-bok'
    run_page tests/reader/backup.py wrong
    [ "$status" = 3 ]
    [[ $output != *Choi* ]]
    # parts are put together by hand as it says
    w "$PASS" --quiet backup in-parts --split 1M
    mv in-parts.001 people.backup.001
    mv people.backup whole
    cat people.backup.0* > people.backup
    "$WITHHELD" --quiet --passphrase-fd 4 restore people.backup again.vault 4<<< "$PASS"
}

@test "README, SECURITY and docs name files that exist" {
    local page name
    cd "$TOP"
    for page in README.md SECURITY.md docs/threat-model.md docs/recovery.md docs/embedding.md \
        docs/guide-keeper.md docs/guide-caseworker.md docs/guide-lawyer.md; do
        # Links are relative to the page, names in backquotes to the top folder.
        for name in $(grep -o '](\([^)#:]*\))' "$page" | tr -d '()]'); do
            [ -e "$(dirname "$page")/$name" ] || { echo "$page: $name"; return 1; }
        done
        for name in $(grep -o '`\(tests\|docs\|vault\)/[A-Za-z0-9_./-]*`' "$page" | tr -d '`'); do
            [ -e "$name" ] || { echo "$page: $name"; return 1; }
        done
    done
}

@test "the threat model names tests that exist" {
    local file name
    cd "$TOP"
    # `FILE` "name" of a test
    grep -o '`tests/[^`]*`[^"`]*"[^"]*"' <(tr '\n' ' ' < docs/threat-model.md | tr -s ' ') > "$BATS_TEST_TMPDIR/named"
    [ "$(wc -l < "$BATS_TEST_TMPDIR/named")" -ge 5 ]
    while IFS='`"' read -r _ file _ name _; do
        grep -qF -- "${name% ...}" "$file" || { echo "$file: $name"; return 1; }
    done < "$BATS_TEST_TMPDIR/named"
}
