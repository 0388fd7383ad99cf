# One case in two offices, from the case files to the court: what both of them can show of it in the end is the same.

bats_require_minimum_version 1.5.0
load helpers
load data/more

# Two lawyers with each other's verified cards. Anna has the case files.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    local name other
    for name in anna boris; do
        new_vault $name "$PASS" && w "$PASS" -q card show > $name.card || return 1
    done
    for name in anna boris; do
        VAULT=$PWD/$name.vault
        other=$([ $name = anna ] && echo boris || echo anna)
        w "$PASS" -q contact add $other $other.card > /dev/null && w "$PASS" -q contact verify $other --accept verify > /dev/null || return 1
    done
    VAULT=$PWD/anna.vault
    for name in person case event; do
        w "$PASS" -q import "$CASES/${name}s.csv" --as $name > /dev/null || return 1
    done
}

setup() {
    common_setup
    for name in anna boris; do cp -a "$BATS_FILE_TMPDIR/$name.vault" .; done
}

# at OFFICE ARGS...: a command there.
at() { VAULT=$PWD/$1.vault; shift; w "$PASS" "$@"; }
# hands FROM TO FILE: case and person with names; the receipt goes back into the log. What was received is in $output.
hands() {
    at "$1" -q handoff send C1 P1 --with-names --to "$2" --accept send -o "$3" > /dev/null || return 1
    run --separate-stderr at "$2" --json handoff receive "$3"
    [ "$status" = 0 ] || { echo "$stderr"; return 1; }
    at "$1" handoff receipt "$3.receipt" > /dev/null
}
fields() { at "$1" --json show "$2" --reveal | "$PYTHON" -c 'import json, sys
d = json.load(sys.stdin)
print(json.dumps([d["id"], d["type"], d["revision"], d["fields"]], sort_keys=True, ensure_ascii=False))'; }
hash_of() { at "$1" --json card show | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["fingerprint"])'; }
agree() { cmp <(fields anna "$1") <(fields boris "$1"); }

@test "two lawyers, a correction in both directions, a conflict, a purge, receipts: both statements hold and agree" {
    hands anna boris 1.bundle
    json "len(d['new']) == 2"
    agree P1 && agree C1

    # Each corrects another field; then both the same.
    at anna -q edit P1 residence='Vsevolozhsk' > /dev/null
    echo '{"notes": "in the camp until 2002"}' | at boris -q edit P1 --from - > /dev/null
    hands boris anna 2.bundle
    json "d['merged'] == 1 and d['conflicts'] == []"
    hands anna boris 3.bundle
    agree P1
    at anna -q edit P1 born=1962 > /dev/null
    at boris -q edit P1 born=1963 > /dev/null
    hands anna boris 4.bundle
    json "len(d['conflicts']) == 1"
    theirs=$(at anna --json show P1 | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["revision"])')
    at boris -q resolve P1 --take "born=$theirs" > /dev/null
    hands boris anna 5.bundle
    json "d['conflicts'] == []"
    agree P1
    run at anna --json show P1
    json "d['fields']['born'] == '1962' and not d['conflict']"

    # What Anna purges, Boris is asked to purge; his keeper does.
    at anna -q purge P1 --field family --yes > /dev/null
    hands anna boris 6.bundle
    json "[x['field'] for x in d['purge_asked']] == ['family']"
    at boris -q purge P1 --field family --yes > /dev/null
    agree P1 && agree C1

    for office in anna boris; do
        at $office check --deep > /dev/null
        [ "$(at $office --json log | "$PYTHON" -c 'import json, sys
print(sum(e["action"] == "receipt" for e in json.load(sys.stdin)))')" = "$([ $office = anna ] && echo 4 || echo 2)" ]
        for record in P1 C1; do
            at $office -q history $record --statement $office-$record --reveal --links > /dev/null
            run "$PYTHON" $office-$record/check_statement.py $office-$record
            [ "$status" = 0 ]
            says VALID
            # Whose the other vault is, for both to compare.
            [ $record = C1 ] && [ $office = anna ] || says "$(hash_of $([ $office = anna ] && echo boris || echo anna))"
            says "$(hash_of $office)"
        done
    done
    "$PYTHON" "$DATA/same_statement.py" anna-P1 boris-P1
    "$PYTHON" "$DATA/same_statement.py" anna-C1 boris-C1
    # Whoever changes an origin, signs it anew with whatever key, is found out.
    "$PYTHON" "$DATA/flip_statement.py" boris-C1
}
