#!/bin/sh
# property.sh: a property test many times over, on all processors.
#
#     ROUNDS=10000 SEED=1 sh tests/property.sh build/tests/unit/test_offices...
#
# Each program takes ROUNDS and SEED from the environment; every processor does its share, with seeds of its own. Exit code 1 when any failed.
set -eu
rounds=${ROUNDS:-10000} seed=${SEED:-1} n=$(nproc) failed=0
[ "$n" -le "$rounds" ] || n=$rounds
each=$(((rounds + n - 1) / n))
TMPDIR=${TMPDIR:-/dev/shm}
export TMPDIR
for program in "$@"; do
    pids=
    for i in $(seq 0 $((n - 1))); do
        ROUNDS=$each SEED=$((seed + i * each)) "$program" &
        pids="$pids $!"
    done
    for p in $pids; do wait "$p" || failed=1; done
done
exit "$failed"
