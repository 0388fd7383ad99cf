# Two tiers and several ways in: key add, key remove, key rekey, travel; what a case passphrase can do and what not.

bats_require_minimum_version 1.5.0
load helpers

KEEPER='the keeper writes this 77 on yellow paper, in ink'
CASE='the caseworker writes that 88 in green ink, twice'

setup() {
    common_setup
    new_vault v "$KEEPER"
}

# of EXPRESSION: the JSON in $output as d.
of() { "$PYTHON" -c "import json, sys; d = json.loads(sys.argv[1]); print($1)" "$output"; }
k() { w "$KEEPER" "$@"; }
c() { w "$CASE" "$@"; }
add_slot() { w "$KEEPER" key add "$@" 5<<< "${NEW:-$CASE}" --new-passphrase-fd 5; }

@test "key add prints the slot's number, key list shows its tier, its passphrase opens it" {
    run --separate-stderr add_slot --tier case
    [ "$status" = 0 ]
    [ "$output" = 1 ]
    run "$WITHHELD" -C "$VAULT" key list --json
    [ "$(of 'd[1]["tier"]')" = case ]
    [ "$(of 'd[0]["tier"]')" = keeper ]
    run c status --json
    [ "$(of 'd["tier"]')" = case ]
}

@test "a caseworker takes in a name and cannot read it back; a keeper reads it" {
    add_slot --tier case
    c add person --from - <<< '{"ref":"P-1","name":"Choi Myung-bok","born":"1962"}'
    run c show P-1
    [ "$status" = 0 ]
    [[ $output == *'[withheld]'* ]]
    [[ $output == *1962* ]]
    for line in 'show P-1 --reveal' 'list --reveal' 'dump out --reveal'; do
        # shellcheck disable=SC2086 # words
        refused 6 w "$CASE" $line
        [[ $output != *Choi* ]]
    done
    run c show P-1 --json
    [[ $output != *Choi* ]]
    [ "$(of 'd["withheld"]')" = "['name']" ]
    run c search Choi
    [[ $output != *P-1* ]]
    run c history P-1
    [[ $output != *Choi* ]]
    c edit P-1 --from - <<< '{"name":"Choe Myong Bok"}'
    run k show P-1 --reveal --json
    [ "$(of 'd["fields"]["name"]')" = 'Choe Myong Bok' ]
    k check
    c check
}

@test "what needs a keeper is refused under a case passphrase, and changes nothing" {
    add_slot --tier case
    before=$(sha256sum "$VAULT/keys")
    run k status --json
    entries=$(of 'd["log_entries"]')
    refused 6 w "$CASE" key add --tier case --new-passphrase-fd 5 5<<< "$OTHER"
    refused 6 w "$CASE" key remove 0
    refused 6 w "$CASE" key rekey
    echo '{"name":"t","fields":[{"name":"a","kind":"text"}]}' > t.json
    refused 6 w "$CASE" type add t.json
    [ "$(sha256sum "$VAULT/keys")" = "$before" ]
    run k status --json
    [ "$(of 'd["log_entries"]')" = "$entries" ]
}

@test "a caseworker changes his own passphrase" {
    add_slot --tier case
    w "$CASE" key change --new-passphrase-fd 5 5<<< "$NEXT"
    refused 3 w "$CASE" status
    run w "$NEXT" status --json
    [ "$(of 'd["tier"]')" = case ]
    k check
}

@test "a slot with a key file needs that file, unchanged" {
    NEW="$OTHER" add_slot --tier keeper --new-key-file some.key
    [ -s some.key ]
    [ "$(stat -c %a some.key)" = 600 ]
    refused 3 w "$OTHER" status
    run w "$OTHER" --key-file some.key status --json
    [ "$(of 'd["tier"]')" = keeper ]
    cp some.key other.key
    printf x >> other.key
    refused 3 w "$OTHER" --key-file other.key status
    refused 7 w "$OTHER" --key-file none.key status
    # One that is there is used and not overwritten.
    before=$(sha256sum some.key)
    NEW="$NEXT" add_slot --tier case --new-key-file some.key
    [ "$(sha256sum some.key)" = "$before" ]
    w "$NEXT" --key-file some.key status
    # One that was made for a slot that came to nothing does not stay.
    refused 3 w "$OTHER" key add --tier case --new-key-file gone.key --new-passphrase-fd 5 5<<< "$PASS"
    [ ! -e gone.key ]
}

@test "key change keeps the key file, where the slot needs one" {
    NEW=$OTHER add_slot --tier keeper --new-key-file some.key
    w "$OTHER" --key-file some.key key change --new-passphrase-fd 5 5<<< "$NEXT"
    refused 3 w "$NEXT" status
    w "$NEXT" --key-file some.key status
    # A key file that the slot in use does not need does not get into it.
    w "$KEEPER" --key-file some.key key change --new-passphrase-fd 5 5<<< "$OTHER"
    w "$OTHER" status
}

# cost N: what slot N costs, as in key list.
cost() {
    run "$WITHHELD" -C "$VAULT" key list --json
    of "'%d MiB x %d' % (d[$1]['kdf']['memory_kib'] // 1024, d[$1]['kdf']['passes'])"
}

@test "key change --upgrade takes another slot's cost, and keeps the passphrase and the key file" {
    NEW=$OTHER add_slot --tier case --new-key-file some.key
    NEW=$NEXT add_slot --tier keeper --kdf-memory 65 --kdf-passes 3
    run --separate-stderr w "$OTHER" --key-file some.key key change --upgrade
    [ "$status" = 0 ]
    [ -z "$output" ]
    [[ $stderr == *'dearer now'*'old copy of `keys`'*'key rekey'* ]]
    [ "$(cost 1)" = '65 MiB x 3' ]
    w "$OTHER" --key-file some.key status
    refused 3 w "$OTHER" status
    run w "$KEEPER" key change --upgrade --json
    [ "$status" = 0 ]
    [ "$output" = '{"upgraded":true}' ]
    [ "$(cost 0)" != '64 MiB x 3' ]
    k check
}

@test "key change --upgrade measures where no other slot has a cost, and says what came of it" {
    run w "$KEEPER" key change --upgrade --json
    [ "$status" = 0 ]
    if [ "$output" = '{"upgraded":true}' ]; then
        [ "$(cost 0)" != '64 MiB x 3' ]
    else
        [ "$output" = '{"upgraded":false}' ]
        [ "$(cost 0)" = '64 MiB x 3' ]
    fi
    k check
}

@test "key change --upgrade refuses: a wrong passphrase, a new one, a cost, and where others go first" {
    NEW=$OTHER add_slot --tier case --kdf-memory 65 --kdf-passes 3
    NEW=$NEXT add_slot --tier case --kdf-memory 65 --kdf-passes 3
    before=$(sha256sum "$VAULT"/*)
    refused 3 w "$PASS" key change --upgrade
    for option in '--new-passphrase-fd 5' '--kdf-memory 64' '--kdf-time 1'; do
        # shellcheck disable=SC2086
        refused 2 w "$KEEPER" key change --upgrade $option 5<<< "$PASS"
        says 'does not go with it'
    done
    refused 6 w "$NEXT" key change --upgrade
    says 'two different costs'
    says 'first those whose slots have the lower cost'
    [ "$(sha256sum "$VAULT"/*)" = "$before" ]
}

@test "status says that guesses are cheap here, and who goes first where two costs are in the way; a script is not told" {
    roomy
    run --separate-stderr k status --json
    [ -z "$stderr" ]
    [ "$(of 'sum("cheap for a machine" in w and "--upgrade" in w for w in d["warnings"])')" = 1 ]
    run --separate-stderr k list
    [ -z "$stderr" ]
    NEW=$OTHER add_slot --tier case --kdf-memory 65 --kdf-passes 3
    NEW=$NEXT add_slot --tier case --kdf-memory 65 --kdf-passes 3
    run w "$OTHER" status
    [[ $output == *'cheap for a machine'*'go first'* ]]
}

@test "on a machine with less memory they are not cheap" {
    [ -z "${SANITIZE-}" ] || skip "a sanitizer needs all the address space there is"
    command -v prlimit > /dev/null || skip "prlimit is not installed"
    run prlimit --as=$((1 << 30)) "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 status 4<<< "$KEEPER"
    [ "$status" = 0 ]
    [[ $output != *'cheap for a machine'* ]]
}

@test "key add refuses: no tier, a wrong one, a full table, a third cost" {
    refused 2 w "$KEEPER" key add --new-passphrase-fd 5 5<<< "$OTHER"
    refused 2 w "$KEEPER" key add --tier boss --new-passphrase-fd 5 5<<< "$OTHER"
    for i in 1 2 3 4 5 6 7; do
        NEW="$OTHER $i" add_slot --tier case
    done
    refused 6 w "$KEEPER" key add --tier case --new-passphrase-fd 5 5<<< "$OTHER"
    says 'slots are in use'
    k key remove 7
    w "$KEEPER" key add --tier case --kdf-memory 96 --kdf-passes 3 --new-passphrase-fd 5 5<<< "$OTHER"
    k key remove 6
    refused 6 w "$KEEPER" key add --tier case --kdf-memory 72 --kdf-passes 3 --new-passphrase-fd 5 5<<< "$NEXT"
    says 'two different costs'
    k check
}

@test "key remove refuses: no such slot, no number, the last keeper" {
    refused 7 w "$KEEPER" key remove 3
    refused 7 w "$KEEPER" key remove 8
    refused 2 w "$KEEPER" key remove zero
    refused 6 w "$KEEPER" key remove 0
    says 'last keeper'
    k check
}

@test "who was removed does not get in, and remove and change say what they do not reach" {
    add_slot --tier case
    run k key remove 1
    [[ $output == *'key rekey'* ]]
    refused 3 w "$CASE" status
    k check
}

@test "after rekey an old keys with its passphrase opens nothing; who stayed gets in" {
    add_slot --tier case
    NEW="$OTHER" add_slot --tier case
    c add person --from - <<< '{"ref":"P-1","name":"Kim"}'
    cp -r "$VAULT" old.vault
    k key remove 2
    k key rekey
    refused 3 w "$OTHER" status
    c show P-1
    run k show P-1 --reveal --json
    [ "$(of 'd["fields"]["name"]')" = Kim ]
    k check
    cp old.vault/keys "$VAULT/keys"
    refused 4 w "$OTHER" status
    refused 4 w "$KEEPER" status
}

@test "a travel copy opens for caseworkers, holds no names, and takes some in" {
    add_slot --tier case
    k add person --from - <<< '{"ref":"P-1","name":"Kim","born":"1970"}'
    k travel t.vault
    home=$VAULT VAULT=$PWD/t.vault
    refused 3 w "$KEEPER" status
    run c show P-1
    [[ $output == *1970* ]]
    [[ $output == *'[withheld]'* ]]
    c add person --from - <<< '{"ref":"P-2","name":"Anna"}'
    c check
    VAULT=$home
    k check
    refused 2 w "$KEEPER" travel t.vault
}

@test "travel without a case slot is refused, and leaves nothing" {
    refused 6 w "$KEEPER" travel t.vault
    [ ! -e t.vault ]
    compgen -G '*new-*' && return 1
    refused 2 w "$KEEPER" travel t
}
