"""A statement whose hashes are made anew, for what tries the rules behind them: each signature is taken for good.

The keys of its authors would be needed for the signatures; that those are verified, flip_statement.py shows."""
import importlib.util, json

raw = bytes.fromhex


def load(folder):
    """The script that lies in it, believing all signatures, and the statement."""
    spec = importlib.util.spec_from_file_location("check_statement", folder + "/check_statement.py")
    checker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(checker)
    checker.signed = lambda key, message, signature: True
    return checker, json.load(open(folder + "/statement.json", encoding="utf-8"))


def entry(st, hash):
    return next(e for e in st["entries"] if e["hash"] == hash)


def hash_entry(checker, st, e):
    """After a change of it; those that name it follow."""
    old, e["hash"] = e["hash"], checker.labelled("withheld:entry:1", checker.cbor([raw(st["vault"]), raw(e["copy"]), e["number"],
        [raw(p) for p in e["parents"]], e["time"], raw(e["slot"]), raw(e["author"]), [raw(k) for k in e["keepers"]], e["action"],
        raw(e["root"]), e["count"], raw(e["commitment"]), e["keys"][:1] + [raw(k) for k in e["keys"][1:]]])).hex()
    for r in st["history"] + st["authors"] + st["ended"] + st["keepers"]:
        r["entry"] = e["hash"] if r["entry"] == old else r["entry"]


def hash_revision(checker, st, r):
    """After a change of a leaf: of one that is alone in its entry, and that no other builds on."""
    for x in r["leaves"]:
        if "value" in x or "file" in x:
            x["c"] = checker.commitment(x).hex()
    r["leaves"].sort(key=lambda x: checker.cbor([x["field"], raw(x["element"])]))
    r["revision"] = checker.labelled("withheld:revision:1", checker.cbor([raw(r["record"]), raw(r["type"]),
        [raw(p) for p in r["parents"]], r["time"], raw(r["author"]),
        [[x["field"], raw(x["element"]), x["tier"], raw(x["c"])] for x in r["leaves"]]])).hex()
    e = entry(st, r["entry"])
    assert e["count"] == 1
    e["root"] = checker.blake(b"\0" + raw(r["record"]) + raw(r["revision"])).hex()
    hash_entry(checker, st, e)
