"""Puts an entry of a caseworker's before his registration and behind its end, all hashes right and each signature taken for good.

    late_statement.py FOLDER

The keys of the statement's authors would be needed for the signatures; that those are verified, flip_statement.py shows."""
import copy, importlib.util, json, sys

folder = sys.argv[1]
spec = importlib.util.spec_from_file_location("check_statement", folder + "/check_statement.py")
checker = importlib.util.module_from_spec(spec)
spec.loader.exec_module(checker)
checker.signed = lambda key, message, signature: True
statement = json.load(open(folder + "/statement.json", encoding="utf-8"))


def entry(st, hash):
    return next(e for e in st["entries"] if e["hash"] == hash)


def holds(hash, number):
    st = copy.deepcopy(statement)
    e = entry(st, hash)
    e["number"] = number
    raw = bytes.fromhex
    e["hash"] = checker.labelled("withheld:entry:1", checker.cbor([raw(st["vault"]), raw(e["copy"]), number,
        [raw(p) for p in e["parents"]], e["time"], raw(e["slot"]), raw(e["author"]), [raw(k) for k in e["keepers"]], e["action"],
        raw(e["root"]), e["count"], raw(e["commitment"]), e["keys"][:1] + [raw(k) for k in e["keys"][1:]]])).hex()
    for r in st["history"] + st["authors"] + st.get("ended", []) + st["keepers"]:
        r["entry"] = e["hash"] if r["entry"] == hash else r["entry"]
    try:
        checker.check(st)
    except ValueError as error:
        return str(error)
    return None


last = statement["history"][-1]
of = entry(statement, last["entry"])
slot = lambda name, state: next(entry(statement, r["entry"])["number"] for r in statement[name]
    if r["record"][4:20] == of["slot"] and checker.field(r, "state") == state)
began = slot("authors", "active")
assert holds(of["hash"], of["number"]) is None
before = holds(of["hash"], began - 1)
assert before and "registered then" in before, before
assert holds(of["hash"], began + 1) is None or "earlier revision" in holds(of["hash"], began + 1)
ended = slot("ended", "retired")
behind = holds(of["hash"], ended + 1)
assert holds(of["hash"], ended) is None, holds(of["hash"], ended)
assert behind and "registered then" in behind, behind
