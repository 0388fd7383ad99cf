#!/usr/bin/python3
"""reader.py VAULT [--json] [--key-file FILE | --shares-secret-fd N]: reads a withheld vault without the program withheld.

The passphrase is the first line of standard input; with --shares-secret-fd, the secret that the shares make is the first line of that
descriptor, in hexadecimal. Prints every record as it is now; to a case passphrase, only the names of withheld fields. Verifies on the way all that docs/format.md lets a reader verify. Exit code: 0 all is
right; 3 the passphrase does not open it; 4 damaged or tampered with, one line on stderr for each problem; 5 in use by
another process.

Written from docs/format.md alone, which is to be read beside it:

    primitives.py   sections 1 and 2: hashes, boxes, CBOR
    keys.py         4 to 7: the file `keys`, passphrases and slots, the card
    database.py     8 and 9: the tables, wrapped keys
    records.py      10 to 13: leaves, revisions, blobs, types, system records
    log.py          14: entries, signatures, who may do what
    evidence.py     25: what another vault is told of who wrote what
    bundle.py       26: manifests; a program of its own for bundles
    names.py        17: codes of records, the search fold
    xwing.py        the one primitive that Debian's Python has not
    reader.py       15, and all of it together
    backup.py       19: backups, a program of its own

It needs python3-nacl, python3-argon2 and the program sqlcipher, 4.6 or later. The vault is not changed. Secrets are
not guarded in memory as they are in withheld itself.
"""

import argparse
import json
import os
import sys
import unicodedata
from collections import defaultdict
from datetime import datetime, timezone

sys.dont_write_bytecode = True      # nothing is left beside the sources

from bundle import CONTENT, KIND, KINDS, kept_receipt
from database import InUse, Wraps, read_database, read_packs
from evidence import Evidence
from keys import KEEPER, KEYS_SIZE, Given, WrongPassphrase, check_card, open_keys, parse_card, prepare_passphrase
from log import Log
from names import code, fold
from primitives import MAC, Damage, Report
from records import (CARD_RECORD, CHUNK_TABLES, K_LINK, K_NAME, OPEN, PROVENANCE, REMOVED, S_APART, S_AUDIENCE, S_LEFT_OUT, S_LOST, S_ORIGIN, S_SAME, S_THEIR_TYPE, S_TOMBSTONE, S_TYPE, SYSTEM_TYPES,
                     WITHHELD, Lost, bare, check_system, check_types, file_content, file_rows, open_revision, open_withheld, parse_apart,
                     parse_left_out, parse_origin, parse_receipt, parse_same, parse_tombstone, parse_type,
                     slot_record, type_hash)

# ---- 15. Changing `keys` -------------------------------------------------------------------------------------------

def open_vault(folder, given):
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
                reader = read_with(folder, data, given)
                if reader.log.names(reader.session.keys):
                    return reader
                outcomes.append(reader)
            except (WrongPassphrase, Damage) as refusal:
                outcomes.append(refusal)
    if isinstance(outcomes[0], Exception):
        raise outcomes[0]
    return outcomes[0]


def read_with(folder, keys_data, given):
    report = Report()
    try:
        session = open_keys(keys_data, given, report)
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
        with report.at("row 0 of wrap"):
            self.log_key, self.tag_key = self.wraps.log_and_tag_key()
        self.log = Log(self)
        self.packs = read_packs(database["pair"], report)
        self.added = defaultdict(list)      # row of log: [(number of a revision, record id | revision id)]
        self.revisions = {}                 # by number
        self.by_id = {}                     # by (record, revision)
        self.records = defaultdict(list)    # record: its revisions
        self.record_keys = {}
        self.types = dict(SYSTEM_TYPES)     # by hash
        self.cards = {}                     # by revision
        self.purged = set()                 # records of which nothing is left
        self.gone = set()                   # (record, c) of values that were purged
        self.left_out = {}                  # (record, revision, c) of values that another vault did not send: the entries that say so
        self.origins = defaultdict(list)    # row of log: the parts of evidence in it, as parse_origin gives them
        self.receipts = []                  # (entry, revision)
        self.lost = Lost()
        self.into = {}                      # record: the one that it is merged into
        self.apart = set()                  # pairs that are not the same
        self.key_rows = defaultdict(list)   # record: numbers of revisions beside which its key lies
        self.travel_row = 0                 # of the entry that began a copy without names

    def verify(self):
        self.travel_row = (
            0 if any(slot.tier == KEEPER for slot in self.session.keys.slots) else
            next((e.n for e in self.log.line() if e.action == "travel" and e.keys), 0))
        self.open_packs()
        self.read_revisions()
        self.log.verify()
        for revision in self.revisions.values():
            with self.report.at(revision.where):
                self.check_revision(revision)
        self.check_origins()
        self.check_receipts()
        self.check_files()
        self.check_keys_against_records()
        self.wraps.check_all_used(self.report)

    # What the rows say

    def open_packs(self):
        """The keys of each pack. Where a record's own may lie is judged when it is known what was lost."""
        numbers = set()
        for pack in self.packs:
            self.added[pack.entry] += pack.members
            numbers |= {number for number, _ in pack.members}
            where = f"row {pack.n} of wrap"
            with self.report.at(where):
                self.wraps.open_pack(pack)
            with self.report.at(where):
                for number, ids in pack.members:
                    if number in pack.record_keys:
                        self.key_rows[ids[:16]].append(number)
                        self.record_keys.setdefault(ids[:16], pack.record_keys[number])
        for table in ("open", "withheld"):
            for n in self.database[table].keys() - numbers:
                self.report.add(f"row {n} of {table}", "belongs to nothing")

    def read_revisions(self):
        """System records come first: the others need the types. Among them what was lost, as it says what there is; and last the audiences, which
        a tombstone may name."""
        every = [(pack, number, ids) for pack in self.packs for number, ids in pack.members]
        for pack, number, ids in sorted(every, key=lambda x: (x[2][0] != 0, x[2][:2] == bytes([0, S_AUDIENCE]), x[2][:2] != bytes([0, S_LOST]))):
            with self.report.at(f"revision {number} (record {code(ids[:16])})"):
                revision = self.read_revision(pack, number, ids)
                if revision:
                    with self.report.at(revision.where):
                        self.read_withheld(pack, revision)
                        self.check_hint(pack, revision)
                        self.check_gone(revision)
                    if revision.is_system:
                        self.read_system(revision)
        self.revisions = dict(sorted(self.revisions.items()))
        self.check_key_rows(every)
        named = {*self.into, *self.into.values(), *(record for pair in self.apart for record in pair)}
        for record in named - {ids[:16] for _, _, ids in every}:
            self.report.add(f"record {code(record)}", "is in a merge or a dismissed pair, and is not there")

    def check_key_rows(self, every):
        """The key of a record lies beside its lowest number of those that are not lost."""
        first = {}
        for _, number, ids in every:
            if (ids[:16], ids[16:]) not in self.lost.revisions:
                first.setdefault(ids[:16], number)
        for record, numbers in self.key_rows.items():
            if numbers != [first.get(record)]:
                self.report.add(f"wrapped keys of record {code(record)}", "has a second key for a record" if
                                len(numbers) > 1 else "lie beside another revision than its first")

    def read_revision(self, pack, number, ids):
        record, rev, row = ids[:16], ids[16:], self.database["open"].get(number)
        key = self.record_keys.get(record)
        if (record, rev) in self.lost.revisions:
            self.check_purged(pack, number, None, row)
            return None
        if record in self.purged:
            self.check_purged(pack, number, key, row)
            return None
        if key is None or row is None:
            raise Damage("its row of open is missing" if key else "the key of the record is missing")
        if (record, rev) in self.by_id:
            raise Damage("comes twice")
        entry = self.log.entries.get(pack.entry)
        types = {h[:8]: h for h in self.types}
        revision = open_revision(self.vault, (number, pack.entry, record, rev), key, row[0],
                                 (entry.author, entry.action == "receive") if entry else (b"", False), types)
        self.revisions[number] = self.by_id[record, rev] = revision
        self.records[record].append(revision)
        return revision

    def check_purged(self, pack, number, key, row):
        """Of a purged record, or a lost revision, only the ids are left."""
        if key is not None or row is not None or number in self.database["withheld"] or pack.tags_of_each()[number]:
            raise Damage("was purged, and yet something of it is there")
        if number in pack.hidden - pack.quarantined:
            raise Damage("was purged, and yet has a key of withheld values")

    def check_hint(self, pack, revision):
        """The hints of section 9."""
        definition = self.types.get(revision.type_hash)
        elsewhere = [leaf for leaf in revision.leaves if definition and leaf.field in definition.fields
                     and definition.fields[leaf.field].kind == K_NAME and (leaf.tier != WITHHELD or leaf.introduced)]
        if revision.number in pack.names_hidden and elsewhere:
            raise Damage("has names elsewhere than in its withheld blob, and the hint beside its key denies it")

    def check_gone(self, revision):
        """Of the values that belong to it those are missing which a tombstone names, and only those. At the case tier
        withheld ones cannot be looked at; a copy made for travel may lack those of before."""
        unknown = not self.session.keeper or revision.entry <= self.travel_row
        for leaf in revision.leaves:
            gone = self.is_gone(revision, leaf)
            if leaf.introduced:
                continue
            if gone and leaf.value is not None:
                raise Damage(f"{leaf.field} was purged, and yet is there")
            if not gone and leaf.value is None and not (leaf.tier == WITHHELD and unknown):
                raise Damage(f"{leaf.field} is missing, and no tombstone says so")

    def is_gone(self, revision, leaf):
        """Destroyed, lost, or left out by who sent it: that counts for what others wrote, and came with the entry that says so."""
        return (revision.record, leaf.c) in self.gone or (
            revision.foreign and revision.entry in self.left_out.get((revision.record, revision.id, leaf.c), ()))

    def read_withheld(self, pack, revision):
        number = revision.number
        own = [leaf for leaf in revision.leaves if leaf.tier == WITHHELD and not leaf.introduced]
        introduces = bool(own)
        row = self.database["withheld"].get(number)
        if own and all(self.is_gone(revision, leaf) for leaf in own):
            if row is not None or number in pack.hidden - pack.quarantined:
                raise Damage("has withheld content that was purged")
            return
        if introduces and row is None and revision.entry > self.travel_row:
            raise Damage("its row of withheld is missing")
        if (number in pack.hidden) != (row is not None):
            raise Damage("has a row of withheld or a key for one, and not both")
        if row and not introduces:
            raise Damage("has a row of withheld, and introduces nothing")
        if not row:
            return
        if number in pack.quarantined:
            raise Damage("withheld values are quarantined: they are not what their author signed")
        if self.session.keeper and number not in pack.blob_keys:
            raise Damage("withheld values are quarantined: their key does not open")
        open_withheld(self.vault, revision, pack.blob_keys.get(number), row[0])

    def read_system(self, revision):
        check_system(revision)
        if revision.record[1] in (S_TYPE, S_THEIR_TYPE):
            definition = revision.value("definition")
            self.types[type_hash(definition)] = parse_type(definition)
        elif revision.record == CARD_RECORD:
            self.cards[revision.id] = parse_card(revision.value("card"), self.vault)
        elif revision.record[1] == S_TOMBSTONE:
            record, what, leaves = parse_tombstone(revision)
            if what == "record":
                self.purged.add(record)
            self.gone |= {(record, c) for c in leaves}
        elif revision.record[1] == S_LEFT_OUT:
            out, arrived = parse_left_out(revision)
            for place in out:
                self.left_out.setdefault(place, set()).add(revision.entry)
            for place in arrived:
                self.left_out.pop(place, None)
        elif revision.record[1] == S_ORIGIN:
            self.origins[revision.entry].append(parse_origin(revision))
        elif revision.record[1] == S_LOST:
            self.lost.take(revision)
            self.gone |= self.lost.leaves
        elif revision.record[1] == S_SAME:
            self.merge(*parse_same(revision))
        elif revision.record[1] == S_APART:
            self.apart.add(parse_apart(revision))

    def merge(self, record, into):
        self.into.pop(record, None)
        if into is None:
            return
        if self.lead(into) == record:
            raise Damage("merges lead round in a circle")
        self.into[record] = into

    def lead(self, record):
        while record in self.into:
            record = self.into[record]
        return record

    # How they agree with each other

    def check_revision(self, revision):
        parents = [self.by_id.get((revision.record, h)) for h in revision.parents
                   if (revision.record, h) not in self.lost.revisions]
        if not all(parent and parent.number < revision.number for parent in parents):
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
            if (revision.record, leaf.introduced) in self.lost.revisions:
                continue        # with it went what could be compared
            ancestors = ancestors or self.ancestors(revision)
            origin = self.by_id.get((revision.record, leaf.introduced))
            if not origin or leaf.introduced not in ancestors:
                raise Damage(f"{leaf.field} comes from a revision that is not an ancestor")
            first = next((x for x in origin.leaves if x.place == leaf.place), None)
            if not first or (first.introduced, first.c) != (b"", leaf.c):
                raise Damage(f"{leaf.field} is not what {leaf.introduced.hex()[:16]} introduced")
            leaf.value, leaf.file, leaf.kept = first.value, first.file, first.tier

    # What came from other vaults

    def check_origins(self):
        """Evidence holds by itself, and whoever is another author than the signer of his entry is in that of it."""
        others = defaultdict(list)
        for revision in self.revisions.values():
            if revision.foreign:
                others[revision.entry].append(revision)
        for row in sorted({*self.origins, *others}):
            evidence = []
            with self.report.at(f"log entry {row}"):
                evidence = [self.open_evidence(parts) for parts in self.evidence_parts(self.origins[row])]
            for revision in others[row]:
                if not any(e.wrote(revision.record, revision.id, revision.author) for e in evidence):
                    self.report.add(revision.where, "nobody is known to have written it")

    def evidence_parts(self, found):
        numbers = sorted({number for _, number, _, _ in found})
        if numbers != list(range(len(numbers))):
            raise Damage("evidence of a bundle is out of order")
        for n in numbers:
            parts = [(part, data) for _, number, part, data in found if number == n]
            if [part for part, _ in parts] != list(range(len(parts))):
                raise Damage("evidence of a bundle is out of order")
            yield b"".join(data for _, data in parts)

    def open_evidence(self, data):
        evidence = Evidence(data)
        if evidence.vault == self.vault and (1 not in self.log.entries or evidence.entries[0].hash != self.log.entries[1].hash):
            raise Damage("evidence pretends to be of this vault")
        return evidence

    def check_receipts(self):
        for entry, revision in self.receipts:
            bundle, kind, card_hash, proof = parse_receipt(revision)
            if kind == "acknowledged":
                with self.report.at(f"{revision.where} ({entry.where})"):
                    m, _, card = kept_receipt(proof or b"")
                    if (m[KIND], m[CONTENT], card.hash) != (KINDS[1], bundle, card_hash):
                        raise Damage("the proof is of another bundle or another vault than the receipt says")

    def check_files(self):
        """Every byte of every file that can be opened; and no other rows, as far as that can be told."""
        used = {table: set() for table in CHUNK_TABLES.values()}
        owner = {table: {} for table in used}
        seen = set()        # open ones are repeated by each revision that carries them on
        for revision in self.revisions.values():
            for leaf in revision.leaves:
                if leaf.file:
                    mine = revision.record, leaf.file, tuple(bare(leaf.value)[:2])
                    with self.report.at(f"{revision.where}: {leaf.field}"):
                        for n in file_rows(leaf):
                            if owner[CHUNK_TABLES[leaf.kept or leaf.tier]].setdefault(n, mine) != mine:
                                raise Damage("it names parts of another attachment as its own")
                tier = leaf.kept or leaf.tier
                if leaf.file and (tier, leaf.file, repr(leaf.value)) not in seen:
                    seen.add((tier, leaf.file, repr(leaf.value)))
                    table = CHUNK_TABLES[tier]
                    used[table] |= set(file_rows(leaf))
                    if (revision.record, tier, leaf.file[0]) in self.lost.files:
                        continue
                    with self.report.at(f"{revision.where}: {leaf.field}"):
                        file_content(leaf, self.database[table])
        for table, numbers in used.items():
            if table == CHUNK_TABLES[OPEN] or self.session.keeper:
                for n in self.database[table].keys() - numbers:
                    self.report.add(f"row {n} of {table}", "belongs to nothing")

    def ancestors(self, revision):
        found, todo = set(), list(revision.parents)
        while todo:
            h = todo.pop()
            if h not in found and (revision.record, h) in self.by_id:
                found.add(h)
                todo += self.by_id[revision.record, h].parents
            elif (revision.record, h) in self.lost.revisions:      # whom that followed nobody knows
                return {r.id for r in self.records[revision.record] if r.number < revision.number}
        return found

    def check_tiers_rise(self, revision, parents):
        new, *before = [self.types.get(type_hash(r.value("definition") or b"")) for r in (revision, *parents)]
        for old in before:
            for name, f in old.fields.items() if old and new else ():
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
            self.report.check(says == ["active", slot.index, slot.kind, slot.tier], where,
                              "is registered differently")
            if slot is session.slot:
                says = [heads[0].value(x) for x in ("author", "x25519")]
                self.report.check(says == [session.author, session.slot_public], where,
                                  "is registered with other keys")
                if session.keeper:
                    self.report.check(heads[0].value("slot_key") == session.slot_key, where,
                                      "is registered with another slot key")

    def heads(self, record):
        parents = {h for revision in self.records[record] for h in revision.parents}
        return [revision for revision in self.records[record] if revision.id not in parents]

    def type_name(self, revision):
        definition = self.types.get(revision.type_hash)
        return definition.name if definition else None


# ---- Tags: sections 8 and 17 ---------------------------------------------------------------------------------------

def tags(reader, revision, definition):
    """What section 8 says the tags of a revision are. They are hints: a difference is no damage."""
    def tag(kind, x):
        return MAC(reader.tag_key, kind, x)[:8]
    texts = [bare(revision.value(name)) for name in ("ref", "label")]
    out = [tag(kind, fold(text).encode()) if isinstance(text, str) else bytes(8)
           for kind, text in zip((b"ref", b"label"), texts)]
    for leaf in revision.leaves:
        f = definition.fields.get(leaf.field)
        if f and f.kind == K_LINK and leaf.tier == OPEN and leaf.value is not None:
            out.append(tag(b"link", bare(leaf.value)))
    return b"".join(out)


def check_tags(reader):
    for pack in reader.packs:
        found = pack.tags_of_each()
        for number, _ in pack.members:
            revision = reader.revisions.get(number)
            definition = revision and reader.types.get(revision.type_hash)
            if definition and found[number] != (b"" if revision.is_system else tags(reader, revision, definition)):
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
    if isinstance(value, list):
        return {"name": value[3], "size": value[1], "type": value[2], "sha256": value[0].hex()}
    if isinstance(value, bytes):
        return code(value) if f and f.kind == K_LINK else value.hex()
    return value


def describe_head(revision, definition):
    """Fields in the order of their type. `withheld` names those of the keeper tier, could they be read or not;
    `missing` names open ones whose value was purged."""
    known = definition.fields if definition else {}
    order = {name: i for i, name in enumerate(known)}
    fields, withheld, missing = {}, {}, {}
    for leaf in sorted(revision.leaves, key=lambda leaf: (order.get(leaf.field, -1), leaf.place)):
        f = known.get(leaf.field)
        if leaf.tier == WITHHELD:
            withheld[leaf.field] = True
        if leaf.value is None:
            if leaf.tier == OPEN:
                missing[leaf.field] = True
        elif f and f.repeats:
            fields.setdefault(leaf.field, []).append(plain_value(leaf.value, f))
        else:
            fields[leaf.field] = plain_value(leaf.value, f)
    return {"revision": revision.id.hex(), "time": utc(revision.time), "author": revision.author.hex(),
            "fields": fields, "withheld": list(withheld), "missing": list(missing)}


def utc(time):
    if not 0 <= time < 1 << 37:
        return f"{time} seconds after 1970"
    return datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def says(reader, head):
    """What a head says: heads of which this is the same are equal, and no conflict."""
    return reader.type_name(head), {
        (leaf.place, leaf.tier, leaf.c.hex() if leaf.value is None else repr(leaf.value))
        for leaf in head.leaves if (head.record, leaf.c) not in reader.gone}


def describe(reader):
    """Every record that is not a system record: its heads, of which several that differ are a conflict. Of purged
    records nothing is left to tell."""
    for record in reader.records:
        if record[0] == 0:
            continue
        heads = reader.heads(record)
        yield {"id": code(record), "type": next(filter(None, map(reader.type_name, heads)), None),
               "removed": all(head.removed for head in heads), "conflict": any(says(reader, head) != says(reader, heads[0]) for head in heads),
               "same_as": code(reader.lead(record)) if record in reader.into else None,
               "heads": [describe_head(head, reader.types.get(head.type_hash)) for head in heads]}


def escaped(value):
    """Text that is fit for a terminal: no control or formatting characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(c if unicodedata.category(c)[0] != "C" else f"\\u{{{ord(c):x}}}" for c in text)


def print_text(record):
    state = " (removed)" if record["removed"] else " (conflict)" if record["conflict"] else ""
    print(f"{record['id']} {record['type']}{state}")
    if record["same_as"]:
        print(f"  is the same as {record['same_as']}")
    for head in record["heads"]:
        print(f"  revision {head['revision'][:16]} of {head['time']}")
        for name, values in head["fields"].items():
            for value in values if isinstance(values, list) else [values]:
                print(f"    {name}: {escaped(value)}")
        for name in head["withheld"]:
            if name not in head["fields"]:
                print(f"    {name}: [withheld]")
        for name in head["missing"]:
            print(f"    {name}: [gone]")
    print()


def what_is_given(arguments):
    if arguments.shares_secret_fd is not None:
        with open(arguments.shares_secret_fd, encoding="ascii") as file:
            return Given(shares=bytes.fromhex(file.readline()))
    given = Given(prepare_passphrase(sys.stdin.buffer.readline().removesuffix(b"\n")))
    if arguments.key_file:
        with open(arguments.key_file, "rb") as file:
            given.key_file = file.read()
    return given


def main():
    parser = argparse.ArgumentParser(description="Reads a withheld vault; its passphrase comes on standard input.")
    parser.add_argument("vault")
    parser.add_argument("--json", action="store_true")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--key-file")
    how.add_argument("--shares-secret-fd", type=int)
    arguments = parser.parse_args()
    try:
        reader = open_vault(arguments.vault, what_is_given(arguments))
    except WrongPassphrase as wrong:
        print(wrong, file=sys.stderr)
        return 3
    except Damage as damage:
        print(damage, file=sys.stderr)
        return 4
    except InUse as busy:
        print(busy, file=sys.stderr)
        return 5
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
