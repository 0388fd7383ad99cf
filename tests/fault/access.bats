# Who gets in, and when: Hangul typed in either form, and two processes at once.

bats_require_minimum_version 1.5.0
load ../cli/helpers
load helpers

PASS='두 사람이 강을 건너 숲으로 갔다'

setup() {
    common_setup
    new_vault one "$PASS"
}

teardown() {
    release
}

# ---- passphrases in two forms of Unicode

# composed / decomposed: the same text in NFC and NFD.
form() {
    "$PYTHON" -c 'import sys, unicodedata; sys.stdout.buffer.write(unicodedata.normalize(sys.argv[1], sys.argv[2]).encode())' "$@"
}

@test "a passphrase typed as composed and as decomposed Hangul opens the same vault" {
    local composed decomposed text='별이 빛나는 밤에 최명복은 강을 건넜다'
    composed=$(form NFC "$text") decomposed=$(form NFD "$text")
    [ "$composed" != "$decomposed" ]
    [ ${#decomposed} -gt ${#composed} ]
    new_vault two "$composed"
    w "$composed" --quiet add person ref=H-1
    run w "$decomposed" show H-1
    [ "$status" = 0 ]
    new_vault three "$decomposed"
    run w "$composed" status
    [ "$status" = 0 ]
    run w "$decomposed" status
    [ "$status" = 0 ]
}

@test "key change to composed Hangul, then opening with decomposed, and the reverse" {
    local a b
    a=$(form NFC '새 암호문은 아무도 모르는 이야기다') b=$(form NFD '새 암호문은 아무도 모르는 이야기다')
    w "$PASS" --quiet --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< "$a"
    w "$b" --quiet --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< "$(form NFD "$PASS")"
    run w "$PASS" check
    [ "$status" = 0 ]
    refused 3 w "$a" check
}

@test "forms that only look alike stay different: another syllable, a blank at the end" {
    new_vault two '최명복은 어제 강을 건너갔다'
    refused 3 w '최명북은 어제 강을 건너갔다' list
    refused 3 w '최명복은 어제 강을 건너갔다 ' list
    refused 3 w '최명 복은 어제 강을 건너갔다' list
}

@test "Latin and Cyrillic marks, full-width letters: the same passphrase in either form" {
    new_vault two "$(form NFC 'Ёлка é Å ｆｕｌｌ и ещё семь зелёных слов')"
    run w "$(form NFD 'Ёлка é Å full и ещё семь зелёных слов')" status
    [ "$status" = 0 ]
}

# ---- two processes at once

# hold: a shell that has the vault open, until `release`.
hold() {
    mkfifo commands answers
    "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 shell < commands > answers 2> held.err 4<<< "$PASS" &
    HOLDER=$!
    exec 7> commands 8< answers
    echo 'log head' >&7
    read -r -t 60 _ <&8     # it has answered, so it is open
}

release() {
    [ -n "${HOLDER-}" ] || return 0
    exec 7>&- 8<&-
    wait "$HOLDER" || true
    HOLDER=
}

@test "while one process has the vault open, every command of a second one is exit code 5" {
    hold
    local command
    printf 'ref\nX-1\n' > rows.csv
    for command in list status check 'check --json' log 'add person ref=B-1' 'import rows.csv --as person' 'dump out' shell; do
        # shellcheck disable=SC2086 # words
        refused 5 w "$PASS" $command
        [[ $output != *passphrase* ]]
    done
    refused 5 w "$PASS" --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< "$OTHER"
    [ ! -e "$VAULT/keys.new" ]
    [ ! -e out ]
    # Nobody is asked for a passphrase in vain, nor told that it is wrong.
    refused 5 w 'not the passphrase' list
    # The slots can be listed without opening anything.
    run w "$PASS" key list
    [ "$status" = 0 ]
    release
    run w "$PASS" check
    [ "$status" = 0 ]
    run w "$PASS" list --json
    json 'd == []'
}

@test "a shell is refused while another shell is open, and the first one is not disturbed" {
    hold
    refused 5 w "$PASS" shell <<< 'list'
    echo 'add person ref=S-1' >&7
    read -r -t 60 _ <&8
    release
    run w "$PASS" show S-1
    [ "$status" = 0 ]
}

@test "the name by which the second process reaches the vault does not matter" {
    ln -s "$VAULT" linked.vault
    mkdir sub
    hold
    VAULT=$PWD/linked.vault refused 5 w "$PASS" list
    VAULT=$PWD/sub/../one.vault refused 5 w "$PASS" list
    VAULT=$PWD/one.vault/ refused 5 w "$PASS" list
}

@test "a process that was killed keeps nothing closed" {
    hold
    refused 5 w "$PASS" list
    kill -9 "$HOLDER"
    wait "$HOLDER" || true
    run w "$PASS" --quiet add person ref=K-1
    [ "$status" = 0 ]
}

@test "stock sqlcipher holding the database is exit code 5 as well, and never damage" {
    raw_key "$PASS"
    mkfifo statements rows
    sqlcipher -batch "$VAULT/records.db" < statements > rows &
    HOLDER=$!
    exec 7> statements 8< rows
    printf '%s\nBEGIN EXCLUSIVE;\nSELECT 4711;\n' "$RAW_KEY" >&7
    while read -r -t 60 line <&8 && [ "$line" != 4711 ]; do :; done
    [ "$line" = 4711 ]
    refused 5 w "$PASS" list
    refused 5 w "$PASS" check
    release
    run w "$PASS" check
    [ "$status" = 0 ]
}

@test "of many started at once each is done or is exit code 5, and what was done is there" {
    local i done=0
    declare -A running code
    for i in 1 2 3 4 5 6 7 8; do
        w "$PASS" --quiet add person "ref=R-$i" > /dev/null 2>&1 &
        running[$i]=$!
    done
    for i in "${!running[@]}"; do
        code[$i]=0
        wait "${running[$i]}" || code[$i]=$?
    done
    for i in "${!code[@]}"; do
        echo "R-$i: ${code[$i]}"
        [ "${code[$i]}" = 0 ] || [ "${code[$i]}" = 5 ]
        run w "$PASS" show "R-$i"
        [ "$status" = $((code[$i] == 0 ? 0 : 7)) ]
        done=$((done + (code[$i] == 0)))
    done
    [ $done -ge 1 ]
    run w "$PASS" check
    [ "$status" = 0 ]
}
