#!/bin/sh
# run.sh [NAME...]: run the test suites whose name contains one of NAME; without NAME, all.
#
# A suite is a cmocka program (tests/unit/test_*.c), a bats file anywhere below tests/, or a script
# tests/check_*.sh, which is one test (exit status 77: it does not apply and was skipped).
# One more run at a time than there are processors, as much of it waits for a disk; except those that contain the words "run: alone".
# Each gets an empty HOME and TMPDIR of its own.
#
# Nothing is believed on a suite's word: a test that was announced and is not known to have passed
# or been skipped has failed, and a suite that passed every test but exits non-zero, or ran none,
# counts as one more failure.
#
# Environment: O build folder, WRAP command put before unit tests, CC and PYTHON for the tests,
# TEST_TIMEOUT seconds for one suite.
set -eu
cd "$(dirname "$0")/.."
O=${O:-build}
case $O in /*) ;; *) O=$PWD/$O ;; esac
export O CC="${CC:-gcc}" PYTHON="${PYTHON:-/usr/bin/python3}" WRAP="${WRAP-}"

# A finding of a sanitizer must not look like one of the exit codes of the program.
export ASAN_OPTIONS="exitcode=99:${ASAN_OPTIONS-}" LSAN_OPTIONS="exitcode=99:${LSAN_OPTIONS-}"
export UBSAN_OPTIONS="exitcode=99:print_stacktrace=1:${UBSAN_OPTIONS-}"

suites() {
    for file in tests/unit/test_*.c tests/check_*.sh $(find tests -name '*.bats' | sort); do
        [ -e "$file" ] || continue
        for name in "$@"; do
            case $file in *"$name"*) echo "$file"; break ;; esac
        done
    done
}

alone() { grep -q 'run: alone' "$1"; }

# cmocka's own reports: "Running 3 test(s)", then one line for each test, then a summary.
count_cmocka() {
    awk '/^\[==========\] .*[Rr]unning [0-9]+ test/ {
             match($0, /[0-9]+ test/); expected += substr($0, RSTART) + 0; summary = 0 }
         /^\[==========\] .*test\(s\) run/ { summary = 1 }
         summary && !/GROUP TEARDOWN/ { next }
         /^\[ RUN      \]/ { ran++ }
         /\[       OK \] [^ ]+$/ { ok++ }        # a test may have printed half a line before it
         /\[  SKIPPED \] [^ ]+$/ { skipped++ }
         /^\[  FAILED  \] GROUP TEARDOWN/ { expected++ }
         END {
             if (ran > expected) expected = ran
             print ok + 0, expected - ok - skipped, skipped + 0 }' "$1"
}

# TAP as bats writes it: a plan, then "ok 1 name" or "ok 2 name # skip why".
count_tap() {
    awk '/^1\.\.[0-9]+$/ { sub(/^1\.\./, ""); expected = $0 + 0 }
         /^(not )?ok [0-9]/ { ran++ }
         /^ok [0-9]+ .*# skip/ { skipped++; next }
         /^ok [0-9]/ { ok++ }
         END {
             if (ran > expected) expected = ran
             print ok + 0, expected - ok - skipped, skipped + 0 }' "$1"
}

# The output of a failed suite, without the tests that passed quietly.
troubles() {
    awk 'held != "" && /^\[       OK \]/ { held = ""; next }
         held != "" { print held; held = "" }
         /^\[ RUN      \]/ { held = $0; next }
         /^ok [0-9]/ { next }
         { print }
         END { if (held != "") print held }' "$1" | tail -n 200
}

# Runs one suite; leaves RESULTS/suite.out and RESULTS/suite.sum (passed failed skipped).
run_one() {
    suite=$1
    out=$RESULTS/$(echo "$suite" | tr / _)
    home=$(mktemp -d)
    # An interrupted run must not leave the suite behind.
    trap '[ -z "${job-}" ] || kill "$job" 2>/dev/null; rm -rf "$home"; exit 130' INT TERM
    # shellcheck disable=SC2086 # WRAP is a command with its arguments
    case $suite in
    *.c) set -- $WRAP "$O/${suite%.c}"; count=count_cmocka ;;
    *.bats) set -- bats --tap --print-output-on-failure "$suite"; count=count_tap ;;
    *.sh) set -- bash "$suite"; count=count_status ;;
    esac
    began=$(date +%s)
    HOME=$home TMPDIR=$home WITHHELD=$O/withheld LC_ALL=C.UTF-8 TZ=UTC \
        timeout -k 10 "${TEST_TIMEOUT:-600}" "$@" > "$out.out" 2>&1 < /dev/null &
    job=$!
    status=0
    wait "$job" || status=$?
    job=
    if [ "$count" = count_status ]; then
        case $status in
        0) set -- 1 0 0 ;;
        77) set -- 0 0 1 ;;
        *) set -- 0 1 0 ;;
        esac
    else
        # shellcheck disable=SC2046 # three numbers
        set -- $("$count" "$out.out")
    fi
    if [ "$2" = 0 ] && [ "$count" != count_status ]; then
        if [ "$status" != 0 ]; then
            echo "run.sh: exit status $status" >> "$out.out"
            set -- "$1" 1 "$3"
        elif [ $(($1 + $3)) = 0 ]; then
            echo "run.sh: no test was run" >> "$out.out"
            set -- 0 1 0
        fi
    fi
    echo "$@" > "$out.sum"
    verdict=ok
    [ "$2" = 0 ] || verdict=FAIL
    [ "$3" = 0 ] || verdict="$verdict, $3 skipped"
    printf '%4d s  %-44s %4d of %-4d %s\n' $(($(date +%s) - began)) "$suite" \
        "$1" $(($1 + $2 + $3)) "$verdict"
    chmod -R u+rwx "$home"
    rm -rf "$home"
}

if [ "${1-}" = --one ]; then
    run_one "$2"
    exit 0
fi

export RESULTS="$O/results"
rm -rf "$RESULTS"
mkdir -p "$RESULTS"

[ $# -gt 0 ] || set -- ''
suites "$@" > "$RESULTS/suites"
while read -r suite; do
    if alone "$suite"; then echo "$suite" >&3; else echo "$suite"; fi
done < "$RESULTS/suites" > "$RESULTS/together" 3> "$RESULTS/alone"
xargs -r -P "$(($(nproc) + 1))" -n 1 sh "$0" --one < "$RESULTS/together" || true
xargs -r -n 1 sh "$0" --one < "$RESULTS/alone" || true

passed=0 failed=0 skipped=0
while read -r suite; do
    out=$RESULTS/$(echo "$suite" | tr / _)
    p=0 f=1 s=0     # a suite without a result has failed
    [ ! -s "$out.sum" ] || read -r p f s < "$out.sum"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
    [ "$f" != 0 ] || continue
    printf '\n---- %s\n' "$suite"
    if [ -e "$out.out" ]; then troubles "$out.out"; else echo "run.sh: no output"; fi
done < "$RESULTS/suites"

echo
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
