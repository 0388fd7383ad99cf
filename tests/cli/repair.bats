# repair: what is whole of a damaged vault goes into a new one, what is lost is named, and nothing is made up.

bats_require_minimum_version 1.5.0
load helpers
load ../fault/helpers

CASE=$OTHER

# One vault for all tests, with some of everything.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault life "$PASS"
    w "$PASS" --quiet key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$CASE"
    seq 1 60 | awk 'BEGIN { print "ref,residence,name,notes" }
        { printf "P-%d,town %d,Somebody %d,%0600d\n", $1, $1, $1, $1 }' > people.csv
    w "$PASS" --quiet import people.csv --as person
    head -c 600000 /dev/urandom > scan.bin
    head -c 300000 /dev/urandom > ruling.bin
    w "$PASS" --quiet attach P-1 scan.bin > /dev/null
    w "$PASS" --quiet attach P-2 ruling.bin --open > /dev/null
    local i
    for i in 3 4 5; do
        w "$PASS" --quiet edit P-$i residence="Omsk $i" --from - <<< "{\"name\":\"Other $i\"}" > /dev/null
    done
    w "$PASS" --quiet edit P-3 residence=Tomsk > /dev/null       # carries the withheld name of the revision before
    w "$PASS" --quiet rm P-9 > /dev/null
    w "$PASS" --quiet purge P-10 --yes > /dev/null
    w "$PASS" --quiet purge P-11 --field notes --yes > /dev/null
    w "$CASE" --quiet add person ref=Q-1 --from - <<< '{"name":"Taken in"}' > /dev/null
    raw_key "$PASS"
    export RAW_KEY
}

setup() {
    common_setup
    VAULT=$PWD/hurt.vault
    cp -r "$BATS_FILE_TMPDIR/life.vault" "$VAULT"
}

# number_of REF: of its first revision.
number_of() {
    local id
    id=$(w "$PASS" show "$1" --json | "$PYTHON" -c '
import json, sys
n = 0
for c in json.load(sys.stdin)["id"]:
    n = n << 5 | "0123456789abcdefghjkmnpqrstvwxyz".index(c)
print((n >> 2).to_bytes(16, "big").hex().upper())')
    sql "SELECT n + (instr(hex(ids), '$id') - 1) / 96 FROM pair WHERE instr(hex(ids), '$id') > 0 ORDER BY n LIMIT 1;"
}

# repaired CODE: the vault is repaired with that exit code; $output is its JSON, and `w` works on the new one, which is clean.
repaired() {
    local before after
    before=$(cat "$VAULT"/* | sha256sum)
    run --separate-stderr w "$PASS" repair new.vault --json
    after=$(cat "$VAULT"/* | sha256sum)
    [ "$status" = "$1" ] || { echo "exit code $status, not $1"; echo "$output$stderr"; return 1; }
    [ "$before" = "$after" ] || { echo 'repair wrote to the damaged vault'; return 1; }
    # shellcheck disable=SC2034 # used by the caller
    report=$output
    VAULT=$PWD/new.vault
    run --separate-stderr w "$PASS" check --deep --json
    [ "$status" = 0 ] || { echo "$output"; return 1; }
    output=$report
}

@test "a vault without damage: everything is there, nothing is lost" {
    local gone
    gone=$(w "$PASS" log --json | "$PYTHON" -c '
import json, sys
print([e["detail"]["id"] for e in json.load(sys.stdin) if e["action"] == "purge"][0])')
    dumped "$PASS" before
    repaired 0
    json 'd["lost"] == [] and d["bad_pages"] == 0 and d["joined"] == 0'
    dumped "$PASS" after
    cmp before after
    w "$PASS" extract P-1 scan.bin -o back
    cmp back "$BATS_FILE_TMPDIR/scan.bin"
    w "$PASS" history P-3
    run w "$PASS" log --json
    json '[e["action"] for e in d][-3] == "repair" or "repair" in [e["action"] for e in d]'
    w "$CASE" show P-3
    run w "$PASS" show "$gone"
    [ "$status" = 7 ]
    says purged
    # It is written to like any other, and can be repaired again.
    w "$PASS" edit P-3 residence=Perm
    repaired_again
}

repaired_again() {
    run w "$PASS" repair third.vault
    [ "$status" = 0 ]
    says 'nothing was lost'
}

@test "who may, and where to" {
    refused 6 w "$CASE" repair new.vault
    refused 3 w "$NEXT" repair new.vault
    mkdir there.vault
    refused 2 w "$PASS" repair there.vault
    refused 2 w "$PASS" repair name
    refused 2 w "$PASS" repair
    refused 2 w "$PASS" repair "$VAULT"
    VAULT=$PWD/nothing.vault refused 7 w "$PASS" repair new.vault
    refused 6 w "$PASS" repair "$VAULT/inside.vault"
    [ ! -e new.vault ]
    run w "$PASS" shell <<< 'repair new.vault'
    [ "$status" = 2 ]
}

@test "without keys nothing can be saved, and it says where copies are" {
    flip "$VAULT/keys" 777
    refused 4 w "$PASS" repair new.vault
    rm "$VAULT/keys"
    refused 4 w "$PASS" repair new.vault
    says backup
    [ ! -e new.vault ]
}

@test "pages hurt by lot: what is told as saved is what there was, and the rest is told as lost" {
    cd "$BATS_TEST_TMPDIR" || return 1
    run "$PYTHON" "$BATS_TEST_DIRNAME/data/repair_pages.py" "$WITHHELD" "$VAULT" "${ROUNDS:-14}" "${SEED:-$RANDOM}" P-3 P-4 P-5 <<< "$PASS"
    echo "$output"
    [ "$status" = 0 ]
}

@test "a database cut short: what stands before the cut" {
    truncate -s $(($(stat -c %s "$VAULT/records.db") / 2 + 777)) "$VAULT/records.db"
    run --separate-stderr w "$PASS" repair new.vault --json
    [ "$status" = 4 ]
    if [ -e new.vault ]; then
        VAULT=$PWD/new.vault
        w "$PASS" check --deep
    fi
}

@test "the content of a revision is missing: the others of its record go on" {
    local n
    n=$(number_of P-4)
    sql "DELETE FROM open WHERE n = $n;" > /dev/null
    finds 'missing'
    repaired 4
    json '[(l["kind"], l["type"], l["older_shown"]) for l in d["lost"]] == [("revision", "person", False)]'
    json 'd["lost_revisions"] == 1'
    run w "$PASS" show P-4 --reveal
    says 'Omsk 4'
    says 'Other 4'
    run w "$PASS" status
    says 'lost: 1 revisions'
    run w "$PASS" status --json
    json 'any("repaired" in w for w in d["warnings"])'
    w "$PASS" edit P-4 residence=Perm
    run w "$PASS" history P-4 --json
    json 'len([h for h in d if h["revision"]]) >= 2'
    w "$PASS" check --deep
}

@test "the newest revision is lost: an older one is shown, and that is said" {
    local n
    n=$(number_of P-5)
    n=$(sql "SELECT max(n) FROM open WHERE n > $n + 50;")
    sql "DELETE FROM open WHERE n = (SELECT n FROM open WHERE n IN (SELECT n FROM withheld) AND n > 73 ORDER BY n LIMIT 1);" > /dev/null
    repaired 4
    json '[l for l in d["lost"] if l["older_shown"]]'
}

@test "a withheld blob of another record in its place is not taken for it" {
    local a b
    a=$(number_of P-20)
    b=$(number_of P-21)
    sql "UPDATE withheld SET blob = (SELECT blob FROM withheld WHERE n = $a) WHERE n = $b;" > /dev/null
    repaired 4
    json '[(l["kind"], l["fields"]) for l in d["lost"]] == [("values", "name, notes")] and d["lost_values"] == 2'
    run w "$PASS" show P-21 --reveal
    says '[lost]'
    says 'town 21'
    never grep -q 'Somebody 20' <<< "$output"
    run w "$PASS" show P-20 --reveal
    says 'Somebody 20'
}

@test "wrapped keys of a pack are lost: its records are, no others" {
    local n
    n=$(sql 'SELECT max(n) FROM wrap WHERE n < 60;')
    sql "DELETE FROM wrap WHERE n = $n AND n > 1;" > /dev/null
    run --separate-stderr w "$PASS" repair new.vault --json
    [ "$status" = 4 ]
}

@test "a part of an attachment is lost: name, size and hash stay, and it says so" {
    sql 'DELETE FROM open_chunk WHERE n = (SELECT max(n) FROM open_chunk);' > /dev/null
    repaired 4
    json '[(l["kind"], l["fields"]) for l in d["lost"]] == [("attachment", "files")]'
    run w "$PASS" show P-2
    says 'ruling.bin'
    says 'its content is lost'
    refused 7 w "$PASS" extract P-2 ruling.bin -o back
    w "$PASS" extract P-1 scan.bin -o back
    cmp back "$BATS_FILE_TMPDIR/scan.bin"
    w "$PASS" edit P-2 residence=Perm
    w "$PASS" purge P-2 --yes
    w "$PASS" check --deep
}

@test "the detail of an entry is damaged: the entry stays" {
    sql "UPDATE log SET detail = (SELECT detail FROM log WHERE n = 3) WHERE n = 4;" > /dev/null
    repaired 4
    json '[(l["kind"], l["log_number"]) for l in d["lost"]] == [("log-detail", 3)]'
    run w "$PASS" log --json
    json 'd[3]["detail"] == {"lost": True}'
}

@test "the key of the log is lost: details are, records are found all the same" {
    sql 'DELETE FROM wrap WHERE n = 0;' > /dev/null
    repaired 4
    json 'd["lost_details"] > 10 and d["lost_revisions"] == 0'
    run w "$PASS" show P-33 --reveal
    says 'Somebody 33'
    run w "$PASS" list --where residence='town 7' --json
    json 'len(d) == 1'
}

# nothing_made: and the damaged vault is as it was.
nothing_made() {
    local before
    before=$(cat "$VAULT"/* | sha256sum)
    refused 4 w "$PASS" repair new.vault
    says 'go back to a backup'
    [ ! -e new.vault ]
    [ "$(cat "$VAULT"/* | sha256sum)" = "$before" ]
}

# hurts SQL: on a copy of the vault as it is; nothing is made of it.
hurts() {
    rm -rf one.vault
    cp -r "$VAULT" one.vault
    VAULT=$PWD/one.vault sql "$1" > /dev/null
    VAULT=$PWD/one.vault nothing_made
}

@test "the log, or the list of revisions, is not whole: nothing is made" {
    hurts 'DELETE FROM log WHERE n = 4;'
    hurts 'UPDATE log SET sigs = (SELECT sigs FROM log WHERE n = 3) WHERE n = 4;'
    hurts 'DELETE FROM log;'
    hurts 'DELETE FROM pair WHERE n = 10;'
    hurts 'DELETE FROM pair WHERE n = (SELECT max(n) FROM pair);'
}

@test "what a keeper decided cannot be read: nothing is made, as that would undo it" {
    local n
    # Somebody is shut out, and would be in again without the record that says so.
    w "$PASS" key remove 1
    n=$(sql 'SELECT max(n) FROM pair;')
    hurts "DELETE FROM open WHERE n = $n;"
    says '_slot'
    # Something is destroyed, and whoever has a copy could put it back.
    w "$PASS" purge P-4 --yes
    n=$(sql 'SELECT max(n) FROM pair;')
    hurts "DELETE FROM open WHERE n = $n;"
    says '_tombstone'
    hurts 'UPDATE wrap SET box = zeroblob(length(box)) WHERE n = 1;'
}

@test "the newest entry was cut off: rows that belong to nothing are told, and it is not called whole" {
    w "$PASS" log head > anchor
    w "$PASS" edit P-30 residence=Perm
    sql 'DELETE FROM pair WHERE n = (SELECT max(n) FROM pair); DELETE FROM log WHERE n = (SELECT max(n) FROM log);' > /dev/null
    refused 2 w "$PASS" repair new.vault --anchor anchor
    says 'open the new vault with it'
    repaired 4
    json 'd["left_out"] > 0 and d["lost"] == []'
}

# one_page_bad NUMBER: a flipped bit in that page of the vault's database, as it is now, and in no other.
one_page_bad() {
    flip "$VAULT/records.db" $((($1 - 1) * PAGE + 5000))
}

@test "the last leaf of the log is bad, where nothing but reveals stood: that entries may be missing is told, and is not exit code 0" {
    local leaf before entries anchor=$PWD/anchor
    yes 'show P-3 --reveal' | head -n 120 | w "$PASS" shell > /dev/null
    w "$PASS" log head > "$anchor"
    before=$(w "$PASS" log --json | "$PYTHON" -c 'import json, sys; print(len(json.load(sys.stdin)))')
    leaf=$(sql "SELECT pageno FROM dbstat WHERE name = 'log' AND pagetype = 'leaf' ORDER BY path DESC LIMIT 1;")
    one_page_bad "$leaf"
    repaired 4
    json '[(l["kind"], l["record"], l["revision"]) for l in d["lost"]] == [("log-end", None, None)]'
    json 'd["left_out"] == 0 and d["bad_pages"] == 1'
    json "d['log_entries'] < $before and d['lost'][0]['log_number'] == d['log_entries'] - 2"
    entries=$("$PYTHON" -c 'import json, sys; print(json.loads(sys.argv[1])["log_entries"])' "$output")
    run w "$PASS" log --json
    json "[e['detail']['log_end'] for e in d if e['action'] == 'repair'] == [$entries - 2]"
    VAULT=$PWD/hurt.vault
    rm -r new.vault
    refused 4 w "$PASS" repair new.vault
    says "entries of the log after number $((entries - 2)) may be missing"
    never grep -q 'nothing was lost' <<< "$output"
}

@test "a page above the leaves of the log is bad: every entry is found, and nothing is told" {
    local root before
    yes 'show P-3 --reveal' | head -n 120 | w "$PASS" shell > /dev/null
    before=$(w "$PASS" log --json | "$PYTHON" -c 'import json, sys; print(len(json.load(sys.stdin)))')
    root=$(sql "SELECT pageno FROM dbstat WHERE name = 'log' AND pagetype = 'internal' ORDER BY path LIMIT 1;")
    [ -n "$root" ]
    one_page_bad "$root"
    repaired 0
    json "d['lost'] == [] and d['bad_pages'] == 1 and d['log_entries'] == $before + 1"
}

@test "the slot key of somebody else is lost: his way in is named" {
    local n
    n=$(sql "SELECT n FROM pair WHERE log = 2;")
    sql "DELETE FROM withheld WHERE n = $n;" > /dev/null
    repaired 4
    json '[(l["kind"], l["type"], l["fields"]) for l in d["lost"]] == [("values", "_slot", "slot_key")]'
    w "$CASE" show P-4
}

@test "no page can be read, or not a key of any record" {
    "$PYTHON" -c '
import sys
with open(sys.argv[1], "r+b") as f:
    n = f.seek(0, 2)
    for at in range(0, n, 16384):
        f.seek(at + 100)
        f.write(bytes(16))' "$VAULT/records.db"
    refused 4 w "$PASS" repair new.vault
    says 'no page of records.db opens'
    cp "$BATS_FILE_TMPDIR/life.vault/records.db" "$VAULT"
    sql 'DELETE FROM wrap;' > /dev/null
    refused 4 w "$PASS" repair new.vault
    says 'go back to a backup'
    run ls -A
    [ "$output" = $'hurt.vault
sql.out' ]
}

@test "a change of keys that was cut short: the file that the log names counts" {
    cp "$VAULT/keys" old
    w "$PASS" --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< "$NEXT"
    mv "$VAULT/keys" "$VAULT/keys.new"
    cp old "$VAULT/keys"
    local before
    before=$(cat "$VAULT"/* | sha256sum)
    refused 4 w "$PASS" repair new.vault
    says 'keys is not the one that records.db names'
    [ ! -e new.vault ]
    w "$NEXT" repair new.vault
    [ "$(cat "$VAULT"/* | sha256sum)" = "$before" ]
    VAULT=$PWD/new.vault
    w "$NEXT" check --deep
}

@test "rows that somebody put there do not come along" {
    sql "INSERT INTO open VALUES(99999, x'00'); INSERT INTO withheld_chunk VALUES(4611686018427387000, x'00');
        INSERT INTO intake VALUES(3, x'00'); UPDATE open SET blob = x'0000' WHERE n = $(number_of P-30);" > /dev/null
    repaired 4
    json 'd["lost_revisions"] == 1 and d["left_out"] >= 3'
}
