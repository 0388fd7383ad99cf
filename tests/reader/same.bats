# Merges and dismissed pairs, by the reader that was written from the format alone.

load ../cli/helpers

PYTHON=${PYTHON:-/usr/bin/python3}
export PYTHONDONTWRITEBYTECODE=1

setup() {
    common_setup
    new_vault people "$PASS"
    for i in 1 2 3 4; do
        echo "{\"ref\":\"P$i\",\"name\":\"Somebody $i\"}"
    done > rows.json
    w "$PASS" import rows.json --as person
}

# code REF: its code.
code() {
    w "$PASS" show "$1" --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["id"])'
}

# read_vault: into $output, as json; what is wrong stands beside it, and fails.
read_vault() {
    "$PYTHON" "$BATS_TEST_DIRNAME/reader.py" "$VAULT" --json <<< "$PASS" > read 2> said
    [ ! -s said ]
    run cat read
}

@test "the reader finds the lead at the end of a chain, and nothing after unmerge" {
    w "$PASS" merge P1 P2
    w "$PASS" merge P2 P3
    read_vault
    json "{r['heads'][0]['fields']['ref']: r['same_as'] for r in d} == {'P1': '$(code P3)', 'P2': '$(code P3)', 'P3': None, 'P4': None}"
    w "$PASS" unmerge P2
    read_vault
    json "{r['heads'][0]['fields']['ref']: r['same_as'] for r in d} == {'P1': '$(code P2)', 'P2': None, 'P3': None, 'P4': None}"
}

@test "nothing of the two records is changed by a merge and its end" {
    read_vault
    before=$output
    w "$PASS" merge P1 P2
    w "$PASS" unmerge P1
    read_vault
    [ "$output" = "$before" ]
}
