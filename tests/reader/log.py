"""The log: section 14 of docs/format.md."""

from dataclasses import dataclass

from primitives import BOX, Damage, H, blake2b, decode_as, encode, fits, keyed, numbered_from_one, signed_by, unbox
from keys import parse_card
from records import CARD_RECORD, MAX_PARENTS, S_CONTACT, S_LEFT_OUT, S_ORIGIN, S_RECEIPT, S_SENT, S_SHARE, S_SLOT, S_THEIR_TYPE, parse_contact, parse_receipt


# ---- 14. The log -------------------------------------------------------------------------------------------------

ENTRY = (16, 16, int, [32], int, 8, 32, [32], str, 32, int, 32, [any])
KEEPER_ACTIONS = {"init", "type", "slot-add", "slot-remove", "rekey", "adopt", "shares", "reveal",
                  "extract-withheld", "dump-names", "handoff-names", "purge", "statement", "repair", "merge", "unmerge", "dismiss",
                  "contact-verify", "contact-remove", "release", "release-judge", "reidentify"}
MAX_ENTRY, MAX_DETAIL, MAX_ACTION = 64 << 10, 16 << 20, 32


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
    terms: list = ()            # in which its signers' signatures count

    @property
    def where(self):
        return f"log entry {self.n} ({self.action})"


@dataclass
class Term:
    """While somebody's signature counts: an author of a slot, or a keeper key. ended: the row that ended it."""
    key: bytes
    ended: int = None


class Trust:
    """Whom the log trusts at a row, for entries that come in the order of their rows (section 13)."""

    def __init__(self):
        self.authors = {}       # slot id: whose term it is now
        self.ended = {}         # slot id: whose term this row ended, who may sign it still
        self.known = set()      # all authors there ever were
        self.keeper = None      # the term of the key on the last card
        self.keepers = []       # terms of what an entry in this row may name

    def take(self, row, revisions, cards):
        self.ended, before = {}, self.keeper
        another = False
        for revision in revisions:
            if revision.record == CARD_RECORD and revision.id in cards:
                self.keeper, another = Term(cards[revision.id].keeper), before is not None
            elif revision.record[:2] == bytes([0, S_SLOT]) and fits(revision.value("author"), 32):
                self.register(row, revision.record[2:10], revision.value("author"), revision.value("state") == "active")
        if another:
            before.ended = row
        self.keepers = [before, self.keeper] if another else [self.keeper] if self.keeper else []

    def register(self, row, slot, author, active):
        now = self.authors.get(slot)
        if active and now and now.key == author:
            return
        if now:
            now.ended = row
            self.ended.setdefault(slot, []).append(now)
            del self.authors[slot]
        if active:
            self.authors[slot] = Term(author)
            self.known.add(author)

    def term_of(self, entry):
        """Of its author, or None."""
        now = self.authors.get(entry.slot)
        return next((term for term in ([now] if now else []) + self.ended.get(entry.slot, []) if term.key == entry.author),
                    None)


def parse_entry(n, data, vault):
    if len(data) > MAX_ENTRY:
        raise Damage("is too long")
    fields = decode_as(ENTRY, data)
    entry = Entry(n, H(b"withheld:entry:1", data), *fields)
    if entry.vault != vault:
        raise Damage("is of another vault")
    if not 1 <= len(entry.action.encode()) <= MAX_ACTION:
        raise Damage("has an action that is not allowed")
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
        self.trust = Trust()
        self.ancestors_of = {}      # hashes, by row
        self.contacts = {}          # by name: what was said of it, as (entry, card), in order
        self.closed = {}            # why a detail does not open, by row

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
                    try:
                        entry.detail = open_detail(entry, self.reader.log_key, self.reader.vault, detail)
                    except Damage as e:
                        self.closed[n] = str(e)

    def verify(self):
        self.own_line = {entry.hash for entry in self.line()}
        for n, why in self.closed.items():
            if n not in self.reader.lost.details:
                self.report.add(f"log entry {n}", why)
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
        for entry in self.entries.values():
            with self.report.at(entry.where):
                self.check_terms(entry)

    def began_copy(self, entry):
        """The first entry of a copy that came home, which adds nothing: its author may have got other keys meanwhile."""
        return (entry.action == "travel" and entry.keys and not entry.count and entry.hash not in self.own_line
                and entry.author in self.trust.known)

    def check_terms(self, entry):
        """Who signed when his time was over already may have put the entry into a row above: what counts is the chain."""
        for row in {term.ended for term in entry.terms if term.ended}:
            if entry.n != row and entry.hash not in self.ancestors(row):
                raise Damage("stands beside the entry that ended the time of its signer")

    def ancestors(self, row):
        if row not in self.ancestors_of:
            found, todo = set(), [self.entries[row]]
            while todo:
                for h in todo.pop().parents:
                    if h in self.by_hash and h not in found:
                        found.add(h)
                        todo.append(self.by_hash[h])
            self.ancestors_of[row] = found
        return self.ancestors_of[row]

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
        self.trust.take(entry.n, revisions, self.reader.cards)
        entry.terms = self.trust.keepers if entry.keepers else []
        if not self.began_copy(entry):
            author = self.trust.term_of(entry)
            if not author:
                raise Damage("its author was not registered")
            entry.terms = [*entry.terms, author]
        for revision in revisions:
            if revision.author != entry.author and not revision.foreign:
                raise Damage(f"{revision.where} is by another author")
        if entry.keepers and entry.keepers != [term.key for term in self.trust.keepers]:
            raise Damage("its keeper key is not the one on the card")
        anybodys = {S_CONTACT, S_RECEIPT, S_SHARE, S_SENT} | ({S_LEFT_OUT, S_ORIGIN, S_THEIR_TYPE} if entry.action == "receive" else set())
        system = any(r.is_system and r.record[1] not in anybodys for r in revisions)
        if (entry.action in KEEPER_ACTIONS or system) and not entry.keepers:
            raise Damage("needs the keeper, who did not sign it")
        for revision in revisions:
            if revision.is_system and revision.record[1] == S_SHARE and revision.value("state") == "names" and not entry.keepers:
                raise Damage("shares records with names, and the keeper did not sign it")
            if revision.is_system and revision.record[1] == S_CONTACT:
                self.check_contact(entry, revision)
            if revision.is_system and revision.record[1] == S_RECEIPT:
                self.reader.receipts.append((entry, revision))
                if parse_receipt(revision)[1] == "taken" and entry.action != "receive":
                    raise Damage("says that a bundle was taken in, and took in none")

    def check_contact(self, entry, revision):
        """Who is no keeper may add one that he did not know, and nothing else."""
        name, state, card = parse_contact(revision)
        said = self.contacts.setdefault(name, [])
        if not entry.keepers:
            if state != "added":
                raise Damage("verifies or removes a contact, and the keeper did not sign it")
            if any(other != card and before.hash in self.ancestors(entry.n) for before, other in said):
                raise Damage("puts another card in the place of a contact's, and the keeper did not sign it")
        if card is not None:
            parse_card(card)
        said.append((entry, card))

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
