#!/bin/bash
# 100,000 persons who agreed, released as rows: checked by every rule and the leak gate, written with a map, verified. The promise: under 20 s.
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/bench_release.XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir"
pass=$dir/pass
echo 'picture visual platform grief lips national findings' > "$pass"
run() { "$WITHHELD" -q -C people.vault --no-input --passphrase-file "$pass" "$@"; }
"$WITHHELD" -q --passphrase-file "$pass" --no-input init people.vault --kdf-memory 64 --kdf-passes 3
"${PYTHON:-python3}" - "${ROWS:-100000}" <<'END'
import csv, random, sys
r, n = random.Random(1), int(sys.argv[1])
families = "Kim Lee Park Choe Jong Kang Cho Yun Chang Im Han O So Sin Kwon Hwang An Song Ryu Hong".split()
given = "Myong Chol Su Hyon Jin Ho Sung Il Yong Nam Song Hui Ok Sun Kyong".split()
with open("persons.csv", "w") as f, open("consents.csv", "w") as g:
    persons, consents = csv.writer(f), csv.writer(g)
    persons.writerow("ref,name,born,citizenship,sex,residence,occupation,notes".split(","))
    consents.writerow("person,audience,uses,given".split(","))
    for i in range(n):
        persons.writerow([f"Q{i:06}", f"{r.choice(families)} {r.choice(given)} {r.choice(given).lower()}{r.choice(given).lower()}", r.randint(1950, 1999), "KP",
                          r.choice(["male", "female"]), r.choice(["Moscow, Russia", "St Petersburg, Russia", "Amur region, Russia"]),
                          r.choice(["builder", "logger", "cook", "driver"]), "met in %d" % r.randint(2000, 2020)])
        consents.writerow([f"Q{i:06}", "any", "release", "2026-01-01"])
END
run import persons.csv --as person --accept name-in-open > import.out 2>&1
run import consents.csv --as consent > import.out
cat > policy.json <<'END'
{ "format": "withheld-policy/1", "audience": "statistics", "purpose": "research", "expires": "2099-01-31", "pseudonym": {"style": "code"},
  "rows": {"person": {"fields": {"ref": "drop", "label": "drop", "press_name": "drop", "born": {"band": 10}, "citizenship": "keep", "sex": "keep",
    "residence": {"place": 1}, "occupation": "keep", "name": "drop", "other_names": "drop", "address": "drop", "family": "drop", "identifiers": "drop",
    "contact": "drop", "notes": "drop", "files": "drop"}}}, "map": ["name", "ref"] }
END
mkdir keep
"$WITHHELD" -q age keygen -o key.txt > keys.out 2>&1
recipient=$(grep -o 'age1[a-z0-9]*' key.txt | head -n 1)
now() { date +%s.%N; }
t0=$(now)
run release make policy.json -o data --map keep/map --map-to "$recipient"
t1=$(now)
"$WITHHELD" -q release verify data > verified
t2=$(now)
echo "$t0 $t1 $t2" | awk -v n="${ROWS:-100000}" '{ printf "release make, %d rows: %.1f s (with unlocking); release verify: %.2f s\n", n, $2 - $1, $3 - $2 }'
du -sh data keep/map | awk '{ print $2 ": " $1 }'
