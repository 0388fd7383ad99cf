#!/bin/bash
# bench_age.sh - age files of 512 MB, encrypted and decrypted, beside stock age in the same run; and memory.
#
# Promised: at least as fast as stock age 1.1.1, under 32 MB. From page cache to a file in memory where there is room, so that no disk
# is measured; the best of five, in turn. AGE_MB: another size.
set -euo pipefail

withheld=$(realpath "${WITHHELD:-build/withheld}")
mb=${AGE_MB:-512}
command -v age > /dev/null || { echo 'age is not installed'; exit 0; }
room=/dev/shm
[ -w $room ] && [ "$(df -Pm $room | awk 'NR == 2 { print $4 }')" -gt $((3 * mb)) ] || room=${TMPDIR:-/tmp}
dir=$(mktemp -d -p "$room")
trap 'rm -rf "$dir"' EXIT
cd "$dir"
"$withheld" -q age keygen -o key > public
"$withheld" -q age keygen --pq -o key-pq > public-pq
head -c "${mb}M" /dev/urandom > plain
"$withheld" -q age encrypt -R public plain > sealed
"$withheld" -q age encrypt -R public-pq plain > sealed-pq

# Each in turn, five times; of each the best.
"${PYTHON:-/usr/bin/python3}" - "$withheld" "$mb" <<'END'
import os, subprocess, sys, time

withheld, mb = sys.argv[1], int(sys.argv[2])
COMMANDS = {
    "stock age in": ["age", "-R", "public", "plain"],
    "encrypt": [withheld, "-q", "age", "encrypt", "-R", "public", "plain"],
    "encrypt, post-quantum": [withheld, "-q", "age", "encrypt", "-R", "public-pq", "plain"],
    "stock age out": ["age", "-d", "-i", "key", "sealed"],
    "decrypt": [withheld, "-q", "age", "decrypt", "-i", "key", "sealed"],
    "decrypt, post-quantum": [withheld, "-q", "age", "decrypt", "-i", "key-pq", "sealed-pq"],
}


def once(command):
    with open("out", "wb") as out:
        began = time.monotonic()
        child = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        took = time.monotonic() - began
    os.unlink("out")
    assert status == 0, command
    return took, used.ru_maxrss / 1024


runs = {name: [] for name in COMMANDS}
for _ in range(5):
    for name, command in COMMANDS.items():
        runs[name].append(once(command))
best = {name: min(t for t, _ in all) for name, all in runs.items()}
for name, all in runs.items():
    line = f"{name:<22} {mb / best[name]:6.0f} MB/s, {max(m for _, m in all):.0f} MiB resident"
    if not name.startswith("stock"):
        line += f", {best['stock age in' if name.startswith('encrypt') else 'stock age out'] / best[name]:.2f} of stock age"
    print(line)
END
echo 'promised               at least 1.00 of stock age 1.1.1, under 32 MB'
