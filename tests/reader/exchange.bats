# Vaults that hold what other vaults wrote, read by the reader in Python, which was written from docs/format.md alone. After each step it finds
# nothing wrong, and says what the program says.

bats_require_minimum_version 1.5.0
load ../cli/helpers

PYTHON=${PYTHON:-/usr/bin/python3}
READER=$BATS_TEST_DIRNAME/reader.py
export PYTHONDONTWRITEBYTECODE=1

# Everybody has the passphrase $PASS here; a caseworker of the second office has $NEXT.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    for name in anna boris; do
        new_vault $name "$PASS" && w "$PASS" -q card show > $name.card || return 1
    done
    w "$PASS" -q key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$NEXT" > /dev/null || return 1
    knows boris anna && knows anna boris || return 1
    printf 'a scan\n' > scan.txt
    VAULT=$PWD/anna.vault
    echo '{"ref":"K-1","born":"1962","residence":"Amur","name":"Choi Myung-bok","other_names":["Choe Myong Bok","최명복"]}' |
        w "$PASS" -q add person --from - > /dev/null
    w "$PASS" -q add case ref=C-1 title='asylum' person=K-1 > /dev/null
    w "$PASS" -q attach K-1 scan.txt > /dev/null && w "$PASS" -q attach C-1 scan.txt --open > /dev/null
    w "$PASS" -q edit K-1 residence=Moscow > /dev/null
}

setup() {
    common_setup
    cp -a "$BATS_FILE_TMPDIR"/*.vault "$BATS_FILE_TMPDIR/scan.txt" .
}

# at OFFICE ARGS...: a command there. at_case: by its caseworker.
at() { VAULT=$PWD/$1.vault; shift; w "$PASS" "$@"; }
at_case() { VAULT=$PWD/$1.vault; shift; w "$NEXT" "$@"; }
# knows OFFICE OTHER: OTHER's card as it is now is a verified contact.
knows() {
    at "$2" -q card show > card && at "$1" -q contact add "$2" card --accept new-card > /dev/null && at "$1" -q contact verify "$2" --accept verify > /dev/null
}
# gives FROM TO ARGS...: sent, and taken in; the receipt in `receipt`.
gives() {
    rm -f bundle receipt
    at "$1" -q handoff send --accept send -o bundle --to "$2" "${@:3}" > /dev/null && at "$2" -q handoff receive bundle -o receipt > /dev/null
}

# agree OFFICE [PASSPHRASE]: check finds nothing, the reader finds nothing, and both tell the same of each record.
agree() {
    local pass=${2:-$PASS}
    VAULT=$PWD/$1.vault
    w "$pass" check > told 2>&1 || { cat told; return 1; }
    "$PYTHON" "$READER" "$VAULT" --json <<< "$pass" > read 2> problems || { cat problems; return 1; }
    [ ! -s problems ] || { cat problems; return 1; }
    "$PYTHON" -c 'import json
for r in json.load(open("read")): print(r["id"])' > ids
    while read -r id; do
        run --separate-stderr w "$pass" --json show "$id" $([ "$pass" = "$NEXT" ] || echo --reveal)
        [ "$status" = 0 ] || { echo "$id: $stderr"; return 1; }
        "$PYTHON" -c '
import json, sys
said = json.loads(sys.argv[1])
read = next(r for r in json.load(open("read")) if r["id"] == said["id"])
def files(x): return isinstance(x, list) and x and isinstance(x[0], dict) and "sha256" in x[0]
def sums(x): return sorted((f["name"], f["sha256"]) for f in x if f.get("sha256"))
assert said["conflict"] == read["conflict"], (said, read)
head = next(h for h in read["heads"] if h["revision"] == said["revision"])
here = {k: v for k, v in head["fields"].items() if not files(v)}
assert said["fields"] == here, (said, here)
assert sums(said.get("attachments", [])) == sums([f for v in head["fields"].values() if files(v) for f in v]), (said, head)' "$output" || return 1
    done < ids
    [ -s ids ]
}

# both: they agree on both vaults, for a keeper and for a caseworker.
both() { agree anna && agree boris && agree boris "$NEXT"; }

@test "without names, then with them: what was left out, and what arrived" {
    gives anna boris C-1 --with-linked
    both
    gives anna boris C-1 --with-linked --with-names
    both
    run at boris --json show K-1 --reveal
    json "d['fields']['name'] == 'Choi Myung-bok'"
    at anna -q handoff receipt receipt > /dev/null
    both
}

@test "with names at once; conflicts on both sides; a caseworker's answer; each other's revisions come home" {
    gives anna boris C-1 --with-linked --with-names
    both
    at anna -q edit K-1 residence=Perm > /dev/null
    at_case boris -q edit K-1 residence=Omsk > /dev/null
    gives anna boris K-1
    both
    gives boris anna K-1 --with-names
    both
    at boris -q resolve K-1 --take "$(at boris --json show K-1 | "$PYTHON" -c 'import json, sys
print(json.load(sys.stdin)["revision"])')" > /dev/null
    both
    echo '{"name":"Choi"}' | at boris -q edit K-1 --from - > /dev/null
    gives boris anna K-1 --with-names
    gives anna boris K-1 --with-names
    both
}

@test "a field that is open there and withheld here" {
    at boris -q type show person --json | "$PYTHON" -c '
import json, sys
d = json.load(sys.stdin)
d["version"] += 1
for f in d["fields"]:
    if f["name"] == "residence": f["tier"] = "withheld"
print(json.dumps(d))' > raised.json
    at boris -q type add raised.json > /dev/null
    gives anna boris C-1 --with-linked
    both
    run at_case boris --json show K-1
    json "'residence' not in d['fields']"
    at boris -q edit K-1 sex=male > /dev/null
    gives boris anna K-1 --with-names
    both
}

@test "a rekey on either side between two bundles, and a purge of what came" {
    gives anna boris C-1 --with-linked --with-names
    at anna -q key rekey > /dev/null
    knows boris anna
    at anna -q edit K-1 residence=Perm > /dev/null
    gives anna boris K-1 --with-names
    both
    at boris -q key rekey > /dev/null
    agree boris
    at boris -q purge K-1 --field name --yes > /dev/null
    agree boris
    gives anna boris K-1 --with-names
    agree boris
    run at boris --json show K-1 --reveal
    json "'name' not in d['fields']"
    at boris -q purge K-1 --yes > /dev/null
    agree boris
}
