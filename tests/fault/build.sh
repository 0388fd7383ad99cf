#!/bin/sh
# build.sh: compile $O/tests/fault/fault with the very compiler and flags that built the library ($O/flags), and print
# its path. Does nothing when it is newer than all it is made of.
set -eu
[ "${FAULT_LOCKED-}" = 1 ] || cd "$(dirname "$0")/../.."
O=${O:-build}
out=$O/tests/fault
fault=$out/fault
mkdir -p "$out"
# Suites that run side by side build it once.
[ "${FAULT_LOCKED-}" = 1 ] || FAULT_LOCKED=1 exec flock "$out" sh tests/fault/build.sh
newer=$(find tests/fault "$O/internal.a" "$O/flags" \( -name "*.[cha]" -o -name flags \) -newer "$fault" 2> /dev/null || echo all)
if [ -n "$newer" ]; then
    {
        read -r compile
        read -r link
    } < "$O/flags"
    for source in tests/fault/*.c; do
        object=$out/$(basename "$source" .c).o
        # The names of libc that shim.c defines are macros or inline functions under _FORTIFY_SOURCE.
        sh -c "$compile -U_FORTIFY_SOURCE -fvisibility=default -c -o '$object' '$source'"
    done
    sh -c "${link%% *} -pie -Wl,--wrap=kdf_derive -o '$fault.$$' $out/*.o '$O/internal.a' ${link#* }"
    mv "$fault.$$" "$fault"
fi
echo "$fault"
