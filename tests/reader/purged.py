#!/usr/bin/python3
"""purged.py take VAULT REF | search VAULT | opens RECORDS.DB KEYS: what is left of a purged record, by raw tools.

take: what the record with that ref consists of in the database, to standard output, one hexadecimal string a line: its blobs, the
      wraps of its packs, and its keys as they are when unwrapped; of its attachments the pieces and keys.
search: reads such lines from the file `needles` and looks for pieces of them in every file of the vault's folder and in all pages
      of the database as sqlcipher decrypts them, unused ones as well. Prints how many of the needles are there.
opens: how many wraps of that database open with the keys in that file, whatever the file's database salt; and how many blobs.

The passphrase comes on standard input.
"""

import os
import subprocess
import sys

sys.dont_write_bytecode = True

import database
import keys
import reader
from primitives import Damage, Report
from records import CHUNK_TABLES, blob_aad, file_rows, open_blob

PIECE = 24


def session_of(path, passphrase):
    with open(path, "rb") as file:
        return keys.open_keys(file.read(), keys.Given(keys.prepare_passphrase(passphrase)), Report())


def take(vault, passphrase, ref):
    found = reader.open_vault(vault, keys.Given(keys.prepare_passphrase(passphrase)))
    found.verify()
    assert not found.report.problems, found.report.problems
    record = next(r.record for r in found.revisions.values() if r.value("ref") == ref)
    yield found.record_keys[record]
    for pack in found.packs:
        for number, ids in pack.members:
            if ids[:16] == record:
                yield found.database["open"][number][0]
                yield found.database["wrap"][pack.n][0]
                yield from found.database["withheld"].get(number, [])
                if number in pack.blob_keys:
                    yield pack.blob_keys[number]
    for revision in found.revisions.values():
        for leaf in revision.leaves if revision.record == record else []:
            if leaf.value is not None and leaf.file:
                yield leaf.file[1]
                yield from (found.database[CHUNK_TABLES[leaf.tier]][n][0] for n in file_rows(leaf))


def pages(vault, session):
    script = [*list(database.sql_begin(session))[:4], "SELECT hex(data) FROM sqlite_dbpage;"]
    done = subprocess.run(["sqlcipher", "-readonly", "-batch", "-bail", os.path.join(vault, "records.db")],
                          input="\n".join(script), capture_output=True, encoding="ascii", check=True)
    lines = done.stdout.splitlines()
    assert lines.pop(0) == "ok" and len(lines) * 16384 == os.path.getsize(os.path.join(vault, "records.db"))
    return b"".join(map(bytes.fromhex, lines))


def search(vault, passphrase, needles):
    everything = [pages(vault, session_of(os.path.join(vault, "keys"), passphrase))]
    for name in os.listdir(vault):
        with open(os.path.join(vault, name), "rb") as file:
            everything.append(file.read())
    for needle in needles:
        pieces = {needle[i:i + PIECE] for i in range(0, len(needle) - PIECE + 1, PIECE)}
        if any(piece in content for piece in pieces for content in everything):
            yield needle


def opens(path, keys_path, passphrase):
    """Whoever has both files can give sqlcipher the salt that the database itself begins with."""
    session = session_of(keys_path, passphrase)
    with open(path, "rb") as file:
        session.keys.db_salt = file.read(16)
    tables = database.dump(path, session)
    wraps, packs, blobs, record_keys = database.Wraps(session, tables), [], 0, {}
    for pack in database.read_packs(tables["pair"], Report()):
        try:
            wraps.open_pack(pack)
        except Damage:
            continue
        packs.append(pack)
        for number, ids in pack.members:
            record_keys.setdefault(ids[:16], pack.record_keys.get(number))
    for pack in packs:
        for number, ids in pack.members:
            try:
                open_blob(record_keys[ids[:16]], b"withheld:open:1",
                          blob_aad(session.keys.vault, ids[:16], ids[16:], 1), tables["open"][number][0])
                blobs += 1
            except (Damage, TypeError, KeyError):
                pass
    return len(packs), blobs


def main():
    passphrase = sys.stdin.buffer.readline().removesuffix(b"\n")
    what, *rest = sys.argv[1:]
    if what == "take":
        for needle in take(rest[0], passphrase, rest[1]):
            print(needle.hex())
    elif what == "search":
        with open("needles", encoding="ascii") as file:
            needles = [bytes.fromhex(line) for line in file.read().split()]
        print(len(list(search(rest[0], passphrase, needles))), "of", len(needles))
    else:
        print(*opens(rest[0], rest[1], passphrase))


main()
