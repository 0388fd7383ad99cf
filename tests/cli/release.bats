# Releases: what a policy lets out, to whom, and what never gets out. The people are those of the source documents.

bats_require_minimum_version 1.5.0
load helpers

PYTHON=${PYTHON:-/usr/bin/python3}
CASE=$OTHER
DROPPED='"ref":"drop","label":"drop","name":"drop","other_names":"drop","address":"drop","family":"drop","identifiers":"drop","contact":"drop","notes":"drop","files":"drop"'

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault people "$PASS"
    {
        echo 'ref,name,other_names,press_name,born,citizenship,sex,residence,family,occupation,notes'
        echo 'P1,Choe Myong Bok,최명복,,1962~,KP,male,"town in Leningrad region, Russia","Russian partner; two young children",odd jobs,Fled a logging camp'
        echo 'P2,,,Kim,1979~,KP,male,Russia,,,Name withheld'
        echo 'P3,Ryu En Nam,Рю Эн Нам,,,KP,male,,,,Reported killed'
        echo 'P5,Olga Tseytlina,Ольга Цейтлина,Olga Tseytlina,,RU,female,"St Petersburg, Russia",,lawyer,"Represents P1; Memorial."'
        echo 'P6,Svetlana Gannushkina,Светлана Ганнушкина,Svetlana Gannushkina,,RU,female,"Moscow, Russia",,human rights activist,"Civic Assistance Committee."'
    } > persons.csv
    {
        echo period,population,measure,count,of,source
        echo '2004/2014,North Korean applicants in Russia,refugee status granted,2,211,Civic Assistance Committee'
        echo '2004/2014,North Korean applicants in Russia,temporary refuge granted,90,170,Civic Assistance Committee'
    } > statistics.csv
    w "$PASS" -q import persons.csv --as person
    w "$PASS" -q import statistics.csv --as statistic
    new_vault many "$PASS"
    "$PYTHON" - <<'END'
import csv
with open("many.csv", "w") as f:
    rows = csv.writer(f)
    rows.writerow("ref,name,born,citizenship,sex,residence,occupation".split(","))
    for i in range(120):
        rows.writerow([f"Q{i}", f"Pak Chol {'AEIOU'[i % 5]}n{i % 7}", 1960 + i % 20, "KP", ("male", "female")[i % 2],
                       ("Moscow, Russia", "Amur region, Russia")[i // 60], "logger"])
with open("consents.csv", "w") as f:
    rows = csv.writer(f)
    rows.writerow("person,audience,uses,given".split(","))
    for i in range(120):
        rows.writerow([f"Q{i}", "any", "release", "2026-01-01"])
END
    w "$PASS" -q import many.csv --as person
    w "$PASS" -q import consents.csv --as consent
}

setup() {
    common_setup
    cp -r "$BATS_FILE_TMPDIR"/{people,many}.vault .
    VAULT=$PWD/people.vault
    mkdir keep
    "$WITHHELD" -q age keygen -o key.txt > recipient 2> /dev/null
    RECIPIENT=$(grep -o 'age1[a-z0-9]*' key.txt | head -n 1)
}

# policy NAME [KEY=VALUE...]: NAME.json, the story of Kim, with these members in place of its own (VALUE is JSON; none: left out).
policy() {
    "$PYTHON" - "$@" > "$1.json" <<END
import json, sys
p = {"format": "withheld-policy/1", "audience": "press-2026", "purpose": "one story", "expires": "2099-01-31",
     "pseudonym": {"style": "press_name", "stable": True}, "single_case": True,
     "rows": {"person": {"where": {"ref": "P2"}, "fields": {$DROPPED, "press_name": "keep", "born": {"band": 10}, "citizenship": "keep",
                         "sex": "keep", "residence": {"place": 1}, "occupation": "drop"}}},
     "declared_public": [{"type": "statistic", "where": {"period": "2004/2014"}}],
     "map": ["name", "other_names", "ref"]}
for change in sys.argv[2:]:
    key, _, value = change.partition("=")
    at = p
    *path, last = key.split(".")
    for step in path:
        at = at[step]
    if value:
        at[last] = json.loads(value)
    else:
        del at[last]
json.dump(p, sys.stdout)
END
}

# many_policy NAME [KEY=VALUE...]: rows about the 120 loggers.
many_policy() {
    local name=$1
    shift
    policy "$name" 'single_case=false' 'declared_public=[]' 'pseudonym={"style":"code"}' 'rows.person.where={"citizenship":"KP"}' 'thresholds={"k":5,"m":2}' \
        "$@"
}

agree() { w "$PASS" -q consent "$1" --audience "${2:-press-2026}" "${@:3}" > /dev/null; }

# nothing_left: neither data nor map, nor a trace of them.
nothing_left() {
    [ ! -e data ] && [ ! -e keep/map ] && [ -z "$(find . \( -name '.*' -o -name '*.new-*' \) -not -name . -not -name '.*.vault')" ] || { find . | head -n 40; return 1; }
}

# judged CODE ARGS...: one command there with --json, with this exit code; $output is what it told.
judged() {
    local code=$1
    shift
    run --separate-stderr w "$PASS" "$@" --json
    [ "$status" = "$code" ] || { echo "exit code $status, not $code: $output $stderr"; return 1; }
}

make_release() {    # NAME [OPTIONS]: the data into `data`, the map into keep/map
    w "$PASS" release make "$1.json" -o data --map keep/map --map-to "$RECIPIENT" "${@:2}"
}

@test "the story of one man who is Kim and nothing else: public figures stand in it, and no name of anybody" {
    agree P2
    policy kim
    judged 0 release make kim.json -o data --map keep/map --map-to "$RECIPIENT"
    json 'd["ok"] and d["rows"] == 1 and d["persons"] == 1 and d["refusals"] == [] and d["one_device"] is True'
    never grep -q '<svg' data/index.html
    [ "$(tr -d '\r' < data/person.csv)" = "$(printf 'pseudonym,press_name,born,citizenship,sex,residence\nKim,Kim,1970-1979,KP,male,Russia')" ]
    grep -q '2,211' data/statistic.csv
    grep -q '90,170' data/statistic.csv
    grep -q 'Kim' data/index.html
    for name in Choe Choi Myong Myung 최명복 Ryu 'En Nam' Рю Tseytlina Цейтлина Gannushkina; do
        never grep -rqi -- "$name" data
    done
    never grep -qw 'P[0-9]' data/*.csv data/*.html
    [ "$(cd data && ls | tr '\n' ' ')" = 'codebook.csv index.html manifest.json manifest.json.minisig method.md person.csv person.json statistic.csv statistic.json ' ]
    "$WITHHELD" -q release verify data > verified
    ( cd data && minisign -QVm manifest.json -P "$(grep -o 'RW[A-Za-z0-9+/]*=*' ../verified | head -n 1)" )
}

@test "neither time, host, user nor path is in the files, and a second run writes the same bytes" {
    agree P2
    policy kim
    make_release kim
    for text in "$(hostname)" "$PWD" "$(id -un)@" "$(date +%H:%M)"; do
        # A signature is random letters, in which a short name may stand.
        never grep -rqF --exclude='*.minisig' -- "$text" data
        never grep -qF -- "$text" <(grep comment data/*.minisig)
    done
    mv data first
    rm keep/map
    make_release kim
    diff -r first data
}

@test "names that are public pass where the policy keeps them, once a keeper said so; another's name never" {
    for p in P5 P6; do agree $p; done
    policy lawyers 'rows.person.where={"citizenship":"RU"}' 'rows.person.fields.occupation="keep"' 'rows.person.fields.born="drop"'
    judged 6 release check lawyers.json
    json 'sum(r["rule"] == "leak" and r["accept"] == "press-name" for r in d["refusals"]) == 2'
    nothing_left
    make_release lawyers --accept press-name
    grep -q 'Olga Tseytlina' data/person.csv
    never grep -rq 'Цейтлина' data
    judged 0 release check lawyers.json
    w "$PASS" -q edit P2 'press_name=Ryu En Nam' --accept name-in-open
    agree P2
    policy kim
    judged 6 release check kim.json --accept press-name
    json 'any(r["rule"] == "leak" and r["where"].startswith("person.csv:") and r["accept"] is None for r in d["refusals"])'
    w "$PASS" -q edit P1 'press_name=Kim' --accept name-in-open
    w "$PASS" -q edit P2 'press_name=Kim' --accept name-in-open
    judged 6 release check kim.json --accept press-name
    json 'any("same press_name" in r["detail"] for r in d["refusals"])'
}

@test "who has not agreed, or not to this, or not any more, is in no release" {
    policy kim
    for row in "absent|" "another audience|--audience court" "another use|--audience press-2026 --uses court" \
        "expired|--audience press-2026 --given 2020-01-01 --expires 2021-01-01" "not given yet|--audience press-2026 --given 2098-01-01"; do
        # shellcheck disable=SC2086 # words
        [ -z "${row#*|}" ] || w "$PASS" -q consent P2 ${row#*|} > /dev/null
        judged 6 release make kim.json -o data --map keep/map --map-to "$RECIPIENT"
        json '{r["rule"] for r in d["refusals"]} == {"consent"}'
        nothing_left
    done
    agree P2
    make_release kim
    w "$PASS" -q handoff send P2 --plain --to "$RECIPIENT" --accept send -o case.age
    judged 0 consent withdraw P2
    json '[h["kind"] for h in d["holds"]] == ["release", "handoff"] and d["holds"][0]["audience"] == "press-2026" and d["withdrawn"] >= 1'
    rm -r data keep/map
    refused 6 make_release kim
    says 'withdrawn'
    nothing_left
    agree P2
    make_release kim
}

@test "pseudonyms are the same for one audience and tell nothing to another" {
    VAULT=$PWD/many.vault
    many_policy one
    many_policy two 'audience="court"'
    many_policy loose 'pseudonym={"style":"code","stable":false}'
    n=0
    for p in one one two loose loose; do
        rm -rf data keep/map
        make_release $p
        n=$((n + 1))
        cut -d, -f1 data/person.csv | tail -n +2 > codes.$n
        cut -d, -f1 data/person.csv | tail -n +2 | LC_ALL=C sort -c
    done
    many_policy named 'audience="named"' 'rows.person.fields.name="pseudonym"'
    rm -rf data keep/map
    make_release named
    head -n 1 data/person.csv | grep -q ',name'
    [ "$(tr -d '\r' < data/person.csv | awk -F, 'NR > 1 && $1 == $NF' | wc -l)" = 120 ]
    [ "$(sort -u codes.1 | wc -l)" = 120 ]
    grep -qxE 'p[0-9a-z]{13}' codes.1
    cmp codes.1 codes.2
    [ "$(sort codes.1 codes.3 codes.4 codes.5 | uniq -d | wc -l)" = 0 ]
    refused 6 w "$PASS" release forget press-2026
    w "$PASS" -q release forget press-2026 --yes
    refused 7 w "$PASS" release forget press-2026 --yes
    rm -rf data keep/map
    make_release one
    cut -d, -f1 data/person.csv | tail -n +2 > codes.6
    [ "$(sort codes.1 codes.6 | uniq -d | wc -l)" = 0 ]
    w "$PASS" -q check --deep
    "$PYTHON" "$BATS_TEST_DIRNAME/../reader/reader.py" "$VAULT" --json <<< "$PASS" > read
    judged 0 release list
    json '[r["audience"] for r in d] [:5] == ["press-2026", "press-2026", "court", "press-2026", "press-2026"] and all(r["persons"] == 120 for r in d)'
}

@test "the map opens with a key, or with K of N shares, tells asked rows only, and leaves a signed receipt" {
    VAULT=$PWD/many.vault
    many_policy one
    w "$PASS" -q release make one.json -o data --map keep/map --map-to "$RECIPIENT" --map-shares --threshold 2 --count 3 > shares
    [ "$(wc -l < shares)" = 3 ]
    never grep -q 'Pak' keep/map
    code=$(sed -n '2s/,.*//p' data/person.csv)
    "$WITHHELD" -q reidentify --map keep/map -i key.txt "$code" --json > by_key
    "$WITHHELD" -q reidentify --map keep/map --shares-fd 5 "$code" --json 5< <(sed -n '1p;3p' shares) > by_shares
    cmp by_key by_shares
    "$PYTHON" -c 'import json; d = json.load(open("by_key")); assert len(d) == 1 and d[0]["name"].startswith("Pak Chol") and d[0]["ref"][0] == "Q", d'
    refused 3 "$WITHHELD" -q reidentify --map keep/map --shares-fd 5 "$code" 5< <(sed -n 1p shares)
    "$WITHHELD" -q age keygen -o other.txt 2> /dev/null > other.out
    refused 3 "$WITHHELD" -q reidentify --map keep/map -i other.txt "$code"
    refused 7 "$WITHHELD" -q reidentify --map keep/map -i key.txt p0000000000000
    key=$(w "$PASS" release list --json | grep -o '"receipt_key":"[^"]*"' | cut -d'"' -f4)
    minisign -QVm keep/map.receipt-1 -x keep/map.receipt-1.minisig -P "$key"
    grep -q "$code" keep/map.receipt-1
    never grep -q Pak keep/map.receipt-1
    sed -i 's/asked/Asked/' keep/map.receipt-1
    never minisign -QVm keep/map.receipt-1 -x keep/map.receipt-1.minisig -P "$key"
    # The stock program opens it; what it holds is padded.
    age -d -i key.txt keep/map > plain
    grep -q 'Pak Chol' plain
    "$PYTHON" -c '
import os
n = os.path.getsize("plain")
e = n.bit_length() - 1
assert n % (1 << (e - e.bit_length())) == 0, n'
    # With a vault its log says what was asked.
    w "$PASS" -q reidentify --map keep/map -i key.txt "$code" > told
    judged 0 log
    json 'd[-1]["action"] == "reidentify" and d[-1]["detail"]["pseudonyms"] == ["'"$code"'"]'
}

@test "one sentence for each mistake, and nothing is written" {
    agree P2
    local mistakes=(
        '2|not known|x=1'
        '2|missing|purpose='
        '2|not known: did you mean|rows.person.filds={}'
        '2|is missing|format='
        '6|expired|expires="2020-01-01"'
        '6|does not say what becomes of it|rows.person.fields.sex='
        '2|no treatment|rows.person.fields.sex="print"'
        '2|does not suit|rows.person.fields.sex={"band":10}'
        '6|drop it|rows.person.fields.name="keep"'
        '6|drop it|rows.person.fields.files="keep"'
        '2|policy|rows.person.fields.nobody="drop"'
        '2|no such|rows.nobody={"fields":{}}'
        '2|folder|published="../elsewhere.json"'
        '7||published="nowhere.json"'
        '2|neither rows nor tables|rows='
        '6|too few|single_case=false'
    )
    for row in "${mistakes[@]}"; do
        IFS='|' read -r code text change <<< "$row"
        policy wrong "$change"
        run make_release wrong
        echo "$change: $status $output"
        [ "$status" = "$code" ]
        says "$text"
        nothing_left
    done
    echo '{"format": "withheld-policy/1", "format": "withheld-policy/1"}' > wrong.json
    refused 2 make_release wrong
    says 'twice'
    policy kim
    refused 6 w "$PASS" release make kim.json -o data --map data/map --map-to "$RECIPIENT"
    says 'must not lie in the folder of the data'
    refused 2 w "$PASS" release make kim.json -o data --map keep/map
    says 'trustee'
    refused 2 w "$PASS" release make kim.json -o data --map keep/map --map-shares --threshold 4 --count 3
    refused 2 w "$PASS" release make kim.json -o data --map keep/map --map-to age1nonsense
    refused 2 w "$PASS" release make kim.json --map keep/map --map-to "$RECIPIENT"
    nothing_left
    mkdir data
    refused 2 make_release kim
    says 'already something'
    [ -z "$(ls -A data)" ] && [ ! -e keep/map ]
    rmdir data
    w "$PASS" -q key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$CASE"
    refused 6 w "$CASE" release check kim.json
    refused 6 w "$CASE" release list
    nothing_left
}

@test "hierarchies: a level of a file, and a value that it lacks" {
    VAULT=$PWD/many.vault
    printf 'logger;worker;*\n' > occupation.csv
    many_policy one 'rows.person.fields.occupation={"hierarchy":"occupation.csv","level":1}'
    make_release one
    [ "$(cut -d, -f7 data/person.csv | tail -n +2 | tr -d '\r' | sort -u)" = worker ]
    rm -r data keep/map
    printf 'cook;worker;*\n' > occupation.csv
    refused 2 make_release one
    says 'occupation'
    never grep -q logger <<< "$output"
    nothing_left
}

@test "a cell that a spreadsheet would take for a formula" {
    agree P2
    w "$PASS" -q edit P2 'press_name=@Kim'
    policy kim
    refused 6 make_release kim
    says formula
    nothing_left
    make_release kim --accept formula
    grep -q "'@Kim" data/person.csv
}

@test "a name where nobody looks for it: refused with file, line and record; a lone name must be accepted hit by hit" {
    agree P2
    policy kim 'rows.person.fields.residence="keep"'
    w "$PASS" -q edit P2 'residence=house of Choi Myung-bok, Russia' --accept name-in-open
    judged 6 release check kim.json
    json 'any(r["rule"] == "leak" and r["where"] == "person.csv:2" and "full name" in r["detail"] and r["accept"] is None for r in d["refusals"])'
    refused 6 make_release kim --accept leak
    never grep -q 'Choi' <<< "$output"
    nothing_left
    w "$PASS" -q edit P2 'residence=house of Svetlana, Russia' --accept name-in-open
    judged 6 release check kim.json
    words=$("$PYTHON" -c 'import json, sys; print(*{"--accept " + r["accept"] for r in json.loads(sys.argv[1])["refusals"]})' "$output")
    [[ $words == *hit-* ]]
    # shellcheck disable=SC2086 # words
    make_release kim $words
    grep -q Svetlana data/person.csv
    judged 0 log
    json '"hit-" in json.dumps(d[-1]["detail"])'
}

@test "free text goes out once somebody has read it: yes, no, or names replaced; another text must be read again" {
    need_terminals
    for p in P1 P2; do agree $p; done
    policy text 'rows.person.where={"citizenship":"KP","ref":"P2"}' 'rows.person.fields.occupation="reviewed"'
    w "$PASS" -q edit P2 'occupation=helped Choi Myung-bok with papers' --accept name-in-open
    refused 6 make_release text
    says 'not read by anybody'
    refused 6 w "$PASS" release review text.json
    run answered 'known names are marked' 'helped a friend with papers' "$WITHHELD" -C "$VAULT" --passphrase-file <(echo "$PASS") release review text.json
    echo "$output"
    [[ $output == *'<<Choi Myung-bok>>'* ]]
    make_release text
    grep -q 'helped a friend with papers' data/person.csv
    rm -r data keep/map
    w "$PASS" -q edit P2 'occupation=helps nobody'
    refused 6 make_release text
    w "$PASS" -q release review text.json --accept reviewed > read
    grep -q 'helps nobody' read
    make_release text
    grep -q 'helps nobody' data/person.csv
}

@test "rows that few others look like are refused, coarser ones are not, and values can be kept back by themselves" {
    VAULT=$PWD/many.vault
    w "$PASS" -q edit Q7 'occupation=teacher'
    many_policy one 'rows.person.fields.occupation="keep"'
    judged 6 release check one.json
    json '{"k", "m"} <= {r["rule"] for r in d["refusals"]} and d["risk"]["min_class"] == 1 and d["risk"]["strict"]["unique"] >= 1'
    json 'any("\"occupation\": \"drop\"" in a and "frees" in a for a in d["advice"])'
    # What a newspaper told of him finds his row; what is advised against it, does.
    echo '[{"about": "a teacher among the loggers", "source": "a newspaper", "where": {"citizenship": "KP", "occupation": "teacher"}}]' > published.json
    many_policy told 'rows.person.fields.occupation="keep"' 'published="published.json"'
    judged 6 release check told.json
    json '[r["rule"] for r in d["refusals"]].count("published") == 1'
    json '[a for a in d["advice"] if a.startswith("published fact 1: ")] == ["published fact 1: \"occupation\": \"drop\" in rows of person is enough"]'
    refused 6 w "$PASS" release check one.json --report keep/report.html
    grep -q '<svg' keep/report.html
    grep -q 'occupation' keep/report.html
    [ "$(grep -c '<tr><td>' keep/report.html)" -ge 1 ]
    never grep -q 'Pak Chol' keep/report.html
    never grep -q 'src=\|href=' keep/report.html
    many_policy auto 'rows.person.fields.occupation="keep"' 'suppress="auto"'
    judged 0 release make auto.json -o data --map keep/map --map-to "$RECIPIENT"
    json 'd["risk"]["min_class"] >= 5 and d["risk"]["strict"]["min_class"] >= 5'
    grep -q '\*' data/person.csv
    never grep -q teacher data/person.csv
    command=$(grep -o 'withheld risk person.csv[^<`]*' data/method.md | head -n 1)
    ( cd data && eval "${command/withheld/\"$WITHHELD\"} --json" ) > risk.json
    "$PYTHON" - <<'END'
import json
d = json.load(open("risk.json"))
assert d["min_class"] >= 5 and d["strict"]["min_class"] >= 5 and d["records"] == 120, d
END
    many_policy strict 'rows.person.fields.occupation="keep"' 'suppress="auto"' 'thresholds={"k":5,"m":2,"max_suppressed":0}'
    judged 6 release check strict.json
    json '"suppressed" in {r["rule"] for r in d["refusals"]}'
}

@test "a policy that would print age, town and family of one man is refused by what newspapers know; what it advises passes" {
    agree P1
    echo '[{"about": "the man of the court of the Leningrad region", "source": "a newspaper", "where": {"citizenship": "KP", "sex": "male", "born": "1960/1969", "residence": "Russia"}}]' > published.json
    policy man 'rows.person.where={"ref":"P1"}' 'rows.person.fields.born="keep"' 'rows.person.fields.residence="keep"' 'rows.person.fields.family="reviewed"' \
        'published="published.json"'
    judged 6 release check man.json --accept reviewed
    json '{r["detail"].split(" its ")[1].split()[0] for r in d["refusals"] if r["rule"] == "published"} == {"born", "residence", "family"} and len(d["advice"]) >= 2'
    "$PYTHON" - "$output" <<'END'
import json, re, sys
told = json.loads(sys.argv[1])
policy = json.load(open("man.json"))
for advice in told["advice"]:
    found = re.search(r'"(\w+)": (.*) in rows of person is enough', advice)
    if found:
        policy["rows"]["person"]["fields"][found[1]] = json.loads(found[2])
json.dump(policy, open("advised.json", "w"))
END
    make_release advised
    [ "$(sed -n 2p data/person.csv | tr -d '\r' | cut -d, -f3-)" = '1960-1969,KP,male,Russia' ]
}

@test "the examples of the documents: the story, rows for a court, tables for a statistics office" {
    cp "$BATS_TEST_DIRNAME"/../../docs/example/policies/* .
    agree P2 any
    w "$PASS" -q release make press.json -o data --map keep/map --map-to "$RECIPIENT"
    grep -q '1970-1979' data/person.csv
    VAULT=$PWD/many.vault
    w "$PASS" -q release make court.json -o rows --map keep/rows --map-to "$RECIPIENT"
    [ "$(wc -l < rows/person.csv)" = 121 ]
    grep -q 'manual work' rows/person.csv
    w "$PASS" -q release make statistics.json -o tables
    [ ! -e tables/person.csv ]
    tr -d '\r' < tables/persons-by-region.csv
    grep -qx 'total,total,120' <(tr -d '\r' < tables/persons-by-region.csv)
    grep -qx '"Moscow, Russia",male,30' <(tr -d '\r' < tables/persons-by-region.csv)
}

@test "no word of a policy takes the rules away: many single cases, read dates, what ties releases together" {
    VAULT=$PWD/many.vault
    many_policy many 'single_case=true'
    judged 6 release check many.json
    json '[r["rule"] for r in d["refusals"]] == ["rows"]'
    many_policy read 'rows.person.fields.born="reviewed"' 'rows.person.fields.residence="reviewed"'
    judged 6 release check read.json --accept reviewed
    json '"k" in {r["rule"] for r in d["refusals"]}'
    for field in label ref; do
        many_policy tied "rows.person.fields.$field=\"keep\""
        judged 6 release check tied.json
        json 'any(r["rule"] == "unlisted" and r["where"] == "person.'$field'" and r["accept"] is None for r in d["refusals"])'
    done
    many_policy wrong 'rows.person.fields.sex="pseudonym"'
    refused 2 w "$PASS" release check wrong.json
}

@test "a case of somebody who was removed, or whom this vault does not know, needs her consent still" {
    local fields='"ref":"drop","person":"drop","title":"drop","opened":"drop","country":"keep","kind":"drop","status":"keep","lawyer":"drop","next_step":"drop","notes":"drop","files":"drop"'
    w "$PASS" -q add case ref=C1 person=P1 country=RU status=pending > /dev/null
    policy case "rows={\"case\":{\"fields\":{$fields}}}" 'pseudonym={"style":"code"}' 'map=["ref"]' 'declared_public=[]'
    w "$PASS" -q rm P1 > /dev/null
    judged 6 release check case.json
    json '[r["rule"] for r in d["refusals"]] == ["consent"]'
    local event='"ref":"drop","case":"drop","date":"drop","kind":"drop","place":"drop","status":"keep","summary":"drop","notes":"drop","files":"drop"'
    w "$PASS" -q add event case=C1 status=done > /dev/null
    w "$PASS" -q rm C1 > /dev/null
    policy event "rows={\"event\":{\"fields\":{$event}}}" 'pseudonym={"style":"code"}' 'map=["ref"]' 'declared_public=[]'
    judged 6 release check event.json
    json '[r["rule"] for r in d["refusals"]] == ["consent"]'
}

@test "a consent that ended on a day nobody noted has ended" {
    policy kim
    agree P2 press-2026 --expires ../2020-01-01
    judged 6 release check kim.json
    json '"expired" in d["refusals"][0]["detail"]'
}

@test "a press name that no keeper agreed to excuses no name, nor does one that was corrected; a folder's name is searched" {
    agree P2
    policy kim 'rows.person.fields.residence="keep"'
    w "$PASS" -q edit P3 'press_name=Ryu En Nam' --accept name-in-open
    w "$PASS" -q edit P2 'residence=house of Ryu En Nam, Russia' --accept name-in-open
    judged 6 release check kim.json
    json 'any(r["rule"] == "leak" and r["accept"] is None for r in d["refusals"])'
    w "$PASS" -q edit P3 press_name=Bob
    judged 6 release check kim.json
    json 'any(r["rule"] == "leak" and r["accept"] is None for r in d["refusals"])'
    w "$PASS" -q edit P2 residence=Russia
    refused 6 w "$PASS" release make kim.json -o Ryu-En-Nam/
    [ ! -e Ryu-En-Nam ]
    w "$PASS" -q release make kim.json -o data/
    judged 0 release list
    json 'd[-1]["folder"] == "data"'
}

@test "what stands in place of a name in a text is the pseudonym of this audience, and of no other" {
    for p in P1 P2 P3; do agree $p any; done
    w "$PASS" -q edit P2 'occupation=helped Choi Myung-bok with papers' --accept name-in-open
    local change=('pseudonym={"style":"code"}' 'rows.person.where={"citizenship":"KP"}' 'rows.person.fields.occupation="reviewed"' 'declared_public=[]')
    policy one "${change[@]}"
    policy two "${change[@]}" 'audience="court"'
    policy loose "${change[@]}" 'audience="loose"' 'pseudonym={"style":"code","stable":false}'
    w "$PASS" -q release review one.json --accept reviewed > /dev/null
    make_release one
    code=$(grep -o 'helped p[0-9a-z]*' data/person.csv | cut -d' ' -f2)
    grep -q "^$code," data/person.csv
    refused 6 w "$PASS" release check two.json
    w "$PASS" -q release review two.json --accept reviewed > /dev/null
    w "$PASS" -q release make two.json -o other
    never grep -rq "$code" other
    w "$PASS" -q release forget press-2026 --yes
    refused 6 w "$PASS" release check one.json
    w "$PASS" -q release review one.json --accept reviewed > /dev/null
    w "$PASS" -q release make one.json -o again
    never grep -rq "$code" again
    w "$PASS" release review loose.json --accept reviewed --json > told
    grep -q '"left":1' told
    w "$PASS" -q check --deep
}

@test "a withheld text that somebody was shown is in the log, whatever was answered" {
    need_terminals
    agree P1
    policy text 'rows.person.where={"ref":"P1"}' 'rows.person.fields.family="reviewed"'
    run answered 'may it go out' no "$WITHHELD" -C "$VAULT" --passphrase-file <(echo "$PASS") release review text.json
    [[ $output == *'two young children'* ]]
    judged 0 log
    json 'd[-1]["action"] == "release-judge" and d[-1]["detail"]["shown"] == 1'
}

@test "figures that were public before: each entry of the policy is printed" {
    agree P2
    policy two 'declared_public=[{"type":"statistic","where":{"measure":"refugee status granted"}},{"type":"statistic","where":{"measure":"temporary refuge granted"}},{"type":"statistic"}]'
    w "$PASS" -q release make two.json -o data
    [ "$(wc -l < data/statistic.csv)" = 3 ]
}

@test "a person whose record is in conflict is not counted as two" {
    VAULT=$PWD/many.vault
    w "$PASS" -q key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$CASE"
    cp -r many.vault copy.vault
    w "$PASS" -q edit Q3 occupation=cook
    VAULT=$PWD/copy.vault
    w "$CASE" -q edit Q3 occupation=driver
    "${O:-$BATS_TEST_DIRNAME/../../build}/tests/cli/join" "$PWD/many.vault" "$PWD/copy.vault" 4<<< "$PASS" 5<<< "$CASE"
    VAULT=$PWD/many.vault
    policy table 'rows=' 'map=' 'declared_public=' 'single_case=' 'tables=[{"name":"all","of":"person","by":["sex"]}]'
    judged 6 release check table.json
    json 'any(r["rule"] == "rows" and "conflict" in r["detail"] for r in d["refusals"])'
}

@test "rows from which one person is missing are refused, whatever left that person out" {
    VAULT=$PWD/many.vault
    many_policy all
    make_release all
    w "$PASS" -q edit Q7 occupation=cook
    many_policy some 'rows.person.where={"occupation":"logger"}'
    judged 6 release check some.json
    json '[(r["rule"], r["accept"]) for r in d["refusals"]] == [("difference", "difference")]'
    many_policy half 'rows.person.where={"sex":"male"}'
    judged 0 release check half.json
}

@test "a table that counts one person fewer than the rows beside it" {
    VAULT=$PWD/many.vault
    w "$PASS" -q edit Q7 occupation=cook
    many_policy one 'rows.person.fields.occupation="drop"' 'tables=[{"name":"loggers","of":"person","by":["sex"],"where":{"occupation":"logger"}}]'
    judged 6 release check one.json --accept difference
    json '[(r["rule"], r["where"], r["accept"]) for r in d["refusals"]] == [("difference", "loggers", None)]'
    many_policy two 'rows.person.fields.occupation="drop"' 'tables=[{"name":"all","of":"person","by":["sex"]},{"name":"men","of":"person","by":["residence"],"where":{"sex":"male"}}]'
    judged 0 release check two.json
}

@test "a record of a type of one's own is about whoever it links to" {
    echo '{"name":"witness","version":1,"labels":{"en":"Witness"},"fields":[
        {"name":"who","kind":"link","target":"person","tier":"open","role":"neutral"},
        {"name":"said","kind":"text","tier":"open","role":"sensitive"}]}' > witness.json
    w "$PASS" -q type add witness.json
    w "$PASS" -q add witness who=P1 said=yes > /dev/null
    policy said 'rows={"witness":{"fields":{"who":"drop","said":"keep"}}}' 'pseudonym={"style":"code"}' 'map=' 'declared_public=[]'
    judged 6 release check said.json
    json '[r["rule"] for r in d["refusals"]] == ["consent"]'
    agree P1
    judged 0 release check said.json
}

@test "a consent in conflict is none, and stops nobody from taking back the others" {
    policy kim
    w "$PASS" -q key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$CASE"
    id=$(w "$PASS" -q consent P2 --audience press-2026)
    cp -r people.vault copy.vault
    w "$PASS" -q edit "$id" expires=2098-01-01
    VAULT=$PWD/copy.vault
    w "$CASE" -q edit "$id" expires=2097-01-01
    "${O:-$BATS_TEST_DIRNAME/../../build}/tests/cli/join" "$PWD/people.vault" "$PWD/copy.vault" 4<<< "$PASS" 5<<< "$CASE"
    VAULT=$PWD/people.vault
    judged 6 release check kim.json
    json '"in conflict" in d["refusals"][0]["detail"]'
    agree P2 any
    judged 0 release check kim.json
    judged 8 consent withdraw P2
    json 'd["withdrawn"] == 1'
    judged 6 release check kim.json
}
