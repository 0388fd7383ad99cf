# Tables of counts, and releases beside each other: what one keeps back another must not give away.

bats_require_minimum_version 1.5.0
load helpers

PYTHON=${PYTHON:-/usr/bin/python3}

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault many "$PASS"
    "$PYTHON" - <<'END'
import csv
with open("many.csv", "w") as f, open("consents.csv", "w") as g:
    rows, consents = csv.writer(f), csv.writer(g)
    rows.writerow("ref,born,citizenship,sex,residence,occupation".split(","))
    consents.writerow("person,audience,uses,given".split(","))
    for i in range(100):
        # region x sex: A 2/18, B 19/14, C 10/12, D 14/11, as in the literature's example
        place = "A" if i < 20 else "B" if i < 53 else "C" if i < 75 else "D"
        women = {"A": range(0, 2), "B": range(20, 39), "C": range(53, 63), "D": range(75, 89)}[place]
        rows.writerow([f"Q{i}", 1960 + i % 20, "KP", "female" if i in women else "male", place, "cook" if i == 7 else "logger"])
        consents.writerow([f"Q{i}", "any", "release", "2026-01-01"])
END
    w "$PASS" -q import many.csv --as person
    w "$PASS" -q import consents.csv --as consent
}

setup() {
    common_setup
    cp -r "$BATS_FILE_TMPDIR"/many.vault .
    VAULT=$PWD/many.vault
}

# tables NAME TABLES [KEY=VALUE...]: NAME.json with these tables (JSON).
tables() {
    "$PYTHON" - "$@" > "$1.json" <<'END'
import json, sys
p = {"format": "withheld-policy/1", "audience": "office", "purpose": sys.argv[1], "expires": "2099-01-31", "pseudonym": {"style": "code"},
     "thresholds": {"k": 3}, "tables": json.loads(sys.argv[2])}
for change in sys.argv[3:]:
    key, _, value = change.partition("=")
    p[key] = json.loads(value)
json.dump(p, sys.stdout)
END
}

# judged CODE ARGS...: as in release.bats.
judged() {
    local code=$1
    shift
    run --separate-stderr w "$PASS" "$@" --json
    [ "$status" = "$code" ] || { echo "exit code $status, not $code: $output $stderr"; return 1; }
}

@test "small counts are kept back, and as few others as can be, so that nobody reckons them" {
    tables one '[{"name":"regions","of":"person","by":["residence","sex"],"min_count":3}]'
    w "$PASS" -q release make one.json -o data
    tr -d '\r' < data/regions.csv > table
    cat table
    grep -qx 'A,female,\*' table
    grep -qx 'total,total,100' table
    # One cell is small; three more are the least that protect it.
    [ "$(grep -c '\*$' table)" = 4 ]
    grep -q 'kept back' data/method.md
}

@test "two releases that differ by one person are refused, and a withdrawn consent that forces it is in the log" {
    tables one '[{"name":"regions","of":"person","by":["residence"],"min_count":3}]'
    w "$PASS" -q release make one.json -o first
    judged 0 release check one.json
    w "$PASS" -q consent withdraw Q30 > told
    tables two '[{"name":"regions","of":"person","by":["residence"],"min_count":3,"where":{"ref":"Q30"}}]'
    w "$PASS" -q rm Q30
    judged 6 release check one.json
    json 'any(r["rule"] == "difference" and r["accept"] == "difference" for r in d["refusals"])'
    refused 6 w "$PASS" release make one.json -o second
    [ ! -e second ]
    w "$PASS" -q release make one.json -o second --accept difference
    judged 0 log
    json '"difference" in json.dumps(d[-1]["detail"])'
}

@test "a table that is one person short of another one" {
    tables one '[{"name":"all","of":"person","by":["residence"],"min_count":3}]'
    w "$PASS" -q release make one.json -o first
    tables two '[{"name":"loggers","of":"person","by":["residence"],"min_count":3,"where":{"occupation":"logger"}}]'
    judged 6 release check two.json
    json 'any(r["rule"] == "difference" for r in d["refusals"])'
}

@test "three releases of which only all together tell of one person" {
    tables one '[{"name":"women","of":"person","by":["residence"],"min_count":3,"where":{"sex":"male"}}]'
    w "$PASS" -q release make one.json -o first
    tables two '[{"name":"all","of":"person","by":["citizenship"],"min_count":3}]'
    w "$PASS" -q release make two.json -o second
    # 100 people, of whom 55 are men: so 45 women. A table of 44 women tells of the one who is not in it.
    w "$PASS" -q edit Q0 occupation=cook
    tables three '[{"name":"women","of":"person","by":["citizenship"],"min_count":3,"where":{"sex":"female","occupation":"logger"}}]'
    judged 6 release check three.json
    json 'any(r["rule"] == "difference" for r in d["refusals"])'
    tables other '[{"name":"women","of":"person","by":["citizenship"],"min_count":3,"where":{"sex":"female"}}]'
    judged 0 release check other.json
}

@test "a public figure that counts a cell: what could be reckoned with it is kept back, too" {
    w "$PASS" -q add statistic period=2026 'population=women in region A' measure=persons count=2 source=register > id
    tables one '[{"name":"regions","of":"person","by":["residence","sex"],"min_count":3}]' \
        'declared_public=[{"type":"statistic","where":{"period":"2026"},"counts":{"of":"person","where":{"residence":"A","sex":"female"}}}]'
    w "$PASS" -q release make one.json -o data
    tr -d '\r' < data/regions.csv > table
    cat table
    # It is printed anyway, so nothing has to be kept back for its sake.
    grep -q 'A,female,2' table || [ "$(grep -c '\*$' table)" != 4 ]
    tables wrong '[{"name":"regions","of":"person","by":["residence"]}]' 'declared_public=[{"type":"statistic","counts":{"off":"person"}}]'
    refused 2 w "$PASS" release check wrong.json
}

@test "rows that a case holds together are one another's risk" {
    for i in 1 2; do echo "{\"ref\":\"C$i\",\"person\":[\"Q1$i\",\"Q3$i\",\"Q5$i\"]}" | w "$PASS" -q add case --from - > id; done
    cat > rows.py <<'END'
import json, sys
drop = "ref label press_name name other_names address family identifiers contact notes files occupation born".split()
json.dump({"format": "withheld-policy/1", "audience": "press", "purpose": "rows", "expires": "2099-01-31", "pseudonym": {"style": "code"},
           "thresholds": {"k": 2, "m": 1}, "rows": {"person": {"fields": {**{f: "drop" for f in drop}, "citizenship": "keep", "sex": "keep",
           "residence": "keep"}}}}, sys.stdout)
END
    "$PYTHON" rows.py > one.json
    judged 0 release check one.json
    json '0 < d["risk"]["prosecutor_max"] <= d["risk"]["linked_max"] <= 1 and d["risk"]["linked_max"] > 3 / 20'
}

@test "tables of one release that differ by one person, and a later one that differs from a second part of an earlier" {
    local loggers='{"name":"loggers","of":"person","by":["residence"],"min_count":3,"where":{"occupation":"logger"}}'
    local all='{"name":"all","of":"person","by":["residence"],"min_count":3}'
    local women='{"name":"women","of":"person","by":["citizenship"],"min_count":3,"where":{"sex":"female"}}'
    tables both "[$all,$loggers]"
    judged 6 release check both.json --accept difference
    json 'any(r["rule"] == "difference" and r["accept"] is None for r in d["refusals"])'
    tables one "[$women,$loggers]"
    w "$PASS" -q release make one.json -o first
    tables two "[$all]"
    judged 6 release check two.json
    json 'any(r["rule"] == "difference" and r["accept"] == "difference" for r in d["refusals"])'
}

@test "a value that few people have does not stand in a table by its name" {
    tables one '[{"name":"work","of":"person","by":["occupation"],"min_count":3},{"name":"sexes","of":"person","by":["sex"],"min_count":3}]'
    w "$PASS" -q release make one.json -o data
    never grep -rq cook data
    tr -d '\r' < data/work.csv > table
    cat table
    grep -q '^other,' table
    grep -q 'stand together as "other"' data/method.md
}
