# Attachments: in, out, looked at, and everything that is refused.

bats_require_minimum_version 1.5.0
load helpers

CASE=$OTHER

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault files "$PASS"
    w "$PASS" --quiet key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$CASE"
    w "$PASS" add person ref=K-1 born=1970
    w "$PASS" add case ref=C-1 title=Asylum
}

# A copy of that vault, and some files.
setup() {
    common_setup
    cp -r "$BATS_FILE_TMPDIR/files.vault" .
    VAULT=$PWD/files.vault
    head -c 700000 /dev/urandom > scan.pdf
    printf 'Zeugin: Brunhildequux\n' > statement.txt
    head -c 1048577 /dev/urandom > ruling.bin
}

@test "files go in and come out, byte for byte" {
    run --separate-stderr w "$PASS" attach K-1 scan.pdf statement.txt
    [ "$status" = 0 ]
    [ "${#output}" = 26 ]
    w "$PASS" attach K-1 ruling.bin --open --name 'Ruling of May.bin'
    mkdir out
    cd out
    w "$PASS" extract K-1 scan.pdf
    cmp scan.pdf ../scan.pdf
    [ "$(stat -c %a scan.pdf)" = 600 ]
    w "$PASS" extract K-1 '#2' -o two
    cmp two ../statement.txt
    w "$PASS" extract K-1 'Ruling of May.bin' -o - > three
    cmp three ../ruling.bin
    run ls -A
    [ "$output" = $'scan.pdf\nthree\ntwo' ]
    w "$PASS" check
}

@test "show lists them, by tier; a case passphrase learns number and tier of withheld ones and no more" {
    w "$PASS" attach K-1 scan.pdf
    w "$PASS" attach K-1 statement.txt --open
    run w "$PASS" show K-1
    says '#1  [withheld]'
    says '#2  statement.txt  22 bytes  (open)'
    run w "$PASS" show K-1 --json
    json 'd["attachments"][0]["name"] is None and d["attachments"][0]["size"] is None'
    json '[a["tier"] for a in d["attachments"]] == ["withheld", "open"]'
    run w "$PASS" show K-1 --reveal --json
    json '[(a["name"], a["size"]) for a in d["attachments"]] == [("scan.pdf", 700000), ("statement.txt", 22)]'
    json '"files" not in d["fields"]'
    run w "$CASE" show K-1 --json
    json 'd["attachments"][0] == {"number": 1, "field": "files", "name": None, "size": None, "type": None, "sha256": None, "tier": "withheld"}'
    w "$CASE" extract K-1 statement.txt -o open.txt
    cmp open.txt statement.txt
    refused 6 w "$CASE" extract K-1 '#1' -o no.pdf
    refused 7 w "$CASE" extract K-1 scan.pdf -o no.pdf
    [ ! -e no.pdf ]
}

@test "who holds a case passphrase adds withheld ones, and only a keeper reads them back" {
    w "$CASE" attach K-1 statement.txt
    refused 6 w "$CASE" extract K-1 '#1' -o no.txt
    w "$PASS" extract K-1 statement.txt -o back.txt
    cmp back.txt statement.txt
    w "$PASS" check
}

@test "search finds them by name, withheld ones for a keeper" {
    cp scan.pdf Brunhildequux.pdf
    w "$PASS" attach K-1 Brunhildequux.pdf
    w "$PASS" attach C-1 ruling.bin --open --name 'Ruling of May.bin'
    run --separate-stderr w "$PASS" search --json <<< brunhildequux.PDF
    json '[(x["field"], x["why"]) for x in d] == [("files", "found in files (withheld)")]'
    run --separate-stderr w "$CASE" search --json <<< brunhildequux
    json 'd == []'
    local pass
    for pass in "$PASS" "$CASE"; do
        run --separate-stderr w "$pass" search --json <<< 'ruling asylum'
        json '[(x["field"], x["why"]) for x in d] == [("files", "found in files"), ("title", "found in title")]'
    done
    run --separate-stderr w "$PASS" search --field files --json <<< ruling
    json 'len(d) == 1'
    refused 6 w "$CASE" search --field files <<< ruling
    w "$PASS" detach K-1 Brunhildequux.pdf
    run --separate-stderr w "$PASS" search --json <<< brunhildequux
    json 'd == []'
}

@test "detach, and revert" {
    w "$PASS" attach K-1 scan.pdf statement.txt
    local with
    run w "$PASS" show K-1 --json
    with=$("$PYTHON" -c 'import json, sys; print(json.loads(sys.argv[1])["revision"])' "$output")
    w "$PASS" detach K-1 scan.pdf
    refused 7 w "$PASS" extract K-1 scan.pdf -o no.pdf
    run w "$PASS" history K-1
    says detach
    w "$PASS" revert K-1 "$with"
    w "$PASS" extract K-1 scan.pdf -o back.pdf
    cmp back.pdf scan.pdf
    run w "$PASS" status --json
    json 'd["attachments"] == 2'
}

@test "--rev: one that an older revision has" {
    w "$PASS" attach K-1 scan.pdf
    w "$PASS" attach K-1 ruling.bin --open
    run w "$PASS" show K-1 --json
    local rev
    rev=$("$PYTHON" -c 'import json, sys; print(json.loads(sys.argv[1])["revision"])' "$output")
    w "$PASS" detach K-1 scan.pdf
    w "$PASS" detach K-1 ruling.bin
    refused 7 w "$PASS" extract K-1 scan.pdf -o old.pdf
    w "$PASS" extract K-1 scan.pdf -o old.pdf --rev "${rev:0:8}"
    cmp old.pdf scan.pdf
    w "$CASE" extract K-1 ruling.bin -o old.bin --rev "$rev"
    cmp old.bin ruling.bin
    refused 6 w "$CASE" extract K-1 '#1' -o no --rev "$rev"
    refused 7 w "$PASS" extract K-1 scan.pdf -o no --rev 00000000
    refused 2 w "$PASS" extract K-1 scan.pdf -o no --rev x
    [ ! -e no ]
    run w "$PASS" log --json
    json "[e['detail']['revision'] for e in d if e['action'].startswith('extract')] == ['$rev'] * 2"
    memory_here
    w "$PASS" view K-1 scan.pdf --rev "$rev" < /dev/null
    w "$PASS" purge K-1 --rev "$rev" --yes
    refused 7 w "$PASS" extract K-1 scan.pdf -o no --rev "$rev"
    refused 7 w "$PASS" extract K-1 '#1' -o no --rev "$rev"
    says 'was purged'
    [ ! -e no ]
}

@test "--json as add has it" {
    run --separate-stderr w "$PASS" attach K-1 scan.pdf --json
    json 'set(d) == {"id", "revision", "similar"}'
    run --separate-stderr w "$PASS" extract K-1 scan.pdf -o x --json
    json 'd["name"] == "scan.pdf" and d["size"] == 700000 and d["path"] == "x" and d["type"] == "application/pdf"'
    [ "$(sha256sum < x)" = "$("$PYTHON" -c 'import json, sys; print(json.loads(sys.argv[1])["sha256"])' "$output")  -" ]
}

@test "--move removes the files, and says what that does not reach" {
    run w "$PASS" attach K-1 scan.pdf statement.txt --move
    [ "$status" = 0 ]
    says 'flash memory'
    says backups
    [ ! -e scan.pdf ]
    [ ! -e statement.txt ]
    ln ruling.bin other.bin
    refused 2 w "$PASS" attach K-1 ruling.bin --move
    [ -e ruling.bin ]
}

@test "files of the vault itself are refused, whatever leads there; with --move those of any vault" {
    new_vault second "$PASS"
    VAULT=$PWD/files.vault
    mkdir files.vault/sub copy
    echo x > files.vault/sub/own
    echo x > files.vault/keys.new.txt
    ln -s files.vault alias
    ln -s files.vault/records.db db
    ln files.vault/keys twin
    cp -r second.vault/. copy
    echo x > copy/other
    find files.vault second.vault copy -type f -exec sha256sum {} + > before
    local name move
    for name in files.vault/keys files.vault/records.db files.vault/../files.vault/keys alias/records.db db twin \
        files.vault/sub/own files.vault/keys.new.txt "$PWD/files.vault/records.db"; do
        for move in '' --move; do
            refused 6 w "$PASS" attach K-1 "$name" $move
            says 'belongs to the vault itself'
        done
    done
    cd files.vault
    refused 6 w "$PASS" attach K-1 records.db --move
    cd ..
    for name in second.vault/keys second.vault/records.db copy/keys copy/other; do
        refused 6 w "$PASS" attach K-1 "$name" --move
        says 'the folder of a vault'
    done
    # What an import names.
    printf '{"ref":"X-1","files":[{"value":"records.db","sha256":"%s"}]}\n' "$(sha256sum < files.vault/records.db | cut -d' ' -f1)" > row.jsonl
    ln files.vault/records.db records.db
    refused 6 w "$PASS" import row.jsonl --as person
    refused 6 w "$PASS" import files.vault/records.db --as person --format json
    sha256sum -c --quiet before
    w "$PASS" attach K-1 second.vault/keys
    w "$PASS" check
}

@test "what is no file, what is not there, a name that is not allowed" {
    mkdir folder
    mkfifo pipe
    refused 2 w "$PASS" attach K-1 folder
    says 'is a folder'
    refused 2 w "$PASS" attach K-1 pipe
    refused 2 w "$PASS" attach K-1 /dev/null
    refused 7 w "$PASS" attach K-1 missing
    local name
    for name in . .. a/b 'a\b' CON nul.txt 'dot.' 'blank ' $'line\nend' ''; do
        refused 2 w "$PASS" attach K-1 scan.pdf --name "$name"
    done
    refused 2 w "$PASS" attach K-1 scan.pdf statement.txt --name both
    refused 2 w "$PASS" attach K-1 scan.pdf --field notes
    refused 2 w "$PASS" attach K-1
    refused 7 w "$PASS" attach nobody scan.pdf
    run w "$PASS" show K-1 --json
    json 'd["attachments"] == []'
}

@test "one that is refused takes all others of the command with it" {
    refused 7 w "$PASS" attach K-1 scan.pdf missing
    cp scan.pdf NUL.pdf
    refused 2 w "$PASS" attach K-1 scan.pdf NUL.pdf
    run w "$PASS" show K-1 --json
    json 'd["attachments"] == []'
    run w "$PASS" log --json
    json 'not any(e["action"] == "attach" for e in d)'
}

@test "a name used twice" {
    w "$PASS" attach K-1 scan.pdf
    refused 8 w "$PASS" attach K-1 scan.pdf
    mkdir other
    cp scan.pdf other
    refused 8 w "$PASS" attach C-1 scan.pdf other/scan.pdf
    w "$CASE" attach K-1 scan.pdf           # who does not know the withheld names cannot avoid them
    refused 8 w "$PASS" extract K-1 scan.pdf -o no.pdf
    says '#2'
    w "$PASS" extract K-1 '#2' -o two.pdf
    cmp two.pdf scan.pdf
}

@test "a file of zero bytes is stored, and said to be empty" {
    : > nothing
    run w "$PASS" attach K-1 nothing
    [ "$status" = 0 ]
    says empty
    w "$PASS" extract K-1 nothing -o back
    [ -f back ]
    [ ! -s back ]
}

@test "a file that changes while it is read is not attached" {
    head -c 60000000 /dev/zero > growing
    ( until [ -s "$VAULT/records.db-journal" ]; do sleep 0.01; done; echo more >> growing ) &
    refused 1 w "$PASS" attach K-1 growing
    says 'changed while it was read'
    wait
    run w "$PASS" show K-1 --json
    json 'd["attachments"] == []'
    w "$PASS" check
}

@test "an output that is there is left alone, whatever it is" {
    w "$PASS" attach K-1 scan.pdf
    echo old > there
    ln -s nowhere link
    mkdir folder
    local name
    for name in there link folder; do
        refused 2 w "$PASS" extract K-1 scan.pdf -o "$name"
    done
    [ "$(cat there)" = old ]
    [ ! -e nowhere ]
    refused 2 w "$PASS" extract K-1 scan.pdf
    refused 7 w "$PASS" extract K-1 scan.pdf -o no/such/folder
    refused 2 w "$PASS" extract K-1 scan.pdf -o - --json
    run w "$PASS" log --json
    json 'not any("extract" in e["action"] for e in d)'
}

@test "an extract that is killed leaves a file that tells it is plaintext, and the next one wipes it" {
    head -c 60000000 /dev/urandom > large
    w "$PASS" attach K-1 large statement.txt
    mkdir out other
    cp -r files.vault free.vault            # the other one is in use meanwhile
    cd out
    "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 extract K-1 large 4<<< "$PASS" > /dev/null 2> ../said 3>&- &
    local pid=$!
    STOPPED=$pid
    # Not before it writes: in the moment before it has locked the file, another one may take it, and it begins anew.
    until [ "$(cat .withheld-* 2> /dev/null | head -c 1 | wc -c)" = 1 ] || ! kill -0 $pid; do :; done
    kill -STOP $pid
    local left
    left=$(ls -A)
    VAULT=${VAULT%/*}/free.vault
    [[ $left =~ ^\.withheld-plain-[0-9a-f]{16}$ ]]
    # While it lives nobody touches it.
    run w "$PASS" extract K-1 statement.txt
    [ "$status" = 0 ]
    [[ $output != *'was killed'* ]]
    [ -e "$left" ]
    kill -KILL $pid
    wait $pid || true
    [ -e "$left" ]
    exec 7< "$left"
    # What only looks like one, has another name as well, or lies elsewhere.
    echo mine > .withheld-plain-0
    echo mine > .withheld-plain-0123456789abcdeX
    echo mine > complete
    ln complete .withheld-plain-0123456789abcdef
    cp "$left" ../other
    run w "$PASS" extract K-1 statement.txt -o again
    [ "$status" = 0 ]
    says '2 unencrypted files that an `extract` which was killed had left'
    never grep -q '[^[:cntrl:]]' <(tr -d '\0' <&7)
    exec 7<&-
    run ls -A
    [ "$output" = $'.withheld-plain-0\n.withheld-plain-0123456789abcdeX\nagain\ncomplete\nstatement.txt' ]
    [ "$(cat complete)" = mine ]
    [ -e "../other/$left" ]
}

@test "extract says that it lies readable on a disk now, and not where it is memory" {
    w "$PASS" attach K-1 scan.pdf
    if [ "$(stat -f -c %T .)" != tmpfs ]; then
        run w "$PASS" extract K-1 scan.pdf -o a.pdf
        says 'readable on that disk'
    fi
    [ "$(stat -f -c %T /dev/shm)" = tmpfs ] || skip 'no tmpfs here'
    local to=/dev/shm/withheld-test-$$
    run w "$PASS" extract K-1 scan.pdf -o $to
    cmp $to scan.pdf
    rm $to
    [ "$output" = '' ]
}

@test "extract says so of standard output, too, where that is a file on a disk; also when it fails" {
    [ "$(stat -f -c %T .)" != tmpfs ] || skip 'no disk here'
    w "$PASS" attach K-1 ruling.bin statement.txt
    w "$PASS" extract K-1 ruling.bin -o - > out.bin 2> said
    cmp out.bin ruling.bin
    grep -q 'the content now lies readable on that disk' said
    echo before > appended
    w "$PASS" extract K-1 statement.txt -o - >> appended 2> said
    grep -q 'readable on that disk' said
    w "$PASS" extract K-1 ruling.bin -o - 2> said | cmp - ruling.bin
    [ ! -s said ]
    if [ "$(stat -f -c %T /dev/shm)" = tmpfs ]; then
        MEMORY=$(mktemp -d -p /dev/shm)
        w "$PASS" extract K-1 ruling.bin -o - > "$MEMORY/out" 2> said
        [ ! -s said ]
    fi
    local code=0
    w "$PASS" extract K-1 nothing -o - > none 2> said || code=$?
    [ $code = 7 ]
    never grep -q 'that disk' said                  # there is nothing
    "$PYTHON" -c '
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(-400000, 2)
    f.write(bytes(100))' "$VAULT/records.db"
    code=0
    w "$PASS" extract K-1 ruling.bin -o - > half 2> said || code=$?
    [ $code = 4 ]
    [ -s half ]                                     # all that is before the damage (unit/test_relay), and only that
    cmp -n "$(stat -c %s half)" half ruling.bin
    grep -q 'what came out before the error lies readable on that disk' said
}

@test "damage is found, and nothing is left of what came out" {
    w "$PASS" attach K-1 ruling.bin
    "$PYTHON" -c '
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(-400000, 2)
    f.write(bytes(100))' "$VAULT/records.db"
    refused 4 w "$PASS" extract K-1 ruling.bin -o out.bin
    [ ! -e out.bin ]
    run ls -A
    [[ $output != *.withheld-* ]]
}

@test "check --deep says how much was compared, and a case passphrase what it could not" {
    w "$PASS" attach K-1 scan.pdf
    w "$PASS" attach K-1 ruling.bin --open
    run w "$PASS" check --deep
    [ "$status" = 0 ]
    says 'ok: nothing is wrong'
    says '2 attachments read and compared (1748577 bytes)'
    run w "$CASE" check --deep
    [ "$status" = 0 ]
    says '1 attachment read and compared (1048577 bytes)'
    says 'what withheld attachments contain'
    run --separate-stderr w "$PASS" check --deep --json
    json 'd == {"ok": True, "problems": []}'
    # One that a case passphrase sealed and no keeper has adopted yet.
    w "$CASE" attach K-1 statement.txt
    run w "$PASS" check --deep
    [ "$status" = 0 ]
    says '3 attachments read and compared (1748599 bytes)'
    "$PYTHON" -c '
import sys
with open(sys.argv[1], "r+b") as f:
    f.seek(-400000, 2)
    f.write(bytes(100))' "$VAULT/records.db"
    refused 4 w "$PASS" check --deep
    run --separate-stderr w "$PASS" check --deep --json
    [ "$status" = 4 ]
    json 'not d["ok"] and any("attachment" in p["what"] for p in d["problems"])'
    run w "$PASS" shell <<< 'check --deep'
    says 'the content of the attachment is damaged'
}

# ---- view ----

memory_here() {
    [ "$(stat -f -c %T /dev/shm)" = tmpfs ] || skip 'no tmpfs here'
    MEMORY=/dev/shm/withheld-view-$BATS_TEST_NUMBER-$$
    mkdir -m 700 "$MEMORY"
    export XDG_RUNTIME_DIR=$MEMORY
}

teardown() {
    [ -z "$STOPPED" ] || kill -KILL "$STOPPED" 2> /dev/null || true
    [ -z "$MEMORY" ] || rm -rf "$MEMORY"
}

@test "view: in memory, private, under a name that tells nothing, gone after Enter" {
    memory_here
    w "$PASS" attach K-1 statement.txt
    mkfifo enter
    w "$PASS" view K-1 statement.txt > path 2> said < enter &
    exec 7> enter
    until [ -s path ]; do sleep 0.05; done
    local path
    path=$(cat path)
    [[ $path == "$MEMORY"/withheld/*.txt ]]
    [[ $path != *statement* ]]
    cmp "$path" statement.txt
    [ "$(stat -c %a "$path")" = 600 ]
    [ "$(stat -c %a "$MEMORY/withheld")" = 700 ]
    echo >&7
    exec 7>&-
    wait $!
    [ ! -e "$path" ]
    [ -z "$(ls -A "$MEMORY/withheld")" ]
}

@test "view: gone after a signal too; what a kill leaves is removed by the next one" {
    memory_here
    w "$PASS" attach K-1 statement.txt
    local signal
    mkfifo enter
    exec 7<> enter
    for signal in INT TERM HUP QUIT USR1 KILL; do
        # A job in the background ignores SIGINT and SIGQUIT.
        "$PYTHON" -c '
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 view K-1 statement.txt 4<<< "$PASS" > path 2> said < enter &
        until [ -s path ]; do sleep 0.05; done
        kill -$signal $!
        local code=0
        wait $! || code=$?
        if [ $signal = KILL ]; then
            [ -n "$(ls -A "$MEMORY/withheld")" ]
        else
            [ $code = 130 ]
            [ -z "$(ls -A "$MEMORY/withheld")" ]
        fi
        : > path
    done
    w "$PASS" view K-1 statement.txt < /dev/null
    [ -z "$(ls -A "$MEMORY/withheld")" ]
}

# shows PIPE: a view in the background that waits for a line from PIPE; its path is then in PIPE.path.
shows() {
    mkfifo "$1"
    w "$PASS" view K-1 statement.txt > "$1.path" 2> "$1.said" < "$1" &
}

@test "view: what the program that opened it left beside it goes, too, whatever its name; another view's stays" {
    memory_here
    w "$PASS" attach K-1 statement.txt
    # A run that was killed, with a viewer.
    mkdir -m 700 "$MEMORY/withheld"
    local old=0123456789abcdef f
    cd "$MEMORY/withheld"
    for f in $old.txt .$old.txt.swp $old.txt~ .goutputstream-A1B2C3; do cp "$BATS_TEST_TMPDIR/statement.txt" "$f"; done
    ln -s "$BATS_TEST_TMPDIR/scan.pdf" .#$old.txt
    mkdir -p .$old/deep
    cp $old.txt .$old/deep/.copy
    exec 6< .$old.txt.swp
    cd "$BATS_TEST_TMPDIR"
    cp -r files.vault other.vault
    shows one
    exec 7> one
    until [ -s one.path ]; do sleep 0.05; done
    local mine theirs
    mine=$(cat one.path)
    [ "$(ls -A "$MEMORY/withheld")" = "${mine##*/}" ]
    never grep -q '[^[:cntrl:]]' <(tr -d '\0' <&6)
    [ -s scan.pdf ]

    # A second one, while the first one is shown.
    VAULT=$PWD/other.vault
    shows two
    exec 8> two
    until [ -s two.path ]; do sleep 0.05; done
    theirs=$(cat two.path)
    [ "$theirs" != "$mine" ]
    for f in "$mine" "$theirs"; do
        cp statement.txt "$MEMORY/withheld/.${f##*/}.swp"
        cp statement.txt "$f~"
    done
    cp statement.txt "$MEMORY/withheld/.goutputstream-A1B2C3"
    echo >&7
    exec 7>&-
    wait -n
    [ ! -e "$mine" ]
    [ ! -e "$mine~" ]
    [ ! -e "$MEMORY/withheld/.${mine##*/}.swp" ]
    cmp "$theirs" statement.txt
    cmp "$theirs~" statement.txt
    cmp "$MEMORY/withheld/.${theirs##*/}.swp" statement.txt
    [ -e "$MEMORY/withheld/.goutputstream-A1B2C3" ]     # whose it is nobody knows
    echo >&8
    exec 8>&-
    wait
    [ -z "$(ls -A "$MEMORY/withheld")" ]
}

@test "view: gone when nobody reads its path any more" {
    memory_here
    w "$PASS" attach K-1 statement.txt
    set +o pipefail
    w "$PASS" view K-1 statement.txt < /dev/null 2> said | true
    w "$PASS" view K-1 statement.txt < /dev/null 2> said >&-  || true
    [ -z "$(ls -A "$MEMORY/withheld")" ]
}

@test "view in a shell: a line of its input is Enter; gone when the shell locks or is ended" {
    memory_here
    w "$PASS" attach K-1 statement.txt
    run --separate-stderr w "$PASS" shell <<< $'view K-1 statement.txt\nthis line is Enter\nview K-1 \'#1\' --json\n\nlist person --json'
    echo "$output $stderr"
    [ "$status" = 0 ]
    [[ ${lines[0]} == "$MEMORY"/withheld/*.txt ]]
    [[ $output == *'"path":"'"$MEMORY"/withheld/* ]]
    [[ $output == *'"type":"person"'* ]]
    [ -z "$(ls -A "$MEMORY/withheld")" ]
    # It locks: nothing comes for a second.
    mkfifo enter
    exec 7<> enter
    echo 'view K-1 statement.txt' >&7
    run --separate-stderr w "$PASS" shell --idle 1 < enter
    [ "$status" = 130 ]
    [[ $output == "$MEMORY"/withheld/*.txt ]]
    [[ $stderr == *locked* ]]
    [ -z "$(ls -A "$MEMORY/withheld")" ]
    # It is ended from outside.
    echo 'view K-1 statement.txt' >&7
    "$WITHHELD" -C "$VAULT" --passphrase-fd 4 shell 4<<< "$PASS" < enter > path 2> said &
    until [ -s path ]; do sleep 0.05; done
    cmp "$(cat path)" statement.txt
    kill -TERM $!
    local code=0
    wait $! || code=$?
    [ $code = 130 ]
    [ -z "$(ls -A "$MEMORY/withheld")" ]
}

@test "view refuses where nothing is kept in memory only, or the folder is not ours" {
    memory_here
    w "$PASS" attach K-1 statement.txt
    chmod 755 "$MEMORY"
    mkdir -m 755 "$MEMORY/withheld"
    local own=/dev/shm/withheld-$(id -u) had=
    [ ! -e "$own" ] || { had=yes; mv "$own" "$own.aside"; }
    ln -s /tmp "$own"
    run w "$PASS" view K-1 statement.txt
    rm "$own"
    [ -z "$had" ] || mv "$own.aside" "$own"
    [ "$status" = 6 ]
}

@test "Ctrl-C in the middle of an attach leaves the vault as it was" {
    head -c 80000000 /dev/zero > large
    "$PYTHON" -c '
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 attach K-1 large 4<<< "$PASS" > /dev/null 2> said &
    until [ -s "$VAULT/records.db-journal" ]; do sleep 0.01; done
    kill -INT $!
    local code=0
    wait $! || code=$?
    cat said
    [ $code = 130 ]
    run ls -A "$VAULT"
    [ "$output" = $'keys\nrecords.db' ]
    run w "$PASS" show K-1 --json
    json 'd["attachments"] == []'
    w "$PASS" check
}

@test "in a shell files are reached in its folder only" {
    mkdir in
    cp scan.pdf in
    printf 'attach K-1 in/scan.pdf\nextract K-1 scan.pdf -o in/back.pdf\n' | w "$PASS" shell --files in
    cmp in/back.pdf scan.pdf
    run w "$PASS" shell --files in <<< 'extract K-1 scan.pdf -o elsewhere.pdf'
    [ "$status" != 0 ]
    [ ! -e elsewhere.pdf ]
}
