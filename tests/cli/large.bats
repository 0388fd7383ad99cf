# Files far larger than the memory that may be used for them: in, out, compacted; and how far it is, on a terminal.

bats_require_minimum_version 1.5.0
load helpers

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    [ "$(df -Pk . | awk 'NR == 2 { print $4 }')" -gt 1200000 ] || skip "there is not enough room on this disk"
    new_vault large "$PASS"
    w "$PASS" add person ref=K-1
    head -c 150000000 /dev/urandom > large.bin
}

setup() {
    common_setup
    VAULT=$BATS_FILE_TMPDIR/large.vault
    LARGE=$BATS_FILE_TMPDIR/large.bin
}

# most OUT ARGS...: one command on that vault, its standard output to OUT and its temporary files, if it makes any, to $TEMPORARY;
# prints the most memory that it had, in KiB.
most() {
    "$PYTHON" -c 'import os, resource, subprocess, sys
env = dict(os.environ, TMPDIR=sys.argv[2], SQLITE_TMPDIR=sys.argv[2])
env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1"    # else freed memory is kept
with open(sys.argv[1], "wb") as out:
    subprocess.run(sys.argv[3:], check=True, stdout=out, pass_fds=[4], env=env)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$1" "$TEMPORARY" "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 "${@:2}" 4<<< "$PASS"
}

# frugal OUT ARGS...: the same. It may take no more than opening the vault does (nearly all of it is the key derivation, 64 MiB) and
# 32 MiB more, with a file of 143. And nothing may be made in the folder that it stands in or in that for temporary files, not even
# for a moment, which would change the time of the folder.
frugal() {
    local base n folder
    TEMPORARY=$PWD/temporary
    mkdir -p here "$TEMPORARY"
    base=$(most "$1" status)
    touch -d 2001-01-01 here "$TEMPORARY"
    n=$(cd here && most "$@")
    echo "$n KiB, $base for opening it"
    [ "$n" -lt $((base + 32768)) ]
    for folder in here "$TEMPORARY"; do
        [ -z "$(ls -A "$folder")" ]
        [ "$(stat -c %Y "$folder")" = "$(date -d 2001-01-01 +%s)" ]
    done
}

@test "attach, extract and compact of 150 MB: in little memory, and without a temporary file" {
    local out=$PWD/out
    frugal "$out" attach K-1 "$LARGE"
    frugal "$out" extract K-1 large.bin -o -
    cmp "$out" "$LARGE"
    frugal "$out" compact
    run ls -A "$VAULT"
    [ "$output" = $'keys\nrecords.db' ]
    w "$PASS" extract K-1 large.bin -o - | cmp - "$LARGE"
}

@test "how far it is: on a terminal, and nowhere else" {
    need_terminals
    run answered assphrase "$PASS" "$WITHHELD" -C "$VAULT" attach K-1 "$LARGE" --name watched.bin
    [ "$status" = 0 ]
    [[ $output =~ $'\rattaching: '[0-9.]+' MB of 15'[01][.0-9]*' MB ('[0-9]+' %)' ]]
    # Who reads it waits, so that there is time to tell.
    echo "\"$WITHHELD\" -C \"$VAULT\" extract K-1 watched.bin -o - | { sleep 1; cmp - \"$LARGE\"; }" > script
    run answered assphrase "$PASS" bash -e -o pipefail script
    [ "$status" = 0 ]
    [[ $output =~ $'\rextracting: '[0-9.]+' MB of 15'[01][.0-9]*' MB ('[0-9]+' %)' ]]
    w "$PASS" extract K-1 watched.bin -o - 2> said | { sleep 1; cmp - "$LARGE"; }
    [ ! -s said ]
    w "$PASS" attach K-1 "$LARGE" --name unwatched.bin > id 2> said
    [ ! -s said ]
}
