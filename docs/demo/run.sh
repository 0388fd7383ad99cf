#!/bin/sh
# run.sh: what withheld does, in one minute. `make demo` runs it; README.md says where the facts
# come from. It works in a temporary folder, leaves nothing behind, and exits non-zero as soon as
# something is not as it tells. Environment: WITHHELD, the program (default: build/withheld).
set -eu
export LC_ALL=C
umask 077

here=$(cd "$(dirname "$0")" && pwd)
WITHHELD=${WITHHELD:-$here/../../build/withheld}
case $WITHHELD in /*) ;; *) WITHHELD=$PWD/$WITHHELD ;; esac
kinds='person case event document statistic'
passphrase='a fixed passphrase for this demonstration only, on paper'

tmp=$(mktemp -d "${TMPDIR:-/tmp}/withheld-demo.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
ln -s "$here/cases" "$tmp/cases"
cd "$tmp"
vault=refugees.vault        # here, so that -C can be left out in what is shown

# ---- telling

step() { printf '\n---- %s\n\n' "$*"; }
say() { printf '%s\n' "$@"; }

# Four columns to the right; what is too long goes on in the next line, further right.
indent() {
    awk -v width=94 '
    {
        lead = "    "
        while (length($0) > width) {
            at = width
            while (at > 1 && substr($0, at, 1) != " ") at--
            if (at == 1) break
            print lead substr($0, 1, at - 1)
            $0 = substr($0, at + 1)
            lead = "                     "; width = 77
        }
        print $0 == "" ? "" : lead $0
        width = 94
    }' "$1"
}

broken() {
    {
        echo
        echo "demo: NOT AS PROMISED: $*"
        [ ! -s out ] || indent out
    } >&2
    exit 1
}

# ---- doing

# withheld COMMAND..., with the passphrase on descriptor 3; what it prints goes to out.
withheld() {
    "$WITHHELD" -C "$vault" --no-input --passphrase-fd 3 "$@" > out 2>&1 3<<PASS
$passphrase
PASS
}

# The same, shown. Nothing in this demonstration may fail, except where `withheld` is called alone.
run() {
    printf '$ withheld %s\n' "$*"
    withheld "$@" || broken "\`withheld $1\` ended with exit code $?"
    indent out
}

# ---- looking for names

# Cells of a table (without line breaks in cells), one a line: row, column, cell, separated by tabs.
cells() {
    awk '
    function cell(s) {
        n++
        if (NR == 1) name[n] = s
        else if (s != "") printf "%d\t%s\t%s\n", NR, name[n], s
    }
    {
        n = 0; s = ""; quoted = 0; len = length($0)
        for (i = 1; i <= len; i++) {
            c = substr($0, i, 1)
            if (c == "\"") quoted = !quoted
            else if (c == "," && !quoted) { cell(s); s = "" }
            else s = s c
        }
        cell(s)
    }' "$1"
}

# Lines, their parts between | and their words, of at least $1 bytes each. Two or three letters
# occur by chance in anything; six bytes do not.
words() {
    awk -v least="$1" '
    function emit(s) { if (length(s) >= least) print s }
    {
        n = split($0, part, "|")
        for (i = 1; i <= n; i++) {
            emit(part[i])
            gsub(/[,;:.()]/, "", part[i])
            m = split(part[i], word, " ")
            for (j = 1; j <= m; j++) emit(word[j])
        }
    }' | sort -u
}

# How many lines of the list $1 occur in the files that follow.
count_found() {
    list=$1
    shift
    found=0
    while IFS= read -r word; do
        if grep -F -q -e "$word" "$@"; then found=$((found + 1)); fi
    done < "$list"
    echo "$found"
}

# Everything that stands in the tables, and the names of their columns.
for kind in $kinds; do
    cells "cases/${kind}s.csv" | cut -f 3
    head -n 1 "cases/${kind}s.csv" | tr , '\n'
done | words 6 > everything
everything=$(wc -l < everything | tr -d ' ')

# What the type `person` withholds. A lawyer whose press_name is the name itself hides nothing.
cells cases/persons.csv > persons
{
    awk -F '\t' 'NR == FNR { v[$1, $2] = $3; next }
        ($2 == "name" || $2 == "other_names") && v[$1, "press_name"] != v[$1, "name"] { print $3 }
        ' persons persons | words 4
    awk -F '\t' '$2 == "family" || $2 == "notes" { print $3 }' persons
} > hidden

nothing_withheld() {
    n=$(count_found hidden out)
    [ "$n" = 0 ] || broken "$n withheld names or texts stand in what $1 prints"
}

# ---- the demonstration

[ -x "$WITHHELD" ] || { echo "demo: build the program first: make" >&2; exit 1; }

say 'withheld keeps records of people whose names must not get out: one encrypted folder, no server,' \
    'no network. Every field is either open (dates, places, what happened: the daily work) or' \
    'withheld (names, families, notes). Withheld values are sealed a second time; whoever wants to' \
    'see one must be a keeper and must ask for it, and each time goes into a signed log.' \
    '' \
    'This demonstration enters five small tables, taken from newspaper reports, into a new vault in' \
    'a temporary folder, and looks at it through the eyes of three people.'

step '1. A new vault'
say 'You would type your own passphrase; here a fixed one comes through a file descriptor. A real' \
    'vault also takes about a second to open, so that guessing is slow; this one is made quick.' ''
run init --kdf-memory 64 --kdf-passes 3 "$vault"

step '2. Five tables go in, each as a whole or not at all'
for kind in $kinds; do
    run import "cases/${kind}s.csv" --as "$kind"
    rows=$(($(wc -l < "cases/${kind}s.csv") - 1))
    grep -q "^$rows rows: $rows added" out || broken "import of ${kind}s.csv: not $rows added"
done

step '3. What a thief has who takes the laptop: the folder, without the passphrase'
( cd "$vault" && ls -ln | awk 'NR > 1 { printf "    %s %9d bytes  %s\n", $1, $5, $9 }' )
say '' 'The beginning of records.db:' ''
od -A d -t x1 -N 64 "$vault/records.db" | sed '$d; s/^/    /'
cat cases/*.csv > tables
in_tables=$(count_found everything tables)
in_vault=$(count_found everything "$vault"/*)
say '' "Searched for $everything texts (names, words, whole cells, names of columns):" \
    "    in the five tables   $in_tables found" \
    "    in the vault         $in_vault found"
[ "$everything" -gt 100 ] || broken 'there is too little to search for'
[ "$in_tables" = "$everything" ] || broken 'the search itself fails'
[ "$in_vault" = 0 ] || broken "$in_vault of $everything texts lie open in the vault"
real=$passphrase
passphrase='a wrong guess'
status=0
withheld list || status=$?
passphrase=$real
say '' 'A guess at the passphrase:' ''
indent out
[ "$status" = 3 ] || broken "a wrong passphrase ended with exit code $status, not 3"

step '4. What somebody sees who looks over your shoulder: no name'
run list person
nothing_withheld 'list person'
say '' 'The title of a person is two words drawn at random.' ''
run show P1
nothing_withheld 'show without --reveal'
grep -q '\[withheld\]' out || broken 'show does not say that something is withheld'
withheld list || broken "\`withheld list\` ended with exit code $?"
nothing_withheld list

step '5. What the keeper sees who asks for it: everything about one person'
run show P1 --reveal
for name in 'Choe Myong Bok' 'Choi Myung-bok' '최명복' 'Чхве Мён Бок' 'Цой Мён Бок'; do
    grep -F -q -e "$name" out || broken "show --reveal does not print $name"
done

step '6. The daily work needs no name: what happened in case C1, in order of date'
run timeline C1
nothing_withheld timeline
[ "$(grep -c '[0-9][0-9][0-9][0-9]' out)" -ge 7 ] || broken 'the timeline lacks events'

step '7. The log: who wrote, and who looked'
run log
nothing_withheld log
[ "$(grep -c reveal out)" = 1 ] || broken 'the log does not show the one reveal'

step '8. Nothing was changed behind your back: hashes, signatures, the chain of the log'
run check

step 'All of it was as promised. The vault is removed again'
say 'Next: README.md, or `build/withheld help`.'
