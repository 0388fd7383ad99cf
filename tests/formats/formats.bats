# Vaults that earlier versions left behind open, and hold what they held. See README.

load ../cli/helpers

setup_file() {
    cp -r "$BATS_TEST_DIRNAME/v1.vault" "$BATS_FILE_TMPDIR/v1.vault"
    chmod 700 "$BATS_FILE_TMPDIR/v1.vault"
    chmod 600 "$BATS_FILE_TMPDIR"/v1.vault/*
}

setup() {
    common_setup
    cp -r "$BATS_FILE_TMPDIR/v1.vault" .
    VAULT=$PWD/v1.vault
    PASS=$(sed -n 's/^Passphrase: //p' "$BATS_TEST_DIRNAME/README")
}

# compare FOLDER JSON: a revealed dump holds these records and no other.
compare() {
    "${PYTHON:-/usr/bin/python3}" - "$1" "$2" <<'PYTHON'
import json, pathlib, sys

want = json.load(open(sys.argv[2]))
got = {}
for path in pathlib.Path(sys.argv[1]).iterdir():
    assert path.suffix == ".jsonl", path
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    if rows:
        got[path.stem] = rows
for rows in got.values():
    for row in rows:
        assert len(row.pop("_id")) == 26
    rows.sort(key=lambda row: row["ref"])
if got != want:
    for name in sorted(set(want) | set(got)):
        for row in want.get(name, []):
            if row not in got.get(name, []):
                print("missing", name, json.dumps(row, ensure_ascii=False))
        for row in got.get(name, []):
            if row not in want.get(name, []):
                print("not expected", name, json.dumps(row, ensure_ascii=False))
    sys.exit(1)
PYTHON
}

@test "v1: it opens, is whole, and holds what was put in" {
    w "$PASS" check
    w "$PASS" dump out --reveal 2> /dev/null
    compare out "$BATS_TEST_DIRNAME/v1.json"
}

@test "v1: the comparison notices a single changed value" {
    w "$PASS" edit E-2 status=planned
    w "$PASS" dump out --reveal 2> /dev/null
    never compare out "$BATS_TEST_DIRNAME/v1.json"
}

@test "v1: the passphrase may come in another form of Unicode, and the first one opens nothing" {
    w "$("${PYTHON:-/usr/bin/python3}" -c 'import sys, unicodedata
print(unicodedata.normalize("NFD", sys.argv[1]))' "$PASS")" status
    refused 3 w 'the first passphrase' status
}

@test "v1: without --reveal no withheld value is shown" {
    w "$PASS" dump out 2> /dev/null
    for text in 'Han Example' 한예시 'Sample Street' 'Withheld note' 'New Name' 'Old Name' X000XX Y000YY; do
        never grep -rF "$text" out
    done
    grep -qF '"ref":"P-1"' out/person.jsonl
}

@test "v1: old revisions are there, withheld values too" {
    run w "$PASS" history P-2 --json
    json 'len(d) == 2'
    first=$(w "$PASS" history P-2 --json | "${PYTHON:-/usr/bin/python3}" -c '
import json, sys
print(next(x["revision"] for x in json.load(sys.stdin) if x["action"] == "add"))')
    run w "$PASS" show P-2 --rev "$first" --reveal --json
    json 'd["fields"]["name"] == "Old Name" and d["fields"]["born"] == "1980" and d["fields"]["label"] == "first-label"'
    run w "$PASS" history P-3 --json
    json 'sorted(x["action"] for x in d) == ["add", "remove", "revert"]'
}

@test "v1: the log is there to its end" {
    run w "$PASS" log --json
    json 'len(d) == 95 and d[0]["action"] == "init"'
    json 'sorted({x["action"] for x in d}) == ["add", "edit", "import", "init", "key-change", "remove", "reveal", "revert", "type"]'
}

@test "v1: it can be written to and its passphrase changed" {
    printf '{"ref":"P-9","name":"Added later"}' | w "$PASS" add person --from -
    printf '{"name":"Newest Name"}' | w "$PASS" edit P-2 --from -
    w "$PASS" key change --kdf-memory 64 --kdf-passes 3 --new-passphrase-fd 5 5<<< "$NEXT"
    run w "$NEXT" show P-2 --reveal --json
    json 'd["fields"]["name"] == "Newest Name"'
    w "$NEXT" check
}
