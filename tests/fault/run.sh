#!/bin/sh
# run.sh: the long form of the tests of kills and damage (make check-fault).
#
#     ROUNDS=400 sh tests/fault/run.sh
#
# ROUNDS kills of each operation of the program, and as many where the tests of tests/fault/*.c draw by lot; besides, in
# these all deeds instead of those of the short form. The seeds are printed, so that a failure can be seen again.
# O and PYTHON as for tests/run.sh. The last line counts; exit code 1 when anything failed.
set -eu
cd "$(dirname "$0")/../.."
O=${O:-build}
case $O in /*) ;; *) O=$PWD/$O ;; esac
export O
ROUNDS=${ROUNDS:-400}
TMPDIR=$(mktemp -d)
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 130' INT TERM
fault=$(sh tests/fault/build.sh)
passed=0
failed=0

try() {
    if "$@"; then
        passed=$((passed + 1))
    else
        echo "FAILED: $*"
        failed=$((failed + 1))
    fi
}

for deed in add edit import attach key-change rekey remove reveal dump; do
    for test in kill torn kill-twice random power full broken; do
        try "$fault" "$test" "$deed" --rounds "$ROUNDS"
    done
done
for test in kill torn full broken; do
    try "$fault" "$test" init
done
try "$fault" random import-big --rounds $((ROUNDS / 4))
try "$fault" random attach-big --rounds $((ROUNDS / 4))
for test in keys forged bytes pages cut foreign planted journal; do
    try "$fault" "$test" --rounds $((ROUNDS * 4))
done
for what in removed swapped packs changed stray schema; do
    try "$fault" rows "$what"
done
for operation in add edit import key-change; do
    try "${PYTHON:-/usr/bin/python3}" tests/fault/kill.py "$O/withheld" "$operation" "$ROUNDS"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
