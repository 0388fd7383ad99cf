#!/usr/bin/python3
"""backup.py FILE [--json] [--compare VAULT] [--key-file FILE]: reads a backup of a withheld vault without the program withheld.

FILE is the backup, or a name of which there are parts; what it continues is looked for in its folder. The passphrase is the first line of
standard input. Prints the records as reader.py does and verifies as much; with --compare, tells instead whether the vault holds the very rows
of the backup, and at most newer entries of the log. Exit codes as those of reader.py; 4 also where they differ, 7 where a backup that is
continued is not there.

Written from docs/format.md, section 21, on top of the modules of reader.py.
"""

import argparse
import glob
import json
import os
import re
import struct
import sys
from dataclasses import dataclass

sys.dont_write_bytecode = True      # nothing is left beside the sources

from database import InUse, read_database
from keys import KEYS_SIZE, WrongPassphrase, open_keys, parse_keys
from primitives import MAC, Damage, Report, ascending, blake2b, decode_as, open_piece
from reader import Reader, describe, print_text, what_is_given

HEADER, PIECE, TAG, MAX_COLUMN = 4224, 65536, 16, 17 << 20
MAGIC = b"withheld-back\r\n\x1a"
STATE, OPEN_RUN, WITHHELD_RUN, END = 1, 2, 3, 12
COLUMNS = (0, 1, 1, 1, 3, 3, 1, 1, 1, 1, 1, 1, 1)
TABLE = {4: "log", 5: "pair", 6: "open", 7: "withheld", 8: "wrap", 9: "intake", 10: "open_chunk", 11: "withheld_chunk"}
RUNS_OF = {10: OPEN_RUN, 11: WITHHELD_RUN}


class NotThere(Exception):
    """A backup that another continues is missing."""


def whole(path):
    """The bytes of a file, or of its parts."""
    if os.path.isfile(path):
        with open(path, "rb") as file:
            return file.read()
    parts = sorted(p for p in glob.glob(glob.escape(path) + ".[0-9][0-9][0-9]"))
    data = []
    for i, part in enumerate(parts, 1):
        if part != f"{path}.{i:03d}":
            raise Damage(f"{path}.{i:03d} is missing")
        with open(part, "rb") as file:
            data.append(file.read())
    if not data:
        raise NotThere(f"{path} is not there")
    if any(len(d) != len(data[0]) for d in data[:-1]) or len(data[-1]) > len(data[0]):
        raise Damage("parts have different lengths")
    return b"".join(data)


@dataclass
class Header:
    data: bytes
    id: bytes
    base: bytes         # b"" where it is full
    keys: bytes


def parse_header(data):
    if len(data) < HEADER or data[4192:HEADER] != blake2b(32, data[16:4192]):
        raise Damage("header is cut short or its checksum is wrong")
    magic, version, flags, number, base, _, zero = struct.unpack_from("<16sII16s16s32s8s", data)
    if magic != MAGIC or version != 1 or flags or any(zero):
        raise Damage("is not a backup, or of a later version")
    return Header(data[:HEADER], number, base if any(base) else b"", data[96:96 + KEYS_SIZE])


def plaintext(data, key):
    sealed = data[HEADER:]
    pieces = [sealed[i:i + PIECE + TAG] for i in range(0, len(sealed), PIECE + TAG)]
    if not pieces or len(pieces[-1]) <= TAG:
        raise Damage("is cut short")
    return b"".join(open_piece(key, i.to_bytes(11, "big") + bytes([i + 1 == len(pieces)]), piece)
                    for i, piece in enumerate(pieces))


def rows(plain):
    """(kind, n, [columns])"""
    at = 0

    def take(n):
        nonlocal at
        if n > len(plain) - at:
            raise Damage("ends within a row")
        at += n
        return plain[at - n:at]

    while at < len(plain):
        kind, n = struct.unpack("<BQ", take(9))
        if not STATE <= kind <= END or n >= 1 << 63:
            raise Damage("has a row of a kind or number that there is not")
        columns = []
        for _ in range(COLUMNS[kind]):
            length = struct.unpack("<I", take(4))[0]
            if length > MAX_COLUMN:
                raise Damage("has a row that is too large")
            columns.append(take(length))
        yield kind, n, columns


class Backup:
    """One file: its state, its runs, and its rows by table."""

    def __init__(self, path, data, session):
        self.path = path
        self.header = parse_header(data)
        keys = parse_keys(self.header.keys)
        if (keys.vault, keys.db_salt) != (session.keys.vault, session.keys.db_salt):
            raise Damage("is of another vault, or of one before its keys were changed")
        key = MAC(session.vmk_key(6), b"withheld:backup:1", data[:4192])
        self.rows = {kind: {} for kind in range(STATE, END + 1)}
        order = []
        for kind, n, columns in rows(plaintext(data, key)):
            order.append((kind, n))
            self.rows[kind][n] = columns
        if not ascending(order) or order[0] != (STATE, 0) or order[-1] != (END, 0) or len(self.rows[STATE]) != 1:
            raise Damage("rows are not in order")
        self.number, self.head, self.log, self.revisions, self.epoch = decode_as(
            (int, 32, int, int, int), self.rows[STATE][0][0])
        end = [[len(self.rows[kind]) for kind in range(OPEN_RUN, END)], self.number, self.head]
        if decode_as(([int], int, 32), self.rows[END][0][0]) != end:
            raise Damage("its end tells of something else")
        self.runs = {kind: self.parse_runs(kind) for kind in (OPEN_RUN, WITHHELD_RUN)}

    def parse_runs(self, kind):
        numbers, last = set(), -2
        for first, (count,) in self.rows[kind].items():
            count = int.from_bytes(count, "little") if len(count) == 8 else 0
            if count < 1 or first <= last + 1:
                raise Damage("a run of chunks is of a wrong form")
            last = first + count - 1
            numbers.update(range(first, last + 1))
        return numbers

    def check_against(self, base):
        """Does it hold just what it has to?"""
        log, revisions = (base.log, base.revisions) if base else (0, 0)
        if base and (base.epoch != self.epoch or base.header.id != self.header.base):
            raise Damage("does not continue its base")
        if list(self.rows[4]) != list(range(log + 1, self.log + 1)):
            raise Damage("rows of log are missing, or there are too many")
        for kind in (5, 6, 7):
            if any(not revisions < n <= self.revisions for n in self.rows[kind]):
                raise Damage(f"a row of {TABLE[kind]} does not belong into it")
        for kind, run in RUNS_OF.items():
            if set(self.rows[kind]) != self.runs[run] - (base.runs[run] if base else set()):
                raise Damage(f"rows of {TABLE[kind]} are missing, or there are too many")


def find(folder, number):
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name.startswith(".") or not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            start = file.read(40)
        if start[:16] == MAGIC and start[24:40] == number:
            return re.sub(r"\.001$", "", path)
    raise NotThere(f"the backup {number.hex()} that is continued is not there")


def read_chain(path, given, report):
    """The newest first, and the session that its `keys` gives."""
    data = whole(path)
    session = open_keys(parse_header(data).keys, given, report)
    chain = [Backup(path, data, session)]
    while chain[-1].header.base:
        path = find(os.path.dirname(os.path.abspath(path)), chain[-1].header.base)
        chain.append(Backup(path, whole(path), session))
    for backup, base in zip(chain, chain[1:] + [None]):
        backup.check_against(base)
    return chain, session


def put_together(chain):
    """{table: {n: (column, ...)}}, as read_database gives them."""
    newest = chain[0]
    database = {table: {} for table in TABLE.values()}
    for backup in reversed(chain):
        for kind, table in TABLE.items():
            if table in ("wrap", "intake") and backup is not newest:
                continue
            for n, columns in backup.rows[kind].items():
                if kind in RUNS_OF and n not in newest.runs[RUNS_OF[kind]]:
                    continue
                if kind == 5:
                    columns = [int.from_bytes(columns[0], "little"), *columns[1:]]
                database[table][n] = tuple(columns)
    return database


def check_state(reader, backup):
    entries = reader.log.entries
    head = entries.get(max(entries, default=0))
    reader.report.check(head and (head.number, head.hash, head.n) == (backup.number, backup.head, backup.log),
                        "state", "is not that of the log's head")
    reader.report.check(len(reader.revisions) == backup.revisions, "state", "tells of other revisions")
    reader.report.check(reader.session.epoch == backup.epoch, "state", "tells of another epoch")


def compare(database, vault):
    """Where they differ; a vault may have further rows of log only."""
    for table, rows_here in database.items():
        there = vault[table]
        for n in rows_here.keys() | there.keys():
            if table == "log" and n not in rows_here:
                continue
            if list(rows_here.get(n, [])) != list(there.get(n, [])):
                yield f"row {n} of {table} differs"


def main():
    parser = argparse.ArgumentParser(description="Reads a backup of a withheld vault; its passphrase comes on standard input.")
    parser.add_argument("file")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--compare")
    parser.add_argument("--key-file")
    parser.add_argument("--shares-secret-fd", type=int)
    arguments = parser.parse_args()
    report = Report()
    try:
        given = what_is_given(arguments)
        chain, session = read_chain(arguments.file, given, report)
        database = put_together(chain)
        other = read_database(arguments.compare, session) if arguments.compare else None
    except (WrongPassphrase, Damage, InUse, NotThere) as refusal:
        print(refusal, file=sys.stderr)
        return {WrongPassphrase: 3, Damage: 4, InUse: 5, NotThere: 7}[type(refusal)]
    if other is not None:
        for difference in compare(database, other):
            report.add("compared", difference)
    else:
        reader = Reader(session, database, report)
        reader.log.read()
        reader.verify()
        check_state(reader, chain[0])
        report.check(reader.log.names(session.keys), "keys", "is not the file that the log names last")
        records = list(describe(reader))
        if arguments.json:
            print(json.dumps(records, ensure_ascii=False, indent=1))
        else:
            for record in records:
                print_text(record)
    for problem in report.problems:
        print(problem, file=sys.stderr)
    return 4 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
