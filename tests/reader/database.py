"""The database and its wrapped keys: sections 8 and 9 of docs/format.md."""

import os
import shutil
import subprocess
import tempfile

import xwing
from primitives import BOX, MAC, Damage, H, unbox


class InUse(Exception):
    """Another process has the database open."""


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
        cells = (f"iif(typeof({c}) = 'integer', {c}, 'bad')" if c in NUMBERS else
                 f"iif(typeof({c}) = 'blob', hex({c}), 'bad')" for c in columns)
        yield f"SELECT '{table}', n, {', '.join(cells)} FROM {table} ORDER BY n;"
    yield "SELECT '#', 'end', '';"


def run_sqlcipher(path, session, write=False):
    mode = [] if write else ["-readonly"]
    command = ["sqlcipher", *mode, "-batch", "-bail", "-safe", "-init", "/dev/null", path]
    done = subprocess.run(command, input="\n".join(sql_script(session)), capture_output=True, encoding="latin-1",
                          check=False, env={"PATH": os.environ.get("PATH", "/usr/bin:/bin")})
    if "database is locked" in done.stderr:
        raise InUse("the vault is in use by another process")
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
            columns = [int(cell) if column in NUMBERS else bytes.fromhex(cell)
                       for column, cell in zip(TABLES[table], cells[1:])]
            database[table][int(cells[0])] = columns
    if things != {("table", table) for table in TABLES}:
        raise Damage("has other tables than those of the format")
    return database


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
