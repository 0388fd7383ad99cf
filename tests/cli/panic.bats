# panic: the key file is gone at once, without a passphrase, and it says what that does not reach.

load helpers
load data/more

setup_file() { cd "$BATS_FILE_TMPDIR" && new_vault base "$PASS" && w "$PASS" --quiet add person ref=K-1; }

setup() {
    common_setup
    take base
}

@test "panic --yes erases keys and keys.new without a passphrase, and says what it does not reach" {
    echo half > v.vault/keys.new
    ln v.vault/keys second
    raw 0 "$WITHHELD" -C v.vault panic --yes
    [ ! -s out ]
    [ "$(ls v.vault)" = records.db ]
    [ "$(tr -d '\0' < second | wc -c)" = 0 ]
    err 'the key file is erased'
    err 'backups and other copies'
    err 'a process that has the vault open'
    err memory
    err SSD
    exits 4 status
    err 'the file keys is missing: it was erased or lost'
    raw 4 "$WITHHELD" -C v.vault key list
    exits 4 check
    [ "$(ls v.vault)" = records.db ]
}

@test "without --yes panic is refused, and nothing is changed" {
    raw 6 "$WITHHELD" -C v.vault panic
    sentence
    err '--yes'
    raw 6 "$WITHHELD" -C v.vault panic --json
    ok show K-1
}

@test "panic --yes --json names what is not reached" {
    raw 0 "$WITHHELD" -C v.vault panic --yes --json
    json 'd["erased"] is True and len(d["not_reached"]) >= 4 and set(d) == {"erased", "not_reached"}'
    [ ! -s err ]
}

@test "panic works on a vault that is damaged, erased already, or a copy without its database" {
    head -c 100 /dev/urandom > v.vault/keys
    raw 0 "$WITHHELD" -C v.vault panic --yes
    raw 0 "$WITHHELD" -C v.vault panic --yes
    [ ! -e v.vault/keys ]
    rm -r v.vault
    take base
    rm v.vault/records.db
    raw 0 "$WITHHELD" -C v.vault panic --yes
    [ ! -e v.vault/keys ]
}

@test "panic leaves a folder alone that is no vault, and names the error" {
    mkdir house.vault
    echo door > house.vault/keys
    raw 2 "$WITHHELD" -C house.vault panic --yes
    sentence
    [ "$(cat house.vault/keys)" = door ]
    raw 7 "$WITHHELD" -C nowhere.vault panic --yes
    sentence
}

@test "panic while another process has the vault open: erased all the same, and it stays erased" {
    mkfifo commands answers
    "$WITHHELD" -C v.vault --no-input --passphrase-fd 4 shell < commands > answers 2> shell.err 4<<< "$PASS" 3>&- &
    exec 7> commands 8< answers
    echo 'show K-1 --json' >&7
    read -r line <&8
    [[ $line == *K-1* ]]
    raw 5 "$WITHHELD" -C v.vault --passphrase-fd 4 status 4<<< "$PASS"
    raw 0 "$WITHHELD" -C v.vault panic --yes
    [ ! -e v.vault/keys ]
    echo 'show K-1 --json' >&7      # not reached, as it says
    read -r line <&8
    [[ $line == *K-1* ]]
    echo 'key change --new-passphrase-fd 9' >&7
    exec 7>&- 8>&-
    wait $! || true
    [ "$(ls v.vault)" = records.db ]
}

@test "panic within a shell ends the shell" {
    raw 0 "$WITHHELD" -C v.vault --no-input --passphrase-fd 4 shell 4<<< "$PASS" <<< $'panic --yes\nshow K-1'
    err 'the key file is erased'
    [ ! -s out ]
    [ "$(ls v.vault)" = records.db ]
}

@test "panic on a read-only file system: exit 9, and it says so" {
    [ "$(id -u)" = 0 ] && unshare -m true 2> /dev/null || skip "needs root and mount namespaces"
    raw 9 unshare -m sh -c 'mount --bind v.vault v.vault && mount -o remount,ro,bind v.vault &&
        exec "$0" -C v.vault panic --yes' "$WITHHELD"
    err 'could not be overwritten'
    ok show K-1
}
