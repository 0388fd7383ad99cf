# passphrase generate and strength.

load helpers
load data/more

setup() { common_setup; }

# judge TEXT ARGS...: what `passphrase strength` says about it.
judge() {
    local text=$1
    shift
    raw 0 "$WITHHELD" --no-input passphrase strength "$@" <<< "$text"
}

# ---- generate -----------------------------------------------------------------------------

@test "generate prints seven words of the list, and says what they are worth" {
    local word
    raw 0 "$WITHHELD" passphrase generate
    [ "$(wc -l < out)" = 1 ]
    [ "$(wc -w < out)" = 7 ]
    for word in $output; do
        grep -qF "\"$word\"" "$TOP/vault/base/words_1024.c"
        never grep -qw "$word" err
    done
    err '70 bits'
    raw 0 "$WITHHELD" passphrase generate --quiet
    [ ! -s err ]
}

@test "generate draws anew each time" {
    local i
    for i in {1..20}; do
        "$WITHHELD" -q passphrase generate --words 4
    done | sort -u > drawn
    [ "$(wc -l < drawn)" = 20 ]
}

@test "generate --words: 4 to 24, else exit 2 and no passphrase" {
    local n
    for n in 4 24; do
        raw 0 "$WITHHELD" passphrase generate --words "$n"
        [ "$(wc -w < out)" = "$n" ]
        err "$((10 * n)) bits"
    done
    for n in 3 25 0 -1 x ''; do
        raw 2 "$WITHHELD" passphrase generate --words "$n"
        sentence
    done
}

@test "generate --json: one document" {
    raw 0 "$WITHHELD" --json passphrase generate --words 6
    json 'sorted(d) == ["bits", "passphrase", "words"]'
    json 'd["words"] == 6 and d["bits"] == 60 and len(d["passphrase"].split(" ")) == 6'
    [ ! -s err ]
}

# ---- strength -----------------------------------------------------------------------------

@test "strength of a generated passphrase is what it was made with" {
    # Twelve words: one that comes twice costs less than two words' bits.
    "$WITHHELD" -q passphrase generate --words 12 > pass
    raw 0 "$WITHHELD" passphrase strength --json < pass
    json '100 <= d["bits"] <= 120 and d["verdict"] == "good" and d["reasons"] == []'
}

@test "strength: refused, weak, good" {
    judge 'пароль123'
    [[ $output == refused,* ]]
    judge 'correct horse battery staple'
    [[ $output == weak,* ]]
    judge 'academic acid acne acquire acrobat activity'
    [ "$output" = 'good, about 60 bits' ]
}

@test "strength --json: bits, verdict, reasons" {
    judge '비밀번호' --json
    json 'sorted(d) == ["bits", "reasons", "verdict"] and d["bits"] < 10 and d["verdict"] == "refused"'
    json 'd["reasons"] and all(isinstance(r, str) for r in d["reasons"])'
    [ ! -s err ]
}

@test "strength repeats no part of what it was given" {
    local text word
    for text in 'zebrafink 1987' 'Quuxander--Quuxander' 'Зимородок' '물총새 물총새'; do
        judge "$text"
        for word in ${text//--/ } zimorodok mulchongsae; do
            never grep -qiF "$word" out err
        done
        judge "$text" --json
        for word in ${text//--/ }; do
            never grep -qiF "$word" out err
        done
    done
    raw 2 "$WITHHELD" passphrase strength <<< $'zebrafink\xff'
    never grep -qF zebrafink out err
}

@test "strength reads the first line: of standard input, a descriptor, a file" {
    printf 'gfhjkm\nxK9#mQ2$vL7!\n' > two
    raw 0 "$WITHHELD" --json passphrase strength < two
    json 'd["bits"] < 10'
    raw 0 "$WITHHELD" --json --passphrase-fd 4 passphrase strength 4< two < /dev/null
    json 'd["bits"] < 10'
    raw 0 "$WITHHELD" --json --passphrase-file two passphrase strength < /dev/null
    json 'd["bits"] < 10'
}

@test "strength: nothing, too much and broken text are exit 2" {
    raw 2 "$WITHHELD" passphrase strength < /dev/null
    sentence
    raw 2 "$WITHHELD" passphrase strength <<< ''
    sentence
    raw 2 "$WITHHELD" passphrase strength <<< "$(printf 'a%.0s' {1..1025})"
    sentence
    raw 2 "$WITHHELD" passphrase strength <<< $'\xff\xfe'
    sentence
    raw 2 "$WITHHELD" passphrase strength 'an argument' <<< x
    sentence
    raw 2 "$WITHHELD" --json passphrase strength < /dev/null
    output=$(<err)
    json 'd["error"]["code"] == 2'
}

# ---- a new passphrase of a vault: below 40 bits refused, below 60 a warning --------------------------------------

# Words of the list, ten bits each.
BITS_30='academic acid acne'
BITS_50='academic acid acne acquire adapt'

# refused_weak COMMAND...: in one sentence, with the word that overrides it, and without the passphrase.
refused_weak() {
    raw 6 "$@" || return 1
    sentence
    err 'about 30 bits, and 40 are the least'
    err 'too few words'
    err 'withheld passphrase generate'
    err '--accept weak-passphrase'
    hides academic acid acne
}

# warned_weak COMMAND...: done, with a warning that says why.
warned_weak() {
    raw 0 "$@" || return 1
    err 'this passphrase is weak (about 50 bits, and 60 are good): it has too few words'
    err 'hint: `withheld passphrase generate` makes a good one'
    hides academic acid acne
}

@test "init refuses a weak passphrase, and the word overrides that and is logged" {
    printf '%s\n' "$BITS_30" > pass
    refused_weak "$WITHHELD" --passphrase-file pass init v.vault "${CHEAP[@]}"
    refused_weak "$WITHHELD" --new-passphrase-fd 5 init v.vault "${CHEAP[@]}" 5< pass
    refused_weak "$WITHHELD" --passphrase-file pass init v.vault "${CHEAP[@]}" --accept something-else
    compgen -G '*.vault*' && return 1
    raw 6 "$WITHHELD" --json --passphrase-file pass init v.vault "${CHEAP[@]}"
    "$PYTHON" -c 'import json
e = json.load(open("err"))["error"]
assert e["code"] == 6 and "30 bits" in e["message"] and "--accept weak-passphrase" in e["hint"], e'
    raw 0 "$WITHHELD" --passphrase-file pass init v.vault "${CHEAP[@]}" --accept weak-passphrase
    err 'this passphrase is weak (about 30 bits'
    # Opening judges nothing.
    raw 0 "$WITHHELD" -C v.vault --passphrase-file pass log --json
    json 'd[0]["action"] == "init" and d[0]["detail"] == {"accepted": ["weak-passphrase"]}'
    [ ! -s err ]
}

@test "init warns of a passphrase between 40 and 60 bits, unless it is to be quiet" {
    printf '%s\n' "$BITS_50" > pass
    warned_weak "$WITHHELD" --passphrase-file pass init v.vault "${CHEAP[@]}"
    err 'only way in'
    raw 0 "$WITHHELD" --quiet --passphrase-file pass init w.vault "${CHEAP[@]}"
    [ ! -s err ]
    raw 0 "$WITHHELD" -C v.vault --passphrase-file pass log --json
    json 'd[0]["detail"] == {}'
}

@test "key add and key change refuse a weak passphrase, also with a key file, and warn of a poor one" {
    new_vault v "$PASS"
    printf '%s\n' "$BITS_30" > weak
    printf '%s\n' "$BITS_50" > poor
    state > before
    refused_weak w "$PASS" key add --tier case --new-passphrase-fd 5 "${CHEAP[@]}" 5< weak
    refused_weak w "$PASS" key add --tier keeper --new-key-file new.key --new-passphrase-fd 5 "${CHEAP[@]}" 5< weak
    [ ! -e new.key ]
    refused_weak w "$PASS" key change --new-passphrase-fd 5 5< weak
    unchanged
    warned_weak w "$PASS" key add --tier case --new-passphrase-fd 5 "${CHEAP[@]}" 5< poor
    [ "$output" = 1 ]
    warned_weak w "$PASS" key change --new-passphrase-fd 5 5< poor
    raw 0 w "$BITS_50" key change --new-passphrase-fd 5 --accept weak-passphrase 5< weak
    ok_weak() { w "$BITS_30" log --json; }
    raw 0 ok_weak
    json '[e["detail"].get("accepted") for e in d] == [None, None, None, ["weak-passphrase"]]'
    # A caseworker is told the same about his own.
    refused_weak w "$BITS_50" --slot 1 key change --new-passphrase-fd 5 5< weak
}
