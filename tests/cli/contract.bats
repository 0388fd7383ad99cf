# The command surface as cli.md fixes it: shapes of JSON, exit codes, streams, options, IDs.

load helpers
load data/more

COMMANDS='init|status|key list|key add|key remove|key rekey|key change|key shares|travel|panic|passphrase generate|passphrase strength|type list|type show|type add|add|show|list|edit|history|revert|rm|purge|search|timeline|agenda|import|dump|log|log head|check|compact|shell|shares split|shares combine|help|version'

setup_file() { small_vault; }

setup() {
    common_setup
    take base
}

# The last revision of a record.
rev_of() { ok history "$1" --json && jget 'd[-1]["revision"]'; }

# ---- streams, exit codes, errors ----------------------------------------------------------

@test "data goes to standard output, messages to standard error" {
    ok add person ref=K-9
    [[ $output =~ ^[0-9a-hjkmnp-tv-z]{26}$ ]]
    raw 0 "$WITHHELD" --passphrase-fd 4 init new.vault "${CHEAP[@]}" 4<<< "$PASS"
    [ ! -s out ]
    err 'only way in'
    ok dump plain
    [ "$output" = '8 records' ]
    err 'not encrypted'
    ok import "$CASES/statistics.csv" --as statistic --dry-run
    err 'nothing was written'
    [ "$(wc -l < out)" = 1 ]
}

@test "--quiet silences messages, and neither data nor errors" {
    raw 0 "$WITHHELD" --quiet --passphrase-fd 4 init new.vault "${CHEAP[@]}" 4<<< "$PASS"
    [ ! -s out ] && [ ! -s err ]
    ok dump plain -q
    [ ! -s err ]
    [ -s out ]
    ok --quiet list
    [ "$(wc -l < out)" = 7 ]
    exits 7 --quiet show nobody
    sentence
}

@test "--json: an error is one object on standard error, its code the exit code" {
    local i
    local -a line=(
        '7 show nobody --json'
        '2 show --json'
        '2 shwo --json'
        '2 list --jsno --json'
        '2 add person nmae=x --json'
        '2 add person name=Choi --json'
        '2 --json add person born=2017-02-30'
        '7 import nothing.csv --as person --json'
        '2 --json list caes')
    for i in "${line[@]}"; do
        # shellcheck disable=SC2086
        exits ${i%% *} ${i#* }
        [ ! -s out ]
        output=$(<err)
        holds 'list(d) == ["error"]' 'list(d["error"]) == ["code", "message", "hint"]' \
            "d['error']['code'] == ${i%% *}" 'len(d["error"]["message"]) > 10' \
            'd["error"]["hint"] is None or isinstance(d["error"]["hint"], str)'
        hides Choi
    done
}

@test "--json: a wrong passphrase and a missing vault are told as JSON too" {
    PASS=wrong exits 3 status --json
    output=$(<err)
    holds 'd["error"]["code"] == 3' '"Caps Lock" in d["error"]["hint"]' '"layout" in d["error"]["hint"]'
    raw 7 "$WITHHELD" -C nothing.vault --json --no-input --passphrase-fd 4 list 4<<< "$PASS"
    output=$(<err)
    holds 'd["error"]["code"] == 7'
}

@test "exit 3 names layout, Caps Lock and the ways in" {
    PASS=wrong refuses 3 list
    err 'layout'
    err 'Caps Lock'
    err 'slot 0'
}

@test "nothing is asked, and nothing hangs, without a terminal" {
    local line
    for line in status 'add person' 'edit K-1 notes' search 'key change'; do
        # shellcheck disable=SC2086
        raw 2 setsid -w timeout 20 "$WITHHELD" -C "$VAULT" $line < /dev/null
        sentence
    done
    raw 2 setsid -w timeout 20 "$WITHHELD" -C "$VAULT" --no-input status < /dev/null
    err '--passphrase-fd'
}

# ---- which vault, which passphrase --------------------------------------------------------

@test "the vault is -C, else WITHHELD_VAULT, else the only one here" {
    raw 0 "$WITHHELD" --passphrase-fd 4 show K-1 4<<< "$PASS"
    mkdir empty
    cd empty
    raw 7 "$WITHHELD" --passphrase-fd 4 --no-input show K-1 4<<< "$PASS"
    sentence
    err -C
    WITHHELD_VAULT=../v.vault raw 0 "$WITHHELD" --passphrase-fd 4 show K-1 4<<< "$PASS"
    WITHHELD_VAULT=../v.vault raw 7 "$WITHHELD" -C nothing.vault --passphrase-fd 4 show K-1 4<<< "$PASS"
    cd ..
    mkdir -p other.vault
    raw 2 "$WITHHELD" --passphrase-fd 4 show K-1 4<<< "$PASS"
    sentence
    err 'v.vault'
    err 'other.vault'
    raw 0 "$WITHHELD" --passphrase-fd 4 -C v.vault/ show K-1 4<<< "$PASS"
    raw 0 "$WITHHELD" --passphrase-fd 4 --vault=v.vault show K-1 4<<< "$PASS"
    raw 0 "$WITHHELD" --passphrase-fd 4 -Cv.vault show K-1 4<<< "$PASS"
    touch other.vault2 file.vault
    rmdir other.vault
    raw 0 "$WITHHELD" --passphrase-fd 4 show K-1 4<<< "$PASS"
}

@test "options may stand anywhere on the line" {
    raw 0 "$WITHHELD" show --json K-1 --passphrase-fd 4 --reveal -C "$VAULT" 4<<< "$PASS"
    output=$(<out)
    holds 'd["fields"]["name"] == "Choi Myung-bok"'
    raw 0 "$WITHHELD" --json --passphrase-fd=4 key -C "$VAULT" list 4<<< "$PASS"
    output=$(<out)
    holds 'len(d) == 1'
    raw 0 "$WITHHELD" list -C "$VAULT" --where citizenship=KP person --passphrase-fd 4 --json 4<<< "$PASS"
    output=$(<out)
    holds '[x["label"] for x in d] == ["grey-heron"]'
}

@test "-- ends the options" {
    ok add organisation -- ref=--json name=-x
    ok show --json -- --json
    holds 'd["fields"]["ref"] == "--json"' 'd["fields"]["name"] == "-x"'
    ok search --json -- -x
    holds 'len(d) == 1'
    exits 7 show -- --reveal
    sentence
}

@test "--passphrase-file: the first line, without its newline" {
    printf '%s\nsecond line\n' "$PASS" > pass
    raw 0 "$WITHHELD" -C "$VAULT" --passphrase-file pass status
    printf '%s' "$PASS" > pass
    raw 0 "$WITHHELD" -C "$VAULT" --passphrase-file=pass status
    printf '\n%s\n' "$PASS" > pass
    raw 2 "$WITHHELD" -C "$VAULT" --passphrase-file pass status
    sentence
    printf ' %s\n' "$PASS" > pass
    raw 3 "$WITHHELD" -C "$VAULT" --passphrase-file pass status
    sentence
    raw 7 "$WITHHELD" -C "$VAULT" --passphrase-file nothing status
    sentence
}

@test "a passphrase is not trimmed, and may be any text" {
    printf '  two  blanks  between  seven  very odd  words  \n' > pass
    raw 0 "$WITHHELD" --passphrase-file pass init x.vault "${CHEAP[@]}"
    raw 0 "$WITHHELD" --passphrase-file pass -C x.vault status
    printf 'two  blanks  between  seven  very odd  words\n' > pass
    raw 3 "$WITHHELD" --passphrase-file pass -C x.vault status
    printf '%s\n' "-тихая река за лесом, где живёт сова $(printf 'ж%.0s' {1..470})" > pass
    raw 0 "$WITHHELD" --passphrase-file pass init y.vault "${CHEAP[@]}"
    raw 0 "$WITHHELD" --passphrase-file pass -C y.vault status
}

@test "composed and decomposed Hangul and accents are one passphrase" {
    local composed decomposed
    composed=$'\uba85\ubcf5 \u00e9\ufb01 quiet river, deep lake, high wall'
    decomposed=$'\u1106\u1167\u11bc\u1107\u1169\u11a8 e\u0301fi quiet river, deep lake, high wall'
    [ "$composed" != "$decomposed" ]
    new_vault hangul "$composed"
    PASS=$decomposed ok status
    PASS=$composed ok status
    PASS=${composed}x exits 3 status
    new_vault jamo "$decomposed"
    PASS=$composed ok status
}

@test "--passphrase-fd takes one line, what follows is data" {
    { echo "$PASS"; echo '{"ref":"K-8"}'; } > both
    raw 0 "$WITHHELD" -C "$VAULT" --passphrase-fd 0 add person --from - < both
    ok show K-8
    { echo "$PASS"; echo "$NEXT"; } > both
    raw 0 "$WITHHELD" -C "$VAULT" --passphrase-fd 4 --new-passphrase-fd 4 key change "${CHEAP[@]}" 4< both
    PASS=$NEXT ok status
}

@test "a passphrase comes from one place, and never from an argument" {
    echo "$PASS" > pass
    raw 2 "$WITHHELD" -C "$VAULT" --passphrase-file pass --passphrase-fd 4 status 4<<< "$PASS"
    sentence
    raw 2 "$WITHHELD" -C "$VAULT" --passphrase "hunter two" status
    sentence
    hides hunter
    raw 2 "$WITHHELD" -C "$VAULT" "--passphrase=hunter two" status
    sentence
    hides hunter
    PASSPHRASE=$PASS WITHHELD_PASSPHRASE=$PASS raw 2 setsid -w "$WITHHELD" -C "$VAULT" status < /dev/null
}

@test "--slot tries one slot only" {
    ok --slot 0 status
    exits 7 --slot 1 status
    sentence
    err 'slot 1'
    exits 2 --slot 8 status
    sentence
    exits 2 --slot x status
    sentence
}

@test "--anchor: an older vault than the head kept in a file does not open" {
    cp -a "$VAULT" old.vault
    ok log head
    cp out anchor
    ok --anchor anchor status
    ok add person ref=K-9
    ok --anchor anchor status
    ok log head
    cp out anchor
    ok --anchor anchor status
    VAULT=$PWD/old.vault refuses 4 --anchor anchor status
    ok --anchor nothing status
    [ -f nothing ]
    exits 7 --anchor nowhere/nothing status
    sentence
    head -c 100 /dev/urandom > anchor
    exits 2 --anchor anchor status
    sentence
}

# ---- colour and help ----------------------------------------------------------------------

@test "colour only on a terminal, unless it is asked for" {
    need_terminals
    local esc=$'\033['
    ok show K-1
    hides "$esc"
    ok --color always show K-1
    grep -qF "$esc" out
    ok --color never show K-1
    hides "$esc"
    ok --color=always show K-1 --json
    hides "$esc"
    exits 2 --color sometimes show K-1
    sentence
    command -v script > /dev/null || skip "script is not installed: the rest needs a terminal"
    echo "$PASS" > pass
    export TERM=xterm
    script -qec "$WITHHELD --passphrase-file pass -C v.vault show K-1" typescript > /dev/null < /dev/null
    grep -qF "$esc" typescript
    NO_COLOR=1 script -qec "$WITHHELD --passphrase-file pass -C v.vault show K-1" typescript > /dev/null < /dev/null
    never grep -qF "$esc" typescript
    script -qec "$WITHHELD --color never --passphrase-file pass -C v.vault show K-1" typescript > /dev/null < /dev/null
    never grep -qF "$esc" typescript
}

@test "help for every command, in every way, needs nothing and begins with examples" {
    local name
    local -a words
    mkdir nowhere
    cd nowhere
    while read -r -d '|' name; do
        read -ra words <<< "$name"
        raw 0 "$WITHHELD" help "${words[@]}"
        [ ! -s err ]
        [ "$(sed -n 1p out)" = Examples ]
        grep -q "^  withheld.* ${words[0]}" out
        grep -q '^Usage' out
        cp out expected
        raw 0 "$WITHHELD" "${words[@]}" --help
        cmp out expected
        raw 0 "$WITHHELD" "${words[@]}" -h
        cmp out expected
        raw 0 "$WITHHELD" -h "${words[@]}" --json --no-input
    done <<< "$COMMANDS|"
    raw 0 "$WITHHELD" help
    for name in init status 'key list' 'key change' 'type add' import dump 'log head' shell; do
        grep -q "^  $name  " out
    done
    cp out expected
    raw 0 "$WITHHELD" --help
    cmp out expected
}

@test "help lists every option that a command has, and the exit codes" {
    local pair option
    for pair in 'init --kdf-memory --kdf-passes --kdf-time' 'show --reveal --rev' 'list --where --reveal' \
        'edit --from --unset' 'add --from' 'import --as --format --mapping --key --dry-run' \
        'dump --reveal --format' 'search --type --field --names' 'agenda --until' 'check --deep' \
        'shell --files'; do
        raw 0 "$WITHHELD" help "${pair%% *}"
        for option in ${pair#* } --json --passphrase-fd --passphrase-file --no-input --accept --color; do
            grep -qe "$option" out || { echo "$pair: $option"; return 1; }
        done
    done
    raw 0 "$WITHHELD" help
    grep -q '130' out
}

@test "help for what is no command is refused, with the nearest" {
    raw 2 "$WITHHELD" help serach
    sentence
    err search
}

@test "without a command: usage, exit code 2" {
    raw 2 "$WITHHELD"
    grep -q '^withheld: ' err
    raw 2 "$WITHHELD" --json
    output=$(<err)
    holds 'd["error"]["code"] == 2'
}

@test "version names the libraries and their versions" {
    raw 0 "$WITHHELD" version --json
    output=$(<out)
    holds 're.match(r"\d+\.\d+", d["withheld"])' 'd["libraries"]["libsodium"] >= "1.0.2"' \
        'set(d["libraries"]) >= {"libsodium", "sqlcipher", "argon2", "jansson", "utf8proc", "openssl"}'
    raw 0 "$WITHHELD" version
    grep -q '^withheld [0-9]' out
    grep -qi sqlcipher out
    cp out expected
    raw 0 "$WITHHELD" --version
    cmp out expected
}

# ---- vault and keys -----------------------------------------------------------------------

@test "init: one keeper slot, at the cost asked for, and the way in is spoken of" {
    raw 0 "$WITHHELD" --passphrase-fd 4 init new.vault --kdf-memory 65 --kdf-passes 4 4<<< "$PASS"
    err 'only way in'
    [ "$(wc -l < err)" -ge 3 ]      # and what to do about it
    VAULT=$PWD/new.vault
    raw 0 "$WITHHELD" -C new.vault key list --json < /dev/null
    output=$(<out)
    holds 'len(d) == 1' 'd[0]["tier"] == "keeper"' 'd[0]["slot"] == 0' 'd[0]["kind"] == "passphrase"' \
        'd[0]["kdf"] == {"memory_kib": 65 * 1024, "passes": 4, "lanes": 4}'
    ok status --json
    holds 'd["records"] == 0' 'd["log_entries"] == 1' 'd["tier"] == "keeper"' \
        'd["kdf"] == {"memory_kib": 65 * 1024, "passes": 4, "lanes": 4}'
    ok check
    ok list --json
    holds 'd == []'
    ok list
    [ ! -s out ]
}

@test "init --json tells what was made" {
    raw 0 "$WITHHELD" --passphrase-fd 4 --json init new.vault "${CHEAP[@]}" 4<<< "$PASS"
    output=$(<out)
    holds 'isinstance(d, dict)'
}

@test "init --kdf-time measures, and never goes under the floor" {
    raw 0 "$WITHHELD" --passphrase-fd 4 init new.vault --kdf-time 0.05 4<<< "$PASS"
    raw 0 "$WITHHELD" -C new.vault key list --json
    output=$(<out)
    holds 'd[0]["kdf"]["memory_kib"] >= 65536' 'd[0]["kdf"]["passes"] >= 3 or d[0]["kdf"]["memory_kib"] > 65536' \
        'd[0]["kdf"]["lanes"] == 4'
}

@test "status --json has these keys" {
    ok status --json
    holds 'list(d) == ["vault_id", "copy_id", "tier", "records", "attachments", "log_entries", "log_head", "kdf", "last_backup", "warnings"]' \
        'd["records"] == 7' 'd["attachments"] == 0' 'd["log_entries"] == 8' 'd["last_backup"] is None' \
        'all(isinstance(w, str) for w in d["warnings"])' 're.fullmatch("[0-9a-f]{64}", d["log_head"])' \
        're.fullmatch("[0-9a-f]{32}", d["vault_id"])' 'd["vault_id"] != d["copy_id"]'
    ok status
    grep -q 'records *7' out
}

@test "key list needs no passphrase" {
    raw 0 setsid -w "$WITHHELD" -C "$VAULT" key list < /dev/null
    grep -q keeper out
    grep -q '64 MiB' out
    raw 0 setsid -w "$WITHHELD" -C "$VAULT" key list --json < /dev/null
    output=$(<out)
    holds 'isinstance(d, list)' 'd[0]["kind"] == "passphrase"'
}

@test "key change: the new passphrase opens it, the old one does not, everything is still there" {
    local before
    ok show K-1 --reveal --json
    before=$output
    ok --new-passphrase-fd 5 key change --kdf-memory 66 --kdf-passes 3 5<<< 'new одно, и ещё другое слово, и третье'
    err 'still opens with the old passphrase'
    exits 3 status
    sentence
    PASS='new одно, и ещё другое слово, и третье'
    ok status --json
    holds 'd["kdf"]["memory_kib"] == 66 * 1024' 'd["records"] == 7'
    ok show K-1 --reveal --json
    [ "$output" = "$before" ]
    ok log --json
    holds '"key-change" in [e["action"] for e in d]'
    ok check
    [ "$(find "$VAULT" -type f | wc -l)" = 2 ]
}

@test "key change needs a new passphrase" {
    refuses 2 key change
    err '--new-passphrase-fd'
    state > before
    exits 2 --new-passphrase-fd 5 key change "${CHEAP[@]}" 5<<< ''
    sentence
    unchanged
    exits 2 --new-passphrase-fd 77 key change "${CHEAP[@]}"
    sentence
    unchanged
}

@test "check --json" {
    ok check --json
    holds 'd == {"ok": True, "problems": []}'
    ok check --deep --json
    holds 'd["ok"] is True'
    ok check
    [ -s out ]
}

@test "check of a damaged vault: exit code 4, and where" {
    local size
    size=$(stat -c %s "$VAULT/records.db")
    printf 'damage' | dd of="$VAULT/records.db" bs=1 seek=$((size - 5000)) conv=notrunc status=none
    exits 4 check --json
    holds 'd["ok"] is False' 'len(d["problems"]) >= 1' \
        'all(set(p) == {"what", "where"} and p["what"] and p["where"] for p in d["problems"])'
    exits 4 check
    [ -s out ] || [ -s err ]
    hides passphrase
}

@test "log: one entry a change, in a chain, with the head as number, hex and words" {
    local number hash words
    ok log --json
    holds 'len(d) == 8' '[e["number"] for e in d] == list(range(8))' 'd[0]["action"] == "init"' \
        'all(e["action"] == "add" for e in d[1:])' 'd[0]["parents"] == []' \
        'all(b["parents"] == [a["hash"]] for a, b in zip(d, d[1:]))' \
        'all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", e["time"]) for e in d)' \
        'all("slot 0" in e["author"] for e in d)' 'd[0]["keeper_signed"]' \
        'all(e["revisions"] == 1 for e in d[1:])'
    hash=$(jget 'd[-1]["hash"]')
    ok log
    [ "$(wc -l < out)" = 8 ]
    hides Choi river Leningrad
    ok log head
    read -r number words < out
    [ "$number $words" = "7 $hash" ]
    words=$(sed -n 2p out)
    [ "$(wc -w <<< "$words")" = 12 ]
    ok log head --json
    holds "d['number'] == 7" "d['hash'] == '$hash'" "d['words'].split() == '$words'.split()"
    # SLIP-39 words, ten bits each
    py '
import re
list_ = re.findall(r"\b[a-z]{4,8}\b", open(args[0]).read().split("{", 1)[1])
bits = "".join(format(x, "08b") for x in bytes.fromhex(d["hash"]))
assert len(list_) == 1024
assert [list_[int(bits[i:i + 10], 2)] for i in range(0, 120, 10)] == d["words"].split()' \
        "$TOP/vault/base/words_1024.c"
    ok status --json
    holds "d['log_head'] == '$hash'"
}

@test "reading writes nothing, not even into the log" {
    local line
    state > before
    for line in status 'key list' 'type list' 'type show person' 'show K-1' list 'history K-1' \
        'search river' 'timeline K-1' agenda log 'log head' check; do
        # shellcheck disable=SC2086
        ok $line
    done
    unchanged
}

# ---- records ------------------------------------------------------------------------------

@test "add prints the id; --json has id, revision, similar" {
    ok add person ref=K-9 residence='St Petersburg' born=1970
    [[ $output =~ ^[0-9a-hjkmnp-tv-z]{26}$ ]]
    ok show "$output" --json
    holds 'd["fields"]["residence"] == "St Petersburg"'
    ok add person ref=K-10 --json
    holds 'list(d) == ["id", "revision", "similar"]' 'd["similar"] == []' \
        're.fullmatch("[0-9a-f]{64}", d["revision"])' 're.fullmatch("[0-9a-hjkmnp-tv-z]{26}", d["id"])'
}

@test "add --from FILE and --from -, together with FIELD=VALUE" {
    echo '{"name":"Pak Yong","other_names":["Park","Пак"]}' > person.json
    ok add person ref=K-9 --from person.json
    id=$output
    ok show K-9 --reveal --json
    holds "d['id'] == '$id'" 'd["fields"]["name"] == "Pak Yong"' 'd["fields"]["other_names"] == ["Park", "Пак"]'
    ok add person --from - ref=K-10 < person.json
    ok show K-10 --reveal --json
    holds 'd["fields"]["name"] == "Pak Yong"'
}

@test "a value may hold equals signs, quotes, line breaks and more" {
    ok add event 'summary=a=b "c"
line two	tab' ref=E-9
    ok show E-9 --json
    holds 'd["fields"]["summary"] == "a=b \"c\"\nline two\ttab"'
    ok show E-9
    grep -q 'line two' out
}

@test "a person gets a label of two words when none is given" {
    ok add person ref=K-9
    ok show K-9 --json
    holds 're.fullmatch("[a-z]+-[a-z]+", d["fields"]["label"])'
    ok list --json
    holds '[x["label"] for x in d][-1].count("-") == 1'
}

@test "show --json has these keys, withheld values only with --reveal" {
    ok show K-1 --json
    holds 'list(d) == ["id", "type", "revision", "time", "author", "fields", "withheld", "attachments", "links_here", "conflict"]' \
        'd["type"] == "person"' 'd["conflict"] is False' 'd["attachments"] == []' \
        'd["fields"] == {"ref": "K-1", "label": "grey-heron", "born": "1962~", "citizenship": "KP", "residence": "Leningrad region, Russia"}' \
        'd["withheld"] == ["name", "other_names", "family", "notes"]' \
        '[(l["type"], l["label"], l["field"]) for l in d["links_here"]] == [("case", "Appeal of the spring", "person")]' \
        're.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", d["time"])' '"slot 0" in d["author"]'
    hides Choi 최명복 Цой river children
    ok show K-1 --reveal --json
    holds 'd["fields"]["name"] == "Choi Myung-bok"' 'd["fields"]["other_names"] == ["최명복", "Цой Мён Бок"]' \
        'd["fields"]["notes"] == "came over the river\nby night"' 'len(d["fields"]) == 9'
    ok show K-1
    grep -q 'name  *\[withheld\]' out
    grep -q 'notes  *\[withheld\]' out
    hides Choi 최명복 Цой river children
    ok show K-1 --reveal
    grep -q 'name  *Choi Myung-bok' out
    grep -q 'by night' out
    never grep -q '\[withheld\]' out
}

@test "a record without withheld values has none" {
    ok show O-1 --json
    holds 'd["withheld"] == []' 'd["fields"] == {"ref": "O-1", "name": "Civic Assistance", "country": "RU"}'
}

@test "an ID is the code, a unique prefix, the ref or the label" {
    local code other
    code=$(code_of K-1)
    for other in "$code" "${code:0:25}" "${code:0:8}" "${code:0:5}" grey-heron K-1; do
        ok show "$other" --json
        holds "d['id'] == '$code'"
    done
    ok history "${code:0:6}"
    ok timeline grey-heron
    ok edit "${code:0:8}" occupation=lawyer
    ok list case --where "person=$code" --json
    holds 'len(d) == 1'
    for other in "${code:0:8}zzzz" K-1x K grey '' "$code$code"; do
        exits 7 show "$other"
        sentence
    done
}

@test "a ref or a label names one record only" {
    refuses 8 add person ref=K-8 label=white-stork
    refuses 8 add person ref=K-1
    refuses 8 add organisation ref=K-1
    refuses 8 edit K-2 ref=K-1
    refuses 8 edit K-2 label=grey-heron
    refuses 8 import - --as person --format csv <<< $'ref\nK-8\nK-1'
    err 'line 3'
    refuses 8 import - --as person --format csv <<< $'ref\nK-8\nK-8'
    err 'line 3'
}

@test "an ID that fits two records is not guessed at" {
    # a ref that is another record's label: refused when it is added, or when it is asked for
    state > before
    if ok add organisation ref=grey-heron > /dev/null; then
        state > before
        exits 2 show grey-heron || exits 8 show grey-heron
        sentence
        exits 2 edit grey-heron country=RU || exits 8 edit grey-heron country=RU
    fi
    unchanged
}

@test "list --json has id, type, label, updated" {
    ok list --json
    holds 'len(d) == 7' 'all(list(x) == ["id", "type", "label", "updated"] for x in d)' \
        '{x["type"] for x in d} == {"person", "case", "event", "organisation", "statistic"}' \
        '"grey-heron" in [x["label"] for x in d]'
    hides Choi Kim
    ok list person --json
    holds 'sorted(x["label"] for x in d) == ["grey-heron", "white-stork"]'
    ok list document --json
    holds 'd == []'
    ok list
    [ "$(wc -l < out)" = 7 ]
    hides Choi Kim
}

@test "list --where: equal without case and marks, dates by overlap, several conditions" {
    ok list --where residence=seoul --json
    holds '[x["label"] for x in d] == ["white-stork"]'
    ok list person --where citizenship=kp --json
    holds '[x["label"] for x in d] == ["grey-heron"]'
    ok list person --where residence=Seou --json
    holds 'd == []'
    ok list person --where citizenship=KP --where residence=Seoul --json
    holds 'd == []'
    ok list event --where date=2017 --json
    holds 'len(d) == 1'
    ok list event --where date=2017-01/2026-11 --json
    holds 'len(d) == 2'
    ok list event --where date=2016 --json
    holds 'd == []'
    ok list event --where status=planned --where case=C-1 --json
    holds 'len(d) == 1'
    ok list statistic --where count=2 --json
    holds 'len(d) == 1'
}

@test "list --reveal shows withheld values, and is logged" {
    local before
    before=$(head_of_log)
    ok list person --reveal --json
    holds '{x["fields"]["name"] for x in d} == {"Choi Myung-bok", "Kim Chol"}'
    [ "$(head_of_log)" != "$before" ]
    ok list person --reveal
    grep -q 'Choi Myung-bok' out
}

@test "edit keeps untouched fields, withheld ones too" {
    ok show K-1 --reveal --json
    cp out before.json
    ok edit K-1 residence=Vladivostok
    ok show K-1 --reveal --json
    py '
before = json.load(open("before.json"))
want = dict(before["fields"], residence="Vladivostok")
assert d["fields"] == want, d["fields"]
assert d["revision"] != before["revision"] and d["id"] == before["id"]
assert d["withheld"] == before["withheld"]'
    ok edit K-1 --from - <<< '{"name":"Choe Myong Bok"}'
    ok edit K-1 --unset born
    ok show K-1 --reveal --json
    py '
want = dict(json.load(open("before.json"))["fields"], residence="Vladivostok", name="Choe Myong Bok")
del want["born"]
assert d["fields"] == want, d["fields"]'
    ok check
}

@test "edit replaces all values of a repeating field" {
    ok edit K-1 --from - <<< '{"other_names":["One","Two","Three"]}'
    ok show K-1 --reveal --json
    holds 'd["fields"]["other_names"] == ["One", "Two", "Three"]'
    ok edit K-1 --from - <<< '{"other_names":["Two"]}'
    ok show K-1 --reveal --json
    holds 'd["fields"]["other_names"] == ["Two"]'
    ok edit C-1 person=K-2
    ok show C-1 --json
    holds "d['fields']['person'] == ['$(code_of K-2)']"
    ok edit C-1 person=K-2 person=K-1
    ok show C-1 --json
    holds 'len(d["fields"]["person"]) == 2'
    ok show K-1 --json
    holds 'len(d["links_here"]) == 1'
}

@test "edit --unset takes a field away, open or withheld; null does the same" {
    ok edit K-1 --unset born --unset notes
    ok show K-1 --reveal --json
    holds '"born" not in d["fields"]' '"notes" not in d["fields"]' '"notes" not in d["withheld"]' \
        'd["fields"]["name"] == "Choi Myung-bok"'
    ok edit K-1 --from - <<< '{"name":null,"residence":null}'
    ok show K-1 --reveal --json
    holds '"name" not in d["fields"]' '"residence" not in d["fields"]' \
        'd["withheld"] == ["other_names", "family"]'
    state > before
    exits 2 edit K-1 --unset bron
    sentence
    err born
    unchanged
}

@test "edit --json has id, revision and whether anything changed; no difference writes nothing" {
    ok edit K-1 residence=Moscow --json
    holds 'list(d) == ["id", "revision", "changed"]' 'd["changed"] is True' "d['revision'] == '$(rev_of K-1)'"
    state > before
    ok edit K-1 residence=Moscow --json
    holds 'd["changed"] is False'
    unchanged
    ok edit K-1 --from - <<< '{"name":"Choi Myung-bok"}'
    unchanged
}

@test "edit without a change to make is refused" {
    refuses 2 edit K-1
    refuses 7 edit nobody residence=x
    refuses 2 edit K-1 residence=
}

@test "history: oldest first, who, when, what, names of fields and no values" {
    ok edit K-1 residence=Moscow born=1963
    ok edit K-1 --from - <<< '{"notes":"of the frost"}'
    ok rm K-1
    ok history K-1 --json
    holds 'len(d) == 4' '[h["action"] for h in d] == ["add", "edit", "edit", "remove"]' \
        'sorted(d[1]["fields"]) == ["born", "residence"]' 'd[2]["fields"] == ["notes"]' \
        '[h["head"] for h in d] == [False, False, False, True]' '[h["removed"] for h in d] == [False, False, False, True]' \
        'len({h["revision"] for h in d}) == 4' 'all("slot 0" in h["author"] for h in d)' \
        'all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", h["time"]) for h in d)' \
        'sorted(d[0]["fields"]) == sorted(["ref", "label", "born", "citizenship", "residence", "name", "other_names", "family", "notes"])'
    hides Moscow frost Choi 1963
    ok history K-1
    [ "$(wc -l < out)" = 4 ]
    hides Moscow frost Choi 1963
}

@test "show --rev shows an old revision, by any prefix of four characters or more" {
    local first
    ok history K-1 --json
    first=$(jget 'd[0]["revision"]')
    ok edit K-1 residence=Moscow --from - <<< '{"name":"Other"}'
    ok show K-1 --rev "$first" --json
    holds "d['revision'] == '$first'" 'd["fields"]["residence"] == "Leningrad region, Russia"' '"name" not in d["fields"]'
    ok show K-1 --rev "${first:0:8}" --reveal --json
    holds 'd["fields"]["name"] == "Choi Myung-bok"'
    ok show K-1 --reveal --json
    holds 'd["fields"]["name"] == "Other"' 'd["fields"]["residence"] == "Moscow"'
    exits 7 show K-1 --rev 0000000000000000
    sentence
    exits 2 show K-1 --rev xyz
    sentence
}

@test "revert goes back to an old revision, withheld values too" {
    local first
    ok show K-1 --reveal --json
    cp out before.json
    first=$(jget 'd["revision"]')
    ok edit K-1 residence=Moscow --unset born --from - <<< '{"name":"Other","other_names":["X"],"notes":null}'
    ok revert K-1 "$first" --json
    holds 'd["changed"] is True' "d['revision'] != '$first'"
    ok show K-1 --reveal --json
    py 'assert d["fields"] == json.load(open("before.json"))["fields"], d'
    ok history K-1 --json
    holds '[h["action"] for h in d] == ["add", "edit", "revert"]'
    state > before
    exits 7 revert K-1 ffffffffffff
    sentence
    unchanged
    ok check
}

@test "rm hides a record, revert brings it back with what is withheld" {
    local code first
    ok show K-1 --reveal --json
    cp out before.json
    code=$(jget 'd["id"]')
    first=$(jget 'd["revision"]')
    ok rm K-1 --json
    holds 'd["id"] == "'"$code"'"' 'd["changed"] is True'
    ok list --json
    holds "'$code' not in [x['id'] for x in d]" 'len(d) == 6'
    ok search river --json
    holds 'd == []'
    ok search --field ref K-1 --json
    holds 'd == []'
    ok status --json
    holds 'd["records"] == 6'
    ok dump plain --reveal
    never grep -rq Choi plain
    # as the help of rm shows it: by the same ID
    ok history K-1 --json
    holds 'd[-1]["removed"]'
    ok revert K-1 "${first:0:8}"
    ok show K-1 --reveal --json
    py 'b = json.load(open("before.json")); assert d["fields"] == b["fields"] and d["id"] == b["id"]'
    ok list person --json
    holds 'len(d) == 2'
    ok check
}

@test "a removed record: links to it stay, and it cannot be edited or removed again" {
    local code
    code=$(code_of E-1)
    ok rm E-1
    ok timeline K-1 --json
    holds '[e["date"] for e in d] == ["2026-11-30"]'
    ok show "$code"
    grep -q removed out
    state > before
    exits 7 edit "$code" place=Moscow || exits 2 edit "$code" place=Moscow
    sentence
    unchanged
    ok rm K-2
    ok show C-1
    ok show C-1 --json
    holds 'len(d["fields"]["person"]) == 2'
    ok check
}

# ---- import -------------------------------------------------------------------------------

@test "import --key: adds, changes and skips, and says how many" {
    printf 'ref,residence,name\nK-1,Moscow,\nK-2,Séoul,Kim Chol\nK-3,Omsk,Pak Yong\n' > p.csv
    ok import p.csv --as person --key ref --json
    holds 'd == {"rows": 3, "added": 1, "changed": 1, "unchanged": 1, "dry_run": False, "similar": []}'
    ok show K-1 --reveal --json
    holds 'd["fields"]["residence"] == "Moscow"' 'd["fields"]["name"] == "Choi Myung-bok"' 'd["fields"]["born"] == "1962~"'
    ok history K-2 --json
    holds 'len(d) == 1'
    ok show K-3 --reveal --json
    holds 'd["fields"]["name"] == "Pak Yong"'
    ok log --json
    holds 'd[-1]["action"] == "reveal"' 'd[-3]["action"] == "import" or d[-2]["action"] == "import"'
    state > before
    ok import p.csv --as person --key ref
    [ "$output" = '3 rows: 0 added, 0 changed, 3 unchanged' ]
    unchanged
}

@test "import --key changes withheld fields too, and tells equal ones" {
    printf 'ref,name,notes\nK-1,Choe Myong Bok,\nK-2,Kim Chol,\n' > p.csv
    ok import p.csv --as person --key ref --json
    holds 'd["changed"] == 1' 'd["unchanged"] == 1'
    ok show K-1 --reveal --json
    holds 'd["fields"]["name"] == "Choe Myong Bok"' 'd["fields"]["notes"] == "came over the river\nby night"' \
        'd["fields"]["other_names"] == ["최명복", "Цой Мён Бок"]'
}

@test "import --dry-run does everything but write" {
    state > before
    printf 'ref,residence\nK-1,Moscow\nK-3,Omsk\n' > p.csv
    ok import p.csv --as person --key ref --dry-run --json
    holds 'd == {"rows": 2, "added": 1, "changed": 1, "unchanged": 0, "dry_run": True}'
    unchanged
    printf 'ref,born\nK-3,31.02.2000\n' > p.csv
    exits 2 import p.csv --as person --dry-run
    sentence
    err 'line 2, column 2'
    unchanged
}

@test "import --mapping: renamed columns, split, link, left out" {
    printf 'No;Full name;AKA;Remarks;born\nK-9;Pak Yong;Park / Пак;nobody needs this;1970\n' > p.csv
    echo '{"No":"ref","Full name":{"field":"name"},"AKA":{"field":"other_names","split":" / "},"Remarks":null}' > m.json
    ok import p.csv --as person --mapping m.json
    ok show K-9 --reveal --json
    holds 'd["fields"]["name"] == "Pak Yong"' 'd["fields"]["other_names"] == ["Park", "Пак"]' \
        'd["fields"]["born"] == "1970"'
    hides needs
    printf 'client,title\nK-9,first\nK-1,second\n' > c.csv
    echo '{"client":{"field":"person","link":"ref"}}' > m.json
    ok import c.csv --as case --mapping m.json --json
    holds 'd["added"] == 2'
    ok list case --where person=K-9 --json
    holds '[x["label"] for x in d] == ["first"]'
    printf 'client,title\ngrey-heron,third\n' > c.csv
    echo '{"client":{"field":"person","link":"label"}}' > m.json
    ok import c.csv --as case --mapping m.json
    printf 'who,title\nK-1|K-2,two of them\n' > c.csv
    echo '{"who":{"field":"person","split":"|","link":"ref"}}' > m.json
    ok import c.csv --as case --mapping m.json
    ok list case --where person=K-2 --where 'title=two of them' --json
    holds 'len(d) == 1'
}

@test "import: an array of objects, or one object a line, by name or by --format" {
    echo '[{"ref":"K-11","name":"A B","other_names":["C","D"]},
        {"ref":"K-12","born":{"value":"1970","certainty":"certain"}}]' > p.json
    ok import p.json --as person --json
    holds 'd["added"] == 2'
    printf '{"ref":"K-13","other_names":["C|D"]}\n{"ref":"K-14"}\n' > p.jsonl
    ok import p.jsonl --as person --json
    holds 'd["added"] == 2'
    cp p.jsonl p.txt
    ok import p.txt --as person --format json --key ref --json
    holds 'd["unchanged"] == 2'
    printf 'ref\nK-15\n' > q
    ok import q --format csv --as person
    ok import - --as person --format csv <<< $'ref\nK-16'
    ok import - --as person --format json <<< '{"ref":"K-17"}'
    ok show K-11 --reveal --json
    holds 'd["fields"]["other_names"] == ["C", "D"]'
    ok show K-13 --reveal --json
    holds 'd["fields"]["other_names"] == ["C|D"]'
    ok show K-12 --json
    holds 'd["fields"]["born"] == {"value": "1970", "certainty": "certain"}'
    ok status --json
    holds 'd["records"] == 14'
}

@test "import takes tables as spreadsheets write them: BOM, CRLF, semicolon, tab, quotes" {
    printf '\xef\xbb\xbfref;residence;notes\r\nK-9;"a; b";"said ""no""\r\nthen yes"\r\n\r\n;;\r\n' > p.csv
    ok import p.csv --as person --json
    holds 'd["rows"] == 1' 'd["added"] == 1'
    ok show K-9 --reveal --json
    holds 'd["fields"]["residence"] == "a; b"' 'd["fields"]["notes"] == "said \"no\"\nthen yes"'
    printf 'ref\tresidence\nK-10\ta,b;c\n' > p.tsv
    ok import p.tsv --as person --format csv
    ok show K-10 --json
    holds 'd["fields"]["residence"] == "a,b;c"'
    printf 'ref\nK-11' > p.csv
    ok import p.csv --as person
    printf 'ref\n' > p.csv
    ok import p.csv --as person --json
    holds 'd["rows"] == 0'
}

@test "an import is one entry of the log" {
    ok import "$CASES/persons.csv" --as person
    ok log --json
    holds 'len(d) == 9' 'd[-1]["action"] == "import"' 'd[-1]["revisions"] >= 6'
}

# ---- search, timeline, agenda -------------------------------------------------------------

# found QUERY REF... : these records and no others.
found() {
    ok search --json <<< "$1"
    shift
    py '
refs = dict(zip(args[::2], args[1::2]))
assert {x["id"] for x in d} == set(args), d
for x in d: assert list(x) == ["id", "label", "field", "level", "why"] and x["level"] == "text", x' "$@"
}

@test "search: words, phrases, case, marks, Hangul, Cyrillic" {
    local k1 k2 c1 o1
    k1=$(code_of K-1) k2=$(code_of K-2) c1=$(code_of C-1)
    ok add organisation name='Ёлка Café Straße' ref=O-2 contact='the law of the spring'
    o1=$output
    found 'seoul' "$k2"
    found 'SÉOUL' "$k2"
    found 'cafe' "$o1"
    found 'CAFÉ елка'
    found 'ёлка' "$o1"
    found 'ЁЛКА cafe' "$o1"
    found 'strasse' "$o1"
    found 'spring' "$c1" "$o1"
    found 'spring appeal' "$c1"
    found '"of the spring"' "$c1" "$o1"
    found '"appeal of"' "$c1"
    found '"spring appeal"'
    found '"of the spring" law' "$o1"
    found 'spring nowhere'
    found '최명복' "$k1"
    found $'\u110e\u116c\u1106\u1167\u11bc\u1107\u1169\u11a8' "$k1"
    found 'цой МЁН' "$k1"
    found 'myung river' "$k1"
    found 'Choi' "$k1"
    found 'nothing of the kind'
}

@test "search: TEXT as arguments, --type, --field" {
    ok search spring appeal --json
    holds '{x["label"] for x in d} == {"Appeal of the spring"}' 'd[0]["field"] == "title"'
    ok search --type person spring --json
    holds 'd == []'
    ok search --field place moscow --json
    holds 'len(d) == 1' 'd[0]["field"] == "place"'
    ok search --type event --field summary police --json
    holds 'len(d) == 1'
    ok search '"of the spring"'
    grep -q 'Appeal of the spring' out
    ok search nothing-at-all
    [ ! -s out ]
}

@test "search: a hit in withheld text says which field, and never the value" {
    ok search --json <<< river
    holds 'd[0]["field"] == "notes"' '"withheld" in d[0]["why"]' 'd[0]["label"] == "grey-heron"'
    hides river night Choi
    ok search --field name --json <<< choi
    holds 'len(d) == 1' 'd[0]["field"] == "name"'
    hides Choi choi
    ok search <<< river
    grep -q 'notes.*withheld' out
    hides river
}

@test "search: no text is an error, an unknown type or field too, with the nearest" {
    refuses 2 search <<< ''
    refuses 2 search '   '
    refuses 2 search --type persno x
    err person
    refuses 2 search --type person --field nmae x
    err name
    refuses 2 search --field nmae x
    err name
}

@test "timeline: in order of date, whatever is known of it, undated last" {
    local k1
    ok shell << 'END'
add case ref=C-9 title=dates person=K-2
add event case=C-9 ref=e1 date=2017-03
add event case=C-9 ref=e2 date=2017-02-28
add event case=C-9 ref=e3
add event case=C-9 ref=e4 date=2016~
add event case=C-9 ref=e5 date=2017
add event case=C-9 ref=e6 date=1997~
add event case=C-9 ref=e7 date=2017-03-15
add event case=C-9 ref=e8 date=199X
add event case=C-9 ref=e9 date=2015/2016
add event case=C-9 ref=e10 date=2017-04-01
END
    ok timeline C-9 --json
    holds 'all(set(e) >= {"id", "type", "label", "date", "kind", "place", "status", "summary"} for e in d)'
    py '
got = [e["date"] for e in d]
assert len(got) == 10, got
assert got[-1] == "", got
at = got.index
# what certainly comes before something else stands before it
for a, b in (("199X", "2016~"), ("1997~", "2015/2016"), ("2015/2016", "2017-02-28"), ("2016~", "2017-02-28"),
             ("2017-02-28", "2017-03"), ("2017-02-28", "2017-03-15"), ("2017-03", "2017-04-01"),
             ("2017-03-15", "2017-04-01"), ("2016~", "2017"), ("2015/2016", "2017")):
    assert at(a) < at(b), (a, b, got)'
    cp out first.json
    ok timeline K-2 --json
    py 'assert [e["id"] for e in d if e["about"] == "dates"] == [e["id"] for e in json.load(open("first.json"))]'
    ok timeline C-9
    [ "$(wc -l < out)" = 10 ]
    [[ $(tail -n 1 out) == undated* ]]
    exits 7 timeline nobody
    sentence
}

@test "agenda: planned events and dated next steps, in order, until a day" {
    ok agenda --json
    holds '[(e["date"], e["type"]) for e in d] == [("2026-11-30", "event"), ("2026-12-01", "case")]' \
        'd[1]["summary"] == "2026-12-01: file the appeal" or d[1]["summary"] == "file the appeal"'
    ok agenda --until 2026-11-30 --json
    holds 'len(d) == 1' 'd[0]["kind"] == "hearing"'
    ok agenda --until 2026-11-29 --json
    holds 'd == []'
    ok agenda --until 2026-12 --json
    holds 'len(d) == 2'
    ok agenda --until 01.12.2026 --json
    holds 'len(d) == 2'
    ok agenda
    grep -q '^2026-12-01 .*file the appeal' out
    ok edit E-2 status=done
    ok agenda --json
    holds '[e["type"] for e in d] == ["case"]'
    refuses 2 agenda --until soon
    refuses 2 agenda --until 2026-13-01
}

# ---- dump ---------------------------------------------------------------------------------

@test "dump --json counts; --format csv and jsonl; anything else is refused" {
    ok dump plain --json
    holds 'd["records"] == 7'
    [ "$(cat plain/*.jsonl | wc -l)" = 7 ]
    output=$(sed -n 1p plain/person.jsonl)
    holds 'd["ref"] == "K-1"' '"name" not in d'
    ok dump table --format csv
    [ -e table/person.csv ] && [ ! -e table/person.jsonl ]
    refuses 2 dump other --format xml
    [ ! -e other ]
}

# ---- shell --------------------------------------------------------------------------------

@test "shell: several commands of one session, from standard input" {
    ok shell << 'END'
add person ref=K-9 'residence=Saint Petersburg' "occupation=a \"b\" c\\d"
show K-9 --json

edit K-9 residence=Omsk
show K-9 --json
list --json
END
    py '
js = [json.loads(l) for l in lines if l.startswith("{\"id\"") and l.endswith("}")]
assert js[0]["fields"]["residence"] == "Saint Petersburg", js[0]
assert js[0]["fields"]["occupation"] == "a \"b\" c\\d", js[0]
assert js[1]["fields"]["residence"] == "Omsk"'
    [ ! -s err ]
}

@test "shell: all lines are run, the exit code is that of the first failure, exit ends it" {
    exits 7 shell << 'END'
show nobody
list caes
add person ref=K-9
END
    [ "$(grep -c '^withheld: ' err)" -ge 2 ]
    ok show K-9
    ok shell << 'END'
exit
add person ref=K-10
END
    exits 7 show K-10
    exits 2 shell <<< 'show "K-1'
    exits 2 shell <<< 'init other.vault'
    [ ! -e other.vault ]
    exits 2 shell <<< 'shell'
    exits 2 shell <<< 'nonsense'
}

@test "shell: --json before and after, values by --from -, reveal is logged" {
    ok --json shell << 'END'
show K-1
add person --from -
{"ref":"K-9","name":"Pak Yong"}
show K-9 --reveal
END
    py '
js = [json.loads(l) for l in lines]
assert js[0]["fields"]["ref"] == "K-1" and "name" not in js[0]["fields"]
assert js[1]["similar"] == []
assert js[2]["fields"]["name"] == "Pak Yong"'
    ok log --json
    holds '[e["action"] for e in d][-2:] == ["add", "reveal"]'
}

@test "shell: a withheld value is refused as an argument there as well" {
    state > before
    exits 2 shell <<< 'add person ref=K-9 name=Choi'
    hides Choi
    unchanged
}

@test "shell: --files opens one folder, and the rest stays closed" {
    mkdir in
    printf 'ref\nK-9\n' > in/p.csv
    printf 'ref\nK-10\n' > p.csv
    ok shell --files in <<< $'import in/p.csv --as person\ndump in/plain'
    [ -e in/plain/person.jsonl ]
    ok show K-9
    ok status --json
    if holds 'not any("Landlock" in w or "no sandbox" in w for w in d["warnings"])'; then
        raw 1 "$WITHHELD" -C "$VAULT" --passphrase-fd 4 shell --files in <<< 'dump outside' 4<<< "$PASS"
        [ ! -e outside ]
    fi
}

@test "shell: locks after some time without input, and the vault is free again" {
    mkfifo pipe
    exec 9<> pipe
    echo 'add person ref=K-9' >&9
    raw 0 timeout 60 "$WITHHELD" -C "$VAULT" --passphrase-fd 4 shell --idle 1 4<<< "$PASS" < pipe 9>&-
    err locked
    exec 9>&-
    ok show K-9
}
