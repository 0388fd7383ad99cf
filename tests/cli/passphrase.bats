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
