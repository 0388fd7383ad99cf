# key shares, and opening with them: at the boundary.

load helpers
load data/more

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault base "$PASS"
    ok add person --from - <<< '{"ref":"K-1","name":"Kim Chol"}'
}

setup() {
    common_setup
    take base
}

PLAIN=(--accept plain-shares)

# make K N FOLDER: a new set in files.
make() { ok key shares --threshold "$1" --count "$2" -o "$3" "${PLAIN[@]}"; }

# with CODE FILE ARGS...: one command, opened with the shares in FILE.
with() {
    local want=$1 code=0 file=$2
    shift 2
    "$WITHHELD" -C "$VAULT" --no-input --shares-fd 4 "$@" > out 2> err 4< "$file" || code=$?
    told "$want" "$code" "$@"
}

# denied CODE FILE TEXT: nothing opens, in one sentence with this text, and nothing has changed.
denied() {
    state > before
    with "$1" "$2" show K-1 --reveal || return 1
    sentence || return 1
    err "$3" || return 1
    unchanged
}

# The words of share N of a folder.
words() { grep -v '^#' "$1/share-$2.txt"; }

@test "any K of N open the vault, names too" {
    local a b
    make 2 3 set
    [ "$output" = 1 ]
    for a in 1 2 3; do
        for b in 1 2 3; do
            [ "$a" != "$b" ] || continue
            cat "set/share-$a.txt" "set/share-$b.txt" > some
            with 0 some show K-1 --reveal --json
            holds 'd["fields"]["name"] == "Kim Chol"'
        done
    done
    with 0 some status --json
    holds 'd["tier"] == "keeper"'
    with 0 some check --json
    holds 'd == {"ok": True, "problems": []}'
    ok check
    ok key list --json
    holds '[(x["slot"], x["kind"], x["tier"]) for x in d] == [(0, "passphrase", "keeper"), (1, "shares", "keeper")]'
}

@test "the files of a set: one for each trustee, the owner's alone, with what the trustee is to know" {
    local n
    make 3 5 set
    [ "$(find set -type f | wc -l)" = 5 ]
    [ "$(stat -c %a set)" = 700 ]
    [ "$(find set -type f -perm 600 | wc -l)" = 5 ]
    for n in 1 2 3 4 5; do
        [ "$(words set $n | wc -w)" = 33 ]
        grep -q "Share $n of 5. Any 3 of the 5" "set/share-$n.txt"
        grep -q 'No photograph' "set/share-$n.txt"
        [ "$(sed -n 's/.*The vault is: //p' "set/share-$n.txt" | wc -w)" = 12 ]
    done
    [ "$(sed -n 's/.*The vault is: //p' set/* | sort -u | wc -l)" = 1 ]
    err 'not encrypted'
    hides "$(words set 1 | cut -d' ' -f5-7)"
}

@test "plain files need the word, which the log keeps; refused, nothing is there" {
    refuses 6 key shares --threshold 2 --count 3 -o set
    err '--accept plain-shares'
    [ ! -e set ]
    make 2 3 set
    ok log --json
    holds 'd[-1]["action"] == "shares"' 'd[-1]["keeper_signed"]' 'd[-1]["detail"]["accepted"] == ["plain-shares"]'
}

@test "shares may come from standard input, before the data of the command" {
    local code=0
    make 2 3 set
    { words set 3; words set 1; echo '{"ref":"K-2"}'; } > all
    "$WITHHELD" -C "$VAULT" --no-input --shares-fd 0 add person --from - < all > out 2> err || code=$?
    [ "$code" = 0 ]
    ok show K-2
}

@test "words in capitals and cut after four letters open, too" {
    make 2 3 set
    { words set 3 | tr a-z A-Z; words set 2 | sed -E 's/([a-z]{4})[a-z]*/\1/g'; } > some
    with 0 some list
}

@test "more than K: only K are read" {
    make 2 4 set
    for n in 4 2 1; do words set $n; done > some
    with 0 some list
}

@test "too few: exit code 3, how many are here, and nothing is changed" {
    make 3 5 set
    : > some
    denied 3 some 'no share is here'
    words set 1 > some
    denied 3 some '1 of the 3 shares that are needed is here'
    err 'slot 0 (passphrase)'
    words set 4 >> some
    denied 3 some '2 of the 3 shares that are needed are here'
}

@test "shares of two sets: exit code 2, told with the line" {
    make 2 3 one
    make 2 3 two
    { words one 1; echo; words two 2; } > some
    denied 2 some 'line 3: the share is of another set'
}

@test "one word wrong: exit code 2 and which, without the word" {
    make 2 3 set
    { words set 1; words set 2 | sed -E 's/^(([a-z]+ ){6})[a-z]+/\1zzzzzz/'; } > some
    denied 2 some 'line 2: word 7 of the share is not one'
    hides zzzzzz "$(words set 2 | cut -d' ' -f8-10)"
    { words set 1; words set 2 | sed -E 's/([a-z]+) ([a-z]+)$/\2 \1/'; } > some
    denied 2 some 'line 2: the words of the share do not'
    { words set 1; words set 1; } > some
    denied 2 some 'line 2: share 1'
}

@test "a new set replaces the old one: the old opens no more, the passphrase does" {
    make 2 3 old
    make 2 3 new
    [ "$output" = 1 ]
    cat old/share-[12].txt > some
    denied 3 some 'these shares do not open this vault'
    err 'a new set replaces the older ones'
    never grep -q 'Caps Lock' err
    cat new/share-[12].txt > some
    with 0 some show K-1 --reveal
    ok check
    ok key list --json
    holds 'len(d) == 2'
    # the words of the vault are the same on both
    [ "$(sed -n 's/.*The vault is: //p' old/* new/* | sort -u | wc -l)" = 1 ]
}

@test "a vault without such a slot: exit code 7; another slot asked for, too" {
    "$WITHHELD" -q shares split --threshold 1 --count 1 > some \
        <<< 0011223344556677889900112233445566778899001122334455667788990011
    denied 7 some 'no slot here takes shares'
    make 2 3 set
    denied 3 some 'these shares do not open this vault'
    cat set/share-[12].txt > some
    state > before
    with 7 some --slot 0 list
    sentence
    unchanged
    with 0 some --slot 1 list
    "$WITHHELD" -q shares split --threshold 1 --count 1 > some <<< 00112233445566778899001122334455
    denied 3 some 'these shares do not open this vault'
}

@test "a lost passphrase: the shares make another keeper and take the lost slot away" {
    make 2 3 set
    cat set/share-[23].txt > some
    exits_new() { "$WITHHELD" -C "$VAULT" --no-input --shares-fd 4 "$@" 4< some 5<<< "$NEXT"; }
    exits_new --new-passphrase-fd 5 key add --tier keeper "${CHEAP[@]}"
    exits_new key remove 0
    w "$NEXT" show K-1 --reveal | grep -q 'Kim Chol'
    refused 3 w "$PASS" list
    w "$NEXT" check
}

@test "with two costs in the vault, a slot that the shares add takes the higher" {
    ok --new-passphrase-fd 5 key add --tier case --kdf-memory 65 --kdf-passes 3 5<<< "$OTHER"
    ok --new-passphrase-fd 5 key add --tier case 5<<< "$OTHER 2"
    make 2 3 set
    cat set/share-[23].txt > some
    "$WITHHELD" -C "$VAULT" --no-input --shares-fd 4 --new-passphrase-fd 5 key add --tier keeper 4< some 5<<< "$NEXT"
    ok key list --json
    holds 'd[4]["kdf"]["memory_kib"] == 65 * 1024' 'd[4]["tier"] == "keeper"'
    w "$NEXT" check
}

@test "shares have no passphrase to change; their slot can be removed" {
    local code=0
    make 2 3 set
    cat set/share-[12].txt > some
    "$WITHHELD" -C "$VAULT" --no-input --shares-fd 4 --new-passphrase-fd 5 key change > out 2> err 4< some 5<<< "$NEXT" || code=$?
    [ "$code" = 6 ]
    err "'key shares' makes a new set"
    ok key remove 1
    denied 7 some 'no slot here takes shares'
    ok key list --json
    holds 'len(d) == 1'
}

@test "a set made by the set in use takes its place" {
    make 2 2 one
    cat one/*.txt > some
    with 0 some key shares --threshold 2 --count 3 -o two "${PLAIN[@]}"
    denied 3 some 'these shares do not open this vault'
    cat two/share-[13].txt > some
    with 0 some check
    ok check
}

@test "who makes no sense or has no terminal is told before a passphrase is asked for" {
    local args
    for args in '' '--threshold 2' '--count 3' '--threshold 3 --count 2' '--threshold 1 --count 2' \
        '--threshold 0 --count 2' '--threshold 2 --count 17' '--threshold 2 --count 3' \
        '--threshold 2 --count 3 --to age1xyz'; do
        # shellcheck disable=SC2086
        refuses 2 key shares $args
    done
    refuses 2 key shares --threshold 2 --count 2 --to age1x -o set
    err 'recipient'
    mkdir there
    refuses 2 key shares --threshold 2 --count 3 -o there "${PLAIN[@]}"
    err 'already there'
    refuses 2 key shares --threshold 2 --count 2
    err 'there is none'
    exits 2 --shares-fd 0 list < /dev/null
    err 'together with a passphrase'
}

@test "files that cannot be written: nothing is changed and none is left" {
    refuses 7 key shares --threshold 2 --count 3 -o no/such "${PLAIN[@]}"
    state > before
    "$PYTHON" -c 'import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
os.execv(sys.argv[1], sys.argv[1:])' "$WITHHELD" -C "$VAULT" --passphrase-fd 4 \
        key shares --threshold 2 --count 3 -o set "${PLAIN[@]}" 4<<< "$PASS" 2>&1 | cat > err
    err 'cannot write set/share-1.txt'
    unchanged
    [ ! -e set ]
    ok key list --json
    holds 'len(d) == 1'
}

@test "a case passphrase makes no shares" {
    "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 --new-passphrase-fd 5 key add --tier case 4<<< "$PASS" 5<<< "$OTHER"
    state > before
    refused 6 w "$OTHER" key shares --threshold 2 --count 3 -o set "${PLAIN[@]}"
    says 'needs a keeper'
    unchanged
    [ ! -e set ]
}

@test "the second reader, written from the format, opens with the same shares" {
    make 2 3 set
    cat set/share-[13].txt | grep -v '^#' > some
    raw 0 "$WITHHELD" shares combine < some
    cp out secret
    raw 0 "$PYTHON" "$TOP/tests/reader/reader.py" "$VAULT" --shares-secret-fd 5 5< secret
    grep -q 'Kim Chol' out
}

@test "a set that was taken over from an old copy of keys is told as damage, not as wrong shares" {
    make 2 3 old
    cp "$VAULT/keys" keys.old
    make 2 3 new
    cp keys.old "$VAULT/keys"
    cat old/share-[12].txt > some
    denied 4 some 'keys is older than records.db'
}

# trustee NAME: a pair of keys in NAME.txt, the recipient in $NAME.
trustee() {
    "$WITHHELD" -q age keygen --pq -o "$1.txt" > "$1.pub"
    printf -v "$1" %s "$(cat "$1.pub")"
}

@test "one age file for each trustee: each opens with its own key only, and two of the three open the vault" {
    for t in anna bert cora; do trustee $t; done
    ok key shares --threshold 2 --count 3 --to "$anna" --to "$bert" --to "$cora" -o set
    [ "$(ls set)" = "$(printf 'share-1.age\nshare-2.age\nshare-3.age')" ]
    [ "$(stat -c %a set/share-1.age)" = 600 ]
    head -n 1 set/share-1.age | grep -q 'BEGIN AGE ENCRYPTED FILE'
    "$WITHHELD" age decrypt -i anna.txt set/share-1.age > one
    "$WITHHELD" age decrypt -i cora.txt set/share-3.age > three
    grep -q 'Share 1 of 3. Any 2 of the 3' one
    refused 3 "$WITHHELD" age decrypt -i anna.txt set/share-2.age
    cat one three > some
    with 0 some show K-1 --reveal --json
    holds 'd["fields"]["name"] == "Kim Chol"'
    # No share lies there readable.
    word=$(grep -v '^#' one | cut -d' ' -f5-8)
    never grep -rqF "$word" set
}

@test "shares sealed for stock age, with a word about quantum computers" {
    command -v age > /dev/null || skip 'age is not installed'
    for t in anna bert; do age-keygen -o $t.txt 2> /dev/null; age-keygen -y $t.txt > $t.pub; done
    ok key shares --threshold 2 --to "$(cat anna.pub)" --to "$(cat bert.pub)" -o set
    err 'quantum'
    for t in 1:anna 2:bert; do age -d -i "${t#*:}.txt" "set/share-${t%%:*}.age"; done > some
    with 0 some show K-1 --json
}

@test "recipients that do not fit: fewer or more than shares, one twice, a private key, none to lie" {
    for t in anna bert; do trustee $t; done
    refuses 2 key shares --threshold 2 --count 3 --to "$anna" --to "$bert" -o set
    refuses 2 key shares --threshold 2 --count 2 --to "$anna" --to "$anna" -o set
    err 'two shares'
    refuses 2 key shares --threshold 2 --count 2 --to "$anna" --to "${anna^^}" -o set
    err 'two shares'
    refuses 2 key shares --threshold 2 --to "$anna" --to "$bert"
    err 'say where'
    secret=$(grep AGE-SECRET anna.txt)
    refuses 2 key shares --threshold 2 --to "$anna" --to "$secret" -o set
    err 'private key'
    never grep -q "${secret:25:12}" err
    [ ! -e set ]
}
