#!/bin/bash
# panic: from the start of the program to its end, ten times, on a vault at its usual cost. Promised: under 200 ms.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$WITHHELD" -q --passphrase-fd 3 init "$work/base.vault" --kdf-memory 64 --kdf-passes 3 3< <("$WITHHELD" -q passphrase generate)
for _ in 1 2 3 4 5 6 7 8 9 10; do
    cp -r "$work/base.vault" "$work/v.vault"
    sync "$work/v.vault"
    began=$(date +%s%N)
    "$WITHHELD" -q -C "$work/v.vault" panic --yes
    ended=$(date +%s%N)
    [ ! -e "$work/v.vault/keys" ]
    echo $(((ended - began) / 1000))
    rm -r "$work/v.vault"
done | sort -n | awk '{ t[NR] = $1 / 1000 }
    END { printf "panic: median %.1f ms, slowest %.1f ms (promised: under 200)\n", t[5], t[NR] }'
