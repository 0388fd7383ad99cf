"""The database and its wrapped keys: sections 8 and 9 of docs/format.md."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field

import xwing
from primitives import BOX, MAC, Damage, H, unbox


class InUse(Exception):
    """Another process has the database open."""


# ---- 8. The database ---------------------------------------------------------------------------------------------

TABLES = {
    "log": ("entry", "sigs", "detail"),
    "pair": ("log", "ids", "tags"),
    "open": ("blob",),
    "withheld": ("blob",),
    "wrap": ("box",),
    "intake": ("enc",),
    "open_chunk": ("data",),
    "withheld_chunk": ("data",),
}
LATER = ("open_chunk", "withheld_chunk")    # not in a database of the first schema version
NUMBERS = {"log"}           # columns that are not blobs
APPLICATION_ID, SCHEMA_VERSION = 0x77686C64, 2


def create_table(table):
    columns = [f"{c} {'INTEGER' if c in NUMBERS else 'BLOB'} NOT NULL" for c in TABLES[table]]
    return f"CREATE TABLE {table}(n INTEGER PRIMARY KEY, {', '.join(columns)})"


def read_database(folder, session):
    """{table: {n: (column, ...)}}, by the program sqlcipher, which gets the key on its standard input."""
    path = os.path.join(os.path.abspath(folder), "records.db")
    if not os.path.isfile(path):
        raise Damage("is missing")
    journal = path + "-journal"
    if not (os.path.exists(journal) and os.path.getsize(journal)):
        return dump(path, session)
    # An interrupted transaction is undone in a copy; the vault stays as it is. Both files are encrypted.
    with tempfile.TemporaryDirectory() as copy:
        for file in (path, journal):
            shutil.copy(file, copy)
        return dump(os.path.join(copy, "records.db"), session, write=True)


def sql_begin(session):
    yield f"""PRAGMA key = "x'{session.vmk_key(1).hex()}{session.keys.db_salt.hex()}'";"""
    yield "PRAGMA cipher_page_size = 16384;"
    yield "PRAGMA cipher_hmac_algorithm = HMAC_SHA256;"
    yield "PRAGMA cipher_kdf_algorithm = PBKDF2_HMAC_SHA512;"
    yield "PRAGMA trusted_schema = OFF;"
    yield ".mode list"
    yield ".separator ,"
    yield "SELECT '#', application_id, user_version FROM pragma_application_id, pragma_user_version;"


def sql_tables(tables):
    yield "SELECT '#', hex(sql) FROM sqlite_schema;"
    for table in tables:
        # Whatever a cell holds, its line stays one line of the form that parse_dump takes.
        cells = (f"iif(typeof({c}) = 'integer', {c}, 'bad')" if c in NUMBERS else
                 f"iif(typeof({c}) = 'blob', hex({c}), 'bad')" for c in TABLES[table])
        yield f"SELECT '{table}', n, {', '.join(cells)} FROM {table} ORDER BY n;"


def dump(path, session, write=False):
    """Application id and schema version, then all tables that this version has."""
    head = run_sqlcipher(path, [*sql_begin(session)], write)
    first = f"#,{APPLICATION_ID},1" in head
    tables = [table for table in TABLES if not (first and table in LATER)]
    return parse_dump(run_sqlcipher(path, [*sql_begin(session), *sql_tables(tables)], write), tables, 1 if first else 2)


def run_sqlcipher(path, script, write):
    mode = [] if write else ["-readonly"]
    command = ["sqlcipher", *mode, "-batch", "-bail", "-safe", "-init", "/dev/null", path]
    done = subprocess.run(command, input="\n".join([*script, "SELECT '#', 'end', '';"]), capture_output=True, encoding="latin-1",
                          check=False, env={"PATH": os.environ.get("PATH", "/usr/bin:/bin")})
    if "database is locked" in done.stderr:
        raise InUse("the vault is in use by another process")
    if done.returncode != 0 or done.stderr.strip():
        raise Damage("sqlcipher says: " + " ".join(done.stderr.split()))
    return done.stdout.splitlines()


def parse_dump(lines, tables, version):
    if not lines or lines.pop(0) != "ok" or not lines or lines.pop() != "#,end,":
        raise Damage("sqlcipher did not read all of it")
    if not lines or lines.pop(0) != f"#,{APPLICATION_ID},{version}":
        raise Damage("application id or schema version is wrong")
    database = {table: {} for table in TABLES}
    schema = []
    for line in lines:
        table, *cells = line.split(",")
        if table == "#":
            schema.append(bytes.fromhex(cells[0]))
        else:
            if "bad" in cells:
                raise Damage(f"table {table} has a cell of a wrong kind")
            columns = [int(cell) if column in NUMBERS else bytes.fromhex(cell)
                       for column, cell in zip(TABLES[table], cells[1:])]
            database[table][int(cells[0])] = columns
    want = [b"".join(create_table(table).encode().split()) for table in tables]
    if sorted(b"".join(sql.split()) for sql in schema) != sorted(want):
        raise Damage("has other tables than those of the format")
    return database


# ---- 8 and 9. Packs and their wrapped keys ------------------------------------------------------------------------

PACK, IDS, TAG = 64, 48, 8
BY_NAME, BY_INTAKE = 1, 2
HAS_RECORD_KEY, HAS_BLOB_KEY, QUARANTINED = 1, 2, 4
KEY_AND_NAMES = 2
ALLOWED_FLAGS = {0, HAS_RECORD_KEY, HAS_BLOB_KEY, HAS_RECORD_KEY | HAS_BLOB_KEY,
                 HAS_BLOB_KEY | QUARANTINED, HAS_RECORD_KEY | HAS_BLOB_KEY | QUARANTINED}


@dataclass
class Pack:
    """A row of pair, with the row of wrap that belongs to it."""
    n: int                  # number of its first revision
    entry: int              # row of log
    ids: bytes
    tags: bytes
    record_keys: dict = field(default_factory=dict)     # by number of the revision
    hidden: set = field(default_factory=set)            # numbers of those with a withheld blob
    quarantined: set = field(default_factory=set)       # numbers of those that a keeper did not believe
    names_hidden: set = field(default_factory=set)      # numbers of those whose names are all in their withheld blobs
    blob_keys: dict = field(default_factory=dict)       # by number; empty at the case tier

    @property
    def hash(self):
        return H(b"withheld:pack:1", self.ids)

    @property
    def members(self):
        """Each revision: its number and record id | revision id."""
        return [(self.n + i, self.ids[IDS * i:IDS * i + IDS]) for i in range(len(self.ids) // IDS)]

    def tags_of_each(self):
        """{number: its tags, one after the other}. They are hints: where they do not fit there are none."""
        found, rest = {}, self.tags
        for number, _ in self.members:
            end = 2 + TAG * int.from_bytes(rest[:2], "little")
            found[number], rest = rest[2:end], rest[end:]
        return found


def read_packs(rows, report):
    packs = []
    for n, (entry, ids, tags) in rows.items():
        pack, where = Pack(n, entry, ids, tags), f"row {n} of pair"
        if not report.check(len(ids) % IDS == 0 and 1 <= len(ids) // IDS <= PACK, where, "is no pack"):
            continue
        last = packs[-1] if packs else Pack(1, 0, b"", b"")
        report.check(n == last.n + len(last.members), where, "does not follow the one before")
        report.check(entry > last.entry or entry == last.entry and len(last.members) == PACK, where,
                     "is not with the others of its log entry")
        packs.append(pack)
    return packs


class Wraps:
    """The tables wrap and intake."""

    def __init__(self, session, database):
        self.session = session
        self.boxes = {n: box for n, (box,) in database["wrap"].items()}
        self.intake = {n: enc for n, (enc,) in database["intake"].items()}
        self.used = set()
        self.intake_used = set()
        self.intake_keys = {}
        self.named = {}         # by row of log and hash of an encapsulation: the first pack that names it

    def open(self, n, p):
        if n not in self.boxes:
            raise Damage("is missing")
        self.used.add(n)
        return unbox(self.session.k_case, b"withheld:wrap:1\0" + self.session.keys.vault + p, self.boxes[n])

    def log_and_tag_key(self):
        keys = self.open(0, bytes(32))
        if len(keys) != 64:
            raise Damage("is of a wrong length")
        return keys[:32], keys[32:]

    def open_pack(self, pack):
        """Puts the keys of a pack into it."""
        keys, members = self.open(pack.n, pack.hash), pack.members
        how, flags, rest = keys[0], keys[1:1 + len(members)], keys[1 + len(members):]
        having = {bit: [number for (number, _), flag in zip(members, flags) if flag & bit]
                  for bit in (HAS_RECORD_KEY, HAS_BLOB_KEY, QUARANTINED)}
        split = 32 * len(having[HAS_RECORD_KEY])
        if (len(flags) != len(members) or not all(flag in ALLOWED_FLAGS for flag in flags) or len(rest) < split
                or bool(how) != bool(having[HAS_BLOB_KEY])):
            raise Damage("has content of a wrong form")
        pack.record_keys = dict(zip(having[HAS_RECORD_KEY], chunks(rest[:split])))
        pack.hidden, pack.quarantined = set(having[HAS_BLOB_KEY]), set(having[QUARANTINED])
        blob_keys = self.inner(how, rest[split:], pack, 32 * len(pack.hidden))
        if blob_keys is not None:
            size = 32 * len(pack.hidden)
            pack.blob_keys = dict(zip(having[HAS_BLOB_KEY], chunks(blob_keys[:size])))
            pack.names_hidden = {number for (number, _), mark in zip(members, blob_keys[size:]) if mark == KEY_AND_NAMES}

    def inner(self, how, wrap, pack, size):
        """What is in an inner wrap, size bytes; None at the case tier, where it does not open."""
        aad = b"withheld:inner:1\0" + self.session.keys.vault + pack.hash
        if how == 0 and not wrap:
            return b""
        if how == BY_NAME and len(wrap) in (BOX + size, BOX + size + len(pack.members)):
            keys = unbox(self.session.nsk_key(2), aad, wrap) if self.session.keeper else b""
            for mark, (number, _) in zip(keys[size:], pack.members):
                if mark > KEY_AND_NAMES or bool(mark) != (number in pack.hidden):
                    raise Damage("has marks beside its keys that are none, or are of other revisions")
            return keys or None
        if how == BY_INTAKE and len(wrap) == 32 + BOX + size:
            key = self.intake_key(pack, wrap[:32])
            return self.open_intake(key, aad, wrap[32:]) if key else None
        raise Damage("has an inner wrap of a wrong form")

    def open_intake(self, key, aad, wrap):
        """What does not open is quarantined with all that is in it; the rest of the pack is good."""
        try:
            return unbox(key, aad, wrap)
        except Damage:
            return None

    def intake_key(self, pack, digest):
        n = self.named.setdefault((pack.entry, digest), pack.n)
        enc = self.intake.get(n)
        if enc is None or H(b"withheld:enc:1", enc) != digest:
            raise Damage("needs a row of intake that is missing, or stands in another place")
        self.intake_used.add(n)
        if not self.session.keeper:
            return None
        if n not in self.intake_keys:
            seed = self.session.nsk_key(1)
            if len(enc) != xwing.CIPHERTEXT:
                raise Damage("needs a row of intake that has a wrong length")
            self.intake_keys[n] = MAC(xwing.decapsulate(seed, enc), b"withheld:intake:1",
                                      enc + xwing.public_key(seed))
        return self.intake_keys[n]

    def check_all_used(self, report):
        for n in self.boxes.keys() - self.used:
            report.add(f"row {n} of wrap", "belongs to nothing")
        for n in self.intake.keys() - self.intake_used:
            report.add(f"row {n} of intake", "belongs to nothing")


def chunks(keys):
    return [keys[i:i + 32] for i in range(0, len(keys), 32)]
