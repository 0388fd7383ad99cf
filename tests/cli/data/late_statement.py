"""Puts an entry of a caseworker's before his registration and behind its end, all hashes right and each signature taken for good.

    late_statement.py FOLDER"""
import copy, sys
from remade import entry, hash_entry, load

checker, statement = load(sys.argv[1])


def holds(hash, number):
    st = copy.deepcopy(statement)
    e = entry(st, hash)
    e["number"] = number
    hash_entry(checker, st, e)
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
