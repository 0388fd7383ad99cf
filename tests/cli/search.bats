# Finding records: words, their beginnings, phrases, --where with ranges and paths along links, in both commands that take it;
# and nothing of it shows or takes a withheld value where it must not.

load helpers
load data/more

CASE_PASS='bishop agency alto involve clinic knit'

# c ARGS...: as a case holder.
c() { local PASS=$CASE_PASS; ok "$@"; }
c_exits() { local PASS=$CASE_PASS; exits "$@"; }

# is REF...: these records of $output, and no others.
is() {
    py '
codes = dict(reversed(l.split()) for l in open(args[0]))
got = sorted(codes.get(x["id"], x["id"]) for x in d)
assert got == sorted(set(args[1:])), got' "$BATS_FILE_TMPDIR/codes" "$@"
}
# lists ARGS... -- REF...: `list ARGS` gives these.
lists() {
    local args=()
    while [ "$1" != -- ]; do args+=("$1"); shift; done
    shift
    ok list "${args[@]}" --json && is "$@"
}
# finds ARGS... -- REF...: `search ARGS` gives these; on standard input nothing.
finds() {
    local args=()
    while [ "$1" != -- ]; do args+=("$1"); shift; done
    shift
    ok search "${args[@]}" --json < /dev/null || return 1
    py 'assert all(list(x) == ["id", "label", "field", "level", "why"] and x["level"] == "text" for x in d), d'
    is "$@"
}

# Two cases of three persons, with events; a type with a withheld link, and everything that has a number, an answer, a choice.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault base "$PASS"
    cat > visit.json << 'END'
{"name":"visit","fields":[
 {"name":"ref","kind":"identifier","tier":"open","role":"direct"},
 {"name":"whom","kind":"link","target":"person","tier":"withheld","role":"sensitive"},
 {"name":"at","kind":"link","target":"organisation","tier":"open","role":"neutral"},
 {"name":"before","kind":"link","target":"visit","tier":"open","role":"neutral"},
 {"name":"hours","kind":"number","tier":"open","role":"neutral"},
 {"name":"alone","kind":"yes/no","tier":"open","role":"neutral"},
 {"name":"mood","kind":"choice","choices":["calm","Très agité"],"tier":"open","role":"neutral"}]}
END
    ok type add visit.json
    ok shell << 'END'
add person --from -
{"ref":"P-1","label":"grey-heron","born":"1962~","citizenship":"KP","residence":"Ёлкино, Leningrad region, Russia","occupation":"Лётчик","name":"Choi Myung-bok","other_names":["최명복","Цой Мён Бок"],"notes":"came over the river"}
add person --from -
{"ref":"P-2","label":"white-stork","born":"199X","citizenship":"RU","residence":"Елкино","occupation":"мойщик","name":"Kim Chol"}
add person --from -
{"ref":"P-3","label":"red-kite","born":"1980/1985","citizenship":"KP","residence":"Omsk,Russia","occupation":"이순신 연구","name":"Ri Sol"}
add organisation --from -
{"ref":"O-1","name":"Café Straße","country":"DE"}
add case --from -
{"ref":"C-1","person":["P-1","P-2"],"lawyer":"P-2","title":"Appeal of the spring","opened":"2015","status":"open"}
add case --from -
{"ref":"C-2","person":"P-3","title":"Springtime hearing","opened":"2004-05-17/..","status":"closed"}
add event --from -
{"ref":"E-1","case":"C-1","date":"1999-12-31","kind":"arrest","place":"Leningrad region, Russia","status":"done","summary":"Rehearing of the police"}
add event --from -
{"ref":"E-2","case":"C-2","date":"2001?","kind":"hearing","place":"Moscow","status":"planned"}
add event --from -
{"ref":"E-3","case":"C-2","date":"2004-01/2005-02","kind":"flight","place":"Moscow region, Russia","status":"done"}
add event --from -
{"ref":"E-4","date":"../1950","kind":"birth"}
add visit --from -
{"ref":"V-1","whom":"P-1","at":"O-1","hours":"1.50","alone":"yes","mood":"calm"}
add visit --from -
{"ref":"V-2","whom":"P-3","hours":"-3","alone":"no","mood":"Très agité","before":"V-1"}
add visit --from -
{"ref":"V-3","hours":"20","before":"V-2"}
END
    "$WITHHELD" -C "$VAULT" --quiet --no-input --passphrase-fd 4 --new-passphrase-fd 5 key add --tier case 4<<< "$PASS" 5<<< "$CASE_PASS" > /dev/null
    remember
}
setup() { common_setup; take base; }

@test "words anywhere in a word, word* only at its beginning, phrases side by side" {
    finds hearing -- C-2 E-1 E-2
    finds 'hear*' -- C-2 E-2
    finds 'spring*' -- C-1 C-2
    finds spring title* --                      # a field's name is no text
    finds 'spring*' 'APP*' -- C-1
    finds '"of the spring"' -- C-1
    finds '"the of"' --
    finds 'bok*' -- P-1                         # after a hyphen a word begins
    finds 'ok*' --
    finds '*' 'river' -- P-1                    # a star alone is no word
    exits 2 search '*'
    finds 'stra*' -- O-1
    finds '"hear*"' --                          # in quotes it is a star
}

@test "case and accents do not matter, in either normal form; Cyrillic letters with a mark of their own do" {
    finds 'CAFE STRASSE' -- O-1
    finds $'cafe\u0301' -- O-1
    finds 'TRÈS agite' -- V-2
    finds 'ёлкино' -- P-1
    finds $'Е\u0308ЛКИНО' -- P-1
    finds 'елкино' -- P-2
    finds 'мой*' -- P-2
    finds $'мои\u0306*' -- P-2
    finds 'мои*' --
    finds 'лётч*' -- P-1
}

@test "Hangul: composed and decomposed alike, whole syllables" {
    finds '최명복' -- P-1
    finds $'\u110e\u116c\u1106\u1167\u11bc' -- P-1
    finds '이순*' -- P-3
    finds '순신' -- P-3
    finds '순신*' --                            # the word begins with another syllable
    finds '이수' --                             # 순 is another syllable than 수
    finds '이수*' --
    finds '최며' --
}

@test "--where: dates overlap, with either way to write a range" {
    lists event --where date=2001 -- E-2
    lists event --where date=1999/2003 -- E-1 E-2
    lists event --where date=1999..2003 -- E-1 E-2
    lists event --where date=..2001 -- E-1 E-2 E-4
    lists event --where date=../2001 -- E-1 E-2 E-4
    lists event --where date=2004.. -- E-3
    lists event --where date=2005-03.. --
    lists event --where date=2005-02-28.. -- E-3
    lists event --where date=200X -- E-2 E-3
    lists event --where date=31.12.1999 -- E-1
    lists event --where date=31.12.1999..1.1.2000 -- E-1
    lists person --where born=1962 -- P-1
    lists person --where born=1961 --
    lists person --where born=1995 -- P-2
    lists person --where born=1980..1980 -- P-3
    lists case --where opened=2030 -- C-2
    lists case --where opened=..2004-05-16 --
    finds --where date=2004.. moscow -- E-3
    refuses 2 list event --where date=2003..1999
    refuses 2 list event --where date=..
    refuses 2 list event --where date=soon..
    hides soon
    refuses 2 search --where date=soon x
}

@test "--where: numbers, answers, choices, places, links" {
    lists visit --where hours=1.5 -- V-1
    lists visit --where hours=01.50 -- V-1
    lists visit --where hours=1..20 -- V-1 V-3
    lists visit --where hours=..1.49 -- V-2
    lists visit --where hours=1.51.. -- V-3
    lists visit --where hours=-3..-3 -- V-2
    lists visit --where hours=-2.. -- V-1 V-3
    refuses 2 list visit --where hours=many
    refuses 2 list visit --where hours=..
    lists visit --where alone=да -- V-1
    lists visit --where alone=FALSE -- V-2
    refuses 2 list visit --where alone=perhaps
    lists visit --where 'mood=TRES AGITE' -- V-2
    lists event --where place=russia -- E-1 E-3
    lists event --where 'place=Leningrad region' -- E-1
    lists event --where 'place=leningrad region,RUSSIA' -- E-1
    lists event --where place=Moscow -- E-2
    lists person --where residence=Russia -- P-1 P-3
    lists person --where 'residence=Leningrad, Russia' --
    lists person --where residence=ёлкино -- P-1
    lists person --where residence= --
    lists case --where person=P-2 -- C-1
    lists case --where lawyer=white-stork -- C-1
    refuses 7 list case --where person=nobody
}

@test "--where along links: forwards" {
    lists event --where case.person.citizenship=KP -- E-1 E-2 E-3
    lists event --where case.person.citizenship=RU -- E-1
    lists event --where case.person=P-3 -- E-2 E-3
    lists event --where case.person.citizenship=KP --where date=2001 --where case.status=closed -- E-2
    lists case --where person.born=1990.. -- C-1
    lists --where case.lawyer.citizenship=RU -- E-1
    lists event --where case.person.citizenship=XX --
    lists visit --where at.name=cafe\ strasse -- V-1
    finds --where case.person.citizenship=RU police -- E-1
    finds --where case.person.citizenship=RU moscow --
    finds --type event --where case.title='springtime hearing' 'mosc*' -- E-2 E-3
}

@test "--where along links: backwards, and round" {
    lists person --where case:person.status=open -- P-1 P-2
    lists person --where case:person.event:case.date=2001 -- P-3
    lists person --where case:lawyer.status=open -- P-2
    lists case --where event:case.kind=arrest -- C-1
    lists event --where case.event:case.kind=hearing -- E-2 E-3
    lists visit --where before.hours=-3 -- V-3
    lists visit --where before.before.hours=1.5 -- V-3
    lists visit --where visit:before.visit:before.hours=20 -- V-1
    lists visit --where before.before.before.before.before.before.before.before.hours=1 --
    refuses 2 list visit --where before.before.before.before.before.before.before.before.before.hours=1
    ok edit V-1 before=V-3                      # a ring
    lists visit --where before.before.before.before.before.before.hours=1.5 -- V-1
    lists visit --where before.visit:before.hours=20 -- V-3
}

@test "a path holds for what is there now: edited, removed, brought back" {
    ok edit P-3 citizenship=UZ
    lists event --where case.person.citizenship=UZ -- E-2 E-3
    lists event --where case.person.citizenship=KP -- E-1
    ok rm P-3
    lists event --where case.person.citizenship=UZ --
    ok edit E-2 case=C-1
    lists event --where case.person.citizenship=KP -- E-1 E-2
}

@test "a path that is none: exit code 2, and the nearest" {
    refuses 2 list event --where case.persn.citizenship=KP
    err 'did you mean person'
    refuses 2 list event --where case.title.citizenship=KP
    err "field 'title' is not a link"
    refuses 2 list event --where case.person.citzenship=KP
    err "citizenship"
    refuses 2 list event --where case.=KP
    refuses 2 list event --where .case=KP
    refuses 2 list event --where case..person=KP
    refuses 2 list person --where cas:person.status=open
    err "did you mean 'case'"
    refuses 2 list person --where case:title.status=open
    refuses 2 list person --where event:case.date=2001       # links to a case
    refuses 2 list person --where case:person=C-1
    refuses 2 list person --where :person.status=open
    refuses 2 search --where case.persn.born=1970 x
    refuses 2 search --where born x
    refuses 2 list --where "$(printf 'x%.0s' {1..300}).born=1970"
    refuses 2 list --where "born.$(printf 'x%.0s' {1..300}):b.born=1970"
}

@test "a withheld value is no argument, at the end of no path, and is not repeated" {
    local command where
    for command in list 'search x'; do
        for where in 'name=Choi Secret' 'case.person.name=Choi Secret' 'case.notes=Choi Secret' 'person.notes=Choi Secret' \
            'whom=P-1' 'visit:before.whom=P-1' 'whom.name=Choi Secret'; do
            # shellcheck disable=SC2086
            refuses 2 $command --where "$where"
            err 'must not be an argument'
            hides 'Choi Secret'
        done
    done
    refuses 2 list event --where 'case.person.other_names=최명복'
    err 'search --field other_names'
}

@test "a withheld link on the way: for a keeper, and a case holder is refused before anything is read" {
    lists visit --where whom.citizenship=KP -- V-1 V-2
    lists visit --where whom.citizenship=RU --
    lists person --where visit:whom.hours=-3 -- P-3
    lists person --where visit:whom.at.name='café strasse' -- P-1
    finds --where whom.citizenship=KP calm -- V-1
    local command where
    for command in list 'search x'; do
        for where in whom.citizenship=KP whom.citizenship=RU before.whom.citizenship=KP visit:whom.hours=-3; do
            # shellcheck disable=SC2086
            c_exits 6 $command --where "$where" < /dev/null
            sentence
            hides grey-heron red-kite
        done
    done
    # nor is it told whether such a record is there
    c_exits 6 list person --where visit:whom.ref=nothing
}

@test "a case holder: open conditions hold, and no withheld value decides or shows" {
    c list event --where case.person.citizenship=KP --json
    is E-1 E-2 E-3
    c list person --where case:person.status=closed --json
    is P-3
    c search --where citizenship=KP --json лётчик < /dev/null
    is P-1
    c search 'river' --json < /dev/null
    is
    c search '최명복' --json < /dev/null
    is
    local where
    for where in name=x case.person.name=x notes=x; do
        c_exits 2 list --where "$where"
        hides Choi Kim 'Ri Sol' 최명복 river
    done
    c list --where citizenship=KP
    hides Choi 최명복 Цой Kim 'Ri Sol' river
    c list event --where case.person.citizenship=KP
    hides Choi 최명복 Цой Kim 'Ri Sol' river
    c search --where born=1900.. '*ч*'
    hides Choi 최명복 Цой Kim 'Ri Sol' river
    c search 'лёт*' --json < /dev/null
    holds 'd[0]["label"] == "grey-heron"' 'd[0]["why"] == "found in occupation"'
    hides Choi 최명복 Цой
}

@test "a keeper's hits and lists show no withheld value either, unless it is asked for" {
    ok search --where citizenship=KP < <(echo 'choi*')
    grep -q 'found in name (withheld)' out
    hides Choi choi 최명복
    ok list person --where case:person.status=open
    hides Choi 최명복
    ok list person --where case:person.status=closed --reveal --json
    holds 'len(d) == 1' 'd[0]["fields"]["name"] == "Ri Sol"'
}

@test "too many conditions, and one given twice" {
    local many=()
    for _ in {1..32}; do many+=(--where citizenship=KP); done
    lists person "${many[@]}" -- P-1 P-3
    refuses 2 list person "${many[@]}" --where citizenship=KP
    lists person --where citizenship=KP --where citizenship=RU --
}
