#!/bin/sh
# run.sh: the long form of the tests of kills, faults and damage (make check-fault).
#
#     ROUNDS=60 sh tests/fault/run.sh
#
# Every deed of tests/fault/deeds.c at every point: killed before and within each call that changes a file, the disk full,
# broken, unreadable, a second fault while the opening puts the first right, memory failing; a power cut at every moment, of what happens in
# the vault's folder alone, and what is written elsewhere synced at the end; a third of ROUNDS kills at random times of each deed, and an eighth of
# the program itself at each of four; then damage of all kinds. What of it is left out, docs/testing.md says (FULL=1: less, which takes an hour or more). As many run side by side as there are processors. The seeds are printed, so that a failure can be
# seen again. O and PYTHON as for tests/run.sh.
# The last lines count the points, the runs and the seconds; exit code 1 when anything failed or did not come to its end, or
# (at the usual ROUNDS) when fewer were killed than is promised.
set -eu
cd "$(dirname "$0")/../.."
O=${O:-build}
case $O in /*) ;; *) O=$PWD/$O ;; esac
export O
ROUNDS=${ROUNDS:-60}
places=--places second=1000
[ "${FULL:-0}" = 0 ] || places= second=1000000
# In memory where there is room: nothing is really synced here (shim.h), and a disk has other work.
TMPDIR=$(mktemp -d)
if [ -w /dev/shm ] && [ "$(df -Pk /dev/shm | awk 'NR == 2 { print $4 }')" -gt 4000000 ]; then
    rmdir "$TMPDIR"
    TMPDIR=$(mktemp -d -p /dev/shm)
fi
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT TERM
fault=$(sh tests/fault/build.sh)

# These do the same as others but for a few lines: some points by lot.
is_alike() {
    [ -n "$places" ] || return 1
    case $1 in restore-* | backup-since | backup-split | attach-open | attach-case) ;; *) return 1 ;; esac
}

# What is to be run, a line each; the longest first.
list() {
    deeds=$("$fault" deeds)
    for deed in $deeds; do
        rounds="1000000${places:+ $places}"
        ! is_alike "$deed" || rounds=100
        echo "$fault memory $deed --rounds $rounds"
    done
    for deed in $deeds; do
        rounds=$ROUNDS twice=$second
        if is_alike "$deed"; then
            [ "$ROUNDS" -lt 30 ] || rounds=30
            twice=$rounds
        fi
        echo "$fault twice $deed --rounds $twice"
        echo "$fault random $deed --rounds $(((rounds + 2) / 3))"
        for test in power lasting kill torn; do
            echo "$fault $test $deed --rounds $rounds"
        done
        [ "${FULL:-0}" = 0 ] || rounds=1000000
        for test in broken full unreadable; do
            echo "$fault $test $deed --rounds $rounds"
        done
    done
    for deed in import-big attach-big; do
        echo "$fault random $deed --rounds $(((ROUNDS + 5) / 6))"
    done
    for test in keys forged bytes pages cut foreign planted journal; do
        echo "$fault $test --rounds $((ROUNDS * 2))"
    done
    for what in removed swapped packs changed stray schema; do
        echo "$fault rows $what"
    done
    for operation in add edit import key-change; do
        echo "${PYTHON:-/usr/bin/python3} tests/fault/kill.py $O/withheld $operation $(((ROUNDS + 7) / 8))"
    done
}

# One of them: its output, and a file that tells how it ended. 77: the deed has no such moment.
one='began=$(date +%s); out=$(mktemp "$TMPDIR/run.XXXXXXXX"); code=0; "$@" > "$out.out" 2>&1 || code=$?
    case $code in 0) how=passed ;; 77) : > "$out.skipped"; rm "$out.out"; exit 0 ;; *) how=failed ;; esac
    printf "%4d s  %s: %s\n" "$(($(date +%s) - began))" "$(basename "$1") $2 ${3-} ${4-}" "$how"
    if [ "$how" = failed ]; then cat "$out.out"; else tail -n 1 "$out.out"; fi
    : > "$out.$how"'
began=$(date +%s)
list > "$TMPDIR/list"
xargs -r -P "$(nproc)" -L 1 sh -c "$one" one < "$TMPDIR/list" || true

# Kills: before and within each call, at random times, and of openings that put right what a kill left.
count() { find "$TMPDIR" -name "*.$1" | wc -l; }
points=$(cat "$TMPDIR"/*.out | sed -n 's/.*: \([0-9][0-9]*\) \(times\|points\)\([;:].*\)*$/\1/p' | awk '{ n += $1 } END { print n + 0 }')
kills=$(cat "$TMPDIR"/*.out | grep -i kill | sed -n 's/.*: \([0-9][0-9]*\) \(times\|kills\).*/\1/p' | awk '{ n += $1 } END { print n + 0 }')
echo "$points faults, $kills of them kills"
cat "$TMPDIR"/*.out | sed -n 's/.*: of \([0-9]*\) allocations \([0-9]*\) failed .*/\1 \2/p' |
    awk '{ all += $1; tried += $2 } END { printf "of %d allocations, counted once for each of two ways to fail, %d were tried\n", all, tried }'
passed=$(count passed) failed=$(count failed) skipped=$(count skipped)
# One that a signal ended together with its shell has told nothing.
lost=$(($(wc -l < "$TMPDIR/list") - passed - failed - skipped))
echo "processor time of this shell, and of what it ran (user, system):"
times
echo "$passed passed, $((failed + lost)) failed ($lost of them without a word), $(($(date +%s) - began)) seconds"
[ "$failed" = 0 ] && [ "$lost" = 0 ] && [ "$passed" -gt 0 ] || exit 1
if [ "$ROUNDS" -ge 60 ] && [ "$kills" -lt 2000 ]; then
    echo "fewer kills than 2000"
    exit 1
fi
