# Record types, and the values of their fields.

load helpers
load data/more

setup_file() { small_vault; }

setup() {
    common_setup
    take base
}

# A type with every kind of field.
shelter() {
    cat << 'END'
{"name":"shelter","labels":{"en":"Shelter","ru":"Приют"},"fields":[
 {"name":"ref","kind":"identifier","tier":"open","role":"direct"},
 {"name":"town","kind":"place","tier":"open","role":"quasi"},
 {"name":"about","kind":"narrative","tier":"open","role":"neutral"},
 {"name":"keywords","kind":"text","tier":"open","role":"neutral","repeats":true},
 {"name":"beds","kind":"number","tier":"open","role":"neutral"},
 {"name":"safe","kind":"yes/no","tier":"open","role":"neutral"},
 {"name":"since","kind":"date","tier":"open","role":"neutral"},
 {"name":"size","kind":"choice","tier":"open","role":"neutral","choices":["small","large"]},
 {"name":"host","kind":"link","tier":"open","role":"neutral","target":"person","repeats":true},
 {"name":"see","kind":"link","tier":"open","role":"neutral"},
 {"name":"street","kind":"text","tier":"withheld","role":"direct"},
 {"name":"keys_at","kind":"yes/no","tier":"withheld","role":"neutral"},
 {"name":"door","kind":"number","tier":"withheld","role":"direct"},
 {"name":"guests","kind":"link","tier":"withheld","role":"direct","repeats":true},
 {"name":"alias","kind":"name","repeats":true}]}
END
}

# raise TYPE FIELD: the type from the vault, with this field withheld, in the file raised.json.
raise() {
    ok type show "$1" --json || return 1
    py '
for f in d["fields"]:
    if f["name"] == args[0]:
        assert f["tier"] == "open", f
        f["tier"] = "withheld"
        break
else: assert 0
json.dump(d, open("raised.json", "w"))' "$2"
    ok type add raised.json
}

# ---- types --------------------------------------------------------------------------------

@test "the built-in types are those of the design, tier for tier" {
    ok type list --json
    holds '{x["name"] for x in d} == {"person", "case", "event", "organisation", "document", "statistic", "consent"}'
    ok type list
    [ "$(wc -l < out)" = 7 ]
    for type in person case event document organisation statistic consent; do
        echo "type show $type --json"
    done > commands
    ok shell < commands
    py '
decoder, types, rest = json.JSONDecoder(), {}, text.strip()
while rest:
    t, n = decoder.raw_decode(rest)
    rest = rest[n:].strip()
    types[t["name"]] = t
def fields(name, tier):
    return " ".join(f["name"] + ("*" if f["repeats"] else "") for f in types[name]["fields"]
        if f["tier"] == tier and (f["name"] != "ref" or name in ("person", "case")))
want = {
    "person": ("ref label press_name born citizenship sex residence occupation", "name other_names* address family identifiers* contact notes files*"),
    "case": ("ref person* title opened country kind status lawyer* next_step", "notes files*"),
    "event": ("case date kind place status summary", "notes files*"),
    "document": ("case title date kind language", "notes files*"),
    "organisation": ("name country kind contact", ""),
    "statistic": ("period population measure count of source", ""),
    "consent": ("person audience uses* given expires withdrawn", "files*")}
for name, (o, w) in want.items():
    assert fields(name, "open") == o, (name, fields(name, "open"))
    assert fields(name, "withheld") == w, (name, fields(name, "withheld"))
assert all(f["role"] in ("direct", "quasi", "sensitive", "neutral") for t in types.values() for f in t["fields"])
assert [f for f in types["event"]["fields"] if f["name"] == "status"][0]["choices"] == ["planned", "done"]'
}

@test "type show says the tier of every field" {
    ok type show person
    grep -q '^name .*withheld' out
    grep -q '^born .*open' out
    grep -q '^other_names .*withheld.*several' out
    [ "$(wc -l < out)" = 16 ]
}

@test "a type of one's own: added, listed, used, in text and JSON" {
    local k1 k2
    k1=$(code_of K-1) k2=$(code_of K-2)
    shelter > shelter.json
    ok type add shelter.json --json
    holds 'isinstance(d, dict)'
    ok type list --json
    holds 'any(x["name"] == "shelter" and x["version"] == 1 for x in d)'
    ok type show shelter --json
    holds 'd["name"] == "shelter"' 'len(d["fields"]) == 15' \
        '[f["tier"] for f in d["fields"] if f["name"] == "alias"] == ["withheld"]'
    ok add shelter ref=H-1 town=Omsk about=$'two\nlines' keywords=a keywords=b beds=12 safe=yes since=2016-05 \
        size=small host=K-1 host=white-stork see=C-1 --from - <<< \
        '{"street":"Lenina 5","keys_at":true,"door":14,"guests":["K-2"],"alias":["Dom","Haus"]}'
    ok show H-1 --json
    holds "d['fields'] == {'ref': 'H-1', 'town': 'Omsk', 'about': 'two\nlines', 'keywords': ['a', 'b'], 'beds': 12, 'safe': True, 'since': '2016-05', 'size': 'small', 'host': ['$k1', '$k2'], 'see': '$(code_of C-1)'}" \
        'd["withheld"] == ["street", "keys_at", "door", "guests", "alias"]' 'd["fields"]["safe"] is True'
    hides Lenina Dom Haus
    ok show H-1 --reveal --json
    holds 'd["fields"]["street"] == "Lenina 5"' 'd["fields"]["keys_at"] is True' 'd["fields"]["door"] == 14' \
        "d['fields']['guests'] == ['$k2']" 'd["fields"]["alias"] == ["Dom", "Haus"]'
    ok list shelter --where safe=yes --where beds=12 --where host=K-1 --json
    holds 'len(d) == 1'
    ok log --json
    holds '[e for e in d if e["action"] == "type"][0]["keeper_signed"]'
    ok check
}

@test "a withheld link does not show from the other end" {
    shelter > shelter.json
    ok type add shelter.json
    ok add shelter ref=H-1 town=Omsk --from - <<< '{"guests":["K-2"]}'
    ok show K-2 --json
    holds 'not any(l["type"] == "shelter" for l in d["links_here"])'
    ok show K-2
    hides Omsk shelter
}

@test "yes/no: how it may be said, and how it comes back" {
    local word
    shelter > shelter.json
    ok type add shelter.json
    for word in yes no true false; do
        echo "add shelter ref=H-$word safe=$word"
        echo "show H-$word --json"
    done > commands
    echo 'add shelter --from -' >> commands
    echo '{"ref":"H-5","safe":false}' >> commands
    echo 'show H-5 --json' >> commands
    ok shell < commands
    py '
got = [json.loads(l)["fields"]["safe"] for l in lines if l.startswith("{")]
assert got == [True, False, True, False, False], got'
    refuses 2 add shelter safe=perhaps
    err safe
}

@test "choices, links, numbers: what does not fit is refused, and why" {
    shelter > shelter.json
    ok type add shelter.json
    refuses 2 add shelter size=medium
    err size
    grep -q 'small.*large' err
    refuses 2 add shelter host=C-1
    err host
    refuses 7 add shelter host=nobody
    err host
    refuses 2 add shelter beds=many
    err beds
    refuses 2 add shelter beds=1 beds=2
    err beds
    refuses 2 add shelter --from - <<< '{"town":["a","b"]}'
    err town
    refuses 2 add shelter --from - <<< '{"door":"x17"}'
    hides x17
    refuses 2 add shelter --from - <<< '{"town":{"deep":{"er":1}}}'
}

@test "a new version: fields may be added, old records take them" {
    shelter > shelter.json
    ok type add shelter.json
    ok add shelter ref=H-1 town=Omsk
    "$PYTHON" - << 'PY' > v2.json
import json
d = json.load(open("shelter.json"))
d["fields"].append({"name": "warm", "kind": "yes/no", "tier": "open", "role": "neutral"})
print(json.dumps(d))
PY
    ok type add v2.json
    ok type list --json
    holds '[x["version"] for x in d if x["name"] == "shelter"] == [2]' 'len(d) == 8'
    ok edit H-1 warm=yes
    ok show H-1 --json
    holds 'd["fields"] == {"ref": "H-1", "town": "Omsk", "warm": True}'
    ok check
}

@test "the same type again changes nothing" {
    shelter > shelter.json
    ok type add shelter.json
    state > before
    if ok type add shelter.json > /dev/null; then :; else exits 8 type add shelter.json || exits 2 type add shelter.json; fi
    unchanged
    ok type show person --json
    cp out person.json
    if ok type add person.json > /dev/null; then :; else exits 8 type add person.json || exits 2 type add person.json; fi
    unchanged
}

@test "raising a tier hides the values that are there, everywhere" {
    local rev mode
    ok history E-1 --json
    rev=$(jget 'd[0]["revision"]')
    raise event place
    raise event summary
    cat > commands << END
show E-1
show E-1 --rev $rev
history E-1
list
list event
timeline K-1
timeline C-1
agenda
show C-1
search police
search Moscow
search Leningrad
log
END
    ok shell < commands
    hides 'police station' Moscow 'Called to'
    sed -i 's/$/ --json/' commands
    ok shell < commands
    hides 'police station' Moscow 'Called to'
    for mode in jsonl csv; do
        ok dump "plain-$mode" --format "$mode"
        never grep -rq -e police -e Moscow -e 'Called to' "plain-$mode"
    done
    ok show E-1 --json
    holds 'set(d["withheld"]) == {"place", "summary"}' '"place" not in d["fields"]' 'd["fields"]["kind"] == "arrest"'
    refuses 2 list event --where place=Moscow
    refuses 2 add event place=Moscow
    refuses 2 edit E-1 place=Moscow
    ok show E-1 --reveal --json
    holds 'd["fields"]["place"] == "Leningrad region, Russia"' 'd["fields"]["summary"] == "Called to a police station"'
    ok search --field place --json <<< leningrad
    holds 'len(d) == 1' '"withheld" in d[0]["why"]'
    ok check
}

@test "raising the tier of what titles are made of hides it in titles" {
    raise case title
    raise event date
    cat > commands << 'END'
list
show K-1
show C-1
show E-1
timeline K-1
agenda
search arrest
search --field kind hearing
END
    ok shell < commands
    hides 'Appeal of the spring' 2017-01-31 2026-11-30
    sed -i 's/$/ --json/' commands
    ok shell < commands
    hides 'Appeal of the spring' 2017-01-31 2026-11-30
}

@test "a raised field survives an edit of another, and is then withheld at rest as well" {
    raise event place
    ok edit E-1 kind=search
    ok show E-1 --reveal --json
    holds 'd["fields"]["place"] == "Leningrad region, Russia"' 'd["fields"]["kind"] == "search"' \
        'd["fields"]["summary"] == "Called to a police station"'
    ok show E-1
    hides Leningrad
    ok history E-1
    hides Leningrad
    ok edit E-1 --from - <<< '{"place":"Pskov"}'
    ok show E-1 --reveal --json
    holds 'd["fields"]["place"] == "Pskov"'
    ok check
}

@test "lowering a tier is refused, as is dropping a field or changing its kind" {
    ok type show person --json
    cp out person.json
    change() {
        output=$(<person.json) py "
f = {x['name']: x for x in d['fields']}
$1
json.dump(d, open('changed.json', 'w'))"
    }
    change "f['name']['tier'] = 'open'"
    refuses 6 type add changed.json
    err name
    raise event place
    ok type show event --json
    sed 's/"name": *"place", *"kind": *"place", *"tier": *"withheld"/"name":"place","kind":"place","tier":"open"/' out > lowered.json
    never cmp -s out lowered.json
    refuses 6 type add lowered.json
    err place
    change "d['fields'].remove(f['born'])"
    state > before
    exits 2 type add changed.json || exits 6 type add changed.json
    sentence
    err born
    unchanged
    change "f['born']['kind'] = 'text'"
    exits 2 type add changed.json || exits 6 type add changed.json
    sentence
    err born
    unchanged
    change "f['other_names']['repeats'] = False"
    exits 2 type add changed.json || exits 6 type add changed.json
    sentence
    err other_names
    unchanged
    ok show K-1 --json
    hides Choi
}

@test "a type that is none: where and why, and nothing has changed" {
    local bad
    while IFS= read -r bad; do
        printf '%s' "$bad" > bad.json
        refuses 2 type add bad.json || { echo "$bad"; return 1; }
    done << 'END'
{"name":"shelter"}
{"name":"shelter","fields":[]}
{"name":"Shelter","fields":[{"name":"a","kind":"text","tier":"open","role":"neutral"}]}
{"name":"_slot","fields":[{"name":"a","kind":"text","tier":"open","role":"neutral"}]}
{"name":"shelter","fields":[{"name":"_a","kind":"text","tier":"open","role":"neutral"}]}
{"name":"shelter","fields":[{"name":"a","kind":"txet","tier":"open","role":"neutral"}]}
{"name":"shelter","fields":[{"name":"a","kind":"bytes","tier":"open","role":"neutral"}]}
{"name":"shelter","fields":[{"name":"a","kind":"text","tier":"secret","role":"neutral"}]}
{"name":"shelter","fields":[{"name":"a","kind":"text","role":"neutral"}]}
{"name":"shelter","fields":[{"name":"a","kind":"text","tier":"open","role":"neutral","colour":1}]}
{"name":"shelter","fields":[{"name":"a","kind":"text","tier":"open","role":"neutral"},{"name":"a","kind":"text","tier":"open","role":"neutral"}]}
{"name":"shelter","name":"shelter","fields":[{"name":"a","kind":"text","tier":"open","role":"neutral"}]}
{"name":"shelter","fields":[{"name":"a","kind":"text","tier":"open","role":"neutral"}]
[1,2]
"shelter"
not json at all
END
    : > bad.json
    refuses 2 type add bad.json
    printf '{"name":"shelter","labels":{"en":"\xff"},"fields":[]}' > bad.json
    refuses 2 type add bad.json
    refuses 7 type add nothing.json
    mkdir folder
    state > before
    exits 2 type add folder || exits 1 type add folder
    sentence
    unchanged
    refuses 2 type show persno
    err person
}

# ---- values -------------------------------------------------------------------------------

@test "numbers go in and out as numbers" {
    ok show S-1 --json
    holds 'd["fields"]["count"] == 2 and type(d["fields"]["count"]) is int' 'd["fields"]["of"] == 211'
    ok add statistic ref=S-2 count=-17 of=123456789012345678901234567890
    ok show S-2 --json
    holds 'd["fields"]["count"] == -17' \
        'str(d["fields"]["of"]) == "123456789012345678901234567890"'
    ok add statistic ref=S-3 count=0.5
    ok show S-3 --json
    holds 'str(d["fields"]["count"]) == "0.5"'
    ok add statistic --from - <<< '{"ref":"S-4","count":0,"of":9007199254740993}'
    ok show S-4 --json
    holds 'd["fields"]["count"] == 0' 'd["fields"]["of"] == 9007199254740993'
}

@test "dates: every way of writing one, echoed as EDTF" {
    local pair
    for pair in 2002=2002 1999-01=1999-01 2017-01-31=2017-01-31 1997~=1997~ 199X=199X \
        2015/2016=2015/2016 31.01.2017=2017-01-31 2017.01.31=2017-01-31 2017-02-06/2017-02-09=2017-02-06/2017-02-09; do
        printf 'edit E-1 date=%s\nshow E-1 --json\n' "${pair%=*}"
    done > commands
    printf 'edit E-1 "date=2017년 1월 31일"\nshow E-1 --json\n' >> commands
    printf 'edit E-1 date=2017-01-31T14:30+03:00\nshow E-1 --json\n' >> commands
    ok shell < commands
    py '
got = [json.loads(l)["fields"]["date"] for l in lines if l.startswith("{")]
assert got == ["2002", "1999-01", "2017-01-31", "1997~", "199X", "2015/2016", "2017-01-31", "2017-01-31",
    "2017-02-06/2017-02-09", "2017-01-31", "2017-01-31T14:30+03:00"], got'
}

@test "provenance goes in and out: source, as_of, certainty" {
    local c1
    c1=$(code_of C-1)
    ok add person --from - <<< '{"ref":"K-9","born":{"value":"1962~","source":"C-1","as_of":"2017-02","certainty":"probable"},"residence":{"value":"Moscow","certainty":"doubtful"},"name":{"value":"Pak Yong","source":"C-1"},"other_names":["Park",{"value":"Пак","certainty":"possible"}]}'
    ok show K-9 --json
    holds "d['fields']['born'] == {'value': '1962~', 'source': '$c1', 'as_of': '2017-02', 'certainty': 'probable'}" \
        'd["fields"]["residence"] == {"value": "Moscow", "certainty": "doubtful"}' \
        '"name" not in d["fields"]' '"name" in d["withheld"]'
    hides Pak Пак
    ok show K-9 --reveal --json
    holds "d['fields']['name'] == {'value': 'Pak Yong', 'source': '$c1'}" \
        'd["fields"]["other_names"] == ["Park", {"value": "Пак", "certainty": "possible"}]'
    ok show K-9
    grep -q '1962~.*probable' out
    hides Pak
    ok edit K-9 occupation=lawyer
    ok show K-9 --reveal --json
    holds "d['fields']['born']['source'] == '$c1'" "d['fields']['name']['source'] == '$c1'"
    # and through a dump, where the source is named so that it can be found again
    ok dump plain --reveal
    new_vault copy "$PASS"
    "$PYTHON" - << 'PY' > person.jsonl
import json
for l in open("plain/person.jsonl"):
    d = json.loads(l)
    if d["ref"] == "K-9":
        assert d["born"]["source"] == "C-1", d
        print(json.dumps(d))
PY
    ok add case ref=C-1
    c1=$output
    ok import person.jsonl --as person
    ok show K-9 --reveal --json
    holds "d['fields']['born'] == {'value': '1962~', 'source': '$c1', 'as_of': '2017-02', 'certainty': 'probable'}" \
        'd["fields"]["other_names"] == ["Park", {"value": "Пак", "certainty": "possible"}]'
}

@test "sources that go round in a circle: an import says at which line to break it, and writes nothing" {
    # as it is in life: the person's date of birth is known from a document of the person's case
    ok add document ref=D-1 case=C-1 title=passport
    ok edit K-1 --from - <<< '{"born":{"value":"1962~","source":"D-1"}}'
    ok dump plain --reveal
    new_vault copy "$PASS"
    refuses 2 import plain/person.jsonl --as person
    err 'line ' 'born' 'is not here'
    # without that one source everything else comes back, and the source can be added again
    "$PYTHON" -c 'import json, sys
for l in open("plain/person.jsonl"):
    d = json.loads(l)
    if isinstance(d.get("born"), dict): d["born"] = d["born"]["value"]
    print(json.dumps(d))' > person.jsonl
    ok import person.jsonl --as person
    ok import plain/case.jsonl --as case
    ok import plain/document.jsonl --as document
    ok import plain/person.jsonl --as person --key ref
    ok show K-1 --reveal --json
    holds 'd["fields"]["born"]["value"] == "1962~"' 'd["fields"]["born"]["source"]'
}

@test "a dump imports back when a record points at one that was added later" {
    ok edit K-1 --from - <<< '{"born":{"value":"1962~","source":"K-2"}}'
    ok edit K-2 born=1970
    ok dump plain --reveal
    new_vault copy "$PASS"
    ok import plain/person.jsonl --as person
    ok show K-1 --reveal --json
    holds 'd["fields"]["born"]["value"] == "1962~"' 'len(d["fields"]["born"]["source"]) == 26'
}

@test "one value of a field that repeats is an array all the same" {
    ok add consent person=K-1 uses=release ref=N-1
    ok show N-1 --json
    holds 'd["fields"]["uses"] == ["release"]'
    ok add consent ref=N-2 person=K-1 uses=release uses=court
    ok show N-2 --json
    holds 'd["fields"]["uses"] == ["release", "court"]'
    holds "d['fields']['person'] == '$(code_of K-1)'"
    ok add consent ref=N-3 --from - <<< '{"uses":"court"}'
    ok show N-3 --json
    holds 'd["fields"]["uses"] == ["court"]'
}

@test "text comes back as it went in: scripts, quotes, emoji, composed" {
    ok add organisation --from - <<< '{"ref":"O-9","name":"«Гражданское содействие» 시민 \"A\\B\" 🕊️","contact":"e\u0301 \ud83d\ude00"}'
    ok show O-9 --json
    holds 'd["fields"]["name"] == "«Гражданское содействие» 시민 \"A\\B\" 🕊️"' 'd["fields"]["contact"] == "é 😀"'
}

