# Attachments in a dump, and out of it again.

bats_require_minimum_version 1.5.0
load helpers

CASE=$OTHER
DIM=Brunhildequux

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault first "$PASS"
    w "$PASS" --quiet key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$CASE"
    w "$PASS" add person ref=K-1 born=1970
    w "$PASS" add case ref=C-1 title=Asylum
    mkdir in
    head -c 700000 /dev/urandom > "in/scan of $DIM.pdf"
    head -c 262144 /dev/urandom > in/ruling.bin
    : > in/empty.txt
    printf 'Ж' > 'in/Свидетель "1".txt'
    w "$PASS" attach K-1 in/scan* in/empty.txt
    w "$PASS" attach K-1 in/Св* --open
    w "$PASS" attach C-1 in/ruling.bin --open
    mkdir plain
    w "$PASS" dump plain/all --reveal
}

setup() {
    common_setup
    cp -r "$BATS_FILE_TMPDIR/first.vault" "$BATS_FILE_TMPDIR/in" "$BATS_FILE_TMPDIR/plain" .
    VAULT=$PWD/first.vault
}

# code REF: the code of the record.
code() { w "$PASS" show "$1" --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["id"])'; }

# contents DIR: what the lines say, without the codes, which belong to one vault.
contents() { cat "$1"/*.jsonl | sed 's/^{"_id":"[^"]*",//; s#"value":"files/[^/]*/#"value":"#g' | sort; }

# all_in DIR: its attachments by name and content.
all_in() { (cd "$1/files" && sha256sum -- */* | sed 's#  [^/]*/#  #' | sort); }

new_copy() {
    cd "$BATS_TEST_TMPDIR" || return 1
    new_vault copy "$PASS"
}

# takes: both tables of plain/all, into the vault at hand.
takes() {
    w "$PASS" import plain/all/person.jsonl --as person
    w "$PASS" import plain/all/case.jsonl --as case
}

@test "a dump has every attachment as a file, and its lines name them" {
    [ "$(stat -c %a plain/all plain/all/files plain/all/files/*)" = $'700\n700\n700\n700' ]
    [ "$(find plain/all/files -type f -perm 600 | wc -l)" = 4 ]
    cmp "plain/all/files/$(code K-1)/scan of $DIM.pdf" in/scan*
    cmp "plain/all/files/$(code C-1)/ruling.bin" in/ruling.bin
    output=$(cat plain/all/person.jsonl)
    json '[(f["name"], f["size"], f["tier"]) for f in d["files"]] == [("scan of Brunhildequux.pdf", 700000, "withheld"), ("empty.txt", 0, "withheld"), ("Свидетель \"1\".txt", 2, "open")]'
    json "d['files'][0]['value'] == 'files/' + d['_id'] + '/scan of $DIM.pdf'"
    json "d['files'][0]['sha256'] == '$(sha256sum < in/scan* | cut -d' ' -f1)'"
    run --separate-stderr w "$PASS" dump plain/again --reveal
    [ "$output" = '2 records, 4 attachments' ]
    run w "$PASS" log --json
    json 'd[-1]["action"] == "dump-names" and d[-1]["detail"]["attachments"] == 4'
    run w "$PASS" log
    [[ $output != *"$DIM"* ]]
}

@test "Ctrl-C, TERM and HUP in the middle of a dump leave nothing of it" {
    head -c 60000000 /dev/zero > large
    w "$PASS" attach K-1 large
    local signal
    for signal in INT TERM HUP; do
        "$PYTHON" -c '
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 dump plain/cut --reveal 4<<< "$PASS" > /dev/null 2> said &
        until compgen -G 'plain/cut/files/*/large' > /dev/null || ! kill -0 $! 2> /dev/null; do :; done
        cat said
        kill -$signal $!
        local code=0
        wait $! || code=$?
        cat said
        [ $code = 130 ]
        grep interrupted said
        [ ! -e plain/cut ]
    done
}

@test "without --reveal, and with a case passphrase, withheld ones are left out and counted; no name" {
    local pass
    for pass in "$PASS" "$CASE"; do
        rm -rf plain/open
        run --separate-stderr w "$pass" dump plain/open
        [ "$status" = 0 ]
        [ "$output" = '2 records, 2 attachments' ]
        [[ $stderr == *'2 withheld attachments were left out'* ]]
        [[ $output$stderr != *"$DIM"* ]]
        never grep -r "$DIM\|empty" plain/open
        [ -z "$(find plain/open -name "*$DIM*" -o -name 'empty*')" ]
        [ "$(find plain/open/files -type f | wc -l)" = 2 ]
    done
    rm -rf plain/open
    run --separate-stderr w "$CASE" --json dump plain/open
    json 'd == {"records": 2, "attachments": 2, "left_out": 2}'
    refused 6 w "$CASE" dump plain/more --reveal
    [ ! -e plain/more ]
}

@test "what was dumped is taken back, byte for byte, name for name, each in its tier" {
    new_copy
    takes
    w "$PASS" dump plain/back --reveal
    diff <(contents plain/all) <(contents plain/back)
    diff <(all_in plain/all) <(all_in plain/back)
    run w "$PASS" check --json
    json 'd["ok"]'
    run w "$PASS" show K-1 --json
    json '[a["tier"] for a in d["attachments"]] == ["withheld", "withheld", "open"]'
    w "$PASS" extract K-1 '#1' -o out
    cmp out in/scan*
    run w "$PASS" log --json
    json '[e["detail"].get("attached") for e in d if e["action"] == "import"] == [3, 1]'
}

@test "a case passphrase takes them in as well, and a keeper reads them" {
    cd "$BATS_TEST_TMPDIR"
    new_vault copy "$PASS"
    w "$PASS" --quiet key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$CASE"
    w "$CASE" import plain/all/person.jsonl --as person
    refused 6 w "$CASE" extract K-1 '#1' -o out
    w "$PASS" extract K-1 '#1' -o out
    cmp out in/scan*
}

@test "a table as CSV comes with the files, and without a column for them" {
    w "$PASS" dump plain/table --reveal --format csv
    diff <(all_in plain/all) <(all_in plain/table)
    never grep -r "$DIM" plain/table/person.csv
    new_copy
    w "$PASS" import plain/table/person.csv --as person
}

@test "two of one name are two files, and come back as two" {
    head -c 1000 /dev/zero > in/twice.bin
    w "$CASE" attach K-1 in/twice.bin
    printf 'another' > in/twice.bin
    w "$CASE" attach K-1 in/twice.bin
    rm -r plain/all
    w "$PASS" dump plain/all --reveal
    [ "$(ls "plain/all/files/$(code K-1)" | grep twice)" = $'5-twice.bin\ntwice.bin' ]
    [ "$(cat plain/all/files/*/5-twice.bin)" = another ]
    new_copy
    takes
    run w "$PASS" show K-1 --reveal --json
    json '[(a["name"], a["size"]) for a in d["attachments"]][3:] == [("twice.bin", 1000), ("twice.bin", 7)]'
}

# spoiled SENTENCE: the import is refused with it, in one sentence that names the place and no file, and nothing is there.
spoiled() {
    refused 2 w "$PASS" import plain/all/person.jsonl --as person
    says "$1"
    says 'line 1, column'
    says '(files)'
    [[ $output != *"$DIM"* ]]
    [ "$(grep -c '' <<< "$output")" -le 2 ]
    run w "$PASS" list --json
    json 'd == []'
    run w "$PASS" check --json
    json 'd["ok"]'
}

@test "a file that was changed, exchanged, taken away or made a link is refused, and nothing is imported" {
    local file
    new_copy
    file=$(echo plain/all/files/*/scan*)
    printf 'x' | dd of="$file" bs=1 seek=300000 conv=notrunc 2> /dev/null
    spoiled 'not the one that the row names'
    printf 'x' >> "$file"
    spoiled 'not the one that the row names'
    mv "$file" elsewhere
    spoiled 'is not there'
    ln -s "$PWD/in/"scan* "$file"
    spoiled 'is not there'
    rm "$file"
    mkdir "$file"
    spoiled 'is a folder'
    rmdir "$file"
    mkfifo "$file"
    spoiled 'not a regular file'
    rm "$file"
    cp in/scan* "$file"
    mv plain/all/files plain/away
    ln -s ../away plain/all/files
    spoiled 'is not there'
    rm plain/all/files
    mv plain/away plain/all/files
    takes
}

# row JSON: refused, for the value of `files` that it is.
row() {
    printf '{"ref":"X-1","files":[%s]}\n' "$1" > plain/all/row.jsonl
    refused 2 w "$PASS" import plain/all/row.jsonl --as person
    says 'line 1, column'
}

@test "paths out of the folder, and values that are no attachment, are refused" {
    local sum
    new_copy
    sum=$(sha256sum < in/ruling.bin | cut -d' ' -f1)
    cp in/ruling.bin plain/
    cp in/ruling.bin plain/all/
    row '{"value":"../ruling.bin","sha256":"'"$sum"'"}'
    says 'in the folder of the import'
    row '{"value":"'"$PWD/in/ruling.bin"'","sha256":"'"$sum"'"}'
    says 'in the folder of the import'
    row '{"value":"files/../ruling.bin","sha256":"'"$sum"'"}'
    row '{"value":"","sha256":"'"$sum"'"}'
    row '"ruling.bin"'
    says 'a file is an object'
    row '{"value":"ruling.bin"}'
    row '{"value":"ruling.bin","sha256":"abc"}'
    says '64 hexadecimal digits'
    row '{"value":"ruling.bin","sha256":"'"$sum"'","tier":"shut"}'
    says 'open or withheld'
    row '{"value":"ruling.bin","sha256":"'"$sum"'","size":"262144"}'
    row '{"value":"ruling.bin","sha256":"'"$sum"'","size":1}'
    row '{"value":"ruling.bin","sha256":"'"$sum"'","name":"a/b"}'
    says 'has a slash'
    row '{"value":"ruling.bin","sha256":"'"$sum"'","name":"con.txt"}'
    printf '{"ref":"X-1","born":{"value":"1970","sha256":"%s"}}\n' "$sum" > plain/all/row.jsonl
    refused 2 w "$PASS" import plain/all/row.jsonl --as person
    refused 2 w "$PASS" add person --from - <<< '{"files":{"value":"in/ruling.bin","sha256":"'"$sum"'"}}'
    printf '{"ref":"X-1","files":[{"value":"ruling.bin","sha256":"%s"}]}\n' "$sum" > plain/all/row.jsonl
    refused 2 w "$PASS" import - --as person < plain/all/row.jsonl
    says 'standard input'
    w "$PASS" import plain/all/row.jsonl --as person --dry-run
    run w "$PASS" list --json
    json 'd == []'
    w "$PASS" import plain/all/row.jsonl --as person
    run w "$PASS" show X-1 --json
    json '[a["tier"] for a in d["attachments"]] == ["withheld"]'
}

@test "--key: what is there already is skipped, another is added, another of that name refused" {
    local file
    new_copy
    takes
    run --separate-stderr w "$PASS" import plain/all/person.jsonl --as person --key ref
    [ "$output" = '1 rows: 0 added, 0 changed, 1 unchanged' ]
    sed -i 's/"name":"empty.txt"/"name":"void.txt"/' plain/all/person.jsonl
    run --separate-stderr w "$PASS" import plain/all/person.jsonl --as person --key ref
    [ "$output" = '1 rows: 0 added, 1 changed, 0 unchanged' ]
    run w "$PASS" show K-1 --reveal --json
    json '[a["name"] for a in d["attachments"]][1:] == ["empty.txt", "Свидетель \"1\".txt", "void.txt"]'
    file=$(echo plain/all/files/*/Св*)
    printf 'Я' > "$file"
    sed -i "s/$(printf 'Ж' | sha256sum | cut -d' ' -f1)/$(sha256sum < "$file" | cut -d' ' -f1)/" plain/all/person.jsonl
    refused 8 w "$PASS" import plain/all/person.jsonl --as person --key ref
    says 'another attachment of that name'
    w "$PASS" --quiet key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$CASE"
    refused 6 w "$CASE" import plain/all/person.jsonl --as person --key ref
    w "$PASS" check
}

@test "the disk fills up during a dump of attachments: exit code 9, nothing is left of it" {
    [ "$(id -u)" = 0 ] || skip "mounting needs root"
    mkdir disk
    mount -t tmpfs -o size=600k tmpfs disk || skip "tmpfs cannot be mounted here"
    run w "$PASS" dump disk/plain --reveal
    ls -A disk > left
    umount disk
    [ "$status" = 9 ]
    [ ! -s left ]
    [[ $output != *"$DIM"* ]]
}
