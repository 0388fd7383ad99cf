# shellcheck shell=sh
# Shared by the set-up scripts: messages, the package table, and apt with its hardened options.

here=$(cd "$(dirname "$0")" && pwd)

say() { printf 'setup: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# at_least HAVE WANT: compares dotted version numbers.
at_least() { [ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# present KIND NAME [VERSION]: is this line of the table fulfilled?
present() {
    case $1 in
    program)
        command -v "$2" >/dev/null || return 1
        [ -z "${3-}" ] || at_least "$("$2" --version </dev/null | cut -d ' ' -f 1)" "$3" ;;
    module) pkg-config --exists "$2${3:+ >= $3}" 2>/dev/null ;;
    header) printf '#include <%s>\n' "$2" | gcc -E -o /dev/null - 2>/dev/null ;;
    python) /usr/bin/python3 -c "import $2" 2>/dev/null ;;
    *) die "packages: unknown kind $1" ;;
    esac
}

# missing SET...: prints the packages of these sets that are not there, or too old.
missing() {
    while read -r set package kind name version; do
        case " $* " in *" $set "*) ;; *) continue ;; esac
        # shellcheck disable=SC2086 # no version, no argument
        present "$kind" "$name" $version || printf '%s ' "$package"
    done < "$here/packages"
}

# quietly COMMAND...: its output matters only when it fails.
quietly() {
    log=$(mktemp)
    if "$@" > "$log" 2>&1; then rm "$log"; else cat "$log" >&2; rm "$log"; return 1; fi
}

# A mirror that cannot be reached is an error and not a shrug; another apt at work is waited for;
# nothing unsigned is taken.
apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
        -o APT::Update::Error-Mode=any -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 \
        -o Acquire::AllowInsecureRepositories=false -o APT::Get::AllowUnauthenticated=false \
        -o Dpkg::Use-Pty=0 "$@"
}

# The mirror this machine takes Debian's main archive from, one-line and deb822 sources alike.
mirror() {
    (   # shellcheck source=/dev/null
        . /etc/os-release
        # shellcheck disable=SC2016 # the dollars are apt's
        apt-get "$@" indextargets --format '$(ORIGIN)|$(CODENAME)|$(COMPONENT)|$(REPO_URI)' \
            'Identifier: Packages' |
            sed -n "s/^Debian|$VERSION_CODENAME|main|//p" | head -n 1 )
}

# apart DIR COMMAND...: apt with its own sources and state in DIR, so that the machine's are left
# alone. Check-Valid-Until: the index of a suite under development can be past its date.
apart() (
    dir=$1      # the body is a subshell: nothing leaks into the caller
    shift
    apt_get -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts="$dir/none" \
        -o Dir::State::lists="$dir/lists" -o Dir::Cache="$dir/cache" \
        -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false "$@"
)

# apart_from DIR TYPE SUITE: prepares DIR for `apart` with one suite of the machine's own mirror.
apart_from() (
    mkdir -p "$1/none" "$1/lists/partial" "$1/cache/archives/partial"
    for keyring in /usr/share/keyrings/debian-archive-keyring.gpg \
                   /usr/share/keyrings/debian-archive-keyring.pgp; do
        [ ! -e "$keyring" ] || break
    done
    uri=$(mirror)
    if [ -z "$uri" ]; then
        # A slim image comes without package lists: fetch them, but not into the machine's state.
        quietly apt_get -o Dir::State::lists="$1/lists" -o Dir::Cache="$1/cache" update || true
        uri=$(mirror -o Dir::State::lists="$1/lists" -o Dir::Cache="$1/cache")
    fi
    [ -n "$uri" ] || die "found no Debian mirror in the package sources of this machine"
    case $2 in deb) target=Packages ;; *) target=Sources ;; esac
    echo "$2 [signed-by=$keyring target=$target] $uri $3 main" > "$1/sources.list"
    quietly apart "$1" update
)
