# Newest versions of a record that differ: what a person sees of them, and how one becomes of them.

load helpers

KEEPER=$PASS
CASE=$OTHER

# join_copy NAME: what a caseworker wrote in copy.vault comes into NAME.vault.
join_copy() {
    "${O:-$BATS_TEST_DIRNAME/../../build}/tests/cli/join" "$PWD/$1.vault" "$PWD/copy.vault" 4<<< "$KEEPER" 5<<< "$CASE"
}

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault base "$KEEPER"
    w "$KEEPER" --quiet key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$CASE"
    w "$KEEPER" add person --from - <<< '{"ref":"P-1","label":"grey-heron","residence":"Kem","name":"Kim Song"}'
    w "$KEEPER" add person --from - <<< '{"ref":"P-2","label":"red-fox","residence":"Kem","name":"Pak"}'
    w "$KEEPER" add person --from - <<< '{"ref":"P-3","label":"blue-jay","residence":"Kem"}'
    w "$KEEPER" add person ref=P-4 label=wren
    cp -r base.vault copy.vault
    VAULT=$PWD/copy.vault
    w "$CASE" edit P-1 residence=Omsk citizenship=KP
    w "$CASE" edit P-1 --from - <<< '{"name":"Choe There"}'
    w "$CASE" edit P-2 occupation=cook
    w "$CASE" rm P-3
    VAULT=$PWD/base.vault
    w "$KEEPER" edit P-1 --from - <<< '{"residence":"Tomsk","occupation":"cook","name":"Choe Here"}'
    w "$KEEPER" edit P-2 residence=Omsk
    w "$KEEPER" edit P-3 residence=Omsk
    join_copy base
}

setup() {
    common_setup
    cp -r "$BATS_FILE_TMPDIR/base.vault" v.vault
    VAULT=$PWD/v.vault
}

k() { w "$KEEPER" "$@"; }
c() { w "$CASE" "$@"; }

# version REF FIELD VALUE: the version that has this.
version() {
    k resolve "$1" --plan --reveal --json | "${PYTHON:-/usr/bin/python3}" -c 'import json, sys
d = json.load(sys.stdin)
for x in d["conflicts"]:
    for s, v in zip(d["versions"], x["values"]):
        if x["field"] == sys.argv[1] and v["value"] == sys.argv[2]:
            print(s["revision"])' "$2" "$3"
}

# first_of LABEL: the code of a record that one version removed.
first_of() { k list person --json | "${PYTHON:-/usr/bin/python3}" -c 'import json, sys; print(next(r["id"] for r in json.load(sys.stdin) if r["label"] == sys.argv[1]))' "$1"; }

@test "show says that versions differ, and in which fields; other commands refuse" {
    run k show P-1
    [ "$status" = 0 ]
    says 'one of several newest versions, which differ in name, residence; `resolve'
    run k show P-1 --json
    json 'd["conflict"] is True and d["conflicts"] == ["name", "residence"]'
    run c show P-1 --json
    json 'd["conflict"] is True and d["conflicts"] == ["name", "residence"]'
    run k show P-2
    says 'brings them together'
    run k show P-2 --json
    json 'd["conflict"] is True and d["conflicts"] == []'
    run k show P-4 --json
    json 'd["conflict"] is False and "conflicts" not in d'
    refused 8 k edit P-1 residence=Kem
    says 'resolve'
    refused 8 k rm P-1
    echo '{"ref":"P-1","residence":"Perm"}' > rows.json
    refused 8 k import rows.json --as person --key ref
    says 'resolve'
}

@test "the plan shows both versions, withheld values to a keeper who reveals, and changes nothing" {
    cp v.vault/records.db before
    run c resolve P-1 --plan
    [ "$status" = 0 ]
    says 'Omsk'
    says 'Tomsk'
    says '[withheld]'
    says 'slot 0 (keeper)'
    says 'slot 1 (case)'
    [[ $output != *Choe* ]]
    [[ $output != *citizenship* ]]
    cmp v.vault/records.db before
    refused 6 c resolve P-1 --plan --reveal
    run k resolve P-1 --plan --json
    json 'len(d["versions"]) == 2 and d["whole"] is False and [x["field"] for x in d["conflicts"]] == ["name", "residence"]'
    json 'all(v["has"] and v["value"] is None for x in d["conflicts"] if x["withheld"] for v in x["values"])'
    run k resolve P-1 --plan --reveal
    says 'Choe Here'
    says 'Choe There'
    run k log --json
    json 'd[-1]["action"] == "reveal" and d[-1]["detail"]["fields"] == ["name"]'
    refused 2 k resolve P-1 --plan --take abcd
}

@test "a choice for each field; what one side alone changed is kept" {
    local here there
    here=$(version P-1 residence Tomsk)
    there=$(version P-1 residence Omsk)
    refused 8 c resolve P-1
    says '--take'
    refused 8 c resolve P-1 --take "residence=${there:0:8}"
    says '1 value is still in conflict'
    refused 2 c resolve P-1 --take "occupation=$there"
    refused 7 c resolve P-1 --take abcdef
    refused 2 c resolve P-1 --take "$here" --take "$there"
    run c --json resolve P-1 --take "residence=${there:0:8}" --take "name=${here:0:8}"
    [ "$status" = 0 ]
    json 'd["changed"] is True'
    run k show P-1 --reveal --json
    json 'd["conflict"] is False and d["fields"]["residence"] == "Omsk" and d["fields"]["name"] == "Choe Here"'
    json 'd["fields"]["occupation"] == "cook" and d["fields"]["citizenship"] == "KP"'
    run k log --json
    json 'd[-2]["action"] == "resolve" and not d[-2]["keeper_signed"] and d[-2]["detail"]["fields"] == ["name", "residence"]'
    k check
    k edit P-1 residence=Kem
}

@test "one version for everything, and versions that nobody has to choose between" {
    run k resolve P-1 --take "$(version P-1 residence Omsk)"
    [ "$status" = 0 ]
    run k show P-1 --reveal --json
    json 'd["fields"]["residence"] == "Omsk" and d["fields"]["name"] == "Choe There" and d["fields"]["occupation"] == "cook"'
    run k resolve P-2
    [ "$status" = 0 ]
    says 'nobody has to choose'
    run k show P-2 --json
    json 'd["fields"]["residence"] == "Omsk" and d["fields"]["occupation"] == "cook" and d["conflict"] is False'
    run k --json resolve P-2
    [ "$status" = 0 ]
    run k resolve P-2 --plan --json
    json 'd["versions"] == [] and d["conflicts"] == []'
    run k resolve P-4
    [ "$status" = 0 ]
    says 'nothing was written'
    k check
}

@test "one side removed it: a version is chosen as a whole" {
    local id
    id=$(first_of blue-jay)
    run k resolve "$id" --plan --json
    json 'd["whole"] is True and sorted(v["removed"] for v in d["versions"]) == [False, True]'
    removed=$(k resolve "$id" --plan --json | "${PYTHON:-/usr/bin/python3}" -c 'import json, sys; print(next(v["revision"] for v in json.load(sys.stdin)["versions"] if v["removed"]))')
    refused 8 k resolve "$id" --take "residence=$removed"
    run k resolve "$id" --take "$removed"
    [ "$status" = 0 ]
    k list person --json > rows
    never grep -q blue-jay rows
    run k show "$id" --json
    json 'd["conflict"] is False'
    k check
}

# With nothing but format.md.
reader() { "${PYTHON:-/usr/bin/python3}" "$BATS_TEST_DIRNAME/../reader/reader.py" "$VAULT" --json <<< "$KEEPER"; }

@test "two who brought them together, each for himself, are no conflict: seen once, and one again with the next change" {
    cp -r v.vault copy.vault
    VAULT=$PWD/copy.vault w "$CASE" resolve P-2
    k resolve P-2
    join_copy v
    run k show P-2 --json
    json 'd["conflict"] is False and d["fields"]["occupation"] == "cook" and d["fields"]["residence"] == "Omsk"'
    run k history P-2 --json
    json 'sum(x["head"] for x in d) == 2'
    run k list person --json
    json 'len([r for r in d if r["label"] == "red-fox"]) == 1 and len([r for r in d if r["label"] == "grey-heron"]) == 2'
    run k search --type person --field occupation cook --json
    json 'len([r for r in d if r["label"] == "red-fox"]) == 1'
    run reader
    json '[(len(r["heads"]), r["conflict"]) for r in d if r["heads"][0]["fields"].get("ref") == "P-2"] == [(2, False)]'
    json '[(len(r["heads"]), r["conflict"]) for r in d if r["heads"][0]["fields"].get("ref") == "P-1"] == [(2, True)]'
    run c resolve P-2
    [ "$status" = 0 ]
    says 'nothing was written'
    k edit P-2 residence=Perm
    run k history P-2 --json
    json 'sum(x["head"] for x in d) == 1'
    k check
}

@test "at a terminal each field is asked for" {
    need_terminals
    k resolve P-1 --take "name=$(version P-1 name 'Choe Here')" --take "residence=$(version P-1 residence Omsk)"
    w "$CASE" edit P-1 --from - <<< '{"born":"1961"}'
    cp -r v.vault copy.vault
    w "$KEEPER" edit P-1 born=1962
    VAULT=$PWD/copy.vault w "$CASE" edit P-1 born=1963
    join_copy v
    run answered 'born: which one stays, 1 to 2? ' 3 timeout 10 "$WITHHELD" -C "$VAULT" --passphrase-fd 4 resolve P-1 4<<< "$KEEPER"
    [ "$status" != 0 ]                  # asked again, and nobody answers
    run k show P-1 --json
    json 'd["conflict"] is True'
    first=$(k resolve P-1 --plan --json | "${PYTHON:-/usr/bin/python3}" -c 'import json, sys; print(json.load(sys.stdin)["conflicts"][0]["values"][1]["value"])')
    run answered 'born: which one stays, 1 to 2? ' 2 "$WITHHELD" -C "$VAULT" --passphrase-fd 4 resolve P-1 4<<< "$KEEPER"
    [ "$status" = 0 ]
    says '1962'
    says '1963'
    run k show P-1 --json
    json 'd["conflict"] is False and d["fields"]["born"] == "'"$first"'"'
}
