# The reader in Python, which was written from docs/format.md alone, against vaults that the program made.
# Where the two differ, one of them, or the page, is wrong.

load ../cli/helpers

PYTHON=${PYTHON:-/usr/bin/python3}
READER=$BATS_TEST_DIRNAME/reader.py
export PYTHONDONTWRITEBYTECODE=1

PASS='correct horse battery, seven blue rivers'
THIRD='daughter metric lips secret mayor theater'
FILED='plunge pink hybrid legal dress famous'

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    write_files
    new_vault people "$PASS"
    w "$PASS" import persons.csv --as person --mapping persons.json --key ref
    w "$PASS" import cases.csv --as case --mapping cases.json
    w "$PASS" edit P1 'occupation=odd jobs' --unset residence
    echo '{"notes": "Moved again.", "name": "Choe Myong Bok"}' | w "$PASS" edit P1 --from -
    w "$PASS" rm P4
    raw_key > raw_key
}

setup() {
    common_setup
    VAULT=$BATS_FILE_TMPDIR/people.vault
}

write_files() {
    cat > persons.csv <<- 'END'
	ref,name,other_names,press_name,born,citizenship,sex,residence,notes
	P1,최명복,Choi Myung-bok|Цой Мён Бок|Чхве Мён Бок,,1962~,KP,male,"town, Leningrad region","Sent to a logging camp in 1999."
	P2,Елена Когай,Yelena Kogai,,,RU,female,"St Petersburg, Russia","Met P1 in 2010.
	Second line; ""quoted"", й and ё."
	P3,류은남,Рю Эн Нам,,1979,KP,male,,
	P4,Nobody At All,,,,,,,
	P5,Ольга Цейтлина,,Olga Tseytlina,,RU,female,,
	END
    cat > cases.csv <<- 'END'
	person,title,opened,country,kind,status,lawyer,notes
	P1|P2,"Deportation and asylum",2015,RU,asylum,will apply again,P5,"Говорит по-русски."
	P3,"Deportation of 2008",2008-05,RU,deportation,closed,,
	END
    echo '{"other_names": {"field": "other_names", "split": "|"}}' > persons.json
    cat > cases.json <<- 'END'
	{"person": {"field": "person", "split": "|", "link": "ref"}, "lawyer": {"field": "lawyer", "link": "ref"}}
	END
}

# read_vault PASS [VAULT]: records to the file `read`, problems to `problems`; both are shown when it fails.
read_vault() {
    local status=0
    "$PYTHON" "$READER" "${2:-$VAULT}" --json <<< "$1" > read 2> problems || status=$?
    cat problems
    return $status
}

# records EXPRESSION: a list that Python makes of the records (d) in the file `read`, one a line.
records() {
    python "$1" <<- 'END'
	import json, sys
	d = json.load(open("read"))
	for x in eval(sys.argv[1]):
	    print(x)
	END
}

# head_of REF EXPRESSION: what Python makes of the head of the record with that ref.
head_of() {
    records "[$2 for r in d for head in r['heads'] if head['fields'].get('ref') == '$1']"
}

# add_case_slot: a second passphrase, `$OTHER`.
add_case_slot() {
    w "$PASS" key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$OTHER"
}

# copy: a copy of the vault, to be damaged.
copy() {
    cp -r "$VAULT" copy.vault
    COPY=$PWD/copy.vault
}

# raw_key: the statements that open the database of the vault.
raw_key() {
    python "$VAULT" "$PASS" <<- 'END'
	import database, itertools, keys, primitives, sys
	with open(sys.argv[1] + "/keys", "rb") as f:
	    session = keys.open_keys(f.read(), keys.Given(sys.argv[2].encode()), primitives.Report())
	print("\n".join(itertools.islice(database.sql_begin(session), 4)))
	END
}

# sql: statements from standard input, on the copy, by the stock program.
sql() {
    cat "$BATS_FILE_TMPDIR/raw_key" <(echo .bail on) - | sqlcipher -batch "$COPY/records.db" > sql.out
}

# noticed TEXT: the copy is refused, and a problem contains the text.
noticed() {
    refused 4 read_vault "$PASS" "$COPY"
    says "$1"
}

# python: a script from standard input that can import the modules of the reader.
python() {
    PYTHONPATH=$BATS_TEST_DIRNAME "$PYTHON" - "$@"
}

@test "every record reads as the program shows it" {
    copy
    VAULT=$COPY
    read_vault "$PASS"
    [ ! -s problems ]
    w "$PASS" list --json > list
    for id in $(records '[r["id"] for r in d if not r["removed"]]'); do
        w "$PASS" show "$id" --reveal --json
    done > shown
    python <<- 'END'
	import json
	read, listed = (json.load(open(name)) for name in ("read", "list"))
	shown = [json.loads(line) for line in open("shown")]
	assert len(shown) == 6, shown
	living = {r["id"]: r for r in read if not r["removed"]}
	assert len(read) == 7 and len(living) == 6, read
	assert living.keys() == {r["id"] for r in listed}, listed
	for theirs in shown:
	    ours = living[theirs["id"]]
	    head, = ours["heads"]
	    assert ours["type"] == theirs["type"], (ours, theirs)
	    assert not ours["conflict"] and not theirs["conflict"], (ours, theirs)
	    for key in ("revision", "fields", "withheld"):
	        assert head[key] == theirs[key], (key, head, theirs)
	names = {r["heads"][0]["fields"].get("name") for r in living.values()}
	assert {"Choe Myong Bok", "Елена Когай", "류은남", "Ольга Цейтлина"} <= names, names
	END
    # Each reveal was an entry of the log.
    read_vault "$PASS"
    [ ! -s problems ]
}

@test "text for people has the same values" {
    "$PYTHON" "$READER" "$VAULT" <<< "$PASS" > text
    grep -q '^    name: Елена Когай$' text
    grep -q '^    other_names: Цой Мён Бок$' text
    grep -q 'person (removed)$' text
}

@test "reading changes nothing in the vault" {
    copy
    (cd copy.vault && sha256sum keys records.db) > before
    read_vault "$PASS" "$COPY"
    (cd copy.vault && sha256sum -c ../before)
    [ "$(find copy.vault -type f | wc -l)" = 2 ]
}

@test "an interrupted transaction is read as what was there before it" {
    copy
    sql <<- 'END'
	.shell true
	PRAGMA cache_size = 2;
	BEGIN;
	UPDATE open SET blob = zeroblob(30000);
	DELETE FROM pair WHERE n > 3;
	.shell cp copy.vault/records.db copy.vault/records.db-journal .
	ROLLBACK;
	END
    mv records.db records.db-journal copy.vault/
    [ -s copy.vault/records.db-journal ]
    read_vault "$PASS" "$COPY"
    [ -s copy.vault/records.db-journal ]
}

@test "a vault in use is not taken for a damaged one" {
    copy
    { echo 'BEGIN EXCLUSIVE;'; echo '.shell touch locked'; echo '.shell until [ -e done ]; do sleep 0.05; done'; } | sql 3>&- &
    until [ -e locked ]; do sleep 0.05; done
    refused 5 read_vault "$PASS" "$COPY"
    touch done
    wait
}

@test "a case passphrase reads open fields and the names of the withheld ones" {
    copy
    VAULT=$COPY
    add_case_slot
    read_vault "$OTHER"
    [ "$(records '[f for r in d for f in r["heads"][0]["fields"] if f in ("name", "other_names", "notes")]')" = '' ]
    [ "$(head_of P1 '" ".join(head["withheld"])')" = 'name other_names notes' ]
    refused 1 grep -E 'Елена|최명복|Choe' read
}

@test "a slot with a key file is read with that file, and with nothing less" {
    copy
    VAULT=$COPY
    w "$PASS" key add --tier keeper "${CHEAP[@]}" --new-key-file anna.key --new-passphrase-fd 5 5<<< "$OTHER"
    "$PYTHON" "$READER" "$VAULT" --json --key-file anna.key <<< "$OTHER" > read
    [ "$(head_of P1 'head["fields"]["name"]')" = 'Choe Myong Bok' ]
    refused 3 read_vault "$OTHER"
    head -c 64 /dev/zero > other.key
    refused 3 "$PYTHON" "$READER" "$VAULT" --key-file other.key <<< "$OTHER"
    refused 3 "$PYTHON" "$READER" "$VAULT" --key-file anna.key <<< "${OTHER}s"
}

@test "what somebody wrote whose slot was removed is read" {
    copy
    VAULT=$COPY
    add_case_slot
    echo '{"ref": "P9", "name": "Нина"}' | w "$OTHER" add person --from -
    read_vault "$PASS"                  # before a keeper has adopted it
    [ "$(head_of P9 'head["fields"]["name"]')" = Нина ]
    w "$PASS" key remove 1
    read_vault "$PASS"
    [ "$(head_of P9 'head["fields"]["name"]')" = Нина ]
    refused 3 read_vault "$OTHER"
}

@test "withheld values that a case holder added are read through intake" {
    copy
    VAULT=$COPY
    add_case_slot
    echo '{"ref": "P9", "born": "1980", "name": "Нина"}' | w "$OTHER" add person --from -
    read_vault "$OTHER"
    [ "$(head_of P9 'head["fields"].get("name", "not shown")')" = 'not shown' ]
    read_vault "$PASS"
    [ "$(head_of P9 'head["fields"]["name"]')" = Нина ]
}

# old_keys NOW WAY...: everything that the file keys.old gives to these ways in, tried on the vault that NOW opens.
old_keys() {
    printf '%s\n' "$@" > given
    run "$PYTHON" "$BATS_TEST_DIRNAME/oldkeys.py" "$VAULT" keys.old < given
    echo "$output"
}

@test "a travel copy is read with a case passphrase; no passphrase and no keys of home open a name of it" {
    copy
    VAULT=$COPY
    add_case_slot
    cp "$VAULT/keys" keys.home
    w "$PASS" travel travel.vault
    VAULT=$PWD/travel.vault
    refused 3 read_vault "$PASS"
    read_vault "$OTHER"
    [ "$(head_of P1 '" ".join(head["withheld"])')" = 'name other_names notes' ]
    refused 1 grep -E 'Елена|최명복|Choe' read
    # Names taken in on the way: sealed to the card of home, so not with anything that is here.
    echo '{"ref": "P9", "name": "Нина"}' | w "$OTHER" add person --from -
    read_vault "$OTHER"
    refused 1 grep Нина read
    cp keys.home "$VAULT/keys"
    refused 4 read_vault "$PASS"
    refused 4 read_vault "$OTHER"
}

@test "of a travel copy, what home's keys give with every passphrase and the shares opens names taken in on the way, and nothing else" {
    copy
    VAULT=$COPY
    add_case_slot
    w "$PASS" key shares --threshold 2 --count 3 -o set --accept plain-shares
    shares="shares $(cat set/share-[13].txt | grep -v '^#' | "$WITHHELD" shares combine)"
    cp "$VAULT/keys" keys.old
    w "$PASS" travel travel.vault
    VAULT=$PWD/travel.vault
    old_keys "$OTHER" "$PASS" "$OTHER" "$shares"
    # The colleague's own passphrase opens the slot that came along: that much, and to no more than the case tier.
    [ "$(sed 1d <<< "$output" | grep -v '^box 2 of slot 1 by')" = $'slot 1 by an old passphrase\nslot 1 by what the passphrase makes' ]
    [ "$(sed -n 's/^tried \([0-9]*\).*/\1/p' <<< "$output")" -gt 300 ]
    echo '{"ref": "P9", "name": "Нина"}' | w "$OTHER" add person --from -
    old_keys "$OTHER" "$OTHER"
    never grep 'as intake' <<< "$output"
    for way in "$PASS" "$shares"; do
        old_keys "$OTHER" "$way"
        grep 'as intake' <<< "$output"
        never grep -v 'as intake\|^tried' <<< "$output"
    done
}

@test "after a rekey the present keys open everything, and those of before nothing" {
    copy
    VAULT=$COPY
    add_case_slot
    cp "$VAULT/keys" keys.old
    w "$PASS" key rekey
    read_vault "$OTHER"
    read_vault "$PASS"
    [ "$(head_of P1 'head["fields"]["name"]')" = 'Choe Myong Bok' ]
    cp keys.old "$VAULT/keys"
    refused 4 read_vault "$PASS"
    refused 4 read_vault "$OTHER"
}

@test "after a rekey no key of before opens anything: of a removed volunteer, a removed keeper, or the rekeyer's own" {
    copy
    VAULT=$COPY
    add_case_slot
    w "$PASS" key add --tier keeper "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$NEXT"
    w "$PASS" key add --tier keeper "${CHEAP[@]}" --new-key-file a.key --new-passphrase-fd 5 5<<< "$FILED"
    cp "$VAULT/keys" keys.old
    # Nothing was changed yet: these tries find what is to be found.
    old_keys "$PASS" "$PASS" "$OTHER" "$NEXT" "file a.key $FILED"
    [ "$status" = 1 ]
    for what in records.db 'the epoch' 'the MAC of keys' 'log and tag key' 'keys of pack 1' 'blob keys of pack' \
            'slot 0 by what the passphrase makes' 'slot 2 by what the passphrase makes' \
            'slot 1 by an old passphrase' 'slot 3 by what the passphrase makes' 'box 2 of slot 0 by the old slot'; do
        grep -F "$what" <<< "$output"
    done
    w "$PASS" key remove 1
    w "$PASS" key remove 2
    w "$PASS" key remove 3
    # A slot taken away without a rekey: the master key is the old one, and the documents say so.
    old_keys "$PASS" "$OTHER"
    [ "$status" = 1 ]
    grep -Fx records.db <<< "$output"
    w "$PASS" key rekey
    old_keys "$PASS" "$OTHER" "$NEXT" "file a.key $FILED" "$PASS"
    # The rekeyer's passphrase is the one he still uses: his own way in, and nothing else of the old file.
    [ "$(sed 1d <<< "$output")" = $'slot 0 by an old passphrase\nslot 0 by what the passphrase makes' ]
    [ "$(sed -n 's/^tried \([0-9]*\).*/\1/p' <<< "$output")" -gt 300 ]
    # As the guide says where his own may be known: change it, then rekey. Of before both, nothing at all.
    cp "$VAULT/keys" keys.old
    w "$PASS" key change --new-passphrase-fd 5 5<<< "$THIRD"
    old_keys "$THIRD" "$PASS"
    [ "$status" = 1 ]
    w "$THIRD" key rekey
    old_keys "$THIRD" "$PASS"
    [ "$status" = 0 ]
}

@test "a passphrase that was changed is read, and the old one is not" {
    copy
    VAULT=$COPY
    w "$PASS" key change --new-passphrase-fd 5 5<<< 'ＮＥＷ passphrase for a new winter, again, twice'
    read_vault 'NEW passphrase for a new winter, again, twice'
    refused 3 read_vault "$PASS"
}

@test "a thousand records are read within seconds" {
    new_vault many "$PASS"
    {
        echo ref,name,born
        for i in {1..1000}; do echo "N$i,Name $i,1970"; done
    } > many.csv
    w "$PASS" import many.csv --as person
    SECONDS=0
    read_vault "$PASS"
    [ "$(records '[len(d)]')" = 1000 ]
    [ $SECONDS -lt 20 ]
}

@test "a wrong passphrase is refused with code 3" {
    refused 3 read_vault 'correct horse'
    refused 3 read_vault ''
    [ ! -s read ]
}

@test "a flipped byte anywhere in keys is damage, not a wrong passphrase" {
    for at in 0 17 30 50 110 130 200 2220 2300 3000 4095; do
        copy
        python copy.vault/keys $at <<- 'END'
	import sys
	path, at = sys.argv[1], int(sys.argv[2])
	with open(path, "r+b") as f:
	    data = bytearray(f.read())
	    data[at] ^= 1
	    f.seek(0)
	    f.write(data)
	END
        noticed 'keys: '
        rm -r copy.vault
    done
}

@test "a keys file with a good checksum and another MAC, epoch or filler is noticed" {
    for at in 88 2220 2300 2400; do
        copy
        python copy.vault/keys $at <<- 'END'
	import hashlib, sys
	path, at = sys.argv[1], int(sys.argv[2])
	with open(path, "r+b") as f:
	    data = bytearray(f.read())
	    data[at] ^= 1
	    data[4064:] = hashlib.blake2b(data[:4064], digest_size=32).digest()
	    f.seek(0)
	    f.write(data)
	END
        noticed 'keys: '
        rm -r copy.vault
    done
}

@test "a deleted row is noticed, in whatever table" {
    for what in 'log WHERE n = 3' 'log WHERE n = (SELECT max(n) FROM log)' 'pair WHERE n = 1' \
        'pair WHERE n = (SELECT max(n) FROM pair)' 'open WHERE n = 4' 'wrap WHERE n = 0' 'wrap WHERE n = 1' \
        'wrap WHERE n = (SELECT max(n) FROM wrap)' 'withheld WHERE n = (SELECT max(n) FROM withheld)'; do
        copy
        echo "DELETE FROM $what;" | sql
        noticed ': '
        rm -r copy.vault
    done
}

@test "swapped blobs are noticed, open and withheld and wraps" {
    for what in open.blob withheld.blob wrap.box log.sigs log.detail; do
        copy
        table=${what%.*} column=${what#*.}
        sql <<- END
	CREATE TEMP TABLE ends AS SELECT max(n) AS a, (SELECT max(n) FROM $table WHERE n < (SELECT max(n) FROM $table)) AS b
	    FROM $table;
	CREATE TEMP TABLE old AS SELECT n, $column AS x FROM $table;
	UPDATE $table SET $column = (SELECT x FROM old, ends WHERE old.n = iif($table.n = a, b, a))
	    WHERE n IN (SELECT a FROM ends UNION SELECT b FROM ends);
	END
        noticed ': '
        rm -r copy.vault
    done
}

@test "a changed byte in any column but the tags is noticed" {
    for what in log.entry log.sigs log.detail pair.ids open.blob withheld.blob wrap.box; do
        copy
        table=${what%.*} column=${what#*.}
        sql <<- END
	UPDATE $table SET $column = CAST(substr($column, 1, 12) || iif(substr($column, 13, 1) = x'41', x'42', x'41')
	    || substr($column, 14) AS BLOB) WHERE n = (SELECT max(n) FROM $table);
	END
        noticed ': '
        rm -r copy.vault
    done
}

@test "added rows and tables are noticed" {
    for what in "INSERT INTO wrap VALUES (9999, x'00');" "INSERT INTO open VALUES (9999, x'00');" \
        "INSERT INTO pair SELECT n + 1, log, ids, tags FROM pair ORDER BY n DESC LIMIT 1;" \
        'CREATE TABLE more (n INTEGER);' 'PRAGMA user_version = 99;' \
        "UPDATE open SET blob = 'text' WHERE n = 2;"; do
        copy
        echo "$what" | sql
        noticed ': '
        rm -r copy.vault
    done
}

@test "an older database or an older keys file is noticed" {
    copy
    VAULT=$COPY
    cp -r copy.vault old.vault
    w "$PASS" key change --new-passphrase-fd 5 5<<< "$PASS"
    cp -r copy.vault new.vault
    cp old.vault/keys copy.vault/keys
    noticed 'log names last'
    cp new.vault/keys copy.vault/keys
    cp old.vault/records.db copy.vault/records.db
    noticed 'log names last'
}

@test "a change of keys that was interrupted after its commit is read from keys.new" {
    copy
    VAULT=$COPY
    cp copy.vault/keys old
    w "$PASS" key change --new-passphrase-fd 5 5<<< "$NEXT"
    mv copy.vault/keys copy.vault/keys.new
    cp old copy.vault/keys
    read_vault "$NEXT"
}

@test "cbor that is not in its one form is refused" {
    python <<- 'END'
	import primitives
	good = ["00", "1818", "3b7fffffffffffffff", "1bffffffffffffffff", "4100", "63e38182", "a2000101f5", "f4",
	        "8181818181818181 00"]
	for text in good:
	    data = bytes.fromhex(text)
	    assert primitives.encode(primitives.decode(data)) == data, text
	bad = ["", "0000", "1800", "1817", "190018", "1900ff", "1a0000ffff", "1b00000000ffffffff", "1c", "1f",
	       "3b8000000000000000", "41", "5f4100ff", "5bffffffffffffffff", "61ff", "62c080", "63eda080", "7f6100ff",
	       "81", "9f00ff", "9affffffff", "a100", "a201000000", "a200000000", "a2010001", "a1800000", "bf0000ff", "c000", "f6",
	       "f7", "f0", "f814", "f93c00", "fb3ff0000000000000", "ff", "818181818181818181 00"]
	for text in bad:
	    try:
	        primitives.decode(bytes.fromhex(text))
	    except primitives.Damage:
	        continue
	    raise AssertionError(text)
	END
}

@test "x-wing gives what its draft gives" {
    # draft-connolly-cfrg-xwing-kem-09, appendix C, vectors 1 and 2; public keys and ciphertexts by their SHA3-256.
    python <<- 'END'
	from hashlib import sha3_256, sha3_512
	import nacl.bindings, xwing
	vectors = """
	7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26
	3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e235b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2
	5121745904643ad9dfacca7869292c19a8a69533b53e60666b7db910b4ad6367
	c0abd149f83f45324ac3a7ddc7606c71f257e5ea86113522834a0ee1bcb34e3e
	d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384
	badfd6dfaac359a5efbb7bcc4b59d538df9a04302e10c8bc1cbf1a0b3a5120ea
	17cda7cfad765f5623474d368ccca8af0007cd9f5e4c849f167a580b14aabdefaee7eef47cb0fca9767be1fda69419dfb927e9df07348b196691abaeb580b32d
	799b6016e5daa56ffa1b5e79f7caf73413ceecd6df428642404cac41ddee4853
	7680b7ba47ae09bac4b43001edcef9d98e50df20026e70ba6a424447e1f2b961
	f2e86241c64d60f6649fbc6c5b7d17180b780a3f34355e64a85749949c45f150
	""".split()
	for i in 0, 5:
	    seed, coins, public_hash, enc_hash, shared = map(bytes.fromhex, vectors[i:i + 5])
	    public = xwing.public_key(seed)
	    assert sha3_256(public).digest() == public_hash
	    message, public_m = coins[:32], public[:xwing.MLKEM_PUBLIC]
	    wide = sha3_512(message + sha3_256(public_m).digest()).digest()
	    enc = xwing.pke_encrypt(public_m, message, wide[32:]) + nacl.bindings.crypto_scalarmult_base(coins[32:])
	    assert sha3_256(enc).digest() == enc_hash
	    assert xwing.decapsulate(seed, enc) == shared
	    assert xwing.decapsulate(seed, bytes([enc[0] ^ 1]) + enc[1:]) != shared
	END
}

# with_files: a copy of the vault with a withheld and an open file of several pieces.
with_files() {
    copy
    VAULT=$COPY
    head -c 700001 /dev/urandom > scan.pdf
    head -c 300000 /dev/urandom > ruling.pdf
    : > nothing.txt
    w "$PASS" --quiet attach P1 scan.pdf nothing.txt
    w "$PASS" --quiet attach P1 ruling.pdf --open
    w "$PASS" --quiet edit P1 born=1963
}

@test "files are read, every byte of them, and compared with their hashes" {
    with_files
    read_vault "$PASS"
    [ ! -s problems ]
    run head_of P1 '[(f["name"], f["size"]) for f in head["fields"]["files"]]'
    [ "$output" = "[('scan.pdf', 700001), ('nothing.txt', 0), ('ruling.pdf', 300000)]" ]
    run head_of P1 'head["fields"]["files"][0]["sha256"]'
    [ "$output" = "$(sha256sum < scan.pdf | cut -d' ' -f1)" ]
    add_case_slot
    read_vault "$OTHER"
    run head_of P1 '[f["name"] for f in head["fields"]["files"]]'
    [ "$output" = "['ruling.pdf']" ]
}

@test "a piece that is missing, swapped, changed or of nothing is noticed" {
    with_files
    cp "$COPY/records.db" whole.db
    local first
    sql <<< 'SELECT min(n) FROM open_chunk;'
    first=$(tail -n 1 sql.out)
    sql <<< "DELETE FROM open_chunk WHERE n = $first + 1;"
    noticed 'piece 1 of a file is missing'
    cp whole.db "$COPY/records.db"
    sql <<< "UPDATE open_chunk SET data = zeroblob(length(data)) WHERE n = $first;"
    noticed 'does not open'
    cp whole.db "$COPY/records.db"
    sql <<< "UPDATE open_chunk SET data = substr(data, 2) WHERE n = $first;"
    noticed 'wrong length'
    cp whole.db "$COPY/records.db"
    sql <<< "INSERT INTO withheld_chunk SELECT n + 1000, data FROM withheld_chunk LIMIT 1;"
    noticed 'withheld_chunk: belongs to nothing'
    cp whole.db "$COPY/records.db"
    sql <<< "UPDATE withheld_chunk SET n = n + 1 WHERE n = (SELECT max(n) FROM withheld_chunk);"
    noticed 'of a file is missing'
}

@test "handoffs stand in the log, with names and without, of a keeper and of a case holder" {
    copy
    VAULT=$COPY
    add_case_slot
    "$WITHHELD" -q age keygen -o key.txt > key.pub
    w "$PASS" handoff send P1 --plain --accept send --with-names --to "$(cat key.pub)" -o one.age
    w "$PASS" handoff send P1 --plain --accept send --to "$(cat key.pub)" -o two.age
    w "$OTHER" handoff send P1 --plain --accept send --to "$(cat key.pub)" -o three.age
    read_vault "$PASS"
    [ ! -s problems ]
    run w "$PASS" check --deep
    [ "$status" = 0 ]
}
