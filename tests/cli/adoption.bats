# What a case holder took in, and what the keeper is told about it at the next unlocking.

bats_require_minimum_version 1.5.0
load helpers
load ../fault/helpers

setup() {
    common_setup
    new_vault v "$PASS"
    w "$PASS" --quiet --new-passphrase-fd 5 key add --tier case 5<<< "$OTHER" > /dev/null
}

@test "a keeper is told once what was taken over; scripts see it in no data" {
    w "$OTHER" --quiet add person --from - <<< '{"ref":"K-1","name":"Kim"}'
    w "$OTHER" --quiet add person --from - <<< '{"ref":"K-2","name":"Pak"}'
    run --separate-stderr w "$OTHER" status
    [ "$status" = 0 ] && [ -z "$stderr" ]
    run --separate-stderr w "$PASS" show K-1 --json
    [ "$status" = 0 ] && [ -z "$stderr" ]
    w "$OTHER" --quiet add person --from - <<< '{"ref":"K-3","name":"Choi"}'
    run --separate-stderr w "$PASS" status
    [ "$stderr" = 'taken over: 1 revision with names that were taken in without a keeper' ]
    run --separate-stderr w "$PASS" status
    [ -z "$stderr" ]
}

@test "intake that is not what its author signed is quarantined, told at unlock and in status, and exit 4 when read" {
    command -v sqlcipher > /dev/null || skip "sqlcipher is not installed"
    w "$PASS" --quiet add person --from - <<< '{"ref":"K-0","name":"Li"}'
    w "$OTHER" --quiet add person --from - <<< '{"ref":"K-1","name":"Kim"}'
    raw_key "$PASS"
    sql "UPDATE withheld SET blob = substr(blob, 1, 30) || x'00' || substr(blob, 32) WHERE n = (SELECT max(n) FROM withheld);"
    cp -a v.vault again.vault
    run --separate-stderr w "$PASS" status
    [ "$status" = 0 ]
    [[ $stderr == *'quarantined: 1 revision taken in without a keeper is not what the author signed'* ]]
    VAULT=$PWD/again.vault
    run --separate-stderr w "$PASS" status --json
    json 'any("quarantined" in x for x in d["warnings"])'
    [ -z "$stderr" ]
    refused 4 w "$PASS" show K-1 --reveal
    refused 4 w "$PASS" --quiet check --json
    says '"where":"record '
    run w "$PASS" --quiet show K-0 --reveal
    [ "$status" = 0 ]
}
