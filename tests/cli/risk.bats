# risk: figures of a table in a CSV file, and one sentence with line and column for every table that is none.

load helpers
load data/more

RISK=$TOP/../shared/data/risk

setup() {
    common_setup
    printf 'born,town,sex,status\n1960,Tver,f,a\n1960,Tver,f,b\n1961,Tver,m,a\n1961,Tver,m,a\n' > t.csv
    QUASI=(--quasi 'born,town,sex')
}

needs_data() { [ -e "$RISK/$1" ] || skip "shared data is not here"; }

risk() { raw 0 "$WITHHELD" risk "$@"; }

# wrong FILE LINE COLUMN OPTIONS...: exit code 2, and one sentence that tells where.
wrong() {
    local file=$1 line=$2 column=$3
    shift 3
    raw 2 "$WITHHELD" risk t.csv "$@" || return 1
    sentence || return 1
    grep -q "^withheld: $file: line $line, column $column[ :]" err || { cat err; return 1; }
}

@test "the keys of --json, in order, and null for what was not asked" {
    risk t.csv "${QUASI[@]}" --json
    "$PYTHON" - <<'PY'
import json
d = json.load(open("out"))
keys = ("records classes unique min_class avg_class prosecutor_max prosecutor_avg journalist_max marketer below_k k_map_min "
        "l_distinct_min l_entropy_min t_max delta_max").split()
assert list(d) == keys + ["strict"], list(d)
assert list(d["strict"]) == keys
assert d["records"] == 4 and d["classes"] == 2 and d["unique"] == 0 and d["min_class"] == 2 and d["avg_class"] == 2
assert d["prosecutor_max"] == 0.5 and d["prosecutor_avg"] == 0.5 and d["below_k"] == 4
assert all(d[k] is None for k in "journalist_max marketer k_map_min l_distinct_min l_entropy_min t_max delta_max".split())
PY
}

@test "known results of ARX" {
    needs_data test.csv
    risk "$RISK/test.csv" --quasi age,gender,zipcode --json
    json 'd["prosecutor_avg"] == 1.0 and d["classes"] == 7'
    mkdir h
    cp "$RISK/test_hierarchy_age.csv" h/age.csv
    cp "$RISK/test_hierarchy_gender.csv" h/gender.csv
    risk "$RISK/test.csv" --quasi age,gender --hierarchies h --levels 1,1 --json
    json 'd["strict"]["classes"] == 2 and d["strict"]["min_class"] == 3'
}

@test "known results of sdcMicro, with weights and missing cells" {
    needs_data francdat.csv
    risk "$RISK/francdat.csv" --quasi Key1,Key2,Key3,Key4 --weights w --json
    json 'd["unique"] == 4 and d["k_map_min"] == 5 and abs(d["journalist_max"] - 0.2) < 1e-9'
    awk -F, -v OFS=, 'NR == 4 { $5 = "NA" } NR == 5 { $2 = $4 = "NA" } NR == 6 { $6 = "NA" } NR == 7 { $2 = "NA" } { print }' "$RISK/francdat.csv" > f.csv
    risk f.csv --quasi Key1,Key2,Key3,Key4 --weights w --suppressed NA --json
    json 'd["unique"] == 0 and d["min_class"] == 2 and d["k_map_min"] == 22 and d["strict"]["min_class"] == 1'
    sed 's/NA//g' f.csv > g.csv
    cp out before
    risk g.csv --quasi Key1,Key2,Key3,Key4 --weights w --json
    cmp out before
}

@test "both readings of what is suppressed, and an empty cell counts as suppressed" {
    printf 'a,b\n1,x\n1,*\n2,\n2,y\n' > t.csv
    risk t.csv --quasi a,b --json
    json 'd["min_class"] == 2 and d["unique"] == 0 and d["strict"]["min_class"] == 1 and d["strict"]["unique"] == 4'
}

@test "a population, l and t, and the sets of at most m columns" {
    { cat t.csv; printf '1960,Tver,f,a\n1961,Tver,m,b\n1961,Tver,m,b\n1970,Tver,m,b\n'; } > everybody.csv
    risk t.csv "${QUASI[@]}" --sensitive status --population everybody.csv --m 2 --json
    json 'd["k_map_min"] == 3 and abs(d["journalist_max"] - 1/3) < 1e-8 and abs(d["marketer"] - (2/3 + 2/4) / 4) < 1e-8'
    json 'abs(d["delta_max"] - 2/3) < 1e-8 and d["l_distinct_min"] == 1 and d["l_entropy_min"] == 1 and d["t_max"] == 0.25'
    json 'd["sets"] == 6 and d["set_unique"] == 0'
    risk t.csv "${QUASI[@]}" --sensitive status --population everybody.csv --m 2
    grep -q 'unique on one of 6 sets (m = 2)' out
}

@test "hierarchies: NAME.csv for each column that is raised" {
    mkdir h
    printf '1960;196x;*\n1961;196x;*\n' > h/born.csv
    printf 'f;*\nm;*\n' > h/sex.csv
    risk t.csv "${QUASI[@]}" --hierarchies h --levels 1,0,1 --json
    json 'd["classes"] == 1 and d["strict"]["min_class"] == 4'
    raw 7 "$WITHHELD" risk t.csv "${QUASI[@]}" --hierarchies h --levels 1,1,1
    sentence
}

@test "separators: found, given, tab" {
    tr , ';' < t.csv > s.csv
    tr , '\t' < t.csv > tab.csv
    risk s.csv "${QUASI[@]}" --json
    risk s.csv "${QUASI[@]}" --json --separator ';'
    json 'd["classes"] == 2'
    risk tab.csv "${QUASI[@]}" --json --separator tab
    json 'd["classes"] == 2'
}

# ---- bad input: one sentence, line and column, exit 2

@test "ragged rows" {
    printf '1960,Tver\n' >> t.csv
    wrong t.csv 6 2 "${QUASI[@]}"
}

@test "a column that is not there" {
    wrong t.csv 1 4 --quasi born,village
    wrong t.csv 1 4 "${QUASI[@]}" --sensitive x
    wrong t.csv 1 4 "${QUASI[@]}" --weights x
    printf 'born,town\n1960,Tver\n' > p.csv
    wrong p.csv 1 2 "${QUASI[@]}" --population p.csv
}

@test "10,000 columns" {
    seq -s, 10000 > t.csv
    seq -s, 10000 >> t.csv
    wrong t.csv 1 513 --quasi 1
}

@test "no rows, nothing at all, no header name" {
    printf 'born,town,sex\n' > t.csv
    wrong t.csv 2 1 "${QUASI[@]}"
    : > t.csv
    wrong t.csv 1 1 "${QUASI[@]}"
    printf 'born,,sex\n1,2,3\n' > t.csv
    wrong t.csv 1 2 --quasi born
}

@test "weights that are not numbers above zero" {
    local w
    for w in x '' 0 -1 nan inf 0x10 1e999 '1 2'; do
        printf 'born,w\n1960,3\n"19\n60",2\n1960,"%s"\n' "$w" > t.csv
        wrong t.csv 5 2 --quasi born --weights w || { echo "weight: $w"; return 1; }
    done
}

@test "a population smaller than the release, as a whole or in one class" {
    head -4 t.csv > p.csv
    wrong p.csv 4 1 "${QUASI[@]}" --population p.csv
    { sed 's/1961/1962/' t.csv; echo 1961,Tver,m,a; } > p.csv
    wrong t.csv 4 1 "${QUASI[@]}" --population p.csv
    printf 'born,w\n1960,0.4\n1960,0.4\n' > t.csv
    wrong t.csv 2 1 --quasi born --weights w
}

@test "hierarchies with gaps, rings, two parents, missing values" {
    local -a up=(--quasi born --hierarchies h --levels 1)
    mkdir h
    printf '1960;196x;*\n1961;196x\n' > h/born.csv
    wrong born.csv 2 2 "${up[@]}"
    printf '1960;196x;*\n1961;;*\n' > h/born.csv
    wrong born.csv 2 2 "${up[@]}"
    printf '1960;196x\n;197x\n' > h/born.csv
    wrong born.csv 2 1 "${up[@]}"
    printf '1960;196x\n1961;196x\n1960;197x\n' > h/born.csv
    wrong born.csv 3 2 "${up[@]}"
    printf '1960;196x;a\n1961;196x;b\n' > h/born.csv
    wrong born.csv 2 3 "${up[@]}"
    printf '1960;1961\n1961;1960\n' > h/born.csv
    wrong born.csv 2 2 "${up[@]}"
    printf '1960;a;1960\n1961;a;1960\n' > h/born.csv
    wrong born.csv 2 3 "${up[@]}"
    printf '1960;196x\n' > h/born.csv
    wrong t.csv 4 1 "${up[@]}"
    printf '1960;196x\n1961;196x\n' > h/born.csv
    wrong born.csv 1 2 --quasi born --hierarchies h --levels 2
    : > h/born.csv
    wrong born.csv 1 1 "${up[@]}"
    risk t.csv --quasi born --hierarchies h --levels 0 --json
}

@test "wrong use: options that do not go together" {
    local line
    for line in '' '--quasi ,' '--quasi born,,sex' '--quasi born,born' '--quasi born --sensitive born' '--quasi born --levels 1' '--quasi born --hierarchies .' \
        '--quasi born --hierarchies . --levels 1,2' '--quasi born --hierarchies . --levels x' '--quasi born --k 0' '--quasi born --m 7' \
        '--quasi born --separator ab' '--quasi born --separator "'; do
        # shellcheck disable=SC2086
        raw 2 "$WITHHELD" risk t.csv $line || { echo "$line"; return 1; }
        sentence || return 1
    done
    raw 2 "$WITHHELD" risk
    raw 7 "$WITHHELD" risk none.csv --quasi born
    sentence
    raw 2 "$WITHHELD" risk . --quasi born
    sentence
}

@test "no sentence repeats a cell" {
    printf 'born,w\nChoi Myung-bok,x\n' > t.csv
    raw 2 "$WITHHELD" risk t.csv --quasi born --weights w
    mkdir h
    printf 'a;b\n' > h/born.csv
    cat err > all
    raw 2 "$WITHHELD" risk t.csv --quasi born --hierarchies h --levels 1
    cat err >> all
    never grep -i choi all
}
