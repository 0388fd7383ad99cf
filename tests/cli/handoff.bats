# Plain handoffs: opened with stock age, tar and minisign, as somebody without this program does.

bats_require_minimum_version 1.5.0
load helpers

PYTHON=${PYTHON:-/usr/bin/python3}
CASE=$OTHER
DIM=Brunhildequux
RLO=$'\u202e'

setup_file() {
    cd "$BATS_FILE_TMPDIR" || return 1
    new_vault first "$PASS"
    w "$PASS" --quiet key add --tier case "${CHEAP[@]}" --new-passphrase-fd 5 5<<< "$CASE"
    cat > k1.json <<- END
	{"ref": "K-1", "born": {"value": "1970", "as_of": "2020", "certainty": "probable"}, "residence": "Omsk <script>alert('$RLO')</script>",
	 "name": "$DIM Ким", "other_names": ["최명복", "Цой & сын"], "notes": "first\n<b>second</b> $RLO"}
	END
    w "$PASS" add person --from k1.json
    w "$PASS" add person ref=L-1 born=1980
    w "$PASS" add case ref=C-1 title=Asylum person=K-1 lawyer=L-1
    w "$PASS" add event case=C-1 date=2020-01-01 kind=hearing summary=heard
    mkdir in
    head -c 700000 /dev/urandom > "in/scan of $DIM.pdf"
    head -c 300000 /dev/urandom > in/판결문.pdf
    printf 'Ж' > 'in/Свидетель "1".exe'
    : > in/empty.txt
    w "$PASS" --quiet attach K-1 in/scan* in/empty.txt
    w "$PASS" attach C-1 in/Св* in/판* --open
    "$WITHHELD" -q age keygen -o one.txt > one.pub
    "$WITHHELD" -q age keygen -o two.txt > two.pub
    "$WITHHELD" -q age keygen --pq -o pq.txt > pq.pub
}

setup() {
    common_setup
    for tool in age tar minisign; do command -v $tool > /dev/null || skip "$tool is not installed"; done
    cp -r "$BATS_FILE_TMPDIR"/{first.vault,in,one.txt,two.txt,pq.txt} .
    VAULT=$PWD/first.vault
    one=$(cat "$BATS_FILE_TMPDIR/one.pub") two=$(cat "$BATS_FILE_TMPDIR/two.pub") pq=$(cat "$BATS_FILE_TMPDIR/pq.pub")
}

# sends PASS ARGS...: with --accept send; the result in $output.
sends() {
    local pass=$1
    shift
    run --separate-stderr w "$pass" handoff send --plain --accept send "$@"
    [ "$status" = 0 ] || { echo "exit code $status: $stderr"; return 1; }
}

# opens FILE [AGE-ARGUMENTS]: with the stock programs, into the folder of which $dir is the name; everything is checked.
opens() {
    local file=$1
    shift
    rm -rf opened x.tar
    mkdir opened
    age -d "${@--i one.txt}" -o x.tar "$file"
    checked
}

checked() {
    tar -xf x.tar -C opened
    [ "$(ls opened | wc -l)" = 1 ]
    dir=$(echo opened/handoff-*)
    (cd "$dir" && minisign -Vm SHA256SUMS -p minisign.pub && minisign -Vm manifest.json -p minisign.pub &&
        sha256sum --strict -c SHA256SUMS) > checks || { cat checks; return 1; }
    "$PYTHON" - "$dir" <<- 'END'
	import hashlib, json, os, sys
	top = sys.argv[1]
	manifest = json.load(open(top + "/manifest.json"))
	there = {os.path.relpath(os.path.join(d, f), top) for d, _, files in os.walk(top) for f in files}
	assert there == {f["name"] for f in manifest["files"]} | {"manifest.json", "manifest.json.minisig", "SHA256SUMS",
	    "SHA256SUMS.minisig", "minisign.pub"}, there
	for f in manifest["files"]:
	    content = open(os.path.join(top, f["name"]), "rb").read()
	    assert (len(content), hashlib.sha256(content).hexdigest()) == (f["size"], f["sha256"]), f
	assert manifest["signed_by"]["key"] == open(top + "/minisign.pub").read().split("\n")[1]
	END
}

records() { output=$(cat "$dir/records.json"); json "$1"; }
manifest() { output=$(cat "$dir/manifest.json"); json "$1"; }

# refuses CODE ARGS...: exit code, one sentence, no file, nothing hidden left.
refuses() {
    refused "$1" w "$PASS" handoff send "${@:2}" -o no.age
    [ ! -e no.age ]
    never compgen -G '.withheld-plain-*'
}

@test "a keeper sends with names: stock age, tar and minisign open it, and everything is there" {
    sends "$PASS" C-1 --with-linked --with-names --to "$one" -o a.age --json
    json 'd["path"] == "a.age" and d["records"] == 3 and d["attachments"] == 4 and d["signed_by"]["who"] == "keeper"'
    json "d['bytes'] == $(stat -c %s a.age) and d['revealed'] == 4 and d['attachments_revealed'] == 2 and d['withheld'] == 0"
    json 'd["linked"] == 0 and d["linking"] == 1'
    json "d['recipients'][0]['recipient'] == '${one:0:12}...${one: -6}' and len(d['recipients'][0]['words'].split()) == 12"
    local bundle sums
    bundle=$("$PYTHON" -c 'import json, sys; print(json.loads(sys.argv[1])["bundle"])' "$output")
    opens a.age -i one.txt
    [ "$(sha256sum < "$dir/manifest.json" | cut -d' ' -f1)" = "$bundle" ]
    records '[r["type"] for r in d["records"]] == ["case", "person", "person"] and d["names"]'
    records 'd["records"][1]["fields"]["name"] == "Brunhildequux Ким" and d["records"][1]["fields"]["other_names"] == ["최명복", "Цой & сын"]'
    records 'd["records"][1]["fields"]["born"] == {"value": "1970", "as_of": "2020", "certainty": "probable"}'
    records 'd["records"][1]["protected"] == ["name", "other_names", "notes", "files"] and d["records"][1]["left_out"] == []'
    records 'd["records"][0]["fields"]["person"] == [{"record": d["records"][1]["id"]}]'
    cmp "$dir"/files/0003-scan_of_$DIM.pdf in/scan*
    cmp "$dir/files/0002-판결문.pdf" in/판결문.pdf
    [ -e "$dir/files/0004-empty.txt" ] && [ ! -s "$dir/files/0004-empty.txt" ]
    records '[(a["name"], a["file"], a["protected"]) for r in d["records"] for a in r["attachments"]] == [("Свидетель \"1\".exe", "files/0001-Свидетель_1_exe", False), ("판결문.pdf", "files/0002-판결문.pdf", False), ("scan of Brunhildequux.pdf", "files/0003-scan_of_Brunhildequux.pdf", True), ("empty.txt", "files/0004-empty.txt", True)]'
    manifest 'd["clock"] == "this computer'"'"'s own clock" and d["names"] and d["signed_by"]["who"] == "keeper"'
    sums=$(printf %s "$one" | sha256sum | cut -d' ' -f1)
    manifest "[r['sha256'] for r in d['recipients']] == ['$sums']"
    grep -q "$DIM" "$dir/index.html"
    run w "$PASS" log --json
    json "d[-1]['action'] == 'handoff-names' and d[-1]['keeper_signed'] and d[-1]['detail']['recipients'] == ['$sums']"
    json 'd[-1]["detail"]["fields"] == ["name", "other_names", "notes", "files"] and len(d[-1]["detail"]["ids"]) == 3 and d[-1]["detail"]["form"] == "plain"'
    json 'd[-1]["detail"]["accepted"] == ["send"]'
    [[ $output != *"$DIM"* && $output != *Омск* ]]
    run w "$PASS" log head --json
    json "d['hash'].startswith('${dir: -6}')"
    run w "$PASS" check
    [ "$status" = 0 ]
}

@test "without --with-names no withheld value and no withheld file is in it, for a keeper and for a case holder" {
    local pass who
    for pass in "$PASS" "$CASE"; do
        rm -f a.age
        sends "$pass" C-1 --with-linked --to "$one" -o a.age
        [[ $stderr == *'4 withheld values and 2 withheld attachments are left out'* ]]
        opens a.age -i one.txt
        never grep -aq "$DIM\|최명복\|сын\|second<\|second&lt;\|empty.txt" x.tar
        never cmp -s "$dir"/files/0001* in/scan*
        [ "$(find "$dir/files" -type f | wc -l)" = 2 ]
        records 'not d["names"] and d["records"][1]["left_out"] == ["name", "other_names", "notes", "files"] and d["records"][1]["attachments"] == []'
        grep -q 'Withheld, not in this file.*Name' "$dir/index.html"
        run w "$PASS" log --json
        json 'd[-1]["action"] == "handoff" and not d[-1]["keeper_signed"] and "fields" not in d[-1]["detail"]'
    done
    manifest 'd["signed_by"]["who"] == "case holder"'
    run w "$PASS" check
    [ "$status" = 0 ]
}

@test "a case holder cannot send names, and what he signs says so" {
    refused 6 w "$CASE" handoff send K-1 --plain --accept send --with-names --to "$one" -o a.age
    [ ! -e a.age ]
    sends "$CASE" L-1 --to "$one" -o a.age --json
    json 'd["signed_by"]["who"] == "case holder"'
    local key
    key=$("$PYTHON" -c 'import json, sys; print(json.loads(sys.argv[1])["signed_by"]["key"])' "$output")
    sends "$PASS" L-1 --to "$one" -o b.age --json
    json "d['signed_by']['key'] != '$key'"
}

@test "a passphrase, several recipients, post-quantum ones; each is told" {
    sends "$PASS" L-1 --ask-passphrase --new-passphrase-fd 5 -o p.age --json 5<<< "$NEXT"
    json 'd["recipients"] == ["passphrase"]'
    if "$PYTHON" -c 'import os; os.openpty()' 2> /dev/null; then
        rm -rf opened; mkdir opened
        answered passphrase "$NEXT" age -d -o x.tar p.age
        checked
    fi
    w "$PASS" age decrypt --passphrase-fd 5 -o x2.tar p.age 5<<< "$NEXT" || "$WITHHELD" age decrypt --passphrase-fd 5 -o x2.tar p.age 5<<< "$NEXT"
    tar -xOf x2.tar --wildcards '*/manifest.json' > m
    output=$(cat m)
    json 'd["recipients"] == "passphrase"'
    sends "$PASS" L-1 --to "$one" --to "$two" -o a.age
    [[ $stderr == *'quantum'* ]]
    opens a.age -i two.txt
    opens a.age -i one.txt
    manifest 'len(d["recipients"]) == 2 and not d["recipients"][0]["post_quantum"]'
    sends "$PASS" L-1 --to "$pq" -o q.age
    [[ $stderr != *'quantum computer one day'* ]]
    rm -rf opened x.tar
    mkdir opened
    "$WITHHELD" age decrypt -i pq.txt -o x.tar q.age
    checked
    manifest 'd["recipients"][0]["post_quantum"]'
}

@test "linked records: said, or taken; what is not in the file is not named" {
    local person
    person=$(w "$PASS" show K-1 --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["id"])')
    sends "$PASS" C-1 --to "$one" -o a.age --json
    json 'd["records"] == 1 and d["linked"] == 2 and d["linking"] == 1'
    opens a.age -i one.txt
    records 'd["linked_left_out"] == 2 and d["records"][0]["fields"]["person"] == [{"record": None}]'
    never grep -aq "$person" x.tar
    grep -q 'a record that is not in this file' "$dir/index.html"
    # A circle, and a source.
    w "$PASS" add document ref=D-1 case=C-1 title=Order
    echo '{"occupation": {"value": "odd jobs", "source": "D-1"}}' | w "$PASS" edit L-1 --from -
    sends "$PASS" D-1 --with-linked --to "$one" -o b.age --json
    json 'd["records"] == 4 and d["linked"] == 0'
    opens b.age -i one.txt
    records 'd["records"][-1]["fields"]["occupation"] == {"value": "odd jobs", "source": d["records"][0]["id"]}'
}

@test "the page runs nothing, fetches nothing, and shows hostile text as text" {
    sends "$PASS" K-1 --with-names --to "$one" -o a.age
    opens a.age -i one.txt
    grep -q "Content-Security-Policy\" content=\"default-src 'none'" "$dir/index.html"
    never grep -qi '<script\|onerror=\|http:\|https:\|src=' "$dir/index.html"
    grep -q '&lt;script&gt;alert(&#39;&lt;U+202E&gt;&#39;)&lt;/script&gt;' "$dir/index.html"
    never grep -q "$RLO" "$dir/index.html"
    "$PYTHON" - "$dir/index.html" <<- 'END'
	import sys
	from html.parser import HTMLParser
	class Page(HTMLParser):
	    void, open = {"meta", "br"}, []
	    def handle_starttag(self, tag, attrs):
	        assert tag in {"html", "head", "meta", "style", "title", "body", "h1", "h2", "h3", "p", "br", "span", "ul", "li", "a", "bdi",
	                       "section", "table", "tr", "th", "td", "div", "code", "b"}, tag
	        assert not any(name.startswith("on") for name, _ in attrs), attrs
	        for name, value in attrs:
	            assert name != "href" or value.startswith(("#r-", "files/")), value
	        if tag not in self.void: self.open.append(tag)
	    def handle_endtag(self, tag):
	        assert self.open.pop() == tag, tag
	page = Page()
	page.feed(open(sys.argv[1]).read())
	assert page.open == []
	END
    never grep -q "$RLO" "$dir/records.json"
    records "'<script>' in d['records'][0]['fields']['residence'] and d['records'][0]['fields']['notes'] == 'first\n<b>second</b> \u202e'"
}

@test "names of files: paths, devices, doubles, long ones, controls; 65 attachments" {
    w "$PASS" add person ref=F-1
    mkdir many
    for i in $(seq 60); do echo "$i" > "many/file $i.txt"; done
    w "$PASS" attach F-1 many/* --open
    echo up > up
    local name
    for name in "x.html" "A.TXT" "a.txt" "$(printf '판%.0s' $(seq 80)).pdf" "gpj${RLO}fdp.exe"; do
        w "$PASS" --quiet attach F-1 up --name "$name" --open || w "$PASS" --quiet attach F-1 up --open --name "other $((++n)).exe"
    done
    sends "$PASS" F-1 --to "$one" -o a.age --json
    json 'd["attachments"] == 65'
    opens a.age -i one.txt
    [ "$(find "$dir/files" -type f | wc -l)" = 65 ]
    records 'len({a["file"].lower() for a in d["records"][0]["attachments"]}) == 65'
    records 'all(a["file"].isprintable() and a["file"].count("/") == 1 and ".." not in a["file"] and len(a["file"].encode()) < 140 for a in d["records"][0]["attachments"])'
    records 'not any(a["file"].endswith((".exe", ".html")) for a in d["records"][0]["attachments"])'
    while read -r file; do cmp "$file" "many/file $(cat "$file").txt"; done < <(find "$dir/files" -name '*-file_*.txt')
}

@test "removed, purged and merged records, conflicts are said" {
    w "$PASS" add person ref=M-1 born=1971
    w "$PASS" add person ref=M-2 born=1972 occupation=cook
    w "$PASS" merge M-2 M-1
    sends "$PASS" M-1 --to "$one" -o a.age --json
    json 'd["records"] == 1 and d["linked"] == 1'
    opens a.age -i one.txt
    records 'd["records"][0]["same_as"] == [] and d["records"][0]["same_left_out"] == 1'
    sends "$PASS" M-1 --with-linked --to "$one" -o b.age --json
    json 'd["records"] == 2'
    opens b.age -i one.txt
    records 'd["records"][0]["same_as"] == [d["records"][1]["id"]] and d["records"][1]["same_as"] == [d["records"][0]["id"]]'
    w "$PASS" purge K-1 --attachment 1 --yes
    w "$PASS" purge K-1 --field notes --yes
    sends "$PASS" K-1 --with-names --to "$one" -o c.age
    [[ $stderr == *'1 attachment was purged or lost'* ]]
    opens c.age -i one.txt
    records 'sorted(d["records"][0]["destroyed"]) == ["files", "notes"] and [a["name"] for a in d["records"][0]["attachments"]] == ["empty.txt"]'
    w "$PASS" rm L-1
    refuses 7 L-1 --plain --accept send --to "$one"
    sends "$PASS" C-1 --with-linked --to "$one" -o d.age --json
    json 'd["records"] == 2 and d["linked"] == 0'
    w "$PASS" purge K-1 --yes
    refuses 7 K-1 --plain --accept send --to "$one"
    refuses 7 K-9 --plain --accept send --to "$one"
    sends "$PASS" C-1 --with-linked --to "$one" -o e.age --json
    json 'd["records"] == 1'
    run w "$PASS" check
    [ "$status" = 0 ]
}

@test "wrong usage is told before a passphrase is asked for" {
    refuses 2 L-1 --to "$one"
    says '--plain'
    refuses 2 L-1 --plain --accept send
    refuses 2 L-1 --plain --accept send --to "$one" --ask-passphrase
    refuses 2 L-1 --plain --accept send --to "$one" --to "$pq"
    says 'two kinds'
    refuses 2 --plain --accept send --to "$one"
    refuses 7 L-1 --plain --accept send --to nobody
    says 'no contact'
    refuses 2 L-1 --plain --accept send --to age1nobody
    refuses 2 L-1 --plain --accept send --to ''
    refuses 2 L-1 --plain --accept send --to "$(grep SECRET one.txt)"
    says 'private key'
    [[ $output != *"$(grep SECRET one.txt)"* ]]
    refuses 2 L-1 --plain --accept send --to "$one" --expires 2030-01-01
    refused 2 w "$PASS" handoff send L-1 --plain --accept send --to "$one"
    says '-o'
    echo mine > a.age
    refused 2 w "$PASS" handoff send L-1 --plain --accept send --to "$one" -o a.age
    [ "$(cat a.age)" = mine ]
    refused 6 w "$PASS" handoff send L-1 --plain --accept send --to "$one" -o first.vault/a.age
    says 'in the folder of the vault'
    refused 7 w "$PASS" handoff send L-1 --plain --accept send --to "$one" -o nowhere/a.age
    refused 3 w wrong handoff send L-1 --plain --accept send --to "$one" -o b.age
}

@test "somebody says yes, or --accept send: else nothing, and nothing in the log" {
    local entries
    entries=$(w "$PASS" log --json | "$PYTHON" -c 'import json, sys; print(len(json.load(sys.stdin)))')
    refuses 6 L-1 --plain --to "$one"
    says '--accept send'
    refuses 6 L-1 --plain --to "$one" --accept something
    run --separate-stderr w "$PASS" --json handoff send L-1 --plain --to "$one" -o no.age
    [ "$status" = 6 ]
    [[ $stderr == *'--accept send'* ]]
    refuses 6 L-1 --plain --accept send --ask-passphrase --new-passphrase-fd 5 5<<< 'summer2019'
    says weak-passphrase
    run w "$PASS" log --json
    json "len(d) == $entries"
    need_terminals
    printf '%s\n' "$PASS" > pass
    for word in no yes; do
        answered 'type yes' $word "$WITHHELD" -C "$VAULT" --passphrase-file pass handoff send K-1 --plain --to "$one" -o t.age > said || true
        grep -q "${one:0:12}\.\.\.${one: -6}" said
        grep -q 'type yes' said
        if [ $word = yes ]; then [ -s t.age ]; else [ ! -e t.age ]; fi
    done
    opens t.age -i one.txt
    run w "$PASS" log --json
    json "len(d) == $entries + 1 and 'accepted' not in d[-1]['detail']"
}

@test "a full disk leaves nothing" {
    code=0
    (ulimit -f 200; w "$PASS" handoff send C-1 --plain --accept send --to "$one" -o a.age 2> err) || code=$?
    cat err
    [ "$code" = 9 ]
    [ ! -e a.age ]
    never compgen -G '.withheld-plain-*'
    sends "$PASS" C-1 --to "$one" -o a.age
    opens a.age -i one.txt
}

@test "Ctrl-C, TERM and HUP in the middle leave nothing" {
    head -c 60000000 /dev/zero > large
    w "$PASS" attach L-1 large --open
    local signal
    for signal in INT TERM HUP; do
        "$PYTHON" -c '
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])' "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 4 handoff send L-1 --plain --accept send --to "$one" -o cut.age 4<<< "$PASS" > /dev/null 2> said &
        until compgen -G '.withheld-plain-*' > /dev/null || ! kill -0 $! 2> /dev/null; do :; done
        kill -$signal $!
        local code=0
        wait $! || code=$?
        cat said
        [ $code = 130 ]
        grep interrupted said
        [ ! -e cut.age ]
        never compgen -G '.withheld-plain-*'
    done
}

@test "an attachment or a value that was damaged: nothing is made, and the record is named" {
    local code
    code=$(w "$PASS" show K-1 --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["id"])')
    "$PYTHON" - "$VAULT/records.db" <<- 'END'
	import sys
	path = sys.argv[1]
	data = bytearray(open(path, "rb").read())
	data[-20000] ^= 1
	open(path, "wb").write(data)
	END
    run w "$PASS" handoff send K-1 C-1 --plain --accept send --with-names --to "$one" -o a.age
    [ "$status" = 4 ]
    [ ! -e a.age ]
    never compgen -G '.withheld-plain-*'
}

@test "whoever changes the file, or one of its lists, is found out by the stock programs" {
    sends "$PASS" C-1 --to "$one" -o a.age
    opens a.age -i one.txt
    cd "$dir"
    echo '<p>more</p>' >> index.html
    never sha256sum --quiet -c SHA256SUMS
    sha256sum $(cut -c67- SHA256SUMS | grep -v ' ') > other || true
    cp SHA256SUMS kept
    sed -i "s/^[0-9a-f]*  index.html/$(sha256sum < index.html | cut -d' ' -f1)  index.html/" SHA256SUMS
    never minisign -Vm SHA256SUMS -p minisign.pub
    cp kept SHA256SUMS
    sed -i 's/"names": false/"names": true /' manifest.json
    never minisign -Vm manifest.json -p minisign.pub
    cd "$BATS_TEST_TMPDIR"
    "$PYTHON" -c 'import sys; d = bytearray(open("a.age", "rb").read()); d[len(d) // 2] ^= 1; open("b.age", "wb").write(d)'
    never age -d -i one.txt -o y.tar b.age
}

@test "two handoffs of one state differ in nothing but their entry; memory does not grow with the files" {
    head -c 40000000 /dev/urandom > large
    w "$PASS" attach L-1 large --open
    n=$("$PYTHON" -c 'import os, resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, pass_fds=[5])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$WITHHELD" -C "$VAULT" --no-input --passphrase-fd 5 handoff send L-1 C-1 --with-linked --plain --accept send --to "$one" -o a.age 5<<< "$PASS")
    echo "$n KiB"
    [ "$n" -lt 160000 ]             # 64 MiB of it is the key derivation
    opens a.age -i one.txt
    cmp "$dir"/files/0001-large large
    cp "$dir/records.json" before
    sends "$PASS" L-1 C-1 --with-linked --to "$one" -o b.age
    opens b.age -i one.txt
    cmp before "$dir/records.json"
}

@test "OPEN-ME.txt is the same three times: every command stands in each language" {
    sends "$PASS" L-1 --to "$one" -o a.age
    opens a.age -i one.txt
    for line in 'minisign -Vm SHA256SUMS -p minisign.pub' 'sha256sum -c SHA256SUMS' 'shasum -a 256 -c SHA256SUMS' 'Get-Content SHA256SUMS' \
        'age --decrypt -i my-key.txt -o handoff.tar FILE.age' 'tar -xf handoff.tar'; do
        [ "$(grep -cF -- "$line" "$dir/OPEN-ME.txt")" -ge 3 ]
    done
    file=$(cat "$dir/OPEN-ME.txt")
    [[ $file == *'WHAT THIS IS'* && $file == *'ЧТО ЭТО'* && $file == *'이것은 무엇입니까'* ]]
}

@test "to a contact: one that is not verified is said to be; its vault opens the file, names with a keeper's passphrase only" {
    cp -r "$BATS_FILE_TMPDIR/first.vault" them.vault
    "$WITHHELD" -q init theirs.vault "${CHEAP[@]}" --passphrase-fd 4 4<<< "$NEXT"
    "$WITHHELD" -q -C theirs.vault key add --tier case "${CHEAP[@]}" --passphrase-fd 4 --new-passphrase-fd 5 4<<< "$NEXT" 5<<< "$CASE" > no
    "$WITHHELD" -q -C theirs.vault card show --passphrase-fd 4 4<<< "$NEXT" > their.card
    w "$PASS" -q contact add anna their.card > no
    run --separate-stderr w "$PASS" handoff send K-1 --with-names --plain --accept send --to anna -o names.age
    [ "$status" = 0 ]
    [[ $stderr == *'anna is not verified'* ]]
    words=$(sed -n 's/^    //p' their.card | head -n 1)
    [[ $stderr != *"$words"* ]]
    w "$PASS" -q contact verify anna $words > no
    run --separate-stderr w "$PASS" handoff send L-1 --plain --accept send --to anna -o open.age
    [ "$status" = 0 ]
    [[ $stderr == *'anna (verified)'* && $stderr == *"$words"* ]]
    sends "$PASS" L-1 --to anna -o json.age --json
    json 'd["recipients"][0]["recipient"] == "anna" and d["recipients"][0]["verified"] is True and d["recipients"][0]["post_quantum"] is True'

    theirs() { "$WITHHELD" -C theirs.vault --no-input --passphrase-fd 4 age decrypt "$2" 4<<< "$1"; }
    theirs "$NEXT" names.age > x.tar
    tar -xOf x.tar | grep -aq "$DIM"
    refused 3 theirs "$CASE" names.age
    theirs "$CASE" open.age > y.tar
    tar -tf y.tar | grep -q index.html
}

@test "a contact that was removed is sent nothing" {
    "$WITHHELD" -q init a.vault "${CHEAP[@]}" --passphrase-fd 4 4<<< "$NEXT"
    "$WITHHELD" -q -C a.vault card show --passphrase-fd 4 4<<< "$NEXT" > a.card
    w "$CASE" -q contact add anna a.card > no
    w "$PASS" -q contact remove anna > no
    refuses 7 L-1 --plain --accept send --to anna
}
