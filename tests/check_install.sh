#!/bin/sh
# What `make install` puts somewhere can be used from there, with both libraries, and is removed
# by `make uninstall`.
set -eu
cd "$(dirname "$0")/.."
[ -z "${SANITIZE-}" ] || exit 77

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
# The variables of the make that runs the tests (CC, WERROR), but not its job server.
case ${MAKEFLAGS-} in *'-- '*) MAKEFLAGS=${MAKEFLAGS#*-- } ;; *) MAKEFLAGS= ;; esac
export MAKEFLAGS
make install O="$O" CC="$CC" prefix="$root" DESTDIR= > "$root/log" 2>&1 || { cat "$root/log"; exit 1; }
rm "$root/log"

printf '#include <withheld/vault.h>\nint main(void) { vault_clear_error(); return 0; }\n' \
    > "$root/user.c"
export PKG_CONFIG_PATH="$root/lib/pkgconfig"
lib=$root/lib
# shellcheck disable=SC2046 # lists of flags
"$CC" -Werror -o "$root/shared" "$root/user.c" $(pkg-config --cflags --libs withheld)
LD_LIBRARY_PATH=$lib "$root/shared"
rm "$lib"/libwithheld.so*
# shellcheck disable=SC2046
"$CC" -Werror -o "$root/static" "$root/user.c" $(pkg-config --static --cflags --libs withheld)
"$root/static"

make uninstall O="$O" prefix="$root" DESTDIR= > /dev/null
rm -f "$root/user.c" "$root/shared" "$root/static"
left=$(find "$root" -type f)
[ -z "$left" ] || { echo "uninstall left $left"; exit 1; }
