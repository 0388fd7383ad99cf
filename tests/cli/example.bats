# The example of docs/embedding.md, built by the commands of that page, against both libraries.
#
# run: alone (`make install` must not meet another make in the same build folder)

load helpers

TOP=$BATS_TEST_DIRNAME/../..

# The n-th block of commands in the page, as it stands there.
block() {
    awk -v want="$1" '/^```sh$/ { n++; in_block = 1; next } /^```$/ { in_block = 0 }
        in_block && n == want' "$TOP/docs/embedding.md"
}

setup_file() {
    [ -z "${SANITIZE-}" ] || return 0
    export HOME=$BATS_FILE_TMPDIR
    # The variables of the make that runs the tests (CC, WERROR), but not its job server.
    case ${MAKEFLAGS-} in *'-- '*) MAKEFLAGS=${MAKEFLAGS#*-- } ;; *) MAKEFLAGS= ;; esac
    export MAKEFLAGS
    make() { command make O="${O:-build}" CC="${CC:-gcc}" "$@"; }
    cd "$TOP" || return 1
    eval "$(block 1)" > "$HOME/log" 2>&1 || { cat "$HOME/log"; return 1; }
    mkdir "$HOME/bin"
    ln -s "$(command -v "${CC:-cc}")" "$HOME/bin/cc"
    PATH=$HOME/bin:$PATH
    # The page's commands write into the folder they run in, which here is not the project's.
    mkdir "$HOME/work"
    ln -s "$(realpath docs)" "$HOME/work/docs"
    cd "$HOME/work" || return 1
    eval "$(block 2)" || return 1
    eval "$(block 3)" || return 1
    echo "$PASS" > passphrase.txt
    "$WITHHELD" --quiet --passphrase-file passphrase.txt init people.vault "${CHEAP[@]}"
    echo '{"ref":"K-12","label":"quiet river","born":"1962","name":"Choi Myung-bok"}' |
        "$WITHHELD" --passphrase-file passphrase.txt add person --from -
}

setup() {
    [ -z "${SANITIZE-}" ] || skip "a library with a sanitizer is not for others"
    cd "$BATS_FILE_TMPDIR/work" || return 1
}

# Block 4, with the program of the test in place of ./list.
run_page() {
    run bash -c "set -e; $(block 4 | sed "s|^\./list |./$1 |")"
    [ "$status" = 0 ]
    [[ $output == *'person       quiet river'* ]]
    [[ $output == *'born: 1962'* ]]
    [[ $output == *'name: [withheld]'* ]]
    [[ $output != *Choi* ]]
}

@test "the example lists titles and open fields, with the shared library" {
    ldd list | grep -q "libwithheld.so.0 => $HOME/.local"
    run_page list
}

@test "the example does the same with the static library" {
    [[ $(ldd list-static) != *withheld* ]]
    run_page list-static
}

@test "the example compiles without a warning" {
    local flags
    read -ra flags <<< "$(pkg-config --cflags withheld)"
    "${CC:-cc}" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Wconversion -Werror -c -o list.o docs/example/list.c "${flags[@]}"
}

@test "a wrong passphrase ends the example with code 3 and a hint, and prints nothing" {
    refused 3 ./list people.vault <<< wrong
    says 'list: '
    says 'hint: '
    [[ $output != *quiet* ]]
}

@test "the example says that a vault is not there" {
    refused 7 ./list nothing.vault < passphrase.txt
}

@test "the example refuses wrong usage" {
    refused 2 ./list < passphrase.txt
    says usage
}
