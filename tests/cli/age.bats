# age files at the boundary, with the stock program as the other side. No vault is needed.

load helpers
load data/more

VECTORS=${WITHHELD_SHARED:-$TOP/../shared}/data/age-testkit
STRONG='armed dictate iris minister explain peasant'

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    for kind in '' --pq; do
        for name in one two; do "$WITHHELD" -q age keygen $kind -o "$name$kind.txt" > "$name$kind.pub" || return 1; done
    done
    head -c 300000 /dev/urandom > random
}

setup() {
    common_setup
    keys=$BATS_FILE_TMPDIR
    one=$(cat "$keys/one.pub") two=$(cat "$keys/two.pub")
    one_pq=$(cat "$keys/one--pq.pub") two_pq=$(cat "$keys/two--pq.pub")
}

need_age() {
    command -v age > /dev/null || skip 'age is not installed'
}

# bytes N: the file `plain` of N bytes.
bytes() {
    head -c "$1" "$keys/random" > plain
}

age() { "$WITHHELD" --no-input age "$@"; }

# same FILE: it has the content of `plain`.
same() {
    cmp plain "$1"
}

# not_opened CODE FILE ARGS...: one sentence, and nothing of it anywhere, whether it goes to a file or not.
not_opened() {
    local code=$1 file=$2
    shift 2
    rm -f got
    raw "$code" age decrypt "$@" -o got "$file" || return 1
    sentence || return 1
    [ ! -e got ] || { echo "a file was left"; return 1; }
    never compgen -G '.withheld-plain-*'
}

# ---- the same format -----------------------------------------------------------------------------

@test "all vectors of the format end as they say, with the content they say" {
    [ -d "$VECTORS" ] || skip '../shared/data/age-testkit is not there'
    run "$PYTHON" "$DATA/age_vectors.py" "$WITHHELD" "$VECTORS"
    echo "$output"
    [ "$status" = 0 ]
    says "$(find "$VECTORS" -type f | wc -l) of $(find "$VECTORS" -type f | wc -l) vectors"
}

@test "what stock age encrypts opens here, and the other way round: empty, one and several chunks, around their boundaries" {
    need_age
    head -c 5000000 /dev/urandom > "$keys/large"
    cat "$keys/large" > plain
    age encrypt -r "$one" plain > ours 2> err
    command age -d -i "$keys/one.txt" ours > got
    same got
    for n in 0 1 65535 65536 65537 131071 131072 131073 300000; do
        bytes $n
        for armor in '' -a; do
            command age -r "$one" $armor -o theirs plain
            age decrypt -i "$keys/one.txt" theirs > got
            same got
            age encrypt -r "$one" $armor plain > ours 2> err
            command age -d -i "$keys/one.txt" ours > got
            same got
            rm theirs
        done
    done
}

@test "standard input and pipes" {
    bytes 200000
    age encrypt -r "$one_pq" < plain | age decrypt -i "$keys/one--pq.txt" > got
    same got
    age encrypt -a -r "$one_pq" - < plain | cat | age decrypt -i "$keys/one--pq.txt" - > got
    same got
}

@test "passphrases: ours opens with stock age, and theirs here, also in armor" {
    need_age
    need_terminals
    bytes 70000
    for armor in '' -a; do
        rm -f ours theirs
        "$WITHHELD" age encrypt -p $armor --passphrase-fd 3 -o ours plain 3<<< "$STRONG"
        "$PYTHON" "$DATA/stock_age.py" "$STRONG" age -d -o got ours
        same got
        rm got
        "$PYTHON" "$DATA/stock_age.py" "$STRONG" age -p $armor -o theirs plain
        "$WITHHELD" age decrypt --passphrase-fd 3 -o got theirs 3<<< "$STRONG"
        same got
        rm got
    done
}

@test "each of several recipients opens it, and nobody else does" {
    need_age
    bytes 1000
    age encrypt -r "$one" -r "$two" -o ours plain
    for k in one two; do
        command age -d -i "$keys/$k.txt" ours > got
        same got
        age decrypt -i "$keys/$k.txt" ours > got
        same got
    done
    age keygen > three.txt
    not_opened 3 ours -i three.txt
    err 'no private key of yours opens that file'
    # Several keys, in several files, are tried.
    age decrypt -i three.txt -i "$keys/two.txt" ours > got
    same got
    cat three.txt "$keys/two.txt" > both.txt
    age decrypt -i both.txt ours > got
    same got
}

@test "post-quantum: each of several recipients; no word about quantum computers, which there is for the others" {
    bytes 70000
    raw 0 age encrypt -r "$one_pq" -r "$two_pq" -o ours plain
    [ ! -s err ]
    for k in one two; do
        age decrypt -i "$keys/$k--pq.txt" ours > got
        same got
    done
    not_opened 3 ours -i "$keys/one.txt"
    raw 0 age encrypt -r "$one" -o classic plain
    err 'quantum computer'
}

@test "post-quantum against a stock age that knows it" {
    need_age
    [ "$(printf '%s\n' 1.3 "$(command age --version | tr -d v)" | sort -V | head -n 1)" = 1.3 ] ||
        skip "the stock age is $(command age --version), and 1.3 is the first that knows it"
    bytes 70000
    command age -r "$one_pq" -o theirs plain
    age decrypt -i "$keys/one--pq.txt" theirs > got
    same got
    age encrypt -r "$one_pq" -o ours plain
    command age -d -i "$keys/one--pq.txt" ours > got
    same got
}

@test "a file of recipients, with remarks and lines of Windows" {
    bytes 10
    printf '# lawyers\r\n%s\r\n\r\n%s\n' "$one_pq" "$two_pq" > list
    age encrypt -R list -o ours plain
    for k in one two; do
        age decrypt -i "$keys/$k--pq.txt" ours > got
        same got
    done
}

@test "the file tells nobody who can open it" {
    bytes 10
    age encrypt -r "$one" -r "$two" plain > ours 2> err
    never grep -aqe "${one:4:20}" -e "${two:4:20}" ours
    [ "$(grep -ac '^-> X25519 ' ours)" = 2 ]
}

# ---- keys ----------------------------------------------------------------------------------------

@test "a key file is the stock program's: it reads the same recipient out of it" {
    need_age
    [ "$(age-keygen -y "$keys/one.txt")" = "$one" ]
    [ "$(age keygen --public "$keys/one.txt")" = "$one" ]
    [ "$(age keygen --public "$keys/one--pq.txt")" = "$one_pq" ]
    [ "$(stat -c %a "$keys/one.txt")" = 600 ]
    age-keygen -o theirs.txt
    [ "$(age keygen --public theirs.txt)" = "$(age-keygen -y theirs.txt)" ]
}

@test "keygen says what is public, and never overwrites" {
    raw 0 age keygen --json -o key.txt
    json 'set(d) == {"recipient", "path", "words"} and len(d["words"].split()) == 12'
    json '"identity" not in d and d["path"] == "key.txt" and d["recipient"].startswith("age1")'
    never grep -q SECRET out err
    cp key.txt before
    raw 2 age keygen -o key.txt
    sentence
    cmp key.txt before
    raw 0 age keygen --json --pq
    json 'd["identity"].startswith("AGE-SECRET-KEY-PQ-1") and d["recipient"].startswith("age1pq1")'
    raw 0 age keygen
    cp out printed.txt
    [ "$(age keygen --public printed.txt)" = "$(sed -n 's/^# public key: //p' printed.txt)" ]
    [ "$(age keygen)" != "$(cat printed.txt)" ]
}

@test "a private key where a recipient belongs is refused, and not shown" {
    bytes 10
    for k in "$keys/one.txt" "$keys/one--pq.txt"; do
        secret=$(grep AGE-SECRET-KEY "$k")
        for text in "$secret" "${secret,,}"; do
            raw 2 age encrypt -r "$text" -o got plain
            sentence
            err 'that is a private key'
            never grep -qi "${secret:20:12}" out err
        done
        raw 2 age encrypt -R "$k" -o got plain
        err 'that is a private key'
        never grep -qi "${secret:20:12}" out err
        [ ! -e got ]
    done
}

@test "recipients that are none: mixed case, mistyped, cut, longer, of low order, of other kinds; nothing of them is shown" {
    bytes 10
    # wrong TEXT SAID
    wrong() {
        raw 2 age encrypt -r "$1" -o got plain || return 1
        sentence || return 1
        err "$2" || return 1
        [ ! -e got ] || return 1
        [ ${#1} -lt 12 ] || never grep -q "${1:4:12}" err
    }
    for r in "$one" "$one_pq"; do
        wrong "${r:0:20}${r:20:6}${r:26:1}${r:27}Q" 'capital and small'
        wrong "A${r:1}" 'capital and small'
        wrong "${r:0:-1}" 'not complete'
        wrong "${r}q" 'not complete'
        last=q
        [ "${r: -1}" = q ] && last=p
        wrong "${r:0:-1}$last" 'checksum'
        wrong "${r:0:-8}b${r: -7}" 'checksum'
    done
    raw 0 age encrypt -r "${one^^}" -o upper plain      # all in capitals is the same recipient
    age decrypt -i "$keys/one.txt" upper > got
    same got
    rm got
    # The point 0; and numbers that ML-KEM does not have. With right checksums.
    wrong "$("$PYTHON" "$DATA/bech32.py" age 32 0)" 'no usable key'
    wrong "$("$PYTHON" "$DATA/bech32.py" age1pq 1216 0xff)" 'no usable key'
    wrong 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI' SSH
    wrong age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e plug-in
    wrong '' 'not an age recipient'
    wrong 'maria@example.org' 'not an age recipient'
}

@test "both kinds in one file are refused: the weaker would open it" {
    bytes 10
    raw 2 age encrypt -r "$one" -r "$one_pq" -o got plain
    sentence
    err 'both kinds'
    raw 2 age encrypt -p -r "$one" -o got plain
    raw 2 age encrypt -o got plain
    err 'who may open it'
    [ ! -e got ]
}

@test "private keys that are none, and other files in their place" {
    bytes 10
    age encrypt -r "$one" -o ours plain
    secret=$(grep AGE-SECRET-KEY "$keys/one.txt")
    n=0
    for text in "${secret:0:-1}" "${secret}Q" "${secret:0:-1}!" "${secret:0:30}x${secret:31}" "$one" hello ''; do
        printf '# remark\n%s\n' "$text" > bad.txt
        not_opened 2 ours -i bad.txt
        never grep -qi "${secret:20:12}" out err
        n=$((n + 1))
    done
    [ $n = 7 ]
    err 'no private key in that file'
    printf '\r\n# remark\r\n%s\r\n' "${secret,,}" > windows.txt
    age decrypt -i windows.txt ours > got
    same got
    not_opened 2 ours -i /dev/zero
    not_opened 7 ours -i missing.txt
    not_opened 2 ours -i .
}

# ---- what does not open ---------------------------------------------------------------------------

@test "damage: cut off anywhere, a bit changed anywhere, chunks exchanged, left out or repeated, something behind" {
    bytes 200000
    age encrypt -r "$one_pq" -o ours plain
    run "$PYTHON" "$DATA/age_damage.py" "$WITHHELD" ours "$keys/one--pq.txt" plain
    echo "$output"
    [ "$status" = 0 ]
}

@test "armor: damage, and white space around it" {
    bytes 1000
    age encrypt -a -r "$one" -o ours plain
    { printf ' \n\r\n\t\n'; sed 's/$/\r/' ours; printf '\n \n'; } > spaced
    age decrypt -i "$keys/one.txt" spaced > got
    same got
    for change in 's/^-----BEGIN/-----Begin/' '3s/^/ /' '3s/$/ /' '3s/./=/' '3d' '$d' '3s/.$//' '1s/$/x/' '$s/$/x/' '3G' '$a x'; do
        sed "$change" ours > bad
        not_opened 4 bad -i "$keys/one.txt"
    done
    { head -c 2000 /dev/zero | tr '\0' ' '; echo; cat ours; } > bad
    not_opened 4 bad -i "$keys/one.txt"
    { cat ours; head -c 2000 /dev/zero | tr '\0' '\n'; } > bad
    not_opened 4 bad -i "$keys/one.txt"
}

@test "a work factor of 2^40, or a bit more than anybody needs, is refused before anything is derived or asked" {
    salt=ajMFur+EJLGaohv/dLRGnw body=8SHBz/ldWnjyGFQqfjat6uNBarWqqEMDS7W8X7+Xq5Q
    mac=gxhoSa5BciRDt8lOpYNcx4EYtKpS0CJ06F3ZwN82VaM
    for work in 23 40 64 99999999999999999999 018 +18 -18 1e1 0x12 0 ''; do
        printf 'age-encryption.org/v1\n-> scrypt %s %s\n%s\n--- %s\n0123456789abcdef0123456789abcdef' $salt "$work" $body $mac > bad
        not_opened 4 bad --passphrase-fd 3 3<<< "$STRONG"
    done
    err 'damaged'
    printf 'age-encryption.org/v1\n-> scrypt %s 40\n%s\n--- %s\n' $salt $body $mac > bad
    not_opened 4 bad
    err 'more work and memory'
}

@test "several passphrases, a passphrase beside a recipient, a share of low order" {
    salt=ajMFur+EJLGaohv/dLRGnw body=8SHBz/ldWnjyGFQqfjat6uNBarWqqEMDS7W8X7+Xq5Q
    mac=gxhoSa5BciRDt8lOpYNcx4EYtKpS0CJ06F3ZwN82VaM zero=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
    scrypt="-> scrypt $salt 10\n$body\n" low="-> X25519 $zero\n$body\n"
    for stanzas in "$scrypt$scrypt" "$scrypt$low" "$low$scrypt"; do
        printf "age-encryption.org/v1\n$stanzas--- %s\n0123456789abcdef0123456789abcdef" $mac > bad
        not_opened 4 bad --passphrase-fd 3 3<<< "$STRONG"
        err 'only way to open'
        not_opened 4 bad -i "$keys/one.txt"
    done
    printf "age-encryption.org/v1\n$low--- %s\n0123456789abcdef0123456789abcdef" $mac > bad
    not_opened 4 bad -i "$keys/one.txt"
}

@test "the wrong way to open: another passphrase, a key for a passphrase, a passphrase for a key" {
    bytes 10
    "$WITHHELD" age encrypt -p --passphrase-fd 3 -o secret plain 3<<< "$STRONG"
    age encrypt -r "$one" -o ours plain
    not_opened 3 secret --passphrase-fd 3 3<<< "$OTHER"
    err 'not the passphrase'
    err 'Caps Lock'
    never grep -q "$OTHER" err
    not_opened 3 secret -i "$keys/one.txt"
    err 'encrypted with a passphrase'
    not_opened 3 ours --passphrase-fd 3 3<<< "$STRONG"
    err 'encrypted to recipients'
    not_opened 3 ours
    err '-i FILE'
    not_opened 2 secret             # nobody to ask
}

@test "what is no age file: empty, text, random, a folder, one that is missing, another version" {
    : > empty
    echo hello > text
    printf 'age-encryption.org/v2\n' > other
    yes | head -c 3000000 > long
    for f in empty text other long "$keys/random"; do
        not_opened 4 "$f" -i "$keys/one.txt"
    done
    err 'not an age file'
    not_opened 7 missing -i "$keys/one.txt"
    mkdir folder
    not_opened 2 folder -i "$keys/one.txt"
    raw 2 age encrypt -r "$one_pq" -o got folder
}

# ---- output --------------------------------------------------------------------------------------

@test "a file that is there is never overwritten, and one that is made is for its owner only" {
    bytes 10
    age encrypt -r "$one" -o ours plain
    [ "$(stat -c %a ours)" = 600 ]
    cp ours before
    raw 2 age encrypt -q -r "$one" -o ours plain
    sentence
    err 'already there'
    cmp ours before
    echo mine > got
    raw 2 age decrypt -i "$keys/one.txt" -o got ours
    sentence
    [ "$(cat got)" = mine ]
    ln -s nowhere link
    raw 2 age decrypt -i "$keys/one.txt" -o link ours
    [ -L link ]
}

@test "content is not shown on a terminal, armor is" {
    command -v script > /dev/null || skip 'script is not installed'
    need_terminals
    bytes 10
    age encrypt -r "$one_pq" -o ours plain
    run script -qec "'$WITHHELD' age decrypt -i '$keys/one--pq.txt' ours" /dev/null
    says 'not shown on a terminal'
    run script -qec "'$WITHHELD' age encrypt -r $one_pq plain" /dev/null
    says 'not shown on a terminal'
    run script -qec "'$WITHHELD' age encrypt -a -r $one_pq plain" /dev/null
    says 'BEGIN AGE ENCRYPTED FILE'
}

@test "a full disk is told, and nothing is left" {
    [ -c /dev/full ] || skip 'there is no /dev/full'
    bytes 100000
    age encrypt -r "$one_pq" -o ours plain
    code=0
    age decrypt -i "$keys/one--pq.txt" ours > /dev/full 2> err || code=$?
    [ "$code" = 9 ]
    code=0
    (ulimit -f 20; age decrypt -i "$keys/one--pq.txt" -o got ours 2> err) || code=$?
    [ "$code" = 9 ]
    [ ! -e got ]
    never compgen -G '.withheld-plain-*'
}

@test "an output that fails ends it, however long the input waits" {
    [ -c /dev/full ] || skip 'there is no /dev/full'
    bytes 300000
    age encrypt -r "$one_pq" -o ours plain
    code=0
    { head -c 280000 ours; sleep 30; } | timeout 20 "$WITHHELD" --no-input age decrypt -i "$keys/one--pq.txt" > /dev/full 2> err || code=${PIPESTATUS[1]}
    [ "$code" = 9 ]
}

@test "recipients and content cannot both be standard input; a file of recipients that holds none is refused" {
    bytes 10
    printf '%s\n' "$one_pq" > list
    raw 2 age encrypt -R - -o got < list
    sentence
    : > empty
    printf '# nobody\n\n' > remarks
    printf '%s\n\0%s\n' "$one_pq" "$two_pq" > zero
    for f in empty remarks zero; do
        raw 2 age encrypt -r "$one_pq" -R $f -o got plain
        sentence
    done
    [ ! -e got ]
}

@test "nothing is written into the folder of a vault" {
    new_vault v "$PASS"
    bytes 10
    age encrypt -r "$one_pq" -o ours plain
    for name in keys.new x records.db-journal; do
        raw 6 age encrypt -r "$one_pq" -o v.vault/$name plain
        sentence
        raw 6 age decrypt -i "$keys/one--pq.txt" -o v.vault/$name ours
        exits 6 age decrypt -i "$keys/one--pq.txt" -o v.vault/$name ours
        raw 6 age keygen -o v.vault/$name
    done
    [ "$(ls -A v.vault | tr '\n' ' ')" = 'keys records.db ' ]
}

@test "a signal while the key of a passphrase is derived ends it, and not with another verdict" {
    bytes 10
    # A work factor of 20: about four seconds, and a gigabyte.
    printf 'age-encryption.org/v1\n-> scrypt ajMFur+EJLGaohv/dLRGnw 20\n8SHBz/ldWnjyGFQqfjat6uNBarWqqEMDS7W8X7+Xq5Q\n--- gxhoSa5BciRDt8lOpYNcx4EYtKpS0CJ06F3ZwN82VaM\n' > slow
    "$WITHHELD" --no-input age decrypt --passphrase-fd 3 -o got slow 3<<< "$STRONG" 2> err &
    pid=$!
    sleep 0.5
    kill -TERM $pid
    code=0
    wait $pid || code=$?
    [ "$code" = 143 ] || [ "$code" = 130 ]
    never grep -q 'not the passphrase' err
    [ ! -e got ]
}

@test "stopped while it waits for input: nothing is left" {
    bytes 100000
    age encrypt -r "$one_pq" -o ours plain
    for signal in TERM HUP; do
        mkfifo pipe
        "$WITHHELD" --no-input age decrypt -i "$keys/one--pq.txt" -o got pipe 2> err &
        pid=$!
        exec 5> pipe
        head -c 90000 ours >&5
        for _ in $(seq 200); do
            compgen -G '.withheld-plain-*' > /dev/null && break
            sleep 0.02
        done
        compgen -G '.withheld-plain-*'
        kill -$signal $pid
        code=0
        wait $pid || code=$?
        exec 5>&-
        [ "$code" = 130 ]
        never compgen -G '.withheld-plain-*'
        [ ! -e got ]
        rm pipe
    done
}

@test "memory does not grow with the file" {
    head -c 50000000 /dev/zero > plain
    # The largest resident set of the program, in KiB.
    most() { "$PYTHON" -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$WITHHELD" age "$@"; }
    n=$(most encrypt -r "$one_pq" -o ours plain)
    [ "$n" -lt 32000 ]
    n=$(most encrypt -a -r "$one_pq" -o armored plain)
    [ "$n" -lt 32000 ]
    for f in ours armored; do
        n=$(most decrypt -i "$keys/one--pq.txt" -o "got-$f" $f)
        [ "$n" -lt 32000 ]
        same "got-$f"
    done
}

@test "a weak passphrase is warned of, and no passphrase is in the arguments or shown" {
    bytes 10
    raw 0 "$WITHHELD" age encrypt -p --passphrase-fd 3 -o weak plain 3<<< 'summer2019'
    err 'weak'
    never grep -q summer2019 err
    raw 0 "$WITHHELD" age encrypt -p --passphrase-fd 3 -o good plain 3<<< "$STRONG"
    [ ! -s err ]
}
