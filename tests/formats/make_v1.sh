#!/bin/sh
# Makes v1.vault with the program $1 (0.1.0). Kept to show what the vault went through; a later version makes
# its own and leaves this one alone.
set -eu
program=$(realpath "$1")
cd "$(dirname "$0")"
expected=$PWD/v1.json
[ ! -e v1.vault ] || { echo "v1.vault exists and is never made anew" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo 'the first passphrase' > "$work/pass"
w() { "$program" -q -C "$work/v1.vault" --no-input --passphrase-file "$work/pass" "$@"; }
"$program" -q --passphrase-file "$work/pass" init "$work/v1.vault" --kdf-memory 64 --kdf-passes 3

# A record of v1.json as it was before the edits below, on standard output.
record() {
    python3 -c '
import json, sys
path, kind, ref, more = sys.argv[1:]
x = next(x for x in json.load(open(path))[kind] if x["ref"] == ref)
x.update(json.loads(more))
print(json.dumps({k: v for k, v in x.items() if v is not None}, ensure_ascii=False))' \
        "$expected" "$1" "$2" "${3:-{\}}"
}
add() { record "$@" | w add "$1" --from - > /dev/null; }

vehicle() {     # tier of the plate
    printf '{"name":"vehicle","labels":{"en":"Vehicle","ru":"Машина"},"fields":[
        {"name":"ref","kind":"identifier","tier":"open","role":"neutral"},
        {"name":"plate","kind":"text","tier":"%s","role":"quasi"},
        {"name":"sold","kind":"yes/no","tier":"open","role":"neutral"},
        {"name":"weight","kind":"number","tier":"open","role":"neutral"}]}' "$1" > "$work/type.json"
    w type add "$work/type.json" > /dev/null
}

# Links and sources need what they point to, so some come with an edit.
add person P-1 '{"residence":"Vladivostok","other_names":["Zoë","Хан Пример"],"occupation":null}'
add person P-2 '{"label":"first-label","name":"Old Name","born":"1980"}'
add person P-3
add person P-5
add case C-1 '{"status":"new"}'
# In one entry, so in one pack.
record event E-1 > "$work/events.jsonl"
record event E-2 >> "$work/events.jsonl"
w import "$work/events.jsonl" --as event > /dev/null
add document D-1
add organisation O-1
add statistic S-1
add statistic S-2
add consent N-1
vehicle open
add vehicle V-1 '{"weight":null}'
add vehicle V-2

# More than one pack in one entry, and all removed again but for the numbers that they took.
python3 -c '
for i in range(70): print("{\"ref\":\"X-%d\",\"name\":\"Removed %d\"}" % (i, i))' > "$work/many.jsonl"
w import "$work/many.jsonl" --as person > /dev/null
for i in $(seq 0 69); do w rm "X-$i" > /dev/null; done

record person P-1 > "$work/p1.json"
w edit P-1 --from "$work/p1.json" > /dev/null
printf '{"label":"second-label","name":"New Name","born":null}' | w edit P-2 --from - > /dev/null
w edit C-1 status=open > /dev/null
old=$(w show P-3 --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["revision"])')
code=$(w show P-3 --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])')
w rm P-3 > /dev/null
w revert "$code" "$old" > /dev/null
vehicle withheld
w edit V-1 weight=1.5 > /dev/null       # its plate moves to the withheld values
w show P-1 --reveal > /dev/null         # logged
sed -n 's/^Passphrase: //p' README | tr -d '\n' > "$work/new"
w key change --new-passphrase-fd 5 --kdf-memory 64 --kdf-passes 3 5< "$work/new"
mkdir v1.vault
cp "$work/v1.vault/keys" "$work/v1.vault/records.db" v1.vault/
