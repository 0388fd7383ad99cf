#!/usr/bin/python3
"""writer.py VAULT [FORGERY | VARIANT]: makes a small vault from docs/format.md alone, as reader.py reads one from it.

The passphrase is `writer`. FORGERY is one wrong thing in a vault that is right otherwise, such as only somebody who
holds keys can make: all ids, hashes and boxes over it fit. Variants make vaults in which nothing is wrong.

writer.py --all FOLDER: makes all forgeries, and the file `list`: their names, and what reader.py says of each.
"""

import hashlib
import os
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True

import argon2.low_level
import nacl.bindings

import xwing
from database import (APPLICATION_ID, BY_INTAKE, BY_NAME, HAS_BLOB_KEY, HAS_RECORD_KEY, PACK, SCHEMA_VERSION,
                      TABLES, TAG, create_table)
from keys import CASE, KEEPER, MAGIC, PASSPHRASE, SHARES
from log import merkle_root
from names import fold
from primitives import KDF, MAC, X25519, H, blake2b, ed25519_public, encode, keyed, x25519_public
from records import (CARD_RECORD, K_DATE, K_IDENTIFIER, K_LINK, K_NAME, K_TEXT, OPEN, REMOVED, S_CARD, S_FORMER, S_SLOT,
                     S_TYPE, SYSTEM_DEFINITIONS, WITHHELD, Leaf, blob_aad, blob_key_and_seed, commit, former_record,
                     leaf_salts, padme, revision_id, slot_record, type_hash, type_record)

FORGERIES = {
    "author": "by another author",
    "card-case": "case recipient is not made from these keys",
    "card-intake": "intake key is not made from these keys",
    "card-keeper": "keeper key is not made from these keys",
    "card-recipient": "keeper recipient is not made from these keys",
    "card-signature": "signature is wrong",
    "card-vault": "another vault",
    "carried": "is not what",
    "carried-from": "not an ancestor",
    "count": "not those that are there",
    "detail": "not what its commitment says",
    "element": "element of a wrong length",
    "entry-parent": "follows an entry that is not there",
    "entry-vault": "of another vault",
    "flag": "content of a wrong form",
    "fork": "nothing follows it",
    "half-removed": "is removed, and yet says more",
    "keeper-missing": "needs the keeper",
    "keeper-other": "not the one on the card",
    "keys-hash": "not the file that the log names",
    "keys-sequence": "not the file that the log names",
    "kind": "not of its kind",
    "not-nfc": "not in form NFC",
    "number": "number does not follow",
    "open-name": "its type withholds it",
    "order": "not in order",
    "pack-split": "not with the others of its log entry",
    "padding-filled": "padded wrongly",
    "padding-long": "padded wrongly",
    "parent": "follows a revision that is not there",
    "provenance": "provenance of a wrong form",
    "root": "not those that are there",
    "second-key": "second key for a record",
    "signature": "signature of the author is wrong",
    "slot-author": "not registered",
    "slot-key": "another slot key",
    "slot-missing": "not registered",
    "slot-retired": "not registered",
    "slot-x25519": "registered with other keys",
    "system-record": "needs the keeper",
    "type-name": "does not belong to this record",
    "rekey-former": "does not belong to this record",
    "rekey-new-key": "not the one on the card",
    "rekey-old-key": "not the one on the card",
    "rekey-order": "not the one on the card",
    "retired-writes": "not registered",
    "unknown-field": "has no field other",
    "value-changed": "not the one of its leaf",
    "value-missing": "withheld values are missing",
}
VARIANTS = {
    "case": "the slot is of the case tier",
    "intake": "withheld values are sealed to the intake key, by the author of another slot, who was retired then",
    "rekeyed": "a second card came in place of the first",
    "retired": "the author of another slot has written and was retired",
    "shares": "the slot opens with shares, whose secret is the bytes 0 to 31",
}

KDF_COST = (64 << 10, 3, 4)
PERSON = encode(["person", 1, {"en": "Person"}, [
    [name, kind, tier, repeats, 1, {}, [], target] for name, kind, tier, repeats, target in (
        ("ref", K_IDENTIFIER, OPEN, False, ""), ("label", K_TEXT, OPEN, False, ""), ("born", K_DATE, OPEN, False, ""),
        ("place", K_TEXT, OPEN, False, ""), ("friend", K_LINK, OPEN, True, "person"),
        ("name", K_NAME, WITHHELD, False, ""), ("other_names", K_NAME, WITHHELD, True, ""))]])


def random(n=32):
    return os.urandom(n)


def box(key, aad, message, nonce=None):
    nonce = nonce or random(24)
    return nonce + nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(message, aad, nonce, key)


def sign(seed, label, h):
    secret = nacl.bindings.crypto_sign_seed_keypair(seed)[1]
    return nacl.bindings.crypto_sign(label + b"\0" + h, secret)[:64]


def encapsulate(public):
    """X-Wing: a ciphertext and the shared secret in it."""
    public_m, public_x = public[:xwing.MLKEM_PUBLIC], public[xwing.MLKEM_PUBLIC:]
    message, secret_x = random(), random()
    wide = hashlib.sha3_512(message + hashlib.sha3_256(public_m).digest()).digest()
    enc_x = x25519_public(secret_x)
    shared = wide[:32] + X25519(secret_x, public_x) + enc_x + public_x + xwing.LABEL
    return xwing.pke_encrypt(public_m, message, wide[32:]) + enc_x, hashlib.sha3_256(shared).digest()


class Writer:
    def __init__(self, forgery):
        self.forgery = forgery
        self.tier = CASE if forgery == "case" else KEEPER
        self.kind = SHARES if forgery == "shares" else PASSPHRASE
        self.rows = {table: [] for table in TABLES}
        self.head = self.enc = None
        self.record_keys = {}
        self.waiting, self.count = [], 0        # revisions for the next entry; revisions so far
        self.make_keys()
        self.card = self.make_card(self.nsk, self.keeper_seed)
        self.make_keys_file()
        self.fill()

    def forged(self, name, good, bad):
        assert name in FORGERIES
        return bad if self.forgery == name else good

    # Sections 4 to 7

    def make_keys(self):
        self.vault, self.copy, self.slot_id, self.argon_salt, self.db_salt = map(random, (16, 16, 8, 32, 16))
        self.vmk, self.nsk, self.E, self.log_key, self.tag_key, self.slot_secret = (random() for _ in range(6))
        self.make_slot_keys()
        self.keeper_seed = self.nsk_key(3)
        self.intake_public = xwing.public_key(self.nsk_key(1))
        self.k_case = MAC(self.vmk_key(4), b"withheld:case:1", self.E)

    def make_slot_keys(self):
        self.slot_key, self.x25519_secret, self.author_seed = (
            KDF(self.slot_secret, i, b"wh-slot_") for i in (1, 2, 3))
        self.author = self.keepers_author = ed25519_public(self.author_seed)

    def vmk_key(self, number):
        return KDF(self.vmk, number, b"wh-vmk__")

    def nsk_key(self, number):
        return KDF(self.nsk, number, b"wh-nsk__")

    def make_card(self, nsk, keeper_seed):
        def public(number):
            return xwing.public_key(KDF(nsk, number, b"wh-nsk__"))
        body = [1, self.forged("card-vault", self.vault, random(16)),
                self.forged("card-keeper", ed25519_public(keeper_seed), self.author),
                public(self.forged("card-intake", 1, 9)), public(self.forged("card-recipient", 4, 9)),
                xwing.public_key(self.vmk_key(self.forged("card-case", 5, 9)))]
        seed = self.forged("card-keeper", keeper_seed, self.author_seed)
        label = self.forged("card-signature", b"withheld:sign:card:1", b"withheld:sign:card:2")
        return encode([*body, sign(seed, label, H(b"withheld:card-body:1", encode(body)))])

    def make_keys_file(self):
        header = self.header()
        commitment, box1 = self.first_box(header)
        secret, public = random(), x25519_public(self.x25519_secret)
        ephemeral = x25519_public(secret)
        k2 = keyed(self.slot_key, b"withheld:box2:1\0" + X25519(secret, public) + ephemeral + public)
        X = self.nsk if self.tier == KEEPER else H(b"withheld:card:1", self.card)
        data = MAGIC + struct.pack("<II", 1, 0) + self.vault + self.argon_salt + self.db_salt
        data += struct.pack("<QQ", 1, 0)
        data += header + commitment + box1 + ephemeral
        data += box(k2, header, self.vmk + X) + bytes(7 * 264)
        data += box(self.vmk_key(3), b"withheld:epoch:1\0" + self.vault, struct.pack("<Q", 1) + self.E)
        data += MAC(self.vmk_key(2), b"withheld:keys:1", data) + bytes(1736)
        self.keys = data + blake2b(32, data)

    def header(self):
        cost = (0, 0, 0) if self.kind == SHARES else KDF_COST
        return self.slot_id + bytes([0, self.kind, self.tier, 0]) + struct.pack("<III", *cost)

    def first_box(self, header):
        """Commitment and box 1."""
        S = bytes(range(32)) if self.kind == SHARES else self.stretch(b"writer")
        wrap_key, commitment = self.wrap_key(header, S)
        return commitment, box(wrap_key, header, self.slot_secret)

    def wrap_key(self, header, S):
        both = blake2b(64, b"withheld:slot:1\0" + self.vault + header, S)
        return both[:32], both[32:]

    def stretch(self, passphrase):
        memory, passes, lanes = KDF_COST
        return argon2.low_level.hash_secret_raw(
            passphrase, self.argon_salt, time_cost=passes, memory_cost=memory, parallelism=lanes, hash_len=32,
            type=argon2.low_level.Type.ID, version=0x13)

    # Sections 8 and 9

    def add_packs(self):
        """The rows of pair and wrap for the revisions that wait for their entry."""
        size = self.forged("pack-split", PACK, 1)
        for i in range(0, len(self.waiting), size):
            pack = self.waiting[i:i + size]
            n, ids = pack[0]["number"], b"".join(member["ids"] for member in pack)
            tags = b"".join(struct.pack("<H", len(member["tags"]) // TAG) + member["tags"] for member in pack)
            self.rows["pair"].append((n, len(self.rows["log"]) + 1, ids, tags))
            self.wrap(n, H(b"withheld:pack:1", ids), self.pack_keys(pack, H(b"withheld:pack:1", ids)))
        self.waiting = []

    def pack_keys(self, pack, p):
        def chosen(which):
            return [member[which] for member in pack if member[which]]
        flags = bytes(HAS_RECORD_KEY * bool(member["record_key"]) | HAS_BLOB_KEY * bool(member["blob_key"]) |
                      self.forged("flag", 0, 4) for member in pack)
        how, inner = 0, b""
        if chosen("blob_key"):
            how, inner = self.inner_wrap(pack[0]["number"], p, b"".join(chosen("blob_key")))
        return bytes([how]) + flags + b"".join(chosen("record_key")) + inner

    def wrap(self, n, p, keys):
        self.rows["wrap"].append((n, box(self.k_case, b"withheld:wrap:1\0" + self.vault + p, keys)))

    def inner_wrap(self, n, p, blob_keys):
        aad = b"withheld:inner:1\0" + self.vault + p
        if self.forgery != "intake" or self.author == self.keepers_author:
            return BY_NAME, box(self.nsk_key(2), aad, blob_keys)
        return self.intake_wrap(n, aad, blob_keys)

    def intake_wrap(self, n, aad, blob_keys):
        """One encapsulation for each entry: enc and the intake key."""
        if not self.enc:
            enc, shared = encapsulate(self.intake_public)
            self.rows["intake"].append((n, enc))
            self.enc = enc, MAC(shared, b"withheld:intake:1", enc + self.intake_public)
        enc, key = self.enc
        return BY_INTAKE, H(b"withheld:enc:1", enc) + box(key, aad, blob_keys)

    # Sections 10 and 11. Values are (field, element, value).

    def revision(self, record, definition, values, withheld=(), parents=(), carried=(), author=b""):
        """Adds a revision to the entry that comes next; gives its id and the withheld leaves that it introduced."""
        self.count += 1
        values = sorted(map(list, values), key=place, reverse=self.forged("order", False, True))
        withheld = sorted(map(list, withheld), key=place)
        first = record not in self.record_keys
        record_key = self.record_keys.setdefault(record, random())
        blob_key, nonce, withheld_nonce, now = random(), random(24), random(24), int(time.time())
        key, seed = blob_key_and_seed(record_key, b"withheld:open:1", nonce)
        withheld_key, withheld_seed = blob_key_and_seed(blob_key, b"withheld:hide:1", withheld_nonce)
        opened, introduced = make_leaves(seed, values, OPEN), make_leaves(withheld_seed, withheld, WITHHELD)
        others = sorted([*introduced, *carried], key=lambda leaf: leaf.place)
        leaves = sorted([*opened, *others], key=lambda leaf: leaf.place)
        rev = revision_id(record, type_hash(definition), sorted(parents), now, author or self.author, leaves)
        plain = encode([type_hash(definition)[:8], sorted(parents), now, author, b"", values,
                        [[x.field, x.element, x.tier, x.c, x.introduced] for x in others]])
        self.rows["open"].append((self.count, box(key, blob_aad(self.vault, record, rev, OPEN), plain, nonce)))
        if withheld:
            plain = self.pad(encode(self.withheld_content(withheld)))
            aad = blob_aad(self.vault, record, rev, WITHHELD)
            self.rows["withheld"].append((self.count, box(withheld_key, aad, plain, withheld_nonce)))
        self.waiting.append({
            "number": self.count, "ids": record + rev, "tags": self.tags(record, values),
            "record_key": record_key if first or self.forgery == "second-key" else None,
            "blob_key": blob_key if withheld else None})
        return rev, introduced

    def withheld_content(self, values):
        *rest, last = values
        changed = [*last[:2], last[2] + last[2][:1]]
        return [b"", rest + self.forged("value-missing", [self.forged("value-changed", last, changed)], [])]

    def pad(self, content):
        plain = struct.pack("<I", len(content)) + content
        size = self.forged("padding-long", padme(len(plain)), 4096)
        return plain + self.forged("padding-filled", b"\0", b"1") * (size - len(plain))

    def tags(self, record, values):
        if record[0] == 0:
            return b""
        fields = {name: value for name, _, value in values}
        tags = [(kind, fold(fields[kind]).encode()) if kind in fields else None for kind in ("ref", "label")]
        tags += [("link", value) for name, _, value in values if name == "friend"]
        return b"".join(MAC(self.tag_key, tag[0].encode(), tag[1])[:8] if tag else bytes(8) for tag in tags)

    # Sections 13 and 14

    def entry(self, action, keeper=False, keys=(), **bad):
        """Adds an entry, and before it the revisions that were made since the last one. bad: what is wrong in it."""
        n = len(self.rows["log"]) + 1
        ids = [member["ids"] for member in self.waiting]
        self.add_packs()
        detail, salt = {"records": [x[:16] for x in ids]}, random()
        commitment = keyed(self.forged("detail", salt, random()), encode(detail))
        root, count = merkle_root(self.forged("root", ids, ids[::-1])), len(ids) + self.forged("count", 0, 1)
        seeds = [self.forged("keeper-other", self.keeper_seed, self.author_seed)] if keeper else []
        seeds = bad.get("keeper_seeds", seeds)
        entry = encode([
            self.forged("entry-vault", self.vault, random(16)), self.copy, bad.get("number", n - 1),
            bad.get("parents", [self.head] if n > 1 else []), int(time.time()), bad.get("slot_id", self.slot_id),
            bad.get("author", self.author), bad.get("keepers", [ed25519_public(seed) for seed in seeds]), action, root,
            count, commitment, list(keys)])
        before, self.head = self.head, H(b"withheld:entry:1", entry)
        self.enc = None
        signatures = [sign(seed, b"withheld:sign:entry:1", self.head)
                      for seed in (self.forged("signature", self.author_seed, random()), *seeds)]
        aad = b"withheld:detail:1\0" + self.vault + commitment
        self.rows["log"].append((n, entry, encode(signatures), box(self.log_key, aad, encode([salt, detail]))))
        return before

    # What is in the vault

    def fill(self):
        self.wrap(0, bytes(32), self.log_key + self.tag_key)
        rekeyed = self.forgery and self.forgery.startswith("rekey")
        if rekeyed:
            self.first_card()
        names_keys = [self.forged("keys-sequence", 1, 2), blake2b(32, self.forged("keys-hash", self.keys, b""))]
        self.system_records()
        self.entry("init", keeper=self.forged("keeper-missing", True, False), keys=names_keys)
        if rekeyed:
            self.rekey(names_keys)
        if self.forgery == "intake":
            self.helper(self.content)
            return
        if self.forgery in ("retired", "retired-writes"):
            self.helper(self.one_person)
        self.content()

    def content(self):
        first, second = self.persons()
        self.entry("import")
        self.changes(first, second)

    def one_person(self):
        self.revision(bytes([8]) + random(15), PERSON, [("ref", b"", "h"), ("label", b"", "quiet lake")])
        self.entry("add")

    def system_records(self):
        for_slot = [("author", b"", self.forged("slot-author", self.author, random())), ("index", b"", 0),
                    ("kind", b"", self.kind), ("state", b"", self.forged("slot-retired", "active", "retired")),
                    ("tier", b"", self.tier),
                    ("x25519", b"", x25519_public(self.forged("slot-x25519", self.x25519_secret, random())))]
        self.revision(type_record(self.forged("type-name", "person", "case")), SYSTEM_DEFINITIONS[S_TYPE],
                      [("definition", b"", PERSON)])
        self.revision(slot_record(self.forged("slot-missing", self.slot_id, random(8))), SYSTEM_DEFINITIONS[S_SLOT],
                      for_slot, [("slot_key", b"", self.forged("slot-key", self.slot_key, random()))])
        self.card_revision, _ = self.revision(CARD_RECORD, SYSTEM_DEFINITIONS[S_CARD], [("card", b"", self.card)])

    def first_card(self):
        """Begins with the card of other keys. Wraps are those of the new ones already, as a rekey leaves them."""
        self.next = self.card, self.keeper_seed
        self.former_nsk = random()
        self.keeper_seed = KDF(self.former_nsk, 3, b"wh-nsk__")
        self.card = self.make_card(self.former_nsk, self.keeper_seed)

    def rekey(self, names_keys):
        former, old = self.card, self.keeper_seed
        self.card, self.keeper_seed = new, seed = self.next
        self.revision(CARD_RECORD, SYSTEM_DEFINITIONS[S_CARD], [("card", b"", new)], parents=[self.card_revision])
        self.revision(former_record(self.forged("rekey-former", former, new)), SYSTEM_DEFINITIONS[S_FORMER],
                      [("card", b"", former), ("case_seed", b"", self.vmk_key(5))], [("nsk", b"", self.former_nsk)])
        seeds = {"rekey-old-key": [old], "rekey-new-key": [seed], "rekey-order": [seed, old]}
        self.entry("rekey", keeper_seeds=seeds.get(self.forgery, [old, seed]), keys=names_keys)

    def helper(self, write):
        """Another slot comes, writes and goes; being of the case tier, it seals what it withholds to the card."""
        mine = self.slot_id, self.author_seed, self.author
        slot_id, seed = random(8), random()
        public = ed25519_public(seed)

        def register(state, secret, parents):
            return self.revision(
                slot_record(slot_id), SYSTEM_DEFINITIONS[S_SLOT],
                [("author", b"", public), ("index", b"", 1), ("kind", b"", PASSPHRASE), ("state", b"", state),
                 ("tier", b"", CASE), ("x25519", b"", x25519_public(seed))], secret, parents)[0]

        def as_helper():
            self.slot_id, self.author_seed, self.author = slot_id, seed, public
            write()
            self.slot_id, self.author_seed, self.author = mine
        first = register("active", [("slot_key", b"", random())], [])
        self.entry("slot-add", keeper=True)
        as_helper()
        register("retired", [], [first])
        self.entry("slot-remove", keeper=True)
        if self.forgery == "retired-writes":
            as_helper()

    def persons(self):
        """Two of them, each as (record, revision, withheld leaves)."""
        made = []
        for i in range(2):
            record = bytes([7]) + random(15)
            values = [("ref", b"", f"p{i}"), ("label", b"", "quiet river"),
                      ("born", b"", {0: "1962~", 3: "probable"})]
            values += [("friend", bytes(7) + b"1", friend) for friend, _, _ in made]
            values += self.forged("unknown-field", [], [("other", b"", "x")])
            values += self.forged("open-name", [], [("name", b"", "x")])
            values += self.forged("element", [], [("friend", b"1", record)])
            values += self.forged("kind", [], [("place", b"", 7)])
            values += self.forged("not-nfc", [], [("place", b"", "e\u0301")])
            values += self.forged("provenance", [], [("place", b"", {0: "Amur", 3: "sure"})])
            names = self.forged("open-name", [("name", b"", f"최명복 {i}")], [])
            names += [("other_names", bytes(7) + b"1", "Цой"), ("other_names", bytes(7) + b"2", "x" * 300)]
            rev, leaves = self.revision(record, PERSON, values, names)
            made.append((record, rev, leaves))
        return made

    def changes(self, first, second):
        """The first person gets another name and keeps the other withheld values; the second is removed."""
        record, rev, leaves = first
        kept = [leaf for leaf in leaves if leaf.field == "other_names"]
        for leaf in kept:
            leaf.introduced = self.forged("carried-from", rev, second[1])
            leaf.c = self.forged("carried", leaf.c, random())
        self.revision(record, PERSON, [("ref", b"", "p0")], [("name", b"", "новый")], carried=kept,
                      parents=[self.forged("parent", rev, second[1])],
                      author=self.forged("author", b"", random()))
        before = self.entry("edit", **self.forged("number", {}, {"number": 7}),
                            **self.forged("entry-parent", {}, {"parents": [random()]}))
        self.head = self.forged("fork", self.head, before)
        record, rev, _ = second
        self.revision(record, PERSON, [(REMOVED, b"", True), *self.forged("half-removed", [], [("ref", b"", "p1")])],
                      parents=[rev])
        self.entry("remove", **self.forged("fork", {}, {"number": 2}))
        if self.forgery == "system-record":
            self.revision(type_record("person"), SYSTEM_DEFINITIONS[S_TYPE], [("definition", b"", PERSON)])
            self.entry("edit")

    # Sections 3 and 8

    def save(self, folder):
        os.makedirs(folder, mode=0o700)
        self.write_database(os.path.join(folder, "records.db"))
        with open(os.open(os.path.join(folder, "keys"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(self.keys)

    def write_database(self, path):
        def literal(x):
            return str(x) if isinstance(x, int) else f"x'{x.hex()}'"
        sql = [f"""PRAGMA key = "x'{self.vmk_key(1).hex()}{self.db_salt.hex()}'";""",
               "PRAGMA cipher_page_size = 16384;", "PRAGMA cipher_hmac_algorithm = HMAC_SHA256;",
               f"PRAGMA application_id = {APPLICATION_ID};", f"PRAGMA user_version = {SCHEMA_VERSION};", "BEGIN;"]
        for table in TABLES:
            sql.append(create_table(table) + ";")
            sql += [f"INSERT INTO {table} VALUES ({', '.join(map(literal, row))});" for row in self.rows[table]]
        sql.append("COMMIT;")
        os.umask(0o077)
        subprocess.run(["sqlcipher", "-batch", "-bail", "-init", "/dev/null", path], input="\n".join(sql), text=True,
                       check=True, stdout=subprocess.DEVNULL)


def place(value):
    return encode(value[:2])


def make_leaves(seed, values, tier):
    salts = leaf_salts(b"", seed, len(values))
    return [Leaf(f, e, tier, commit(salt, f, e, value)) for salt, (f, e, value) in zip(salts, values)]


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--all":
        folder = sys.argv[2]
        for name in FORGERIES:
            Writer(name).save(os.path.join(folder, name + ".vault"))
        with open(os.path.join(folder, "list"), "w", encoding="utf-8") as file:
            file.writelines(f"{name}\t{words}\n" for name, words in FORGERIES.items())
        return 0
    if len(sys.argv) not in (2, 3) or sys.argv[2:] and sys.argv[2] not in (*FORGERIES, *VARIANTS):
        print(__doc__, file=sys.stderr)
        return 2
    Writer(sys.argv[2] if sys.argv[2:] else None).save(sys.argv[1])
    return 0


if __name__ == "__main__":
    sys.exit(main())
