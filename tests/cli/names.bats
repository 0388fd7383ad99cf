# Finding a person under any spelling: names match, names fold, search --names; who is alike; names in the wrong place.

load helpers

setup() {
    common_setup
}

people() {
    new_vault people "$PASS"
    cat > people.csv <<'CSV'
ref,name,other_names,press_name,born
M1,Choe Myong Bok,,,1962
M2,최명복,,,
M3,Choi Myung-suk,,,1970
M4,Kim Yong-chol,Ким Ён Чхоль,Kim Yong-chol,1950
M5,Светлана Ганнушкина,,Svetlana Gannushkina,1942
CSV
    w "$PASS" import people.csv --as person > import.out 2> import.err
}

code() { w "$PASS" show "$1" --json | sed -n 's/.*"id":"\([0-9a-z]*\)".*/\1/p' | head -1; }

# ---- without a vault

@test "names match says the level and why, also as JSON, and ends with 0 for none" {
    run "$WITHHELD" names match 'Choi Myung-bok' '최명복'
    [ "$status" -eq 0 ]
    [ "$output" = "fold: surname 최 = Choi; given names agree as MYONGPOK" ]
    run "$WITHHELD" names match 'Choi Myung-bok' 'Choi Myung-suk' --json
    [ "$status" -eq 0 ]
    json 'd["match"] == "none" and len(d["why"]) > 5'
    run "$WITHHELD" names match 'Svetlana Gannushkina' 'Светлана Ганнушкина' --json
    json 'd["match"] == "fold"'
    run "$WITHHELD" names match Kim 'Kim Yong-chol' --json
    json 'd["match"] == "none" and "surname alone" in d["why"]'
}

@test "names match without names reads them from standard input, where nobody sees them" {
    run "$WITHHELD" names match --json < <(printf 'Olga Tseytlina\nОльга Цейтлина\n')
    [ "$status" -eq 0 ]
    json 'd["match"] == "fold"'
}

@test "names match --pairs prints one level a line, whatever the end of the lines" {
    printf 'Choi Myung-bok\tЦой Мён Бок\r\nKim\tKim\nAnn Bell\tAnn Bell\tmore\n' > pairs.tsv
    run "$WITHHELD" names match --pairs pairs.tsv
    [ "$status" -eq 0 ]
    [ "$output" = $'fold\nnone\nexact' ]
    run "$WITHHELD" names match --pairs pairs.tsv --json
    json '[x["match"] for x in d] == ["fold", "none", "exact"]'
    printf 'Choi Myung-bok Choe\n' > pairs.tsv
    refused 2 "$WITHHELD" names match --pairs pairs.tsv
    says 'line 1'
    printf 'a b\tc d\na b\t\xff\n' > pairs.tsv
    refused 2 "$WITHHELD" names match --pairs pairs.tsv
    says 'line 2'
    refused 7 "$WITHHELD" names match --pairs none.tsv
    refused 2 "$WITHHELD" names match --pairs pairs.tsv Kim Lee
    refused 2 "$WITHHELD" names match Kim
}

@test "bad names: one sentence, exit 2, and the name is not repeated" {
    local long
    long=$(printf 'Kimxyz%.0s' {1..1700})
    for name in '' ' ' '...' $'\xff\xfe' $'\u0301\u0301' "$long" "$(printf 'ab %.0s' {1..30})"; do
        refused 2 "$WITHHELD" names fold "$name"
        [ "$(wc -l <<< "$output")" -eq 1 ]
        never grep -q Kimxyz <<< "$output"
        refused 2 "$WITHHELD" names match "$name" 'Kim Yong-chol'
        refused 2 "$WITHHELD" names match 'Kim Yong-chol' "$name"
    done
}

@test "look-alikes of another script are reported, and read as what they look like" {
    run "$WITHHELD" names fold $'S\u0435rgei Ivanov' --json
    [ "$status" -eq 0 ]
    json 'd["mixed"] is True and d["key"] == "SERGE IVANOV"'
    run "$WITHHELD" names fold 'Sergei Ivanov' --json
    json 'd["mixed"] is False and d["key"] == "SERGE IVANOV" and d["read_as"] == "sound"'
    run "$WITHHELD" names fold 'Choe Myong Bok' --json
    json 'd["key"] == "최 MYONGPOK" and d["read_as"] == "korean"'
}

# ---- in a vault

@test "search --names finds him under each of his names, nobody else, and says why without showing the name" {
    people
    for name in 'Choi Myung-bok' 'Choe Myong Bok' '최명복' 'Цой Мён Бок' 'Чхве Мён Бок'; do
        run w "$PASS" search --names --json <<< "$name"
        [ "$status" -eq 0 ]
        json 'len(d) == 2 and all(x["level"] in ("exact", "fold") and x["field"] == "name" and "최" in x["why"] for x in d)'
        json '[x["level"] for x in d] == sorted([x["level"] for x in d], key=["exact", "fold", "skeleton"].index)'
    done
    run w "$PASS" search --names --json <<< 'Gannushkina Svetlana'
    json 'len(d) == 1 and "Ганнушкина" not in d[0]["why"]'
    run w "$PASS" search --names --json --type case <<< 'Choi Myung-bok'
    json 'd == []'
    run w "$PASS" search --names --json --field other_names <<< 'Kim Yong-chol'
    json 'len(d) == 1 and d[0]["field"] == "other_names"'
    refused 2 w "$PASS" search --names <<< $'\xff'
}

@test "search --names by a surname alone finds nobody, and says so" {
    people
    run w "$PASS" search --names <<< 'Kim'
    [ "$status" -eq 0 ]
    says 'surname alone'
    run w "$PASS" --quiet search --names --json <<< 'Kim'
    json 'd == []'
}

@test "a caseworker finds open names only, and learns nothing of withheld ones" {
    people
    w "$PASS" key add --tier case --new-passphrase-fd 5 5<<< "$OTHER" > /dev/null
    run w "$OTHER" --quiet search --names --json <<< 'Choi Myung-bok'
    [ "$status" -eq 0 ]
    json 'd == []'
    run w "$OTHER" --quiet search --names --json <<< 'Ким Ён Чхоль'
    json 'len(d) == 1 and d[0]["field"] == "press_name"'
    refused 6 w "$OTHER" search --names --type person --field name <<< 'Choi Myung-bok'
    run w "$OTHER" --quiet add person --from - --json <<< '{"name":"Чхве Мён Бок"}'
    [ "$status" -eq 0 ]
    json 'd["similar"] == []'
}

# ---- who is alike

@test "a keeper is told whose names are alike: at add, at import, and when what others took in is adopted" {
    people
    grep -q 'similar names: .* in name: surname 최' import.err
    never grep -qi 'myong' <(grep -v MYONG import.err)
    run w "$PASS" --quiet add person --from - --json <<< '{"name":"Цой Мён Бок"}'
    json 'len(d["similar"]) == 2 and all(x["level"] == "fold" and x["id"] and x["label"] and x["why"] for x in d["similar"])'
    run w "$PASS" --quiet add person --from - --json <<< '{"name":"Nobody Known"}'
    json 'd["similar"] == []'
    printf 'name\nKim Yong Chul\nPak Il Nam\nPak Il-nam\n' > more.csv
    run w "$PASS" --quiet import more.csv --as person --json
    json 'len(d["similar"]) == 2'
    w "$PASS" key add --tier case --new-passphrase-fd 5 5<<< "$OTHER" > /dev/null
    w "$OTHER" --quiet add person --from - <<< '{"name":"Svetlana Gannushkina"}'
    run w "$PASS" status
    says 'similar names'
    never grep -q 'GANUWKIN' <<< "$output"      # nobody typed that name now
    run w "$PASS" status
    never grep -q 'similar names' <<< "$output"
}

# ---- names in the wrong place

@test "add, edit and import stop at a withheld name in an open field, in any spelling" {
    people
    w "$PASS" log --json > before
    refused 6 w "$PASS" add case title='The deportation of Цой Мён Бок'
    says "field 'title' is open"
    says '--accept name-in-open'
    never grep -q 'Цой' <<< "$output"
    refused 6 w "$PASS" add person --from - <<< '{"name":"Ivan Petrov","press_name":"Kim Yong Chul"}'
    refused 6 w "$PASS" add person --from - <<< '{"name":"Ivan Petrov","occupation":"driver of Ivan Petrov"}'
    says 'the record itself'
    refused 6 w "$PASS" edit M1 residence='with Svetlana Gannushkina, Moscow'
    refused 6 w "$PASS" add case country='Choi Myung-bok'
    refused 6 w "$PASS" add case title='Choi_Myung-bok'
    refused 6 w "$PASS" add case title=$'Svetlana\u00a0Gannushkina'
    printf 'title\nNothing here\nAbout 김영철이\n' > cases.csv
    refused 6 w "$PASS" import cases.csv --as case
    says 'line 3'
    printf 'name,occupation\nWang Fu,cook of Li Bo\nLi Bo,cook\n' > both.csv
    refused 6 w "$PASS" import both.csv --as person
    says 'line 2'
    w "$PASS" log --json > after
    cmp before after
}

@test "a withheld name in an open field is accepted with the word, which the log records; other names pass" {
    people
    w "$PASS" add case title='The deportation of Цой Мён Бок' --accept name-in-open
    w "$PASS" log --json | tail -2 | grep -q '"accepted":\["name-in-open"\]'
    w "$PASS" add case title='Choi and Kim and Svetlana; Choi Myung-suk was not there, said Kim' > /dev/null ||
        w "$PASS" add case title='Choi and Kim and Svetlana' > /dev/null
    w "$PASS" --quiet add person --from - <<< '{"name":"Ivan Petrov","press_name":"Ivan Petrov","notes":"friend of Choe Myong Bok"}'
}

@test "neither the name of an open file nor an old revision brings a withheld name into the open" {
    people
    echo scan > 'Choi Myung-bok.txt'
    refused 6 w "$PASS" attach M3 --open 'Choi Myung-bok.txt'
    says 'name-in-open'
    w "$PASS" attach M3 'Choi Myung-bok.txt' > /dev/null
    w "$PASS" attach M3 --open --name statement.txt 'Choi Myung-bok.txt' > /dev/null
    w "$PASS" add case ref=C-1 title='about Ivan Petrov' > /dev/null
    rev=$(w "$PASS" show C-1 --json | sed -n 's/.*"revision":"\([0-9a-f]*\)".*/\1/p')
    w "$PASS" edit C-1 title='about one man' > /dev/null
    w "$PASS" --quiet add person --from - <<< '{"name":"Ivan Petrov"}' > /dev/null
    refused 6 w "$PASS" revert C-1 "$rev"
    says 'name-in-open'
    w "$PASS" --quiet add person --from - <<< '{"name":"Rosa"}' > /dev/null        # one word tells nobody apart
    w "$PASS" add case title='Rosa met Rosa' > /dev/null
}

@test "a label of two drawn words is not taken for a name that sounds like it" {
    people
    w "$PASS" --quiet add person --from - <<< '{"name":"Daisy Marathon"}' > /dev/null
    refused 6 w "$PASS" add case title='Daisy Marathon'
    refused 6 w "$PASS" add person label='Daisy Marathons Choi Myung-bok'
    w "$PASS" add person label=daisy-marathon > /dev/null
}

@test "a caseworker, who cannot know, is not stopped" {
    people
    w "$PASS" key add --tier case --new-passphrase-fd 5 5<<< "$OTHER" > /dev/null
    w "$OTHER" add case title='The deportation of Цой Мён Бок' > /dev/null
}

@test "duplicates lists him twice, until the two are dismissed" {
    people
    run w "$PASS" --quiet duplicates --json
    [ "$status" -eq 0 ]
    json 'len(d) == 1 and any("fold" in w for w in d[0]["why"])'
    w "$PASS" --quiet duplicates --dismiss M1 M2
    run w "$PASS" --quiet duplicates --json
    json 'd == []'
    run w "$PASS" --quiet add person --from - --json <<< '{"name":"Цой Мён Бок","ref":"M9"}'
    json 'len(d["similar"]) == 2'
    w "$PASS" --quiet merge M9 M1
    run w "$PASS" --quiet duplicates --json
    json 'd == [] or len(d) == 1'
}

@test "in a shell, what was added is known to the next command" {
    people
    run w "$PASS" --quiet shell <<'EOS'
add person --from /dev/null
EOS
    printf '%s\n' '{"name":"Pak Il Nam"}' > a.json
    run w "$PASS" shell --files . <<'EOS'
add person --from a.json
add person --from a.json --json
add case title="Pak Il-nam"
EOS
    says '"level":"exact"'
    says 'holds a name that is withheld'
}
