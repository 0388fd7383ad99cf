# Standing exchange: offices that share records through folders which something carries between them, well or badly.

bats_require_minimum_version 1.5.0
load helpers

PYTHON=${PYTHON:-/usr/bin/python3}
CASE=$OTHER

# at OFFICE ARGS...: one command there, by its keeper.
at() {
    local VAULT=$BATS_TEST_TMPDIR/$1.vault
    shift
    w "$PASS" "$@"
}

# add_person [FIELD=VALUE]: K-1 at the first office, with a name.
add_person() {
    at one --quiet add person ref=K-1 "$@" --from - <<< '{"name": "Brunhild"}'
}

# by_case OFFICE ARGS...: by a case holder.
by_case() {
    local VAULT=$BATS_TEST_TMPDIR/$1.vault
    shift
    w "$CASE" "$@"
}

setup_file() {
    local a b
    cd "$BATS_FILE_TMPDIR" || return 1
    for a in one two three; do
        new_vault $a "$PASS"
        w "$PASS" --quiet key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$CASE"
        w "$PASS" --quiet card show > $a.card
    done
    for a in one two three; do
        for b in one two three; do
            [ $a = $b ] && continue
            VAULT=$PWD/$a.vault w "$PASS" --quiet contact add $b $b.card
            VAULT=$PWD/$a.vault w "$PASS" --quiet contact verify $b --accept verify
        done
    done > setup.out
}

setup() {
    common_setup
    cp -r "$BATS_FILE_TMPDIR"/{one,two,three}.vault .
    mkdir box a b c
}

# files FOLDER: how many there are.
files() { ls -A "$1" | wc -l; }

# quiet OFFICE FOLDER: a sync there changes nothing: no file, and no entry in the log.
quiet() {
    local before after
    before=$(at "$1" log head --json; ls -lA --time-style=full-iso "$2")
    at "$1" --quiet handoff sync "$2" || return 1
    after=$(at "$1" log head --json; ls -lA --time-style=full-iso "$2")
    [ "$before" = "$after" ] || { echo "not quiet: $before $after"; return 1; }
}

# fields OFFICE ID: what is said of a record there.
fields() {
    at "$1" --json show "$2" --reveal | "$PYTHON" -c 'import json, sys; d = json.load(sys.stdin); print(json.dumps([d["id"], d["fields"], d["conflict"]], sort_keys=True))'
}

@test "two offices: what is shared goes, comes back corrected, and nothing is left in the folder" {
    add_person born=1970
    head -c 300000 /dev/urandom > scan.pdf
    at one --quiet attach K-1 scan.pdf
    at one --quiet share K-1 --with two --with-names --accept send
    run -0 at one handoff sync box
    says "for two: 1 record, WITH NAMES"
    [ "$(files box)" = 1 ]
    [[ $(ls box) =~ ^[0-9a-f]{64}\.withheld$ ]]
    [ "$(b2sum -l 256 "box/$(ls box)" | cut -d' ' -f1).withheld" = "$(ls box)" ]
    [ "$(stat -c %a "box/$(ls box)")" = 600 ]
    quiet one "$PWD/box"
    run -0 at two handoff sync box
    says "from one (verified): 1 record new or changed here, with names"
    [ "$(files box)" = 2 ]
    quiet two "$PWD/box"
    [ "$(fields one K-1)" = "$(fields two K-1)" ]
    run -0 at one handoff sync box
    says "two took in 1 record"
    [ "$(files box)" = 1 ]
    at two --quiet handoff sync box
    [ "$(files box)" = 0 ]
    quiet one "$PWD/box"
    quiet two "$PWD/box"

    at two --quiet extract K-1 scan.pdf -o came.pdf
    cmp scan.pdf came.pdf
    at two --quiet edit K-1 residence=Omsk
    at two --quiet share K-1 --with one --with-names --accept send
    at two --quiet handoff sync box
    at one --quiet handoff sync box
    [ "$(fields one K-1)" = "$(fields two K-1)" ]
    at two --quiet handoff sync box
    at one --quiet handoff sync box
    [ "$(files box)" = 0 ]
    quiet one "$PWD/box"
    quiet two "$PWD/box"
    at one check && at two check
}

@test "share asks; list, show and unshare tell what is so; a case holder may, but for names" {
    add_person
    refused 6 at one share K-1 --with two
    says "nobody is there to say yes"
    run -0 at one share
    [ -z "$output" ]
    refused 6 by_case one share K-1 --with two --with-names --accept send
    refused 7 at one share K-1 --with nobody --accept send
    refused 7 at one share K-9 --with two --accept send
    refused 7 at one unshare K-1 --with two
    run -0 by_case one share K-1 --with two --accept send
    says "without names: 1 withheld value"
    run -0 at one --json share
    json 'len(d) == 1 and d[0]["contact"] == "two" and not d[0]["names"] and d[0]["verified"] and d[0]["held"] is None'
    at one --quiet share K-1 --with two --with-names --accept send
    run -0 at one share
    says "with two, WITH NAMES"
    run -0 at one show K-1
    says "shared with two, WITH NAMES"
    run -0 at one share K-1 --with two --with-names --accept send
    says "that is so already"
    run -0 by_case one --json share K-1 --with two --accept send
    json 'd["changed"] == 1'
    run -0 at one --json show K-1
    json 'd["shared"][0]["names"] is False'
    by_case one --quiet unshare K-1 --with two
    run -0 at one share
    [ -z "$output" ]
    run -0 at one log --json
    json '[e["action"] for e in d[-4:]].count("unshare") == 1' || json '"unshare" in str(d)'
}

@test "a bundle that waits in the folder is taken back when its record is no longer shared" {
    add_person
    at one --quiet share K-1 --with two --accept send
    at one --quiet handoff sync box
    [ "$(files box)" = 1 ]
    at one --quiet unshare K-1 --with two
    at one --quiet handoff sync box
    [ "$(files box)" = 0 ]
}

@test "a case holder sends and takes in what has no names; the names follow with a keeper" {
    add_person born=1970
    at one --quiet share K-1 --with two --with-names --accept send
    run -0 by_case one handoff sync box
    says "the names have still to go"
    run -0 by_case two handoff sync box
    says "from one (verified): 1 record new"
    by_case one --quiet handoff sync box
    at one --quiet handoff sync box
    run -0 by_case two handoff sync box
    says "do not open here" || says "does not open here"
    run at two show K-1 --reveal
    never says Brunhild
    at two --quiet handoff sync box
    run -0 at two show K-1 --reveal
    says Brunhild
    at one --quiet handoff sync box
    at two --quiet handoff sync box
    [ "$(files box)" = 0 ]
}

@test "without names nothing withheld goes, and with them what went without goes again" {
    add_person born=1970
    at one --quiet share K-1 --with two --accept send
    for office in one two one two; do at $office --quiet handoff sync box; done
    [ "$(files box)" = 0 ]
    run -0 at two show K-1 --reveal
    never says Brunhild
    at one --quiet share K-1 --with two --with-names --accept send
    for office in one two one two; do at $office --quiet handoff sync box; done
    run -0 at two show K-1 --reveal
    says Brunhild
    [ "$(files box)" = 0 ]
    quiet one "$PWD/box"
}

@test "names that arrive late go on to a third office" {
    add_person born=1970
    at one --quiet share K-1 --with two --accept send
    at one --quiet handoff sync box
    at two --quiet handoff sync box
    at two --quiet share K-1 --with three --with-names --accept send
    for office in two three two three one two three; do at $office --quiet handoff sync box; done
    [ "$(files box)" = 0 ]
    run -0 at three show K-1 --reveal
    never says Brunhild
    at one --quiet share K-1 --with two --with-names --accept send
    for office in one two three two three one two; do at $office --quiet handoff sync box; done
    run -0 at three show K-1 --reveal
    says Brunhild
    [ "$(files box)" = 0 ]
    for office in one two three; do quiet $office "$PWD/box"; done
}

@test "a purge alone goes as well, as a request" {
    add_person born=1970
    at one --quiet share K-1 --with two --with-names --accept send
    for office in one two one two; do at $office --quiet handoff sync box; done
    at one --quiet purge K-1 --yes
    run -0 at one handoff sync box
    says "written: 1"
    run -0 at two handoff sync box
    says "asks to purge"
    for office in one two; do at $office --quiet handoff sync box; done
    [ "$(files box)" = 0 ]
    quiet one "$PWD/box"
    at two --quiet show K-1
}

@test "a new card stops what goes until a keeper verified it; then nothing is sent twice" {
    add_person
    at one --quiet share K-1 --with two --accept send
    for office in one two one two; do at $office --quiet handoff sync box; done
    at two --quiet key rekey --accept rekey 2> /dev/null || at two --quiet key rekey
    at two --quiet card show > two.new
    at one --quiet contact add two two.new --accept new-card
    at one --quiet edit K-1 born=1971
    run -0 at one handoff sync box
    says "nothing goes to two"
    [ "$(files box)" = 0 ]
    at one --quiet contact verify two --accept verify
    run -0 at one handoff sync box
    says "for two: 1 record"
    for office in two one two; do at $office --quiet handoff sync box; done
    [ "$(files box)" = 0 ]
}

@test "what is not named by its content, junk, and files of strangers do no harm" {
    at one --quiet add person ref=K-1 born=1970
    at one --quiet share K-1 --with two --accept send
    at one --quiet handoff sync box
    file=$(ls box)
    head -c 5000 /dev/urandom > junk
    cp junk "box/$(b2sum -l 256 junk | cut -d' ' -f1).withheld"
    cp "box/$file" "box/${file%.withheld} (1).withheld"
    cp "box/$file" "box/${file%.withheld}.sync-conflict-20261128-120000-ABCDEFG.withheld"
    head -c 3000 "box/$file" > "box/$(printf '%064d' 7).withheld"
    ln -s /etc/passwd "box/$(printf '%064d' 8).withheld"
    mkdir "box/$(printf '%064d' 9).withheld"
    : > box/notes.txt
    refused 4 at two handoff sync box
    says "from one (verified): 1 record new"
    says "was not taken in: "
    run at two --json handoff sync box
    [ "$status" = 4 ]
    at three --quiet handoff sync box || true
    run -4 --separate-stderr at two --json handoff sync box
    json 'd["refused"] == 1 and d["incomplete"] == 3 and d["taken"] == 0'
    refused 6 at two handoff sync two.vault
    refused 7 at two handoff sync nowhere
}

@test "somebody who is no contact is refused, and the others go on" {
    at three --quiet add person ref=L-1 born=1980
    at three --quiet share L-1 --with two --accept send
    at three --quiet handoff sync box
    at one --quiet add person ref=K-1 born=1970
    at one --quiet share K-1 --with two --accept send
    at one --quiet handoff sync box
    at two --quiet contact remove three
    refused 6 at two handoff sync box
    says "none of the contacts here has the card"
    at two --quiet show K-1
    refused 7 at two show L-1
}

# The carrier is bad for some rounds, then calm: everything arrives, and is cleared away.
carry_for() {
    local seed=$1 office folder
    for round in 1 2 3; do
        for office in "${offices[@]}"; do
            run at "$office" --quiet handoff sync "${box[$office]}"
            [ "$status" = 0 ] || [ "$status" = 6 ] || { echo "$output"; return 1; }
            "$PYTHON" "$BATS_TEST_DIRNAME/data/carrier.py" "$seed-$round-$office" "${folders[@]}"
        done
    done
    for round in 1 2 3 4 5; do
        "$PYTHON" "$BATS_TEST_DIRNAME/data/carrier.py" calm "${folders[@]}"
        for office in "${offices[@]}"; do at "$office" --quiet handoff sync "${box[$office]}" || return 1; done
    done
    "$PYTHON" "$BATS_TEST_DIRNAME/data/carrier.py" calm "${folders[@]}"
}

@test "three offices and a carrier that delays, reorders, doubles, cuts and loses: all end equal" {
    declare -A box=([one]=$PWD/a [two]=$PWD/b [three]=$PWD/c)
    offices=(one two three) folders=("$PWD/a" "$PWD/b" "$PWD/c")
    add_person born=1970
    at one --quiet add case ref=C-1 title=Asylum person=K-1
    at one --quiet share K-1 C-1 --with two --with three --with-names --accept send
    carry_for first
    for office in two three; do
        at $office --quiet share K-1 C-1 --with one --with-names --accept send
    done
    at two --quiet edit K-1 residence=Omsk
    at three --quiet edit K-1 occupation=welder
    at one --quiet edit C-1 status=open country=RU
    carry_for second
    rm -f a/* b/* c/*                       # the carrier loses everything
    at three --quiet edit C-1 next_step=hearing
    carry_for third
    for id in K-1 C-1; do
        echo "$(fields one $id)"
        [ "$(fields one $id)" = "$(fields two $id)" ]
        [ "$(fields one $id)" = "$(fields three $id)" ]
    done
    fields one K-1 | grep -q welder && fields one K-1 | grep -q Omsk && fields three C-1 | grep -q hearing
    for office in one two three; do
        quiet $office "${box[$office]}"
        at $office check
    done
    [ "$(files a)$(files b)$(files c)" = 000 ]
}

# until_so COMMAND...: both offices sync until it is true, a minute at most.
until_so() {
    local i
    for ((i = 0; i < 60; i++)); do
        at one --quiet handoff sync a && at two --quiet handoff sync b || return 1
        "$@" > /dev/null 2>&1 && return 0
        sleep 1
    done
    ls -la a b
    cat homes/*/log
    return 1
}

lies_nothing() { [ "$(find a b -name '*.withheld' | wc -l)" = 0 ]; }
both_have() { at one show K-1 | grep -q "$1" && at two show K-1 | grep -q "$1" && lies_nothing; }

@test "two offices with two real Syncthing instances on loopback" {
    command -v syncthing > /dev/null || skip "syncthing is not installed"
    mkdir homes
    coproc CARRIER { exec "$PYTHON" "$BATS_TEST_DIRNAME/data/syncthing.py" "$PWD/homes" "$PWD/a" "$PWD/b" 3>&-; }
    read -r running <&"${CARRIER[0]}"
    [ "$running" = running ]
    add_person born=1970
    at one --quiet share K-1 --with two --with-names --accept send
    until_so both_have 1970
    [ "$(fields one K-1)" = "$(fields two K-1)" ]
    at two --quiet share K-1 --with one --with-names --accept send
    at two --quiet edit K-1 residence=Omsk
    until_so both_have Omsk
    [ "$(fields one K-1)" = "$(fields two K-1)" ]
    # shellcheck disable=SC2154 # bash sets CARRIER_PID
    pid=$CARRIER_PID
    eval "exec ${CARRIER[1]}>&-"
    wait "$pid"
    quiet one "$PWD/a"
    quiet two "$PWD/b"
}
