# Vaults that writer.py made from docs/format.md alone: right ones, and ones with a single thing wrong that only somebody
# who holds keys can forge. The reader in Python and `withheld check` must tell them apart alike.

load ../cli/helpers

PYTHON=${PYTHON:-/usr/bin/python3}
HERE=$BATS_TEST_DIRNAME
export PYTHONDONTWRITEBYTECODE=1

# Forgeries that `withheld check` does not look for.
UNSEEN=' half-removed not-nfc open-name parent slot-key slot-x25519 unknown-field '

setup() {
    common_setup
    VAULT=$PWD/written.vault
}

write() {
    rm -rf "$VAULT"
    "$PYTHON" "$HERE/writer.py" "$VAULT" "$@"
}

reads() {
    "$PYTHON" "$HERE/reader.py" "$VAULT" "$@" <<< writer
}

@test "a vault written from the page alone is right to the program" {
    write
    run w writer check
    [ "$status" = 0 ]
    run w writer show p0 --reveal --json
    json '.fields == {"ref": "p0", "name": "новый", "other_names": ["Цой", ("x" * 300)]}'
    run reads --json
    json 'length == 2 and (map(select(.removed)) | length) == 1'
}

@test "a written vault with a case slot is right to the program" {
    write case
    run w writer check
    [ "$status" = 0 ]
    refused 6 w writer show p0 --reveal
    run reads --json
    json '[.[].heads[] | select(.fields.ref == "p0") | .withheld] == [["name", "other_names"]]'
}

@test "withheld values under an intake key are read by the program" {
    "$WITHHELD" help key | grep -q 'key add' || skip "the program has no case slots yet"
    write intake
    run w writer check
    [ "$status" = 0 ]
    run w writer show p0 --reveal --json
    json '.fields.other_names == ["Цой", ("x" * 300)]'
}

@test "the reader reads withheld values under an intake key" {
    write intake
    run reads --json
    [ "$status" = 0 ]
    json '.[].heads[].fields | select(.ref == "p0") | .other_names == ["Цой", ("x" * 300)]'
}

@test "every forgery is noticed by the reader, which says what it is" {
    "$PYTHON" "$HERE/writer.py" --list > list
    while IFS=$'\t' read -r name words; do
        write "$name"
        refused 4 reads --json
        says "$words"
    done < list
}

@test "every forgery is noticed by the program" {
    "$PYTHON" "$HERE/writer.py" --list > list
    while IFS=$'\t' read -r name _; do
        [[ $UNSEEN != *" $name "* ]] || continue
        write "$name"
        refused 4 w writer check
    done < list
}
