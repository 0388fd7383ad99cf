#!/usr/bin/env python3
"""Checks a statement of one record from a vault of `withheld`. Needs Python 3.8 and nothing else.

    python3 check_statement.py [FOLDER [FILE...]]

Recomputes everything in FOLDER/statement.json, tells what it found, and for each FILE whether it is an attachment of the
record. Ends with 0 only if all of it holds. README.txt says what that proves, and what it does not.
"""
import base64, hashlib, json, re, sys, time

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


def raws(texts, size):
    need(isinstance(texts, list), "a list is none")
    return [raw(t, size) for t in texts]


def exact(x, *forms):
    """Has it the names of one of these forms? Others no hash covers: nobody signed what they say."""
    need(isinstance(x, dict) and set(x) in [set(form.split()) for form in forms],
        "a name is missing, or one is there that nobody signed")


def bare_value(x, salt):
    if isinstance(x, (str, int)):
        return x, salt
    exact(x, "bytes", "sha256 size type name")
    if "bytes" in x:
        return raw(x["bytes"]), salt
    hidden = blake(salt + cbor([x["type"], x["name"]]))
    return [raw(x["sha256"], 32), x["size"], hidden], labelled("withheld:file-salt:1", salt)


def value_of(x, salt):
    """The value as it was committed to, and the salt that belongs to it."""
    if not isinstance(x, dict) or "value" not in x:
        return bare_value(x, salt)
    said = [(k, name) for k, name in enumerate(("source", "as_of", "certainty"), 1) if name in x]
    need(said, "a value has a wrong form")
    exact(x, "value " + " ".join(name for _, name in said))
    value, salt = bare_value(x["value"], salt)
    return {0: value, **{k: raw(x[name], 16) if k == 1 else x[name] for k, name in said}}, salt


def commitment(leaf):
    if "file" in leaf:      # a withheld attachment: hash and size, without its name
        f = leaf["file"]
        exact(f, "sha256 size h")
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
LOG = "vault authors ended keepers entries"
ENTRY = "hash copy number parents time slot author keepers action root count commitment keys signatures"
REVISION = "record revision type parents time author leaves entry index path"
LEAF = "field element tier c"


def check_entry(vault, e):
    exact(e, ENTRY)
    keepers = raws(e["keepers"], 32)
    keys = e["keys"][:1] + raws(e["keys"][1:], 32)
    hashed = labelled("withheld:entry:1", cbor([raw(vault, 16), raw(e["copy"], 16), e["number"],
        raws(e["parents"], 32), e["time"], raw(e["slot"], 8), raw(e["author"], 32), keepers, e["action"],
        raw(e["root"], 32), e["count"], raw(e["commitment"], 32), keys]))
    need(hashed == raw(e["hash"]), "a log entry was changed")
    need(len(e["signatures"]) == 1 + len(keepers), "a log entry lacks a signature")
    for key, signature in zip([raw(e["author"]), *keepers], raws(e["signatures"], 64)):
        need(signed(key, b"withheld:sign:entry:1\0" + hashed, signature), "a signature in the log is not valid")


def check_field(name):
    """Has it a name that a vault gives? Others could be written to fool whoever reads them."""
    need(re.fullmatch("_removed|[a-z][a-z0-9_]{0,31}", name), "a field has a name that no vault gives")


def check_content(r):
    exact(r, REVISION, REVISION + " origin")
    order = [cbor([x["field"], raw(x["element"])]) for x in r["leaves"]]
    need(order == sorted(set(order)) and r["parents"] == sorted(set(r["parents"])), "a revision is out of order")
    for x in r["leaves"]:
        exact(x, LEAF, LEAF + " salt value", LEAF + " s2 file")
        check_field(x["field"])
        if len(x) > 4:
            need(commitment(x) == raw(x["c"]), "a value is not the one that was signed: " + x["field"])
    ident = labelled("withheld:revision:1", cbor([raw(r["record"], 16), raw(r["type"], 32),
        raws(r["parents"], 32), r["time"], raw(r["author"], 32),
        [[x["field"], raw(x["element"]), x["tier"], raw(x["c"], 32)] for x in r["leaves"]]]))
    need(ident == raw(r["revision"]), "a revision was changed")


def field(r, name):
    x = next(x for x in r["leaves"] if x["field"] == name)["value"]
    return raw(x["bytes"]) if isinstance(x, dict) else x


class Log:
    """What is told of the log of one vault: entries, cards, and who might sign when."""

    def __init__(self, told):
        self.vault, self.used = told["vault"], set()
        self.entries = {e["hash"]: e for e in told["entries"]}
        need(len(self.entries) == len(told["entries"]), "a log entry stands twice")
        for e in told["entries"]:
            check_entry(self.vault, e)
        self.keepers, self.cards = [], []
        for r in told["keepers"]:
            self.check_card(r)
        self.check_slots(told)

    def entry(self, r, place):
        """The entry that added this revision, and says so."""
        e, path = self.entries[place["entry"]], raws(place["path"], 32)
        need(root(blake(b"\0" + raw(r["record"]) + raw(r["revision"])), place["index"], e["count"], path) == raw(e["root"]),
            "a revision is not in its log entry")
        self.used.add(e["hash"])
        return e

    def written(self, r):
        """The same of a revision that was written in this vault."""
        check_content(r)
        e = self.entry(r, r)
        need(r["author"] == e["author"] and "origin" not in r, "a revision is not by the signer of its log entry")
        return e

    def check_card(self, r):
        e, card = self.written(r), field(r, "card")
        key, body = card[21:53], b"\x86" + card[1:-66]
        need(r["record"] == "0003" + 28 * "0" and card[:19] == b"\x87\x01\x50" + raw(self.vault) and signed(key,
            b"withheld:sign:card:1\0" + labelled("withheld:card-body:1", body), card[-64:]), "a keeper's card is not valid")
        need(e["keepers"] == [k.hex() for k in [*self.keepers[-1:], key]], "a keeper key does not follow from the one before")
        self.keepers.append(key)
        self.cards.append(labelled("withheld:card:1", card).hex())

    def check_slot(self, r):
        """A revision of a slot, which a keeper signed. Returns the number of its entry."""
        e = self.written(r)
        need(r["record"] == "0002" + r["record"][4:20] + 12 * "0", "a slot is not a slot")
        need(e["keepers"] and all(raw(k) in self.keepers for k in e["keepers"]),
            "a slot was registered or ended without the keeper")
        return e["number"]

    def check_slots(self, told):
        self.name, self.since, self.until = {}, {}, {}     # the last two: numbers of entries
        for r in told["authors"]:
            number, slot, author = self.check_slot(r), r["record"][4:20], field(r, "author").hex()
            need(field(r, "state") == "active", "a slot is not registered")
            need((slot, author) not in self.since, "a slot stands twice")
            self.name[slot, author] = "slot %d (%s)" % (field(r, "index"), {1: "case", 2: "keeper"}[field(r, "tier")])
            self.since[slot, author] = number
        since, ended = self.since, [(r["record"][4:20], self.check_slot(r)) for r in told["ended"]]
        replaced = {(s, n) for (s, _), n in since.items() if any(t == s and m < n for (t, _), m in since.items())}
        need(len(set(ended)) == len(ended) and replaced <= set(ended) and {s for s, _ in ended} <= {s for s, _ in since},
            "the end of a registration is missing, or belongs to none")
        for slot, number in ended:      # retired, or another author has the slot from here on
            self.until.update((a, min(number, self.until.get(a, number))) for a in since if a[0] == slot and since[a] < number)

    def may(self, e):
        a = e["slot"], e["author"]
        return a in self.since and self.since[a] <= e["number"] <= self.until.get(a, e["number"])


def check(st):
    """Everything but the signature of the file. Returns the logs: the vault's own, and those of origin."""
    exact(st, LOG + " format times record code head history origins")
    for log in st["origins"]:
        exact(log, LOG)
    need(st["format"] == "withheld-statement/1" and st["times"] == "times are this computer's own", "another format")
    number = int.from_bytes(raw(st["record"], 16), "big") << 2
    need(st["code"] == "".join(ALPHABET[number >> 5 * i & 31] for i in range(25, -1, -1)), "the code is not the record's")
    own, origins, known, used = Log(st), [Log(o) for o in st["origins"]], {}, set()
    need(st["history"], "there is no history")
    for r in st["history"]:
        check_content(r)
        e = own.entry(r, r)
        need(r["record"] == st["record"], "a revision is of another record")
        need(own.may(e), "a revision is by somebody whom no keeper had registered then")
        numbers = {own.vault: e["number"]}      # in each log that has it
        if "origin" in r:
            need(e["action"] == "receive", "a revision from elsewhere was not received")
            exact(r["origin"], "number entry index path")
            need(r["origin"]["number"] >= 0, "an origin is none")
            log = origins[r["origin"]["number"]]
            e = log.entry(r, r["origin"])
            need(log.may(e), "a revision is by somebody whom no keeper had registered where it comes from")
            need(log.vault != own.vault, "a revision from elsewhere is of this vault")
            numbers[log.vault] = e["number"]
            used.add(r["origin"]["number"])
        need(r["author"] == e["author"], "a revision is not by the signer of its log entry")
        need(r["revision"] not in known and all(p in known and all(known[p].get(v, n) <= n for v, n in numbers.items())
            for p in r["parents"]), "an earlier revision is missing or later, or one stands twice")
        known[r["revision"]] = numbers
    e = own.entries[st["head"]]
    need(own.may(e) and own.keepers and e["keepers"] == [own.keepers[-1].hex()]
        and e["action"] == "statement", "no keeper made this statement")
    own.used.add(st["head"])
    need(all(x["number"] <= e["number"] for x in st["entries"]), "an entry is later than the statement")
    need(all(log.used == set(log.entries) for log in [own, *origins]), "there is a log entry that nothing belongs to")
    need(used == set(range(len(origins))) and all(log.cards for log in origins), "an origin belongs to no revision, or has no card")
    for a in origins:
        need(all(x == y for b in origins if a.vault == b.vault for x, y in zip(a.cards, b.cards)), "one vault has two first cards")
    return own, origins


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


def file_hash(leaf):
    """Of an attachment. A hash that stands in a text, or in a name, attaches nothing."""
    x = leaf.get("file", leaf.get("value"))
    x = x["value"] if isinstance(x, dict) and "value" in x else x
    return x.get("sha256") if isinstance(x, dict) else None


def when(seconds):
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))


def tell(st, own, origins, files):
    entries, followed = own.entries, {p for r in st["history"] for p in r["parents"]}
    print("record %s of vault %s\n    fingerprint of its card: %s" % (st["code"], st["vault"], own.cards[-1]))
    for vault, card in dict((log.vault, log.cards[-1]) for log in sorted(origins, key=lambda log: len(log.cards))).items():
        print("some revisions were written in vault %s\n    fingerprint of its card: %s" % (vault, card))
    for r in st["history"]:
        e, log, place = entries[r["entry"]], own, ""
        if "origin" in r:
            place = " of vault %s, here %d" % (origins[r["origin"]["number"]].vault[:8], e["number"])
            log = origins[r["origin"]["number"]]
            e = log.entries[r["origin"]["entry"]]
        print("\n%s  %s  %s  (revision %s, log entry %d%s%s)" % (when(r["time"]), log.name[e["slot"], e["author"]],
            shown(e["action"]), r["revision"][:16], e["number"], place, "" if r["revision"] in followed else ", newest"))
        for x in r["leaves"]:
            left = "withheld: not in this statement" if x["tier"] == 2 else "not in this statement"
            print("    %s: %s" % (shown(x["field"]), shown(x["value"]) if "value" in x else
                "withheld file, %d bytes, SHA-256 %s" % (x["file"]["size"], x["file"]["sha256"]) if "file" in x else left))
    for name in files:
        with open(name, "rb") as f:
            found = hashlib.sha256(f.read()).hexdigest()
        where = [r["revision"][:16] for r in st["history"] for x in r["leaves"] if file_hash(x) == found]
        print("\n%s: %s" % (shown(name), "attached in revision " + ", ".join(where) if where else "NOT attached to this record"))
    e = entries[st["head"]]
    print("\nmade %s with log entry %d, %s" % (when(e["time"]), e["number"], st["head"]))


def main(folder=".", *files):
    read = lambda name: open(folder + "/" + name, "rb").read()
    try:
        content = read("statement.json")
        key = check_signature(content, read("statement.json.minisig"), read("keeper.pub"))
        st = json.loads(content.decode(), object_pairs_hook=once)
        own, origins = check(st)
        need(own.keepers[-1] == key, "keeper.pub is not the key of the vault's keeper")
    except Exception as e:      # whatever it is: it does not hold
        sys.exit("NOT VALID: %s" % shown(str(e) or type(e).__name__))
    tell(st, own, origins, files)
    print("\nVALID: all of this holds, under the keeper's key\n    %s\nAsk its owner, by another way, whether it is his. "
        "Times are the office's own computer's." % read("keeper.pub").decode().split("\n")[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
