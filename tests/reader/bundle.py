#!/usr/bin/python3
"""bundle.py read PLAIN [DICTIONARY]: the plaintext of a bundle or receipt, from docs/format.md sections 25 and 26 alone. Verifies it, and prints what
it tells as JSON. With a dictionary (a name a line) it also tries every name on every leaf whose value is not told, as somebody would who guesses.

bundle.py forge WHAT PLAIN SENDER.vault OUT: one wrong thing in a bundle that is right otherwise, signed anew with the keys of the sender, whose
passphrase is the first line of standard input. bundle.py forge --list: what there is, and a word of the sentence that refuses it.
"""

import json
import os
import sys
import time

sys.dont_write_bytecode = True

import nacl.bindings

from keys import Given, open_keys, parse_card, prepare_passphrase
from evidence import Evidence, Told
from primitives import Damage, H, ascending, blake2b, decode, decode_as, ed25519_public, encode, signed_by
from records import padme

MAGIC = b"withheld-handoff"
TYPE, EVIDENCE, REVISION, TOMBSTONE, FILE, PIECE, MANIFEST, SIGNATURES, COPY_KEY, COPY_ROW = range(1, 11)
(KIND, TAG, TIME, EXPIRES, CARD, AUTHOR_EVIDENCE, AUTHOR, KEEPER, NAMES, TO, NUMBER, HEAD, CONTENT, LENGTH, RECORDS,
 REVISIONS, FILES) = range(17)


# ---- 26. Frames ----------------------------------------------------------------------------------------------------

def frames(plain):
    """(kind, bytes) of each."""
    if plain[:16] != MAGIC:
        raise Damage("not a handoff")
    at, out = 16, []
    while at < len(plain) and plain[at]:
        n = int.from_bytes(plain[at + 1:at + 5], "little")
        if at + 5 + n > len(plain):
            raise Damage("is cut off")
        out.append((plain[at], plain[at + 5:at + 5 + n]))
        at += 5 + n
    if any(plain[at:]) or len(plain) != padme(at):
        raise Damage("padding is wrong")
    return out


def put_together(parts):
    plain = MAGIC + b"".join(bytes([kind]) + len(p).to_bytes(4, "little") + p for kind, p in parts)
    return plain + bytes(padme(len(plain)) - len(plain))


# ---- 26. Manifests -------------------------------------------------------------------------------------------------

SHAPE = (str, 16, int, int, bytes, bytes, 32, bool, bool, [32], int, 32, 32, int, int, int, int)
KINDS = ("withheld-bundle/1", "withheld-receipt/1")


def signed_manifest(raw, sigs):
    """A manifest that is signed by whom it names, who is registered in the vault of its card: it, its id, the card."""
    m = decode_as(SHAPE, raw)
    if m[KIND] not in KINDS or not m[TO] or not ascending(m[TO]) or m[TIME] < 0 or m[EXPIRES] < 0 or m[NAMES] and not m[KEEPER]:
        raise Damage("manifest has a wrong form")
    card = parse_card(m[CARD])
    ident = H(b"withheld:manifest:1", raw)
    signers = [m[AUTHOR]] + [card.keeper] * m[KEEPER]
    if len(sigs) != 64 * len(signers) or not all(signed_by(key, b"withheld:sign:manifest:1", ident, sigs[64 * i:64 * i + 64])
                                                for i, key in enumerate(signers)):
        raise Damage("manifest is not signed by whom it names")
    who = Evidence(m[AUTHOR_EVIDENCE])
    if who.card.hash != card.hash or not who.may_sign(m[AUTHOR]):
        raise Damage("its author is not registered in that vault")
    return m, ident, card


def kept_receipt(proof):
    """What a `_receipt` holds of the other side's: signatures, then the manifest, which says how many."""
    for n in 64, 128:
        try:
            m = decode_as(SHAPE, proof[n:])
        except Damage:
            continue
        if n == 64 * (1 + m[KEEPER]):
            return signed_manifest(proof[n:], proof[:n])
    raise Damage("the proof of a receipt has a wrong form")


def read(plain):
    parts = frames(plain)
    if [kind for kind, _ in parts[-2:]] != [MANIFEST, SIGNATURES]:
        raise Damage("no manifest at the end")
    m, ident, card = signed_manifest(parts[-2][1], parts[-1][1])
    before = put_together_plain(parts[:-2])
    out = {"kind": m[KIND], "id": ident.hex(), "tag": m[TAG].hex(), "keeper": m[KEEPER], "names": m[NAMES], "expires": m[EXPIRES],
           "card": card.hash.hex(), "content": m[CONTENT].hex()}
    if m[KIND] == "withheld-receipt/1":
        return out, []
    if m[LENGTH] != len(before) or m[CONTENT] != blake2b(32, before):
        raise Damage("content is not what was signed")
    told = [Told(p) for kind, p in parts if kind == REVISION]
    pieces = {}
    for kind, p in parts:
        if kind == EVIDENCE:
            pieces[p[:4]] = pieces.get(p[:4], b"") + p[4:]
    evidence = [Evidence(p) for p in pieces.values()]
    for x in told:
        if not any(e.wrote(x.record, x.id, x.author) for e in evidence):
            raise Damage("nobody is known to have written a revision")
    if (m[REVISIONS], m[FILES]) != (len(told), sum(kind == FILE for kind, _ in parts)):
        raise Damage("counts are wrong")
    out["records"] = sorted({x.record.hex() for x in told})
    out["revisions"] = [x.id.hex() for x in told]
    out["vaults"] = sorted({e.vault.hex() for e in evidence})
    out["told"] = sorted({name for x in told for name, _ in x.values})
    out["left_out"] = sorted({x.field for t in told for x in t.leaves
                              if not x.introduced and (x.field, x.element) not in t.values})
    out["values"] = [v for x in told for v in x.values.values() if isinstance(v, str)]
    return out, told


def put_together_plain(parts):
    return MAGIC + b"".join(bytes([kind]) + len(p).to_bytes(4, "little") + p for kind, p in parts)


def guess(told, names):
    """Every name on every leaf that is not told: bare, and under every salt that the bundle does tell."""
    tries = hits = 0
    for x in told:
        for leaf in x.leaves:
            if (leaf.field, leaf.element) in x.values:
                continue
            for name in names:
                item = encode([leaf.field, leaf.element, name])
                for salt in (b"", bytes(32), x.record, x.id, leaf.c):
                    tries += 1
                    hits += blake2b(32, salt + item) == leaf.c
    return {"tries": tries, "hits": hits}


# ---- forging -------------------------------------------------------------------------------------------------------

FORGERIES = {}


def forgery(word):
    def register(f):
        FORGERIES[f.__name__.replace("_", "-")] = f, word
        return f
    return register


class Forged:
    """A bundle taken apart. Whatever is changed in `parts` is signed anew, with the sender's own keys."""

    def __init__(self, plain, session):
        self.parts = [list(x) for x in frames(plain)[:-2]]
        self.m = decode(dict(frames(plain))[MANIFEST])
        self.session = session
        self.author_seed, self.keeper_seed = session.author_seed, session.nsk_key(3) if session.keeper else None
        self.sign_content = True

    def of(self, kind):
        return [x for x in self.parts if x[0] == kind]

    def done(self):
        before = put_together_plain(self.parts)
        if self.sign_content:
            self.m[CONTENT], self.m[LENGTH] = blake2b(32, before), len(before)
            self.m[REVISIONS] = len(self.of(REVISION))
            self.m[FILES] = len(self.of(FILE))
        raw = encode(self.m)
        ident = H(b"withheld:manifest:1", raw)
        sigs = b"".join(nacl.bindings.crypto_sign(b"withheld:sign:manifest:1\0" + ident,
                                                  nacl.bindings.crypto_sign_seed_keypair(seed)[1])[:64]
                        for seed in [self.author_seed] + [self.keeper_seed] * self.m[KEEPER])
        return put_together(self.parts + [[MANIFEST, raw], [SIGNATURES, sigs]])

    def change_revision(self, change, at=0):
        """The revision changed, and evidence as it was: so it is in none."""
        part = self.of(REVISION)[at]
        item = decode(part[1])
        change(item)
        part[1] = encode(item)


@forgery("is taken in")
def nothing(f):
    pass


@forgery("another vault")
def readdressed(f):
    """By its receiver, who can only seal it anew: the manifest is as it was. (Here the sender is made to name somebody else.)"""
    f.m[TO] = [H(b"withheld:recipient-key:1", bytes(1216))]


@forgery("expired")
def expired(f):
    f.m[EXPIRES] = int(time.time()) - 60


@forgery("not what its sender signed")
def content_changed(f):
    f.sign_content = False
    f.change_revision(lambda item: item.__setitem__(3, item[3] + 1))


@forgery("signature is wrong")
def foreign_signature(f):
    f.author_seed = os.urandom(32)


@forgery("not registered")
def unregistered_sender(f):
    f.author_seed = os.urandom(32)
    f.m[AUTHOR] = ed25519_public(f.author_seed)


@forgery("signature is wrong")
def keeper_claimed(f):
    f.m[KEEPER] = True
    f.keeper_seed = os.urandom(32)


@forgery("no keeper signed it")
def names_without_keeper(f):
    f.m[KEEPER], f.m[NAMES] = False, True


@forgery("nobody who was registered")
def unregistered_author(f):
    f.change_revision(lambda item: item.__setitem__(4, ed25519_public(os.urandom(32))))


@forgery("nobody who was registered")
def value_changed(f):
    def change(item):
        for leaf in item[5]:
            if isinstance(leaf[3], list) and isinstance(leaf[3][1], str):
                leaf[3][1] += "x"
                return
    f.change_revision(change)


@forgery("nobody who was registered")
def revision_of_another_record(f):
    f.change_revision(lambda item: item.__setitem__(0, b"\1" + os.urandom(15)))


@forgery("nobody who was registered")
def no_evidence(f):
    f.parts = [x for x in f.parts if x[0] != EVIDENCE]


@forgery("")
def evidence_bit(f):
    part = f.of(EVIDENCE)[0]
    at = len(part[1]) * 2 // 3
    part[1] = part[1][:at] + bytes([part[1][at] ^ 1]) + part[1][at + 1:]


@forgery("system records")
def system_record(f):
    f.change_revision(lambda item: item.__setitem__(0, b"\0\1" + os.urandom(14)))


@forgery("record type is damaged")
def system_type(f):
    definition = decode(f.of(TYPE)[0][1])
    definition[0] = "_slot"
    f.of(TYPE)[0][1] = encode(definition)


@forgery("builds on one that is not here")
def parent_left_out(f):
    parts = f.of(REVISION)
    child = next(x for x in parts if decode(x[1])[2])
    parent = next(x for x in parts if Told(x[1]).id in decode(child[1])[2])
    f.parts.remove(parent)


@forgery("do not stand together")
def records_interleaved(f):
    """Revisions of one record, and another in between: its evidence holds, as nothing was changed but the order."""
    first = f.of(REVISION)[0]
    other = next(x for x in f.of(REVISION) if Told(x[1]).record != Told(first[1]).record)
    f.parts.remove(other)
    f.parts.insert(f.parts.index(first) + 1, other)


@forgery("out of order")
def file_number(f):
    f.of(FILE)[0][1] = encode([7])


@forgery("not what its author signed")
def file_content(f):
    part = f.of(PIECE)[0]
    part[1] = part[1][:-1] + bytes([part[1][-1] ^ 1])


@forgery("not what its author signed")
def file_missing(f):
    at = next(i for i, x in enumerate(f.parts) if x[0] == FILE)
    f.parts = [x for x in f.parts[:at]]


@forgery("declares more")
def bomb_of_a_frame(f):
    f.parts.insert(0, [EVIDENCE, bytes((512 << 10) + 5)])


@forgery("manifest is damaged")
def bomb_of_recipients(f):
    f.m[TO] = sorted(os.urandom(32) for _ in range(65))


@forgery("belongs in no bundle")
def unknown_frame(f):
    f.parts.insert(0, [200, b""])


@forgery("more than a bundle")
def frame_of_a_copy(f):
    """What only a copy of the vault on its way home has."""
    f.parts.insert(0, [9, b"?"])


@forgery("wrong form")
def tombstone_of_a_form(f):
    f.parts.insert(len(f.parts), [TOMBSTONE, encode([os.urandom(16), "everything", ""])])


@forgery("")
def revision_cut(f):
    part = f.of(REVISION)[0]
    part[1] = part[1][:len(part[1]) // 2]


def main():
    if sys.argv[1:] == ["forge", "--list"]:
        for name, (_, word) in FORGERIES.items():
            print(f"{name}\t{word}")
        return 0
    if sys.argv[1] == "forge":
        what, plain, vault, out = sys.argv[2:]
        with open(plain, "rb") as f, open(os.path.join(vault, "keys"), "rb") as keys:
            data, keys = f.read(), keys.read()
        given = Given(passphrase=prepare_passphrase(sys.stdin.buffer.readline().rstrip(b"\n")))
        forged = Forged(data, open_keys(keys, given, Quiet()))
        FORGERIES[what][0](forged)
        with open(out, "xb") as f:
            f.write(forged.done())
        return 0
    with open(sys.argv[2], "rb") as f:
        try:
            out, told = read(f.read())
        except Damage as why:
            print(why)
            return 4
    if len(sys.argv) > 3:
        with open(sys.argv[3], encoding="utf-8") as f:
            out["guess"] = guess(told, f.read().split("\n"))
    print(json.dumps(out, ensure_ascii=False))
    return 0


class Quiet:
    def check(self, good, where, what):
        if not good:
            raise Damage(f"{where}: {what}")


if __name__ == "__main__":
    sys.exit(main())
