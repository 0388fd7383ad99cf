# What a thief sees who reads the raw bytes of the folder: no value, withheld or open, and no name of a field; neither
# afterwards nor in the middle of a transaction.

bats_require_minimum_version 1.5.0
load helpers
load ../fault/helpers

PASS='Passwortzebra одинокий am Fluss'
NEXT='Nachtigallwort 홀로 숲에서'

# Words that occur in nothing but our data, in open and in withheld values.
OPEN_WORDS=(Xanthippolis 'Quetzalstraße' 'Зурбаганск' '해금강변' 'Wolkenkuckuckschmied' 'zq-open-7131')
WITHHELD_WORDS=(Brunhildequux 'Щукинодьяк' '최겨울나무' 'Schattenfluss' 'zq-held-9417' 'ueber-die-Gruenegrenze')
# Names of types and fields; short ones as the format writes them.
NAME_WORDS=(residence occupation citizenship other_names identifiers press_name next_step "cbor name" "cbor notes"
    "cbor address" "cbor family" "cbor label" "cbor person" "cbor case" "cbor event" "cbor born" "cbor date"
    definition slot_key "cbor author" "Withheld Column")

words() { printf '%s\n' "${OPEN_WORDS[@]}" "${WITHHELD_WORDS[@]}" "$@"; }
all_words() { words "${NAME_WORDS[@]}" "$PASS" "$NEXT" Passwortzebra Nachtigallwort; }

# clean FOLDER...: none of all words stands there.
clean() {
    run "$PYTHON" "$FAULT_DIR/scan.py" "$@" < <(all_words)
    [ "$status" = 0 ] || { echo "$output"; return 1; }
    # In a small vault every word is long enough to be told from chance.
    [ ! -e "$1/records.db" ] || [ "$(stat -c %s "$1/records.db")" -gt 1000000 ] ||
        says "words searched: $(all_words | wc -l) of $(all_words | wc -l)"
}

rows() {
    cat > people.csv << 'CSV'
ref,residence,occupation,citizenship,name,other_names,address,notes,Withheld Column
R-1,Xanthippolis,Wolkenkuckuckschmied,zq-open-7131,Brunhildequux,Щукинодьяк|최겨울나무,Schattenfluss 4,came ueber-die-Gruenegrenze,zq-held-9417
R-2,Зурбаганск,Quetzalstraße,해금강변,최겨울나무,Brunhildequux,Щукинодьяк,Schattenfluss,zq-held-9417
CSV
    echo '{"other_names": {"field": "other_names", "split": "|"}, "Withheld Column": "family"}' > mapping.json
    cat > events.json << 'JSON'
[{"date": "2026-03-01", "kind": "zq-open-7131", "place": "Xanthippolis", "summary": "Quetzalstraße", "notes": "Brunhildequux"},
 {"date": "2026-04", "kind": "Зурбаганск", "place": "해금강변", "summary": "Wolkenkuckuckschmied", "notes": "Щукинодьяк 최겨울나무"}]
JSON
}

setup() {
    common_setup
    mkdir "$BATS_TEST_TMPDIR/home" "$BATS_TEST_TMPDIR/tmp" "$BATS_TEST_TMPDIR/here"
    export HOME=$BATS_TEST_TMPDIR/home TMPDIR=$BATS_TEST_TMPDIR/tmp
    cd here || return 1
    rows
    new_vault thing "$PASS"
}

import_all() {
    w "$PASS" --quiet import people.csv --as person --mapping mapping.json
    w "$PASS" --quiet import events.json --as event
}

@test "the search finds what is there: every value and name in the dump, and UTF-16" {
    import_all
    w "$PASS" --quiet dump out --reveal
    run "$PYTHON" "$FAULT_DIR/scan.py" out < <(words residence occupation other_names)
    [ "$status" = 1 ]
    local word
    for word in "${OPEN_WORDS[@]}" "${WITHHELD_WORDS[@]}" residence occupation other_names; do
        [[ ${lines[-1]} == *"$word"* ]] || { echo "not found: $word"; return 1; }
    done
    mkdir wide
    iconv -f UTF-8 -t UTF-16BE <<< 'x최겨울나무' > wide/a
    run "$PYTHON" "$FAULT_DIR/scan.py" wide < <(words)
    [ "$status" = 1 ]
    printf '\x64name' > wide/b
    run "$PYTHON" "$FAULT_DIR/scan.py" wide <<< 'cbor name'
    [ "$status" = 1 ]
}

@test "after an import no value, withheld or open, and no field name stands in the folder" {
    import_all
    clean "$VAULT"
    run ls -A "$VAULT"
    [ "$output" = $'keys\nrecords.db' ]
}

@test "nor after adding, editing, removing, reverting, revealing, searching and a dump" {
    import_all
    w "$PASS" --quiet add case --from - <<< '{"ref":"C-1","title":"zq-open-7131","person":["R-1"],"notes":"Schattenfluss"}' > /dev/null
    w "$PASS" --quiet edit R-1 residence=Зурбаганск --from - <<< '{"name":"Щукинодьяк"}' > /dev/null
    w "$PASS" --quiet rm R-2 > /dev/null
    w "$PASS" --quiet show R-1 --reveal > /dev/null
    w "$PASS" --quiet list --reveal > /dev/null
    w "$PASS" --quiet search Xanthippolis > /dev/null
    w "$PASS" --quiet dump out --reveal > /dev/null
    printf 'show R-1 --reveal\nhistory R-1\ncheck\n' | w "$PASS" shell > /dev/null
    clean "$VAULT"
}

# files_with_words: their names and contents are words that are looked for; the content is several pieces long.
files_with_words() {
    mkdir ../files
    for word in Xanthippolis Brunhildequux; do
        yes "$word zq-held-9417 Schattenfluss" | head -n 10000 > "../files/$word.txt"
    done
}

@test "nor after files were attached, extracted, detached and viewed: neither content nor name" {
    files_with_words
    w "$PASS" --quiet add person ref=F-1 > /dev/null
    w "$PASS" --quiet attach F-1 ../files/Brunhildequux.txt > /dev/null
    w "$PASS" --quiet attach F-1 ../files/Xanthippolis.txt --open > /dev/null
    clean "$VAULT"
    w "$PASS" --quiet extract F-1 Brunhildequux.txt -o ../back
    run "$PYTHON" "$FAULT_DIR/scan.py" .. < <(words)        # the search would find them
    [ "$status" = 1 ]
    w "$PASS" --quiet detach F-1 Brunhildequux.txt > /dev/null
    w "$PASS" --quiet attach F-1 ../files/Brunhildequux.txt --name other.txt --move > /dev/null
    clean "$VAULT"
    clean "$HOME" "$TMPDIR"
    run ls -A "$VAULT"
    [ "$output" = $'keys\nrecords.db' ]
}

@test "nor in the middle of an attach, in records.db and its journal" {
    mkdir ../files
    yes 'Brunhildequux zq-held-9417 Schattenfluss' | head -c 28000000 > ../files/Schattenfluss.txt
    w "$PASS" --quiet add person ref=F-1 > /dev/null
    echo "$PASS" > pass
    printf '%s\n' Brunhildequux zq-held-9417 Schattenfluss > looked
    run "$PYTHON" "$FAULT_DIR/stopped.py" "$VAULT" pass let -- \
        "$WITHHELD" -C "$VAULT" --no-input --quiet --passphrase-fd 0 attach F-1 ../files/Schattenfluss.txt < looked
    echo "$output"
    [ "$status" = 0 ]
    says 'exit code 0'
    [ "$(grep -c 'journal=' <<< "$output")" -ge 1 ]
}

@test "nor after the passphrase was changed, nor in keys" {
    import_all
    w "$PASS" --quiet --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< "$NEXT"
    w "$NEXT" --quiet list > /dev/null
    clean "$VAULT"
    run ls -A "$VAULT"
    [ "$output" = $'keys\nrecords.db' ]
}

@test "nor after an import that was refused in its last row" {
    sed -n 1,3p people.csv > bad.csv
    echo 'R-3,Xanthippolis,,,Brunhildequux,,,Schattenfluss,,too many' >> bad.csv
    refused 2 w "$PASS" import bad.csv --as person --mapping mapping.json
    clean "$VAULT"
    run ls -A "$VAULT"
    [ "$output" = $'keys\nrecords.db' ]
}

@test "nothing is left outside the vault folder" {
    mkdir ../empty
    find "$HOME" "$TMPDIR" . -not -path './thing.vault*' | sort > ../before
    import_all
    w "$PASS" --quiet edit R-1 residence=Зурбаганск > /dev/null
    w "$PASS" --quiet --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< "$NEXT"
    find "$HOME" "$TMPDIR" . -not -path './thing.vault*' | sort > ../after
    cmp ../before ../after
    clean "$HOME" "$TMPDIR"
}

# Some thousand rows, more than the database keeps in memory: it writes to records.db before the end.
many_rows() {
    "$PYTHON" -c '
print("ref,residence,occupation,name,notes")
for i in range(5000):
    print("N-%d,Xanthippolis %d,zq-open-7131,Brunhildequux %d,%s" % (i, i, i, "zq-held-9417 Schattenfluss %06d. " % i * 220))'
}

@test "in the middle of a large import, stopped again and again: not in records.db, not in its journal" {
    many_rows > many.csv
    echo "$PASS" > pass
    words residence occupation "$PASS" > looked
    run "$PYTHON" "$FAULT_DIR/stopped.py" "$VAULT" pass let -- \
        "$WITHHELD" -C "$VAULT" --no-input --quiet --passphrase-fd 0 import many.csv --as person < looked
    echo "$output"
    [ "$status" = 0 ]
    says 'exit code 0'
    # It was seen in the middle: a journal, and a database that had grown but not to its end.
    [ "$(grep -c 'journal=' <<< "$output")" -ge 3 ]
    [ "$(grep -o 'records.db=[0-9]*' <<< "$output" | sort -u | wc -l)" -ge 3 ]
    run "$PYTHON" "$FAULT_DIR/scan.py" "$VAULT" < looked
    [ "$status" = 0 ]
}

@test "a large import killed in the middle: not then, and not after the next opening, which holds what was there" {
    import_all
    many_rows > many.csv
    echo "$PASS" > pass
    words residence occupation "$PASS" > looked
    run "$PYTHON" "$FAULT_DIR/stopped.py" "$VAULT" pass kill -- \
        "$WITHHELD" -C "$VAULT" --no-input --quiet --passphrase-fd 0 import many.csv --as person < looked
    echo "$output"
    [ "$status" = 0 ]
    says 'exit code -9'
    [ -s "$VAULT/records.db-journal" ]
    [ "$(stat -c %s "$VAULT/records.db")" -gt 12000000 ]
    clean "$VAULT"
    run w "$PASS" list --json
    [ "$status" = 0 ]
    json 'len(d) == 4'
    run ls -A "$VAULT"
    [ "$output" = $'keys\nrecords.db' ]
    clean "$VAULT"
    run w "$PASS" check
    [ "$status" = 0 ]
}

@test "while the passphrase is being changed: not in keys.new either" {
    import_all
    echo "$PASS" > pass
    echo "$NEXT" > next
    all_words > looked
    local tries seen=0 now=$PASS other=$NEXT
    # keys.new is there for some milliseconds only: change to and fro until it was seen.
    for tries in $(seq 30); do
        echo "$now" > pass
        echo "$other" > next
        run "$PYTHON" "$FAULT_DIR/stopped.py" "$VAULT" pass let -- bash -c 'exec "$@" 5< next' - \
            "$WITHHELD" -C "$VAULT" --no-input --quiet --passphrase-fd 0 --new-passphrase-fd 5 key change "${CHEAP[@]}" < looked
        [ "$status" = 0 ] || { echo "$output"; return 1; }
        says 'exit code 0'
        now=$(cat next) other=$(cat pass)
        if [[ $output == *'keys.new=4096'* ]]; then
            seen=1
            break
        fi
    done
    echo "seen after $tries tries"
    [ $seen = 1 ]
    clean "$VAULT"
}
