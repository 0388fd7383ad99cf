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
