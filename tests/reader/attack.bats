# What somebody with a case passphrase can do who writes to the files himself: attack.py has his keys and no others.
# What only a keeper may change is noticed when the vault is unlocked, by every slot; withheld values
# that are not what their author signed, when they are read.

bats_require_minimum_version 1.5.0
load ../cli/helpers

PYTHON=${PYTHON:-/usr/bin/python3}
HERE=$BATS_TEST_DIRNAME
KEEPER=$PASS HOLDER=$OTHER COLLEAGUE=$NEXT
export PYTHONDONTWRITEBYTECODE=1

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault people "$KEEPER"
    w "$KEEPER" key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$HOLDER"
    w "$KEEPER" key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$COLLEAGUE"
    "$WITHHELD" -q init other.vault "${CHEAP[@]}" --passphrase-fd 4 4<<< "$KEEPER"
    "$WITHHELD" -q -C other.vault card show --passphrase-fd 4 4<<< "$KEEPER" > other.card
    w "$KEEPER" contact add anna other.card
    w "$KEEPER" contact verify anna --accept verify
    echo '{"ref": "P1", "name": "Ольга"}' | w "$KEEPER" add person --from -
    echo '{"ref": "P2", "name": "Елена"}' | w "$KEEPER" add person --from -
    "$PYTHON" "$HERE/attack.py" --list > attacks
}

setup() {
    common_setup
}

# attacked NAME [OPTION...]: a copy of the vault on which this attack was made; `w` works on it.
attacked() {
    rm -rf "$1.vault"
    cp -r "${FROM:-$BATS_FILE_TMPDIR/people.vault}" "$1.vault"
    VAULT=$PWD/$1.vault
    "$PYTHON" "$HERE/attack.py" "$VAULT" "$@" <<< "$HOLDER${HELP:+
$HELP}"
}

attacks() {
    grep -P "^$1\t" "$BATS_FILE_TMPDIR/attacks" | cut -f 2
}

reads() {
    "$PYTHON" "$HERE/reader.py" "$VAULT" --json <<< "$1"
}

# What is said of a forgery; of one that was merely written badly something else would be.
FORGED="without the keeper's signature|lacks the keeper's signature|signature is not valid|a keeper key that was not the keeper's|\
does not follow from its|the card is not the one that|content does not match its id|was tampered with|signed by nobody who was registered"

# unlocks_for_nobody: neither for the keeper nor for another case holder.
unlocks_for_nobody() {
    refused 4 w "$KEEPER" show P1 --reveal
    grep -E "$FORGED" <<< "$output"
    refused 4 w "$COLLEAGUE" edit P1 born=1970
    grep -E "$FORGED" <<< "$output"
    refused 4 reads "$KEEPER"
}

@test "what a case holder may write is right, made by his own means" {
    attacked write-on
    run w "$KEEPER" check
    [ "$status" = 0 ]
    run w "$COLLEAGUE" check
    [ "$status" = 0 ]
    run w "$KEEPER" show P9 --reveal --json
    json 'd["fields"]["name"] == "Ён Хи"'
    run reads "$KEEPER"
    [ "$status" = 0 ]
}

@test "a contact that a case holder adds by his own means is one, and not verified" {
    attacked contact-of-mine
    run w "$KEEPER" check
    [ "$status" = 0 ]
    run w "$KEEPER" contact list --json
    json '[(c["name"], c["verified"]) for c in d] == [("anna", True), ("office", False)]'
    run reads "$KEEPER"
    [ "$status" = 0 ]
}

@test "a card, a type, a keeper's entry or another's that a case holder forged: nobody unlocks" {
    [ "$(attacks unlock | wc -l)" -gt 20 ]
    for name in $(attacks unlock); do
        echo "$name"
        attacked "$name"
        unlocks_for_nobody
        rm -r "$VAULT"
    done
}

@test "a forged registration of a slot is called that, and not a slip of a caseworker" {
    for name in slot-taken-over slot-raised; do
        attacked "$name"
        refused 4 w "$KEEPER" list
        says 'the registration of a slot was tampered with'
        never grep -i quarantin <<< "$output"
        refused 4 w "$KEEPER" check
        says 'the registration of a slot was tampered with'
    done
}

@test "somebody whose slot was removed writes on with an old keys file: nobody unlocks" {
    cp -r "$BATS_FILE_TMPDIR/people.vault" removed.vault
    VAULT=$PWD/removed.vault
    w "$KEEPER" key remove 1
    FROM=$VAULT HELP=$COLLEAGUE
    for name in $(attacks retired); do
        echo "$name"
        attacked "$name" --keys "$BATS_FILE_TMPDIR/people.vault/keys"
        refused 4 w "$KEEPER" show P1 --reveal
        refused 4 reads "$COLLEAGUE"
        # Who helps trusts what he signed himself.
        [[ $name = *with-help ]] || refused 4 w "$COLLEAGUE" edit P1 born=1970
        refused 3 w "$HOLDER" list
    done
}

# told_first WHO: everything else is there. Searches and lists tell what can be read, and then, with the code of damage,
# that this could not be. A dump is not made at all.
told_first() {
    run --separate-stderr w "$KEEPER" shell << COMMANDS
show $1 --json
show P2 --reveal --json
search $1 --json
search Елена --json
list person --reveal --json
dump out --reveal
COMMANDS
    [ "$status" = 4 ]
    [ "$(grep -c 'could not be read whole' <<< "$stderr")" = 3 ]
    "$PYTHON" -c '
import json, sys
victim, text = sys.argv[1], sys.argv[2].strip()
told, decoder = [], json.JSONDecoder()
while text:
    one, end = decoder.raw_decode(text)
    told, text = told + [one], text[end:].strip()
shown, other, found, named, everybody = told
assert shown["fields"]["ref"] == victim and shown["withheld"] == ["name"], shown
assert other["fields"]["name"] == "Елена", other
assert len(found) == len(named) == 1, told
names = {x["fields"]["ref"]: x["fields"].get("name") for x in everybody}
assert names["P2"] == "Елена" and names[victim] is None, names' "$1" "$output"
    [ ! -e out ]
    never grep -E 'Somebody|Елена' <<< "$stderr"
}

# values_are_refused WHO: those of the record WHO only.
values_are_refused() {
    refused 4 w "$KEEPER" show "$1" --reveal
    never grep -E 'Somebody|Елена' <<< "$output"
    told_first "$1"
    run w "$COLLEAGUE" search "$1" --json
    [ "$status" = 0 ]
    json 'len(d) == 1'
    run w "$COLLEAGUE" show "$1"
    [ "$status" = 0 ]
    refused 4 w "$KEEPER" check
    refused 4 reads "$KEEPER"
    says Елена
    never grep Somebody <<< "$output"
}

@test "withheld values that are not what their author signed are refused when read, and nothing else is" {
    for name in $(attacks read); do
        case $name in blob-*|name-*) victim=P1 ;; *) victim=P9 ;; esac
        echo "$name"
        attacked "$name" --victim $victim
        refused 4 reads "$KEEPER"          # as it lies, before anybody adopts it
        values_are_refused $victim
        echo '{"ref": "P5", "name": "Павел"}' | w "$COLLEAGUE" add person --from -
        run w "$KEEPER" show P5 --reveal --json
        json 'd["fields"]["name"] == "Павел"'
        refused 4 w "$KEEPER" show $victim --reveal        # still so when other intake was adopted
        rm -r "$VAULT"
    done
}

@test "none of this keeps a keeper from shutting out who did it" {
    for name in blob-of-another intake-moved name-wrap-spoiled; do
        case $name in blob-*|name-*) victim=P1 ;; *) victim=P9 ;; esac
        echo "$name"
        attacked "$name" --victim $victim
        w "$KEEPER" key remove 1
        w "$KEEPER" key rekey
        refused 3 w "$HOLDER" list
        run w "$KEEPER" show P2 --reveal --json
        json 'd["fields"]["name"] == "Елена"'
        refused 4 w "$KEEPER" show $victim --reveal
        run w "$COLLEAGUE" show $victim
        [ "$status" = 0 ]
        rm -r "$VAULT"
    done
}

@test "what a case holder makes up of an exchange: check tells it, and nothing of it is believed" {
    [ "$(attacks exchange | wc -l)" -ge 9 ]
    for name in $(attacks exchange); do
        echo "$name"
        attacked "$name"
        refused 4 w "$KEEPER" check
        refused 4 reads "$KEEPER"
        run w "$KEEPER" show P2 --reveal --json
        [ "$status" = 0 ]
        case $name in other-author-received|origin-of-this-vault)
            run w "$KEEPER" show P9
            [ "$status" = 0 ]
            says 'by unknown' ;;
        esac
        rm -r "$VAULT"
    done
}

@test "what a case holder hides or ascribes to others, of what was written here, is damage when it is read" {
    [ "$(attacks damaged | wc -l)" -ge 4 ]
    for name in $(attacks damaged); do
        case $name in left-out-*) victim=P1 ;; *) victim=P9 ;; esac
        echo "$name"
        attacked "$name" --victim $victim
        refused 4 w "$KEEPER" show $victim --reveal
        refused 4 w "$KEEPER" check
        refused 4 reads "$KEEPER"
        run w "$KEEPER" show P2 --reveal --json
        json 'd["fields"]["name"] == "Елена"'
        rm -r "$VAULT"
    done
}

@test "what a case holder puts in the place of a keeper's values is never taken over, and a search tells it" {
    attacked blob-of-my-own --victim P1
    w "$KEEPER" status > status
    FROM=$VAULT attacked mark-cleared --victim P1
    refused 4 w "$KEEPER" search Ольга --field name
    refused 4 w "$KEEPER" search 'Somebody Else'
    refused 4 w "$KEEPER" show P1 --reveal
    refused 4 w "$KEEPER" check
}

@test "a case holder cannot say that a name is elsewhere than where it is: a search tells that it cannot read" {
    cp -r "$BATS_FILE_TMPDIR/people.vault" more.vault
    VAULT=$PWD/more.vault
    echo '{"ref": "P3", "name": "Алексей Петров", "press_name": "Иван Смирнов"}' | w "$KEEPER" add person --from -
    echo '{"other_names": ["Пётр Громов"]}' | w "$KEEPER" edit P3 --from -
    for name in 'Alexey Petrov' 'Ivan Smirnov' 'Pyotr Gromov'; do
        run w "$KEEPER" search --names "$name" --json
        json 'len(d) == 1'
    done
    FROM=$VAULT attacked name-hint --victim P3
    for name in 'Alexey Petrov' 'Ivan Smirnov' 'Pyotr Gromov'; do
        refused 4 w "$KEEPER" search --names "$name"
    done
    refused 4 w "$KEEPER" check
    refused 4 reads "$KEEPER"
}

@test "what a case holder may say of others gives nobody a right: a type of theirs is not in force, a vault that is made up has no name" {
    attacked their-type-lowered
    run w "$KEEPER" check
    [ "$status" = 0 ]
    echo '{"ref": "P5", "name": "Павел"}' | w "$COLLEAGUE" add person --from -
    run w "$COLLEAGUE" show P5 --json
    json '"name" not in d["fields"] and d["withheld"] == ["name"]'
    run reads "$KEEPER"
    [ "$status" = 0 ]
    for name in origin-made-up receipt-of-a-vault-that-is-made-up; do
        attacked $name
        run w "$KEEPER" check
        [ "$status" = 0 ]
        run reads "$KEEPER"
        [ "$status" = 0 ]
    done
    attacked origin-made-up
    run w "$KEEPER" show P9
    says 'a vault that is no contact'
}
