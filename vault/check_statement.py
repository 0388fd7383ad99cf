#!/usr/bin/env python3
"""Checks a statement of one record from a vault of `withheld`. Needs Python 3.8 and nothing else.

    python3 check_statement.py [FOLDER [FILE...]]

Recomputes everything in FOLDER/statement.json, tells what it found, and for each FILE whether it is an attachment of the
record. Ends with 0 only if all of it holds. README.txt says what that proves, and what it does not.
"""
import base64, hashlib, json, sys, time

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def need(holds, what):
    if not holds:
        raise ValueError(what)


# Ed25519 (RFC 8032): points as (X, Y, Z, T)
def add(a, b):
    m, n = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    c, d = 2 * a[3] * b[3] * D, 2 * a[2] * b[2]
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(k, a):
    total = (0, 1, 1, 0)
    for bit in bin(k)[2:]:
        total = add(total, total)
        total = add(total, a) if bit == "1" else total
    return total


def point(b):
    y = int.from_bytes(b, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x2 = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(x2, (P + 3) // 8, P)
    x = x if x * x % P == x2 else x * pow(2, (P - 1) // 4, P) % P
    need(y < P and x * x % P == x2 and (x or not sign), "a key is not a key")
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def signed(key, message, signature):
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = times(s, BASE), add(r, times(h, a))
    same = all((left[i] * right[2] - right[i] * left[2]) % P == 0 for i in (0, 1))
    return len(signature) == 64 and s < L and times(8, a)[0] % P != 0 and same


BASE = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


# Hashes and CBOR, as docs/format.md of withheld has them
def blake(x, size=32):
    return hashlib.blake2b(x, digest_size=size).digest()


def labelled(label, x):
    return blake(label.encode() + b"\0" + x)


def cbor(x):
    def head(kind, n):
        size = next(i for i, most in enumerate((24, 1 << 8, 1 << 16, 1 << 32, 1 << 64)) if n < most)
        return bytes([kind << 5 | (n if size == 0 else 23 + size)]) + (n.to_bytes(1 << size - 1, "big") if size else b"")
    if isinstance(x, bool):
        return b"\xf5" if x else b"\xf4"
    if isinstance(x, int):
        return head(0, x) if x >= 0 else head(1, -1 - x)
    if isinstance(x, (bytes, str)):
        b = x.encode() if isinstance(x, str) else x
        return head(3 if isinstance(x, str) else 2, len(b)) + b
    if isinstance(x, dict):
        return head(5, len(x)) + b"".join(k + v for k, v in sorted((cbor(k), cbor(v)) for k, v in x.items()))
    return head(4, len(x)) + b"".join(map(cbor, x))


def raw(text, size=None):
    b = bytes.fromhex(text)
    need(b.hex() == text and size in (None, len(b)), "a number has a wrong form")
    return b


def value_of(x, salt):
    """The value as it was committed to, and the salt that belongs to it."""
    if not isinstance(x, dict):
        return x, salt
    if "bytes" in x:
        return raw(x["bytes"]), salt
    if "sha256" in x:
        hidden = blake(salt + cbor([x["type"], x["name"]]))
        return [raw(x["sha256"], 32), x["size"], hidden], labelled("withheld:file-salt:1", salt)
    value, salt = value_of(x["value"], salt)
    also = [(1, raw(x["source"], 16) if "source" in x else None), (2, x.get("as_of")), (3, x.get("certainty"))]
    return {0: value, **{k: v for k, v in also if v is not None}}, salt


def commitment(leaf):
    if "file" in leaf:      # a withheld attachment: hash and size, without its name
        f = leaf["file"]
        value, salt = [raw(f["sha256"], 32), f["size"], raw(f["h"], 32)], raw(leaf["s2"], 32)
    else:
        value, salt = value_of(leaf["value"], raw(leaf["salt"], 32))
    return blake(salt + cbor([leaf["field"], raw(leaf["element"]), value]))


def root(node, i, n, path):
    """RFC 6962: the root of a tree of n leaves, from its leaf i and the audit path."""
    if n == 1:
        need(i == 0 and not path, "an audit path has a wrong length")
        return node
    k = 1 << (n - 1).bit_length() - 1
    need(0 <= i < n and path, "an audit path has a wrong length")
    if i < k:
        return blake(b"\1" + root(node, i, k, path[:-1]) + path[-1])
    return blake(b"\1" + path[-1] + root(node, i - k, n - k, path[:-1]))


# The parts of a statement
def check_entry(st, e):
    keepers = [raw(k, 32) for k in e["keepers"]]
    keys = e["keys"][:1] + [raw(k, 32) for k in e["keys"][1:]]
    hashed = labelled("withheld:entry:1", cbor([raw(st["vault"], 16), raw(e["copy"], 16), e["number"],
        [raw(p, 32) for p in e["parents"]], e["time"], raw(e["slot"], 8), raw(e["author"], 32), keepers, e["action"],
        raw(e["root"], 32), e["count"], raw(e["commitment"], 32), keys]))
    need(hashed == raw(e["hash"]), "a log entry was changed")
    need(len(e["signatures"]) == 1 + len(keepers), "a log entry lacks a signature")
    for key, signature in zip([raw(e["author"]), *keepers], e["signatures"]):
        need(signed(key, b"withheld:sign:entry:1\0" + hashed, raw(signature)), "a signature in the log is not valid")


def check_revision(entries, r):
    order = [cbor([x["field"], raw(x["element"])]) for x in r["leaves"]]
    need(order == sorted(set(order)) and r["parents"] == sorted(set(r["parents"])), "a revision is out of order")
    for x in r["leaves"]:
        if "value" in x or "file" in x:
            need(commitment(x) == raw(x["c"]), "a value is not the one that was signed: " + x["field"])
    ident = labelled("withheld:revision:1", cbor([raw(r["record"], 16), raw(r["type"], 32),
        [raw(p, 32) for p in r["parents"]], r["time"], raw(r["author"], 32),
        [[x["field"], raw(x["element"]), x["tier"], raw(x["c"], 32)] for x in r["leaves"]]]))
    need(ident == raw(r["revision"]), "a revision was changed")
    e = entries[r["entry"]]
    need(r["author"] == e["author"], "a revision is not by the signer of its log entry")
    path = [raw(p, 32) for p in r["path"]]
    need(root(blake(b"\0" + raw(r["record"]) + ident), r["index"], e["count"], path) == raw(e["root"]),
        "a revision is not in its log entry")
    return e


def field(r, name):
    x = next(x for x in r["leaves"] if x["field"] == name)["value"]
    return raw(x["bytes"]) if isinstance(x, dict) else x


def check_slot(entries, keepers, r):
    """A revision of a slot, which a keeper signed. Returns the number of its entry."""
    e = check_revision(entries, r)
    need(r["record"] == "0002" + r["record"][4:20] + 12 * "0", "a slot is not a slot")
    need(e["keepers"] and all(raw(k) in keepers for k in e["keepers"]), "a slot was registered or ended without the keeper")
    return e["number"]


def check(st):
    """Everything but the signature of the file. Returns the keeper's key, and who may sign through which slot."""
    need(st["format"] == "withheld-statement/1" and st["times"] == "times are this computer's own", "another format")
    number = int.from_bytes(raw(st["record"], 16), "big") << 2
    need(st["code"] == "".join(ALPHABET[number >> 5 * i & 31] for i in range(25, -1, -1)), "the code is not the record's")
    entries = {e["hash"]: e for e in st["entries"]}
    need(len(entries) == len(st["entries"]), "a log entry stands twice")
    for e in st["entries"]:
        check_entry(st, e)
    keepers = []
    for r in st["keepers"]:
        e, card = check_revision(entries, r), field(r, "card")
        key, body = card[21:53], b"\x86" + card[1:-66]
        need(r["record"] == "0003" + 28 * "0" and card[:19] == b"\x87\x01\x50" + raw(st["vault"]) and signed(key,
            b"withheld:sign:card:1\0" + labelled("withheld:card-body:1", body), card[-64:]), "a keeper's card is not valid")
        need(e["keepers"] == [k.hex() for k in [*keepers[-1:], key]], "a keeper key does not follow from the one before")
        keepers.append(key)
    may_sign, since, until = {}, {}, {}     # numbers of entries
    for r in st["authors"]:
        number, slot, author = check_slot(entries, keepers, r), r["record"][4:20], field(r, "author").hex()
        need(field(r, "state") == "active", "a slot is not registered")
        need((slot, author) not in may_sign, "a slot stands twice")
        may_sign[slot, author] = "slot %d (%s)" % (field(r, "index"), {1: "case", 2: "keeper"}[field(r, "tier")])
        since[slot, author] = number
    ended = [(r["record"][4:20], check_slot(entries, keepers, r)) for r in st["ended"]]
    replaced = {(s, n) for (s, _), n in since.items() if any(t == s and m < n for (t, _), m in since.items())}
    need(len(set(ended)) == len(ended) and replaced <= set(ended) and {s for s, _ in ended} <= {s for s, _ in since},
        "the end of a registration is missing, or belongs to none")
    for slot, number in ended:      # retired, or another author has the slot from here on
        until.update((a, min(number, until.get(a, number))) for a in since if a[0] == slot and since[a] < number)

    def may(e):
        a = e["slot"], e["author"]
        return a in since and since[a] <= e["number"] <= until.get(a, e["number"])

    known = {}
    need(st["history"], "there is no history")
    for r in st["history"]:
        e = check_revision(entries, r)
        need(r["record"] == st["record"], "a revision is of another record")
        need(may(e), "a revision is by somebody whom no keeper had registered then")
        need(r["revision"] not in known and all(p in known and known[p] <= e["number"] for p in r["parents"]),
            "an earlier revision is missing or later, or one stands twice")
        known[r["revision"]] = e["number"]
    e = entries[st["head"]]
    need(may(e) and keepers and e["keepers"] == [keepers[-1].hex()]
        and e["action"] == "statement", "no keeper made this statement")
    used = {st["head"], *(r["entry"] for r in st["history"] + st["authors"] + st["ended"] + st["keepers"])}
    need(all(e["number"] <= entries[st["head"]]["number"] for e in st["entries"]), "an entry is later than the statement")
    need(used == set(entries), "there is a log entry that nothing belongs to")
    return keepers[-1], may_sign


def check_signature(content, signature, public):
    """minisign's prehashed kind. Returns the key."""
    lines, key = signature.decode().split("\n"), base64.b64decode(public.decode().split("\n")[1], validate=True)
    box, last = (base64.b64decode(lines[i], validate=True) for i in (1, 3))
    comment = lines[2][len("trusted comment: "):].encode()
    need(key[:2] == b"Ed" and box[:2] == b"ED" and key[2:10] == box[2:10] and len(key) == 42, "not such a signature")
    need(signed(key[10:], blake(content, 64), box[10:]), "statement.json is not what was signed")
    need(lines[2].startswith("trusted comment: ") and signed(key[10:], box[10:] + comment, last), "the comment was changed")
    return key[10:]


def once(pairs):
    need(len(dict(pairs)) == len(pairs), "a name stands twice in one object")
    return dict(pairs)


def shown(x):
    text = x if isinstance(x, str) else json.dumps(x, ensure_ascii=False)
    return "".join(c if c.isprintable() else "\\u%04x" % ord(c) for c in text)


def when(seconds):
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def tell(st, may_sign, files):
    entries, followed = {e["hash"]: e for e in st["entries"]}, {p for r in st["history"] for p in r["parents"]}
    print("record %s of vault %s" % (st["code"], st["vault"]))
    for r in st["history"]:
        e = entries[r["entry"]]
        print("\n%s  %s  %s  (revision %s, log entry %d%s)" % (when(r["time"]), may_sign[e["slot"], e["author"]],
            shown(e["action"]), r["revision"][:16], e["number"], "" if r["revision"] in followed else ", newest"))
        for x in r["leaves"]:
            left = "withheld: not in this statement" if x["tier"] == 2 else "not in this statement"
            print("    %s: %s" % (x["field"], shown(x["value"]) if "value" in x else
                "withheld file, %d bytes, SHA-256 %s" % (x["file"]["size"], x["file"]["sha256"]) if "file" in x else left))
    for name in files:
        with open(name, "rb") as f:
            found = hashlib.sha256(f.read()).hexdigest()
        text = '"%s"' % found
        where = [r["revision"][:16] for r in st["history"] for x in r["leaves"]
            if text in json.dumps(x.get("file", x.get("value", "")))]
        print("\n%s: %s" % (shown(name), "attached in revision " + ", ".join(where) if where else "NOT attached to this record"))
    e = entries[st["head"]]
    print("\nmade %s with log entry %d, %s" % (when(e["time"]), e["number"], st["head"]))


def main(folder=".", *files):
    read = lambda name: open(folder + "/" + name, "rb").read()
    try:
        content = read("statement.json")
        key = check_signature(content, read("statement.json.minisig"), read("keeper.pub"))
        st = json.loads(content.decode(), object_pairs_hook=once)
        keeper, may_sign = check(st)
        need(keeper == key, "keeper.pub is not the key of the vault's keeper")
    except Exception as e:      # whatever it is: it does not hold
        sys.exit("NOT VALID: %s" % shown(str(e) or type(e).__name__))
    tell(st, may_sign, files)
    print("\nVALID: all of this holds, under the keeper's key\n    %s\nAsk its owner, by another way, whether it is his. "
        "Times are the office's own computer's." % read("keeper.pub").decode().split("\n")[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
