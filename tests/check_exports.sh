#!/bin/sh
# The libraries define the functions of vault/vault.h for others, and no other name.
set -eu
cd "$(dirname "$0")/.."
[ -z "${SANITIZE-}" ] || exit 77

status=0
strangers() {
    if nm "$@" | awk 'NF == 3 && $3 !~ /^vault_/ { print "'"$*"' also exports " $3; bad = 1 } END { exit !bad }'
    then status=1; fi
}
strangers -D --defined-only "$O/libwithheld.so"
strangers -g --defined-only "$O/libwithheld.a"
exit $status
