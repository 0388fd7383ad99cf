#!/bin/bash
# bench_age.sh - age files of 512 MB, encrypted and decrypted, beside stock age in the same run; and memory.
#
# Promised: at least as fast as stock age 1.1.1, under 32 MB. From page cache to a file in memory where there is room, so that no disk
# is measured; the best of three, in turn. AGE_MB: another size.
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

# best COMMAND...: seconds, of standard output into a file; and in `most` the largest resident set in MiB.
best() {
    "${PYTHON:-/usr/bin/python3}" - "$@" <<'END'
import os, subprocess, sys, time
def once():
    with open("out", "wb") as out:
        from_ = time.monotonic()
        child = subprocess.Popen(sys.argv[1:], stdout=out, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        took = time.monotonic() - from_
    os.unlink("out")
    assert status == 0, sys.argv
    return took, used.ru_maxrss
runs = [once() for _ in range(3)]
print("%.3f %.0f" % (min(r[0] for r in runs), max(r[1] for r in runs) / 1024))
END
}

line() {        # NAME SECONDS MEMORY THEIRS
    awk -v name="$1" -v s="$2" -v m="$3" -v t="$4" -v mb="$mb" 'BEGIN {
        printf "%-22s %6.0f MB/s, %.2f of stock age; %s MiB resident\n", name, mb / s, t / s, m }'
}

read -r theirs_in memory < <(best age -R public plain)
read -r theirs_out memory < <(best age -d -i key sealed)
awk -v a="$theirs_in" -v b="$theirs_out" -v mb="$mb" -v m="$memory" 'BEGIN {
    printf "stock age              %6.0f MB/s in, %.0f out; %s MiB\n", mb / a, mb / b, m }'
read -r s m < <(best "$withheld" -q age encrypt -R public plain)
line 'encrypt' "$s" "$m" "$theirs_in"
read -r s m < <(best "$withheld" -q age encrypt -R public-pq plain)
line 'encrypt, post-quantum' "$s" "$m" "$theirs_in"
read -r s m < <(best "$withheld" -q age decrypt -i key sealed)
line 'decrypt' "$s" "$m" "$theirs_out"
read -r s m < <(best "$withheld" -q age decrypt -i key-pq sealed-pq)
line 'decrypt, post-quantum' "$s" "$m" "$theirs_out"
echo 'promised               at least 1.00 of stock age 1.1.1, under 32 MB'
