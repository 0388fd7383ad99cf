# check finds damage, and says where; damage is exit code 4 and never a wrong passphrase.
#
# Here the program itself, from outside. The same promises for every byte, page and row: tests/fault/fault.bats.

bats_require_minimum_version 1.5.0
load helpers
load ../fault/helpers

PASS='пароль: korrektes Pferd im Regen'
NEXT='das nächste: 다음 사람이 온다'

# One vault for all tests, with a copy of its database after each step of its life; each test hurts a copy.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault life "$PASS"
    cp -r life.vault at-0
    seq 1 40 | awk 'BEGIN { print "ref,residence,name,notes" }
        { printf "P-%d,town %d,Somebody %d,%0600d\n", $1, $1, $1, $1 }' > people.csv
    w "$PASS" --quiet import people.csv --as person
    cp -r life.vault at-1
    w "$PASS" --quiet add person ref=A-1 residence=Chita --from - <<< '{"name":"Vasily","notes":"one"}' > /dev/null
    w "$PASS" --quiet add person ref=A-2 residence=Chita --from - <<< '{"name":"Vasilisa","notes":"two"}' > /dev/null
    cp -r life.vault at-2
    w "$PASS" --quiet edit A-2 residence=Omsk > /dev/null
    w "$PASS" --quiet edit P-1 --from - <<< '{"name":"Somebody else"}' > /dev/null
    cp -r life.vault at-3
    w "$PASS" type show event --json |
        "$PYTHON" -c 'import json,sys; t = json.load(sys.stdin); t["version"] += 1
t["fields"].append({**t["fields"][-1], "name": "weather", "kind": "text"}); print(json.dumps(t))' > event.json
    w "$PASS" --quiet type add event.json
    cp -r life.vault at-4
    # A dump adds an entry to the log and no revision. Such an end of the log can be cut off, as the whole vault can
    # be exchanged for an older one, and only an anchor shows it: so the dump is of a copy.
    cp -r life.vault now
    dumped "$PASS" content
    raw_key "$PASS"
    export RAW_KEY
}

setup() {
    common_setup
    VAULT=$PWD/hurt.vault
    cp -r "$BATS_FILE_TMPDIR/now" "$VAULT"
}

# code_of REF: what check calls that record.
code_of() {
    w "$PASS" show "$1" --json | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)["id"])'
}

# number_of CODE: the number of the first revision of that record.
number_of() {
    local id
    id=$("$PYTHON" -c '
import sys
n = 0
for c in sys.argv[1]:
    n = n << 5 | "0123456789abcdefghjkmnpqrstvwxyz".index(c)
print((n >> 2).to_bytes(16, "big").hex().upper())' "$1")
    sql "SELECT n + (instr(hex(ids), '$id') - 1) / 96 FROM pair WHERE instr(hex(ids), '$id') > 0 ORDER BY n LIMIT 1;"
}

# ---- keys

@test "keys: one flipped bit in each of its 4096 bytes is exit code 4, before any derivation" {
    cat > sweep.py <<'PY'
import pathlib, shutil, subprocess, sys, threading
program, vault = sys.argv[1:]
good = pathlib.Path(vault, "keys").read_bytes()
wrong = []
def sweep(copy, offsets):
    shutil.copytree(vault, copy)
    keys = pathlib.Path(copy, "keys")
    for at in offsets:
        bad = bytearray(good)
        bad[at] ^= 1 << at % 8
        keys.write_bytes(bad)
        r = subprocess.run([program, "-C", copy, "--no-input", "--passphrase-file", "pass", "check", "--json"],
                           capture_output=True, text=True)
        if r.returncode != 4 or '"ok":false' not in r.stdout or "keys" not in r.stdout or "passphrase" in r.stdout + r.stderr:
            wrong.append((at, r.returncode, r.stdout, r.stderr))
threads = [threading.Thread(target=sweep, args=("copy%d.vault" % i, range(i, len(good), 2))) for i in range(2)]
for t in threads: t.start()
for t in threads: t.join()
print(len(good), "bytes")
sys.exit("\n".join(map(str, wrong[:5])) if wrong else 0)
PY
    echo "$PASS" > pass
    run "$PYTHON" sweep.py "$WITHHELD" "$VAULT"
    [ "$status" = 0 ]
    says '4096 bytes'
}

@test "keys: check says where, and every command refuses as damaged" {
    flip "$VAULT/keys" 777 3
    finds '^keys: '
    local command
    for command in list status log 'show A-1' 'key list' 'dump out' 'edit A-1 residence=Omsk' "import $BATS_FILE_TMPDIR/people.csv --as person" \
        'shell' 'type list' 'search Chita'; do
        # shellcheck disable=SC2086 # words
        refused 4 w "$PASS" $command
        [[ $output != *passphrase* ]]
    done
    refused 4 w "$PASS" --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< "$NEXT"
    [[ $output != *passphrase* ]]
}

@test "keys: cut, lengthened, empty, missing or another file: exit code 4" {
    local n
    for n in 0 1 24 103 2327 4064 4095; do
        truncate -s "$n" "$VAULT/keys"
        finds '^keys: '
        cp "$BATS_FILE_TMPDIR/now/keys" "$VAULT/keys"
    done
    echo >> "$VAULT/keys"
    finds '^keys: '
    head -c 4096 "$VAULT/records.db" > "$VAULT/keys"
    finds '^keys: '
    head -c 4096 /dev/zero > "$VAULT/keys"
    finds '^keys: '
    rm "$VAULT/keys"
    finds '^keys: '
    [ ! -e "$VAULT/keys" ]
}

# ---- pages of records.db

@test "records.db: one flipped bit in each page, and check names the page" {
    local page pages
    pages=$(($(stat -c %s "$VAULT/records.db") / PAGE))
    [ "$pages" -ge 8 ]
    for page in $(seq "$pages"); do
        flip "$VAULT/records.db" $(((page - 1) * PAGE + (page * 1777) % PAGE)) $((page % 8))
        if [ "$page" = 1 ]; then finds 'records\.db'; else finds "page $page\b"; fi
        page_from "$VAULT/records.db" "$BATS_FILE_TMPDIR/now/records.db" "$page"
    done
    is_well
}

@test "records.db: a flipped bit in the salt at its very beginning" {
    flip "$VAULT/records.db" 5 2
    finds 'records\.db'
}

@test "records.db: a page put back from an older copy, for every table" {
    local old page tables='' table harmless=0
    sql 'SELECT pageno, name FROM dbstat ORDER BY pageno;' > pages
    for old in 0 1 2 3 4; do
        for page in $(seq $(($(stat -c %s "$BATS_FILE_TMPDIR/at-$old/records.db") / PAGE))); do
            page_from "$VAULT/records.db" "$BATS_FILE_TMPDIR/at-$old/records.db" "$page"
            ! cmp -s "$VAULT/records.db" "$BATS_FILE_TMPDIR/now/records.db" || continue
            run --separate-stderr w "$PASS" check --json
            table=$(awk -F '|' -v page="$page" '$1 == page { print $2 }' pages)
            if [ "$status" = 4 ]; then
                [[ $output$stderr != *passphrase* ]]
                tables+=" $table"
            else
                # Page 1 differs in its counters. Then what is read must be the newest.
                echo "page $page ($table) of copy $old: exit code $status"
                [ "$status" = 0 ]
                [ "$page" = 1 ]
                dumped "$PASS" read
                cmp read "$BATS_FILE_TMPDIR/content"
                harmless=$((harmless + 1))
            fi
            cp "$BATS_FILE_TMPDIR/now/records.db" "$VAULT/records.db"
        done
    done
    echo "tables:$tables; $harmless without a difference"
    for table in log pair open withheld wrap; do [[ " $tables " == *" $table "* ]]; done
}

@test "records.db: an older page that holds a system record is found and named as such" {
    # Between these two copies nothing but a version of a type was added.
    sql "SELECT pageno FROM dbstat WHERE name = 'open';" > pages
    local page found=0
    while read -r page; do
        cp "$BATS_FILE_TMPDIR/at-4/records.db" "$VAULT/records.db"
        page_from "$VAULT/records.db" "$BATS_FILE_TMPDIR/at-3/records.db" "$page"
        ! cmp -s "$VAULT/records.db" "$BATS_FILE_TMPDIR/at-4/records.db" || continue
        finds 'system record \(type\)'
        found=$((found + 1))
    done < pages
    [ "$found" -ge 1 ]
}

@test "records.db: cut by a page, by half a page, to one page, to nothing" {
    local n size
    size=$(stat -c %s "$VAULT/records.db")
    for n in $((size - PAGE)) $((size - PAGE / 2)) $((size - 1)) $PAGE $((PAGE / 2)) 16 1 0; do
        truncate -s "$n" "$VAULT/records.db"
        finds 'records\.db'
        [ "$(stat -c %s "$VAULT/records.db")" = "$n" ]
        cp "$BATS_FILE_TMPDIR/now/records.db" "$VAULT/records.db"
    done
}

@test "records.db: missing is damage, and it is not made anew" {
    rm "$VAULT/records.db"
    finds 'records\.db'
    [ ! -e "$VAULT/records.db" ]
    refused 4 w "$PASS" list
}

@test "records.db: another file in its place" {
    head -c $((8 * PAGE)) /dev/urandom > "$VAULT/records.db"
    finds 'records\.db'
    head -c $((8 * PAGE)) /dev/zero > "$VAULT/records.db"
    finds 'records\.db'
    cp "$BATS_FILE_TMPDIR/people.csv" "$VAULT/records.db"
    finds 'records\.db'
    rm "$VAULT/records.db"
    sqlcipher "$VAULT/records.db" 'CREATE TABLE log(n INTEGER PRIMARY KEY, entry BLOB, sigs BLOB, detail BLOB)'
    finds 'records\.db'
    local here=$VAULT
    new_vault other "$PASS"
    cp "$VAULT/records.db" "$here/records.db"
    VAULT=$here
    finds 'records\.db'
}

# ---- rows, by somebody who has the key of the database

@test "a removed row of each table is found, with the record or entry that it belonged to" {
    local code n
    code=$(code_of A-1)
    n=$(number_of "$code")
    sql "DELETE FROM open WHERE n = $n;"
    finds "^record $code, "
    cp "$BATS_FILE_TMPDIR/now/records.db" "$VAULT/"
    sql "DELETE FROM withheld WHERE n = $n;"
    finds "^record $code, .*withheld"
    cp "$BATS_FILE_TMPDIR/now/records.db" "$VAULT/"
    sql "DELETE FROM wrap WHERE n = $n;"
    finds "^record $code, .*key"
    cp "$BATS_FILE_TMPDIR/now/records.db" "$VAULT/"
    sql "DELETE FROM wrap WHERE n = 0;"
    finds 'wrapped keys'
    cp "$BATS_FILE_TMPDIR/now/records.db" "$VAULT/"
    sql 'DELETE FROM pair WHERE n = (SELECT n FROM pair ORDER BY n LIMIT 1 OFFSET 2);'
    finds 'list of revisions|log entry 1\b'
    cp "$BATS_FILE_TMPDIR/now/records.db" "$VAULT/"
    sql 'DELETE FROM pair WHERE n = (SELECT max(n) FROM pair);'
    finds 'list of revisions|log entry [0-9]+: revisions that it added are missing'
    cp "$BATS_FILE_TMPDIR/now/records.db" "$VAULT/"
    sql 'DELETE FROM log WHERE n = 3;'
    finds 'log entry 3: an entry is missing'
    cp "$BATS_FILE_TMPDIR/now/records.db" "$VAULT/"
    sql 'DELETE FROM log WHERE n = (SELECT max(n) FROM log);'
    finds '.'
    cp "$BATS_FILE_TMPDIR/now/records.db" "$VAULT/"
    sql 'DELETE FROM open WHERE n = 1;'
    finds 'system record'
}

@test "blobs and wrapped keys exchanged between two records are found, and both are named" {
    local a b n m table column
    a=$(code_of A-1) b=$(code_of A-2)
    n=$(number_of "$a") m=$(number_of "$b")
    for table in "open blob $n $m" "withheld blob $n $m" "wrap box $n $m"; do
        read -r table column x y <<< "$table"
        sql "CREATE TEMP TABLE t AS SELECT n, $column AS c FROM $table WHERE n IN ($x, $y);
             UPDATE $table SET $column = (SELECT c FROM t WHERE t.n <> $table.n) WHERE n IN ($x, $y);"
        finds "^record $a, "
        finds "^record $b, "
        # What is read is refused, and is not the other one's.
        refused 4 w "$PASS" show "$a" --reveal
        [[ $output != *Vasil* ]]
        cp "$BATS_FILE_TMPDIR/now/records.db" "$VAULT/"
    done
}

@test "exchanged parts of log entries are found: signatures, details, order" {
    local column
    for column in sigs detail entry; do
        sql "CREATE TEMP TABLE t AS SELECT n, $column AS c FROM log WHERE n IN (4, 5);
             UPDATE log SET $column = (SELECT c FROM t WHERE t.n <> log.n) WHERE n IN (4, 5);"
        finds 'log entry [34]'
        cp "$BATS_FILE_TMPDIR/now/records.db" "$VAULT/"
    done
}

@test "an added row that belongs to nothing is found, in each table" {
    local statement
    for statement in \
        "open:INSERT INTO open SELECT n + 100000, blob FROM open LIMIT 1" \
        "withheld:INSERT INTO withheld SELECT n + 100000, blob FROM withheld LIMIT 1" \
        "wrap:INSERT INTO wrap SELECT n + 200000, box FROM wrap LIMIT 1" \
        "list of revisions:INSERT INTO pair SELECT (SELECT max(n) + 1 FROM pair), log, ids, tags FROM pair ORDER BY n LIMIT 1 OFFSET 2" \
        "log:INSERT INTO log SELECT (SELECT max(n) + 1 FROM log), entry, sigs, detail FROM log WHERE n = 3"; do
        sql "${statement#*:};"
        finds "${statement%%:*}"
        cp "$BATS_FILE_TMPDIR/now/records.db" "$VAULT/"
    done
}

@test "an added row that no revision needs is found: withheld values, their key, an intake" {
    local statement
    for statement in "INSERT INTO intake VALUES(1, zeroblob(1120))" \
        "INSERT INTO withheld SELECT 1, blob FROM withheld LIMIT 1" \
        "INSERT INTO wrap SELECT 3, box FROM wrap WHERE n = 1"; do
        sql "$statement;"
        finds '.'
        cp "$BATS_FILE_TMPDIR/now/records.db" "$VAULT/"
    done
}

@test "a table, index, view or trigger that is not of the format is found" {
    local statement
    for statement in 'CREATE TABLE more(x)' 'CREATE INDEX more ON open(blob)' 'CREATE VIEW more AS SELECT 1' \
        'CREATE TRIGGER more AFTER INSERT ON log BEGIN DELETE FROM open; END' 'DROP TABLE intake'; do
        sql "$statement;"
        finds '.'
        cp "$BATS_FILE_TMPDIR/now/records.db" "$VAULT/"
    done
}

@test "a damaged record is refused and the others stay readable" {
    local code
    code=$(code_of A-1)
    sql "UPDATE withheld SET blob = zeroblob(length(blob)) WHERE n = $(number_of "$code");"
    refused 4 w "$PASS" show A-1 --reveal
    [[ $output != *passphrase* ]]
    run w "$PASS" show A-2 --reveal
    [ "$status" = 0 ]
    says Vasilisa
    finds "^record $code, "
}

# ---- keys and records.db of different times

@test "an older keys under a newer database, and the reverse, are found and told apart" {
    cp -r "$VAULT" older
    w "$PASS" --quiet --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< "$NEXT"
    cp -r "$VAULT" newer
    cp older/keys "$VAULT/keys"
    finds 'keys is older' "$PASS"
    refused 4 w "$PASS" list
    cp newer/keys older/records.db "$VAULT/"
    finds 'records\.db is older' "$NEXT"
    refused 4 w "$NEXT" list
    # Both older, or both newer, fit.
    cp older/keys "$VAULT/"
    is_well "$PASS"
    cp newer/keys newer/records.db "$VAULT/"
    is_well "$NEXT"
    refused 3 w "$PASS" check
}

@test "an older keys of the same passphrase is found as well" {
    cp "$VAULT/keys" older
    w "$PASS" --quiet --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< "$NEXT"
    w "$NEXT" --quiet --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< "$PASS"
    is_well
    cp older "$VAULT/keys"
    finds 'keys is older'
}

# ---- a wrong passphrase is that, and nothing else

@test "a wrong passphrase is exit code 3 for every command, and speaks of no damage" {
    local command
    for command in list check 'check --json' status 'show A-1' shell; do
        # shellcheck disable=SC2086 # words
        refused 3 w 'korrektes Pferd' $command
        [[ $output != *damage* ]]
        [[ $output != *backup* ]]
        [[ $output != *'"ok"'* ]]
    done
    is_well
}
