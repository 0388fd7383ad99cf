# shares split, shares combine: SLIP-0039 at the boundary. No vault is needed.

load helpers
load data/more

# The vectors of SLIP-0039 lie beside the tree, where they are at all.
VECTORS=${WITHHELD_SHARED:-$TOP/../shared}/data/slip39/vectors.json
SECRET=00112233445566778899aabbccddeeff
LONG=$SECRET$SECRET

setup() { common_setup; }

# split K N [ARGS...]: shares of $LONG in the file `shares`.
split() {
    local k=$1 n=$2
    shift 2
    raw 0 "$WITHHELD" shares split --threshold "$k" --count "$n" --exponent 0 "$@" <<< "$LONG" || return 1
    cp out shares
}

# combined SECRET ARGS...: standard input gives it.
combined() {
    local want=$1
    shift
    raw 0 "$WITHHELD" shares combine "$@" || return 1
    [ "$output" = "$want" ] || { printf 'not %s: %s\n' "$want" "$output"; return 1; }
}

# wrong CODE TEXT: `shares combine` of standard input ends so, with one sentence that contains it.
wrong() {
    raw "$1" "$WITHHELD" shares combine || return 1
    sentence || return 1
    err "$2"
}

@test "any two of three shares give the secret back, and so do all" {
    split 2 3
    [ "$(wc -l < shares)" = 3 ]
    [ "$(wc -w < shares)" = 99 ]
    err 'any 2 of these 3'
    for i in 1 2 3; do sed ${i}d shares | combined "$LONG"; done
    tac shares | combined "$LONG"
}

@test "every size from 16 to 32 bytes" {
    local n hex
    for n in 16 18 20 22 24 26 28 30 32; do
        hex=${LONG:0:$((2 * n))}
        raw 0 "$WITHHELD" -q shares split --threshold 3 --count 3 --exponent 0 <<< "$hex"
        [ ! -s err ]
        cp out shares
        combined "$hex" < shares
    done
}

@test "upper case, white space, missing newlines and empty lines do not matter" {
    printf ' \t%s\r\n\n' "${LONG^^}" > secret
    raw 0 "$WITHHELD" shares split --threshold 2 --count 2 < secret
    { echo; sed 's/ /\t /g; s/$/ \r/' out | tr a-z A-Z; echo; } > typed
    combined "$LONG" < typed
    printf %s "$SECRET" > secret
    raw 0 "$WITHHELD" shares split --threshold 1 --count 1 < secret
    printf %s "$(cat out)" > typed
    combined "$SECRET" < typed
}

@test "four letters of each word are enough" {
    split 2 2
    sed -E 's/([a-z]{4})[a-z]*/\1/g' shares | combined "$LONG"
}

@test "a passphrase: needed to combine, and a wrong one gives another secret" {
    split 2 3 --slip39-passphrase-fd 3 3<<< 'a passphrase ~'
    err 'with the passphrase'
    combined "$LONG" --slip39-passphrase-fd 3 < shares 3<<< 'a passphrase ~'
    raw 0 "$WITHHELD" shares combine < shares
    [ "$output" != "$LONG" ] && [ ${#output} = 64 ]
    # On standard input it is the first line.
    { echo 'a passphrase ~'; cat shares; } | combined "$LONG" --slip39-passphrase-fd 0
    raw 2 "$WITHHELD" shares combine --slip39-passphrase-fd 3 < shares 3<<< 'pässphrase'
    err ASCII
    raw 2 "$WITHHELD" shares combine --slip39-passphrase-fd 9 < shares
}

@test "--json" {
    raw 0 "$WITHHELD" shares split --threshold 2 --count 3 --json <<< "$SECRET"
    json 'list(d) == ["threshold", "count", "shares"] and d["threshold"] == 2 and d["count"] == 3'
    json 'len(d["shares"]) == 3 and all(len(s.split()) == 20 for s in d["shares"])'
    [ ! -s err ]
    "$PYTHON" -c 'import json, sys; print("\n".join(json.load(sys.stdin)["shares"][1:]))' < out > shares
    raw 0 "$WITHHELD" --json shares combine < shares
    json "d == {'secret': '$SECRET'}"
    raw 2 "$WITHHELD" --json shares split --threshold 2 --count 3 <<< "${SECRET}0"
    [ ! -s out ]
    output=$(cat err) json 'd["error"]["code"] == 2'
}

@test "wrong secrets: exit code 2, nothing printed, nothing repeated" {
    local bad
    for bad in '' 00 "${SECRET}0" "${SECRET}00" "${SECRET:2}" "${LONG}0011" "${SECRET:1}g" "x$SECRET" \
        "$SECRET $SECRET" "$(printf '%0300d' 0)"; do
        raw 2 "$WITHHELD" shares split --threshold 2 --count 3 <<< "$bad"
        sentence
        never grep -q "${bad:-nothing at all}" err
    done
    raw 2 "$WITHHELD" shares split --threshold 2 --count 3 < /dev/null
    head -c 16 /dev/zero > zeros
    raw 2 "$WITHHELD" shares split --threshold 2 --count 3 < zeros
    # Not read on and on.
    raw 2 timeout 20 "$WITHHELD" shares split --threshold 2 --count 3 < /dev/zero
    raw 2 timeout 20 "$WITHHELD" shares combine < /dev/zero
}

@test "wrong numbers: exit code 2" {
    local args
    for args in '--threshold 2' '--count 3' '' '--threshold 4 --count 3' '--threshold 1 --count 2' \
        '--threshold 0 --count 2' '--threshold 2 --count 17' '--threshold x --count 2' \
        '--threshold 2 --count 2 --exponent 16' '--threshold 2 --count 2 more'; do
        # shellcheck disable=SC2086
        raw 2 "$WITHHELD" shares split $args <<< "$SECRET"
        sentence
    done
}

@test "too few shares: exit code 3, and what is missing" {
    split 3 5
    wrong 3 'no share is here' < /dev/null
    sed -n 1p shares | wrong 3 '1 of the 3 shares that are needed is here'
    sed -n 2,3p shares | wrong 3 '2 of the 3 shares that are needed are here'
    [ ! -s out ]
}

@test "wrong shares: exit code 2, and what is wrong, without the words" {
    local word
    split 2 3
    word=$(sed -n 2p shares | cut -d' ' -f6)
    sed "2s/ $word / zqx$word /" shares | wrong 2 'line 2: word 6 of the share is not one'
    never grep -qE "$word|zqx" err
    sed -E '1s/^([a-z]+) ([a-z]+)/\2 \1/' shares | wrong 2 'fit together (checksum)'
    sed '3s/ [a-z]*$//' shares | wrong 2 'line 3: the share has 32 words'
    sed -n '1p;1p' shares | wrong 2 'line 2: share 1 of group 1 is here already'
    tr '\n' ' ' < shares | wrong 2 '99 words'
    sed '2s/$/ 7/' shares | wrong 2 'line 2: the share has 34 words'
}

@test "shares of two sets: told at the first that is not of the first one's set" {
    split 2 3
    cp shares one
    split 2 3
    { head -n 1 one; tail -n 1 shares; } | wrong 2 'line 2: the share is of another set'
}

@test "a program of its own, written from SLIP-0039, combines what is split here" {
    local n
    combine() { raw 0 "$PYTHON" "$DATA/slip39.py" "$TOP/vault/base/words_1024.c" "$@"; }
    for n in 16 22 28 32; do
        raw 0 "$WITHHELD" shares split --threshold 3 --count 5 --slip39-passphrase-fd 3 <<< "${LONG:0:2*n}" 3<<< 'a b~'
        sed -n '5p;1p;4p' out > shares
        combine 'a b~' < shares
        [ "$output" = "1 ${LONG:0:2*n}" ]
    done
    raw 0 "$WITHHELD" shares split --threshold 1 --count 1 --exponent 3 <<< "$SECRET"
    cp out shares
    combine < shares
    [ "$output" = "3 $SECRET" ]
    split 16 16
    combine < shares
    [ "$output" = "0 $LONG" ]
}

@test "the vectors of SLIP-0039" {
    [ -e "$VECTORS" ] || skip "the vectors ($VECTORS) are not there"
    "$PYTHON" - "$VECTORS" << 'PY'
import json, sys
for n, (what, shares, secret, *_) in enumerate(json.load(open(sys.argv[1]))):
    open("vector.%d" % n, "w").write("\n".join(shares) + "\n")
    open("want.%d" % n, "w").write(secret)
PY
    local v want code count=0
    for v in vector.*; do
        want=$(cat "want.${v#vector.}")
        code=0
        "$WITHHELD" shares combine --slip39-passphrase-fd 3 < "$v" > out 2> err 3<<< TREZOR || code=$?
        echo "$v: $code $(cat out err)"
        if [ -n "$want" ]; then
            [ "$code" = 0 ] && [ "$(cat out)" = "$want" ]
        else
            { [ "$code" = 2 ] || [ "$code" = 3 ]; } && [ ! -s out ]
            sentence
        fi
        count=$((count + 1))
    done
    [ "$count" -ge 15 ]
}
