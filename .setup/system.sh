#!/bin/sh
# system.sh SET...: as root, install those packages of the sets which are missing.
# Writes to the system only, never to this folder, which may belong to somebody else.
set -eu
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

list=$(missing "$@")
[ -n "$list" ] || exit 0
[ "$(id -u)" = 0 ] || die "system.sh installs packages and must run as root"
command -v apt-get >/dev/null ||
    die "this is not Debian: install by hand what $here/packages asks for; missing: $list"

say "installing $list"
quietly apt_get update || say "a package source did not answer; going on with the lists there are"
# shellcheck disable=SC2086 # a list of words
quietly apt_get install $list

# What is still missing is too old in this Debian. Backports has newer ones.
list=$(missing "$@")
if [ -n "$list" ]; then
    # shellcheck source=/dev/null
    suite=$(. /etc/os-release && echo "$VERSION_CODENAME-backports")
    say "taking $list from $suite"
    state=$(mktemp -d)
    trap 'rm -rf "$state"' EXIT
    chmod 755 "$state"      # apt downloads as its own user
    apart_from "$state" deb "$suite" || die "$suite cannot be reached"
    # shellcheck disable=SC2086
    quietly apart "$state" install $list
    list=$(missing "$@")
fi
[ -z "$list" ] ||
    die "still missing, or too old: $list($here/packages says which versions; Debian 12 and 13 have them)"
