"""Changes one thing after another in a statement, and adds to it, signed anew each time by somebody else's key: none may hold.

    flip_statement.py FOLDER

The signature of the file, which would catch everything, is left out: what is tried is the content."""
import copy, functools, importlib.util, json, sys

folder = sys.argv[1]
spec = importlib.util.spec_from_file_location("check_statement", folder + "/check_statement.py")
checker = importlib.util.module_from_spec(spec)
spec.loader.exec_module(checker)
checker.signed = functools.lru_cache(None)(checker.signed)
statement = json.load(open(folder + "/statement.json", encoding="utf-8"))
checker.check(statement)

# Where the order of a list says nothing.
FREE = {"entries", "authors", "ended"}


def places(x, path=()):
    yield path, x
    for key, part in x.items() if isinstance(x, dict) else enumerate(x) if isinstance(x, list) else ():
        yield from places(part, (*path, key))


# Names that are put into each object that has none such, among them those under which the script finds a value or a file.
ADDED = {"also": "unsigned", "value": "unsigned", "salt": 64 * "0", "file": {"sha256": 64 * "0", "size": 1, "h": 64 * "0"},
    "s2": 64 * "0", "sha256": 64 * "0", "bytes": "00", "name": "unsigned", "certainty": "unsigned", "origin": {}}


def changes(path, x):
    if isinstance(x, bool):
        yield not x
    elif isinstance(x, int):
        yield from (x + 1, x - 1, -x - 1)
    elif isinstance(x, str):
        last = "1" if x.endswith("0") else "0"
        yield from (x[:-1] + last, x + "0", x.upper() if x.upper() != x else x + "X", "")
    elif isinstance(x, dict):
        for key in x:
            yield {k: v for k, v in x.items() if k != key}
        for key in ADDED.keys() - x.keys():
            yield {**x, key: ADDED[key]}
    elif x:
        yield from (x[:-1], x[1:], x + x[-1:])
        if len(x) > 1 and path[-1] not in FREE and x[0] != x[1]:
            yield x[1::-1] + x[2:]
        if all(isinstance(part, str) for part in x):
            yield {part: "unsigned" for part in x}


def put(path, new):
    if not path:
        return new
    other = copy.deepcopy(statement)
    at = other
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = new
    return other


tried, passed = 0, []
for path, x in places(statement):
    for new in changes(path, x):
        if new == x:
            continue
        tried += 1
        try:
            checker.check(put(path, new))
        except Exception:
            continue
        passed.append((path, x, new))
# A value may be taken away whole: it is then left out, as any may be.
for path, x in places(statement["history"]):
    if isinstance(x, dict) and "c" in x:
        checker.check(put(("history", *path), {k: x[k] for k in ("field", "element", "tier", "c")}))
for path, x, new in passed[:20]:
    if isinstance(x, dict):
        x, new = sorted(x), sorted(new)
    print("passed:", "/".join(map(str, path)), repr(x)[:120], "->", repr(new)[:120])
print("tried", tried)
sys.exit(1 if passed or tried < 300 else 0)
