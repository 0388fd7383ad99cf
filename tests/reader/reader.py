#!/usr/bin/python3
"""reader.py VAULT [--json] [--key-file FILE]: reads a withheld vault without the program withheld.

The passphrase is the first line of standard input. Prints every record as it is now; to a case passphrase, only
the names of withheld fields. Verifies on the way all that docs/format.md lets a reader verify. Exit code: 0 all is
right; 3 the passphrase does not open it; 4 damaged or tampered with, one line on stderr for each problem.

Written from docs/format.md alone, whose sections give this file its order. It only reads. It needs what Debian has:
python3-nacl, python3-argon2 and the program sqlcipher, 4.6 or later. It does not guard its memory as withheld does.
"""

import argparse
import hashlib
import hmac
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unicodedata
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone

import argon2.low_level
import nacl.bindings
import nacl.exceptions

import xwing


class Damage(Exception):
    """What is read cannot be what withheld wrote. The text says why."""


class WrongPassphrase(Exception):
    """No slot opens with what was given."""


class Report:
    """Problems found so far; reading goes on after each as far as it can."""

    def __init__(self):
        self.problems = []

    def add(self, where, what):
        self.problems.append(f"{where}: {what}")

    def check(self, good, where, what):
        if not good:
            self.add(where, what)
        return good

    @contextmanager
    def at(self, where):
        try:
            yield
        except Damage as damage:
            self.add(where, damage)


# ---- 1. Notation and primitives ----------------------------------------------------------------------------------

def blake2b(n, x, key=b"", salt=b"", person=b""):
    return hashlib.blake2b(x, digest_size=n, key=key, salt=salt, person=person).digest()


def H(label, x):
    return blake2b(32, label + b"\0" + x)


def MAC(key, label, x):
    return blake2b(32, label + b"\0" + x, key)


def keyed(key, x):
    """BLAKE2b-256 keyed with key over x."""
    return blake2b(32, x, key)


def KDF(key, number, context, n=32):
    """crypto_kdf_derive_from_key: the number is the salt and the context the personalisation, zeros after each."""
    return blake2b(n, b"", key, struct.pack("<QQ", number, 0), context + bytes(8))


BOX = 24 + 16       # what a box is longer than its message


def unbox(key, aad, box):
    if len(box) < BOX:
        raise Damage("too short for a box")
    try:
        return nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(box[24:], aad, box[:24], key)
    except nacl.exceptions.CryptoError:
        raise Damage("does not open: changed, or not what belongs here") from None


def signed_by(public, label, h, signature):
    try:
        nacl.bindings.crypto_sign_open(signature + label + b"\0" + h, public)
        return True
    except nacl.exceptions.BadSignatureError:
        return False


def ed25519_public(seed):
    return nacl.bindings.crypto_sign_seed_keypair(seed)[0]


X25519 = nacl.bindings.crypto_scalarmult
x25519_public = nacl.bindings.crypto_scalarmult_base


# ---- 2. CBOR -----------------------------------------------------------------------------------------------------

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, SIMPLE = 0, 1, 2, 3, 4, 5, 7
LEVELS = 8


def decode(data):
    """One CBOR item, all of data. Arrays become lists, maps dicts; whatever is not in section 2 is refused."""
    item, end = decode_item(data, 0, 0)
    if end != len(data):
        raise Damage("bytes left over after CBOR")
    return item


def decode_head(data, at):
    """Major type, argument, and where the next byte is."""
    if at >= len(data):
        raise Damage("CBOR is cut off")
    major, small = data[at] >> 5, data[at] & 31
    at += 1
    if small < 24:
        return major, small, at
    if small > 27 or major == SIMPLE:
        raise Damage("CBOR of a kind that is not used")
    size = 1 << small - 24
    if at + size > len(data):
        raise Damage("CBOR is cut off")
    argument = int.from_bytes(data[at:at + size], "big")
    if argument < (24, 1 << 8, 1 << 16, 1 << 32)[small - 24]:
        raise Damage("CBOR with a number not in its shortest form")
    return major, argument, at + size


def decode_item(data, at, level):
    major, n, at = decode_head(data, at)
    if major == UNSIGNED:
        return n, at
    if major == NEGATIVE:
        if n >= 1 << 63:
            raise Damage("CBOR with a number below -2^63")
        return -1 - n, at
    if major in (BYTES, TEXT):
        if n > len(data) - at:
            raise Damage("CBOR is cut off")
        string = bytes(data[at:at + n])
        return (decode_text(string) if major == TEXT else string), at + n
    if major == SIMPLE:
        if n not in (20, 21):
            raise Damage("CBOR of a kind that is not used")
        return n == 21, at
    if major not in (ARRAY, MAP):
        raise Damage("CBOR of a kind that is not used")
    if level == LEVELS:
        raise Damage("CBOR with too many levels")
    if n > len(data) - at:      # an element is a byte at least
        raise Damage("CBOR is cut off")
    return (decode_array if major == ARRAY else decode_map)(data, n, at, level + 1)


def decode_text(string):
    try:
        return string.decode("utf-8")
    except UnicodeDecodeError:
        raise Damage("text is not UTF-8") from None


def decode_array(data, n, at, level):
    items = []
    for _ in range(n):
        item, at = decode_item(data, at, level)
        items.append(item)
    return items, at


def decode_map(data, n, at, level):
    items, before = {}, b""
    for _ in range(n):
        start = at
        key, at = decode_item(data, at, level)
        if data[start:at] <= before or isinstance(key, (list, dict)):
            raise Damage("CBOR with a map not in order")
        before = data[start:at]
        items[key], at = decode_item(data, at, level)
    return items, at


def encode(item):
    if item is False or item is True:
        return b"\xf5" if item else b"\xf4"
    if isinstance(item, int):
        return encode_head(UNSIGNED, item) if item >= 0 else encode_head(NEGATIVE, -1 - item)
    if isinstance(item, bytes):
        return encode_head(BYTES, len(item)) + item
    if isinstance(item, str):
        text = item.encode()
        return encode_head(TEXT, len(text)) + text
    if isinstance(item, list):
        return encode_head(ARRAY, len(item)) + b"".join(map(encode, item))
    pairs = sorted((encode(key), encode(value)) for key, value in item.items())
    return encode_head(MAP, len(pairs)) + b"".join(key + value for key, value in pairs)


def encode_head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    size = 1 if n < 1 << 8 else 2 if n < 1 << 16 else 4 if n < 1 << 32 else 8
    return bytes([major << 5 | 23 + size.bit_length()]) + n.to_bytes(size, "big")


def fits(item, shape):
    """Has a decoded item this shape?

    A shape is a Python type, a number (byte string of so many bytes), a list of one shape (an array of any length), a
    tuple of shapes (an array of just these), or any (everything fits)."""
    if shape is any:
        return True
    if isinstance(shape, int):
        return type(item) is bytes and len(item) == shape
    if isinstance(shape, list):
        return type(item) is list and all(fits(x, shape[0]) for x in item)
    if isinstance(shape, tuple):
        return type(item) is list and len(item) == len(shape) and all(map(fits, item, shape))
    return type(item) is shape          # exactly: a bool is no int


def decode_as(shape, data):
    item = decode(data)
    if not fits(item, shape):
        raise Damage("CBOR is not of the shape that belongs here")
    return item


def ascending(items):
    return all(a < b for a, b in zip(items, items[1:]))


# ---- 4. The file `keys` ------------------------------------------------------------------------------------------

KEYS_SIZE, SLOT_SIZE, SLOTS = 4096, 264, 8
MAGIC = b"withheld-keys\r\n\x1a"


@dataclass
class Slot:
    header: bytes
    id: bytes
    index: int
    kind: int
    tier: int
    flags: int
    cost: tuple         # memory in KiB, passes, lanes
    commitment: bytes
    box1: bytes
    ephemeral: bytes
    box2: bytes


@dataclass
class KeysFile:
    data: bytes
    vault: bytes
    argon_salt: bytes
    db_salt: bytes
    sequence: int
    slots: list

    @property
    def name(self):
        """As an entry of the log names it."""
        return [self.sequence, blake2b(32, self.data)]


def parse_keys(data):
    if len(data) != KEYS_SIZE:
        raise Damage(f"is {len(data)} bytes long, not {KEYS_SIZE}")
    if data[4064:] != blake2b(32, data[:4064]):
        raise Damage("checksum is wrong")
    magic, version, flags, vault, argon_salt, db_salt, sequence, zero = struct.unpack_from("<16sII16s32s16sQ8s", data)
    if magic != MAGIC or version != 1:
        raise Damage("is not of a vault, or of a later version")
    slots = [parse_slot(i, data[104 + SLOT_SIZE * i:][:SLOT_SIZE]) for i in range(SLOTS)]
    slots = [slot for slot in slots if slot]
    if flags or any(zero) or any(data[2328:4064]) or sequence < 1:
        raise Damage("flags, filler or sequence number are wrong")
    if len({slot.cost for slot in slots if slot.kind != SHARES}) > 2:
        raise Damage("slots have more than two distinct costs")
    if len({slot.id for slot in slots}) != len(slots):
        raise Damage("two slots have one id")
    return KeysFile(data, vault, argon_salt, db_salt, sequence, slots)


# ---- 5. Passphrases and slots ------------------------------------------------------------------------------------

PASSPHRASE, KEY_FILE, SHARES = 1, 2, 3
CASE, KEEPER = 1, 2


def parse_slot(i, data):
    if not any(data):
        return None
    slot_id, index, kind, tier, flags, memory, passes, lanes = struct.unpack_from("<8sBBBBIII", data)
    slot = Slot(data[:24], slot_id, index, kind, tier, flags, (memory, passes, lanes),
                data[24:56], data[56:128], data[128:160], data[160:264])
    if index != i or kind not in (PASSPHRASE, KEY_FILE, SHARES) or tier not in (CASE, KEEPER) or flags:
        raise Damage(f"slot {i} has a header that is not allowed")
    if kind == SHARES and (slot.cost != (0, 0, 0) or tier != KEEPER):
        raise Damage(f"slot {i}: shares with a cost, or of the case tier")
    if kind != SHARES and not (32 <= memory <= 8 << 20 and 1 <= passes <= 256 and lanes == 4):
        raise Damage(f"slot {i} has a cost that is not allowed")
    return slot


def prepare_passphrase(line):
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise WrongPassphrase("the passphrase is not UTF-8") from None
    if any(unicodedata.category(c) == "Cn" for c in text):
        raise WrongPassphrase(f"a character is not assigned in Unicode {unicodedata.unidata_version}")
    if not 1 <= len(line) <= 1024:
        raise WrongPassphrase("a passphrase has 1 to 1024 bytes")
    return unicodedata.normalize("NFKC", text).encode()


def slot_secrets(keys, passphrase, key_file):
    """Each slot with its S, as far as a passphrase (and a key file) can make one. Each cost is derived once."""
    derived = {}
    for slot in keys.slots:
        if slot.kind == SHARES or slot.kind == KEY_FILE and key_file is None:
            continue
        if slot.cost not in derived:
            memory, passes, lanes = slot.cost
            derived[slot.cost] = argon2.low_level.hash_secret_raw(
                passphrase, keys.argon_salt, time_cost=passes, memory_cost=memory, parallelism=lanes, hash_len=32,
                type=argon2.low_level.Type.ID, version=0x13)
        A = derived[slot.cost]
        yield slot, A if slot.kind == PASSPHRASE else keyed(A, blake2b(32, key_file))


@dataclass
class Session:
    """What an opened slot gives: sections 5 and 6."""
    keys: KeysFile
    slot: Slot
    slot_key: bytes
    slot_public: bytes
    author: bytes
    vmk: bytes
    x: bytes
    epoch: int = 0
    k_case: bytes = b""

    @property
    def keeper(self):
        return self.slot.tier == KEEPER

    def vmk_key(self, number):
        return KDF(self.vmk, number, b"wh-vmk__")

    def nsk_key(self, number):
        """X is NSK in a slot of the keeper tier only."""
        return KDF(self.x, number, b"wh-nsk__")


def open_slot(keys, slot, S):
    """A session, or None where the commitment says that S is not of this slot."""
    both = blake2b(64, b"withheld:slot:1\0" + keys.vault + slot.header, S)
    wrap_key, commitment = both[:32], both[32:]
    if not hmac.compare_digest(commitment, slot.commitment):
        return None
    slot_secret = unbox(wrap_key, slot.header, slot.box1)
    slot_key, x25519_secret, author_seed = (KDF(slot_secret, i, b"wh-slot_") for i in (1, 2, 3))
    slot_public = x25519_public(x25519_secret)
    shared = X25519(x25519_secret, slot.ephemeral)
    k2 = keyed(slot_key, b"withheld:box2:1\0" + shared + slot.ephemeral + slot_public)
    inside = unbox(k2, slot.header, slot.box2)
    return Session(keys, slot, slot_key, slot_public, ed25519_public(author_seed), inside[:32], inside[32:])


def open_keys(data, passphrase, key_file, report):
    keys = parse_keys(data)
    for slot, S in slot_secrets(keys, passphrase, key_file):
        session = open_slot(keys, slot, S)
        if session:
            check_mac(session, report)
            open_epoch(session)
            return session
    raise WrongPassphrase("the passphrase opens no slot")


def check_mac(session, report):
    data = session.keys.data
    mac = MAC(session.vmk_key(2), b"withheld:keys:1", data[:2296])
    report.check(hmac.compare_digest(mac, data[2296:2328]), "keys", "MAC is wrong")


# ---- 6. The key tree: numbers of KDF(VMK) and KDF(NSK) are in the methods of Session and where they are used --------

def open_epoch(session):
    keys = session.keys
    inside = unbox(session.vmk_key(3), b"withheld:epoch:1\0" + keys.vault, keys.data[2216:2296])
    session.epoch, E = int.from_bytes(inside[:8], "little"), inside[8:]
    session.k_case = MAC(session.vmk_key(4), b"withheld:case:1", E)


# ---- 7. The card -------------------------------------------------------------------------------------------------

@dataclass
class Card:
    data: bytes
    keeper: bytes           # signing public key
    intake: bytes
    keeper_recipient: bytes
    case_recipient: bytes

    @property
    def hash(self):
        return H(b"withheld:card:1", self.data)


def parse_card(data, vault):
    public = xwing.PUBLIC_KEY
    card = decode_as((int, 16, 32, public, public, public, 64), data)
    if card[:2] != [1, vault]:
        raise Damage("is of another version or another vault")
    body = H(b"withheld:card-body:1", encode(card[:6]))
    if not signed_by(card[2], b"withheld:sign:card:1", body, card[6]):
        raise Damage("signature is wrong")
    return Card(data, *card[2:6])


def check_card(session, card, report):
    """Is it the card of these keys? A case session knows its hash, a keeper makes each key again."""
    where = "the card"
    case_recipient = xwing.public_key(session.vmk_key(5))
    report.check(card.case_recipient == case_recipient, where, "case recipient is not made from these keys")
    if not session.keeper:
        report.check(card.hash == session.x, where, "hash is not the one in the slot")
        return
    report.check(card.intake == xwing.public_key(session.nsk_key(1)), where, "intake key is not made from these keys")
    report.check(card.keeper == ed25519_public(session.nsk_key(3)), where, "keeper key is not made from these keys")
    report.check(card.keeper_recipient == xwing.public_key(session.nsk_key(4)), where,
                 "keeper recipient is not made from these keys")


# ---- 8. The database ---------------------------------------------------------------------------------------------

TABLES = {
    "log": ("entry", "sigs", "detail"),
    "pair": ("log", "id", "tags"),
    "open": ("blob",),
    "withheld": ("blob",),
    "wrap": ("box",),
    "intake": ("enc",),
}
NUMBERS = {"log"}           # columns that are not blobs
APPLICATION_ID, SCHEMA_VERSION = 0x77686C64, 1


def read_database(folder, session):
    """{table: {n: (column, ...)}}, by the program sqlcipher, which gets the key on its standard input."""
    path = os.path.join(os.path.abspath(folder), "records.db")
    if not os.path.isfile(path):
        raise Damage("is missing")
    journal = path + "-journal"
    if not (os.path.exists(journal) and os.path.getsize(journal)):
        return parse_dump(run_sqlcipher(path, session))
    # An interrupted transaction is undone in a copy; the vault stays as it is. Both files are encrypted.
    with tempfile.TemporaryDirectory() as copy:
        for file in (path, journal):
            shutil.copy(file, copy)
        return parse_dump(run_sqlcipher(os.path.join(copy, "records.db"), session, write=True))


def sql_script(session):
    yield f"""PRAGMA key = "x'{session.vmk_key(1).hex()}{session.keys.db_salt.hex()}'";"""
    yield "PRAGMA cipher_page_size = 16384;"
    yield "PRAGMA cipher_hmac_algorithm = HMAC_SHA256;"
    yield "PRAGMA cipher_kdf_algorithm = PBKDF2_HMAC_SHA512;"
    yield "PRAGMA trusted_schema = OFF;"
    yield ".mode list"
    yield ".separator ,"
    yield "SELECT '#', application_id, user_version FROM pragma_application_id, pragma_user_version;"
    yield "SELECT '#', hex(type), hex(name) FROM sqlite_schema;"
    for table, columns in TABLES.items():
        # Whatever a cell holds, its line stays one line of the form that parse_dump takes.
        cells = (f"iif(typeof({c}) = 'integer', {c}, 'bad')" if c in NUMBERS and table == "pair" else
                 f"iif(typeof({c}) = 'blob', hex({c}), 'bad')" for c in columns)
        yield f"SELECT '{table}', n, {', '.join(cells)} FROM {table} ORDER BY n;"
    yield "SELECT '#', 'end', '';"


def run_sqlcipher(path, session, write=False):
    mode = [] if write else ["-readonly"]
    command = ["sqlcipher", *mode, "-batch", "-bail", "-safe", "-init", "/dev/null", path]
    done = subprocess.run(command, input="\n".join(sql_script(session)), capture_output=True, encoding="latin-1",
                          check=False, env={"PATH": os.environ.get("PATH", "/usr/bin:/bin")})
    if done.returncode != 0 or done.stderr.strip():
        raise Damage("sqlcipher says: " + " ".join(done.stderr.split()))
    return done.stdout.splitlines()


def parse_dump(lines):
    if not lines or lines.pop(0) != "ok" or not lines or lines.pop() != "#,end,":
        raise Damage("sqlcipher did not read all of it")
    if not lines or lines.pop(0) != f"#,{APPLICATION_ID},{SCHEMA_VERSION}":
        raise Damage("application id or schema version is wrong")
    database = {table: {} for table in TABLES}
    things = set()
    for line in lines:
        table, *cells = line.split(",")
        if table == "#":
            things.add(tuple(bytes.fromhex(cell).decode() for cell in cells))
        else:
            if "bad" in cells:
                raise Damage(f"table {table} has a cell of a wrong kind")
            columns = [int(cell) if table == "pair" and column in NUMBERS else bytes.fromhex(cell)
                       for column, cell in zip(TABLES[table], cells[1:])]
            database[table][int(cells[0])] = columns
    if things != {("table", table) for table in TABLES}:
        raise Damage("has other tables than those of the format")
    return database


def numbered_from_one(rows):
    return list(rows) == list(range(1, len(rows) + 1))


# ---- 9. Wraps ----------------------------------------------------------------------------------------------------

LOG_KEY, TAG_KEY, RECORD_KEY, INNER_WRAP = 1, 2, 3, 4
BY_NAME, BY_INTAKE = 1, 2


class Wraps:
    """The tables wrap and intake."""

    def __init__(self, session, database):
        self.session = session
        self.boxes = {n: box for n, (box,) in database["wrap"].items()}
        self.intake = {H(b"withheld:enc:1", enc): enc for enc, in database["intake"].values()}
        self.used = set()               # rows of wrap that something refers to
        self.intake_used = set()
        self.intake_keys = {}

    def open(self, n, kind, ids=b""):
        if n not in self.boxes:
            raise Damage(f"row {n} of wrap is missing")
        self.used.add(n)
        aad = b"withheld:wrap:1\0" + self.session.keys.vault + bytes([kind]) + ids
        try:
            return unbox(self.session.k_case, aad, self.boxes[n])
        except Damage as damage:
            raise Damage(f"row {n} of wrap {damage}") from None

    def key(self, n, kind, ids=b""):
        key = self.open(n, kind, ids)
        if len(key) != 32:
            raise Damage(f"row {n} of wrap holds no key")
        return key

    def blob_key(self, pair, record, revision):
        """The key of a withheld blob; None at the case tier, where only the outer of two wraps opens."""
        inner = self.open(2 * pair + 1, INNER_WRAP, record + revision)
        how, rest = inner[:1], inner[1:]
        aad = b"withheld:inner:1\0" + self.session.keys.vault + record + revision
        if how == bytes([BY_NAME]) and len(rest) == BOX + 32:
            return unbox(self.session.nsk_key(2), aad, rest) if self.session.keeper else None
        if how == bytes([BY_INTAKE]) and len(rest) == 32 + BOX + 32:
            key = self.intake_key(rest[:32])
            return unbox(key, aad, rest[32:]) if key else None
        raise Damage("inner wrap is of no known form")

    def intake_key(self, digest):
        if digest not in self.intake:
            raise Damage("the row of intake that its key needs is missing")
        self.intake_used.add(digest)
        if not self.session.keeper:
            return None
        if digest not in self.intake_keys:
            enc, seed = self.intake[digest], self.session.nsk_key(1)
            if len(enc) != xwing.CIPHERTEXT:
                raise Damage("the row of intake that its key needs has a wrong length")
            self.intake_keys[digest] = MAC(xwing.decapsulate(seed, enc), b"withheld:intake:1",
                                           enc + xwing.public_key(seed))
        return self.intake_keys[digest]

    def check_all_used(self, report):
        for n in self.boxes.keys() - self.used:
            report.add(f"row {n} of wrap", "belongs to nothing")
        for digest in self.intake.keys() - self.intake_used:
            report.add("intake", f"{digest.hex()} belongs to nothing")


# ---- 10. Records, revisions, leaves --------------------------------------------------------------------------------

OPEN, WITHHELD = 1, 2
REMOVED = "_removed"
MAX_LEAVES, MAX_PARENTS, MAX_VALUE, MAX_BLOB = 4096, 16, 1 << 20, 16 << 20
PROVENANCE = {1: "source", 2: "as_of", 3: "certainty"}
CERTAINTIES = ("certain", "probable", "possible", "doubtful")


@dataclass
class Leaf:
    field: str
    element: bytes
    tier: int
    c: bytes
    introduced: bytes = b""     # by which revision; empty: this one (withheld leaves)
    value: object = None        # None: not known here

    @property
    def place(self):
        return encode([self.field, self.element])


@dataclass
class Revision:
    pair: int
    entry: int                  # row of log
    record: bytes
    id: bytes
    type_hash: bytes
    parents: list
    time: int
    author: bytes
    leaves: list
    opened: set = field(default_factory=set)    # places of withheld values that were read here

    @property
    def where(self):
        return f"record {code(self.record)}, revision {self.id.hex()[:16]}"

    @property
    def is_system(self):
        return self.record[0] == 0

    @property
    def removed(self):
        return [(leaf.field, leaf.value) for leaf in self.leaves] == [(REMOVED, True)]

    def leaf(self, name):
        return next((leaf for leaf in self.leaves if leaf.field == name), None)

    def value(self, name):
        leaf = self.leaf(name)
        return leaf.value if leaf else None


def commit(salt, name, element, value):
    """The c of a leaf."""
    return keyed(salt, encode([name, element, value]))


def revision_id(record, type_hash, parents, time, author, leaves):
    return H(b"withheld:revision:1", encode(
        [record, type_hash, parents, time, author, [[x.field, x.element, x.tier, x.c] for x in leaves]]))


def bare(value):
    """A value without its provenance."""
    return value[0] if isinstance(value, dict) else value


def check_value(value):
    """What holds for values of any kind; check_kind of section 12 looks at the rest."""
    if len(encode(value)) > MAX_VALUE + 9:
        raise Damage("a value is too long")
    if isinstance(value, dict):
        good = (0 in value and len(value) > 1 and value.keys() <= {0, 1, 2, 3}
                and fits(value.get(1, bytes(16)), 16) and fits(value.get(2, ""), str)
                and value.get(3, CERTAINTIES[0]) in CERTAINTIES)
        if not good:
            raise Damage("a value has a provenance of a wrong form")
    if not isinstance(bare(value), (str, int, bytes)):
        raise Damage("a value is of no known kind")
    if isinstance(bare(value), str) and not unicodedata.is_normalized("NFC", bare(value)):
        raise Damage("a text is not in form NFC")


# ---- 11. Blobs ---------------------------------------------------------------------------------------------------

VALUES = [(str, bytes, any)]


def blob_aad(vault, record, revision, tier):
    return b"withheld:blob:1\0" + vault + record + revision + bytes([tier])


def leaf_salts(salts, count):
    """One salt for each of the values of a blob: from its seed, or as they are given."""
    if fits(salts, 32):
        wide = b"".join(KDF(salts, j, b"leafsalt", 64) for j in range((count + 1) // 2))
        return [wide[32 * i:32 * i + 32] for i in range(count)]
    if fits(salts, [32]) and len(salts) == count:
        return salts
    raise Damage("salts are not as many as the values")


def value_leaves(salts, values, tier):
    leaves = []
    for salt, (name, element, value) in zip(leaf_salts(salts, len(values)), values):
        check_value(value)
        leaves.append(Leaf(name, element, tier, commit(salt, name, element, value), value=value))
    check_order(leaves)
    return leaves


def check_order(leaves):
    if not ascending([leaf.place for leaf in leaves]):
        raise Damage("leaves are not in order, or one comes twice")


def open_revision(vault, pair, entry, ids, record_key, blob):
    """A revision from its open blob. Its id holds for all that it says, so this is where it is recomputed."""
    record, rev = ids[:16], ids[16:]
    if len(blob) > MAX_BLOB:
        raise Damage("open blob is too long")
    plain = unbox(MAC(record_key, b"withheld:open:1", rev), blob_aad(vault, record, rev, OPEN), blob)
    type_hash, parents, time, author, salts, values, others = decode_as(
        (32, [32], int, 32, any, VALUES, [(str, bytes, int, 32, bytes)]), plain)
    others = [Leaf(*other) for other in others]
    check_order(others)
    for leaf in others:
        if not (leaf.tier == WITHHELD and len(leaf.introduced) in (0, 32) or leaf.tier == OPEN and not leaf.introduced):
            raise Damage(f"leaf {leaf.field} has a wrong tier or origin")
    leaves = sorted(value_leaves(salts, values, OPEN) + others, key=lambda leaf: leaf.place)
    check_order(leaves)
    if not ascending(parents) or len(parents) > MAX_PARENTS or len(leaves) > MAX_LEAVES:
        raise Damage("parents are not in order, or there are too many parents or leaves")
    if revision_id(record, type_hash, parents, time, author, leaves) != rev:
        raise Damage("content is not what the revision id says")
    return Revision(pair, entry, record, rev, type_hash, parents, time, author, leaves)


def padme(length):
    if length <= 256:
        return 256
    e = length.bit_length() - 1
    step = 1 << e - e.bit_length()
    return (length + step - 1) // step * step


def open_withheld(vault, revision, key, blob):
    """Fills in the withheld values that a revision introduced. Without a key only the length can be looked at."""
    size = len(blob) - BOX
    if size < 256 or padme(size) != size or len(blob) > MAX_BLOB:
        raise Damage("withheld blob has a wrong length")
    if key is None:
        return
    plain = unbox(key, blob_aad(vault, revision.record, revision.id, WITHHELD), blob)
    end = 4 + int.from_bytes(plain[:4], "little")
    if end > size or padme(end) != size or any(plain[end:]):
        raise Damage("withheld blob is padded wrongly")
    salts, values = decode_as((any, VALUES), plain[4:end])
    found = {leaf.place: leaf for leaf in value_leaves(salts, values, WITHHELD)}
    own = {leaf.place: leaf for leaf in revision.leaves if leaf.tier == WITHHELD and not leaf.introduced}
    for place, leaf in found.items():
        if place not in own or own[place].c != leaf.c:
            raise Damage(f"withheld value of {leaf.field} is not the one of its leaf")
        own[place].value = leaf.value
    if own.keys() != found.keys():
        raise Damage("withheld values are missing")


# ---- 12. Record types ----------------------------------------------------------------------------------------------

KINDS = range(1, 13)
(K_TEXT, K_NARRATIVE, K_NAME, K_DATE, K_NUMBER, K_CHOICE, K_PLACE, K_IDENTIFIER, K_YES_NO, K_LINK, K_FILE,
 K_BYTES) = KINDS
DECIMAL = re.compile(r"(?!-0$)-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")
EDTF_LOOKS = re.compile(r"[-0-9TXYWZ:.,/~?%+]+")


@dataclass
class Field:
    name: str
    kind: int
    tier: int
    repeats: bool
    role: int
    labels: dict
    choices: list
    target: str


@dataclass
class Type:
    name: str
    version: int
    labels: dict
    fields: dict


def type_hash(definition):
    return H(b"withheld:type:1", definition)


def parse_type(definition):
    name, version, labels, fields = decode_as(
        (str, int, dict, [(str, int, int, bool, int, dict, [str], str)]), definition)
    fields = [Field(*x) for x in fields]
    if len(fields) > 256 or len({f.name for f in fields}) != len(fields) or version < 1:
        raise Damage(f"type {name}: too many fields, one twice, or no version")
    for f in fields:
        good = (re.fullmatch("[a-z][a-z0-9_]{0,31}", f.name) and f.kind in KINDS and f.tier in (OPEN, WITHHELD)
                and f.role in (1, 2, 3, 4) and len(f.choices) <= 256)
        if not good:
            raise Damage(f"type {name}: field {f.name} has a definition that is not allowed")
    for texts in (labels, *(f.labels for f in fields)):
        if not all(key in ("en", "ru", "ko") and type(text) is str for key, text in texts.items()):
            raise Damage(f"type {name}: labels of a wrong form")
    return Type(name, version, labels, {f.name: f for f in fields})


def check_types(revision, definition):
    """The leaves of a revision against the definition of its type."""
    for leaf in revision.leaves:
        if leaf.field.startswith("_"):
            continue
        if leaf.field not in definition.fields:
            raise Damage(f"type {definition.name} has no field {leaf.field}")
        f = definition.fields[leaf.field]
        if len(leaf.element) != (8 if f.repeats else 0):
            raise Damage(f"{f.name} has an element of a wrong length")
        if leaf.tier < f.tier:
            raise Damage(f"{f.name} is open, and its type withholds it")
        if leaf.value is not None and not check_kind(bare(leaf.value), f):
            raise Damage(f"{f.name} has a value that is not of its kind")


def check_kind(value, f):
    if f.kind == K_NUMBER:
        return type(value) is int or type(value) is str and DECIMAL.fullmatch(value)
    if f.kind == K_YES_NO:
        return type(value) is bool
    if f.kind == K_LINK:
        return fits(value, 16)
    if f.kind in (K_FILE, K_BYTES):
        return type(value) is bytes
    if type(value) is not str:
        return False
    if f.kind == K_DATE:
        return EDTF_LOOKS.fullmatch(value)
    return f.kind != K_CHOICE or not f.choices or value in f.choices


# ---- 13. System records --------------------------------------------------------------------------------------------

S_TYPE, S_SLOT, S_CARD, S_CONTACT, S_RECEIPT = 1, 2, 3, 5, 8
NEUTRAL = 4


def system_definition(name, *fields):
    return encode([name, 1, {}, [[f, kind, tier, False, NEUTRAL, {}, [], ""] for f, kind, tier in fields]])


SYSTEM_DEFINITIONS = {
    S_TYPE: system_definition("_type", ("definition", K_BYTES, OPEN)),
    S_SLOT: system_definition(
        "_slot", ("author", K_BYTES, OPEN), ("index", K_NUMBER, OPEN), ("kind", K_NUMBER, OPEN),
        ("state", K_TEXT, OPEN), ("tier", K_NUMBER, OPEN), ("x25519", K_BYTES, OPEN), ("slot_key", K_BYTES, WITHHELD)),
    S_CARD: system_definition("_card", ("card", K_BYTES, OPEN)),
}
SYSTEM_TYPES = {type_hash(d): parse_type(d) for d in SYSTEM_DEFINITIONS.values()}


def type_record(name):
    return bytes([0, S_TYPE]) + H(b"withheld:type-name:1", name.encode())[:14]


def slot_record(slot_id):
    return bytes([0, S_SLOT]) + slot_id + bytes(6)


CARD_RECORD = bytes([0, S_CARD]) + bytes(14)


def check_system(revision):
    """A revision of a system record against the table of section 13."""
    kind = revision.record[1]
    if kind not in SYSTEM_DEFINITIONS:
        raise Damage(f"system record of kind {kind}, which the format reserves")
    if revision.type_hash != type_hash(SYSTEM_DEFINITIONS[kind]):
        raise Damage("system record of another type than its id says")
    if kind == S_TYPE:
        definition = revision.value("definition")
        if definition is None or revision.record != type_record(parse_type(definition).name):
            raise Damage("definition does not belong to this record")
    elif kind == S_SLOT:
        good = (revision.record[10:] == bytes(6) and fits(revision.value("author"), 32)
                and fits(revision.value("x25519"), 32) and revision.value("state") in ("active", "retired")
                and revision.value("tier") in (CASE, KEEPER) and revision.value("kind") in (1, 2, 3))
        if not good:
            raise Damage("registration of a slot has a wrong form")
    elif revision.record != CARD_RECORD or revision.value("card") is None:
        raise Damage("card record has a wrong form")


# ---- 14. The log -------------------------------------------------------------------------------------------------

ENTRY = (16, 16, int, [32], int, 8, 32, [32], str, 32, int, 32, [any])
KEEPER_ACTIONS = {"init", "type", "slot-add", "slot-remove", "rekey", "adopt", "reveal"}
MAX_ENTRY, MAX_DETAIL = 64 << 10, 16 << 20


@dataclass
class Entry:
    n: int
    hash: bytes
    vault: bytes
    copy: bytes
    number: int
    parents: list
    time: int
    slot: bytes
    author: bytes
    keepers: list
    action: str
    root: bytes
    count: int
    commitment: bytes
    keys: list
    detail: dict = None
    trust: object = None

    @property
    def where(self):
        return f"log entry {self.n} ({self.action})"


@dataclass
class Trust:
    """Whom the log trusts after an entry. Never changed in place: entries share it."""
    authors: dict       # (slot id, author): still active
    keeper: bytes       # the key on the card of the time


def parse_entry(n, data, vault):
    if len(data) > MAX_ENTRY:
        raise Damage("is too long")
    fields = decode_as(ENTRY, data)
    entry = Entry(n, H(b"withheld:entry:1", data), *fields)
    if entry.vault != vault:
        raise Damage("is of another vault")
    if entry.keys and not fits(entry.keys, (int, 32)):
        raise Damage("names the file keys in a wrong form")
    if len(entry.parents) > MAX_PARENTS or len(set(entry.parents)) != len(entry.parents):
        raise Damage("has too many parents, or one twice")
    return entry


def merkle_root(leaves):
    if not leaves:
        return blake2b(32, b"")
    if len(leaves) == 1:
        return blake2b(32, b"\0" + leaves[0])
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return blake2b(32, b"\1" + merkle_root(leaves[:k]) + merkle_root(leaves[k:]))


def open_detail(entry, log_key, vault, box):
    if len(box) > MAX_DETAIL + BOX:
        raise Damage("detail is too long")
    plain = unbox(log_key, b"withheld:detail:1\0" + vault + entry.commitment, box)
    salt, detail = decode_as((32, dict), plain)
    if keyed(salt, encode(detail)) != entry.commitment:
        raise Damage("detail is not what its commitment says")
    if not all(type(key) is str for key in detail):
        raise Damage("detail has a key that is not text")
    return detail


def check_signatures(entry, sigs):
    signers = [entry.author, *entry.keepers]
    signatures = decode_as([64], sigs)
    if len(signatures) != len(signers):
        raise Damage("signatures are not as many as signers")
    for who, key, signature in zip(["author", *["keeper"] * len(entry.keepers)], signers, signatures):
        if not signed_by(key, b"withheld:sign:entry:1", entry.hash, signature):
            raise Damage(f"signature of the {who} is wrong")


class Log:
    """The table log, and what the entries say about each other and about the table pair."""

    def __init__(self, reader):
        self.reader = reader
        self.report = reader.report
        self.entries = {}           # by row
        self.by_hash = {}

    def read(self):
        rows = self.reader.database["log"]
        self.report.check(rows and numbered_from_one(rows), "log", "rows are missing")
        for n, (data, sigs, detail) in rows.items():
            with self.report.at(f"log entry {n}"):
                entry = parse_entry(n, data, self.reader.vault)
                if entry.hash in self.by_hash:
                    raise Damage("comes twice")
                self.entries[n] = self.by_hash[entry.hash] = entry
                with self.report.at(entry.where):
                    check_signatures(entry, sigs)
                if self.reader.log_key:
                    with self.report.at(entry.where):
                        entry.detail = open_detail(entry, self.reader.log_key, self.reader.vault, detail)

    def verify(self):
        for entry in self.entries.values():
            added = self.reader.added.get(entry.n, [])
            with self.report.at(entry.where):
                self.check_chain(entry)
            with self.report.at(entry.where):
                self.check_pairs(entry, added)
            with self.report.at(entry.where):
                self.check_trust(entry, added)
        for n in self.reader.added.keys() - self.entries.keys():
            self.report.add(f"log entry {n}", "revisions belong to it, and it is not there")
        self.check_line()

    def check_chain(self, entry):
        """Number and parents; what an entry follows stands in a row above it."""
        if entry.n == 1:
            if entry.parents or entry.number != 0:
                raise Damage("is the first, and has parents or a number")
            return
        parents = [self.by_hash.get(h) for h in entry.parents]
        if not parents or not all(parent and parent.n < entry.n for parent in parents):
            raise Damage("follows an entry that is not there")
        if entry.number != 1 + max(parent.number for parent in parents):
            raise Damage("number does not follow from its parents")

    def check_pairs(self, entry, added):
        if (entry.count, entry.root) != (len(added), merkle_root([ids for _, ids in added])):
            raise Damage("the revisions that it added are not those that are there")

    def check_trust(self, entry, added):
        revisions = [self.reader.revisions[n] for n, _ in added if n in self.reader.revisions]
        before = self.trust_before(entry)
        trust = entry.trust = self.trust_after(before, revisions)
        me = (entry.slot, entry.author)
        if me not in trust.authors or not before.authors.get(me, True):
            raise Damage("its author was not registered")
        for revision in revisions:
            if revision.author != entry.author:
                raise Damage(f"{revision.where} is by another author")
        # A change of the keeper key is signed with both, old first.
        keepers = [key for key in dict.fromkeys((before.keeper, trust.keeper)) if key]
        if entry.keepers and entry.keepers != keepers:
            raise Damage("its keeper key is not the one on the card")
        system = any(r.is_system and r.record[1] not in (S_CONTACT, S_RECEIPT) for r in revisions)
        if (entry.action in KEEPER_ACTIONS or system) and not entry.keepers:
            raise Damage("needs the keeper, who did not sign it")

    def trust_before(self, entry):
        """What the parents say together: one who was retired in either line is retired."""
        parents = [self.by_hash[h].trust for h in entry.parents if h in self.by_hash]
        parents = [trust for trust in parents if trust]
        if not parents:
            return Trust({}, b"")
        if all(trust is parents[0] for trust in parents):
            return parents[0]
        authors = {}
        for trust in parents:
            for who, active in trust.authors.items():
                authors[who] = active and authors.get(who, True)
        return Trust(authors, parents[0].keeper)

    def trust_after(self, before, revisions):
        authors, keeper = before.authors, before.keeper
        for revision in revisions:
            if revision.record == CARD_RECORD and revision.id in self.reader.cards:
                keeper = self.reader.cards[revision.id].keeper
            elif revision.record[:2] == bytes([0, S_SLOT]) and fits(revision.value("author"), 32):
                who = (revision.record[2:10], revision.value("author"))
                authors = {**authors, who: revision.value("state") == "active"}
        same = authors is before.authors and keeper == before.keeper
        return before if same else Trust(authors, keeper)

    def line(self):
        """This copy's own line: from the head over first parents."""
        entry = self.entries[max(self.entries)] if self.entries else None
        while entry:
            yield entry
            entry = self.by_hash.get(entry.parents[0]) if entry.parents else None

    def check_line(self):
        followed = {h for entry in self.entries.values() for h in entry.parents}
        for entry in list(self.entries.values())[:-1]:
            self.report.check(entry.hash in followed, entry.where, "is not the head, and nothing follows it")
        self.report.check(self.names(self.reader.session.keys), "keys", "is not the file that the log names last")

    def names(self, keys):
        """Does the last entry about the file `keys` mean this one?"""
        return next((entry.keys for entry in self.line() if entry.keys), None) == keys.name


# ---- 15. Changing `keys` -------------------------------------------------------------------------------------------

def open_vault(folder, passphrase, key_file):
    """A Reader on the keys file that the log names: `keys`, or `keys.new` where a change was interrupted after its
    commit. If neither is named, what is wrong with `keys` counts."""
    if not os.path.isfile(os.path.join(folder, "keys")):
        raise Damage("keys: is missing")
    outcomes = []
    for name in ("keys", "keys.new"):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            try:
                with open(path, "rb") as file:
                    data = file.read(KEYS_SIZE + 1)
                reader = read_with(folder, data, passphrase, key_file)
                if reader.log.names(reader.session.keys):
                    return reader
                outcomes.append(reader)
            except (WrongPassphrase, Damage) as refusal:
                outcomes.append(refusal)
    if isinstance(outcomes[0], Exception):
        raise outcomes[0]
    return outcomes[0]


def read_with(folder, keys_data, passphrase, key_file):
    report = Report()
    try:
        session = open_keys(keys_data, passphrase, key_file, report)
    except Damage as damage:
        raise Damage(f"keys: {damage}") from None
    try:
        database = read_database(folder, session)
    except Damage as damage:
        raise Damage(f"records.db: {damage}") from None
    reader = Reader(session, database, report)
    reader.log.read()
    return reader


class Reader:
    """All of a vault: reads everything, then compares everything."""

    def __init__(self, session, database, report):
        self.session = session
        self.database = database
        self.report = report
        self.vault = session.keys.vault
        self.wraps = Wraps(session, database)
        self.log_key = self.tag_key = None
        with report.at("the log key"):
            self.log_key = self.wraps.key(0, LOG_KEY)
        with report.at("the tag key"):
            self.tag_key = self.wraps.key(1, TAG_KEY)
        self.log = Log(self)
        self.added = defaultdict(list)      # row of log: [(pair, record id | revision id)]
        self.revisions = {}                 # by pair
        self.by_id = {}                     # by (record, revision)
        self.records = defaultdict(list)    # record: its revisions
        self.record_keys = {}
        self.types = dict(SYSTEM_TYPES)
        self.cards = {}                     # by revision

    def verify(self):
        self.read_pairs()
        self.read_system()
        self.log.verify()
        for revision in self.revisions.values():
            with self.report.at(revision.where):
                self.check_revision(revision)
        self.check_keys_against_records()
        self.wraps.check_all_used(self.report)

    # What the rows say

    def read_pairs(self):
        pairs, before = self.database["pair"], 0
        self.report.check(numbered_from_one(pairs), "pair", "rows are missing")
        for table in ("open", "withheld"):
            for n in self.database[table].keys() - pairs.keys():
                self.report.add(f"row {n} of {table}", "belongs to nothing")
        for n, (entry, ids, tags) in pairs.items():
            where = f"pair {n}"
            self.report.check(entry >= before, where, "is not with the others of its log entry")
            before = entry
            self.added[entry].append((n, ids))
            if self.report.check(len(ids) == 48, where, "ids have a wrong length"):
                with self.report.at(where + f" (record {code(ids[:16])})"):
                    self.read_revision(n, entry, ids)

    def read_revision(self, n, entry, ids):
        record, rev = ids[:16], ids[16:]
        if record not in self.record_keys:
            self.record_keys[record] = None
            self.record_keys[record] = self.wraps.key(2 * n, RECORD_KEY, record)
        if self.record_keys[record] is None:
            raise Damage("the key of the record is not there")
        if n not in self.database["open"]:
            raise Damage("its row of open is missing")
        blob, = self.database["open"][n]
        revision = open_revision(self.vault, n, entry, ids, self.record_keys[record], blob)
        if (record, rev) in self.by_id:
            raise Damage("comes twice")
        self.revisions[n] = self.by_id[record, rev] = revision
        self.records[record].append(revision)
        self.read_withheld(revision)

    def read_withheld(self, revision):
        n = revision.pair
        introduces = any(leaf.tier == WITHHELD and not leaf.introduced for leaf in revision.leaves)
        row = self.database["withheld"].get(n)
        if introduces != (row is not None):
            raise Damage("its row of withheld is missing" if introduces else "has a row of withheld, and needs none")
        if row:
            open_withheld(self.vault, revision, self.wraps.blob_key(n, revision.record, revision.id), row[0])

    def read_system(self):
        for revision in self.revisions.values():
            if not revision.is_system:
                continue
            with self.report.at(revision.where):
                check_system(revision)
                if revision.record[1] == S_TYPE:
                    definition = revision.value("definition")
                    self.types[type_hash(definition)] = parse_type(definition)
                elif revision.record == CARD_RECORD:
                    self.cards[revision.id] = parse_card(revision.value("card"), self.vault)

    # How they agree with each other

    def check_revision(self, revision):
        parents = [self.by_id.get((revision.record, h)) for h in revision.parents]
        if not all(parent and parent.pair < revision.pair for parent in parents):
            raise Damage("follows a revision that is not there")
        self.check_carried(revision)
        definition = self.types.get(revision.type_hash)
        if not definition:
            raise Damage("its type is not in the vault")
        check_types(revision, definition)
        for parent in parents:
            if self.type_name(parent) != definition.name:
                raise Damage("is of another type than its parent")
        if revision.record[:2] == bytes([0, S_TYPE]):
            self.check_tiers_rise(revision, parents)
        if any(leaf.field == REMOVED for leaf in revision.leaves) and not revision.removed:
            raise Damage("is removed, and yet says more")

    def check_carried(self, revision):
        """A leaf that was not introduced here is the one that an ancestor introduced; its value is there, too."""
        ancestors = None
        for leaf in revision.leaves:
            if not leaf.introduced:
                continue
            ancestors = ancestors or self.ancestors(revision)
            origin = self.by_id.get((revision.record, leaf.introduced))
            if not origin or leaf.introduced not in ancestors:
                raise Damage(f"{leaf.field} comes from a revision that is not an ancestor")
            first = next((x for x in origin.leaves if x.place == leaf.place), None)
            if not first or (first.tier, first.introduced, first.c) != (WITHHELD, b"", leaf.c):
                raise Damage(f"{leaf.field} is not what {leaf.introduced.hex()[:16]} introduced")
            leaf.value = first.value

    def ancestors(self, revision):
        found, todo = set(), list(revision.parents)
        while todo:
            h = todo.pop()
            if h not in found and (revision.record, h) in self.by_id:
                found.add(h)
                todo += self.by_id[revision.record, h].parents
        return found

    def check_tiers_rise(self, revision, parents):
        new = parse_type(revision.value("definition"))
        for parent in parents:
            old = parse_type(parent.value("definition"))
            for name, f in old.fields.items():
                if name in new.fields and new.fields[name].tier < f.tier:
                    raise Damage(f"a later version of type {new.name} lowers the tier of {name}")

    def check_keys_against_records(self):
        """The file `keys` against the registrations of its slots, and against the card."""
        session = self.session
        cards = [self.cards[r.id] for r in self.heads(CARD_RECORD) if r.id in self.cards]
        if self.report.check(len(cards) == 1, "the card", "is missing, or there are several"):
            check_card(session, cards[0], self.report)
        for slot in session.keys.slots:
            heads = self.heads(slot_record(slot.id))
            where = f"slot {slot.index}"
            if not self.report.check(len(heads) == 1, where, "is not registered once"):
                continue
            says = [heads[0].value(x) for x in ("state", "index", "kind", "tier")]
            self.report.check(says == ["active", slot.index, slot.kind, slot.tier], where, "is registered differently")
            if slot is session.slot:
                says = [heads[0].value(x) for x in ("author", "x25519")]
                self.report.check(says == [session.author, session.slot_public], where, "is registered with other keys")
                if session.keeper:
                    self.report.check(heads[0].value("slot_key") == session.slot_key, where,
                                      "is registered with another slot key")

    def heads(self, record):
        parents = {h for revision in self.records[record] for h in revision.parents}
        return [revision for revision in self.records[record] if revision.id not in parents]

    def type_name(self, revision):
        definition = self.types.get(revision.type_hash)
        return definition.name if definition else None


# ---- 17. Names for people ------------------------------------------------------------------------------------------

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def code(record):
    """26 characters of 5 bits: the 128 bits of the id, then two zero bits."""
    bits = int.from_bytes(record, "big") << 2
    return "".join(CROCKFORD[bits >> 5 * i & 31] for i in reversed(range(26)))


def fold(text):
    """The search fold: what two texts have in common that a search takes for the same."""
    out, base = [], ""
    for c in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()):
        if not unicodedata.combining(c):
            base = c
        elif (base + c) not in ("и\u0306", "е\u0308") and script_loses_marks(base):
            continue
        out.append(c)
    return " ".join("".join(out).split())


def script_loses_marks(base):
    return unicodedata.name(base, "").split(" ")[0] in ("LATIN", "GREEK", "CYRILLIC") if base else False


def tags(reader, revision, definition):
    """What section 8 says the tags of a revision are. They are hints: a difference is no damage."""
    def tag(kind, x):
        return MAC(reader.tag_key, kind, x)[:8]
    texts = [revision.value(name) for name in ("ref", "label")]
    out = [tag(kind, fold(bare(text)).encode()) if isinstance(bare(text), str) else bytes(8)
           for kind, text in zip((b"ref", b"label"), texts)]
    for leaf in revision.leaves:
        f = definition.fields.get(leaf.field)
        if f and f.kind == K_LINK and leaf.tier == OPEN and leaf.value is not None:
            out.append(tag(b"link", bare(leaf.value)))
    return b"".join(out)


def check_tags(reader):
    for n, revision in reader.revisions.items():
        definition = reader.types.get(revision.type_hash)
        if definition and reader.tag_key:
            want = b"" if revision.is_system else tags(reader, revision, definition)
            if want != reader.database["pair"][n][2]:
                yield f"{revision.where}: tags differ"


# ---- Output ------------------------------------------------------------------------------------------------------

def plain_value(value, f):
    """A value as JSON has it. Links become codes, other byte strings hexadecimal."""
    if isinstance(value, dict):
        out = {"value": plain_value(value[0], f)}
        for key, name in PROVENANCE.items():
            if key in value:
                out[name] = code(value[key]) if key == 1 else value[key]
        return out
    if isinstance(value, bytes):
        return code(value) if f and f.kind == K_LINK else value.hex()
    return value


def describe_head(revision, definition):
    fields, hidden = {}, []
    for leaf in revision.leaves:
        f = definition.fields.get(leaf.field) if definition else None
        if leaf.value is None:
            if leaf.field not in hidden:
                hidden.append(leaf.field)
        elif f and f.repeats:
            fields.setdefault(leaf.field, []).append(plain_value(leaf.value, f))
        else:
            fields[leaf.field] = plain_value(leaf.value, f)
    time = datetime.fromtimestamp(revision.time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"revision": revision.id.hex(), "time": time, "author": revision.author.hex(), "fields": fields,
            "withheld": hidden}


def describe(reader):
    """Every record that is not a system record: its heads, of which there are several only in a conflict."""
    for record in reader.records:
        if record[0] == 0:
            continue
        heads = reader.heads(record)
        yield {"id": code(record), "type": next(filter(None, map(reader.type_name, heads)), None),
               "removed": all(head.removed for head in heads), "conflict": len(heads) > 1,
               "heads": [describe_head(head, reader.types.get(head.type_hash)) for head in heads]}


def escaped(value):
    """Text that is fit for a terminal: no control or formatting characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(c if unicodedata.category(c)[0] != "C" else f"\\u{{{ord(c):x}}}" for c in text)


def print_text(record):
    state = " (removed)" if record["removed"] else " (conflict)" if record["conflict"] else ""
    print(f"{record['id']} {record['type']}{state}")
    for head in record["heads"]:
        print(f"  revision {head['revision'][:16]} of {head['time']}")
        for name, values in head["fields"].items():
            for value in values if isinstance(values, list) else [values]:
                print(f"    {name}: {escaped(value)}")
        for name in head["withheld"]:
            print(f"    {name}: [withheld]")
    print()


def main():
    parser = argparse.ArgumentParser(description="Reads a withheld vault; its passphrase comes on standard input.")
    parser.add_argument("vault")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--key-file")
    arguments = parser.parse_args()
    line = sys.stdin.buffer.readline().removesuffix(b"\n")
    try:
        key_file = None
        if arguments.key_file:
            with open(arguments.key_file, "rb") as file:
                key_file = file.read()
        reader = open_vault(arguments.vault, prepare_passphrase(line), key_file)
    except WrongPassphrase as wrong:
        print(wrong, file=sys.stderr)
        return 3
    except Damage as damage:
        print(damage, file=sys.stderr)
        return 4
    reader.verify()
    records = list(describe(reader))
    if arguments.json:
        print(json.dumps(records, ensure_ascii=False, indent=1))
    else:
        for record in records:
            print_text(record)
    for problem in reader.report.problems:
        print(problem, file=sys.stderr)
    if not reader.report.problems:
        for difference in check_tags(reader):
            print(f"note: {difference}", file=sys.stderr)
    return 4 if reader.report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
