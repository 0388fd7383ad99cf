#!/bin/sh
# Compare every #include "..." with the picture of the architecture: includes point down it, or
# stay in their own folder. What differs is printed as file:line.
set -eu
cd "${1:-$(dirname "$0")/..}"

# folder: the folders it may include from. "top" is vault/*.c and vault/*.h: the public interface
# and session.c, the only place where store and keys meet.
picture='
base:
keys: base
store: base
names: base
record: names store keys base
import: record names store keys base
handoff: record names store keys base
release: handoff import record names store keys base
top: release handoff import record names store keys base
'

find vault cli -name '*.[ch]' -exec grep -Hn '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' {} + |
awk -v picture="$picture" '
function folder(path,    part, n) {
    n = split(path, part, "/")
    if (part[1] == "cli") return "cli"
    if (part[1] != "vault") return ""
    return n == 2 ? "top" : part[2]
}
function wrong(why) { print file ":" line ": " why ": " what; bad = 1 }
BEGIN {
    n = split(picture, lines, "\n")
    for (i = 1; i <= n; i++) {
        m = split(lines[i], word, /[: ]+/)
        for (j = 1; j <= m; j++) may[word[1], word[j]] = 1
    }
}
{
    split($0, at, ":"); file = at[1]; line = at[2]
    what = $0; sub(/^[^"]*"/, "", what); sub(/".*/, "", what)
    if (file == "vault/vault.h") what = "vault/" what   # installed elsewhere, it finds base/ beside it
    here = folder(file); there = folder(what)
    if (there == "")
        wrong("not a path from the root of the tree")
    else if (here == "cli" && there != "cli" && what != "vault/vault.h")
        wrong("cli sees vault/vault.h only")
    else if (file == "vault/vault.h" && there != "base")
        wrong("the public header may include base only")
    else if (here != "cli" && !((here, there) in may))
        wrong(here " must not include " there)
}
END { exit bad }'
