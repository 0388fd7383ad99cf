"""Records, revisions and types: sections 10 to 13 of docs/format.md."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from keys import CASE, KEEPER
from names import code
from primitives import (BOX, Damage, H, ascending, blake2b, decode, decode_as, encode, fits, keystream, open_piece,
                        unbox)


# ---- 10. Records, revisions, leaves --------------------------------------------------------------------------------

OPEN, WITHHELD, RAISED = 1, 2, 3
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
    file: tuple = None          # where the bytes of a file are: its first row, its key
    raised: bool = False        # withheld here, and open to its author
    kept: int = 0               # in which tier the bytes of a file are kept; 0: its own

    @property
    def place(self):
        return encode([self.field, self.element])


@dataclass
class Revision:
    number: int
    entry: int                  # row of log
    record: bytes
    id: bytes
    type_hash: bytes
    parents: list
    time: int
    author: bytes
    leaves: list
    foreign: bool = False       # its author is another than the signer of its entry here

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
    if is_file(value):
        digest, size, media_type, file_name = bare(value)
        known = [digest, size, blake2b(32, salt + encode([media_type, file_name]))]
        salt = H(b"withheld:file-salt:1", salt)
        value = {**value, 0: known} if isinstance(value, dict) else known
    return blake2b(32, salt + encode([name, element, value]))


def revision_id(record, type_hash, parents, time, author, leaves):
    return H(b"withheld:revision:1", encode(
        [record, type_hash, parents, time, author, [[x.field, x.element, OPEN if x.raised else x.tier, x.c] for x in leaves]]))


def bare(value):
    """A value without its provenance."""
    return value[0] if isinstance(value, dict) else value


FILE_VALUE = (32, int, str, str)
MAX_FILE = 1 << 50


def is_file(value):
    return isinstance(bare(value), list)


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
    if is_file(value):
        digest, size, media_type, _ = bare(value) if fits(bare(value), FILE_VALUE) else (0, -1, "", "")
        if not digest or size not in range(MAX_FILE + 1) or not 1 <= len(media_type.encode()) <= 127:
            raise Damage("the value of a file has a wrong form")
    elif not isinstance(bare(value), (str, int, bytes)):
        raise Damage("a value is of no known kind")
    if isinstance(bare(value), str) and not unicodedata.is_normalized("NFC", bare(value)):
        raise Damage("a text is not in form NFC")


# ---- 11. Blobs ---------------------------------------------------------------------------------------------------

VALUES = [(str, bytes, any)]
FILES = [(str, bytes, int, 32)]


def blob_aad(vault, record, revision, tier):
    return b"withheld:blob:1\0" + vault + record + revision + bytes([tier])


def blob_key_and_seed(own_key, label, nonce):
    both = blake2b(64, label + b"\0" + nonce, own_key)
    return both[:32], both[32:]


def open_blob(own_key, label, aad, blob):
    """The plaintext of a blob, and the seed of its salts."""
    if len(blob) > MAX_BLOB:
        raise Damage("blob is too long")
    key, seed = blob_key_and_seed(own_key, label, blob[:24])
    return unbox(key, aad, blob), seed


def leaf_salts(salts, seed, count):
    """One salt for each of the values of a blob: from its seed, or as they are given."""
    if salts == b"":
        wide = keystream(seed, 32 * count)
        return [wide[32 * i:32 * i + 32] for i in range(count)]
    if fits(salts, [32]) and len(salts) == count:
        return salts
    raise Damage("salts are not as many as the values")


def value_leaves(salts, values, tier):
    leaves = []
    for salt, (name, element, value) in zip(salts, values):
        check_value(value)
        leaves.append(Leaf(name, element, tier, commit(salt, name, element, value), value=value))
    check_order(leaves)
    return leaves


def with_files(shape, plain):
    """The elements of a blob, the last of them its `files`, which is empty where it has none."""
    item = decode(plain)
    if fits(item, shape):
        return [*item, []]
    if fits(item, (*shape, FILES)) and item[-1]:
        return item
    raise Damage("CBOR is not of the shape that belongs here")


def place_files(leaves, files):
    """Each value of a file has its entry, in the same order, and there are no others."""
    having = [leaf for leaf in leaves if is_file(leaf.value)]
    if [[leaf.field, leaf.element] for leaf in having] != [file[:2] for file in files]:
        raise Damage("the places of files are not those of its values")
    for leaf, (_, _, first, key) in zip(having, files):
        if first not in range(1 << 62):
            raise Damage("the place of a file is none")
        leaf.file = first, key


def check_order(leaves):
    if not ascending([leaf.place for leaf in leaves]):
        raise Damage("leaves are not in order, or one comes twice")


def open_revision(vault, where, record_key, blob, signer, types):
    """A revision from its open blob. where is its number, the row of its log entry and its ids; signer the author of
    that entry, and whether it took in a bundle; types the hashes of types by their first 8 bytes. Its id holds for all that it says, so this is where
    the id is recomputed."""
    number, entry, record, rev = where
    plain, seed = open_blob(record_key, b"withheld:open:1", blob_aad(vault, record, rev, OPEN), blob)
    short_hash, parents, time, author, salts, values, others, files = with_files(
        (8, [32], int, bytes, any, VALUES, [(str, bytes, int, 32, bytes)]), plain)
    if short_hash not in types:
        raise Damage("its type is not in the vault")
    signer, receive = signer
    foreign = author != b""
    if foreign and not receive:
        raise Damage("is by another author than the signer of its entry, which took in no bundle")
    type_hash, author, others = types[short_hash], author or signer, [Leaf(*other) for other in others]
    check_order(others)
    for leaf in others:
        if len(leaf.introduced) not in {OPEN: (0,), WITHHELD: (0, 32), RAISED: (0,)}.get(leaf.tier, ()):
            raise Damage(f"leaf {leaf.field} has a wrong tier or origin")
        if leaf.tier == RAISED:
            leaf.tier, leaf.raised = WITHHELD, True
    opened = value_leaves(leaf_salts(salts, seed, len(values)), values, OPEN)
    place_files(opened, files)
    leaves = sorted(opened + others, key=lambda leaf: leaf.place)
    check_order(leaves)
    if not ascending(parents) or len(parents) > MAX_PARENTS or len(leaves) > MAX_LEAVES or not fits(author, 32):
        raise Damage("parents are not in order, there are too many parents or leaves, or it has no author")
    if revision_id(record, type_hash, parents, time, author, leaves) != rev:
        raise Damage("content is not what the revision id says")
    return Revision(number, entry, record, rev, type_hash, parents, time, author, leaves, foreign)


def padme(length):
    if length <= 256:
        return 256
    e = length.bit_length() - 1
    step = 1 << e - e.bit_length()
    return (length + step - 1) // step * step


def open_withheld(vault, revision, key, blob):
    """Fills in the withheld values that a revision introduced. Without a key only the length can be looked at."""
    size = len(blob) - BOX
    if size < 256 or padme(size) != size:
        raise Damage("withheld blob has a wrong length")
    if key is None:
        return
    aad = blob_aad(vault, revision.record, revision.id, WITHHELD)
    plain, seed = open_blob(key, b"withheld:hide:1", aad, blob)
    end = 4 + int.from_bytes(plain[:4], "little")
    if end > size or padme(end) != size or any(plain[end:]):
        raise Damage("withheld blob is padded wrongly")
    salts, values, files = with_files((any, VALUES), plain[4:end])
    leaves = value_leaves(leaf_salts(salts, seed, len(values)), values, WITHHELD)
    place_files(leaves, files)
    found = {leaf.place: leaf for leaf in leaves}
    own = {leaf.place: leaf for leaf in revision.leaves if leaf.tier == WITHHELD and not leaf.introduced}
    for place, leaf in found.items():
        if place not in own or own[place].c != leaf.c:
            raise Damage(f"withheld value of {leaf.field} is not the one of its leaf")
        own[place].value, own[place].file = leaf.value, leaf.file
    # Salts are given one by one where the blob was sealed anew without the values that were purged.
    if salts == b"" and own.keys() != found.keys():
        raise Damage("withheld values are missing")


# ---- 11. Chunks ---------------------------------------------------------------------------------------------------

CHUNK, TAG = 256 << 10, 16
CHUNK_TABLES = {OPEN: "open_chunk", WITHHELD: "withheld_chunk"}


def kept_bytes(leaf):
    size = bare(leaf.value)[1]
    return padme(size) if (leaf.kept or leaf.tier) == WITHHELD else size


def file_rows(leaf):
    """The rows that hold the content of a file."""
    return range(leaf.file[0], leaf.file[0] + max(1, -(-kept_bytes(leaf) // CHUNK)))


def file_content(leaf, rows):
    """What is in a file, from the rows of its table; compared with its value."""
    digest, size, _, _ = bare(leaf.value)
    numbers, left, content = file_rows(leaf), kept_bytes(leaf), b""
    for i, n in enumerate(numbers):
        if n not in rows:
            raise Damage(f"piece {i} of a file is missing")
        sealed, length = rows[n][0], min(left, CHUNK)
        if len(sealed) != length + TAG:
            raise Damage(f"piece {i} of a file has a wrong length")
        content += open_piece(leaf.file[1], i.to_bytes(11, "big") + bytes([i + 1 == len(numbers)]), sealed)
        left -= length
    if any(content[size:]) or hashlib.sha256(content[:size]).digest() != digest:
        raise Damage("content of a file is not what its value says")
    return content[:size]


# ---- 12. Record types ----------------------------------------------------------------------------------------------

KINDS = range(1, 13)
(K_TEXT, K_NARRATIVE, K_NAME, K_DATE, K_NUMBER, K_CHOICE, K_PLACE, K_IDENTIFIER, K_YES_NO, K_LINK, K_FILE,
 K_BYTES) = KINDS
DECIMAL = re.compile(r"(?!-0$)-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")
INT64 = range(-1 << 63, 1 << 63)
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


FIELD_NAME = re.compile("[a-z][a-z0-9_]{0,31}")
LANGUAGE = re.compile("[a-z][a-z0-9-]{1,7}")


def parse_type(definition, system=False):
    name, version, labels, fields = decode_as(
        (str, int, dict, [(str, int, int, bool, int, dict, [str], str)]), definition)
    fields = [Field(*x) for x in fields]
    if not 1 <= len(fields) <= 256 or len({f.name for f in fields}) != len(fields) or version < 1:
        raise Damage(f"type {name}: no field or too many, one twice, or no version")
    if not system and name.startswith("_"):
        raise Damage(f"type {name}: a name of the format's own")
    for f in fields:
        good = (FIELD_NAME.fullmatch(f.name) and f.kind in KINDS and (system or f.kind != K_BYTES)
                and f.tier in (OPEN, WITHHELD) and f.role in (1, 2, 3, 4) and (f.kind == K_LINK or not f.target)
                and len(f.choices) <= (256 if f.kind == K_CHOICE else 0) and len(set(f.choices)) == len(f.choices)
                and all(map(is_line, f.choices)))
        if not good:
            raise Damage(f"type {name}: field {f.name} has a definition that is not allowed")
    for texts in (labels, *(f.labels for f in fields)):
        if len(texts) > 32 or not all(is_line(k) and LANGUAGE.fullmatch(k) and is_line(x) for k, x in texts.items()):
            raise Damage(f"type {name}: labels of a wrong form")
    return Type(name, version, labels, {f.name: f for f in fields})


def is_line(text):
    return type(text) is str and len(text.encode()) <= 256 and len(text.splitlines()) <= 1


def check_types(revision, definition):
    """The leaves of a revision against the definition of its type."""
    for leaf in revision.leaves:
        if leaf.field == REMOVED:
            continue
        if leaf.field not in definition.fields:
            raise Damage(f"type {definition.name} has no field {leaf.field}")
        f = definition.fields[leaf.field]
        if len(leaf.element) != (8 if f.repeats else 0):
            raise Damage(f"{f.name} has an element of a wrong length")
        if leaf.tier < f.tier and f.kind != K_FILE:
            raise Damage(f"{f.name} is open, and its type withholds it")
        if leaf.value is not None and not check_kind(bare(leaf.value), f):
            raise Damage(f"{f.name} has a value that is not of its kind")


DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?", re.IGNORECASE)


def is_file_name(name):
    return (1 <= len(name.encode()) <= 255 and name == name.strip() and not name.endswith(".")
            and not any(x in "/\\" or unicodedata.category(x) == "Cc" for x in name)
            and unicodedata.is_normalized("NFC", name) and not DEVICE.fullmatch(name))


def check_kind(value, f):
    if f.kind == K_NUMBER:
        if type(value) is int:
            return value in INT64
        return type(value) is str and DECIMAL.fullmatch(value) and ("." in value or int(value) not in INT64)
    if f.kind == K_YES_NO:
        return type(value) is bool
    if f.kind == K_LINK:
        return fits(value, 16)
    if f.kind == K_FILE:
        return fits(value, FILE_VALUE) and is_file_name(value[3])
    if f.kind == K_BYTES:
        return type(value) is bytes
    if type(value) is not str:
        return False
    if f.kind == K_DATE:
        return EDTF_LOOKS.fullmatch(value)
    return f.kind != K_CHOICE or not f.choices or value in f.choices


# ---- 13. System records --------------------------------------------------------------------------------------------

S_TYPE, S_SLOT, S_CARD, S_CONTACT, S_RECEIPT, S_TOMBSTONE, S_SAME, S_FORMER, S_LOST, S_APART = 1, 2, 3, 5, 8, 9, 10, 11, 12, 13
S_LEFT_OUT, S_ORIGIN, S_THEIR_TYPE, S_SHARE, S_SENT = 14, 15, 16, 17, 18
S_RELEASE, S_AUDIENCE, S_JUDGED = 6, 7, 19
NEUTRAL = 4


def system_definition(name, *fields):
    return encode([name, 1, {}, [[f, kind, tier, False, NEUTRAL, {}, [], ""] for f, kind, tier in fields]])


SYSTEM_DEFINITIONS = {
    S_TYPE: system_definition("_type", ("definition", K_BYTES, OPEN)),
    S_SLOT: system_definition(
        "_slot", ("author", K_BYTES, OPEN), ("index", K_NUMBER, OPEN), ("kind", K_NUMBER, OPEN),
        ("state", K_TEXT, OPEN), ("tier", K_NUMBER, OPEN), ("x25519", K_BYTES, OPEN),
        ("slot_key", K_BYTES, WITHHELD)),
    S_CARD: system_definition("_card", ("card", K_BYTES, OPEN)),
    S_TOMBSTONE: system_definition(
        "_tombstone", ("record", K_BYTES, OPEN), ("what", K_TEXT, OPEN), ("field", K_TEXT, OPEN),
        ("leaves", K_BYTES, OPEN)),
    S_LOST: system_definition(
        "_lost", ("record", K_BYTES, OPEN), ("revisions", K_BYTES, OPEN), ("leaves", K_BYTES, OPEN),
        ("files", K_BYTES, OPEN), ("details", K_BYTES, OPEN)),
    S_FORMER: system_definition(
        "_former", ("card", K_BYTES, OPEN), ("case_seed", K_BYTES, OPEN), ("nsk", K_BYTES, WITHHELD)),
    S_SAME: system_definition("_same", ("record", K_BYTES, OPEN), ("into", K_BYTES, OPEN)),
    S_CONTACT: system_definition("_contact", ("name", K_TEXT, OPEN), ("state", K_TEXT, OPEN), ("card", K_BYTES, OPEN)),
    S_APART: system_definition("_apart", ("first", K_BYTES, OPEN), ("second", K_BYTES, OPEN)),
    S_RECEIPT: system_definition(
        "_receipt", ("bundle", K_BYTES, OPEN), ("kind", K_TEXT, OPEN), ("card", K_BYTES, OPEN), ("file", K_BYTES, OPEN),
        ("proof", K_BYTES, OPEN)),
    S_LEFT_OUT: system_definition("_left_out", ("left_out", K_BYTES, OPEN), ("arrived", K_BYTES, OPEN)),
    S_ORIGIN: system_definition(
        "_origin", ("bundle", K_BYTES, OPEN), ("number", K_NUMBER, OPEN), ("part", K_NUMBER, OPEN), ("evidence", K_BYTES, OPEN)),
    S_THEIR_TYPE: system_definition("_their_type", ("definition", K_BYTES, OPEN)),
    S_SHARE: system_definition("_share", ("records", K_BYTES, OPEN), ("contact", K_TEXT, OPEN), ("state", K_TEXT, OPEN), ("card", K_BYTES, OPEN)),
    S_SENT: system_definition("_sent", ("tag", K_BYTES, OPEN), ("card", K_BYTES, OPEN), ("mark", K_BYTES, OPEN), ("state", K_TEXT, OPEN),
                              ("items", K_BYTES, OPEN)),
    S_RELEASE: system_definition("_release", ("release", K_BYTES, OPEN), ("part", K_NUMBER, OPEN), ("content", K_BYTES, WITHHELD)),
    S_AUDIENCE: system_definition("_audience", ("state", K_TEXT, OPEN), ("name", K_TEXT, WITHHELD), ("secret", K_BYTES, WITHHELD)),
    S_JUDGED: system_definition("_judged", ("what", K_TEXT, OPEN), ("subject", K_BYTES, WITHHELD), ("text", K_TEXT, WITHHELD)),
}
SYSTEM_TYPES = {type_hash(d): parse_type(d, system=True) for d in SYSTEM_DEFINITIONS.values()}


def type_record(name):
    return bytes([0, S_TYPE]) + H(b"withheld:type-name:1", name.encode())[:14]


def slot_record(slot_id):
    return bytes([0, S_SLOT]) + slot_id + bytes(6)


CARD_RECORD = bytes([0, S_CARD]) + bytes(14)


def former_record(card):
    return bytes([0, S_FORMER]) + H(b"withheld:card:1", card)[:14]


def parse_tombstone(revision):
    """(record, what, the c of the leaves that went)."""
    record, what, leaves = (revision.value(x) for x in ("record", "what", "leaves"))
    good = (fits(record, 16) and (record[0] != 0 or record[1] == S_AUDIENCE) and what in ("record", "field", "revision", "attachment")
            and fits(leaves, bytes) and len(leaves) % 32 == 0 and (leaves == b"") == (what == "record")
            and not revision.parents)
    each = [leaves[i:i + 32] for i in range(0, len(leaves), 32)] if good else []
    if not good or not ascending(each):
        raise Damage("tombstone has a wrong form")
    return record, what, each


def parse_same(revision):
    """(record, the one it is merged into or None)."""
    record, into = revision.value("record"), revision.value("into")
    good = (fits(record, 16) and record[0] != 0 and (into is None or fits(into, 16) and into[0] != 0 and into != record)
            and not revision.parents)
    if not good:
        raise Damage("merge has a wrong form")
    return record, into


def parse_apart(revision):
    first, second = revision.value("first"), revision.value("second")
    good = (fits(first, 16) and fits(second, 16) and first[0] != 0 and first < second and not revision.parents)
    if not good:
        raise Damage("dismissed pair has a wrong form")
    return first, second


def contact_name(name):
    spaces = [c for c in name if unicodedata.category(c) in ("Zs", "Zl", "Zp")]
    hidden = [c for c in name if unicodedata.category(c)[0] == "C"]
    return (0 < len(name.encode()) <= 128 and unicodedata.normalize("NFC", name) == name and set(spaces) <= {" "} and not hidden
            and "  " not in name and name.strip() == name and not name.startswith("-") and not name.lower().startswith("age1"))


def parse_contact(revision):
    """(name, state, the card or None)."""
    name, state, card = (revision.value(x) for x in ("name", "state", "card"))
    good = (fits(name, str) and contact_name(name) and state in ("added", "verified", "removed")
            and fits(card, bytes) == (state != "removed") and not revision.parents)
    if not good:
        raise Damage("contact has a wrong form")
    return name, state, card


def parse_receipt(revision):
    """(bundle, kind, hash of the card, proof or None)."""
    bundle, kind, card, proof = (revision.value(x) for x in ("bundle", "kind", "card", "proof"))
    if not (fits(bundle, 32) and kind in ("taken", "acknowledged") and fits(card, 32) and fits(proof or b"", bytes)):
        raise Damage("receipt has a wrong form")
    return bundle, kind, card, proof


def parse_left_out(revision):
    """(what was left out, what arrived), each a set of (record, revision, c)."""
    out = []
    for name in "left_out", "arrived":
        data = revision.value(name) or b""
        each = [(data[i:i + 16], data[i + 16:i + 48], data[i + 48:i + 80]) for i in range(0, len(data), 80)] if fits(data, bytes) else []
        if not fits(data, bytes) or len(data) % 80 or any(record[0] == 0 for record, _, _ in each):
            raise Damage("what was left out is told in a wrong form")
        out.append(set(each))
    return out


def parse_origin(revision):
    """(bundle, number, part, evidence)."""
    bundle, number, part, evidence = (revision.value(x) for x in ("bundle", "number", "part", "evidence"))
    if not (fits(bundle, 32) and fits(number, int) and fits(part, int) and min(number, part) >= 0 and fits(evidence, bytes) and evidence):
        raise Damage("evidence of a bundle has a wrong form")
    return bundle, number, part, evidence


class Lost:
    """What repairs could not save: section 13, `_lost`."""

    def __init__(self):
        self.revisions = set()      # (record, revision)
        self.leaves = set()         # (record, c)
        self.files = set()          # (record, tier, first row)
        self.details = set()        # rows of log

    def take(self, revision):
        record = revision.value("record")
        parts = {}
        for name, each in (("revisions", 32), ("leaves", 32), ("files", 9), ("details", 4)):
            data = revision.value(name)
            data = b"" if data is None else data
            if not fits(record, 16) or not fits(data, bytes) or len(data) % each:
                raise Damage("what was lost is told in a wrong form")
            parts[name] = [data[i:i + each] for i in range(0, len(data), each)]
        self.revisions |= {(record, x) for x in parts["revisions"]}
        self.leaves |= {(record, x) for x in parts["leaves"]}
        self.files |= {(record, x[0], int.from_bytes(x[1:], "little")) for x in parts["files"]}
        self.details |= {int.from_bytes(x, "little") for x in parts["details"]}


def pieces(value, each):
    """Bytes that are one or more pieces of this many each."""
    return fits(value, bytes) and len(value) > 0 and len(value) % each == 0


# What is withheld in these may not be at hand.
PLAIN_FORMS = {
    S_SHARE: lambda v: (pieces(v("records"), 16) and fits(v("contact"), str) and v("state") in ("ended", "shared", "names")
                        and (v("card") is None if v("state") == "ended" else fits(v("card"), 32))),
    S_SENT: lambda v: (fits(v("tag"), 16) and fits(v("card"), 32) and fits(v("mark"), 32) and v("state") in ("shared", "names")
                       and pieces(v("items"), 16)),
    S_RELEASE: lambda v: fits(v("release"), 16) and fits(v("part"), int) and fits(v("content") or b"", bytes),
    S_AUDIENCE: lambda v: v("state") == "made" and fits(v("name") or "", str) and fits(v("secret") or bytes(32), 32),
    S_JUDGED: lambda v: v("what") in ("text", "press-name") and fits(v("subject") or bytes(32), 32) and fits(v("text") or "", str),
}


def check_system(revision):
    """A revision of a system record against the table of section 13."""
    kind = revision.record[1]
    if kind not in SYSTEM_DEFINITIONS:
        raise Damage(f"system record of kind {kind}, which the format reserves")
    if revision.type_hash != type_hash(SYSTEM_DEFINITIONS[kind]):
        raise Damage("system record of another type than its id says")
    if kind == S_TYPE:
        definition = revision.value("definition")
        if not fits(definition, bytes) or revision.record != type_record(parse_type(definition).name):
            raise Damage("definition does not belong to this record")
    elif kind == S_SLOT:
        good = (revision.record[10:] == bytes(6) and fits(revision.value("author"), 32)
                and fits(revision.value("x25519"), 32) and revision.value("state") in ("active", "retired")
                and revision.value("tier") in (CASE, KEEPER) and revision.value("kind") in (1, 2, 3))
        if not good:
            raise Damage("registration of a slot has a wrong form")
    elif kind == S_TOMBSTONE:
        parse_tombstone(revision)
    elif kind == S_LOST:
        Lost().take(revision)
    elif kind == S_SAME:
        parse_same(revision)
    elif kind == S_APART:
        parse_apart(revision)
    elif kind == S_CONTACT:
        parse_contact(revision)
    elif kind == S_RECEIPT:
        parse_receipt(revision)
    elif kind == S_LEFT_OUT:
        parse_left_out(revision)
    elif kind == S_ORIGIN:
        parse_origin(revision)
    elif kind == S_THEIR_TYPE:
        parse_type(revision.value("definition") or b"")
    elif kind in PLAIN_FORMS:
        if not PLAIN_FORMS[kind](revision.value):
            raise Damage(f"{SYSTEM_TYPES[revision.type_hash].name} has a wrong form")
    elif not fits(revision.value("card"), bytes):
        raise Damage("card record has a wrong form")
    elif revision.record != (CARD_RECORD if kind == S_CARD else former_record(revision.value("card"))):
        raise Damage("card does not belong to this record")
    elif kind == S_FORMER and not (fits(revision.value("case_seed"), 32) and fits(revision.value("nsk") or bytes(32), 32)):
        raise Damage("former keys have a wrong form")
