# backup and restore: there and back, what continues what, parts, and what is refused.

load helpers
load data/more
load ../fault/helpers

CASE='bishop agency alto involve clinic knit'

setup_file() {
    cd "$BATS_FILE_TMPDIR" && small_vault
    ok key add --tier case --new-passphrase-fd 5 5<<< "$CASE"
}

setup() {
    common_setup
    take base
}

# back CODE FILE VAULT [OPTION...]: restore, which must end with this code.
back() {
    local want=$1
    shift
    raw "$want" "$WITHHELD" --no-input --passphrase-fd 4 restore "$@" 4<<< "$PASS"
}

# content VAULT FILE: everything it holds, sorted, revealed.
content() {
    local VAULT=$1
    rm -rf plain
    ok --quiet dump plain --reveal || return 1
    cat plain/*.jsonl | LC_ALL=C sort > "$2"
    rm -rf plain
}

# nothing_but NAME...: the folder holds these alone, hidden files too. (out and err are the tests' own.)
nothing_but() {
    local names
    names=$(find . -mindepth 1 -maxdepth 1 ! -name out ! -name err ! -name before ! -name after -printf '%f\n' | LC_ALL=C sort | tr '\n' ' ')
    [ "$names" = "$(printf '%s\n' "$@" | LC_ALL=C sort | tr '\n' ' ')" ] || { echo "there is: $names"; return 1; }
}

# cut FILE BYTES: that many are missing at its end.
cut_short() { truncate -s "-$2" "$1"; }

@test "there and back: the same content, checked, and the log tells of both" {
    ok backup one.backup
    [ ! -s out ]
    err 'read back completely'
    [ "$(stat -c %a one.backup)" = 600 ]
    content "$VAULT" was
    back 0 one.backup back.vault
    err 'full backup'
    err 'passphrase (keeper), 64 MiB'
    err 'passphrases of that time'
    content back.vault is
    diff was is
    VAULT=back.vault
    ok check
    ok log --json
    holds '[e["action"] for e in d if e["action"] != "dump-names"][-2:] == ["backup", "restore"]' \
        'd[-2]["detail"]["number"] == [e for e in d if e["action"] == "backup"][-1]["number"]' \
        'd[-2]["detail"]["head"] == [e for e in d if e["action"] == "backup"][-1]["hash"]'
    [ "$(stat -c %a back.vault)" = 700 ]
    [ "$(ls back.vault)" = $'keys\nrecords.db' ]
}

@test "the words that restore tells are those of the vault, before a passphrase is asked for" {
    ok backup one.backup
    raw 2 "$WITHHELD" --no-input restore one.backup back.vault < /dev/null
    grep -E '^  ([a-z]+ ){11}[a-z]+$' err > words
    [ ! -e back.vault ]
    raw 3 "$WITHHELD" --no-input --passphrase-fd 4 restore one.backup back.vault 4<<< 'some other words 55'
    grep -qxF "$(< words)" err
    err 'slot 0'
    nothing_but one.backup v.vault words
}

@test "--json: one document, and what can be compared with the log" {
    ok backup one.backup --json
    holds 'd["file"] == "one.backup"' 'd["since"] is None' 'd["parts"] == 1' 'len(d["id"]) == 32' \
        "d['bytes'] == $(stat -c %s one.backup)"
    jget 'd["log_head"]' > head
    back 0 one.backup back.vault --json
    [ ! -s err ]
    holds 'd["vault"] == "back.vault"' "d['log_head'] == '$(< head)'" 'd["files"] == 1' 'd["records"] == 7'
    back 2 one.backup back.vault --json
    "$PYTHON" -c 'import json; assert json.load(open("err"))["error"]["code"] == 2'
}

@test "a case passphrase backs up and restores, and opens nothing more by it" {
    PASS=$CASE ok backup one.backup
    PASS=$CASE back 0 one.backup back.vault
    err 'could not be verified with this passphrase'
    VAULT=back.vault
    PASS=$CASE ok show K-1
    PASS=$CASE exits 6 show K-1 --reveal
    ok show K-1 --reveal
    ok check
}

@test "--since: only what is new, in a chain that is found by itself" {
    local one two
    ok backup one.backup
    ok add person ref=N-1 residence=Omsk
    ok backup two.backup --since one.backup
    err 'keep it in one folder with one.backup'
    PASS=$CASE ok add person --from - <<< '{"ref":"N-2","name":"Kim Chol"}'
    PASS=$CASE ok backup three.backup --since two.backup
    ok edit N-2 residence=Tomsk             # and what the caseworker took in is adopted
    ok backup four.backup --since three.backup
    one=$(stat -c %s one.backup)
    two=$(stat -c %s two.backup)
    [ "$two" -lt "$one" ]
    content "$VAULT" was
    mkdir stick
    mv four.backup stick/new-name
    mv one.backup stick/old-name
    mv two.backup three.backup stick
    back 0 stick/new-name back.vault --json
    holds 'd["files"] == 4'
    content back.vault is
    diff was is
    VAULT=back.vault ok check
    # to any point of it
    back 0 stick/two.backup earlier.vault --json
    holds 'd["files"] == 2'
    VAULT=earlier.vault ok show N-1
    VAULT=earlier.vault exits 7 show N-2
    # and from there on
    VAULT=back.vault ok backup five.backup --since stick/new-name
    # one that is missing is told, and nothing is left
    rm stick/two.backup
    back 7 stick/new-name other.vault
    err 'is not in its folder'
    [ ! -e other.vault ]
    nothing_but v.vault back.vault earlier.vault stick was is five.backup
}

@test "attachments: in a full one, and only the new ones in what continues it" {
    local name
    head -c 700000 /dev/urandom > old-scan
    head -c 300000 /dev/urandom > new-scan
    printf '' > empty
    ok attach K-1 old-scan empty
    ok attach K-1 old-scan --open --name open-scan
    ok backup one.backup
    ok attach K-1 new-scan
    ok attach K-1 new-scan --open --name open-new
    ok detach K-1 old-scan
    ok backup two.backup --since one.backup
    [ "$(stat -c %s one.backup)" -gt 1400000 ]
    [ "$(stat -c %s two.backup)" -gt 600000 ]
    [ "$(stat -c %s two.backup)" -lt 900000 ]
    back 0 one.backup one.vault
    back 0 two.backup two.vault
    VAULT=one.vault
    ok check
    ok extract K-1 old-scan -o got
    cmp old-scan got
    VAULT=two.vault
    ok check
    for name in new-scan open-new; do
        rm got
        ok extract K-1 "$name" -o got
        cmp new-scan got
    done
    rm got
    ok extract K-1 open-scan -o got
    cmp old-scan got
    ok extract K-1 empty -o got-empty
    [ ! -s got-empty ]
    # and it goes on from there
    ok attach K-1 empty --name another
    ok backup three.backup --since two.backup
    [ "$(stat -c %s three.backup)" -lt 100000 ]
    back 0 three.backup three.vault
    VAULT=three.vault ok check
}

@test "--since after a rekey, or of another vault: refused, with the way out" {
    ok backup one.backup
    ok key rekey --accept rekey 2> /dev/null || ok key rekey
    exits 6 backup two.backup --since one.backup
    sentence
    err 'full backup'
    [ ! -e two.backup ]
    ok backup two.backup
    back 0 two.backup back.vault
    "$WITHHELD" --quiet --passphrase-fd 4 init other.vault "${CHEAP[@]}" 4<<< "$PASS"
    VAULT=other.vault exits 2 backup three.backup --since one.backup
    sentence
    err 'another vault'
    exits 7 backup three.backup --since no-such.backup
    sentence
    exits 2 backup three.backup --since v.vault/keys
    sentence
    nothing_but one.backup two.backup v.vault back.vault other.vault
}

@test "a damaged vault: backed up, but not called done; restore takes it only as it is, for repair" {
    raw_key "$PASS"
    sql 'DELETE FROM withheld WHERE n = (SELECT n FROM withheld ORDER BY n DESC LIMIT 1 OFFSET 1);'
    exits 4 backup one.backup
    err 'read back completely'
    err 'the vault has 1 problem'
    [ -f one.backup ]
    exits 4 backup two.backup --json
    holds 'd["problems"] == 1' 'd["file"] == "two.backup"'
    ok status --json
    holds 'd["last_backup"] is None'
    ok log --json
    holds 'not [e for e in d if e["action"] == "backup-done"]'
    back 4 one.backup back.vault
    err 'damaged when it was backed up'
    err 'accept damaged'
    nothing_but one.backup sql.out two.backup v.vault
    back 0 one.backup back.vault --accept damaged
    err 'it has 1 problem'
    VAULT=back.vault exits 4 check
    VAULT=back.vault exits 4 repair saved.vault
    VAULT=saved.vault ok check
    VAULT=back.vault ok log --json
    holds '"damaged" in str(d[-1])'
}

@test "--since of a backup of before a repair that lost something: refused; a full one goes back" {
    ok backup old.backup
    raw_key "$PASS"
    sql 'DELETE FROM withheld WHERE n = (SELECT n FROM withheld ORDER BY n DESC LIMIT 1 OFFSET 1);'
    exits 4 repair saved.vault
    VAULT=$PWD/saved.vault
    exits 6 backup new.backup --since old.backup
    sentence
    err 'repaired'
    ok backup new.backup
    back 0 new.backup back.vault
    content saved.vault was
    content back.vault is
    diff was is
    # From here on it goes on.
    ok add case title=after
    ok backup next.backup --since new.backup
    back 0 next.backup next.vault
}

@test "--since with a log that went another way: refused" {
    cp -a v.vault twin.vault
    VAULT=twin.vault ok add person ref=T-1
    VAULT=twin.vault ok backup twin.backup
    ok add person ref=V-1
    exits 2 backup one.backup --since twin.backup
    sentence
    err 'full backup'
}

@test "what was removed and what the passphrase was: a backup keeps its time" {
    ok backup one.backup
    ok --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< 'armed dictate iris minister explain peasant'
    ok_new() { PASS='armed dictate iris minister explain peasant' ok "$@"; }
    ok_new rm K-1
    ok_new backup two.backup --since one.backup
    PASS='armed dictate iris minister explain peasant' back 3 one.backup a.vault
    back 0 one.backup a.vault
    VAULT=a.vault ok show K-1
    # the last one tells which passphrase it wants
    back 3 two.backup b.vault
    PASS='armed dictate iris minister explain peasant' back 0 two.backup b.vault
    VAULT=b.vault
    ok_new check
}

@test "--split: parts of that size, whole again by any of their names" {
    "$PYTHON" -c '
print("ref,residence,notes")
for i in range(2500): print("R-%d,Town %d,%s" % (i, i, "came over the river " * 40))' > many.csv
    ok import many.csv --as person
    ok backup big.backup --split 1M
    [ "$(stat -c %s big.backup.001)" = 1048576 ]
    [ -e big.backup.002 ]
    [ ! -e big.backup ]
    content "$VAULT" was
    back 0 big.backup a.vault
    content a.vault is
    diff was is
    back 0 big.backup.001 b.vault
    # a pure cut
    cat big.backup.0* > whole
    back 0 whole c.vault
    content c.vault is
    diff was is
    # missing and short parts are named
    last=$(printf '%s\n' big.backup.0* | tail -n 1)
    mv "$last" kept
    back 4 big.backup d.vault
    err "$last is missing"
    mv kept "$last"
    cut_short big.backup.002 1
    back 4 big.backup d.vault
    err big.backup.002
    sentence_last
    mv big.backup.001 kept
    back 4 big.backup.002 d.vault
    err 'big.backup.001 is missing'
    back 4 big.backup d.vault
    err 'big.backup.001 is missing'
    [ ! -e d.vault ]
}
sentence_last() { [ "$(grep -c '^withheld: ' err)" -ge 1 ] && [ ! -s out ]; }

@test "--split wants a size" {
    local size
    for size in 0 1 1023K x 1T -5M '' 99999999999999G 1.5G; do
        exits 2 backup one.backup --split "$size" || { echo "size $size"; return 1; }
        sentence
    done
    nothing_but v.vault
    ok backup one.backup --split 1024k
    [ -e one.backup.001 ]
}

@test "nothing is ever overwritten" {
    echo mine > one.backup
    refuses 2 backup one.backup
    [ "$(< one.backup)" = mine ]
    rm one.backup
    echo mine > one.backup.004
    exits 2 backup one.backup --split 1M
    sentence
    exits 2 backup one.backup.001
    exits 2 backup .
    exits 7 backup no/such/folder
    sentence
    ln -s /dev/null link
    exits 2 backup link
    nothing_but v.vault one.backup.004 link
    ok backup two.backup
    mkdir there.vault
    back 2 two.backup there.vault
    sentence
    back 2 two.backup there
    rmdir there.vault
    back 0 two.backup there.vault/
}

@test "a backup that is cut short, damaged or something else: one sentence, and nothing is left" {
    local size at
    ok backup one.backup
    size=$(stat -c %s one.backup)
    for at in 0 1 16 4000 4224 4225 4240 4241 5000 $((size - 17)) $((size - 1)); do
        cp one.backup bad.backup
        truncate -s "$at" bad.backup
        back 4 bad.backup bad.vault || { echo "cut to $at"; return 1; }
        err 'bad.backup is'
        never grep -q 'passphrase does not' err
        nothing_but v.vault one.backup bad.backup
        rm bad.backup
    done
    for at in 3 20 30 100 4200 4300 $((size - 1)); do
        cp one.backup bad.backup
        "$PYTHON" -c '
import sys
with open("bad.backup", "r+b") as f:
    f.seek(int(sys.argv[1])); b = f.read(1)[0]; f.seek(int(sys.argv[1])); f.write(bytes([b ^ 4]))' "$at"
        back 4 bad.backup bad.vault || { echo "changed at $at"; return 1; }
        nothing_but v.vault one.backup bad.backup
        rm bad.backup
    done
    cat one.backup one.backup > bad.backup
    back 4 bad.backup bad.vault
    echo 'not one at all, but long enough to look at' > bad.backup
    back 2 bad.backup bad.vault
    err 'is not a backup'
    back 7 no-such.backup bad.vault
    sentence
    back 2 v.vault bad.vault
    back 2 /dev/zero bad.vault
    mkfifo pipe
    back 2 pipe bad.vault
    nothing_but v.vault one.backup bad.backup pipe
}

@test "--second is another copy" {
    ok backup one.backup
    ok status --json
    jget 'd["copy_id"]' > copy
    back 0 one.backup same.vault --json
    holds "d['copy_id'] == '$(< copy)'"
    back 0 one.backup second.vault --second --json
    holds "d['copy_id'] != '$(< copy)'"
    jget 'd["copy_id"]' > copy
    VAULT=second.vault ok status --json
    holds "d['copy_id'] == '$(< copy)'"
    VAULT=second.vault ok check
}

@test "a vault with shares and a key file: what opens it opens the backup" {
    head -c 64 /dev/urandom > token
    ok key add --tier keeper --new-key-file token --new-passphrase-fd 5 5<<< 'daughter metric lips secret mayor theater'
    ok key shares --threshold 2 --count 3 -o shares --accept plain-shares
    ok backup one.backup
    PASS='daughter metric lips secret mayor theater' back 3 one.backup a.vault
    raw 0 "$WITHHELD" --no-input --passphrase-fd 4 --key-file token restore one.backup a.vault 4<<< 'daughter metric lips secret mayor theater'
    cat shares/* | grep -E '^([a-z]+ ){32}[a-z]+$' > some
    raw 0 "$WITHHELD" --no-input --shares-fd 4 restore one.backup b.vault 4< some
    err 'shares (keeper)'
    raw 7 "$WITHHELD" --no-input --passphrase-fd 4 --slot 5 restore one.backup c.vault 4<<< "$PASS"
    sentence_last
}

@test "status: the last backup that was finished, and a warning where there is none" {
    ok status --json
    holds 'd["last_backup"] is None' 'len([w for w in d["warnings"] if "backup" in w]) == 1'
    ok status
    grep -q 'warning .*backup' out
    exits 7 backup no/such/folder
    ok backup one.backup
    ok status --json
    holds 'd["last_backup"] is not None' 'not [w for w in d["warnings"] if "backup" in w]'
}

@test "a backup that is interrupted leaves nothing, and does not count" {
    "$PYTHON" -c '
print("ref,residence,notes")
for i in range(4000): print("R-%d,Town %d,%s" % (i, i, "came over the river " * 40))' > many.csv
    ok import many.csv --as person
    ok log head --json
    cp out head
    # stopped as soon as its file is seen
    "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 backup one.backup > out 2> err 4<<< "$PASS" &
    pid=$!
    until ls .withheld-* > /dev/null 2>&1 || ! kill -0 $pid 2> /dev/null; do :; done
    kill -TERM $pid 2> /dev/null || true
    code=0
    wait $pid || code=$?
    [ $code != 0 ] || skip 'it was faster'
    [ $code = 130 ]
    sentence
    nothing_but v.vault many.csv head
    ok status --json
    holds 'd["last_backup"] is None'
    ok check
}

@test "in a shell, into its folder" {
    mkdir files
    ok shell --files files <<< $'backup files/one.backup\nadd person ref=S-1\nbackup files/two.backup --since files/one.backup\nbackup elsewhere.backup' || true
    [ -e files/two.backup ]
    [ ! -e elsewhere.backup ]
    back 0 files/two.backup back.vault
    VAULT=back.vault ok show S-1
}

@test "a travel copy is backed up and restored like any other" {
    ok travel t.vault
    PASS=$CASE
    VAULT=t.vault
    ok backup one.backup
    back 0 one.backup u.vault
    VAULT=u.vault ok check
    VAULT=u.vault ok list
}
