"""Do the statements of two offices about one record agree in everything that both tell?

    same_statement.py FOLDER FOLDER"""
import json, sys

one, two = (json.load(open(f + "/statement.json", encoding="utf-8")) for f in sys.argv[1:])
assert one["vault"] != two["vault"]
assert (one["record"], one["code"]) == (two["record"], two["code"])
a, b = ({r["revision"]: r for r in st["history"]} for st in (one, two))
assert a.keys() == b.keys(), (a.keys() ^ b.keys())


def written(st, r):
    """Where it was written: vault, entry, and its place in that."""
    if "origin" in r:
        o = r["origin"]
        return st["origins"][o["number"]]["vault"], o["entry"], o["index"], o["path"]
    return st["vault"], r["entry"], r["index"], r["path"]


elsewhere = 0
for ident in a:
    x, y = a[ident], b[ident]
    for name in ("record", "type", "parents", "time", "author"):
        assert x[name] == y[name], (ident, name)
    assert written(one, x) == written(two, y), ident
    assert ("origin" in x) != ("origin" in y), ident
    elsewhere += "origin" in x or "origin" in y
    assert len(x["leaves"]) == len(y["leaves"])
    for k, m in zip(x["leaves"], y["leaves"]):
        for name in k.keys() & m.keys():
            assert k[name] == m[name], (ident, k["field"], name)
assert elsewhere == len(a) and elsewhere

# The entries of a log that both tell are the same to the byte.
entries = lambda st: {(log["vault"], e["hash"]): e for log in [st, *st["origins"]] for e in log["entries"]}
x, y = entries(one), entries(two)
assert x.keys() & y.keys() and all(x[k] == y[k] for k in x.keys() & y.keys())
