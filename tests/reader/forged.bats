# Vaults that writer.py made from docs/format.md alone: right ones, and ones with a single thing wrong that only somebody
# who holds keys can forge. The reader in Python and `withheld check` must tell them apart alike.

load ../cli/helpers

PYTHON=${PYTHON:-/usr/bin/python3}
HERE=$BATS_TEST_DIRNAME
PASS=writer
export PYTHONDONTWRITEBYTECODE=1

setup_file() {
    "$PYTHON" "$HERE/writer.py" --all "$BATS_FILE_TMPDIR"
}

setup() {
    common_setup
    VAULT=$PWD/written.vault
}

write() {
    "$PYTHON" "$HERE/writer.py" "$VAULT" "$@"
}

reads() {
    "$PYTHON" "$HERE/reader.py" "$VAULT" "$@" <<< "$PASS"
}

@test "a vault written from the page alone is right to the program" {
    write
    run w writer check
    [ "$status" = 0 ]
    run w writer show p0 --reveal --json
    json 'd["fields"] == {"ref": "p0", "name": "новый", "other_names": ["Цой", 300 * "x"]}'
    run reads --json
    json '[r["removed"] for r in d] == [False, True]'
}

@test "a written vault with a case slot is right to the program" {
    write case
    run w writer check
    [ "$status" = 0 ]
    refused 6 w writer show p0 --reveal
    run reads --json
    json 'd[0]["heads"][0]["fields"] == {"ref": "p0"} and d[0]["heads"][0]["withheld"] == ["name", "other_names"]'
}

@test "withheld values under an intake key are read by the program" {
    write intake
    run w writer check
    [ "$status" = 0 ]
    run w writer show p0 --reveal --json
    json 'd["fields"]["other_names"] == ["Цой", 300 * "x"]'
}

@test "a second card and an author who was retired are right to the program and to the reader" {
    for variant in rekeyed retired; do
        write $variant
        run w writer check
        [ "$status" = 0 ]
        run w writer show p0 --reveal --json
        json 'd["fields"]["name"] == "новый"'
        run reads --json
        [ "$status" = 0 ]
        json 'len(d[-1]["heads"]) == 1'
        rm -r "$VAULT"
    done
}

@test "the reader opens a slot of shares with their secret, and with no other" {
    write shares
    secret=$(printf '%02x' {0..31})
    run "$PYTHON" "$HERE/reader.py" "$VAULT" --json --shares-secret-fd 5 5<<< "$secret"
    [ "$status" = 0 ]
    json 'd[0]["heads"][0]["fields"]["name"] == "новый"'
    refused 3 "$PYTHON" "$HERE/reader.py" "$VAULT" --shares-secret-fd 5 5<<< "${secret/1f/1e}"
    refused 3 reads
}

@test "the reader reads withheld values under an intake key" {
    write intake
    run reads --json
    [ "$status" = 0 ]
    json 'd[0]["heads"][0]["fields"]["other_names"] == ["Цой", 300 * "x"]'
}

@test "every forgery is noticed by the reader, which says what it is" {
    while IFS=$'\t' read -r name words; do
        VAULT=$BATS_FILE_TMPDIR/$name.vault
        refused 4 reads --json
        says "$words"
    done < "$BATS_FILE_TMPDIR/list"
}

@test "every forgery is noticed by the program" {
    write
    refused 0 w writer check        # or all that follows means nothing
    while IFS=$'\t' read -r name _; do
        VAULT=$BATS_FILE_TMPDIR/$name.vault
        refused 4 w writer check
    done < "$BATS_FILE_TMPDIR/list"
}

@test "a slot made to open under two passphrases opens under the one that it commits to" {
    VAULT=$PWD/mine.vault
    "$PYTHON" "$HERE/partition.py" "$VAULT" writer
    run w writer check
    [ "$status" = 0 ]               # nothing else is wrong with it
    refused 3 w another list
    refused 3 w another --slot 0 list
    PASS=another refused 3 reads
}

@test "a slot made to open under two passphrases is shut to the one that it does not commit to" {
    VAULT=$PWD/theirs.vault
    "$PYTHON" "$HERE/partition.py" "$VAULT" another
    refused 3 w writer list         # box 1, and all behind it, would open
    refused 3 w writer check
    refused 3 reads
    refused 4 w another list        # box 1 opens, and what is in it opens nothing
}
