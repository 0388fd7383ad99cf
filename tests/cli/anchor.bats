# --anchor: a head of the log kept outside the vault tells a vault that was rolled back from one that went on.

load helpers
load data/more

setup_file() {
    cd "$BATS_FILE_TMPDIR"
    new_vault base "$PASS"
    w "$PASS" add person ref=K-1
    # What went on from it, and what went on without knowing of that.
    cp -a base.vault newer.vault
    VAULT=$PWD/newer.vault
    w "$PASS" add person ref=K-2
    w "$PASS" add person ref=K-3
    cp -a base.vault fork.vault
    VAULT=$PWD/fork.vault
    for r in X-2 X-3 X-4; do w "$PASS" add person ref=$r; done
}

setup() {
    common_setup
    take base
}

# at NAME: the commands that follow are for a copy of that vault.
at() {
    rm -rf v.vault
    take "$1"
}

head_of() { ok log head --json && jget "d['$1']"; }

@test "an anchor is made where there is none, and that is said" {
    mkdir stick
    ok --anchor stick/a status
    err 'was not there'
    [ "$(stat -c %a stick/a)" = 600 ]
    [ "$(ls -A stick)" = a ]
    [ "$(sed -n 1p stick/a)" = 'withheld anchor 1' ]
    [ "$(sed -n 's/^number: //p' stick/a)" = "$(head_of number)" ]
    [ "$(sed -n 's/^head: //p' stick/a)" = "$(head_of hash)" ]
    [ "$(sed -n 's/^words: //p' stick/a)" = "$(head_of words)" ]
    ok --json status
    holds "d['vault_id'] == '$(sed -n 's/^vault: //p' stick/a)'" "d['copy_id'] == '$(sed -n 's/^copy: //p' stick/a)'"
}

@test "it follows the log, and reading leaves it alone" {
    ok --anchor a status
    cp -p a before
    ok --anchor a show K-1
    [ ! -s err ]
    cmp a before
    [ "$(stat -c %Y.%i a)" = "$(stat -c %Y.%i before)" ] || [ "$(stat -c %Y a)" = "$(stat -c %Y before)" ]
    ok --anchor a add person ref=K-9
    never cmp -s a before
    [ "$(sed -n 's/^head: //p' a)" = "$(head_of hash)" ]
    # An older head of the same line holds as well.
    ok --anchor before status
    [ "$(sed -n 's/^head: //p' before)" = "$(head_of hash)" ]
}

@test "a vault that was rolled back does not open, and nothing is written" {
    at newer
    ok --anchor a status
    cp a kept
    at base
    cp -a v.vault seen.vault
    refuses 4 --anchor a status
    err 'rolled back'
    err 'accept anchor'
    never grep -q 'another line' err
    cmp a kept
    diff -r v.vault seen.vault
    # Without the anchor nothing can notice.
    ok status
    exits 4 --json --anchor a status
    output=$(<err)
    holds 'd["error"]["code"] == 4' '"--accept anchor" in d["error"]["hint"]'
}

@test "another line with as many entries is told apart" {
    at newer
    ok --anchor a status
    cp a kept
    at fork
    refuses 4 --anchor a status
    err 'another line'
    never grep -q 'rolled back' err
    cmp a kept
}

@test "a log cut off and grown again is another line" {
    at fork
    ok --anchor a status
    at newer
    ok add person ref=K-5
    refuses 4 --anchor a status
    err 'another line'
}

@test "--accept anchor takes the vault as it is, and the log says so" {
    at newer
    ok --anchor a status
    was=$(sed -n 's/^head: //p' a)
    number=$(sed -n 's/^number: //p' a)
    at base
    ok --anchor a --accept anchor show K-1
    ok log --json
    holds 'd[-1]["action"] == "anchor"' 'd[-1]["detail"]["accepted"] == ["anchor"]' \
        "d[-1]['detail']['head'] == '$was'" "d[-1]['detail']['number'] == $number"
    [ "$(sed -n 's/^head: //p' a)" = "$(head_of hash)" ]
    ok --anchor a status
    ok log --json
    holds 'sum(e["action"] == "anchor" for e in d) == 1'
}

@test "--accept anchor leaves no entry where the anchor holds" {
    ok --anchor a status
    ok --anchor a --accept anchor status
    ok log --json
    holds 'all(e["action"] != "anchor" for e in d)'
}

@test "the anchor of another vault" {
    ok --anchor a status
    cp a kept
    new_vault other "$PASS"
    refuses 2 --anchor a status
    err 'another vault'
    refuses 2 --anchor a --accept anchor status
    cmp a kept
}

@test "a damaged anchor, or another file, is refused and stays" {
    ok --anchor good status
    for i in cut more digit word number empty text random zero; do
        cp good bad
        case $i in
        cut) head -c 100 good > bad ;;
        more) echo x >> bad ;;
        digit) "$PYTHON" - << 'END' ;;
import re
s = open("bad").read()
at = s.index("head: ") + 66
open("bad", "w").write(s[:at - 40] + ("0" if s[at - 40] != "0" else "1") + s[at - 39:])
END
        word)
            sed -i 's/^words: [a-z]*/words: academic/' bad
            ! cmp -s bad good || sed -i 's/^words: [a-z]*/words: zero/' bad ;;
        number) sed -i 's/^number: .*/number: 99999999999999999999/' bad ;;
        empty) : > bad ;;
        text) echo 'passport of somebody' > bad ;;
        random) head -c 100 /dev/urandom > bad ;;
        zero) head -c 100 /dev/zero > bad ;;
        esac
        cp bad kept
        refuses 2 --anchor bad status
        err 'not an anchor'
        exits 2 --anchor bad --accept anchor status
        cmp bad kept
    done
    # One more than there are, with the hash of the head: no log says so.
    n=$(sed -n 's/^number: //p' good)
    sed "s/^number: .*/number: $((n + 1))/" good > bad
    refuses 2 --anchor bad status
    head -c 100000 /dev/zero > bad
    refuses 2 --anchor bad status
}

@test "what log head printed is an anchor, too" {
    ok log head
    cp out a
    ok --anchor a status
    [ ! -s err ]
    ok --anchor a add person ref=K-9
    [ "$(sed -n 1p a)" = 'withheld anchor 1' ]
    at newer
    ok log head
    cp out a
    at base
    refuses 4 --anchor a status
    err 'rolled back'
}

@test "number and words, typed from paper, are an anchor" {
    words=$(head_of words) number=$(head_of number)
    # shellcheck disable=SC2086 # one word a line
    for form in "$number $words" "$number"$'\n'"$words" "$(printf '%s\n' $number $words)" " $number "$'\t'"$words "; do
        printf '%s\n' "$form" > a
        ok --anchor a status
        cp a kept
    done
    [ "$(sed -n 1p a)" = 'withheld anchor 1' ]
    echo "$number $words" > a
    ok add person ref=K-9
    ok --anchor a status
    for wrong in "$((number + 1)) $words" "$number ${words% *}" "$number $words academic" "$number ${words% *} academick" \
        "$number" "x $words" "$number ${words/ / 7 }" "999999999999999999999 $words"; do
        echo "$wrong" > a
        refuses 2 --anchor a status
        err 'mistyped'
    done
    echo "$number academic${words#* }" | sed 's/academic/academic /' > a
    [ "$(wc -w < a)" = 13 ]
    refuses 4 --anchor a status
    at newer
    words=$(head_of words) number=$(head_of number)
    at base
    echo "$number $words" > a
    refuses 4 --anchor a status
    err 'rolled back'
    ok --anchor a --accept anchor status
    ok log --json
    holds "d[-1]['detail']['head'] == '$words'"
    at fork
    echo "$number $words" > a
    refuses 4 --anchor a status
    err 'another line'
}

@test "an anchor in the folder of its vault is refused" {
    mkdir v.vault/sub
    for a in v.vault/a v.vault/sub/a "$PWD/v.vault/a" v.vault/../v.vault/a; do
        refuses 6 --anchor "$a" status
    done
    ln -s v.vault link
    refuses 6 --anchor link/a status
    [ ! -e v.vault/a ]
    # A name that only begins alike is another folder.
    mkdir v.vault2
    ok --anchor v.vault2/a status
}

@test "a link, a folder, a device or a missing folder as anchor" {
    ok --anchor real status
    ln -s real link
    mkdir folder
    mkfifo fifo
    for a in link folder fifo /dev/null; do
        refuses 2 --anchor "$a" status
    done
    refuses 7 --anchor nothing/a status
    refuses 2 --anchor folder/ status
    exits 2 --anchor '' status
    [ -L link ] && [ -z "$(ls -A folder)" ]
}

@test "a travel copy is compared with the anchor of home and leaves it to home" {
    OTHER='zwei Krähen am Zaun 44'
    "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 --new-passphrase-fd 5 key add --tier case \
        "${CHEAP[@]}" 4<<< "$PASS" 5<<< "$OTHER"
    ok --anchor a travel road.vault
    cp a kept
    VAULT=$PWD/road.vault PASS=$OTHER ok --anchor a status
    err 'another copy'
    cmp a kept
    VAULT=$PWD/road.vault PASS=$OTHER ok --anchor road.anchor add person ref=R-1
    VAULT=$PWD/road.vault PASS=$OTHER ok --anchor road.anchor status
    [ ! -s err ]
    ok --anchor a status
}

@test "a command that opens nothing does not take an anchor" {
    raw 2 "$WITHHELD" --anchor a --no-input --passphrase-fd 4 init n.vault "${CHEAP[@]}" 4<<< "$PASS"
    sentence
    [ ! -e n.vault ] && [ ! -e a ]
}

@test "check compares as well, tells it with the rest, and accepts nothing" {
    at newer
    ok --anchor a check
    err 'was not there'
    [ -f a ]
    rm a
    # Neither --quiet nor --json hides it.
    ok --anchor a --quiet check
    err 'was not there'
    rm a
    ok --anchor a --json check
    holds 'd["anchor"] == "made"'
    ok --anchor a --json check
    holds 'd["anchor"] == "holds"'
    rm a
    ok --anchor a --json status
    holds '[w for w in d["warnings"] if "anchor was not there" in w]'
    ok --anchor a --json status
    holds 'not [w for w in d["warnings"] if "anchor" in w]'
    cp a kept
    at base
    exits 4 --anchor a --accept anchor check --json
    holds 'd["ok"] is False' '[p["where"] for p in d["problems"]] == ["the anchor"]' \
        '"rolled back" in d["problems"][0]["what"]'
    cmp a kept
}

@test "a shell brings the anchor up to date when it ends" {
    ok --anchor a status
    printf 'add person ref=K-7\nadd person ref=K-8\n' > lines
    raw 0 "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 --anchor a shell 4<<< "$PASS" < lines
    [ "$(sed -n 's/^head: //p' a)" = "$(head_of hash)" ]
}

@test "new keys: the anchor holds before and after" {
    ok --anchor a status
    ok --anchor a key rekey
    ok --anchor a status
    ok --anchor a add person ref=K-9
    at base
    refuses 4 --anchor a status
}
