#!/bin/sh
# run.sh: hostile input by lot (make fuzz).
#
#     TIME=600 sh tests/fuzz/run.sh [header armor identity recipient evidence disclosed bundle manifest type copy release gate judge rows backup]...
#
# Each target runs TIME seconds (600) under AddressSanitizer and UBSan, with clang's libFuzzer, one after the other; an input that breaks
# something is kept in the folder of the build. ALONE=ROUNDS: no libFuzzer; so many changes of each beginning instead, with
# any compiler, for the targets that have beginnings (the first twelve), which is the short form of make check. O and CC as for make.
set -eu
cd "$(dirname "$0")/../.."
O=${O:-build} TIME=${TIME:-600}
out=$O/fuzz
mkdir -p "$out"
[ $# -gt 0 ] || set -- header armor identity recipient evidence disclosed bundle manifest type copy release gate
TMPDIR=$(mktemp -d)
[ ! -w /dev/shm ] || { rmdir "$TMPDIR"; TMPDIR=$(mktemp -d -p /dev/shm); }
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT

flags="-std=c11 -D_GNU_SOURCE -DROWS_WINDOW=16 -I. -I$O -isystem .deps/include -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"
[ -n "${ALONE:-}" ] || flags="$flags -fsanitize=fuzzer-no-link" CC=clang
libraries=".deps/lib/libsodium.a -ljansson -largon2 -lutf8proc -lcrypto -lseccomp -lpthread"

# sources TARGET: what it is made of, and its limits.
sources() {
    files="$(echo vault/handoff/age*.c) vault/handoff/bech32.c vault/handoff/hpke.c"
    age="tests/fuzz/fuzz_age.c $files $(echo vault/base/?*.c)"
    records="vault/record/disclose.c $(echo vault/record/revision*.c) vault/record/file.c $(echo vault/record/value*.c) $(echo vault/record/date*.c) vault/record/type.c vault/record/builtin.c $(echo vault/base/?*.c)"
    logs="$(echo vault/handoff/proof*.c) vault/store/merkle.c vault/store/entry.c vault/keys/card.c vault/keys/tree.c"
    case $1 in
    header) echo "-DTARGET=1 $age" ;;
    armor) echo "-DTARGET=2 $age" ;;
    identity) echo "-DTARGET=3 $age" ;;
    recipient) echo "-DTARGET=4 $age" ;;
    evidence) echo "-DTARGET=1 -Wl,--wrap=sign_verify tests/fuzz/fuzz_proof.c $logs $records" ;;
    disclosed) echo "-DTARGET=2 tests/fuzz/fuzz_proof.c $records" ;;
    bundle) echo "-DTARGET=1 -Wl,--wrap=frames_open -Wl,--wrap=age_open_next tests/fuzz/fuzz_bundle.c vault/bundle_read.c vault/handoff/frames.c $logs vault/handoff/manifest.c $files $records" ;;
    manifest) echo "-DTARGET=2 tests/fuzz/fuzz_bundle.c vault/handoff/manifest.c $(echo vault/base/?*.c)" ;;
    type) echo "-DTARGET=3 tests/fuzz/fuzz_bundle.c $records" ;;
    copy) echo "-DTARGET=4 tests/fuzz/fuzz_bundle.c vault/copy_rows.c $(echo vault/base/?*.c)" ;;
    release) echo "-Wl,--wrap=crypto_sign_verify_detached tests/fuzz/fuzz_release.c vault/release/manifest.c $(echo vault/base/?*.c)" ;;
    judge) echo "tests/fuzz/fuzz_judge.c vault/release/treat.c vault/release/hierarchy.c vault/release/sheet.c vault/release/sheet_csv.c vault/release/published.c vault/release/replay_fit.c vault/import/rows.c vault/import/csv.c $(echo vault/import/json*.c) $(echo vault/record/date*.c) $(echo vault/names/?*.c) $(echo vault/base/?*.c)" ;;
    seeds) echo "tests/fuzz/proof_seeds.c tests/unit/made_log.c $logs $records" ;;
    gate) echo "tests/fuzz/fuzz_gate.c $(echo vault/release/gate*.c) $(echo vault/names/?*.c) $(echo vault/base/?*.c)" ;;
    rows) echo "-Wl,--wrap=read tests/fuzz/fuzz_rows.c vault/import/rows.c vault/import/csv.c $(echo vault/import/json*.c) $(echo vault/base/?*.c)" ;;
    backup) echo "tests/fuzz/fuzz_backup.c vault/backup_file.c vault/backup_runs.c vault/keys/keyfile.c vault/keys/slot.c vault/keys/kdf.c vault/keys/arena.c $(echo vault/base/?*.c)" ;;
    *) echo "no target: $1" >&2; exit 2 ;;
    esac
}

longest() {
    case $1 in evidence) echo 40000 ;; bundle) echo 60000 ;; manifest) echo 16384 ;; backup) echo 200000 ;; *) echo 8192 ;; esac
}

# rounds TARGET: of the short form. A gate is filled anew for each input.
rounds() {
    case $1 in gate) echo $((ALONE / 400 + 1)) ;; *) echo "$ALONE" ;; esac
}

# objects WORDS: each source but those of tests/fuzz is compiled once, whatever number of targets is made of it; the other words stay.
objects() {
    for word; do
        case $word in
        vault/*.c|tests/unit/*.c)
            object=$out/o/$(echo "${word%.c}" | tr / _).o
            # shellcheck disable=SC2086 # words
            [ -e "$object" ] || ${CC:-gcc} $flags -c -o "$object" "$word"
            echo "$object" ;;
        *) echo "$word" ;;
        esac
    done
}

rm -rf "$out/seeds" "$out/o"
mkdir -p "$out/o"
"${PYTHON:-/usr/bin/python3}" tests/fuzz/age_seeds.py "$O/withheld" "$out/seeds"
case " $* " in *" evidence "*|*" disclosed "*)
    mkdir -p "$out/seeds/evidence" "$out/seeds/disclosed"
    # shellcheck disable=SC2046 # words
    ${CC:-gcc} $flags -o "$out/proof_seeds" $(objects $(sources seeds)) $libraries -lcmocka
    ASAN_OPTIONS=detect_leaks=0 "$out/proof_seeds" "$out/seeds" ;;
esac
case " $* " in *" bundle "*|*" manifest "*|*" type "*|*" copy "*) "${PYTHON:-/usr/bin/python3}" tests/fuzz/bundle_seeds.py "$O/withheld" "$out/seeds" ;; esac
case " $* " in *" judge "*)
    mkdir -p "$out/seeds/judge"
    i=0
    for value in '1962~|1960s' '2016-04-30|2016-Q2' '196X|1955/1965' '34.5|30-39' 'Vyborg, Leningrad region, Russia|Leningrad region' 'Choi Myung-bok|최명복' 'coal miner|Miner'; do
        i=$((i + 1))
        printf '%s\0%s\0[{"about":"a","source":"s","where":{"born":"1962","residence":"Pamir"}}]' "${value%|*}" "${value#*|}" > "$out/seeds/judge/$i"
    done ;;
esac
case " $* " in *" release "*) "${PYTHON:-/usr/bin/python3}" tests/fuzz/release_seeds.py "$out/seeds" ;; esac
case " $* " in *" gate "*) "${PYTHON:-/usr/bin/python3}" tests/fuzz/gate_seeds.py "$out/seeds" ;; esac
for part; do
    # shellcheck disable=SC2046 # words
    made_of=$(objects $(sources "$part"))
    mkdir -p "$out/corpus/$part" "$out/seeds/$part"
    # shellcheck disable=SC2086 # words
    if [ -n "${ALONE:-}" ]; then
        ${CC:-gcc} $flags -o "$out/alone_$part" tests/fuzz/alone.c $made_of $libraries
        printf '%s: ' "$part"
        "$out/alone_$part" "$(rounds "$part")" "${SEED:-$(date +%s)}" "$out/seeds/$part"/*
    else
        clang $flags -fsanitize=fuzzer -o "$out/fuzz_$part" $made_of $libraries
        "$out/fuzz_$part" -max_total_time="$TIME" -max_len="$(longest "$part")" -artifact_prefix="$out/" -print_final_stats=1 \
            "$out/corpus/$part" "$out/seeds/$part" 2> "$out/$part.log" || { tail -n 40 "$out/$part.log"; exit 1; }
        printf '%s: clean for %s seconds; %s\n' "$part" "$TIME" "$(grep -a number_of_executed_units "$out/$part.log")"
    fi
done
