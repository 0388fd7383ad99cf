# purge and compact: what a person sees.

load helpers

KEEPER=$PASS
CASE=$OTHER

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault base "$KEEPER"
    w "$KEEPER" --quiet key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$CASE"
    w "$KEEPER" add person --from - <<< '{"ref":"P-1","label":"grey-heron","residence":"Kem","name":"Kim Song","address":"12 Lane"}'
    w "$KEEPER" edit P-1 --from - <<< '{"name":"Choe Song","residence":"Omsk"}'
    w "$KEEPER" add person --from - <<< '{"ref":"P-2","occupation":"helps Kim Song","notes":"lives at 12 Lane"}'
    w "$KEEPER" add case ref=C-1 title=against person=P-1
}

setup() {
    common_setup
    cp -r "$BATS_FILE_TMPDIR/base.vault" v.vault
    VAULT=$PWD/v.vault
}

k() { w "$KEEPER" "$@"; }

# code REF: its code.
code() {
    k show "$1" --json | "${PYTHON:-/usr/bin/python3}" -c 'import json, sys; print(json.load(sys.stdin)["id"])'
}

# revision REF N: the N-th revision, from 0.
revision() {
    k history "$1" --json | "${PYTHON:-/usr/bin/python3}" -c 'import json, sys; print(json.load(sys.stdin)[int(sys.argv[1])]["revision"])' "$2"
}

# same: the vault's files are as they were.
same() {
    cmp "$VAULT/keys" "$BATS_FILE_TMPDIR/base.vault/keys"
    cmp "$VAULT/records.db" "$BATS_FILE_TMPDIR/base.vault/records.db"
}

@test "without --yes nothing happens, and the plan changes nothing" {
    refused 6 k purge P-1
    says 'purge ID --plan'
    run k purge P-1 --plan
    [ "$status" = 0 ]
    says 'destroys'
    never says 'helps'          # a place, never what stands there
    same
}

@test "the plan as json: what goes, where it stands elsewhere, what is not reached" {
    run k purge P-1 --plan --json
    json 'd["what"] == "record" and d["revisions"] == 2 and d["kept"] == 0'
    json '{f["field"]: (f["open"], f["withheld"]) for f in d["fields"]} == {"ref": (2, 0), "label": (2, 0), "residence": (2, 0), "name": (0, 2), "address": (0, 1)}'
    json 'sorted((m["field"], m["withheld"]) for m in d["mentions"]) == [("notes", True), ("occupation", False)]'
    json 'any("backup" in x for x in d["not_reached"])'
    run k purge P-1 --rev "$(revision P-1 0)" --plan --json
    json 'd["what"] == "revision" and d["values"] == 2 and d["kept"] == 3'
    same
}

@test "a case holder can neither purge nor plan; he can compact" {
    refused 6 w "$CASE" purge P-1 --yes
    refused 6 w "$CASE" purge P-1 --plan
    same
    w "$CASE" compact
    w "$CASE" show P-1
    k check
}

@test "a purged record: what each command says of it" {
    id=$(code P-1)
    k purge P-1 --yes --json > done.json
    for p in "$KEEPER" "$CASE"; do
        refused 7 w "$p" show "$id"
        says 'was purged'
        refused 7 w "$p" show P-1
        refused 7 w "$p" edit "$id" ref=P-9
        refused 7 w "$p" rm "$id"
        run w "$p" history "$id" --json
        json '[h["action"] for h in d] == ["add", "edit", "purge"] and d[0]["purged"] and d[2]["revision"] is None'
        run w "$p" list --json
        json 'sorted(r["type"] for r in d) == ["case", "person"]'
        run w "$p" search Omsk --json
        json 'd == []'
        run w "$p" show C-1
        says '[purged]'
        w "$p" check
    done
    refused 7 k revert "$id" "$(revision "$id" 0)"
    refused 7 k purge "$id" --yes
    k add person ref=P-1 label=grey-heron
    k check
}

@test "a purged field and revision: gone from every revision, and nothing brings them back" {
    first=$(revision P-1 0)
    k purge P-1 --field address --yes
    k purge P-1 --rev "$first" --yes
    for p in "$KEEPER" "$CASE"; do
        run w "$p" show P-1 --rev "$first"
        says 'residence  [purged]'
        says 'address    [purged]'
        w "$p" check
    done
    run k show P-1 --reveal --json
    json 'd["fields"]["name"] == "Choe Song" and "address" not in d["fields"]'
    refused 6 k revert P-1 "$first"
    says 'were purged'
    refused 6 k purge P-1 --rev "$(revision P-1 1)" --yes
    refused 7 k purge P-1 --field address --yes
    w "$CASE" edit P-1 residence=Tomsk
    k check
}

# sql STATEMENT: by the stock program. rows TABLE: how many it has.
sql() {
    "${PYTHON:-/usr/bin/python3}" "$BATS_TEST_DIRNAME/../fault/rawkey.py" "$VAULT" <<< "$KEEPER" > raw_key
    sqlcipher -batch "$VAULT/records.db" <<< "$(cat raw_key)
$1"
}
rows() { sql "SELECT count(*) FROM $1;" | tail -1; }

@test "attachments: one by its number, those of a revision, of a field, of a record" {
    for n in 1 2 3 4; do head -c 300000 /dev/urandom > "scan$n.bin"; done
    k attach P-1 scan1.bin scan2.bin
    k attach P-1 scan3.bin scan4.bin --open
    k edit P-1 residence=Tver                           # repeats the open ones
    [ "$(rows withheld_chunk) $(rows open_chunk)" = '4 4' ]
    run k purge P-1 --attachment scan4.bin --plan --json
    json 'd["what"] == "attachment" and d["attachments"] == 1 and d["values"] == 2'
    k purge P-1 --attachment scan4.bin --yes
    k purge P-1 --attachment 1 --yes
    [ "$(rows withheld_chunk) $(rows open_chunk)" = '2 2' ]
    k check
    run k show P-1 --reveal
    [ "$(grep -c '\[purged\]' <<< "$output")" = 2 ]
    refused 7 k extract P-1 scan1.bin -o out.bin
    k extract P-1 scan2.bin -o out2.bin
    k extract P-1 scan3.bin -o out3.bin
    cmp scan2.bin out2.bin
    cmp scan3.bin out3.bin
    refused 7 k purge P-1 --attachment '#1' --yes
    # What was detached is in older revisions only.
    k detach P-1 scan3.bin
    run k purge P-1 --attachment scan3.bin --yes
    [ "$status" = 7 ]
    [[ $output == *'--rev'* ]]
    old=$(revision P-1 3)
    k purge P-1 --rev "$old" --yes
    [ "$(rows withheld_chunk) $(rows open_chunk)" = '2 0' ]
    k check
    w "$CASE" check
    k attach P-2 scan1.bin
    k purge P-2 --field files --yes
    [ "$(rows withheld_chunk)" = 2 ]
    k purge P-1 --yes
    [ "$(rows withheld_chunk) $(rows open_chunk)" = '0 0' ]
    k compact
    k check
    "${PYTHON:-/usr/bin/python3}" "$BATS_TEST_DIRNAME/../reader/reader.py" "$VAULT" <<< "$KEEPER"
}

@test "attachments: a number that is also the name of another is refused; the plan tells which go" {
    # Scans without an ending. #1 is called 2, #2 is called 1, #4 is called #3.
    echo two > 2; echo one > 1; echo third > third; echo marked > '#3'; echo seven > 7
    k attach P-1 2 1
    k attach P-1 third '#3' 7 --open
    cp -r v.vault before.vault
    run k purge P-1 --attachment 2 --yes
    [ "$status" = 8 ]
    says "write '#2' for the one of that number, '#1' for the one of that name"
    refused 8 k purge P-1 --attachment 2 --plan
    refused 8 k purge P-1 --attachment '#3' --yes
    says "write '#03' for the one of that number, '#4' for the one of that name"
    cmp v.vault/keys before.vault/keys
    cmp v.vault/records.db before.vault/records.db

    run k purge P-1 --attachment '#2' --plan --json
    json 'd["attachments"] == 1 and d["files"] == [{"id": d["id"], "number": 2, "field": "files", "tier": "withheld", "name": None}]'
    run k purge P-1 --attachment '#03' --plan
    says $'1 attachment with its bytes\n  #3  third  (open)\n'
    run k purge P-1 --attachment 3 --plan --json        # no other one is called 3
    json '[(f["number"], f["tier"], f["name"]) for f in d["files"]] == [(3, "open", "third")]'
    run k purge P-1 --attachment 7 --plan --json        # and there is no seventh
    json '[(f["number"], f["name"]) for f in d["files"]] == [(5, "7")]'
    run k purge P-1 --attachment 2000000000000000000000000000 --plan
    [ "$status" = 7 ]

    k purge P-1 --attachment '#2' --yes
    k extract P-1 2 -o out
    cmp out 2
    refused 7 k extract P-1 1 -o no
    k detach P-1 third
    run k purge P-1 --plan
    says $'4 attachments with their bytes\n  #1  [withheld]\n  #2  #3  (open)\n  #3  7  (open)\n  of an older revision  third  (open)\n'
    k check
}

@test "attachments: a number that may be the name of one that cannot be read needs the mark" {
    k attach P-1 "$BATS_TEST_DIRNAME/helpers.bash" --name one
    k attach P-1 "$BATS_TEST_DIRNAME/helpers.bash" --name two
    sql "UPDATE withheld SET blob = substr(blob, 1, 30) || x'00' || substr(blob, 32) WHERE n = (SELECT max(n) FROM withheld);"
    run k purge P-1 --attachment 1 --plan
    [ "$status" = 8 ]
    says "write '#1' for the one of that number"
    k purge P-1 --attachment '#1' --plan
    run k purge P-1 --attachment '#2' --plan --json
    json '[(f["number"], f["tier"], f["name"]) for f in d["files"]] == [(2, "withheld", None)]'
}

@test "the log tells of a purge, and no value of it" {
    k purge P-1 --field name --yes
    run k log --json
    json 'd[-1]["action"] == "purge" and d[-1]["keeper_signed"] and d[-1]["detail"]["fields"] == ["name"]'
    [[ $output != *Song* ]]
}

@test "compact says the sizes before and after, and gives room back" {
    for i in {1..300}; do
        echo "{\"ref\":\"Q$i\",\"notes\":\"$(printf 'long text %.0s' {1..100})\"}"
    done > rows.json
    k import rows.json --as case
    k import rows.json --as case --key ref
    for i in 1 2 3 4 5; do k purge "Q$i" --yes --quiet; done
    before=$(stat -c %s "$VAULT/records.db")
    run k compact --json
    json "d['before'] == $before and d['after'] == $(stat -c %s "$VAULT/records.db")"
    json 'd["after"] <= d["before"]'
    k check
}

@test "in a shell: purge works, compact is for outside" {
    id=$(code P-1)
    run w "$KEEPER" shell <<< $'purge P-1 --yes\nadd person ref=P-1\ncheck\nexit'
    [ "$status" = 0 ]
    refused 2 w "$KEEPER" shell <<< 'compact'
    says 'cannot run within a shell'
    refused 7 k show "$id"
    k check
}

@test "purge after rekey, rekey after purge, and a travel copy of it" {
    k purge P-1 --field name --yes
    k key rekey
    k check
    id=$(code P-1)
    k purge P-1 --yes
    k check
    k key rekey
    k travel t.vault
    VAULT=$PWD/t.vault
    w "$CASE" check
    refused 7 w "$CASE" show "$id"
    run w "$CASE" history "$id"
    says purge
}
