# What a malicious sender, a courier, or whoever opened a bundle can make of it: bundle.py takes one apart, changes one thing and signs it anew with the
# sender's own keys. Each is refused for what it is, and the vault stays as it was.

bats_require_minimum_version 1.5.0
load ../cli/helpers

PYTHON=${PYTHON:-/usr/bin/python3}
HERE=$BATS_TEST_DIRNAME
export PYTHONDONTWRITEBYTECODE=1

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    for name in anna boris; do
        new_vault $name "$PASS" && w "$PASS" -q card show > $name.card || return 1
    done
    w "$PASS" -q contact add anna anna.card > /dev/null
    VAULT=$PWD/anna.vault
    w "$PASS" -q contact add boris boris.card > /dev/null
    echo '{"ref":"K-1","born":"1962","name":"Choi Myung-bok","other_names":["Choe Myong Bok","최명복"],"notes":"in the camp until 2002"}' |
        w "$PASS" -q add person --from - > /dev/null
    w "$PASS" -q edit K-1 residence=Moscow > /dev/null
    head -c 300000 /dev/urandom > scan
    w "$PASS" -q attach K-1 scan > /dev/null
    w "$PASS" -q add case ref=C-1 title=asylum person=K-1 > /dev/null
    w "$PASS" -q handoff send K-1 C-1 --with-names --to boris --accept send -o names.bundle > /dev/null
    w "$PASS" -q handoff send K-1 --to boris --accept send -o none.bundle > /dev/null
    VAULT=$PWD/boris.vault
    for b in names none; do w "$PASS" age decrypt -o $b.plain $b.bundle; done
    w "$PASS" --json card show | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["keeper_recipient"])' > to
    "$PYTHON" "$HERE/bundle.py" forge --list > forgeries
}

setup() {
    common_setup
    VAULT=$BATS_FILE_TMPDIR/boris.vault
}

# forged WHAT: a bundle for boris with that wrong in it.
forged() {
    rm -f plain forged
    "$PYTHON" "$HERE/bundle.py" forge "$1" "$BATS_FILE_TMPDIR/names.plain" "$BATS_FILE_TMPDIR/anna.vault" plain <<< "$PASS"
    "$WITHHELD" age encrypt -R "$BATS_FILE_TMPDIR/to" -o forged plain
}

@test "each forgery is refused for what it is, and nothing of it stays" {
    [ "$(grep -c . "$BATS_FILE_TMPDIR/forgeries")" -ge 24 ]
    before=$(w "$PASS" log head)
    while IFS=$'\t' read -r what word; do
        [ "$what" != nothing ] || continue
        forged "$what"
        run --separate-stderr w "$PASS" handoff receive forged < /dev/null
        { [ "$status" = 4 ] || [ "$status" = 6 ]; } && [[ $stderr == *"$word"* ]] && [ -z "$output" ] ||
            { echo "$what: exit code $status, wanted: $word: $output $stderr"; return 1; }
        [[ $stderr != *Choi* ]]
        [ ! -e forged.receipt ]
    done < "$BATS_FILE_TMPDIR/forgeries"
    [ "$(w "$PASS" log head)" = "$before" ]
    w "$PASS" check --deep
}

@test "the same bundle, taken apart and signed anew with nothing changed, is taken in: so it is what was changed that is refused" {
    cp -a "$VAULT" v.vault
    VAULT=$PWD/v.vault
    forged nothing
    w "$PASS" handoff receive forged
    w "$PASS" check --deep
    run w "$PASS" --json show K-1 --reveal
    json "d['fields']['name'] == 'Choi Myung-bok'"
}

@test "who has no names cannot guess them among the leaves" {
    printf '%s\n' 'Choi Myung-bok' 'Choe Myong Bok' '최명복' 'in the camp until 2002' Kim scan > dictionary
    seq 1 3000 | sed 's/^/name /' >> dictionary
    run "$PYTHON" "$HERE/bundle.py" read "$BATS_FILE_TMPDIR/none.plain" dictionary
    [ "$status" = 0 ]
    json "d['guess']['hits'] == 0 and d['guess']['tries'] > 100000 and {'name', 'other_names', 'notes'} <= set(d['left_out'])"
    # The leaves do commit to those names: with their salts, which came with the other bundle, they are found.
    run "$PYTHON" "$HERE/bundle.py" read "$BATS_FILE_TMPDIR/names.plain" dictionary
    json "'Choi Myung-bok' in d['values'] and '최명복' in d['values'] and 'name' not in d['left_out']"
    never grep -aq 'Choi\|Choe\|최명복\|camp' "$BATS_FILE_TMPDIR/none.plain"
}

@test "sizes are padded, and tell no more than that" {
    for f in names none; do
        size=$(stat -c %s "$BATS_FILE_TMPDIR/$f.plain")
        run "$PYTHON" -c "import sys; sys.path.insert(0, '$HERE'); from records import padme; print(padme($size))"
        [ "$output" = "$size" ]
    done
}
