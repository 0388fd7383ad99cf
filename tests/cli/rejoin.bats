# Copies of one vault come home as a file: `handoff send --to home`, `handoff receive`.

bats_require_minimum_version 1.5.0
load helpers

CASE=$OTHER
KEEPER=$PASS

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault home "$KEEPER"
    w "$KEEPER" --quiet key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$CASE"
    printf '{"ref": "K-1", "name": "Ким Чхоль", "residence": "Omsk"}' > k1.json
    w "$KEEPER" add person --from k1.json
    w "$KEEPER" add person ref=K-2 born=1980
    head -c 300000 /dev/urandom > open.bin
    w "$KEEPER" --quiet attach K-1 open.bin --open
    "$WITHHELD" -C home.vault --no-input --passphrase-fd 4 -q travel way.vault 4<<< "$KEEPER"
}

setup() {
    common_setup
    cp -r "$BATS_FILE_TMPDIR"/{home.vault,way.vault,open.bin} .
    HOME_VAULT=$PWD/home.vault
    VAULT=$HOME_VAULT
}

# at COPY PASS ARGS...: one command on COPY.vault.
at() {
    local VAULT=$PWD/$1.vault
    shift
    w "$@"
}

# sends COPY PASS FILE
sends() {
    run --separate-stderr at "$1" "$2" handoff send --to home --accept send -o "$3"
    [ "$status" = 0 ] || { echo "exit code $status: $stderr"; return 1; }
}

# takes COPY PASS FILE [ARGS]: in JSON; as a person sees it in $stderr of what the tests run themselves.
takes() {
    run --separate-stderr at "$1" "$2" --json handoff receive "${@:3}"
    [ "$status" = 0 ] || { echo "exit code $status: $stderr"; return 1; }
}

has() {
    [[ $output == *"$1"* ]] || { printf 'no %s in\n%s\n' "$1" "$output"; return 1; }
}

whole() {
    at "$1" "$2" check --deep > check.out 2>&1 || { cat check.out; return 1; }
}

on_the_way() {
    at way "$CASE" edit K-1 residence=Wladiwostok
    printf '{"ref": "K-9", "name": "Анна Петрова"}' > k9.json
    at way "$CASE" add person --from k9.json
    head -c 200000 /dev/urandom > held.bin
    at way "$CASE" --quiet attach K-9 held.bin
    head -c 200000 /dev/urandom > told.bin
    at way "$CASE" --quiet attach K-9 told.bin --open
}

# alone FOLDER: nothing unfinished lies there.
alone() {
    [ "$(ls -A "$1")" = "$(printf 'keys\nrecords.db')" ] || { ls -A "$1"; return 1; }
}

@test "what was written on a journey comes home by a file, names sealed, without a keeper on either side" {
    on_the_way
    sends way "$CASE" way.copy
    [[ $stderr == *"the other copies of this vault"* && $stderr == *"the whole copy goes: 3 records"* ]]
    takes home "$CASE" way.copy --plan
    has '"plan":true'; has '"own":true'; has '"receipt":null'
    [ ! -e way.copy.receipt ]
    alone home.vault
    takes home "$CASE" way.copy
    has '"own":true'; has '"from":null'; has '"adopted":0'; has '"conflicts":[]'
    [[ $output =~ \"new\":\[\"[^\"]+\"\] && $output =~ \"changed\":\[\"[^\"]+\"\] ]]
    alone home.vault
    whole home "$CASE"
    at home "$CASE" show K-9 > shown
    never grep -q Петрова shown
    at home "$CASE" extract K-9 told.bin -o told.back
    cmp told.bin told.back
    run --separate-stderr at home "$KEEPER" show K-9 --reveal
    [ "$status" = 0 ]
    has "Анна Петрова"
    at home "$KEEPER" extract K-9 held.bin -o held.back
    cmp held.bin held.back
    at home "$KEEPER" show K-1 | grep -q Wladiwostok
    at home "$KEEPER" extract K-1 open.bin -o open.back
    cmp open.bin open.back
    whole home "$KEEPER"
    whole way "$CASE"
}

@test "the names wait for a keeper and are taken over when she receives it herself" {
    on_the_way
    sends way "$CASE" way.copy
    run --separate-stderr at home "$KEEPER" handoff receive way.copy
    [ "$status" = 0 ]
    [[ $stderr == *"another copy of this vault"* && $stderr == *"taken over: 2 revisions"* ]]
    run at home "$KEEPER" show K-9 --reveal
    has "Анна Петрова"
    whole home "$KEEPER"
}

@test "the log has two parents, and the same file again changes nothing" {
    on_the_way
    sends way "$CASE" way.copy
    takes home "$CASE" way.copy
    at home "$CASE" --json log > log.json
    [ "$(grep -cE '"action":"join",.*"parents":\["[0-9a-f]{64}","[0-9a-f]{64}"\]' log.json)" = 1 ]
    head=$(at home "$CASE" log head)
    takes home "$CASE" way.copy -o again.receipt
    has '"again":true'; has '"revisions":0'
    [ "$(at home "$CASE" log head)" = "$head" ]
    at way "$CASE" handoff receipt again.receipt
    sends way "$CASE" two.copy
    takes home "$CASE" two.copy
    has '"new":[]'; has '"changed":[]'; has '"revisions":0'
    whole home "$KEEPER"
}

@test "the receipt is sealed to the copy and taken by it alone" {
    on_the_way
    sends way "$CASE" way.copy
    takes home "$CASE" way.copy
    refused 3 at home "$CASE" handoff receipt way.copy.receipt
    run --separate-stderr at way "$CASE" handoff receipt way.copy.receipt
    [ "$status" = 0 ]
    [[ $stderr == *"taken in there: 3 records"* ]]
    at way "$CASE" log | grep -q receipt
    refused 2 at home "$CASE" handoff receipt way.copy
    whole way "$CASE"
}

@test "copies made by cp come home in both directions, different fields are brought together, the same field is a conflict" {
    cp -r home.vault other.vault
    at home "$KEEPER" edit K-1 occupation=teacher
    at home "$KEEPER" edit K-2 residence=Busan
    at other "$CASE" edit K-1 residence=Tomsk
    at other "$CASE" edit K-2 residence=Seoul
    printf '{"ref": "K-8", "name": "Пак Ён"}' > k8.json
    at other "$KEEPER" add person --from k8.json
    at other "$KEEPER" show K-1 --reveal > /dev/null
    sends other "$CASE" other.copy
    takes home "$CASE" other.copy
    [[ $output =~ \"conflicts\":\[\"[^\"]+\"\] ]]
    has '"merged":1'
    at home "$CASE" show K-1 > shown
    grep -q teacher shown
    grep -q Tomsk shown
    at home "$KEEPER" resolve K-2 --take "$(at home "$KEEPER" show K-2 | sed -n 's/.*, revision \([0-9a-f]*\).*/\1/p' | head -n 1)"
    run at home "$KEEPER" show K-8 --reveal
    has "Пак Ён"
    sends home "$KEEPER" home.copy
    takes other "$CASE" home.copy
    has '"new":[]'
    at other "$CASE" show K-1 > shown
    grep -q teacher shown
    whole home "$KEEPER"
    whole other "$KEEPER"
    sends other "$KEEPER" three.copy
    takes home "$KEEPER" three.copy
    has '"changed":[]'
    whole home "$CASE"
}

@test "a copy by restore --second comes home" {
    at home "$KEEPER" -q backup one.backup
    "$WITHHELD" --no-input --passphrase-fd 4 -q restore --second one.backup second.vault 4<<< "$KEEPER"
    printf '{"ref": "K-5", "name": "Ли Хва"}' > k5.json
    at second "$KEEPER" add person --from k5.json
    at second "$KEEPER" handoff send --to home --accept send -o second.copy
    at home "$CASE" handoff receive second.copy
    run at home "$KEEPER" show K-5 --reveal
    has "Ли Хва"
    whole home "$KEEPER"
}

@test "home does not go to a copy without names, nor a copy to another vault" {
    sends home "$KEEPER" home.copy
    refused 3 at way "$CASE" handoff receive home.copy
    at way "$CASE" handoff send --to home --accept send -o way.copy
    new_vault stranger "$NEXT"
    refused 3 at stranger "$NEXT" handoff receive way.copy
    alone stranger.vault
    alone way.vault
}

@test "an older copy comes home after new keys, and is not updated" {
    on_the_way
    sends way "$CASE" way.copy
    w "$KEEPER" -q key rekey
    takes home "$KEEPER" way.copy
    run at home "$KEEPER" show K-9 --reveal
    has "Анна Петрова"
    whole home "$KEEPER"
    sends home "$KEEPER" home.copy
    refused 3 at way "$CASE" handoff receive home.copy
}

@test "whoever was removed meanwhile sends nothing home" {
    on_the_way
    sends way "$CASE" way.copy
    w "$KEEPER" key remove 1
    before=$(w "$KEEPER" log head)
    refused 6 w "$KEEPER" handoff receive way.copy
    says "may not write here any more"
    [ "$(w "$KEEPER" log head)" = "$before" ]
    alone home.vault
}

@test "what is cut or changed is refused, and nothing is left of it" {
    on_the_way
    sends way "$CASE" way.copy
    size=$(stat -c %s way.copy)
    before=$(w "$CASE" log head)
    head -c $((size / 2)) way.copy > cut.copy
    refused 4 w "$CASE" handoff receive cut.copy
    for at in 3000 $((size / 3)) $((size - 5)); do
        cp way.copy bad.copy
        byte=$(od -An -tu1 -j "$at" -N 1 way.copy)
        printf "\\x$(printf %x $((byte ^ 1)))" | dd of=bad.copy bs=1 seek="$at" conv=notrunc status=none
        refused 4 w "$CASE" handoff receive bad.copy
        [ ! -e bad.copy.receipt ]
    done
    [ "$(w "$CASE" log head)" = "$before" ]
    alone home.vault
}

@test "--to home stands alone, and is no contact" {
    w "$KEEPER" card show > own.card
    refused 2 w "$KEEPER" contact add office own.card
    says "--to home"
    new_vault stranger "$NEXT"
    w "$NEXT" card show > their.card
    VAULT=$HOME_VAULT
    refused 2 w "$KEEPER" contact add Home their.card
    says "stands for the other copies"
    w "$KEEPER" contact add anna their.card
    refused 2 w "$KEEPER" handoff send --to home --to anna --accept send -o x.copy
    refused 2 w "$KEEPER" handoff send --to home --with-names --accept send -o x.copy
    refused 2 w "$KEEPER" handoff send --to home --plain --accept send -o x.copy
    refused 6 w "$KEEPER" handoff send --to home -o x.copy
    refused 2 w "$KEEPER" handoff send --to anna --accept send -o x.copy
    run --separate-stderr w "$KEEPER" handoff send K-1 --to home --accept send -o x.copy
    [ "$status" = 0 ]
    [[ $stderr == *"not these records alone: the whole copy goes"* ]]
}

@test "in a shell the vault goes on after a copy came home" {
    on_the_way
    mkdir files
    sends way "$CASE" files/way.copy
    printf 'handoff receive files/way.copy\nshow K-9 --reveal\nadd person ref=K-77\nshow K-77\n' > lines
    run --separate-stderr "$WITHHELD" -C home.vault --no-input --passphrase-fd 4 shell --files files 4<<< "$KEEPER" < lines
    [ "$status" = 0 ] || { echo "$stderr"; return 1; }
    has "Анна Петрова"
    has K-77
    whole home "$KEEPER"
}

@test "killed while it comes home: nothing of it is left, or all of it is there" {
    on_the_way
    head -c 20000000 /dev/urandom > big.bin
    at way "$CASE" --quiet attach K-9 big.bin --open
    sends way "$CASE" way.copy
    for wait in 0.3 0.5 0.7 0.9 1.1; do
        rm -rf killed.vault way.copy.receipt
        cp -r home.vault killed.vault
        (exec "$WITHHELD" -C killed.vault --no-input --passphrase-fd 4 handoff receive way.copy 4<<< "$CASE" > /dev/null 2>&1) &
        pid=$!
        sleep "$wait"
        kill -9 $pid 2> /dev/null || true
        wait $pid 2> /dev/null || true
        whole killed "$CASE"
        alone killed.vault
    done
    takes killed "$CASE" way.copy
    whole killed "$CASE"
    at killed "$CASE" extract K-9 big.bin -o big.back
    cmp big.bin big.back
}

@test "both copies took in the same bundle: it comes together, and names that come later are everywhere" {
    new_vault anna "$KEEPER"
    w "$KEEPER" card show > anna.card 2> /dev/null
    printf '{"ref": "A-1", "name": "Тен Ир", "residence": "Omsk"}' > a1.json
    w "$KEEPER" add person --from a1.json
    at home "$KEEPER" card show > office.card 2> /dev/null
    w "$KEEPER" contact add office office.card 2> /dev/null
    at home "$KEEPER" contact add anna anna.card 2> /dev/null
    cp -r home.vault other.vault
    at anna "$KEEPER" handoff send A-1 --to office --accept send -o a.bundle
    at anna "$KEEPER" handoff send A-1 --with-names --to office --accept send -o names.bundle
    at home "$CASE" handoff receive a.bundle
    at other "$CASE" handoff receive a.bundle -o two.receipt
    cp -r home.vault first.vault
    cp -r home.vault second.vault
    cp -r other.vault third.vault

    # neither has the names
    sends other "$CASE" other.copy
    takes home "$CASE" other.copy
    has '"conflicts":[]'
    whole home "$KEEPER"
    at home "$KEEPER" handoff receive names.bundle -o r1
    run at home "$KEEPER" show A-1 --reveal
    has "Тен Ир"
    whole home "$KEEPER"
    whole home "$CASE"
    at home "$KEEPER" -q purge A-1 --field name --yes
    run at home "$KEEPER" show A-1 --reveal
    [[ $output != *"Тен Ир"* ]]
    whole home "$KEEPER"

    # home has them, the copy has not
    at first "$KEEPER" handoff receive names.bundle -o r2
    refused 6 at first "$KEEPER" handoff receive other.copy -o r3
    says "came to this one only"
    whole first "$KEEPER"

    # the copy has them, home not yet
    at third "$KEEPER" handoff receive names.bundle -o r4
    sends third "$KEEPER" third.copy
    refused 6 at second "$KEEPER" handoff receive third.copy -o r5
    says "came to the other one only"
    at second "$KEEPER" handoff receive names.bundle -o r6
    takes second "$CASE" third.copy -o r7
    whole second "$KEEPER"
    run at second "$KEEPER" show A-1 --reveal
    has "Тен Ир"
}
