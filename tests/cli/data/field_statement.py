"""Gives a field of a statement a name that no vault gives, all hashes right and each signature taken for good.

    field_statement.py FOLDER

Names may not reach a terminal that would do what they say: move to another line, paint over what was printed."""
import copy, io, json, sys
from contextlib import redirect_stdout
import remade

folder = sys.argv[1]
checker, statement = remade.load(folder)


def told(name):
    """What is printed, and how it ends, with the last revision's newest open field under this name."""
    st = copy.deepcopy(statement)
    next(x for x in st["history"][-1]["leaves"] if x["field"] == "residence")["field"] = name
    remade.hash_revision(checker, st, st["history"][-1])
    with open(folder + "/statement.json", "w", encoding="utf-8") as f:
        json.dump(st, f)
    printed = io.StringIO()
    with redirect_stdout(printed):
        try:
            checker.main(folder)
        except SystemExit as end:
            return printed.getvalue(), str(end)
    return printed.getvalue(), None


for name in ("residence", "a", "town_2", "_removed", "a" * 32):
    printed, end = told(name)
    assert end is None and "    %s: " % name in printed and "\nVALID" in printed, (name, end)
for name in ("town\rname: forged", "town\x1b[2J\x1b[H", "town\x9b2J", "town\nVALID: all of this holds", "town\n", "\u202enwot", "town\u2028",
        "town hall", "Town", "st\u00e4dt", "2town", "_town", "__removed", "a" * 33, ""):
    printed, end = told(name)
    assert printed == "" and end is not None and end.startswith("NOT VALID: ") and end.isprintable(), (name, printed[-300:], end)
# Were one to get by, it is escaped.
checker.check_field = lambda name: None
printed, end = told("town\x1b[2J\rname: forged\n")
assert end is None and "\\u001b[2J\\u000dname: forged\\u000a: " in printed, (printed, end)
assert all(c.isprintable() or c == "\n" for c in printed)
