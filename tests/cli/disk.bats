# A disk that fills up, a read-only one, a FAT stick; memory that is not there.
#
# Disks are small file systems mounted within the test's own folder: that takes root, and is passed
# over, saying so, without it.

load helpers
load data/more

setup_file() {
    small_vault
    "$PYTHON" -c '
print("ref,residence,notes")
for i in range(4000): print("R-%d,Town %d,%s" % (i, i, "came over the river " * 40))' > many.csv
}

setup() {
    common_setup
    take base
}

teardown() {
    if [ -e "$BATS_TEST_TMPDIR/disk" ]; then
        umount "$BATS_TEST_TMPDIR/disk" 2> /dev/null || umount -l "$BATS_TEST_TMPDIR/disk" 2> /dev/null || true
    fi
}

# disk KIND MIB: an empty one at ./disk.
disk() {
    [ "$(id -u)" = 0 ] || skip "mounting needs root"
    mkdir -p disk
    case $1 in
    tmpfs)
        mount -t tmpfs -o "size=$2m" tmpfs disk || skip "tmpfs cannot be mounted here" ;;
    ext4)
        command -v mkfs.ext4 > /dev/null || skip "mkfs.ext4 is not installed"
        truncate -s "$2M" disk.img
        mkfs.ext4 -q -m 0 -O ^has_journal disk.img
        mount -o loop disk.img disk || skip "a loop device cannot be mounted here" ;;
    vfat)
        command -v mkfs.vfat > /dev/null || skip "mkfs.vfat (dosfstools) is not installed"
        truncate -s "$2M" disk.img
        mkfs.vfat disk.img > /dev/null
        mount -o loop disk.img disk || skip "this kernel cannot mount FAT" ;;
    esac
}

# on_disk: a copy of the vault there, on which the commands work from then on.
on_disk() {
    rm -rf disk/*
    cp -a "$BATS_FILE_TMPDIR/base.vault" disk/v.vault
    VAULT=$PWD/disk/v.vault
}

# fill KIB: leaves so much room.
fill() {
    rm -f disk/filler
    dd if=/dev/zero of=disk/filler bs=4k 2> /dev/null || true
    [ "$1" = 0 ] || truncate -s "-$1K" disk/filler
    sync -f disk
}

# either CODE CODE ARGS...: one of the two; $code says which.
either() {
    local one=$1 other=$2
    shift 2
    code=0
    "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 "$@" > out 2> err 4<<< "$PASS" || code=$?
    [ "$code" = "$one" ] || told "$other" "$code" "$@"
}

# The vault holds what it held. A transaction that had to write pages before it could end leaves them encrypted anew
# when they are taken back, so after such a one the bytes differ and the content is compared.
same_content() {
    ls "$VAULT" && sha256sum < "$VAULT/keys"
    ok log head || return 1
    cat out
    ok list --json || return 1
    cat out
}

# sweep ARGS...: the command with less and less room. It succeeds, or it ends with 9 and one sentence, and the vault
# is byte for byte as it was (with large=1: holds what it held) and can be read. Both must have been seen.
sweep() {
    local room full=0 done_=0 rooms='160 112 80 48 16 4 0'
    if [ -n "${large-}" ]; then
        rooms='1400 160 0'
        on_disk
        same_content > content.before
    fi
    for room in $rooms; do
        on_disk
        fill "$room"
        state > before
        either 0 9 "$@" 5<<< "$NEXT" || return 1
        if [ "$code" = 0 ]; then
            done_=$((done_ + 1))
            continue
        fi
        full=$((full + 1))
        sentence || return 1
        hides Choi river || return 1
        if [ -n "${large-}" ]; then
            same_content > content.after || return 1
            diff content.before content.after || return 1
        else
            unchanged || { echo "with $room KiB"; return 1; }
        fi
        # the first and the last: enough to see that it can be read
        if [ $full = 1 ] || [ "$room" = 0 ]; then
            ok show K-1 || return 1
            grep -q 'grey-heron' out
        fi
    done
    [ $full -gt 0 ] || { echo 'the disk was never full'; return 1; }
    [ -n "${large-}" ] || [ $done_ -gt 0 ] || { echo 'never enough room'; return 1; }
    # and with room again it goes on
    rm disk/filler
    sync -f disk
    ok check
    ok show K-1 --reveal --json
    holds 'd["fields"]["name"] == "Choi Myung-bok"' 'd["fields"]["notes"] == "came over the river\nby night"'
    ok add person ref=K-77 residence=Omsk
    ok show K-77
    ok check
}

@test "the disk fills up during add: exit code 9, nothing has changed" {
    disk tmpfs 2
    sweep add person ref=K-9 residence=Moscow
}

@test "the disk fills up during edit: exit code 9, nothing has changed" {
    disk tmpfs 2
    sweep edit K-1 residence=Moscow
}

@test "the disk fills up during key change: exit code 9, the old passphrase opens it" {
    disk tmpfs 2
    sweep --new-passphrase-fd 5 key change "${CHEAP[@]}"
}

@test "the disk fills up during a reveal: exit code 9, and nothing is revealed" {
    disk tmpfs 2
    sweep show K-1 --reveal
}

@test "the disk fills up during import: exit code 9, nothing has changed" {
    disk tmpfs 4
    large=1 sweep import "$BATS_FILE_TMPDIR/many.csv" --as person
}

@test "the disk fills up during attach: exit code 9, nothing has changed" {
    disk tmpfs 4
    head -c 2500000 /dev/urandom > scan.pdf
    large=1 sweep attach K-1 scan.pdf
    ok show K-1 --json
    holds 'd["attachments"] == []'
}

@test "the disk fills up during extract and view: exit code 9, nothing is left over" {
    local room
    disk tmpfs 1
    head -c 900000 /dev/urandom > scan.pdf
    ok attach K-1 scan.pdf
    for room in 0 4 64 700; do
        fill "$room"
        exits 9 extract K-1 scan.pdf -o disk/out.pdf
        sentence
        [ "$(ls -A disk)" = filler ]
    done
    rm disk/filler
    chmod 700 disk
    fill 300
    XDG_RUNTIME_DIR=$PWD/disk exits 9 view K-1 scan.pdf < /dev/null
    sentence
    [ -z "$(ls -A disk/withheld)" ]
    rm disk/filler
    XDG_RUNTIME_DIR=$PWD/disk ok view K-1 scan.pdf < /dev/null
    [ -z "$(ls -A disk/withheld)" ]
    ok extract K-1 scan.pdf -o disk/out.pdf
    cmp scan.pdf disk/out.pdf
    ok check
}

@test "the same on a file system on a disk" {
    disk ext4 3
    large=1 sweep import "$BATS_FILE_TMPDIR/many.csv" --as person
    sweep --new-passphrase-fd 5 key change "${CHEAP[@]}"
}

@test "the disk fills up during init: exit code 9, nothing is left over" {
    local room full=0
    disk tmpfs 1
    for room in 0 4 16 64 128 800; do
        rm -rf disk/*
        fill "$room"
        code=0
        "$WITHHELD" --passphrase-fd 4 init disk/new.vault "${CHEAP[@]}" > out 2> err 4<<< "$PASS" || code=$?
        if [ $code = 0 ]; then
            VAULT=$PWD/disk/new.vault ok check
            continue
        fi
        told 9 $code init
        sentence
        full=$((full + 1))
        [ "$(ls disk)" = filler ]
    done
    [ $code = 0 ]
    [ $full -gt 0 ]
}

@test "the disk fills up during dump: exit code 9, no half dump is left" {
    local room
    disk tmpfs 1
    ok import "$BATS_FILE_TMPDIR/many.csv" --as person --quiet
    for room in 0 4 64 700; do
        fill "$room"
        exits 9 dump disk/plain --reveal
        sentence
        [ "$(ls disk)" = filler ]
    done
    ok check
}

@test "the disk fills up during backup: exit code 9, no half backup is left, and none is claimed" {
    local room full=0 options=''
    disk tmpfs 4
    ok import "$BATS_FILE_TMPDIR/many.csv" --as person --quiet
    for room in 0 4 64 700 2000; do
        fill "$room"
        # shellcheck disable=SC2086
        exits 9 backup disk/one.backup $options
        sentence
        [ "$(ls -A disk)" = filler ]
        options='--split 1M'
    done
    ok status --json
    holds 'd["last_backup"] is None'
    ok check
    rm disk/filler
    umount disk
    disk tmpfs 8
    ok backup disk/one.backup
    ok status --json
    holds 'd["last_backup"] is not None'
}

@test "a full disk under the vault: no entry in the log, so no backup" {
    disk tmpfs 1
    on_disk
    fill 0
    exits 9 backup one.backup
    sentence
    [ ! -e one.backup ]
    [ -z "$(find . -maxdepth 1 -name '.withheld*')" ]
}

@test "the disk fills up during restore: exit code 9, nothing is left over" {
    local room
    ok import "$BATS_FILE_TMPDIR/many.csv" --as person --quiet
    ok backup one.backup
    disk tmpfs 4
    for room in 0 4 64 700 2000; do
        fill "$room"
        raw 9 "$WITHHELD" --no-input --quiet --passphrase-fd 4 restore one.backup disk/new.vault 4<<< "$PASS"
        sentence
        [ "$(ls -A disk)" = filler ]
    done
}

@test "the disk fills up during repair: exit code 9, no half vault, and the damaged one is as it was" {
    local room before
    ok import "$BATS_FILE_TMPDIR/many.csv" --as person --quiet
    before=$(cat "$VAULT"/* | sha256sum)
    disk tmpfs 4
    for room in 0 4 64 700 2000; do
        fill "$room"
        exits 9 repair disk/new.vault
        sentence
        [ "$(ls -A disk)" = filler ]
        [ "$(cat "$VAULT"/* | sha256sum)" = "$before" ]
    done
}

@test "a FAT stick: a backup in parts, and back" {
    disk vfat 32
    ok import "$BATS_FILE_TMPDIR/many.csv" --as person --quiet
    ok backup disk/all --split 1M
    [ -e disk/all.002 ]
    exits 2 backup disk/all
    raw 0 "$WITHHELD" --no-input --passphrase-fd 4 restore disk/all new.vault 4<<< "$PASS"
    VAULT=new.vault ok check
}

@test "a full disk under the vault: no entry in the log, so no dump and no reveal" {
    local line
    disk tmpfs 1
    on_disk
    fill 0
    for line in 'dump plain --reveal' 'dump plain' 'show K-1 --reveal --json' 'list --reveal --json'; do
        state > before
        # shellcheck disable=SC2086
        exits 9 $line
        [ ! -s out ]
        hides Choi river
        [ ! -e plain ]
        unchanged
    done
    for line in status 'show K-1' list 'search river' 'history K-1' 'timeline K-1' agenda log 'log head' check 'key list'; do
        # shellcheck disable=SC2086
        ok $line
    done
    unchanged
}

@test "output into a file on a full disk is a failure" {
    disk tmpfs 1
    fill 0
    local code=0
    "$WITHHELD" -C "$VAULT" --passphrase-fd 4 list > disk/out 2> err 4<<< "$PASS" || code=$?
    : > out
    [ $code = 9 ]
    sentence
}

@test "a read-only disk: what reads works, what writes is exit code 9, with a sentence" {
    local line
    disk ext4 4
    on_disk
    mount -o remount,ro disk
    state > before
    for line in status 'show K-1' 'show K-1 --json' list 'search river' 'history K-1' 'timeline K-1' agenda log 'log head' \
        check 'check --deep' 'key list' 'type list' 'type show person'; do
        # shellcheck disable=SC2086
        ok $line || return 1
    done
    ok shell <<< $'show K-1\nlist'
    printf 'ref\nK-9\n' > p.csv
    for line in 'add person ref=K-9' 'edit K-1 residence=Moscow' 'rm K-1' 'import p.csv --as person' 'show K-1 --reveal' \
        'list --reveal' 'dump plain' 'dump plain --reveal'; do
        # shellcheck disable=SC2086
        exits 9 $line || return 1
        sentence
        grep -q -e read-only -e 'cannot be written' err
        hides Choi river
        [ ! -e plain ]
    done
    exits 9 --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< "$NEXT"
    sentence
    PASS=wrong exits 3 status
    raw 9 "$WITHHELD" --passphrase-fd 4 init disk/new.vault "${CHEAP[@]}" 4<<< "$PASS"
    sentence
    unchanged
    mount -o remount,rw disk
    ok add person ref=K-9
    ok check
}

@test "a read-only disk with a change that was cut short: a sentence, and no wrong passphrase" {
    local tries=0 pid
    disk ext4 30
    on_disk
    # a journal, as after a power cut
    until [ -s "$VAULT/records.db-journal" ] || [ $tries -gt 20 ]; do
        tries=$((tries + 1))
        "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 import "$BATS_FILE_TMPDIR/many.csv" --as person > /dev/null 2>&1 4<<< "$PASS" &
        pid=$!
        while kill -0 $pid 2> /dev/null && [ ! -s "$VAULT/records.db-journal" ]; do :; done
        kill -9 $pid 2> /dev/null || true
        wait $pid || true
        [ -s "$VAULT/records.db-journal" ] || on_disk
    done
    [ -s "$VAULT/records.db-journal" ]
    cp -a "$VAULT" cut
    sync -f disk
    mount -o remount,ro disk
    state > before
    either 0 9 show K-1
    [ "$code" = 0 ] || sentence
    either 0 9 check
    exits 9 add person ref=K-9
    sentence
    unchanged
    mount -o remount,rw disk
    ok check
    ok status --json
    holds 'd["records"] in (7, 4007)'
}

@test "a read-only disk with a stale keys.new is still read" {
    disk ext4 4
    on_disk
    cp "$VAULT/keys" "$VAULT/keys.new"
    printf x | dd of="$VAULT/keys.new" bs=1 seek=200 conv=notrunc status=none
    mount -o remount,ro disk
    state > before
    ok show K-1
    exits 9 add person ref=K-9
    sentence
    unchanged
}

@test "a FAT stick, which knows no modes: everything works, the status warns" {
    disk vfat 16
    raw 0 "$WITHHELD" --passphrase-fd 4 init disk/stick.vault "${CHEAP[@]}" 4<<< "$PASS"
    VAULT=$PWD/disk/stick.vault
    ok import "$CASES/persons.csv" --as person
    ok add person ref=K-9 residence=Moscow
    ok edit K-9 residence=Omsk
    ok show P1 --reveal --json
    holds 'd["fields"]["name"] == "Choe Myong Bok"'
    ok --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< "$NEXT"
    exits 3 status
    PASS=$NEXT
    ok status --json
    holds 'len([w for w in d["warnings"] if "read" in w or "mode" in w or "permission" in w]) >= 1'
    ok status
    grep -qi warning out
    ok check
    [ "$(ls "$VAULT")" = $'keys\nrecords.db' ]
}

# modeless COMMAND...: as on FAT, where a mode cannot be set.
modeless() {
    "$PYTHON" -c '
import ctypes, os, sys
lib = ctypes.CDLL("libseccomp.so.2")
lib.seccomp_init.restype = ctypes.c_void_p
filter = ctypes.c_void_p(lib.seccomp_init(ctypes.c_uint32(0x7FFF0000)))
for name in (b"chmod", b"fchmod", b"fchmodat"):
    number = lib.seccomp_syscall_resolve_name(name)
    assert lib.seccomp_rule_add_array(filter, ctypes.c_uint32(0x00050001), number, 0, None) == 0
assert lib.seccomp_load(filter) == 0
os.execv(sys.argv[1], sys.argv[1:])' "$@"
}

@test "a file system without modes: everything works, the status warns" {
    [ -z "${SANITIZE-}" ] || skip "not with a sanitizer"
    modeless /bin/true || skip "libseccomp cannot be used from Python here"
    never modeless /bin/chmod 700 . 2> /dev/null
    # every file and folder looks like this on such a disk
    umask 0
    raw 0 modeless "$WITHHELD" --passphrase-fd 4 init stick.vault "${CHEAP[@]}" 4<<< "$PASS"
    chmod 777 stick.vault stick.vault/*
    raw 0 modeless "$WITHHELD" -C stick.vault --passphrase-fd 4 add person ref=K-9 residence=Moscow 4<<< "$PASS"
    raw 0 modeless "$WITHHELD" -C stick.vault --passphrase-fd 4 import "$CASES/persons.csv" --as person 4<<< "$PASS"
    raw 0 modeless "$WITHHELD" -C stick.vault --passphrase-fd 4 --new-passphrase-fd 5 key change "${CHEAP[@]}" 4<<< "$PASS" 5<<< "$NEXT"
    PASS=$NEXT
    chmod 777 stick.vault stick.vault/*
    raw 0 modeless "$WITHHELD" -C stick.vault --passphrase-fd 4 show P1 --reveal --json 4<<< "$PASS"
    output=$(<out)
    holds 'd["fields"]["name"] == "Choe Myong Bok"'
    raw 0 modeless "$WITHHELD" -C stick.vault --passphrase-fd 4 dump plain 4<<< "$PASS"
    raw 0 modeless "$WITHHELD" -C stick.vault --passphrase-fd 4 status --json 4<<< "$PASS"
    output=$(<out)
    holds 'len([w for w in d["warnings"] if "backup" not in w and "cheap for a machine" not in w]) == 1'
    raw 0 modeless "$WITHHELD" -C stick.vault --passphrase-fd 4 status 4<<< "$PASS"
    grep -qi warning out
    [ "$(ls stick.vault)" = $'keys\nrecords.db' ]
}

@test "a vault that others may read: closed again, or the status warns" {
    chmod 755 "$VAULT"
    chmod 644 "$VAULT"/*
    ok status --json
    [ "$(stat -c %a "$VAULT")" = 700 ] || holds 'len([w for w in d["warnings"] if "backup" not in w and "cheap for a machine" not in w]) == 1'
    ok add person ref=K-9
}

@test "a file size limit is no crash" {
    state > before
    raw 9 prlimit --fsize=8192 "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 add person ref=K-9 4<<< "$PASS"
    sentence
    unchanged
    ok check
}

# ---- memory -------------------------------------------------------------------------------

@test "not enough memory for the key derivation: exit code 9, never 3 nor a crash" {
    local mib few=0 enough=0
    [ -z "${SANITIZE-}" ] || skip "a sanitizer needs all the address space there is"
    command -v prlimit > /dev/null || skip "prlimit is not installed"
    state > before
    for mib in 24 32 40 48 56 64 72 80 88 96 104 112 128 160 256 512; do
        code=0
        prlimit --as=$((mib << 20)) "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 status > out 2> err 4<<< "$PASS" || code=$?
        case $code in
        0) enough=$((enough + 1)) ;;
        9)
            few=$((few + 1))
            sentence
            grep -q memory err
            hides 'passphrase does not' ;;
        127) grep -q 'shared librar' err ;;     # the program cannot even be loaded
        *) told 9 $code "with $mib MiB" ;;
        esac
    done
    [ $few -gt 1 ]
    [ $enough -gt 1 ]
    unchanged
}

@test "not enough memory for a dearer key: key change and init leave nothing behind" {
    [ -z "${SANITIZE-}" ] || skip "a sanitizer needs all the address space there is"
    command -v prlimit > /dev/null || skip "prlimit is not installed"
    state > before
    raw 9 prlimit --as=$((400 << 20)) "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 --new-passphrase-fd 5 \
        key change --kdf-memory 600 --kdf-passes 3 4<<< "$PASS" 5<<< "$NEXT"
    sentence
    err memory
    unchanged
    raw 9 prlimit --as=$((400 << 20)) "$WITHHELD" --passphrase-fd 4 init new.vault --kdf-memory 600 --kdf-passes 3 4<<< "$PASS"
    sentence
    err memory
    [ "$(find . -name 'new.vault*' | wc -l)" = 0 ]
    ok status
}

# unlocked ARGS...: where no memory can be locked, not even by root.
unlocked() {
    local -a no=(prlimit --memlock=0:0)
    [ "$(id -u)" != 0 ] || no+=(setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock)
    raw 0 "${no[@]}" "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 "$@" 4<<< "$PASS"
}

@test "memory that cannot be locked is one warning, not a failure" {
    [ -z "${SANITIZE-}" ] || skip "a sanitizer makes mlock do nothing"
    [ "$(id -u)" != 0 ] || command -v setpriv > /dev/null || skip "setpriv is not installed"
    unlocked status --json
    holds 'len([w for w in d["warnings"] if "lock" in w]) == 1'
    [ ! -s err ]
    unlocked show K-1
    grep -q grey-heron out
    [ "$(cat err)" = 'withheld: warning: some secrets could not be locked into memory and may reach the swap space' ]
    unlocked --quiet add person ref=K-9
    unlocked check
    ok show K-9
}

# ---- anchors ------------------------------------------------------------------------------

@test "an anchor on a read-only stick: a warning, and it still compares" {
    disk tmpfs 4
    ok --anchor disk/a status
    cp disk/a kept
    mount -o remount,ro disk
    ok --anchor disk/a show K-1
    [ ! -s err ]
    ok --anchor disk/a add person ref=K-77
    err 'warning: the anchor was not written'
    cmp disk/a kept
    ok --anchor disk/a status
    # Where there is none and none can be made nothing was compared: that is no warning.
    refuses 9 --anchor disk/b status
    # An older vault is noticed all the same.
    mount -o remount,rw disk
    ok --anchor disk/a status
    mount -o remount,ro disk
    rm -rf v.vault
    take base
    refuses 4 --anchor disk/a status
    err 'rolled back'
}

@test "--accept anchor needs its entry: none on a read-only disk" {
    disk tmpfs 64
    ok add person ref=K-77
    ok --anchor a status
    cp a kept
    on_disk
    refuses 4 --anchor a status
    mount -o remount,ro disk
    exits 9 --anchor a --accept anchor show K-1
    sentence
    cmp a kept
}
