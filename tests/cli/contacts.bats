# Cards and contacts at the boundary: two offices, and somebody who exchanges a card on its way.

load helpers
load data/more

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault ours "$PASS" && "$WITHHELD" -q -C ours.vault key add --tier case --passphrase-fd 3 --new-passphrase-fd 4 \
        "${CHEAP[@]}" 3<<< "$PASS" 4<<< "$NEXT" > /dev/null || return 1
    for name in theirs evil; do
        new_vault $name "$PASS" && w "$PASS" -q card show > $name.card || return 1
    done
}

setup() {
    common_setup
    take ours
    cards=$BATS_FILE_TMPDIR
}

# words FILE: the twelve words of a card, as its owner reads them.
words() {
    sed -n 's/^    //p' "$1" | head -n 1
}

by_case() { w "$NEXT" "$@"; }

@test "the card has twelve words, two recipients that age takes, and a key that minisign takes" {
    ok card show --json
    json 'len(d["words"].split()) == 12 and len(d["fingerprint"]) == 64 and "BEGIN WITHHELD CARD" in d["card"]'
    json 'd["case_recipient"].startswith("age1pq1") and d["keeper_recipient"].startswith("age1pq1") and d["case_recipient"] != d["keeper_recipient"]'
    json 'd["signing_key"].startswith("RW") and len(d["signing_key"]) == 56'
    "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["keeper_recipient"])' <<< "$output" > to
    "$WITHHELD" age encrypt -R to -o sealed to
    # It is the same whoever prints it, and other vaults have others.
    ok card show
    cp out keeper.card
    by_case card show > case.card
    cmp keeper.card case.card
    never cmp keeper.card "$cards/theirs.card"
    [ "$(words keeper.card | wc -w)" = 12 ]
}

@test "add, list, verify by the words as they are heard, remove" {
    ok contact list --json
    json 'd == []'
    ok contact add anna "$cards/theirs.card" --json
    json 'd["name"] == "anna" and d["verified"] is False and d["words"] == "'"$(words "$cards/theirs.card")"'"'
    ok contact list
    says 'not verified'
    [[ $output != *"$(words "$cards/theirs.card")"* ]]
    ok contact verify anna $(words "$cards/theirs.card") --json
    json 'd["verified"] is True'
    ok contact list
    [[ $output != *'not verified'* ]]
    says "$(words "$cards/theirs.card")"
    # Once more, as somebody does who doubts: other words are refused as before.
    exits 6 contact verify anna $(words "$cards/evil.card")
    exits 6 contact verify anna bla bla
    ok contact verify anna $(words "$cards/theirs.card")
    ok contact remove anna
    ok contact list --json
    json 'd == []'
    exits 7 contact remove anna
    exits 7 contact verify anna --accept verify
    ok check
}

@test "words may be cut after four letters, in capitals, with commas; others are refused" {
    w "$PASS" -q contact add anna "$cards/theirs.card" > /dev/null
    heard=$(words "$cards/theirs.card" | tr ' ' '\n' | cut -c1-4 | tr '[:lower:]\n' '[:upper:],')
    for wrong in "$(words "$cards/evil.card")" "$(words "$cards/theirs.card" | cut -d' ' -f1-11)" "$(words "$cards/theirs.card") river" \
        "$(words "$cards/theirs.card" | tr ' ' '\n' | cut -c1-3 | tr '\n' ' ')" ','; do
        exits 6 contact verify anna "$wrong"
        sentence
    done
    ok contact list --json
    json 'd[0]["verified"] is False'
    ok contact verify anna "$heard"
    ok contact list --json
    json 'd[0]["verified"] is True'
}

@test "without words, and without a word for it, nothing is verified" {
    w "$PASS" -q contact add anna "$cards/theirs.card" > /dev/null
    exits 6 contact verify anna
    says --accept || err '--accept verify'
    ok contact verify anna --accept verify
    ok log --json
    json '[e["action"] for e in d].count("contact-verify") == 1'
    json '[e["detail"]["accepted"] for e in d if e["action"] == "contact-verify"] == [["verify"]]'
}

@test "on a terminal the words are asked for, and ours are not shown before" {
    need_terminals
    w "$PASS" -q contact add anna "$cards/theirs.card" > /dev/null
    first=$(words "$cards/theirs.card" | cut -d' ' -f1-2)
    printf '%s\n' "$PASS" > pass
    run answered 'the words' "$(words "$cards/evil.card")" "$WITHHELD" -C "$VAULT" --passphrase-file pass contact verify anna
    says 'the words'
    says 'not the words of the card'
    [[ $output != *"$first"* ]]
    run answered 'the words' "$(words "$cards/theirs.card")" "$WITHHELD" -C "$VAULT" --passphrase-file pass contact verify anna
    says verified
}

@test "another card under a name: a keeper accepts it, and it is not verified any more; a caseworker cannot" {
    ok contact add anna "$cards/theirs.card"
    ok contact verify anna --accept verify
    exits 6 contact add anna "$cards/evil.card"
    sentence
    err '--accept new-card'
    refused 6 by_case contact add anna "$cards/evil.card" --accept new-card
    ok contact list --json
    json 'd[0]["verified"] is True and d[0]["words"] == "'"$(words "$cards/theirs.card")"'"'
    ok contact add anna "$cards/evil.card" --accept new-card
    ok contact list --json
    json 'd[0]["verified"] is False and d[0]["words"] == "'"$(words "$cards/evil.card")"'"'
    ok check
}

@test "a caseworker adds one, which stays unverified, and neither verifies, replaces nor removes" {
    by_case -q contact add anna "$cards/theirs.card" > /dev/null
    refused 6 by_case contact verify anna --accept verify
    says keeper
    refused 6 by_case contact remove anna
    refused 6 by_case contact add anna "$cards/evil.card" --accept new-card
    run by_case contact list --json
    json '[(c["name"], c["verified"]) for c in d] == [("anna", False)]'
    ok contact verify anna $(words "$cards/theirs.card")
    ok contact remove anna
    refused 6 by_case contact add anna "$cards/theirs.card" --accept new-card
    exits 6 contact add anna "$cards/theirs.card"
    err 'was removed'
    ok contact add anna "$cards/theirs.card" --accept new-card
    ok check
    run by_case check
    [ "$status" = 0 ]
}

@test "the same card again changes nothing" {
    ok contact add anna "$cards/theirs.card"
    ok contact verify anna --accept verify
    ok status --json
    n=$("$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["log_entries"])' <<< "$output")
    ok contact add anna "$cards/theirs.card"
    ok status --json
    json "d['log_entries'] == $n"
    ok contact list --json
    json 'd[0]["verified"] is True'
}

@test "what is no card: another file, cut, changed, two, our own; the words above it do not count" {
    card=$cards/theirs.card
    : > empty
    for f in empty /etc/passwd; do exits 2 contact add anna $f; sentence; done
    head -n -1 "$card" > cut
    sed '/BEGIN WITHHELD/,$ s/^\(....\)A/\1B/; /BEGIN WITHHELD/,$ s/^\(....\)[^B-]/\1B/' "$card" > changed
    cat "$card" "$card" > two
    head -c 70000 /dev/zero > zero
    for f in cut changed two zero; do
        never cmp -s "$f" "$card"
        exits 2 contact add anna $f
        sentence
    done
    ok card show
    cp out own
    exits 2 contact add anna own
    err 'this vault'
    # Who changes the words for people changes nothing that is read.
    sed "s/$(words "$card")/$(words "$cards/evil.card")/" "$card" > lying
    ok contact add anna lying --json
    json 'd["words"] == "'"$(words "$card")"'"'
    ok contact remove anna
    exits 7 contact add anna missing
    # By mail: lines of Windows, a text around it.
    { echo 'Dear all,'; sed 's/$/\r/' "$card"; echo 'Regards'; } > mail
    ok contact add cora mail
    ok contact add bert - < "$card"
}

@test "names of contacts: one line, no recipient, any script; escaped where they are shown" {
    for name in '' ' anna' 'anna ' 'anna  verified' $'anna\u00a0' $'anna\u3000b' $'anna\u200b' $'\u202eanna' $'\u0430nna' age1pq1x AGE1abc $'a\nb' $'a\e[2J' "$(head -c 200 /dev/zero | tr '\0' x)"; do
        exits 2 contact add "$name" "$cards/theirs.card"
        sentence
    done
    ok contact add '변호사 김' "$cards/theirs.card"
    ok contact list
    says '변호사 김'
    ok contact add Žofia "$cards/evil.card"
    for name in žofia Zofia ZOFIA Ｚofia; do
        exits 2 contact add "$name" "$cards/theirs.card"
        err 'capitals or marks'
    done
}

@test "a rekey makes another card; contacts stay" {
    ok contact add anna "$cards/theirs.card"
    ok contact verify anna --accept verify
    ok card show
    cp out before
    ok key rekey
    ok card show
    never cmp out before
    ok contact list --json
    json 'd[0]["verified"] is True'
    ok check
}

@test "the second reader takes a vault with contacts" {
    export PYTHONDONTWRITEBYTECODE=1
    by_case -q contact add bert "$cards/evil.card" > /dev/null
    ok contact add anna "$cards/theirs.card"
    ok contact verify anna --accept verify
    ok contact remove bert
    "$PYTHON" "$TOP/tests/reader/reader.py" "$VAULT" --json <<< "$PASS" > read 2> said
    [ ! -s said ]
}

@test "what is sent to the vault's recipients by age is opened by the vault: names by keepers only" {
    for tier in case keeper; do
        w "$PASS" card show --json | "$PYTHON" -c "import json, sys; print(json.load(sys.stdin)['${tier}_recipient'])" > $tier.to
        echo "for $tier" > plain
        "$WITHHELD" age encrypt -R $tier.to -o $tier.age plain
    done
    ok age decrypt case.age
    [ "$output" = 'for case' ]
    ok age decrypt keeper.age
    [ "$output" = 'for keeper' ]
    [ "$(by_case age decrypt case.age)" = 'for case' ]
    refused 3 by_case age decrypt keeper.age
    # A passphrase for the vault is not taken for one of the file.
    "$WITHHELD" age encrypt -p --passphrase-fd 3 -o pass.age plain 3<<< "$PASS"
    exits 3 age decrypt pass.age
}

@test "what was sent to the card of before a rekey is opened afterwards, by the same tiers" {
    for tier in case keeper; do
        w "$PASS" card show --json | "$PYTHON" -c "import json, sys; print(json.load(sys.stdin)['${tier}_recipient'])" > $tier.to
        echo "for $tier" > plain
        "$WITHHELD" age encrypt -R $tier.to -o $tier.age plain
    done
    ok key rekey
    ok age decrypt keeper.age
    [ "$output" = 'for keeper' ]
    [ "$(by_case age decrypt case.age)" = 'for case' ]
    refused 3 by_case age decrypt keeper.age
}
