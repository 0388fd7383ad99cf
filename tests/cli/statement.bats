# history --statement: what a court is given, and how it is checked without the vault.

load helpers
load data/more

OTHER='zwei Krähen am Zaun 44'

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    new_vault base "$PASS"
    w "$PASS" add person --from - << 'END'
{"ref": "K-1", "born": {"value": "1970", "as_of": "2020", "certainty": "probable"}, "residence": "Улан-Удэ \"7\"",
 "name": "Choi Myung-bok", "other_names": ["최명복", "Цой Мён Бок"], "notes": "came over the river\nin May"}
END
    w "$PASS" add person ref=K-2 residence=Zweibruecken --from - <<< '{"name": "Somebody Else"}'
    w "$PASS" add case ref=C-1 person=K-1 title=Asylum
    w "$PASS" edit K-1 residence=Bonn
    "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 --new-passphrase-fd 5 key add --tier case \
        "${CHEAP[@]}" 4<<< "$PASS" 5<<< "$OTHER"
    w "$OTHER" edit K-1 --from - <<< '{"occupation": "cook", "notes": "second note"}'
    # An entry of many, so that a revision lies deep in its tree.
    "$PYTHON" -c '
print("ref,residence")
for i in range(70): print("M-%d,Town %d" % (i, i))' > many.csv
    w "$PASS" import many.csv --as person
}

setup() {
    common_setup
    take base
}

# checked FOLDER...: its script says that it is valid.
checked() {
    raw 0 "$PYTHON" "$1/check_statement.py" "$@"
    [ ! -s err ]
    grep -q '^VALID' out
}

fails() {
    raw 1 "$PYTHON" "$1/check_statement.py" "$@"
    [ "$(wc -l < err)" = 1 ] && err 'NOT VALID' && [ ! -s out ]
}

@test "a statement holds, by its own script and by minisign" {
    ok history K-1 --statement st
    [[ $output == *'3 revisions'* ]]
    err 'not encrypted'
    [ "$(stat -c %a st)" = 700 ]
    [ "$(ls st | tr '\n' ' ')" = 'README.txt check_statement.py keeper.pub statement.json statement.json.minisig ' ]
    checked st
    grep -q 'slot 0 (keeper)  add' out
    grep -q 'slot 1 (case)  edit' out
    grep -qF 'residence: Улан-Удэ "7"' out
    grep -q 'residence: Bonn' out
    grep -q 'occupation: cook' out
    grep -q 'name: withheld: not in this statement' out
    command -v minisign > /dev/null || skip 'minisign is not installed'
    minisign -V -q -p st/keeper.pub -m st/statement.json
    ok history K-1 --statement st2 --json
    holds 'd["revisions"] == 3' 'd["left_out"] == 5' 'd["attachments"] == 0' 'd["folder"] == "st2"'
    minisign -V -q -P "$(jget 'd["key"]')" -m st2/statement.json
}

@test "minisign notices each change of the file and of the comment" {
    command -v minisign > /dev/null || skip 'minisign is not installed'
    ok history K-1 --statement st
    cp st/statement.json good
    sed 's/Bonn/Berlin/' good > st/statement.json
    never minisign -V -q -p st/keeper.pub -m st/statement.json
    { cat good; echo; } > st/statement.json
    never minisign -V -q -p st/keeper.pub -m st/statement.json
    cp good st/statement.json
    sed -i 's/^trusted comment: withheld/trusted comment: Withheld/' st/statement.json.minisig
    never minisign -V -q -p st/keeper.pub -m st/statement.json
}

@test "the log says it, before anything is told" {
    ok history K-1 --statement st
    ok log --json
    holds 'd[-1]["action"] == "statement"' 'd[-1]["keeper_signed"]' 'd[-1]["detail"]["id"]' \
        'd[-2]["action"] != "reveal"'
    hash=$(jget 'd[-1]["hash"]')
    grep -q "\"head\": \"$hash\"" st/statement.json
    ok check
    ok history K-1 --statement st2 --reveal
    ok log --json
    holds '[e["action"] for e in d[-2:]] == ["reveal", "statement"]' \
        'sorted(d[-2]["detail"]["fields"]) == ["name", "notes", "other_names"]'
    raw 0 "$PYTHON" "$TOP/tests/reader/reader.py" "$VAULT" <<< "$PASS"
}

@test "no withheld value and no other record is in it" {
    ok show K-2 --json
    other=$(jget 'd["id"], d["revision"]')
    ok history K-1 --statement st
    "$PYTHON" - "$VAULT" << 'END'
import pathlib, re
text = "".join(p.read_text() for p in pathlib.Path("st").iterdir() if "statement.json" in p.name or p.name == "keeper.pub")
low = text.lower() + re.sub(r"\\u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), text).lower()
for word in ["Choi", "Myung", "최명복", "Цой", "river", "second note", "Somebody", "Zweibruecken", "K-2", "C-1", "Asylum",
             "M-1", "Town"]:
    for form in (word.lower(), word.encode().hex()):
        assert form not in low, form
END
    for x in $other; do
        never grep -qF -- "${x//[^0-9a-z]/}" st/statement.json
    done
    # Of the record of which it is, a link names another one: left out, but on demand.
    ok show K-1 --json
    id=$(jget 'd["id"]')
    ok history C-1 --statement case
    checked case
    grep -q 'person: not in this statement' out
    "$PYTHON" - "$id" << 'END'
import json, sys
number = 0
for c in sys.argv[1]: number = number << 5 | "0123456789abcdefghjkmnpqrstvwxyz".index(c)
hexed = "%032x" % (number >> 2)
open("hexed", "w").write(hexed)
assert hexed not in open("case/statement.json").read()
END
    ok history C-1 --statement linked --links
    grep -q "$(cat hexed)" linked/statement.json
    checked linked
}

@test "--reveal tells withheld values with proof" {
    ok history K-1 --statement st --reveal
    checked st
    grep -q 'name: Choi Myung-bok' out
    grep -qF 'notes: came over the river\u000ain May' out
    grep -q 'notes: second note' out
    never grep -q 'withheld: not' <(sed '/edit/,$d' out)
}

@test "whatever is changed in it, the content does not hold, with whatever signature" {
    ok history K-1 --statement st --reveal
    raw 0 "$PYTHON" "$BATS_TEST_DIRNAME/data/flip_statement.py" st
    ok history M-33 --statement deep
    raw 0 "$PYTHON" "$BATS_TEST_DIRNAME/data/flip_statement.py" deep
    ok history C-1 --statement linked --links
    raw 0 "$PYTHON" "$BATS_TEST_DIRNAME/data/flip_statement.py" linked
}

@test "a field whose name could fool a terminal is refused, and none is printed as it is" {
    ok history K-1 --statement st
    raw 0 "$PYTHON" "$BATS_TEST_DIRNAME/data/field_statement.py" st
}

@test "a flipped bit in any of the files is noticed" {
    ok history K-1 --statement st
    for f in statement.json statement.json.minisig keeper.pub; do
        cp "st/$f" good
        size=$(stat -c %s good)
        for at in 0 $((size / 3)) $((size / 2)) $((size * 2 / 3)) $((size - 10)); do
            "$PYTHON" - "st/$f" "$at" << 'END'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[int(sys.argv[2])] ^= 1
open(sys.argv[1], "wb").write(b)
END
            # The first line of the two small files is a comment that nobody signed.
            [ "$f" = statement.json ] || [ "$(sed 1d good)" != "$(sed 1d "st/$f")" ] || { cp good "st/$f"; continue; }
            fails st
            cp good "st/$f"
        done
    done
    checked st
    # A key and a signature of somebody else.
    command -v minisign > /dev/null || skip 'minisign is not installed'
    sed -i 's/Bonn/Berlin/' st/statement.json
    printf '\n\n' | minisign -G -f -W -p other.pub -s other.key > /dev/null 2>&1 || minisign -G -f -W -p other.pub -s other.key
    minisign -S -s other.key -m st/statement.json -x st/statement.json.minisig -W > /dev/null 2>&1 ||
        minisign -S -s other.key -m st/statement.json -x st/statement.json.minisig
    cp other.pub st/keeper.pub
    fails st
}

@test "damaged and hostile files end in one sentence" {
    ok history K-1 --statement st
    for f in statement.json statement.json.minisig keeper.pub; do
        cp "st/$f" good
        for how in cut empty noise gone; do
            case $how in
            cut) head -c 100 good > "st/$f" ;;
            empty) : > "st/$f" ;;
            noise) head -c 3000 /dev/urandom > "st/$f" ;;
            gone) rm "st/$f" ;;
            esac
            fails st
            cp good "st/$f"
        done
    done
    raw 1 "$PYTHON" st/check_statement.py nowhere
    err 'NOT VALID'
}

@test "after a rekey, and by slots that were removed, it holds" {
    ok key remove 1
    ok key rekey
    ok edit K-1 residence=Koeln
    ok history K-1 --statement st
    checked st
    grep -q 'slot 1 (case)  edit' out
    raw 0 "$PYTHON" "$BATS_TEST_DIRNAME/data/flip_statement.py" st
    if command -v minisign > /dev/null; then
        minisign -V -q -p st/keeper.pub -m st/statement.json
    fi
}

@test "who signs before a keeper registered him, or after that ended, is not believed" {
    ok key remove 1
    ok history K-1 --statement st
    checked st
    raw 0 "$PYTHON" "$BATS_TEST_DIRNAME/data/late_statement.py" st
}

@test "an open value whose field was raised to withheld since is left out" {
    ok type show person --json
    py 'for f in d["fields"]: f["tier"] = "withheld" if f["name"] == "residence" else f["tier"]
json.dump(d, open("raised.json", "w"))'
    ok type add raised.json
    ok history K-1 --statement st
    checked st
    never grep -q -e Bonn -e Улан st/statement.json
    ok history K-1 --statement all --reveal
    checked all
    grep -q Bonn all/statement.json
}

@test "what was taken in without a keeper, once it is adopted" {
    PASS=$OTHER ok add person ref=Q-1 --from - <<< '{"name": "Only Case"}'
    ok status
    ok history Q-1 --statement st
    checked st
    grep -q 'slot 1 (case)  add' out
}

@test "a removed record, and one that was brought back" {
    ok rm K-2
    ok history K-2 --statement st
    checked st
    grep -q '_removed: true' out
}

@test "only a keeper makes one" {
    PASS=$OTHER refuses 6 history K-1 --statement st
    [ ! -e st ]
}

@test "it never overwrites, and leaves nothing half made" {
    mkdir there
    touch there/x file
    ln -s nowhere link
    for name in there file link there/ ''; do
        refuses 2 history K-1 --statement "$name"
    done
    refuses 7 history K-1 --statement nowhere/st
    refuses 7 history nobody --statement st
    refuses 2 history K-1 --reveal
    refuses 2 history K-1 --links
    [ "$(ls there)" = x ] && [ ! -e st ] && [ ! -e nowhere ]
    [ -z "$(find . -name '*.new-*')" ]
    ok history K-1 --statement new/
    checked new
}

@test "Ctrl-C, TERM and HUP in the middle of one leave nothing of it" {
    local signal try code met=0
    for signal in INT TERM HUP; do
        for try in 1 2 3 4 5 6 7 8 9; do
            "$PYTHON" -c '
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 history K-1 --statement cut --reveal 4<<< "$PASS" > out 2> err &
            until compgen -G 'cut.new-*/statement.json' > /dev/null || ! kill -0 $! 2> /dev/null; do :; done
            # It stands still while it is looked at.
            kill -STOP $! 2> /dev/null || true
            [ ! -e cut ] && compgen -G 'cut.new-*/statement.json' > /dev/null && met=1 || met=0
            kill -$signal $! 2> /dev/null || true
            kill -CONT $! 2> /dev/null || true
            code=0
            wait $! || code=$?
            [ -z "$(find . -name '*.new-*')" ]
            [ $met = 0 ] || [ $code = 0 ] || break
            rm -r cut       # it was done before
        done
        cat err
        [ $met = 1 ]
        [ $code = 130 ]
        grep interrupted err
        [ ! -e cut ]
    done
    ok check
}

@test "the same revisions give the same bytes" {
    ok history K-1 --statement a
    ok history K-1 --statement b
    "$PYTHON" - << 'END'
import json
a, b = (json.load(open(n + "/statement.json")) for n in "ab")
assert a["head"] != b["head"]
for d in (a, b):
    d["entries"] = [e for e in d["entries"] if e["hash"] != d["head"]]
    del d["head"]
assert a == b
text = lambda n: [l for l in open(n + "/statement.json").read().split("\"entries\"")[0].split("\n") if "head" not in l]
assert text("a") == text("b")
END
    cmp a/check_statement.py b/check_statement.py
    cmp a/keeper.pub b/keeper.pub
}

# ---- attachments --------------------------------------------------------------------------

with_files() {
    printf 'a court paper\n' > 'Решение суда.txt'
    head -c 70000 /dev/urandom > Choi-passport.bin
    printf 'a map' > map.txt
    ok attach K-1 'Решение суда.txt' --open
    ok attach K-1 Choi-passport.bin map.txt
    paper=$(sha256sum < 'Решение суда.txt') passport=$(sha256sum < Choi-passport.bin) map=$(sha256sum < map.txt)
    paper=${paper%% *} passport=${passport%% *} map=${map%% *}
}

@test "history names attachments by SHA-256: withheld ones to keepers, and logs that" {
    with_files
    ok log --json
    entries=$(jget 'len(d)')
    ok history K-1 --json
    holds "[f['sha256'] for h in d for f in h['attachments']] == ['$paper', '$passport', '$map']" \
        '[f["name"] for h in d for f in h["attachments"]] == ["Решение суда.txt", None, None]' \
        '[f["size"] for h in d for f in h["attachments"]] == [14, 70000, 5]' \
        '[f["tier"] for h in d for f in h["attachments"]] == ["open", "withheld", "withheld"]'
    hides passport.bin map.txt
    ok log --json
    holds "len(d) == $entries + 1" 'd[-1]["action"] == "reveal"' 'd[-1]["detail"]["what"] == "sha256"'
    ok history K-1
    grep -q "$passport" out
    ok history K-2
    ok log --json
    holds "len(d) == $entries + 2"
    PASS=$OTHER ok history K-1
    grep -q "$paper" out
    hides "$passport" "$map"
    # What a later revision carries on it did not bring; what comes back it did.
    ok detach K-1 map.txt
    ok history K-1 --json
    rev=$(jget 'd[-2]["revision"]')
    holds 'd[-1]["attachments"] == []'
    ok revert K-1 "$rev"
    ok history K-1 --json
    holds "[f['sha256'] for f in d[-1]['attachments']] == ['$map']"
}

@test "a file is attached by the hash of an attachment, not by one that stands in a text or a name" {
    printf 'forged' > forged.pdf
    printf 'forged too' > too.pdf
    hash=$(sha256sum < forged.pdf) too=$(sha256sum < too.pdf)
    printf 'the real one' > "${too%% *}"
    ok edit K-1 residence="${hash%% *}"
    ok edit K-1 --from - <<< "{\"born\": {\"value\": \"1970\", \"certainty\": \"probable\"}, \"occupation\": \"${hash%% *}\"}"
    ok attach K-1 "${too%% *}" --open
    ok history K-1 --statement st
    grep -q "\"value\": \"${hash%% *}\"" st/statement.json
    grep -q "\"name\": \"${too%% *}\"" st/statement.json
    raw 0 "$PYTHON" st/check_statement.py st forged.pdf too.pdf "${too%% *}"
    grep -q '^forged.pdf: NOT attached' out
    grep -q '^too.pdf: NOT attached' out
    grep -q "^${too%% *}: attached in revision" out
}

@test "a statement proves hash and size of withheld attachments without their names" {
    with_files
    ok history K-1 --statement st
    [[ $output == *'3 attachments'* ]]
    never grep -qi -e passport.bin -e map.txt -e octet st/statement.json
    grep -q "$passport" st/statement.json
    raw 0 "$PYTHON" st/check_statement.py st Choi-passport.bin map.txt 'Решение суда.txt' "$BATS_FILE_TMPDIR/many.csv"
    grep -q 'Choi-passport.bin: attached in revision' out
    grep -q 'map.txt: attached in revision' out
    grep -q 'many.csv: NOT attached' out
    grep -qF "withheld file, 70000 bytes, SHA-256 $passport" out
    raw 0 "$PYTHON" "$BATS_TEST_DIRNAME/data/flip_statement.py" st
    ok history K-1 --statement all --reveal
    checked all
    grep -q 'Choi-passport.bin' out
    raw 0 "$PYTHON" "$BATS_TEST_DIRNAME/data/flip_statement.py" all
}
