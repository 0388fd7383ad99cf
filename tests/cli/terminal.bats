# How the program talks to people, on a real terminal (tmux).
#
# Nothing here sleeps: a test waits until a text is on the screen, or gives up. Whatever the program
# ever wrote to the terminal is also recorded (file `wrote`), so that "was never shown" can be said.

load helpers

setup() {
    common_setup
    export TMUX_TMPDIR=$BATS_TEST_TMPDIR
    command -v tmux > /dev/null || skip "tmux is not installed"
    need_terminals
}

teardown() {
    mux kill-server 2> /dev/null || true
}

# Each terminal has a server of its own: one that is being killed still answers for a moment.
TERMINALS=0
mux() {
    tmux -u -f /dev/null -S "$BATS_TEST_TMPDIR/tmux.$TERMINALS" "$@" 3>&- 4>&-
}

# new_terminal COMMAND: what it prints goes to the file `wrote` as well, from the first byte on.
new_terminal() {
    mux kill-server 2> /dev/null || true
    TERMINALS=$((TERMINALS + 1))
    mux new-session -d -x 90 -y 40 -c "$PWD" "tmux wait-for go; $1"
    mux pipe-pane -o 'cat > wrote'
    mux wait-for -S go
}

# on_terminal COMMAND...: runs it there, then prints "exit code N" and leaves `stty -a` in a file.
# SIGINT goes to the whole group; the script around the command must outlive it.
on_terminal() {
    {
        echo 'trap : INT'
        printf '%s ' sh -c "'echo \$\$ > pid; exec \"\$0\" \"\$@\"'"
        printf '%q ' "$@"
        printf '\necho "exit code $?"\nstty -a > modes\necho modes known\nexec cat\n'
    } > script
    new_terminal 'exec bash script'
}

keys() { mux send-keys "$@"; }
text() { mux send-keys -l -- "$1"; }
screen() { mux capture-pane -p -J; }

# sees TEXT: wait until it is on the screen. unsees TEXT: until it is not.
wait_for() {
    local tries=0
    until screen | grep -qF -- "$2" && [ "$1" = sees ] ||
        { [ "$1" = unsees ] && ! screen | grep -qF -- "$2"; }; do
        tries=$((tries + 1))
        if [ $tries -gt 300 ]; then
            printf '%s: %s\n' "not so: $1" "$2"
            screen
            return 1
        fi
        sleep 0.05
    done
}
sees() { wait_for sees "$1"; }
unsees() { wait_for unsees "$1"; }

# prompts_again: the last line is a prompt without anything behind it. Before that the terminal is not
# raw, and a Ctrl-C goes to the process and not to its line.
prompts_again() {
    local tries=0
    until [ "$(screen | grep -v '^$' | tail -n 1)" = 'v.vault> ' ]; do
        if [ $((tries++)) -gt 300 ]; then
            echo 'not so: prompts again'
            screen
            return 1
        fi
        sleep 0.05
    done
}

# never_wrote GREP-ARGUMENTS: looks at all that came to the terminal, once the recorder has it.
never_wrote() {
    local tries=0
    until grep -q 'exit code' wrote || [ $((tries++)) -gt 200 ]; do sleep 0.05; done
    grep -q 'exit code' wrote
    never grep -q "$@" wrote
}

# The terminal is as a program expects to find it.
sane() {
    sees 'modes known'
    grep -q '[^-]icanon' modes
    grep -q '[^-]echo ' modes
    grep -q '[^-]icrnl' modes
}

@test "a passphrase is not shown as it is typed" {
    new_vault v "$PASS"
    on_terminal "$WITHHELD" status
    sees 'passphrase for v.vault'
    text "$PASS"
    keys Enter
    sees 'exit code 0'
    sane
    never_wrote "${PASS%% *}"
}

@test "Tab shows the passphrase, and hides it again" {
    new_vault v "$PASS"
    on_terminal "$WITHHELD" status
    sees 'passphrase for'
    text "$PASS"
    keys Tab
    sees "$PASS"
    keys Tab
    unsees "$PASS"
    keys Enter
    sees 'exit code 0'
}

@test "a passphrase can be corrected while it is hidden, also in Cyrillic" {
    new_vault v 'пароль один, и ещё два слова про зиму'
    on_terminal "$WITHHELD" status
    sees 'passphrase for'
    text 'wrong'
    keys C-u
    text 'пароль один, и ещё два слова про зимуй'
    keys BSpace Left Up Enter
    sees 'exit code 0'
}

@test "a passphrase wider than the terminal is drawn once" {
    new_vault v "$PASS"
    on_terminal "$WITHHELD" status
    sees 'passphrase for'
    text "$(printf 'word%.0s ' {1..40})end"
    keys Tab
    sees 'word end'
    keys Tab
    unsees word
    keys Tab
    sees 'word end'
    [ "$(screen | grep -c 'passphrase for')" = 1 ]
    keys C-c
    sees 'exit code 130'
}

@test "a wrong passphrase is exit code 3 and says what to try" {
    new_vault v "$PASS"
    on_terminal "$WITHHELD" status
    sees 'passphrase for'
    text wrong
    keys Enter
    sees 'exit code 3'
    screen | grep -q 'Caps Lock'
    screen | grep -q 'slot 0 (passphrase)'
}

@test "who types the passphrase of a slot of low cost is told once how to raise it" {
    roomy
    new_vault v "$PASS"
    w "$PASS" --quiet --new-passphrase-fd 5 key add --tier case --kdf-memory 160 --kdf-passes 3 5<<< "$OTHER"
    on_terminal "$WITHHELD" list
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'exit code 0'
    [ "$(screen | grep -c 'withheld key change --upgrade')" = 1 ]
    on_terminal "$WITHHELD" --quiet list
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    never_wrote upgrade
    echo "$PASS" > pass
    on_terminal "$WITHHELD" --passphrase-file pass list
    never_wrote upgrade
    on_terminal "$WITHHELD" list
    sees 'passphrase for'
    text "$OTHER"
    keys Enter
    never_wrote upgrade
}

@test "in a shell key change --upgrade has the passphrase typed once more, and only the right one will do" {
    new_vault v "$PASS"
    w "$PASS" --quiet --new-passphrase-fd 5 key add --tier case --kdf-memory 65 --kdf-passes 3 5<<< "$OTHER"
    w "$PASS" --quiet --new-passphrase-fd 5 key add --tier case 5<<< "$NEXT"
    on_terminal "$WITHHELD" shell
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'v.vault> '
    text 'key change --upgrade'
    keys Enter
    sees 'your passphrase again'
    text "$NEXT"
    keys Enter
    sees 'that is not the passphrase of this session'
    mux send-keys -R
    text 'key change --upgrade'
    keys Enter
    sees 'your passphrase again'
    text "$PASS"
    keys Enter
    sees 'dearer now'
    text 'key list'
    keys Enter
    sees 'keeper  65 MiB, 3 passes'
    prompts_again
    keys C-d
    sees 'exit code 0'
    never_wrote "${PASS%% *}"
    w "$PASS" check
}

@test "a new passphrase is typed twice, and a slip is refused" {
    on_terminal "$WITHHELD" init new.vault "${CHEAP[@]}"
    sees 'new passphrase'
    text "$PASS"
    keys Enter
    sees 'the same again'
    text "$OTHER"
    keys Enter
    sees 'exit code 2'
    screen | grep -q 'differ'
    [ ! -e new.vault ]
    sane
}

@test "a new passphrase typed twice alike makes a vault" {
    on_terminal "$WITHHELD" init new.vault "${CHEAP[@]}"
    sees 'new passphrase'
    text "$PASS"
    keys Enter
    sees 'the same again'
    text "$PASS"
    keys Enter
    sees 'exit code 0'
    screen | grep -q 'only way in'
    VAULT=new.vault
    w "$PASS" status
}

@test "a weak new passphrase is refused before it is typed again" {
    on_terminal "$WITHHELD" init new.vault "${CHEAP[@]}"
    sees 'new passphrase'
    text 'zebrafink 1987'
    keys Enter
    sees 'exit code 6'
    screen | grep -q 'too weak for a vault'
    screen | grep -q -e '--accept weak-passphrase'
    never_wrote 'the same again'
    never_wrote zebrafink
    [ ! -e new.vault ]
    sane
}

@test "a poor new passphrase is warned of before it is typed again, and taken" {
    on_terminal "$WITHHELD" init new.vault "${CHEAP[@]}"
    sees 'new passphrase'
    text 'academic acid acne acquire adapt'
    keys Enter
    sees 'the same again'
    screen | grep -q 'this passphrase is weak (about 50 bits'
    screen | grep -q 'passphrase generate'
    text 'academic acid acne acquire adapt'
    keys Enter
    sees 'exit code 0'
    never_wrote academic
    VAULT=new.vault
    w 'academic acid acne acquire adapt' status
}

@test "a passphrase to be judged is asked for without showing it" {
    on_terminal "$WITHHELD" passphrase strength
    sees 'passphrase to judge'
    text 'zebrafink 1987'
    keys Enter
    sees 'exit code 0'
    screen | grep -q 'refused, about'
    never_wrote zebrafink
    sane
}

@test "an empty passphrase is refused" {
    on_terminal "$WITHHELD" init new.vault "${CHEAP[@]}"
    sees 'new passphrase'
    keys Enter
    sees 'exit code 2'
    [ ! -e new.vault ]
}

@test "Ctrl-C at the prompt restores the terminal, exit code 130" {
    new_vault v "$PASS"
    on_terminal "$WITHHELD" status
    sees 'passphrase for'
    text "${PASS:0:2}"
    keys C-c
    sees 'exit code 130'
    sane
}

@test "any signal at the prompt restores the terminal" {
    new_vault v "$PASS"
    local signal
    for signal in TERM HUP QUIT ALRM USR1; do
        on_terminal "$WITHHELD" status
        sees 'passphrase for'
        kill -"$signal" "$(cat pid)"
        sees 'exit code 130'
        sane
    done
}

@test "a crash at the prompt restores the terminal" {
    new_vault v "$PASS"
    on_terminal "$WITHHELD" status
    sees 'passphrase for'
    kill -SEGV "$(cat pid)"
    sees 'exit code'
    sane
}

# on_job_terminal COMMAND: an interactive shell, which has jobs, runs it.
on_job_terminal() {
    new_terminal 'PS1="ready> " exec bash --norc --noprofile -i'
    sees 'ready>'
    text "$1"
    keys Enter
}

# The question TEXT has been drawn N times.
sees_times() {
    local tries=0
    until [ "$(screen | grep -c -- "$2")" = "$1" ] || [ $((tries++)) -gt 300 ]; do sleep 0.05; done
    [ "$(screen | grep -c -- "$2")" = "$1" ]
}

stop_and_go() {
    keys C-z
    sees 'Stopped'
    text 'stty -a > modes; echo modes "known"'
    keys Enter
    sane
    text 'fg'
    keys Enter
}

@test "Ctrl-Z gives the terminal back, and the prompt returns without echo" {
    new_vault v "$PASS"
    on_job_terminal "$WITHHELD status"
    sees 'passphrase for'
    stop_and_go
    sees_times 2 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'last backup'
    never grep -q "${PASS%% *}" wrote
}

@test "Ctrl-Z works in a shell as well, behind the sandbox" {
    new_vault v "$PASS"
    echo "$PASS" > pass
    on_job_terminal "$WITHHELD --passphrase-file pass shell"
    sees 'v.vault> '
    stop_and_go
    sees_times 2 'v.vault> '
    text 'type list'
    keys Enter
    sees organisation
    prompts_again
    keys C-d
}

@test "a crash in a shell restores the terminal" {
    new_vault v "$PASS"
    echo "$PASS" > pass
    on_terminal "$WITHHELD" --passphrase-file pass shell
    sees 'v.vault> '
    kill -SEGV "$(cat pid)"
    sees 'exit code 139'
    sane
}

@test "--no-input never asks, even on a terminal" {
    new_vault v "$PASS"
    on_terminal "$WITHHELD" --no-input status
    sees 'exit code 2'
    screen | grep -q -e '--passphrase-fd'
}

@test "a vault that is not there is told before a passphrase is asked for" {
    on_terminal "$WITHHELD" -C nothing.vault status
    sees 'exit code 7'
    never_wrote 'passphrase for'
}

@test "add asks field by field; withheld answers stay hidden" {
    new_vault v "$PASS"
    on_terminal "$WITHHELD" add person
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees '(ref)'
    text K-12
    keys Enter
    sees 'label ['
    keys Enter
    answer_until 'name [name, withheld'
    text 'Choi Myung-bok'
    keys Enter
    sees 'other_names ['
    text 'Choe'
    keys Enter
    text 'Tsoi'
    keys Enter
    keys Enter
    answer_until 'exit code 0'
    sane
    never_wrote -e Choi -e Choe -e Tsoi
    run w "$PASS" show K-12 --reveal --json
    json 'd["fields"]["ref"] == "K-12" and d["fields"]["name"] == "Choi Myung-bok"'
    json 'd["fields"]["other_names"] == ["Choe", "Tsoi"]'
}

# Press Enter at one question after the other, until TEXT is there.
answer_until() {
    local tries=0 before
    until screen | grep -qF -- "$1"; do
        before=$(screen)
        keys Enter
        until [ "$(screen)" != "$before" ] || [ $((tries++)) -gt 300 ]; do sleep 0.05; done
        if [ $tries -gt 300 ]; then
            echo "never came: $1"
            screen
            return 1
        fi
    done
}

@test "Ctrl-C while fields are asked for writes nothing" {
    new_vault v "$PASS"
    on_terminal "$WITHHELD" add person
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees '(ref)'
    text K-12
    keys Enter
    sees 'label ['
    keys C-c
    sees 'exit code 130'
    sane
    run w "$PASS" list --json
    json 'd == []'
}

@test "an answer that is not taken can be corrected, the others stay" {
    new_vault v "$PASS"
    on_terminal "$WITHHELD" add person
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees '(ref)'
    text K-12
    keys Enter
    answer_until 'born ['
    text 'long ago'
    keys Enter
    answer_until 'which field'
    text born
    keys Enter
    sees 'date]:'
    text 1962
    keys Enter
    sees 'exit code 0'
    run w "$PASS" show K-12 --json
    json 'd["fields"]["born"] == "1962" and d["fields"]["ref"] == "K-12"'
}

@test "who cannot read names back is shown a typed one once, before it is sealed" {
    new_vault v "$PASS"
    w "$PASS" --quiet --new-passphrase-fd 5 key add --tier case 5<<< "$OTHER"
    w "$PASS" --quiet add person ref=K-12
    on_terminal "$WITHHELD" edit K-12 name residence
    sees 'passphrase for'
    text "$OTHER"
    keys Enter
    sees 'name ['
    text 'Choi Myungbok'
    keys Enter
    sees 'name: Choi Myungbok - right?'
    text maybe
    keys Enter
    sees 'name: Choi Myungbok - right?'
    text n
    keys Enter
    sees 'name ['
    text 'Choi Myung-bok'
    keys Enter
    sees 'name: Choi Myung-bok - right?'
    text y
    keys Enter
    sees 'residence ['
    unsees 'Choi'
    text Seoul
    keys Enter
    sees 'exit code 0'
    screen > after
    never grep -q Choi after
    sane
    # The keeper is told that it was taken over, and is not asked.
    on_terminal "$WITHHELD" show K-12 --reveal
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'exit code 0'
    screen > after
    grep -q 'taken over: 1 revision with names' after
    grep -q 'Choi Myung-bok' after
    on_terminal "$WITHHELD" edit K-12 name
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'name ['
    text 'Choi M.'
    keys Enter
    sees 'exit code 0'
    never_wrote 'right?'
}

@test "field by field: each withheld answer is shown once at the end, and only to who cannot read it back" {
    new_vault v "$PASS"
    w "$PASS" --quiet --new-passphrase-fd 5 key add --tier case 5<<< "$OTHER"
    on_terminal "$WITHHELD" add person
    sees 'passphrase for'
    text "$OTHER"
    keys Enter
    sees '(ref)'
    text K-1
    keys Enter
    answer_until 'name ['
    text 'Pak Yong'
    keys Enter
    sees 'other_names ['
    text 'One'
    keys Enter
    text 'Tvo'
    keys Enter
    answer_until 'name: Pak Yong - right?'
    text y
    keys Enter
    sees 'other_names: One - right?'
    text y
    keys Enter
    sees 'other_names: Tvo - right?'
    text n
    keys Enter
    sees 'other_names ['
    text 'One'
    keys Enter
    text 'Two'
    keys Enter
    keys Enter
    sees 'other_names: One - right?'
    text y
    keys Enter
    sees 'other_names: Two - right?'
    text y
    keys Enter
    sees 'exit code 0'
    run w "$PASS" --quiet show K-1 --reveal --json
    json 'd["fields"]["name"] == "Pak Yong" and d["fields"]["other_names"] == ["One", "Two"]'
    # Ctrl-C at the last look writes nothing.
    on_terminal "$WITHHELD" add person ref=K-2 name
    sees 'passphrase for'
    text "$OTHER"
    keys Enter
    sees 'name ['
    text 'Kim'
    keys Enter
    sees 'name: Kim - right?'
    keys C-c
    sees 'exit code 130'
    sane
    refused 7 w "$PASS" show K-2
    # From a file nothing is asked.
    run w "$OTHER" add person --from - <<< '{"ref":"K-3","name":"Kim"}'
    [ "$status" = 0 ]
}

@test "a pasted end of line answers no question" {
    new_vault v "$PASS"
    w "$PASS" add person ref=K-12
    on_terminal "$WITHHELD" edit K-12 name residence
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'name ['
    printf 'Choi\nMyung-bok\n' > pasted
    mux load-buffer pasted
    mux paste-buffer -p
    keys Enter
    sees 'residence ['
    text Seoul
    keys Enter
    sees 'exit code 0'
    run w "$PASS" show K-12 --reveal --json
    json 'd["fields"]["name"] == "Choi Myung-bok" and d["fields"]["residence"] == "Seoul"'
}

@test "a field named without a value is asked for, and hidden when withheld" {
    new_vault v "$PASS"
    w "$PASS" add person ref=K-12
    on_terminal "$WITHHELD" edit K-12 notes
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'notes ['
    text 'first line'
    keys C-j
    text 'second'
    keys Tab
    sees 'first line'
    keys Enter
    sees 'exit code 0'
    run w "$PASS" show K-12 --reveal --json
    json 'd["fields"]["notes"] == "first line\nsecond"'
}

@test "stored text cannot steer the terminal" {
    new_vault v "$PASS"
    echo "$PASS" > pass
    printf '{"ref":"K-1","residence":"a\\u202eb\\u200bc"}' | w "$PASS" add person --from -
    on_terminal "$WITHHELD" --passphrase-file pass show K-1
    sees 'exit code 0'
    screen | grep -qF '<U+202E>'
    screen | grep -qF '<U+200B>'
    never_wrote $'\xe2\x80\xae'
    # JSON carries the text whole, and escaped
    run w "$PASS" show K-1 --json
    json 'd["fields"]["residence"] == "a\u202eb\u200bc"'
    [[ $output != *$'\xe2\x80\xae'* ]]
}

@test "colours on a terminal only, and not with NO_COLOR" {
    new_vault v "$PASS"
    echo "$PASS" > pass
    w "$PASS" add person ref=K-1
    on_terminal "$WITHHELD" --passphrase-file pass show K-1
    sees 'exit code 0'
    grep -q $'\033\[1m' wrote
    on_terminal env NO_COLOR=1 "$WITHHELD" --passphrase-file pass show K-1
    sees 'exit code 0'
    never_wrote $'\033\[1m'
    run w "$PASS" show K-1
    [[ $output != *$'\033'* ]]
    run w "$PASS" --color always show K-1
    [[ $output == *$'\033[1m'* ]]
}

@test "search asks for the words, so that no name stands among the arguments" {
    new_vault v "$PASS"
    w "$PASS" add person ref=K-1 residence=Seoul
    on_terminal "$WITHHELD" search
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'search for:'
    text seoul
    keys Enter
    sees 'exit code 0'
    screen | grep -q residence
}

@test "shares are asked for one after the other, and again only for the word that is none" {
    "$WITHHELD" -q shares split --threshold 2 --count 3 --exponent 0 <<< 00112233445566778899aabbccddeeff > shares
    on_terminal "$WITHHELD" shares combine
    sees 'first share'
    text "$(sed -n 1p shares)"
    keys Enter
    sees '1 of the 2 shares that are needed is here; next share'
    text "$(sed -n 1p shares)"
    keys Enter
    sees 'here already; the share again'
    text "$(sed -n 3p shares | sed 's/[a-z]*/zzzzzz/7')"
    keys Enter
    sees 'word 7 is not one of the 1024 words; word 7 again:'
    text "$(sed -n 3p shares | cut -d' ' -f7)"
    keys Enter
    sees 00112233445566778899aabbccddeeff
    sees 'exit code 0'
    sane
    never_wrote "$(sed -n 1p shares | cut -d' ' -f5-7)"
    # An empty answer ends it.
    on_terminal "$WITHHELD" shares combine
    sees 'first share'
    keys Enter
    sees 'exit code 3'
    screen | grep -q 'no share is here'
}

@test "the secret that is split is typed without being shown" {
    on_terminal "$WITHHELD" shares split --threshold 1 --count 1
    sees 'the secret in hexadecimal'
    text 00112233445566778899aabbccddeeff
    keys Enter
    sees 'exit code 0'
    sane
    never_wrote 0011223344
}

@test "arguments cannot be read in the list of processes" {
    new_vault v "$PASS"
    on_terminal "$WITHHELD" add person ref=K-12-visible
    sees 'passphrase for'
    tr '\0' ' ' < "/proc/$(cat pid)/cmdline" > cmdline
    never grep -q visible cmdline
    keys C-c
    sees 'exit code 130'
}

@test "a shell runs commands in one session, and Ctrl-D ends it" {
    new_vault v "$PASS"
    on_terminal "$WITHHELD" shell
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'v.vault> '
    text "add person ref=K-1 residence='Leningrad region'"
    keys Enter
    text 'show K-1'
    keys Enter
    sees 'Leningrad region'
    text 'show nobody'
    keys Enter
    sees 'withheld: '
    prompts_again
    text 'half a li'
    sees 'half a li'
    keys C-c
    prompts_again
    text 'list person'
    sees 'v.vault> list person'
    keys Enter
    prompts_again
    keys C-d
    sees 'exit code 0'
    sane
}

# not_raw: no question is open, the terminal edits lines itself.
not_raw() {
    local tries=0
    until stty -a -F "$(mux display-message -p '#{pane_tty}')" | grep -q ' icanon'; do
        [ $((tries++)) -le 300 ]
        sleep 0.05
    done
}

@test "a shell that is left while a command runs is locked: Ctrl-D counts, and Ctrl-C ends it" {
    new_vault v "$PASS"
    for key in C-d C-c; do
        on_terminal "$WITHHELD" shell
        sees 'passphrase for'
        text "$PASS"
        keys Enter
        sees 'v.vault> '
        # The command reads a line of its own, and is stopped there, so that the keys come first.
        text 'add person --from -'
        keys Enter
        not_raw
        kill -STOP "$(cat pid)"
        text "{\"ref\":\"K-$key\"}"
        keys Enter
        keys $key
        text 'typed ahead'
        sees 'typed ahead'
        kill -CONT "$(cat pid)"
        [ $key = C-c ] || sees 'exit code 0'
        [ $key = C-d ] || sees 'exit code 130'
        sane
    done
    w "$PASS" show K-C-d > shown
    # At the prompt itself only Ctrl-D does, and no Ctrl-Space, with which some change their keyboard.
    on_terminal "$WITHHELD" shell
    sees 'passphrase for'
    keys C-Space
    text "$PASS"
    keys Enter
    sees 'v.vault> '
    keys C-Space
    text 'type list'
    keys Enter
    sees organisation
    prompts_again
    keys C-d
    sees 'exit code 0'
    # Stopped by force, and typed at while another had the terminal.
    on_terminal "$WITHHELD" shell
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'v.vault> '
    kill -STOP "$(cat pid)"
    stty -F "$(mux display-message -p '#{pane_tty}')" icanon echo
    keys C-d
    text 'typed ahead'
    sees 'typed ahead'
    kill -CONT "$(cat pid)"
    sees 'exit code 0'
}

@test "a shell asks for the passphrase again before many names, a dump, a change of keys" {
    new_vault v "$PASS"
    w "$PASS" --quiet add person ref=K-1 --from - <<< '{"name":"Choi Myung-bok"}'
    on_terminal "$WITHHELD" shell --ask-again 0
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'v.vault> '
    # One record, and lists without names, need nothing.
    text 'list person'
    keys Enter
    text 'show K-1 --reveal'
    keys Enter
    sees 'Choi Myung-bok'
    keys C-l
    for line in 'list --reveal' 'dump plain' 'dump plain --reveal' 'key change' 'key add --tier case' 'key remove 0'; do
        mux clear-history
        mux send-keys -R
        text "$line"
        keys Enter
        sees 'your passphrase again'
        text wrong
        keys Enter
        sees 'that is not the passphrase of this session'
        mux send-keys -R
        text 'nonsense'
        keys Enter
        sees 'unknown command'
    done
    # What the line itself says does not get around it.
    text 'list --reveal --no-input'
    keys Enter
    sees 'no-input is set'
    mux send-keys -R
    text 'list --reveal'
    keys Enter
    sees 'your passphrase again'
    text "$PASS"
    keys Enter
    sees 'Choi Myung-bok'
    prompts_again
    keys C-d
    sees 'exit code 0'
    sane
    [ ! -e plain ]
    run w "$PASS" key list
    [ "${#lines[@]}" = 1 ]
}

@test "a passphrase typed just now is enough" {
    new_vault v "$PASS"
    w "$PASS" --quiet add person ref=K-1 --from - <<< '{"name":"Choi Myung-bok"}'
    on_terminal "$WITHHELD" shell
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'v.vault> '
    text 'list --reveal'
    keys Enter
    sees 'Choi Myung-bok'
    prompts_again
    keys C-d
    sees 'exit code 0'
    never_wrote 'passphrase again'
    # Nor is anything asked where no person types the commands.
    run w "$PASS" shell --ask-again 0 <<< 'list --reveal --json'
    [ "$status" = 0 ]
    says 'Choi Myung-bok'
}

@test "a shell locks itself after some time without input" {
    new_vault v "$PASS"
    on_terminal "$WITHHELD" shell --idle 1
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'v.vault> '
    sees 'locked'
    sees 'exit code 0'
    sane
}

@test "a question within a shell does not keep it open either" {
    new_vault v "$PASS"
    on_terminal "$WITHHELD" shell --idle 2
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'v.vault> '
    text 'add person'
    keys Enter
    sees 'locked'
    sees 'exit code 0'
    sane
}

@test "a shell reads commands from standard input" {
    new_vault v "$PASS"
    run w "$PASS" shell <<< $'add person ref="K 1"\nshow "K 1" --json\nexit\nshow nothing'
    [ "$status" = 0 ]
    says '"ref":"K 1"'
}

# ---- shares of a vault: tall enough for a page ----

# The 33 words of the page that is on the screen, in their order, in the file $1.
copy_page() {
    screen | sed '1,/The vault is/d' | grep -oE '[0-9]+ [a-z]{4,8}\b' | sort -n | awk '$1 == n + 1 { print $2; n++ }' > "$1"
    [ "$(wc -l < "$1")" = 33 ]
}

# confirm FILE: answers for the two words that are asked for.
confirm() {
    local asked first second
    asked=$(screen | grep -oE 'words [0-9]+ and [0-9]+' | tail -n 1)
    first=$(echo "$asked" | cut -d' ' -f2)
    second=$(echo "$asked" | cut -d' ' -f4)
    text "$(sed -n "${first}p" "$1" | cut -c 1-4)"
    text "$(sed -n "${second}p" "$1")"
    keys Enter
}

@test "key shares: a screen for each, compared with the paper, and gone; then they open the vault" {
    local set
    new_vault v "$PASS"
    on_terminal "$WITHHELD" key shares --threshold 2 --count 2
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'Share 1 of 2. Any 2 of the 2'
    sees 'Enter when it is written down'
    copy_page one
    keys Enter
    sees 'share 1, from the paper'
    never eval 'screen | grep -q " 5 $(sed -n 5p one)"'
    text 'acid acid'
    keys Enter
    sees 'Enter when it is written down'
    keys Enter
    sees 'that is not what share 1 says'
    sees 'share 1, from the paper'
    confirm one
    sees 'Share 2 of 2'
    sees 'Enter when it is written down'
    copy_page two
    # nothing is changed before the last
    [ "$("$WITHHELD" key list -C v.vault | wc -l)" = 1 ]
    keys Enter
    sees 'share 2, from the paper'
    confirm two
    sees 'exit code 0'
    sane
    [ "$("$WITHHELD" key list -C v.vault | grep -c shares)" = 1 ]
    # neither on the screen nor in the lines that were scrolled away
    mux capture-pane -p -S - > all
    for set in one two; do
        # as they stood there, with their numbers: a word alone may be one of a sentence
        never grep -qE "(^| )($(grep -n . $set | tr : ' ' | paste -sd '|'))" all
    done

    # words are completed; a word that is none is told while it is typed
    on_terminal "$WITHHELD" --slot 1 status
    sees 'first share'
    text "$(head -n 5 one | cut -c 1-4 | tr -d '\n')"
    sees '[5 words]'
    text 'zqxv'
    sees 'word 6 is not in the list'
    keys C-w
    unsees 'not in the list'
    text "$(tail -n +6 one | tr '\n' ' ')"
    sees '[33 words]'
    keys Enter
    sees '1 of the 2 shares that are needed is here; next share'
    # mistyped: it stands there again, to be corrected
    text "$(head -n 32 two | tr '\n' ' ')"
    keys Enter
    sees 'compare with the paper and correct it'
    sees '[32 words]'
    text "$(tail -n 1 two)"
    keys Enter
    sees 'exit code 0'
    screen | grep -q keeper
    sane
    never_wrote "$(sed -n 5p one) $(sed -n 6p one)"
}

@test "key shares stopped halfway changes nothing, and leaves no share on the screen" {
    new_vault v "$PASS"
    sha256sum v.vault/* > before
    on_terminal "$WITHHELD" key shares --threshold 2 --count 3
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'Enter when it is written down'
    copy_page one
    keys Enter
    sees 'from the paper'
    confirm one
    sees 'Share 2 of 3'
    sees 'Enter when it is written down'
    keys C-c
    sees 'exit code 130'
    screen | grep -q 'nothing was changed'
    never eval 'screen | grep -q "Share 2"'
    sane
    sha256sum -c before
}

@test "Ctrl-Z on a share leaves an empty screen, and comes back to it" {
    new_vault v "$PASS"
    new_terminal "exec bash --norc --noprofile -i"
    text "$(printf '%q ' "$WITHHELD" key shares --threshold 2 --count 2)"
    keys Enter
    sees 'passphrase for'
    text "$PASS"
    keys Enter
    sees 'Enter when it is written down'
    keys C-z
    sees 'Stopped'
    never eval 'screen | grep -q "Share 1 of 2"'
    text fg
    keys Enter
    sees 'Share 1 of 2'
    sees 'Enter when it is written down'
    keys C-c
    sees 'nothing was changed'
}

@test "a session that shares opened asks for shares again before new ones are made" {
    new_vault v "$PASS"
    w "$PASS" key shares --threshold 2 --count 2 -o set --accept plain-shares
    on_terminal "$WITHHELD" --slot 1 shell --ask-again 0
    sees 'first share'
    share() { text "$(grep -v '^#' "set/share-$1.txt")"; keys Enter; }
    share 1
    sees 'next share'
    share 2
    sees 'v.vault> '
    text 'key shares --threshold 2 --count 3'
    keys Enter
    sees 'first share'
    share 2
    sees '1 of the 2 shares that are needed is here; next share'
    share 1
    sees 'Share 1 of 3'
    keys C-c
    sees 'nothing was changed'
    text exit
    keys Enter
    sees 'exit code 0'
}
