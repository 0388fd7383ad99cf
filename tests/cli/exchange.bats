# Bundles and receipts at the boundary: two offices, and a third that should learn nothing.

bats_require_minimum_version 1.5.0
load helpers
load data/more

READER=$BATS_TEST_DIRNAME/../reader/bundle.py
export PYTHONDONTWRITEBYTECODE=1

# Everybody has the passphrase $PASS here; a caseworker of the second office has $NEXT.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    for name in anna boris clara; do
        new_vault $name "$PASS" && w "$PASS" -q card show > $name.card || return 1
    done
    VAULT=$PWD/boris.vault
    w "$PASS" -q key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$NEXT" > /dev/null || return 1
    for name in boris clara; do
        VAULT=$PWD/$name.vault
        w "$PASS" -q contact add anna anna.card > /dev/null && w "$PASS" -q contact verify anna --accept verify > /dev/null || return 1
    done
    VAULT=$PWD/anna.vault
    for name in boris clara; do
        w "$PASS" -q contact add $name $name.card > /dev/null && w "$PASS" -q contact verify $name --accept verify > /dev/null || return 1
    done
    echo '{"ref":"K-1","born":"1962","residence":"Leningrad region","name":"Choi Myung-bok","other_names":["Choe Myong Bok","최명복"],"notes":"in the camp until 2002"}' |
        w "$PASS" -q add person --from - > /dev/null
    w "$PASS" -q add case ref=C-1 title='asylum' person=K-1 > /dev/null
    echo '{"ref":"L-1","name":"Kim"}' | w "$PASS" -q add person --from - > /dev/null
    printf 'a scan\n' > scan.txt
    head -c 600000 /dev/urandom > big.bin
    w "$PASS" -q attach K-1 scan.txt > /dev/null && w "$PASS" -q attach C-1 big.bin --open > /dev/null
}

setup() {
    common_setup
    for name in anna boris clara; do cp -a "$BATS_FILE_TMPDIR/$name.vault" .; done
    cp "$BATS_FILE_TMPDIR"/*.card .
}

# at OFFICE ARGS...: a command there. at_case: by its caseworker.
at() { VAULT=$PWD/$1.vault; shift; w "$PASS" "$@"; }
at_case() { VAULT=$PWD/$1.vault; shift; w "$NEXT" "$@"; }
sends() { at "$1" -q handoff send --accept send "${@:2}" > /dev/null; }
takes() { run --separate-stderr at "$1" --json handoff receive "${@:2}"; [ "$status" = 0 ] || { echo "$stderr"; return 1; }; }
# refuses_it CODE OFFICE FILE [ARGS]: with one sentence, and the vault stays as it was.
refuses_it() {
    local code=$1 office=$2 before
    shift 2
    before=$(at "$office" log head)
    run --separate-stderr at "$office" handoff receive "$@"
    [ "$status" = "$code" ] || { echo "exit code $status: $output $stderr"; return 1; }
    [ "$(at "$office" log head)" = "$before" ]
    output=$stderr
}
# stated OFFICE RECORD: a statement of it there holds; $output is what its script prints.
stated() {
    at "$1" -q history "$2" --statement "st-$1" --reveal > /dev/null || return 1
    run "$PYTHON" "st-$1/check_statement.py" "st-$1"
    [ "$status" = 0 ] && says VALID
}
tells() { at "$1" --json show "$2" --reveal; }

@test "without names: what is left out is said, nothing of it is in the bundle, and the signature over the revision holds" {
    sends anna C-1 --with-linked --to boris -o a.bundle
    at boris age decrypt -o plain a.bundle
    never grep -aq 'Choi\|Choe\|최명복\|camp\|scan.txt' plain
    run "$PYTHON" "$READER" read plain
    [ "$status" = 0 ]
    json "d['kind'] == 'withheld-bundle/1' and not d['names'] and 'name' in d['left_out'] and 'name' not in d['told'] and 'files' in d['left_out']"
    takes boris a.bundle
    json "d['from'] == 'anna' and d['verified'] and len(d['new']) == 2 and d['left_out'] == 5 and not d['again'] and d['attachments'] == 1"
    run at boris --json show K-1 --reveal
    json "'name' not in d['fields'] and d['fields']['born'] == '1962'"
    run at boris show K-1
    says '[not sent]'
    says 'by anna, slot 0 (keeper)'
    run at boris history K-1
    says 'anna, slot 0 (keeper)'
    at boris extract C-1 big.bin -o got
    cmp got "$BATS_FILE_TMPDIR/big.bin"
    at boris check --deep
    stated boris K-1
    says 'name: withheld: not in this statement'
    says 'born: 1962'
    # What was not named and not linked to stays at home.
    refused 7 at boris show L-1
}

@test "with names: for keepers only; then values that had been left out arrive" {
    sends anna C-1 --with-linked --to boris -o a.bundle
    sends anna C-1 --with-linked --with-names --to boris -o b.bundle
    takes boris a.bundle
    VAULT=$PWD/boris.vault
    refused 3 at_case boris handoff receive b.bundle
    says "keeper"
    takes boris b.bundle
    json "d['names'] and d['arrived'] == 5 and d['revisions'] == 0"
    run tells boris K-1
    json "d['fields']['name'] == 'Choi Myung-bok' and '최명복' in d['fields']['other_names'] and d['fields']['notes'] == 'in the camp until 2002'"
    at boris extract K-1 scan.txt -o got
    [ "$(cat got)" = 'a scan' ]
    at boris check --deep
    # And the other way round: names first, then nothing is lost by the one without.
    takes clara <(true) 2> /dev/null || true
    sends anna C-1 --with-linked --with-names --to clara -o c.bundle
    sends anna C-1 --with-linked --to clara -o d.bundle
    takes clara c.bundle
    takes clara d.bundle
    json "d['revisions'] == 0 and d['left_out'] == 0"
    run tells clara K-1
    json "d['fields']['name'] == 'Choi Myung-bok'"
    at clara check --deep
}

@test "a backup of what is new does not continue one of before left-out values came" {
    sends anna C-1 --with-linked --to boris -o a.bundle
    sends anna C-1 --with-linked --with-names --to boris -o b.bundle
    takes boris a.bundle
    at boris -q backup full.backup
    takes boris b.bundle
    json "d['arrived'] == 5"
    run --separate-stderr at boris -q backup new.backup --since full.backup
    [ "$status" = 6 ]
    [[ $stderr == *'left out of a bundle have come since then'* ]]
    [ ! -e new.backup ]
    at boris -q backup new.backup
    at boris add case title=after > /dev/null
    at boris -q backup next.backup --since new.backup
    w "$PASS" -q restore next.backup back.vault
    run tells back K-1
    json "d['fields']['name'] == 'Choi Myung-bok'"
    at back check --deep
}

@test "a caseworker takes in what has no names, and hands on what he may read" {
    sends anna C-1 --with-linked --to boris -o a.bundle
    run at_case boris --json handoff receive a.bundle
    [ "$status" = 0 ]
    json "len(d['new']) == 2"
    at_case boris edit K-1 residence=Moscow > /dev/null
    at_case boris contact list > /dev/null
    at_case boris -q handoff send K-1 --to anna --accept send -o b.bundle > /dev/null
    takes anna b.bundle
    json "d['changed'] and d['keeper'] is False"
    run tells anna K-1
    json "d['fields']['residence'] == 'Moscow' and d['fields']['name'] == 'Choi Myung-bok'"
    stated anna K-1
    says 'slot 1 (case)  edit'
    VAULT=$PWD/boris.vault
    refused 6 at_case boris handoff send K-1 --with-names --to anna --accept send -o c.bundle
    [ ! -e c.bundle ]
    at anna check
}

@test "the plan changes nothing, and tells the same" {
    sends anna C-1 --with-linked --with-names --to boris -o a.bundle
    before=$(at boris log head)
    takes boris a.bundle --plan
    json "d['plan'] and len(d['new']) == 2 and d['receipt'] is None"
    [ "$(at boris log head)" = "$before" ]
    [ ! -e a.bundle.receipt ]
    refused 7 at boris show K-1
    takes boris a.bundle
    json "not d['plan'] and len(d['new']) == 2"
}

@test "the plan and the deed in one session: a type that came along is not forgotten between them" {
    printf '{"name":"sighting","fields":[{"name":"ref","kind":"identifier","tier":"open","role":"neutral"}]}' > t.json
    for office in anna boris; do at $office -q type add t.json > /dev/null; done
    printf '{"name":"sighting","labels":{"en":"seen"},"fields":[{"name":"ref","kind":"identifier","tier":"open","role":"neutral"}]}' > t.json
    at anna -q type add t.json > /dev/null
    at anna -q add sighting ref=S-1 > /dev/null
    sends anna S-1 --to boris -o a.bundle
    printf 'handoff receive a.bundle --plan\nhandoff receive a.bundle\n' | at boris shell --files . > /dev/null
    run at boris --json show S-1
    [ "$status" = 0 ]
    json "d['fields'] == {'ref': 'S-1'}"
    at boris check
}

@test "whoever calls a record of his by the code of ours does not get what is meant for ours" {
    sends anna K-1 --with-names --to boris -o a.bundle
    takes boris a.bundle
    code=$(at boris --json show K-1 | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["id"])')
    at anna -q add case ref="$code" title=trap > /dev/null
    trap=$(at anna --json list case --where title=trap | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)[0]["id"])')
    sends anna "$trap" --to boris -o b.bundle
    takes boris b.bundle
    run at boris --json show "$code"
    json "d['id'] == '$code' and d['type'] == 'person'"
}

@test "twice changes nothing; the receipt comes again" {
    sends anna C-1 --with-linked --to boris -o a.bundle
    takes boris a.bundle
    json "d['receipt'].endswith('a.bundle.receipt')"
    before=$(at boris log head)
    refuses_it 0 boris a.bundle -o again.receipt
    takes boris a.bundle -o third.receipt
    json "d['again'] and d['new'] == [] and len(d['same']) == 2"
    [ "$(at boris log head)" = "$before" ]
    at anna handoff receipt third.receipt
}

@test "a receipt: who, what, where their log stood; once in the log; only from a contact, only for us" {
    sends anna C-1 --with-linked --to boris -o a.bundle
    takes boris a.bundle
    id=$(json_of bundle)
    run --separate-stderr at anna --json handoff receipt a.bundle.receipt
    json "d['bundle'] == '$id' and d['from'] == 'boris' and d['verified'] and d['keeper'] and d['records'] == 2 and not d['again']"
    head=$(json_of log)
    [[ $(at boris --json log head) == *"${head:20:60}"* ]] || at boris --json log | grep -q "$("$PYTHON" -c "print($head['head'])")"
    run at anna --json log
    json "d[-1]['action'] == 'receipt' and d[-1]['detail']['bundle'] == '$id'"
    json "[e['detail']['tag'] for e in d if e['action'] == 'handoff'] == [d[-1]['detail']['tag']]"
    run --separate-stderr at anna --json handoff receipt a.bundle.receipt
    json "d['again']"
    VAULT=$PWD/clara.vault
    refused 3 at clara handoff receipt a.bundle.receipt
    # A receipt for what was never sent to who signed it: of a bundle that Clara has, as Boris was sent it.
    cp -a anna.vault anna2.vault
    sends anna K-1 --to boris --to clara -o two.bundle
    takes clara two.bundle
    VAULT=$PWD/anna2.vault
    refused 6 w "$PASS" handoff receipt two.bundle.receipt
    says 'no such bundle'
    refused 2 at boris handoff receipt a.bundle
    says 'handoff receive'
    refused 2 at anna handoff receive a.bundle.receipt
    says 'handoff receipt'
    at anna check
}

json_of() { "$PYTHON" -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$output" "$1"; }

@test "to two contacts: each opens it, a third does not; sealed anew for the third it is refused" {
    sends anna K-1 --to boris --to clara -o a.bundle
    takes boris a.bundle
    takes clara a.bundle
    sends anna K-1 --with-names --to boris -o b.bundle
    refuses_it 3 clara b.bundle
    says 'not for this vault'
    # Boris, who may open it, passes it on as it is.
    to=$(at clara --json card show | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["keeper_recipient"])')
    at boris age decrypt -o plain b.bundle
    "$WITHHELD" age encrypt -r "$to" -o c.bundle plain
    refuses_it 6 clara c.bundle
    says 'for another vault'
}

@test "from nobody who is a contact, or under a card that is another now: refused, with the words" {
    at boris contact remove anna > /dev/null
    sends anna K-1 --to boris -o a.bundle
    refuses_it 6 boris a.bundle
    says 'contacts'
    says --accept
    words=$(at anna --json card show | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["words"])')
    says "$words"
    run --separate-stderr at boris --json handoff receive a.bundle --accept sender
    [ "$status" = 0 ]
    json "d['from'] is None and d['words'] == '$words'"
    run at boris --json log
    json "d[-1]['action'] == 'receive' and d[-1]['detail']['accepted'] == ['sender']"
    at anna -q key rekey > /dev/null
    sends anna K-1 --to clara -o b.bundle
    refuses_it 6 clara b.bundle
    says 'another card now'
    at anna -q card show > new.card
    at clara contact add anna new.card --accept new-card > /dev/null
    takes clara b.bundle
    json "d['new']"
    # What was written before the rekey is proven by the keys of its time.
    at clara check
    stated clara K-1
}

@test "expired; a day that is over; parts on a stick" {
    refused 2 at anna handoff send K-1 --to boris --accept send --expires 2020-01-01 -o a.bundle
    for bad in soon 2027-13-01 2027-02-30 2027-1; do
        refused 2 at anna handoff send K-1 --to boris --accept send --expires $bad -o a.bundle
    done
    [ ! -e a.bundle ]
    sends anna K-1 --to boris --expires 2099-12-31 -o a.bundle
    takes boris a.bundle
    json "d['expires'].startswith('2099-12-31') or d['expires'].startswith('2100-01-01')"
    sends anna C-1 --to boris --split 1M -o b.bundle
    [ -e b.bundle.001 ] || [ -e b.bundle ]
    head -c 3000000 /dev/urandom > more.bin
    at anna -q attach C-1 more.bin --open > /dev/null
    sends anna C-1 --to boris --split 1M -o c.bundle
    [ -e c.bundle.002 ] && [ -e c.bundle.003 ] && [ ! -e c.bundle ]
    [ "$(stat -c %s c.bundle.001)" = 1048576 ]
    takes boris c.bundle
    json "d['attachments'] == 2 and d['receipt'].endswith('c.bundle.receipt')"
    at boris extract C-1 more.bin -o got
    cmp got more.bin
    rm c.bundle.002
    refuses_it 4 clara c.bundle
}

@test "different fields on both sides come together; the same field is a conflict, and both sides stay until it is resolved" {
    sends anna K-1 --with-names --to boris -o a.bundle
    takes boris a.bundle
    at anna -q edit K-1 residence=Moscow > /dev/null
    printf '{"name":"Choe Myong-bok","occupation":"logger"}' | at boris -q edit K-1 --from - > /dev/null
    sends boris K-1 --with-names --to anna -o b.bundle
    takes anna b.bundle
    json "d['merged'] == 1 and d['conflicts'] == []"
    run tells anna K-1
    json "d['fields']['residence'] == 'Moscow' and d['fields']['name'] == 'Choe Myong-bok' and d['fields']['occupation'] == 'logger' and not d['conflict']"
    sends anna K-1 --with-names --to boris -o c.bundle
    takes boris c.bundle
    json "d['merged'] == 0 and d['conflicts'] == []"
    cmp <(tells anna K-1 | grep -o '"fields":{[^}]*}') <(tells boris K-1 | grep -o '"fields":{[^}]*}')
    at anna -q edit K-1 residence=Kiev > /dev/null
    at boris -q edit K-1 residence=Riga > /dev/null
    sends anna K-1 --with-names --to boris -o d.bundle
    takes boris d.bundle
    json "len(d['conflicts']) == 1"
    run at boris --json show K-1
    json "d['conflict']"
    VAULT=$PWD/boris.vault
    refused 8 at boris edit K-1 born=1963
    sends boris K-1 --with-names --to anna -o e.bundle
    takes anna e.bundle
    json "len(d['conflicts']) == 1"
    run at anna history K-1
    says residence
    at anna check
    at boris check
}

@test "our purge stays, theirs is a request" {
    sends anna C-1 --with-linked --with-names --to boris -o a.bundle
    takes boris a.bundle
    at boris -q purge K-1 --yes > /dev/null
    at anna -q edit K-1 residence=Moscow > /dev/null
    sends anna C-1 --with-linked --with-names --to boris -o b.bundle
    takes boris b.bundle
    json "len(d['purged_here']) == 1 and d['changed'] == []"
    refused 7 at boris show K-1
    at boris check
    # A field that was purged here stays empty, whatever comes.
    takes clara <(true) 2> /dev/null || true
    sends anna K-1 --with-names --to clara -o c.bundle
    takes clara c.bundle
    at clara -q purge K-1 --field notes --yes > /dev/null
    at anna -q edit K-1 residence=Kiev > /dev/null
    sends anna K-1 --with-names --to clara -o d.bundle
    takes clara d.bundle
    run tells clara K-1
    json "'notes' not in d['fields'] and d['fields']['residence'] == 'Kiev'"
    at clara check
    # An open field too, although a later revision commits to its value anew; until it has another value.
    at clara -q purge K-1 --field born --yes > /dev/null
    at anna -q edit K-1 occupation=logger > /dev/null
    sends anna K-1 --with-names --to clara -o f.bundle
    takes clara f.bundle
    takes clara f.bundle -o f2.receipt
    run tells clara K-1
    json "'born' not in d['fields'] and d['fields']['occupation'] == 'logger'"
    at clara check --deep
    at anna -q edit K-1 occupation=cook > /dev/null
    sends anna K-1 --with-names --to clara -o g.bundle
    takes clara g.bundle
    run tells clara K-1
    json "'born' not in d['fields'] and d['fields']['occupation'] == 'cook'"
    at anna -q edit K-1 born=1963 > /dev/null
    sends anna K-1 --with-names --to clara -o h.bundle
    takes clara h.bundle
    run tells clara K-1
    json "d['fields']['born'] == '1963'"
    at clara check --deep
    # Clara's purge comes to Anna as a request, and destroys nothing.
    sends clara K-1 --with-names --to anna -o e.bundle
    at anna -q contact add clara clara.card > /dev/null
    takes anna e.bundle
    json "[(x['what'], x['field']) for x in d['purge_asked']] == [('field', 'notes'), ('field', 'born')]"
    run tells anna K-1
    json "d['fields']['notes'] == 'in the camp until 2002'"
}

@test "a field that is open there and withheld here is kept as withheld, in every place" {
    for office in anna boris; do
        tier=$([ $office = anna ] && echo open || echo withheld)
        printf '{"name":"sighting","fields":[{"name":"ref","kind":"identifier","tier":"open","role":"neutral"},{"name":"seen","kind":"text","tier":"%s","role":"direct"}]}' $tier > t.json
        at $office -q type add t.json > /dev/null
    done
    at anna -q add sighting ref=S-1 seen='by the river' > /dev/null
    sends anna S-1 --to boris -o a.bundle
    takes boris a.bundle
    json "d['raised'] == 1 and len(d['new']) == 1"
    run at_case boris --json show S-1
    json "d['fields'] == {'ref': 'S-1'} and d['withheld'] == ['seen']"
    run at_case boris search river
    [[ $output != *S-1* ]]
    run tells boris S-1
    json "d['fields']['seen'] == 'by the river'"
    at boris check --deep
    at_case boris check
    # It is carried on, and comes home as it was.
    at_case boris edit S-1 ref=S-2 > /dev/null
    sends boris S-2 --with-names --to anna -o b.bundle
    takes anna b.bundle
    run tells anna S-2
    json "d['fields']['ref'] == 'S-2' and d['fields']['seen'] == 'by the river'"
    at anna check
    sends anna S-2 --with-names --to boris -o c.bundle
    takes boris c.bundle
    run tells boris S-2
    json "d['fields']['seen'] == 'by the river'"
    at boris check --deep
}

@test "a type that only the sender has: a keeper adds it first; nothing comes in force with a bundle" {
    printf '{"name":"sighting","fields":[{"name":"ref","kind":"identifier","tier":"open","role":"neutral"}]}' > t.json
    at anna -q type add t.json > /dev/null
    at anna -q add sighting ref=S-1 > /dev/null
    sends anna S-1 --to boris -o a.bundle
    refuses_it 6 boris a.bundle
    says sighting
    says 'type add'
    at anna type show sighting --json > s.json
    at boris -q type add s.json > /dev/null
    takes boris a.bundle
    run at boris --json show S-1
    json "d['type'] == 'sighting'"
    # A version that is ours, and another there: read by theirs, and ours stays in force.
    printf '{"name":"sighting","labels":{"en":"seen by them"},"fields":[{"name":"ref","kind":"identifier","tier":"open","role":"neutral"}]}' > t.json
    at anna -q type add t.json > /dev/null
    at anna -q add sighting ref=S-2 > /dev/null
    sends anna S-2 --to boris -o v2.bundle
    takes boris v2.bundle --plan
    before=$(at boris --json type show sighting)
    takes boris v2.bundle
    [ "$(at boris --json type show sighting)" = "$before" ]
    at boris check
    at boris -q edit S-2 ref=S-3 > /dev/null
    at boris check
    # Fields that are not here, or are something else: nobody guesses.
    printf '{"name":"visit","fields":[{"name":"ref","kind":"text","tier":"open","role":"neutral"}]}' > t.json
    at boris -q type add t.json > /dev/null
    printf '{"name":"visit","fields":[{"name":"ref","kind":"text","tier":"open","role":"neutral"},{"name":"day","kind":"date","tier":"open","role":"neutral"}]}' > t.json
    at anna -q type add t.json > /dev/null
    at anna -q add visit ref=V-1 > /dev/null
    sends anna V-1 --to boris -o b.bundle
    refuses_it 8 boris b.bundle
    says day
}

@test "by way of a third office: its own word is not needed for what others signed" {
    sends anna K-1 --with-names --to boris -o a.bundle
    takes boris a.bundle
    at boris -q edit K-1 occupation=cook > /dev/null
    at boris -q contact add clara clara.card > /dev/null
    sends boris K-1 --with-names --to clara -o b.bundle
    refuses_it 6 clara b.bundle                                 # Clara does not know Boris
    at clara -q contact add boris boris.card > /dev/null
    takes clara b.bundle
    json "d['by_strangers'] == 0 and d['verified'] is False"
    run at clara history K-1
    says 'anna, slot 0 (keeper)'
    says 'boris, slot 0 (keeper)'
    at clara check
    at clara contact remove anna > /dev/null
    run at clara history K-1
    says 'no contact'
    stated clara K-1
    [ "$(grep -c 'some revisions were written in vault' <<< "$output")" = 2 ]
    # To somebody who does not know Anna it is said.
    at anna -q edit K-1 occupation=teacher > /dev/null
    sends anna K-1 --with-names --to boris -o c.bundle
    takes boris c.bundle
    sends boris K-1 --with-names --to clara -o d.bundle
    takes clara d.bundle
    json "d['by_strangers'] > 0"
}

@test "what was removed there is removed here; a record that is here under another type is refused" {
    sends anna L-1 --with-names --to boris -o a.bundle
    takes boris a.bundle
    at anna -q rm L-1 > /dev/null
    id=$(at anna --json log | "$PYTHON" -c 'import json, sys; print([e["detail"]["id"] for e in json.load(sys.stdin) if e["action"] == "remove"][0])')
    sends anna "$id" --with-names --to boris -o b.bundle
    takes boris b.bundle
    json "d['changed'] == ['$id']"
    run at boris list person --json
    json "d == []"
    at boris check
}

@test "bad input: no contact, an age key, no file, another kind of file, an output that exists, a full disk" {
    refused 7 at anna handoff send K-1 --to nobody --accept send -o a.bundle
    refused 2 at anna handoff send K-1 --accept send -o a.bundle
    refused 2 at anna handoff send K-1 --ask-passphrase --accept send -o a.bundle
    refused 2 at anna handoff send K-1 --to "$("$WITHHELD" age keygen --pq -o key 2>&1 | grep -o 'age1pq1[a-z0-9]*' || echo age1pq1xx)" --accept send -o a.bundle
    refused 6 at anna handoff send K-1 --to boris -o a.bundle
    [ ! -e a.bundle ]
    sends anna K-1 --to boris -o a.bundle
    refused 2 at anna handoff send K-1 --to boris --accept send -o a.bundle
    refused 7 at boris handoff receive missing
    echo text > text
    refused 4 at boris handoff receive text
    "$WITHHELD" age encrypt -r "$(at boris --json card show | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["case_recipient"])')" -o other text
    refused 2 at boris handoff receive other
    says 'neither a bundle nor a receipt'
    refused 2 at boris handoff receive a.bundle -o text
    refused 6 at boris handoff receive boris.vault/keys
    code=0
    (ulimit -f 200; at boris handoff receive a.bundle > /dev/null 2> err) || code=$?
    [ "$code" = 9 ] || [ "$code" = 0 ]
    at boris check
    mkdir ro && cp a.bundle ro/x && chmod 500 ro
    run --separate-stderr at boris --json handoff receive ro/x
    [ "$status" = 0 ]
    chmod 700 ro
    # Cut anywhere, or one bit changed anywhere: nothing of it is taken in.
    size=$(stat -c %s a.bundle)
    for at in 10 200 $((size / 2)) $((size - 1)); do
        head -c "$at" a.bundle > cut
        refuses_it 4 clara cut || refuses_it 3 clara cut
        "$PYTHON" -c 'import sys; d = bytearray(open("a.bundle", "rb").read()); d[int(sys.argv[1])] ^= 4; open("flip", "wb").write(d)' "$at"
        run at boris handoff receive flip
        [ "$status" != 0 ]
    done
}
