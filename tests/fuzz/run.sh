#!/bin/sh
# run.sh: hostile input by lot (make fuzz).
#
#     TIME=600 sh tests/fuzz/run.sh [header armor identity recipient]...
#
# Each target runs TIME seconds (600) under AddressSanitizer and UBSan, with clang's libFuzzer, one after the other; an input that breaks
# something is kept in the folder of the build. ALONE=ROUNDS: no libFuzzer; so many changes of each beginning instead, with
# any compiler, which is the short form of make check. O and CC as for make.
set -eu
cd "$(dirname "$0")/../.."
O=${O:-build} TIME=${TIME:-600}
out=$O/fuzz
mkdir -p "$out"
[ $# -gt 0 ] || set -- header armor identity recipient

flags="-std=c11 -D_GNU_SOURCE -I. -isystem .deps/include -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all"
base="vault/base/ct.c vault/base/err.c vault/base/secret.c vault/base/bytes.c vault/base/hash.c vault/base/piece.c vault/base/starve.c vault/base/text.c vault/base/fold.c vault/base/show.c"
libraries=".deps/lib/libsodium.a -lutf8proc -lcrypto -lseccomp -lpthread"
rm -rf "$out/seeds"
"${PYTHON:-/usr/bin/python3}" tests/fuzz/age_seeds.py "$O/withheld" "$out/seeds"

for part; do
    case $part in header) n=1 ;; armor) n=2 ;; identity) n=3 ;; recipient) n=4 ;; *) echo "no target: $part" >&2; exit 2 ;; esac
    # shellcheck disable=SC2086 # words
    if [ -n "${ALONE:-}" ]; then
        ${CC:-gcc} $flags -DTARGET=$n -o "$out/alone_$part" tests/fuzz/alone.c tests/fuzz/fuzz_age.c vault/handoff/age*.c vault/handoff/bech32.c vault/handoff/hpke.c $base $libraries
        printf '%s: ' "$part"
        "$out/alone_$part" "$ALONE" "${SEED:-$(date +%s)}" "$out/seeds/$part"/*
    else
        clang $flags -fsanitize=fuzzer -DTARGET=$n -o "$out/fuzz_$part" tests/fuzz/fuzz_age.c vault/handoff/age*.c vault/handoff/bech32.c vault/handoff/hpke.c $base $libraries
        mkdir -p "$out/corpus/$part"
        "$out/fuzz_$part" -max_total_time="$TIME" -max_len=8192 -artifact_prefix="$out/" -print_final_stats=1 \
            "$out/corpus/$part" "$out/seeds/$part" 2> "$out/$part.log" || { tail -n 40 "$out/$part.log"; exit 1; }
        printf '%s: clean for %s seconds; %s\n' "$part" "$TIME" "$(grep -a number_of_executed_units "$out/$part.log")"
    fi
done
