# Every wrong thing gets one clear sentence, the right exit code, and leaves the vault as it was.

load helpers
load data/more

setup_file() { small_vault; }

setup() {
    common_setup
    take base
}

# A `keys` changed by Python (b is a bytearray of it), its checksum made right again.
change_keys() {
    "$PYTHON" - "$VAULT/keys" "$1" << 'PY'
import hashlib, sys
b = bytearray(open(sys.argv[1], "rb").read())
exec(sys.argv[2])
b[4064:] = hashlib.blake2b(bytes(b[:4064]), digest_size=32).digest()
open(sys.argv[1], "wb").write(b)
PY
}

# refuses_raw CODE COMMAND...: like refuses, for any command line.
refuses_raw() {
    state > before
    raw "$@" || return 1
    sentence || return 1
    unchanged
}

# each_refused CODE N: the N commands in the file `commands`, in one session, each get that code and a sentence. The
# messages are in the file `err`, one JSON object a line.
each_refused() {
    state > before
    exits "$1" --json shell < commands || return 1
    [ ! -s out ] || { head -c 2000 out; return 1; }
    "$PYTHON" - "$1" "$2" << 'PY' || return 1
import json, re, sys
said = [json.loads(l)["error"] for l in open("err", encoding="utf-8")]
assert len(said) == int(sys.argv[2]) + 1, (len(said), open("err").read()[-3000:])     # and that something failed
for e in said:
    assert e["code"] == int(sys.argv[1]), e
    assert re.match("[^A-Z].*[^.]$", e["message"]), e
PY
    unchanged
}

# ---- opening ------------------------------------------------------------------------------

@test "a wrong passphrase: exit code 3 for every command that opens the vault" {
    local line
    for line in status 'show K-1' 'add person ref=K-9' 'edit K-1 born=1970' 'rm K-1' log check shell \
        "import $CASES/persons.csv --as person" 'dump plain'; do
        # shellcheck disable=SC2086
        PASS=wrong refuses 3 $line < /dev/null
        err 'passphrase does not open'
    done
    [ ! -e plain ]
    PASS=wrong refuses 3 --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< "$NEXT"
    PASS="$PASS " refuses 3 status
    PASS=${PASS^^} refuses 3 status
}

@test "a passphrase that is none: empty, too long, broken UTF-8, unassigned" {
    local bad
    for bad in '' $'\n' "$(printf 'a%.0s' {1..1025})" "$(printf 'ж%.0s' {1..513})" $'\xff\xfe' $'a\xc3' \
        $'\xed\xa0\x80' $'\xc0\xaf' $'\u0378' $'x\U0002FE0F'; do
        printf '%s\n' "$bad" > pass
        raw 2 "$WITHHELD" --passphrase-file pass init new.vault "${CHEAP[@]}"
        sentence
        [ "$(find . -name 'new.vault*' | wc -l)" = 0 ]
        state > before
        exits 2 --new-passphrase-fd 5 key change "${CHEAP[@]}" 5< pass
        sentence
        unchanged
        refuses_raw 2 "$WITHHELD" -C "$VAULT" --passphrase-file pass status
    done
    ok status
    { printf '%s' "$OTHER" && printf 'a%.0s' $(seq ${#OTHER} 1023); } > pass
    raw 0 "$WITHHELD" --passphrase-file pass init new.vault "${CHEAP[@]}"
    raw 0 "$WITHHELD" --passphrase-file pass -C new.vault status
}

@test "a zero byte does not cut a passphrase off" {
    printf '%s\0and long\n' "$OTHER" > pass
    if raw 0 "$WITHHELD" --passphrase-file pass init new.vault "${CHEAP[@]}" > /dev/null; then
        raw 3 "$WITHHELD" -C new.vault --passphrase-fd 4 status 4<<< "$OTHER"
    else
        raw 2 "$WITHHELD" --passphrase-file pass init new.vault "${CHEAP[@]}"
        sentence
        [ ! -e new.vault ]
    fi
}

@test "what is no vault is said to be none" {
    mkdir empty.vault text.vault
    echo text > text.vault/readme
    echo text > file.vault
    head -c 4096 /dev/urandom > random.vault
    for name in empty.vault text.vault file.vault random.vault /dev/null /dev/zero; do
        raw 2 timeout 20 "$WITHHELD" -C "$name" --passphrase-fd 4 status 4<<< "$PASS"
        sentence
        grep -qi -e 'not a vault' -e 'not a folder' err
        raw 2 timeout 20 "$WITHHELD" -C "$name" key list
        sentence
    done
    [ "$(ls -A empty.vault)" = '' ]
    raw 7 "$WITHHELD" -C nothing.vault --passphrase-fd 4 status 4<<< "$PASS"
    sentence
    [ ! -e nothing.vault ]
}

@test "a newer format of keys: said so, neither damage nor a wrong passphrase" {
    change_keys 'b[16:20] = (2).to_bytes(4, "little")'
    refuses 1 status
    err newer
    hides passphrase damage
    refuses 1 key list
    err newer
    refuses 1 check
    err newer
}

@test "a newer format of the database: said so, neither damage nor a wrong passphrase" {
    command -v sqlcipher > /dev/null || skip "sqlcipher is not installed"
    "$PYTHON" -c 'import nacl, argon2' || skip "python3-nacl or python3-argon2 is not installed"
    awk '$0 == "```python" { on = 1; next } /^```$/ { on = 0 } on' "$TOP/docs/recovery.md" > rawkey.py
    grep -q hash_secret_raw rawkey.py
    {
        "$PYTHON" rawkey.py "$VAULT" <<< "$PASS"
        echo 'PRAGMA user_version;'
        echo 'PRAGMA user_version = 99;'
    } | sqlcipher "$VAULT/records.db" > said
    grep -qx 2 said
    rm -f "$VAULT/records.db-journal"
    refuses 1 status
    err newer
    hides passphrase damage
    refuses 1 check
    err newer
}

@test "damaged keys: exit code 4, never a wrong passphrase" {
    local change
    cp "$VAULT/keys" keys.good
    for change in 'b[0] ^= 1' 'b[17] ^= 1' 'b[50] ^= 1' 'b[130] ^= 1' 'b[3000] ^= 1' 'b[4095] ^= 1' 'del b[100:]' \
        'b.clear()' 'b.append(0)' 'b[:] = bytes(4096)'; do
        cp keys.good "$VAULT/keys"
        "$PYTHON" -c "
b = bytearray(open('$VAULT/keys', 'rb').read())
$change
open('$VAULT/keys', 'wb').write(b)"
        refuses 4 status || { echo "$change"; return 1; }
        hides passphrase
        state > before
        exits 4 key list
        unchanged
    done
}

@test "keys with limits overstepped, the checksum right: refused before anything is allocated" {
    local change
    local -a limit=(prlimit --as=1000000000)
    [ -z "${SANITIZE-}" ] || limit=()       # which needs all the address space there is
    cp "$VAULT/keys" keys.good
    for change in 'b[116:120] = (0xFFFFFFFF).to_bytes(4, "little")' 'b[120:124] = (0xFFFFFFFF).to_bytes(4, "little")' \
        'b[124:128] = (255).to_bytes(4, "little")' 'b[116:120] = bytes(4)' 'b[113] = 9' 'b[114] = 7' 'b[112] = 3' \
        'b[20] = 1' 'b[2400] = 1' 'b[96] = 1' 'b[0:4] = b"else"'; do
        cp keys.good "$VAULT/keys"
        change_keys "$change"
        state > before
        raw 4 timeout 20 "${limit[@]}" "$WITHHELD" -C "$VAULT" --passphrase-fd 4 status 4<<< "$PASS" ||
            { echo "$change"; return 1; }
        sentence
        hides passphrase
        unchanged
    done
    cp keys.good "$VAULT/keys"
    ok status
}

@test "half a vault: keys or records.db missing, empty, a folder, cut short" {
    local change
    cp -a "$VAULT" good
    for change in 'rm keys' 'rm records.db' ': > records.db' 'truncate -s 5000 records.db' 'truncate -s -16384 records.db' \
        'rm records.db && mkdir records.db' 'rm keys && mkdir keys' \
        'head -c 65536 /dev/urandom > records.db'; do
        rm -rf "$VAULT"
        cp -a good "$VAULT"
        (cd "$VAULT" && eval "$change")
        refuses 4 status || { echo "$change"; return 1; }
        hides 'passphrase does not'
    done
}

@test "two processes: the second gets exit code 5, and works when the first has ended" {
    local shell_pid line
    mkfifo pipe
    exec 9<> pipe
    "$WITHHELD" -C "$VAULT" --passphrase-fd 4 shell < pipe > first 2>&1 4<<< "$PASS" 9>&- &
    shell_pid=$!
    echo 'add person ref=K-9' >&9
    until [ -s first ] || ! kill -0 $shell_pid; do :; done
    state > before
    for line in status 'show K-1' 'add person ref=K-10' check; do
        # shellcheck disable=SC2086
        exits 5 $line
        sentence
        err 'in use'
    done
    exits 5 --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< "$NEXT"
    sentence
    # told before the passphrase is looked at
    PASS=wrong exits 5 status
    exits 0 key list
    unchanged
    echo 'exit' >&9
    exec 9>&-
    wait $shell_pid
    ok show K-9
}

# ---- ways in ------------------------------------------------------------------------------

@test "a slot that is not there: exit code 7, or 2 where it is no number" {
    local n
    for n in 1 5 7 8; do
        refuses 7 key remove $n || { echo "$n"; return 1; }
        err 'there is no such slot'
        err "'key list' shows the slots"
    done
    for n in -1 4294967296 zero 0x1 1.5 ''; do
        refuses 2 key remove -- "$n" || { echo "$n"; return 1; }
    done
    refuses 7 --slot 3 list
    err 'this vault has no slot 3'
    refuses 2 --slot 8 list
    refuses 2 --slot x list
}

@test "the last keeper slot: exit code 6, though other slots are there" {
    refuses 6 key remove 0
    err 'the last keeper slot cannot be removed'
    err 'key add --tier keeper'
    exits 0 --new-passphrase-fd 5 key add --tier case "${CHEAP[@]}" 5<<< "$OTHER"
    refuses 6 key remove 0
    ok show K-1 --reveal
}

@test "a full table: exit code 6 for another passphrase, and for shares" {
    local i
    for i in 1 2 3 4 5 6 7; do
        exits 0 --new-passphrase-fd 5 key add --tier case "${CHEAP[@]}" 5<<< "$OTHER $i"
    done
    refuses 6 --new-passphrase-fd 5 key add --tier keeper "${CHEAP[@]}" 5<<< "$NEXT"
    err 'all 8 key slots are in use'
    err "'key remove' makes room"
    refuses 6 key shares --threshold 2 --count 3 -o set --accept plain-shares
    err 'all 8 key slots are in use'
    [ ! -e set ]
    ok key remove 7
    ok key shares --threshold 2 --count 3 -o set --accept plain-shares
}

# with_file CODE FILE: the slot of the passphrase NEXT and that key file.
with_file() {
    PASS="$NEXT" refuses "$1" --key-file "$2" status
}

@test "a key file that was changed, cut, emptied or is missing: the vault does not open, and nothing else happens" {
    exits 0 --new-passphrase-fd 5 key add --tier keeper --new-key-file some.key "${CHEAP[@]}" 5<<< "$NEXT"
    cp some.key good.key
    PASS="$NEXT" exits 0 --key-file some.key status
    printf x >> some.key
    with_file 3 some.key
    head -c -1 good.key > some.key
    with_file 3 some.key
    "$PYTHON" -c 'import sys; b = bytearray(open("good.key", "rb").read()); b[7] ^= 1; open("some.key", "wb").write(b)'
    with_file 3 some.key
    : > some.key
    with_file 2 some.key
    err 'the key file is empty'
    mkdir folder
    with_file 2 folder
    with_file 7 none.key
    # Neither of the two alone.
    PASS="$NEXT" refuses 3 status
    PASS="$OTHER" refuses 3 --key-file good.key status
    PASS="$NEXT" exits 0 --key-file good.key status
}

# ---- files there already, missing, of the wrong kind ---------------------------------------

@test "init never overwrites" {
    local code=0
    mkdir folder.vault
    echo precious > file.vault
    ln -s nowhere link.vault
    for name in "$VAULT" folder.vault file.vault link.vault; do
        state > before
        raw 2 "$WITHHELD" --passphrase-fd 4 init "$name" "${CHEAP[@]}" 4<<< "$PASS"
        sentence
        err 'already'
        unchanged
    done
    [ "$(<file.vault)" = precious ]
    [ "$(ls -A folder.vault)" = '' ]
    [ ! -e nowhere ]
}

@test "init wants a name that ends in .vault, in a folder that is there" {
    for name in plain '' .vault plain.vault.old; do
        raw 2 "$WITHHELD" --passphrase-fd 4 init "$name" "${CHEAP[@]}" 4<<< "$PASS"
        sentence
        err '.vault'
        [ -z "$name" ] || [ ! -e "$name" ]
    done
    raw 7 "$WITHHELD" --passphrase-fd 4 init nothing/new.vault "${CHEAP[@]}" 4<<< "$PASS"
    sentence
    hides vault.new
    raw 2 "$WITHHELD" --passphrase-fd 4 init 4<<< "$PASS"
    sentence
    raw 2 "$WITHHELD" --passphrase-fd 4 init a.vault b.vault 4<<< "$PASS"
    sentence
    [ ! -e a.vault ] && [ ! -e b.vault ]
}

@test "dump never overwrites, and leaves no entry in the log when it is refused" {
    mkdir folder
    echo precious > file
    ln -s nowhere link
    # the same code as init has for the same thing
    for name in folder file link "$VAULT" .; do
        refuses 2 dump "$name"
        err 'already'
        refuses 2 dump "$name" --reveal
    done
    [ "$(<file)" = precious ]
    [ "$(ls -A folder)" = '' ]
    refuses 7 dump nothing/plain
    [ ! -e nothing ]
    state > before
    exits 2 dump '' || exits 7 dump ''
    sentence
    unchanged
}

@test "a file that is missing, empty or a folder" {
    : > empty
    mkdir folder
    refuses 7 add person --from nothing
    err nothing
    refuses 2 add person --from empty
    refuses 2 add person --from folder
    err folder
    refuses 7 edit K-1 --from nothing
    refuses 7 import nothing.csv --as person
    err nothing.csv
    refuses 2 import empty --as person
    refuses 2 import folder --as person
    err folder
    refuses 7 import "$CASES/persons.csv" --as person --mapping nothing.json
    err nothing.json
    refuses 2 import "$CASES/persons.csv" --as person --mapping empty
    refuses 2 import "$CASES/persons.csv" --as person --mapping folder
    refuses 2 add person --from - < /dev/null
    refuses 2 import - --as person < /dev/null
    refuses_raw 7 "$WITHHELD" -C "$VAULT" --passphrase-file nothing status
    refuses_raw 2 "$WITHHELD" -C "$VAULT" --passphrase-file empty status
    refuses_raw 2 "$WITHHELD" -C "$VAULT" --passphrase-file folder status
}

# ---- tables and JSON ----------------------------------------------------------------------

# bad_csv CODE WHERE TEXT: this table of persons is refused there.
bad_csv() {
    printf "$3" > bad.csv
    refuses "$1" import bad.csv --as person || { cat bad.csv; return 1; }
    err "$2" || return 1
    hides 'Choi Bad' || return 1
    [[ $(sed -n 1p err) =~ 'line '[0-9]+', column '[0-9]+ ]]
}

@test "a table with a bad row: line and column, nothing of the cell, nothing written" {
    bad_csv 2 'line 3, column 2' 'ref,born\nK-8,1970\nK-9,Choi Bad\n'
    bad_csv 2 'line 3, column 2' 'ref,born\nK-8,1970\nK-9,2017-02-30\n'
    bad_csv 2 'line 3' 'ref,born\nK-8,1970\nK-9,1970,Choi Bad\n'
    bad_csv 2 'line 3' 'ref,born,name\nK-8,1970,Choi Bad\nK-9,1970\n'
    bad_csv 2 'line 3, column 3' 'ref,born,name\nK-8,1970,Choi Bad\nK-9,1970,"not closed\n\n'
    bad_csv 2 'line 3, column 1' 'ref,born\nK-8,1970\n"K-9" Choi Bad,1970\n'
    bad_csv 2 'line 3, column 1' 'ref,born\nK-8,1970\nK"9,1970\n'
    bad_csv 2 'line 5, column 2' 'ref,born,notes\nK-8,1970,"one\ntwo"\n\nK-9,Choi Bad,x\n'
    bad_csv 2 'line 3, column 2' '\xef\xbb\xbfref;born\r\nK-8;1970\r\nK-9;soon\r\n'
    bad_csv 2 'line 2, column 2' 'ref,residence\nK-8,Choi Bad\xff\n'
    bad_csv 2 'line 2, column 2' 'ref,residence\nK-8,a\x00b\n'
    bad_csv 2 'line 1, column 2' 'ref,nmae\nK-8,Choi Bad\n'
    err "'name'"
    bad_csv 2 'line 1, column 2' 'ref,\nK-8,Choi Bad\n'
    bad_csv 2 'line 1, column 3' 'ref,born,ref\nK-8,1970,K-9\n'
    bad_csv 2 'line 1, column 2' 'ref,n\xffame\nK-8,Choi Bad\n'
}

@test "errors name the column of a table as its header does" {
    printf 'ref,born\nK-9,soon\n' > bad.csv
    refuses 2 import bad.csv --as person
    err 'line 2, column 2 (born)'
    printf 'No,Date of birth\nK-9,soon\n' > bad.csv
    echo '{"No":"ref","Date of birth":"born"}' > m.json
    refuses 2 import bad.csv --as person --mapping m.json
    err 'line 2, column 2 (Date of birth)'
    printf 'ref,person\nC-9,K-1|nobody\n' > bad.csv
    refuses 2 import bad.csv --as case
    err 'line 2, column 2 (person)'
}

@test "a table: unknown type, key, format, mapping" {
    printf 'ref,born\nK-9,1970\n' > p.csv
    refuses 2 import p.csv
    err --as
    refuses 2 import p.csv --as persno
    err person
    refuses 2 import p.csv --as person --key rfe
    err ref
    refuses 2 import p.csv --as person --key name
    refuses 2 import p.csv --as person --key other_names
    refuses 2 import p.csv --as person --format xml
    refuses 2 import p.csv --as person --format martus
    refuses 2 import p.csv --as person --format json
    err 'line 1, column 1'
    while IFS= read -r mapping; do
        printf '%s' "$mapping" > m.json
        refuses 2 import p.csv --as person --mapping m.json || { echo "$mapping"; return 1; }
    done << 'END'
not json
[]
{"ref":"nothing_like_it"}
{"ref":"bron"}
{"ref":{"field":"ref","split":"|"}}
{"ref":{"field":"ref","link":"ref"}}
{"ref":{"field":"ref","colour":"red"}}
{"ref":17}
{"ref":"born"}
{"ref":{"split":";"}}
END
    printf 'ref,born\nK-9,1970\nK-9,1971\n' > p.csv
    state > before
    exits 2 import p.csv --as person --key ref || exits 8 import p.csv --as person --key ref
    sentence
    err 'line 3'
    unchanged
}

# bad_json WHERE TEXT: refused by import, there, as an array.
bad_json() {
    printf "$2" > bad.json
    refuses 2 import bad.json --as person || { cat bad.json; return 1; }
    err "$1" || return 1
    hides 'Choi Bad'
}

@test "JSON that is wrong: line and column, nothing of the value, nothing written" {
    bad_json 'line 1, column' '[{"ref":"K-9","born":"Choi Bad"}]'
    bad_json 'line 2, column' '[{"ref":"K-8"},\n{"ref":"K-9","born":"2017-02-30"}]'
    bad_json 'line 2, column' '{"ref":"K-8"}\n{"ref":"K-9","born":"2017-13"}\n'
    bad_json 'line 2, column' '{"ref":"K-8"}\n{"ref":"K-9",}\n'
    bad_json 'line 1, column' '[{"ref":"K-9"}'
    bad_json 'line 1, column' '[{"ref":"K-9"}] Choi Bad'
    bad_json 'line 1, column' '[{"ref":"K-9","ref":"K-8"}]'
    bad_json 'line 1, column' '[{"ref":"K-9","notes":"\\ud800"}]'
    bad_json 'line 1, column' '[{"ref":"K-9","notes":"\\u0000"}]'
    bad_json 'line 1, column' '[{"ref":"K-9","notes":"Choi Bad \xff"}]'
    bad_json 'line 1, column' '[{"ref":"K-9","nmae":"Choi Bad"}]'
    err "'name'"
    bad_json 'line 1, column' '[{"ref":"K-9","born":{"value":{"value":"Choi Bad"}}}]'
    bad_json 'line 1, column' '[{"ref":"K-9","born":{"value":"1970","certainty":"Choi Bad"}}]'
    bad_json 'line 1, column' '[{"ref":"K-9","born":{"value":"1970","as_of":"Choi Bad"}}]'
    bad_json 'line 1, column' '[{"ref":"K-9","born":{"valeu":"1970"}}]'
    bad_json 'line 1, column' '[{"ref":["K-9","K-8"]}]'
    bad_json 'line 1, column' '[["K-9"]]'
    bad_json 'line 1, column' '17'
    printf '%0.s[' {1..100000} > bad.json
    refuses 2 import bad.json --as person
}

@test "add and edit --from: what is no object of fields is refused" {
    local bad
    while IFS= read -r bad; do
        printf 'add person --from -\n%s\nedit K-1 --from -\n%s\n' "$bad" "$bad"
    done > commands << 'END'
[]
[{"ref":"K-9"}]
"Choi"
17
{"name":"Choi"
{"name":"Choi"} {"name":"Choi"}
{"name":"Choi","name":"Choi"}
{"name":{"of":"Choi"}}
{"name":["Choi","Kim"]}
{"other_names":["Choi",{"deep":["er"]}]}
{"other_names":[["Choi"]]}
{"nmae":"Choi"}
{"name":"Choi\ud800"}
{"name":"Choi\u0000"}
{"born":"Choi"}
{"_id":{"value":"Choi"},"nmae":"Choi"}
{'name':'Choi'}
{"files":["Choi"]}
END
    each_refused 2 $(($(wc -l < commands) / 2))
    hides Choi
    refuses 2 add person --from - <<< '[{"ref":"K-9"}]'
    refuses 2 edit K-1 --from - <<< '{"name":"Choi"} {"name":"Choi"}'
    hides Choi
    printf '{"name":"Choi \xff"}' > bad.json
    refuses 2 add person --from bad.json
    err 'line 1, column'
    hides Choi
}

@test "one value that is too long, one row too many columns" {
    head -c 1048577 /dev/zero | tr '\0' a > long
    { printf '{"ref":"K-9","notes":"'; cat long; printf '"}'; } > bad.json
    refuses 2 add person --from bad.json
    { printf 'ref,notes\nK-9,'; cat long; echo; } > bad.csv
    refuses 2 import bad.csv --as person
    err 'line 2, column 2'
    head -c 1048576 long > most
    { printf '{"ref":"K-9","notes":"'; cat most; printf '"}'; } > good.json
    ok add person --from good.json
    ok show K-9 --reveal --json
    holds 'd["fields"]["notes"] == "a" * 1048576'
}

# ---- arguments ----------------------------------------------------------------------------

@test "unknown type or field: the nearest name" {
    refuses 2 add persno ref=K-9
    err person
    refuses 2 add person nmae=x
    err name
    refuses 2 add person residense=x
    err residence
    refuses 2 edit K-1 bron=1970
    err born
    refuses 2 edit K-1 --unset bron
    err born
    refuses 2 list persno
    err person
    refuses 2 list person --where bron=1970
    err born
    refuses 2 list --where bron=1970
    err born
    refuses 2 search --type evnet x
    err event
    refuses 2 type show caes
    err case
    refuses 2 add person --from - <<< '{"residense":"x"}'
    err residence
}

@test "a date that is none" {
    local bad
    for bad in 2017-02-30 2017-02-29 2017-13 2017-00 2017-01-32 31.02.2017 '2017년 13월 1일' yesterday 2016/2015 \
        2015/2016/2017 1997~~ 2017-01-31T25:00 20O2 2017-1x 12/2017/13 99999999999999999999 -- / '~' '2017-01-31 or so'; do
        echo "add person ref=K-9 'born=$bad'"
    done > commands
    each_refused 2 "$(wc -l < commands)"
    [ "$(grep -c born err)" = "$(wc -l < commands)" ]
    refuses 2 add person ref=K-9 born=2017-02-30
    err born
    refuses 2 list event --where date=soon
    refuses 2 list event --where date=2017-02-30
    refuses 2 agenda --until 2017-02-30
}

@test "a withheld value as an argument is refused, and not repeated" {
    refuses 2 add person ref=K-9 'name=Choi Secret'
    hides Choi Secret
    err withheld
    err '--from -'
    exits 2 add person 'notes=Choi Secret' ref=K-9 --json
    hides Choi Secret
    [ ! -s out ]
    refuses 2 edit K-1 'other_names=Choi Secret'
    hides Choi Secret
    refuses 2 edit K-1 residence=Moscow 'family=Choi Secret'
    hides Choi Secret
    refuses 2 list person --where 'name=Choi Secret'
    hides Choi Secret
    err search
    refuses 2 list --where 'notes=Choi Secret'
    hides Choi Secret
    refuses 2 add case ref=C-9 'notes=Choi Secret'
    hides Choi Secret
    # not withheld in another type
    ok list organisation --where 'name=civic assistance' --json
    holds 'len(d) == 1'
}

@test "arguments cannot be read by others while the program runs" {
    local pid tries=0
    mkfifo pass
    "$WITHHELD" -C "$VAULT" --passphrase-file pass add person ref=K-9 'name=Choi Secret' > out 2> err &
    pid=$!
    exec 9> pass        # returns when the program has opened it, so its arguments are taken
    tr '\0' ' ' < "/proc/$pid/cmdline" > cmdline
    never grep -q -e Choi -e K-9 -e person cmdline
    state > before
    echo "$PASS" >&9
    exec 9>&-
    local code=0
    wait $pid || code=$?
    [ "$code" = 2 ]
    sentence
    hides Choi
    unchanged
}

@test "broken UTF-8 in an argument" {
    refuses 2 add person $'residence=Mos\xffcow'
    refuses 2 add person $'residence=\xed\xa0\x80'
    refuses 2 add person $'residence=\xc0\x80'
    refuses 2 edit K-1 $'residence=\xff'
    refuses 2 search $'\xff'
    refuses 2 add $'p\xff' ref=K-9
    refuses 2 add person $'re\xff=K-9'
    exits 7 show $'\xff'
    iconv -f UTF-8 -t UTF-8 err > /dev/null
    exits 7 show $'\xff' --json
    output=$(<err)
    holds 'd["error"]["code"] == 7'
}

@test "unknown commands, options and words: the nearest, exit code 2" {
    refuses 2 shwo K-1
    err show
    refuses 2 key lsit
    err 'key list'
    refuses 2 type shwo person
    err 'type show'
    refuses 2 log haed
    refuses 2 list --revael
    err --reveal
    refuses 2 list --rveal=yes
    err --reveal
    refuses 2 --jsn list
    err --json
    refuses 2 list -x
    refuses 2 list -xyz
    refuses 2 list --reveal=yes
    refuses 2 list person case
    refuses 2 show
    refuses 2 show K-1 K-2
    refuses 2 show K-1 --rev
    refuses 2 show K-1 --rev abcd --rev ef01
    refuses 2 revert K-1
    refuses 2 rm
    refuses 2 history
    refuses 2 timeline
    refuses 2 dump
    refuses 2 import
    refuses 2 type add
    refuses 2 type show
    refuses 2 add
    refuses 2 add person =x
    refuses 2 add person residence=
    refuses 2 ''
    refuses 2 list --where residence
    refuses 2 list --where =x
}

@test "numbers that are none, too large or below zero" {
    local bad
    for bad in x -1 99999999999999999999999 1.5 '' 0x3; do
        refuses_raw 2 "$WITHHELD" -C "$VAULT" --passphrase-fd "$bad" status
        refuses 2 --slot "$bad" status
        raw 2 "$WITHHELD" --passphrase-fd 4 init new.vault --kdf-memory "$bad" 4<<< "$PASS"
        sentence
        raw 2 "$WITHHELD" --passphrase-fd 4 init new.vault --kdf-memory 64 --kdf-passes "$bad" 4<<< "$PASS"
        sentence
        [ ! -e new.vault ]
    done
    refuses_raw 2 "$WITHHELD" -C "$VAULT" --passphrase-fd 333 status
    for bad in '--kdf-memory 63' '--kdf-memory 64 --kdf-passes 2' '--kdf-memory 8193' '--kdf-memory 64 --kdf-passes 257' \
        '--kdf-passes 3' '--kdf-time 0' '--kdf-time -1' '--kdf-time nan' '--kdf-time inf' '--kdf-time soon' '--kdf-time 1 --kdf-memory 64'; do
        # shellcheck disable=SC2086
        raw 2 "$WITHHELD" --passphrase-fd 4 init new.vault $bad 4<<< "$PASS" || { echo "$bad"; return 1; }
        sentence
        [ ! -e new.vault ]
    done
    refuses 2 --new-passphrase-fd 5 key change --kdf-memory 63 5<<< "$NEXT"
    refuses 2 shell --idle 0
    refuses 2 shell --idle 99999999999999999999
    for bad in 1e5 +5 1,5 '1 000' 0x10 NaN Infinity '１２' 5. .5 --5; do
        echo "add statistic 'count=$bad'"
    done > commands
    each_refused 2 "$(wc -l < commands)"
    [ "$(grep -c count err)" = "$(wc -l < commands)" ]
}

@test "a huge number is kept to the last digit, or refused" {
    local huge
    huge=$(printf '9%.0s' {1..1000})
    ok add statistic ref=S-9 "count=$huge"
    ok show S-9 --json
    holds "str(d['fields']['count']) == '$huge'"
    ok add statistic ref=S-8 --from - <<< "{\"count\":$huge}"
    ok show S-8 --json
    holds "str(d['fields']['count']) == '$huge'"
}

@test "records that are not there" {
    refuses 7 show nobody
    refuses 7 edit nobody residence=x
    refuses 7 rm nobody
    refuses 7 history nobody
    refuses 7 timeline nobody
    refuses 7 revert nobody abcd
    refuses 7 revert K-1 abcdabcdabcd
    refuses 7 revert K-1 nohex
    refuses 2 revert K-1 abc
    refuses 7 add case person=nobody
    err person
    refuses 2 add case person=C-1
    err person
    refuses 7 edit C-1 lawyer=nobody
    refuses 7 add person --from - <<< '{"born":{"value":"1970","source":"nobody"}}'
    err born
    refuses 7 list case --where person=nobody
}

@test "what this version does not have is said so" {
    refuses 2 --shares-fd 0 status < /dev/null
    refuses 7 --key-file nothing status
}

# ---- what comes out -----------------------------------------------------------------------

@test "control characters are refused on their way in" {
    local bad
    for bad in '\u001b[31m' '\u0007' '\u009b2J' '\u007f' '\u0000' '\u0008'; do
        refuses 2 add person --from - <<< "{\"ref\":\"X-1\",\"residence\":\"Moscow $bad\"}"
        refuses 2 add person --from - <<< "{\"ref\":\"X-1\",\"notes\":\"Moscow $bad\"}"
        refuses 2 import - --as person --format json <<< "[{\"ref\":\"X-1\",\"notes\":\"Moscow $bad\"}]"
        err 'line 1, column'
    done
    refuses 2 add person --from - <<< '{"ref":"X-1","residence":"two\nlines"}'
    refuses 2 add person $'residence=Mos\033[31mcow'
    refuses 2 import - --as person --format csv <<< $'ref,residence\nX-1,Mos\033[31mcow'
    err 'line 2, column 2'
}

@test "stored text cannot steer a terminal, and is whole in JSON" {
    need_terminals
    command -v script > /dev/null || skip "script is not installed"
    local line
    echo "$PASS" > pass
    ok add person --from - << 'END'
{"ref":"X-1","label":"l\u202el","residence":"a\u202ec\u2066d\u200fe\u200bf","name":"n\u202en","notes":"one\ntwo\u2028three\tfour\u202e"}
END
    ok add case --from - <<< '{"ref":"X-2","title":"t\u202et","person":["X-1"],"next_step":"2026-01-01: s\u202ec"}'
    ok add event --from - <<< '{"case":"X-2","summary":"s\u202e\nt","place":"p\u202e","kind":"k\u202e","date":"2020"}'
    export TERM=xterm
    for line in 'show X-1' 'show X-1 --reveal' 'show X-2' list 'list --reveal' 'timeline X-2' 'timeline X-1' agenda \
        'search three' 'search --type case t' 'history X-1' 'show X-1 --json' 'show X-1 --json --reveal' 'list --json --reveal'; do
        script -qec "$WITHHELD -C v.vault --color never --no-input --passphrase-file pass $line" seen > /dev/null < /dev/null
        LC_ALL=C sed '1d;$d' seen > screen
        [ -s screen ]
        if LC_ALL=C grep -qa -e $'\033' -e $'\a' -e $'\xe2\x80\xae' -e $'\xe2\x81\xa6' -e $'\xe2\x80\x8f' -e $'\xe2\x80\x8b' \
            -e $'\xe2\x80\xa8' screen; then
            echo "$line"
            cat -v screen
            return 1
        fi
    done
    ok show X-1 --reveal --json
    holds 'd["fields"]["residence"] == "a\u202ec\u2066d\u200fe\u200bf"' 'd["fields"]["name"] == "n\u202en"' \
        'd["fields"]["notes"] == "one\ntwo\u2028three\tfour\u202e"' 'd["fields"]["label"] == "l\u202el"'
    ok dump plain --reveal
    py '
got = [json.loads(l) for l in open("plain/person.jsonl", encoding="utf-8")]
assert [g for g in got if g["ref"] == "X-1"][0]["residence"] == "a\u202ec\u2066d\u200fe\u200bf"'
}

@test "what a person typed is escaped when a message repeats it" {
    local line
    local -a lines=($'sh\033[31mow' $'show\u202e' $'help \033]0;x\a' $'list --wh\033[31mere' $'add per\033[31mson ref=x' $'import no\033[31m.csv --as person' \
        $'add person --from no\033[2J' $'dump no\033[2J/x')
    for line in "${lines[@]}"; do
        # shellcheck disable=SC2086
        "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 $line > out 2> err 4<<< "$PASS" && return 1
        [ -s err ]
        never grep -q -e $'\033' -e $'\a' -e $'\u202e' err out
    done
    "$WITHHELD" -C $'no\033[31m.vault' --no-input --passphrase-fd 4 list > out 2> err 4<<< "$PASS" && return 1
    never grep -q $'\033' err
}

@test "standard output that cannot be written to is a failure" {
    local line
    [ -c /dev/full ] || skip "there is no /dev/full"
    state > before
    for line in 'show K-1' list log 'log head' status 'key list' 'type list' 'type show person' \
        'history K-1' agenda 'timeline K-1' 'search river' version help 'help show' check; do
        # shellcheck disable=SC2086
        if "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 $line > /dev/full 2> err 4<<< "$PASS"; then
            echo "$line"
            return 1
        fi
        : > out
        sentence
    done
    "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 show K-1 --json > /dev/full 2> err 4<<< "$PASS" && return 1
    output=$(<err)
    holds 'd["error"]["code"] == 9'
    unchanged
    "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 list >&- 2> err 4<<< "$PASS" && return 1
    : > out
    sentence
}

@test "interrupted: exit code 130, and the vault holds the old or the new state" {
    local signal
    "$PYTHON" -c '
print("ref,notes")
for i in range(20000): print("R-%d,%s" % (i, "came over the river " * 20))' > many.csv
    for signal in INT TERM; do
        rm -rf "$VAULT"
        cp -a "$BATS_FILE_TMPDIR/base.vault" "$VAULT"
        echo "$PASS" > pass
        "$PYTHON" - "$signal" "$VAULT" "$WITHHELD" << 'PY'
import os, signal, subprocess, sys, time
vault = sys.argv[2]
p = subprocess.Popen([sys.argv[3], "-C", vault, "--passphrase-file", "pass", "import", "many.csv", "--as", "person"],
    stdout=open("out", "w"), stderr=open("err", "w"), start_new_session=True)
while p.poll() is None and not os.path.exists(vault + "/records.db-journal"):
    time.sleep(0.001)
if p.poll() is None:
    p.send_signal(getattr(signal, "SIG" + sys.argv[1]))
code = p.wait()
assert code in (0, 130, -getattr(signal, "SIG" + sys.argv[1])), code
PY
        ok status --json
        holds 'd["records"] in (7, 20007)'
        ok check
        ok show K-1
    done
}

# ---- attachments ----------------------------------------------------------------------------

@test "attach: what is no file, and names that no file has: exit code 2, one sentence, nothing changed" {
    local name bad
    printf 'content' > scan.pdf
    mkdir folder
    mkfifo pipe
    ln -s scan.pdf link
    ln -s nowhere dangling
    for name in folder pipe /dev/null /dev/zero .; do
        refuses 2 attach K-1 "$name"
    done
    refuses 7 attach K-1 missing
    refuses 7 attach K-1 dangling
    refuses 2 attach K-1 scan.pdf/under
    refuses 2 attach K-1 link --move
    [ "$(readlink link)" = scan.pdf ]
    # Names of files as they lie there, and as --name gives them.
    for bad in 'NUL.pdf' 'com1' 'dot.' ' blank' 'back\slash' $'line\nend' $'red\033[31m' $'\xff\xfe'; do
        cp scan.pdf "$bad"
        refuses 2 attach K-1 scan.pdf "./$bad"
        refuses 2 attach K-1 scan.pdf --name "$bad"
    done
    for bad in a/b ../scan.pdf /scan.pdf . .. '' "$(printf 'a%.0s' {1..256})"; do
        refuses 2 attach K-1 scan.pdf --name "$bad"
    done
    refuses 2 attach K-1 scan.pdf link --name both
    refuses 2 attach K-1 scan.pdf --field residence
    refuses 2 attach K-1 scan.pdf --field nothing
    refuses 7 attach K-99 scan.pdf
    [ "$(cat scan.pdf)" = content ]
    mkdir other
    cp scan.pdf other
    refuses 8 attach K-1 scan.pdf other/scan.pdf
    ok attach K-1 scan.pdf
    refuses 8 attach K-1 scan.pdf
    refuses 8 attach K-1 link --name scan.pdf
}

@test "extract: an output that is there, whatever it is, and what is not there: one sentence, nothing changed" {
    local name
    printf 'content' > scan.pdf
    ok attach K-1 scan.pdf
    echo old > there
    mkdir folder
    mkfifo pipe
    ln -s there link
    ln -s nowhere dangling
    ls -A > names
    for name in there folder pipe link dangling /dev/null /dev/full .; do
        refuses 2 extract K-1 scan.pdf -o "$name"
    done
    refuses 2 extract K-1 scan.pdf
    refuses 7 extract K-1 scan.pdf -o no/such/folder
    refuses 2 extract K-1 scan.pdf -o there/under
    refuses 7 extract K-1 ruling.pdf -o new
    refuses 7 extract K-1 '#2' -o new
    refuses 7 extract K-1 '' -o new
    refuses 7 extract K-1 '../scan.pdf' -o new
    refuses 7 extract K-99 scan.pdf -o new
    refuses 7 view K-1 ruling.pdf
    refuses 7 detach K-1 ruling.pdf
    [ "$(cat there)" = old ]
    rm -f before after out err
    diff <(grep -vx 'before\|after\|out\|err' names) <(ls -A)
}

@test "attach: a file that grows, shrinks or is written to while it is read: exit code 1, nothing changed" {
    local how
    for how in 'echo more >> large' 'truncate -s 1000 large' 'printf x | dd of=large conv=notrunc 2> /dev/null'; do
        head -c 60000000 /dev/zero > large
        ( until [ -s "$VAULT/records.db-journal" ]; do sleep 0.01; done; eval "$how" ) &
        exits 1 attach K-1 large
        wait
        sentence
        err 'changed while it was read'
    done
    ok show K-1 --json
    holds 'd["attachments"] == []'
    ok check
}

@test "outputs into the folder of the vault are refused" {
    rm -rf v.vault
    new_vault v "$PASS"
    w "$PASS" add person ref=K-1
    echo text > a.txt
    w "$PASS" attach K-1 a.txt
    ln -s v.vault alias
    mkdir v.vault/sub
    local to
    for to in v.vault v.vault/sub alias v.vault/../v.vault "$PWD/v.vault"; do
        exits_in_vault extract K-1 a.txt -o "$to/keys.new"
        exits_in_vault dump "$to/x/"
    done
    exits_in_vault backup v.vault/b1
    exits_in_vault backup v.vault/b1 --split 2M
    exits_in_vault history K-1 --statement v.vault/x
    exits_in_vault travel v.vault/x.vault
    exits_in_vault key shares --threshold 2 --count 3 -o v.vault/x --accept plain-shares
    exits_in_vault key add --tier case --new-key-file v.vault/x --new-passphrase-fd 5 "${CHEAP[@]}" 5<<< "$OTHER"
    cd v.vault
    exits_in_vault extract K-1 a.txt
    cd ..
    [ "$(find v.vault | sort | tr '\n' ' ')" = 'v.vault v.vault/keys v.vault/records.db v.vault/sub ' ]
    # What lies beside it is fine, and what is not there says so.
    mkdir v.vault2
    w "$PASS" extract K-1 a.txt -o v.vault2/a.txt
    refused 7 w "$PASS" extract K-1 a.txt -o nowhere/a.txt
}

# exits_in_vault ARGS...: refused because of the place.
exits_in_vault() {
    refused 6 w "$PASS" "$@"
    says 'in the folder of the vault'
}
