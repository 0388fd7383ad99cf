# One person in several records: what a person sees.

bats_require_minimum_version 1.5.0
load helpers

KEEPER=$PASS
CASE=$OTHER

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault base "$KEEPER"
    w "$KEEPER" --quiet key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$CASE"
    cat > rows.json <<< '{"ref":"P-1","label":"grey-heron","residence":"Kem","name":"Kim Song","born":"1962"}
{"ref":"P-2","label":"red-fox","residence":"Omsk","other_names":["KIM  SONG"],"born":"1962-05-01"}
{"ref":"P-3","label":"blue-jay","name":"Choe Il","identifiers":["AB 1"]}
{"ref":"P-4","label":"wren","name":"Pak","identifiers":["ab 1"]}
{"ref":"P-5","label":"crane","born":"1980-01-02"}
{"ref":"P-6","label":"stork","born":"1980"}
{"ref":"P-7","label":"finch","born":"1981"}'
    w "$KEEPER" import rows.json --as person
    w "$KEEPER" add case --from - <<< '{"ref":"C-1","title":"asylum","person":["P-1","P-5","P-6","P-7"]}'
    w "$KEEPER" add case ref=C-2 title=appeal person=P-2
    w "$KEEPER" add event case=C-1 date=2015 kind=arrest
}

setup() {
    common_setup
    cp -r "$BATS_FILE_TMPDIR/base.vault" v.vault
    VAULT=$PWD/v.vault
}

k() { w "$KEEPER" "$@"; }

@test "merge: lists, links, timeline, search and history follow; unmerge takes it back" {
    k list --json > before
    run k merge P-1 P-2 --json
    [ "$status" = 0 ]
    run k show P-2
    says 'the same as'
    says 'grey-heron'
    says 'asylum'
    says 'appeal'
    run k show P-1
    says 'which leads'
    never says 'appeal'
    run k timeline P-2
    says 'arrest'
    run k list person
    never says 'grey-heron'
    run k list person --where residence=Kem
    says 'grey-heron'
    says 'the same as'
    run k list case --where person=P-2
    says 'asylum'
    run k search Kem
    says 'the same as'
    says 'red-fox'
    run k history P-1
    says 'into'
    w "$CASE" show P-1 > shown      # everybody sees it
    grep -q 'which leads' shown
    k dump out
    grep -q '"record":"P-1","into":"P-2"' out/same-as.jsonl
    refused 8 k merge P-2 P-1
    refused 6 w "$CASE" unmerge P-1
    k unmerge P-1
    run k list --json
    [ "$output" = "$(cat before)" ]
    k check
}

@test "rm of the leading record leaves the others in lists, and says so" {
    k merge P-1 P-2
    run k rm P-2
    says '1 other record of the same person stays'
    run k list person
    says 'grey-heron'
}

@test "purge of the leading record takes the others along, of another one not" {
    k merge P-1 P-2
    run k purge P-1 --plan
    says 'which stays'
    run k purge P-2 --plan --json
    json 'd["label"] == "red-fox" and [(s["label"], s["goes"]) for s in d["same"]] == [("grey-heron", True)]'
    run k purge P-2 --yes --json
    run k list person
    never says 'grey-heron'
    never says 'red-fox'
    refused 7 k show P-1
    k check
}

@test "duplicates: names, numbers, and people without a name; reasons show no value" {
    k --json duplicates > found 2> said
    run cat found
    json '{tuple(sorted((p["label_a"], p["label_b"]))): p["level"] for p in d} == {("grey-heron", "red-fox"): "likely", ("blue-jay", "wren"): "strong", ("crane", "stork"): "possible"}'
    json 'not any(x in json.dumps(d).lower() for x in ("kim", "choe", "ab 1", "1962"))'
    w "$CASE" --json duplicates > found 2> said     # who knows no names is told what is open
    run cat found
    json '[(p["label_a"], p["label_b"]) for p in d] == [("crane", "stork")]'
}

@test "duplicates: dismissed and merged pairs are not listed again" {
    refused 6 w "$CASE" duplicates --dismiss P-1 P-2
    k duplicates --dismiss P-2 P-1
    k merge P-4 P-3
    k --json duplicates > found 2> said
    run cat found
    json '[(p["label_a"], p["label_b"]) for p in d] == [("crane", "stork")]'
    run k duplicates --limit 1
    [ "$status" = 0 ]
    refused 2 k duplicates P-1
    refused 2 k duplicates --dismiss P-1
    k check
}

@test "add tells a keeper of similar names, and a caseworker of none" {
    run --separate-stderr k add person --from - --json <<< '{"ref":"P-8","name":"kim song"}'
    json 'sorted((s["label"], s["level"]) for s in d["similar"]) == [("grey-heron", "exact"), ("red-fox", "exact")]'
    run --separate-stderr w "$CASE" add person --from - --json <<< '{"ref":"P-9","name":"kim song"}'
    json 'd["similar"] == []'
}
