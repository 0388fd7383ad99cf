#!/bin/sh
# sodium.sh DIR: fetch libsodium and build it as a static library in DIR. Needs no root.
#
# Debian 12 and 13 carry 1.0.18, which has no X-Wing. The source comes, signed, from a newer suite
# of the same Debian mirror, or from the file named by SODIUM_TARBALL. It is kept in DIR, so that
# building it again needs no network.
set -eu
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

wanted=1.0.22
sum=5838bb0c3da6148c24ebe531d1ed1297de9a87aea77d426bcd99f289e681631c

dir=$1
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

has_sum() { echo "$sum  $1" | sha256sum --check --status; }

# Fetch from one suite. A version newer than ours is taken on apt's signature alone.
fetch() {
    say "fetching libsodium from Debian $1"
    chmod 755 "$work"
    mkdir "$work/$1" "$work/$1/source"
    # As root, apt drops to its own user to download.
    [ "$(id -u)" != 0 ] || chown _apt "$work/$1/source"
    apart_from "$work/$1" deb-src "$1" || return 1
    (cd "$work/$1/source" &&
        quietly apart "$work/$1" source --download-only --tar-only --only-source libsodium) ||
        return 1
    for tarball in "$work/$1/source"/libsodium_*.orig.tar.*; do
        version=${tarball##*/libsodium_}
        version=${version%.orig.tar.*}
        at_least "$version" "$wanted" || continue
        [ "$version" != "$wanted" ] || has_sum "$tarball" || die "$tarball: wrong checksum"
        cp "$tarball" "$dir/"
        return 0
    done
    return 1
}

kept() {
    for tarball in "$dir"/libsodium_*.orig.tar.*; do
        [ ! -e "$tarball" ] || return 0
    done
    return 1
}

if [ -n "${SODIUM_TARBALL-}" ]; then
    has_sum "$SODIUM_TARBALL" || die "SODIUM_TARBALL is not libsodium $wanted (SHA-256 $sum)"
    rm -f "$dir"/libsodium_*.orig.tar.*
    cp "$SODIUM_TARBALL" "$dir/libsodium_$wanted.orig.tar.gz"
fi
kept || fetch forky || fetch sid ||
    die "libsodium >= $wanted could not be fetched: get its source elsewhere and run" \
        "make setup SODIUM_TARBALL=path (SHA-256 $sum)"
kept || die "no source of libsodium in $dir"
case $tarball in
*_"$wanted".orig.*) has_sum "$tarball" || die "$tarball: wrong checksum; remove it and try again" ;;
esac

say "building ${tarball##*/}"
mkdir "$work/src"
tar -xf "$tarball" -C "$work/src" --strip-components=1 --no-same-owner
(
    cd "$work/src"
    # No -g: the archive is then the same bytes wherever it is built.
    ./configure --prefix="$dir" --disable-shared --enable-static --with-pic \
        --disable-dependency-tracking --disable-ssp CC=gcc \
        CFLAGS="-O2 -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
            -fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero"
    make -j"$(nproc)" install
) > "$dir/build.log" 2>&1 || { tail -n 20 "$dir/build.log" >&2; die "see $dir/build.log"; }

# libsodium and libargon2 share internal names (argon2_ctx, blake2b_...). Were both linked as they
# are, link order would decide whose code runs. So the hidden ones of libsodium get a prefix.
lib=$dir/lib/libsodium.a
readelf -sW "$lib" |
    awk '$5 == "GLOBAL" && $6 == "HIDDEN" && $7 != "UND" { print $8, "sodium_hidden_" $8 }' |
    sort -u > "$work/rename"
objcopy -D --redefine-syms="$work/rename" "$lib" "$work/libsodium.a"

names() { nm -g --defined-only "$@" 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u; }
names "$work/libsodium.a" > "$work/ours"
argon=$(pkg-config --variable=libdir libargon2)
{ names "$argon/libargon2.a"; names -D "$argon/libargon2.so"; } | sort -u > "$work/theirs"
for list in ours theirs; do
    [ -s "$work/$list" ] || die "cannot read the names defined in libsodium and libargon2"
done
shared=$(comm -12 "$work/ours" "$work/theirs")
[ -z "$shared" ] || die "libsodium and libargon2 share these names: $shared"

cp "$work/libsodium.a" "$lib"
# Make's mark of a finished build.
cp "$work/rename" "$dir/sodium.ok"
