#!/usr/bin/env bats
# The folder of a release as those see it who receive it: in browsers, on paper, by minisign and mat2.
#
# PAGE_LOOK=FOLDER also asks Firefox, and takes pictures, narrow and wide, light and dark, with both, for a person to look at.

bats_require_minimum_version 1.5.0
load ../cli/helpers

setup() {
    common_setup
    RENDER=$O/tests/page/render
    LOOK="$BATS_TEST_DIRNAME/look.py"
}

made() {
    mkdir "$3"
    "$RENDER" "$1" "$2" "$3"
}

need() { command -v "$1" > /dev/null || skip "$1 is not installed"; }

# browse ARGS...: Chromium, whose ways out all end at a closed port of this machine.
browse() {
    need chromium
    timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$PWD/profile" --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars --force-device-scale-factor=1 \
        --proxy-server=127.0.0.1:9 --proxy-bypass-list='<-loopback>' "$@" 2> browser.err
}

look() { "$PYTHON" "$LOOK" "$@"; }

@test "in a narrow browser with scripts: all rows, sorted and searched by keyboard, nothing wider than the page, and nothing gets in or out" {
    made hostile 40 data
    look measured data/index.html copy.html
    look framed copy.html 320 frame.html ''
    browse --allow-file-access-from-files --log-net-log="$PWD/net.json" --virtual-time-budget=6000 --dump-dom "file://$PWD/frame.html" > dom.html
    [ "$(look requests net.json | sort -u)" = http://control.test/ ]
    look rows dom.html person data/person.csv
    output=$(look result dom.html)
    echo "$output"
    json 'd["inner"] == 320 and d["width"] == 320 and d["inside"] > 0'
    json 'd["rows"] == 40 and d["focused"] and d["up"] and d["down"] and d["sorted"] == 1'
    json 'd["hit"] == 1 and d["said"] == "1 of 40 rows"'
    json '{x.split("-")[0] for x in d["blocked"]} == {"connect", "img", "script", "style"} and d["broke"] == "undefined" and d["heading"] == "block"'
    never grep -qE '<(img|iframe|object|embed|form|link|base)[ >]' dom.html
}

@test "without scripts: the same rows and no controls" {
    made press 40 data
    look framed data/index.html 320 frame.html
    browse --allow-file-access-from-files --log-net-log="$PWD/net.json" --virtual-time-budget=6000 --dump-dom "file://$PWD/frame.html" > dom.html
    [ "$(look requests net.json | sort -u)" = http://control.test/ ]
    look rows dom.html person data/person.csv
    grep -q 'kept back' dom.html
    never grep -qE '<(button|input)' dom.html
    for words in 'Pseudonymous; names withheld for safety' 'Data as of' 'press-2026-autumn' 'withheld risk person.csv' '52.9 %'; do
        grep -qF "$words" dom.html
    done
}

@test "on paper: who it is for, of what day, and what must not be tried, on each page" {
    need pdftotext
    made press 120 data
    browse --no-pdf-header-footer --print-to-pdf=page.pdf "file://$PWD/data/index.html"
    pdftotext -layout page.pdf page.txt
    "$PYTHON" -c '
pages = open("page.txt", encoding="utf-8").read().split("\f")[:-1]
assert len(pages) > 3, len(pages)
for page in pages:
    page = " ".join(page.split())
    for words in ("Pseudonymous; names withheld for safety", "For: press-2026-autumn.", "People from North Korea who asked", "Data as of 2026-10."):
        assert words in page, (words, page)
for year in range(1999, 2019):
    assert str(year) in " ".join(pages), year'
}

@test "stock minisign verifies the manifest, and its hashes are those of the files" {
    need minisign
    made case 1 data
    cd data
    key=$("$WITHHELD" release verify . --json --quiet | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["key"])')
    minisign -V -q -m manifest.json -P "$key"
    grep -o 'sed -n .*sha256sum -c' method.md > compare.sh      # as the method note has it, and the page
    grep -qF "$(sed 's/&/\&amp;/g' compare.sh)" index.html
    sh compare.sh > compared
    [ "$(grep -c ': OK$' compared)" = 9 ]
    rm compare.sh compared
    "$PYTHON" -c '
import hashlib, json, os
d = json.load(open("manifest.json"))
assert {f["name"] for f in d["files"]} | {"manifest.json", "manifest.json.minisig"} == set(os.listdir("."))
for f in d["files"]:
    b = open(f["name"], "rb").read()
    assert len(b) == f["size"] and hashlib.sha256(b).hexdigest() == f["sha256"]'
}

@test "the same document gives the same bytes, in another folder, zone and language" {
    made press 60 one
    TZ=Asia/Seoul LC_ALL=ko_KR.UTF-8 HOME=/nowhere made press 60 two
    diff -r one two
    never grep -rqE 'https?:|[0-9]{2}:[0-9]{2}:[0-9]{2}' one
    never grep -rqF "$(hostname)" one
    never grep -rqF "$PWD" one
}

@test "mat2 finds no metadata" {
    need mat2
    made press 20 data
    run mat2 --show data/index.html     # it knows no CSV, JSON or Markdown
    echo "$output"
    [ "$status" = 0 ]
    says 'No metadata found'
}

# ---- release verify

setup_key() {
    made press 20 data
    KEY=$("$WITHHELD" release verify data --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["key"])')
}

@test "release verify needs no vault, says what it is and who signed it, and tells to compare the key" {
    setup_key
    run --separate-stderr "$WITHHELD" release verify data
    [ "$status" = 0 ]
    says 'ok: all 9 files are as they were signed'
    says 'press-2026-autumn'
    says 'data as of'
    says "$KEY"
    [[ $stderr == *'compare the key'* ]]
    run "$WITHHELD" release verify data --json
    [ "$status" = 0 ]
    json 'list(d) == ["ok", "audience", "purpose", "as_of", "expires", "files", "key", "words"] and d["ok"] is True and d["files"] == 9'
    json 'len(d["words"].split()) == 12 and d["key"] == "'"$KEY"'"'
    run "$WITHHELD" release verify data --key "$KEY"
    [ "$status" = 0 ]
    [[ $output != *'compare the key'* ]]
    cd data
    refused 0 "$WITHHELD" release verify .
}

@test "release verify refuses what was changed (4), what is no release (2), and what is not there (7), in one sentence with a hint" {
    setup_key
    other=RWRS/8ujMjQOkp6xPHTPnAIFp+Hk24Dx7RfiBdXjqTJx8dxIGqY+Xy8X
    refused 2 "$WITHHELD" release verify data --key "$other"
    cp -r data changed
    printf x >> changed/method.md
    refused 4 "$WITHHELD" release verify changed
    says 'method.md has another size'
    says 'get the folder again'
    [ "${#lines[@]}" = 2 ]
    cp -r data less
    rm less/person.json
    refused 4 "$WITHHELD" release verify less --json
    json 'd["error"]["code"] == 4 and "person.json is missing" in d["error"]["message"]'
    cp -r data more
    touch more/$'evil\e[31mname'
    refused 4 "$WITHHELD" release verify more
    [[ $output != *$'\e'* ]]
    mkdir empty
    refused 2 "$WITHHELD" release verify empty
    says 'not a release'
    refused 2 "$WITHHELD" release verify data/person.csv
    refused 7 "$WITHHELD" release verify nowhere
    refused 2 "$WITHHELD" release verify
    ln -s data link
    refused 0 "$WITHHELD" release verify link
}

@test "Firefox, with and without scripts: all rows, nothing wider than 320 pixels, each printed page with its head, and nobody asked but Mozilla (PAGE_LOOK)" {
    [ -n "${PAGE_LOOK:-}" ] || skip "PAGE_LOOK is not set"
    need firefox-esr
    need pdftotext
    made press 60 data
    for how in scripts noscript; do
        output=$(timeout 100 "$PYTHON" "$BATS_TEST_DIRNAME/firefox.py" "$PWD/data/index.html" "$PWD/page.pdf" $how)
        echo "$output"
        json 'd["inner"] <= 320 and d["width"] <= d["inner"] and d["rows"] == [13, 3, 61, 4, 12]'
        json '(d["buttons"], d["inputs"]) == ((11, 2) if "'$how'" == "scripts" else (0, 0))'
        json 'all(".mozilla.com:" in a or ".firefox.com:" in a or ".mozilla.org:" in a for a in d["asked"])'
        pdftotext -layout page.pdf page.txt
        "$PYTHON" -c '
pages = open("page.txt", encoding="utf-8").read().split("\f")[:-1]
assert len(pages) > 3 and all("Pseudonymous; names withheld for safety. Do not try" in " ".join(p.split()) for p in pages), len(pages)'
    done
}

@test "pictures for a person to look at (PAGE_LOOK)" {
    [ -n "${PAGE_LOOK:-}" ] || skip "PAGE_LOOK is not set"
    mkdir -p "$PAGE_LOOK"
    for kind in press case; do
        made $kind 30 $kind
        for width in 320 1280; do
            browse --window-size=$width,3600 --screenshot="$PAGE_LOOK/$kind-$width-light.png" "file://$PWD/$kind/index.html"
            browse --window-size=$width,3600 --force-dark-mode --blink-settings=preferredColorScheme=0 \
                --screenshot="$PAGE_LOOK/$kind-$width-dark.png" "file://$PWD/$kind/index.html"
        done
        ! command -v firefox-esr > /dev/null || timeout 60 firefox-esr --headless --profile "$(mktemp -d -p .)" --window-size=1280 \
            --screenshot "$PAGE_LOOK/$kind-firefox.png" "file://$PWD/$kind/index.html" 2> /dev/null
    done
    made press 100000 big
    browse --window-size=1280,1600 --screenshot="$PAGE_LOOK/big.png" "file://$PWD/big/index.html"
}
