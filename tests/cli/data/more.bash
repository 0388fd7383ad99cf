# shellcheck shell=bash
# shellcheck disable=SC2154 # bats sets status and output
# What the suites of the command surface have in common, on top of helpers.bash:
#
#   load helpers
#   load data/more
#   setup_file() { cd "$BATS_FILE_TMPDIR" && new_vault base "$PASS" && ...; }
#   setup() { common_setup; take base; }
#
# A command is run with standard output in the file `out` (and $output), standard error in `err`.

PYTHON=${PYTHON:-/usr/bin/python3}
TOP=$(realpath "$BATS_TEST_DIRNAME/../..")
DATA=$BATS_TEST_DIRNAME/data
CASES=$TOP/docs/demo/cases
PASS='correct horse 말 конь, quiet river'

# take NAME: a copy of the vault that setup_file made, for this test alone.
take() {
    cp -a "$BATS_FILE_TMPDIR/$1.vault" v.vault
    VAULT=$PWD/v.vault
}

# exits CODE ARGS...: one command on the vault must end with this code.
exits() {
    local want=$1 code=0
    shift
    "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 "$@" > out 2> err 4<<< "$PASS" || code=$?
    told "$want" "$code" "$@"
}

# raw CODE COMMAND...: the same for any command line.
raw() {
    local want=$1 code=0
    shift
    "$@" > out 2> err || code=$?
    told "$want" "$code" "$@"
}

told() {
    local want=$1 code=$2
    shift 2
    output=$(tr -d '\0' < out)
    [ "$code" = "$want" ] && return
    printf 'exit code %s, not %s: %.300s\n' "$code" "$want" "$*"
    head -c 2000 out
    head -c 2000 err
    return 1
}

ok() { exits 0 "$@"; }

# sentence: a refusal is one sentence of the program on standard error, at most followed by hints, and
# nothing on standard output. It is in lower case, without a full stop.
sentence() {
    if [ "$(sed -n 1p err | grep -c '^withheld: [^A-Z].*[^.]$')" != 1 ] ||
        sed 1d err | grep -qv '^hint: ' || [ "$(grep -c ^ err)" -gt 3 ]; then
        echo 'not one sentence:'
        cat err
        return 1
    fi
    if [ -s out ]; then
        echo 'a refusal with data on standard output:'
        head -c 2000 out
        return 1
    fi
}

# err TEXT: standard error must contain it.
err() {
    grep -qF -- "$1" err || { printf 'standard error does not say: %s\n' "$1"; cat err; return 1; }
}

# hides TEXT...: none of it may stand in what the command wrote.
hides() {
    local text
    for text; do
        if grep -qF -- "$text" out err; then
            printf 'shows %s\n' "$text"
            grep -F -- "$text" out err | head -c 2000
            return 1
        fi
    done
}

# state: everything in the vault, and what lies beside it.
state() {
    find "$VAULT" -printf '%P %y %m\n' | sort
    find "$VAULT" -type f -exec sha256sum {} + | sort
}

# refuses CODE ARGS...: that code, one sentence, and not a byte of the vault has changed.
refuses() {
    state > before
    exits "$@" || return 1
    sentence || return 1
    unchanged
}

unchanged() {
    state > after
    cmp -s before after || { echo 'the vault has changed'; diff before after; return 1; }
}

# py SCRIPT ARGS...: Python about $output as JSON (d); `lines` are its lines.
py() {
    local script=$1
    shift
    printf '%s' "$output" | "$PYTHON" -c '
import json, sys, re
text = sys.stdin.read()
try:
    d = json.loads(text)
except ValueError:
    d = None
lines = text.splitlines()
args = sys.argv[2:]
exec(sys.argv[1])' "$script" "$@"
}

# jget EXPRESSION: prints it; d is $output as JSON.
jget() { py "print($1)"; }

# holds EXPRESSION...: each must be true of d, which must be JSON.
holds() {
    py '
if d is None:
    sys.exit("not JSON: " + text[:2000])
for e in args:
    if not eval(e):
        sys.exit("not so: %s\n%s" % (e, text[:4000]))' "$@"
}

head_of_log() { ok log head && sed -n 1p out; }

# add_json TYPE JSON: the new record's code in $id.
add_json() {
    ok add "$1" --from - <<< "$2" || return 1
    id=$output
}

# remember REF...: the codes of these records in the file `codes`, for code_of. Once, in setup_file.
remember() {
    ok list --reveal --json || return 1
    py 'for x in d: print(x["fields"].get("ref", x["id"]), x["id"])' > codes
}
code_of() {
    local code
    code=$(sed -n "s/^$1 //p" "$BATS_FILE_TMPDIR/codes")
    [ -n "$code" ] || { echo "no code of $1" >&2; return 1; }
    echo "$code"
}

# small_vault: base.vault with seven records, in setup_file. Their codes: code_of REF.
small_vault() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault base "$PASS"
    ok shell << 'END'
add person --from -
{"ref":"K-1","label":"grey-heron","born":"1962~","citizenship":"KP","residence":"Leningrad region, Russia","name":"Choi Myung-bok","other_names":["최명복","Цой Мён Бок"],"family":"two children","notes":"came over the river\nby night"}
add person --from -
{"ref":"K-2","label":"white-stork","residence":"Séoul","name":"Kim Chol"}
add organisation --from -
{"ref":"O-1","name":"Civic Assistance","country":"RU"}
add case --from -
{"ref":"C-1","person":["K-1","K-2"],"title":"Appeal of the spring","opened":"2015","next_step":"2026-12-01: file the appeal"}
add event --from -
{"ref":"E-1","case":"C-1","date":"2017-01-31","kind":"arrest","place":"Leningrad region, Russia","status":"done","summary":"Called to a police station"}
add event --from -
{"ref":"E-2","case":"C-1","date":"2026-11-30","kind":"hearing","place":"Moscow","status":"planned"}
add statistic --from -
{"ref":"S-1","period":"2004/2014","measure":"granted","count":2,"of":211}
END
    cp -a base.vault pristine.vault
    remember
    rm -rf base.vault
    mv pristine.vault base.vault
}
