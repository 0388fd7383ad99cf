#!/bin/sh
# setup.sh SET...: see that the packages of these sets are there; install them if this user may.
set -eu
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

list=$(missing "$@")
[ -n "$list" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    exec sh "$here/system.sh" "$@"
fi
if command -v sudo >/dev/null; then
    say "missing: $list"
    say "installing them with sudo"
    # Without a terminal nobody could type a password: do not wait for one.
    if [ -t 0 ]; then ask=; else ask=-n; fi
    # shellcheck disable=SC2086
    if sudo $ask sh "$here/system.sh" "$@"; then exit 0; fi
    list=$(missing "$@")
fi
cat >&2 <<END

These packages are missing, or too old:

    $list

An administrator must run this once, as root:

    make -C '$(dirname "$here")' setup-system

It installs them from Debian (SQLCipher 4.6 from backports where this Debian has an older
one) and changes nothing else. Everything after that, building and testing, needs no root.

END
exit 1
