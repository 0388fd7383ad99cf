# The main job: the case files go in, and come back identical; names are not seen unless asked for.
#
# What is expected is computed from the tables themselves (data/tables.py), so they may grow.

load helpers
load data/more

import_cases() {    # FOLDER
    local type
    for type in person case event document statistic; do
        ok import "$1/${type}s.csv" --as "$type" || return 1
    done
}

# needles FOLDER: the file `hidden` has every text that must not be seen without --reveal.
needles() {
    local type
    : > types
    for type in person case event document statistic; do
        ok type show "$type" --json || return 1
        cat out >> types
    done
    "$PYTHON" "$DATA/tables.py" withheld "$1" types > hidden
    [ "$(wc -l < hidden)" -ge 20 ]
}

# shows_none WHAT FILE...: none of them.
shows_none() {
    local what=$1
    shift
    if grep -nF -f hidden -- "$@" > shown; then
        printf '%s shows:\n' "$what"
        head -c 2000 shown
        return 1
    fi
}

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault base "$PASS"
    import_cases "$CASES"
    needles "$CASES"
}

setup() {
    common_setup
    take base
    cp "$BATS_FILE_TMPDIR/hidden" hidden
}

# Codes of all records, one a line.
codes() { ok list --json && jget '"\n".join(x["id"] for x in d)'; }
code_of() { ok show "$1" --json && jget 'd["id"]'; }

@test "every cell of the five tables comes back identical" {
    ok list --reveal --json
    "$PYTHON" "$DATA/tables.py" same "$CASES" out
    holds 'len(d) >= 30'
}

@test "show --reveal gives the same fields as list --reveal, record by record" {
    ok list --reveal --json
    cp out all.json
    jget '"\n".join("show %s --reveal --json" % x["id"] for x in d)' > commands
    ok shell < commands
    py '
all = {x["id"]: x for x in json.load(open(args[0]))}
shown = [json.loads(l) for l in lines]
assert len(shown) == len(all) >= 30, len(shown)
for s in shown:
    assert s["fields"] == all[s["id"]]["fields"], s
    assert s["type"] == all[s["id"]]["type"]' all.json
}

@test "the tables of ../shared/data/cases come back identical too" {
    local shared=$TOP/../shared/data/cases
    [ -d "$shared" ] || skip "../shared/data/cases is not there"
    new_vault shared "$PASS"
    import_cases "$shared"
    ok list --reveal --json
    "$PYTHON" "$DATA/tables.py" same "$shared" out
    needles "$shared"
    ok list --json
    shows_none list out err
    ok timeline P1
    shows_none timeline out err
}

@test "import says how many rows went in, and the status counts them" {
    local rows
    new_vault fresh "$PASS"
    rows=$(("$(wc -l < "$CASES/persons.csv")" - 1))
    ok import "$CASES/persons.csv" --as person
    [ "$output" = "$rows rows: $rows added, 0 changed, 0 unchanged" ]
    ok import "$CASES/cases.csv" --as case --json
    holds 'd == {"rows": 3, "added": 3, "changed": 0, "unchanged": 0, "dry_run": False, "similar": []}'
    ok status --json
    holds "d['records'] == $rows + 3" 'd["log_entries"] == 3'
}

@test "one bad row far down, and nothing at all of the table goes in" {
    { cat "$CASES/events.csv"; echo 'C9,2017,visit,Russia,done,no such case'; } > events.csv
    refuses 2 import events.csv --as event
    err "line $(wc -l < events.csv), column 1"
}

@test "cases before the persons they link to are refused, with the line" {
    new_vault fresh "$PASS"
    refuses 2 import "$CASES/cases.csv" --as case
    err 'line 2, column 2'
    ok list --json
    holds 'd == []'
}

@test "what is withheld is not shown by show, in text and JSON" {
    codes > codes
    sed 's/.*/show &/' codes > commands
    ok shell < commands
    shows_none show out err
    grep -q '\[withheld\]' out
    sed 's/.*/show & --json/' codes > commands
    ok shell < commands
    shows_none 'show --json' out err
    # and by the program itself rather than by its shell
    ok show P1
    shows_none 'show P1' out err
    ok show P1 --json
    shows_none 'show P1 --json' out err
    holds 'd["withheld"] == ["name", "other_names", "family", "notes"]' \
        'not set(d["withheld"]) & set(d["fields"])' 'd["fields"]["born"] == "1962~"'
}

@test "what is withheld is not shown by list, history, search, timeline, agenda, log or status" {
    local more
    codes > codes
    for more in '' ' --json' ' --color always'; do
        {
            echo 'list' ; echo 'list person'; echo 'list --where citizenship=KP'
            echo 'agenda'; echo 'log'; echo 'log head'; echo 'status'; echo 'check'
            sed 's/.*/history &/' codes
            sed 's/.*/timeline &/' codes
            # each hidden text is searched for, and found, and still not shown
            "$PYTHON" -c 'for l in open("hidden"): print("search \"\\\"%s\\\"\"" % l.strip())'
        } | sed "s/\$/$more/" > commands
        ok shell < commands
        shows_none "a session with '$more'" out err
        grep -q 'found in name' out
    done
    # the same, without a shell around it
    ok list
    shows_none list out err
    ok log --json
    shows_none log out err
    ok search < <(sed -n 1p hidden)
    shows_none search out err
    [ -s out ]
}

@test "what is withheld is not in a dump without --reveal" {
    ok dump plain
    shows_none dump out err plain/*
    grep -q '"ref":"P1"' plain/person.jsonl
    ok dump table --format csv
    shows_none 'dump as CSV' out err table/*
    never grep -rq -e other_names -e '"name"' plain
    "$PYTHON" - <<< 'import csv
r = list(csv.DictReader(open("table/person.csv", newline="")))
assert len(r) >= 6 and not {"name", "other_names", "family", "notes"} & set(r[0]), r[0]'
}

@test "the search for hidden texts would have found them" {
    ok list --reveal
    [ "$(grep -cFf hidden out)" -ge 10 ]
    ok dump plain --reveal
    cat plain/* > all
    grep -v '|' hidden > each
    [ "$(wc -l < each)" -ge 20 ]
    while IFS= read -r text; do grep -qF -- "$text" all || { echo "$text"; return 1; }; done < each
}

@test "no cell, no column name and no part of one stands in the files of the vault" {
    "$PYTHON" "$DATA/tables.py" cells "$CASES" > cells
    [ "$(wc -l < cells)" -gt 80 ]
    ok edit P1 'residence=Khabarovsk near the river'
    ok show P1 --reveal
    echo 'Khabarovsk near the river' >> cells
    never grep -aFf cells "$VAULT/keys" "$VAULT/records.db"
    "$PYTHON" - "$VAULT" << 'PY'
import sys
data = b"".join(open(sys.argv[1] + "/" + f, "rb").read() for f in ("keys", "records.db"))
cells = open("cells").read().splitlines()
assert len(data) > 100000
for c in cells:
    for e in ("utf-8", "utf-16-le", "utf-16-be"):
        assert c.encode(e) not in data, (c, e)
PY
    [ "$(find "$VAULT" -type f | wc -l)" = 2 ]
}

@test "a reveal is in the log, with record and fields and without values" {
    local p1
    p1=$(code_of P1)
    ok log --json
    cp out log.before
    ok show P1 --reveal
    ok log --json
    shows_none log out err
    py '
before = json.load(open("log.before"))
assert d[:-1] == before
e = d[-1]
assert e["action"] == "reveal" and e["keeper_signed"] is True and e["revisions"] == 0, e
assert args[0] in json.dumps(e["detail"]), e
assert {"name", "other_names", "family", "notes"} <= set(e["detail"]["fields"]), e' "$p1"
    ok log
    [[ $(tail -n 1 out) == *reveal* ]]
}

@test "list --reveal and dump --reveal are logged, what shows nothing withheld is not a reveal" {
    local before
    before=$(head_of_log)
    ok show P1
    ok list
    ok search Seoul
    ok timeline P1
    [ "$(head_of_log)" = "$before" ]
    ok list person --reveal
    ok log --json
    holds 'd[-1]["action"] == "reveal" and d[-1]["keeper_signed"]' '"6" in json.dumps(d[-1]["detail"])'
    ok dump with --reveal
    ok log --json
    holds 'd[-1]["action"].startswith("dump") and d[-1]["keeper_signed"]'
    ok dump without
    ok log --json
    holds 'd[-1]["action"].startswith("dump") and not d[-1]["keeper_signed"]'
}

@test "links resolve, from both ends" {
    local p1 p5 c1
    p1=$(code_of P1)
    p5=$(code_of P5)
    c1=$(code_of C1)
    ok show C1 --json
    holds "d['fields']['person'] == ['$p1']" "d['fields']['lawyer'] == ['$p5']"
    ok show C1
    grep -q "person .*${p1:0:8}" out
    ok show P1 --json
    holds "{'id': '$c1', 'type': 'case', 'label': 'Deportation and asylum', 'field': 'person'} in d['links_here']"
    ok show P5 --json
    holds "[(l['id'], l['field']) for l in d['links_here']] == [('$c1', 'lawyer')]"
    ok show C1 --json
    holds "len([l for l in d['links_here'] if l['type'] == 'event']) == 8" \
        "len([l for l in d['links_here'] if l['type'] == 'document']) == 2"
    ok list case --where person=P2 --json
    holds '[x["label"] for x in d] == ["Temporary asylum, fourth request"]'
}

@test "the timeline of a person is that of his cases, in order of date, undated last" {
    ok timeline P1 --json
    holds '[e["date"] for e in d] == ["1999", "2002", "2015/2016", "2017-01-31", "2017-02-01", "2017-02-06", "2017-02-09", ""]' \
        'all(e["type"] == "event" for e in d)' 'd[0]["summary"] == "Sent to a logging camp"'
    cp out person.json
    ok timeline C1 --json
    py 'assert [e["id"] for e in d] == [e["id"] for e in json.load(open("person.json"))]'
    ok timeline C2 --json
    holds '[e["date"] for e in d] == ["1997", "2013", "2014-11~", "2015-11~", "2016-05-26"]'
    ok timeline P6 --json
    holds 'd == []'
    ok timeline C3
    [ "$(wc -l < out)" = 1 ]
    grep -q '^2008 .*deportation' out
}

@test "the agenda has what is planned and the next steps, nothing that is done" {
    ok agenda --json
    holds 'len(d) == 2' 'all(e["status"] == "planned" for e in d)' \
        'any(e["type"] == "case" and "apply for refugee status again" in e["summary"] for e in d)' \
        'any(e["type"] == "event" and e["summary"] == "Will ask for refugee status again" for e in d)'
}

@test "a person is found by every spelling, and the hit shows none" {
    local spelling p1
    p1=$(code_of P1)
    for spelling in 'Choe Myong Bok' 'choi myung-bok' '최명복' 'ЧХВЕ МЁН БОК' 'цой мён бок'; do
        ok search --json <<< "$spelling"
        holds "{x['id'] for x in d} == {'$p1'}" "all('withheld' in x['why'] for x in d)" \
            "all(x['field'] in ('name', 'other_names') for x in d)"
        shows_none search out err
    done
}

# What a dump holds, without the codes, which belong to one vault.
contents() { sed 's/^{"_id":"[^"]*",\{0,1\}/{/' "$1"/*.jsonl | sort; }

@test "dump --reveal imports into a new vault, which holds the same" {
    local type
    ok dump plain --reveal
    [ "$(contents plain | wc -l)" -ge 30 ]
    new_vault copy "$PASS"
    for type in person case event document statistic; do
        ok import "plain/$type.jsonl" --as "$type"
    done
    ok list --reveal --json
    "$PYTHON" "$DATA/tables.py" same "$CASES" out
    ok dump again --reveal
    diff <(contents plain) <(contents again)
    ok check --json
    holds 'd == {"ok": True, "problems": []}'
}

@test "a dump as CSV imports into a new vault, which holds the same" {
    local type
    ok dump table --reveal --format csv
    ok dump plain --reveal
    new_vault copy "$PASS"
    for type in person case event document statistic; do
        ok import "table/$type.csv" --as "$type"
    done
    ok dump again --reveal
    diff <(contents plain) <(contents again)
}

@test "a dump without names imports into a new vault as well, where nothing is withheld" {
    local type
    ok dump plain
    new_vault copy "$PASS"
    for type in person case event document statistic; do
        ok import "plain/$type.jsonl" --as "$type"
    done
    ok list --reveal --json
    shows_none 'the copy' out
    holds 'not any("name" in x["fields"] or "notes" in x["fields"] for x in d if x["type"] == "person")' \
        'len(d) >= 30'
    ok timeline P1 --json
    holds 'len(d) == 8'
}

@test "a dump is written for its owner alone, one file a type" {
    ok dump plain --reveal
    [ "$(stat -c %a plain)" = 700 ]
    [ "$(find plain -type f -perm 600 | wc -l)" = 5 ]
    [ "$(find plain -type f | wc -l)" = 5 ]
    err 'not encrypted'
}

@test "the same tables again with --key change nothing, not even the log" {
    state > before
    ok import "$CASES/persons.csv" --as person --key ref --json
    holds 'd["unchanged"] == d["rows"] >= 6' 'd["added"] == d["changed"] == 0'
    ok import "$CASES/cases.csv" --as case --key ref --json
    holds 'd["unchanged"] == d["rows"] == 3'
    unchanged
}

@test "everything verifies afterwards" {
    ok check
    ok check --json
    holds 'd == {"ok": True, "problems": []}'
    ok status --json
    holds 'd["attachments"] == 0' 'd["tier"] == "keeper"' 'd["log_entries"] == 6'
    [ "$(stat -c %a "$VAULT")" = 700 ]
    [ "$(stat -c %a "$VAULT/keys" "$VAULT/records.db" | sort -u)" = 600 ]
}
