"""Disclosed revisions and evidence of authorship: section 25 of docs/format.md."""

from dataclasses import dataclass

from keys import parse_card
from log import KEEPER_ACTIONS, check_signatures, parse_entry
from primitives import Damage, ascending, blake2b, decode, decode_as, encode, fits
from records import (CARD_RECORD, MAX_LEAVES, MAX_PARENTS, OPEN, S_CARD, S_SLOT, WITHHELD, Leaf, Revision, check_order, check_system, check_value, commit,
                     is_file, revision_id)

MAX_DISCLOSED, MAX_EVIDENCE = 33 << 20, 256 << 20
MAX_CARDS, MAX_SLOTS, MAX_ENTRIES, MAX_REVISIONS = 1024, 16384, 200000, 1000000


# ---- A disclosed revision ------------------------------------------------------------------------------------------

class Told(Revision):
    """What is told of a revision. `values` by (field, element), as far as they are told."""

    def __init__(self, data):
        if len(data) > MAX_DISCLOSED:
            raise Damage("what is told of a revision is too long")
        record, type_hash, parents, time, author, leaves = decode_as((16, 32, [32], int, 32, [list]), data)
        if len(parents) > MAX_PARENTS or len(leaves) > MAX_LEAVES or not ascending(parents):
            raise Damage("what is told of a revision has too many parents or leaves, or parents not in order")
        leaves = [told_leaf(leaf) for leaf in leaves]
        check_order(leaves)
        super().__init__(0, 0, record, revision_id(record, type_hash, parents, time, author, leaves), type_hash, parents, time, author, leaves)

    @property
    def values(self):
        return {(leaf.field, leaf.element): leaf.value for leaf in self.leaves if leaf.value is not None}


def told_leaf(item):
    if not fits(item, (str, bytes, int, any, bytes)):
        raise Damage("a leaf that is told has a wrong form")
    field, element, tier, what, introduced = item
    if tier not in (OPEN, WITHHELD) or len(introduced) not in (0, 32) or introduced and tier == OPEN:
        raise Damage("a leaf that is told has a wrong tier or origin")
    if fits(what, 32):
        return Leaf(field, element, tier, what, introduced)
    if type(what) is not list or len(what) not in (2, 3) or not fits(what[0], 32) or introduced:
        raise Damage("a value that is told has a wrong form")
    salt, value = what[:2]
    check_value(value)
    if is_file(value) != (len(what) == 3) or len(what) == 3 and not (fits(what[2], int) and 0 <= what[2] < 1 << 32):
        raise Damage("a file that is told has a wrong form")
    return Leaf(field, element, tier, commit(salt, field, element, value), introduced, value)


# ---- The multi-proof -----------------------------------------------------------------------------------------------

def root_of(count, leaves, hashes):
    """From the multi-proof: leaves by index."""
    hashes = iter(hashes)

    def walk(at, n, inside):
        if not inside:
            found = next(hashes, None)
            if found is None:
                raise Damage("a hash of a proof is missing")
            return found
        if n == 1:
            return blake2b(32, b"\0" + leaves[at])
        k = 1 << (n - 1).bit_length() - 1
        left = walk(at, k, [i for i in inside if i < at + k])
        return blake2b(32, b"\1" + left + walk(at + k, n - k, [i for i in inside if i >= at + k]))

    if any(i >= count for i in leaves):
        raise Damage("a revision is not one of its entry")
    root = walk(0, count, sorted(leaves))
    if next(hashes, None) is not None:
        raise Damage("hashes are left over")
    return root


# ---- Evidence ------------------------------------------------------------------------------------------------------

@dataclass
class Registration:
    """since, until: the places of entries in the evidence; until None: not ended, as far as told."""
    slot: bytes
    author: bytes
    says: Told
    since: int
    until: int = None


class Evidence:
    """Verified whole. told: by (record, revision), the entry that added it. vault: whose it is. card: the newest."""

    def __init__(self, data):
        if len(data) > MAX_EVIDENCE:
            raise Damage("evidence is too long")
        one, self.vault, cards, slots, entries = decode_as((int, 16, [bytes], [bytes], [(bytes, any, [(int, 16, 32)], [32])]), data)
        if one != 1 or len(cards) > MAX_CARDS or len(slots) > MAX_SLOTS or len(entries) > MAX_ENTRIES:
            raise Damage("evidence is of another version, or holds too much")
        self.entries, self.told, self.place = [], {}, {}
        for item in entries:
            self.read_entry(*item)
        if not ascending([(entry.number, entry.hash) for entry in self.entries]):
            raise Damage("entries are out of order")
        self.read_cards([self.read_system(x, S_CARD) for x in cards])
        self.check_keepers()
        self.register([self.read_system(x, S_SLOT) for x in slots])
        for i, entry in enumerate(self.entries):
            if not any(self.covers(term, i) for term in self.terms):
                raise Damage("an entry is by an author who was not registered then")

    def read_entry(self, raw, sigs, pairs, hashes):
        entry = parse_entry(len(self.entries), raw, self.vault)
        check_signatures(entry, encode(sigs))
        if not pairs or not ascending([i for i, _, _ in pairs]):
            raise Damage("an entry tells of no revision, or not in order")
        if root_of(entry.count, {i: record + revision for i, record, revision in pairs}, hashes) != entry.root:
            raise Damage("revisions are not those of the entry")
        for i, record, revision in pairs:
            if (record, revision) in self.told:
                raise Damage("a revision is told of twice")
            self.told[record, revision] = entry
            self.place[record, revision] = entry.n, i
        if len(self.told) > MAX_REVISIONS:
            raise Damage("evidence holds too much")
        self.entries.append(entry)

    def read_system(self, data, kind):
        """A card or a slot, in an entry of its author that a keeper signed."""
        told = Told(data)
        entry = self.told.get((told.record, told.id))
        if told.record[:2] != bytes([0, kind]) or not entry:
            raise Damage("a card or a slot is something else, or its entry is missing")
        check_system(told)
        if entry.author != told.author or not entry.keepers:
            raise Damage("a card or a slot is not by the signer of its entry, or no keeper signed that")
        return told

    # Keeper keys

    def read_cards(self, cards):
        self.cards = [(self.told[told.record, told.id], parse_card(told.value("card"), self.vault)) for told in cards]
        if not cards or len({told.id for told in cards}) != sum(record == CARD_RECORD for record, _ in self.told):
            raise Damage("a card is missing")
        first, card = self.cards[0]
        if first.parents or first.keepers != [card.keeper]:
            raise Damage("the first card is not that of the first entry")
        for (before, old), (entry, new) in zip(self.cards, self.cards[1:]):
            if entry.number <= before.number or entry.keepers != [old.keeper, new.keeper]:
                raise Damage("a keeper key does not follow from the one before")
        self.card = self.cards[-1][1]

    def check_keepers(self):
        brings = {entry.n for entry, _ in self.cards}
        numbers = {entry.number for entry, _ in self.cards}
        before, now = [], None
        for entry in self.entries:
            if entry.action in KEEPER_ACTIONS and not entry.keepers:
                raise Damage("an entry lacks the keeper")
            if not entry.keepers or entry.n in brings:
                continue
            while len(before) < len(self.cards) and self.cards[len(before)][0].number < entry.number:
                before.append(self.cards[len(before)])
            now = before[-1][1].keeper if before else None
            if entry.number in numbers or entry.keepers != [now]:
                raise Damage("an entry names a keeper key that was not the keeper's then")

    # Registrations

    def register(self, slots):
        places = [self.place[told.record, told.id] for told in slots]
        if not ascending(places):
            raise Damage("slots are out of order")
        self.terms, by_slot = [], {}
        for told, (entry, _) in zip(slots, places):
            by_slot.setdefault(told.record[2:10], []).append((entry, told))
        for slot, revisions in by_slot.items():
            self.register_slot(slot, revisions)

    def register_slot(self, slot, revisions):
        """An entry with another card ends what it does not repeat."""
        now, last = None, 0
        for entry, told in [*revisions, (len(self.entries), None)]:
            ended = next((card.n for card, _ in self.cards if last < card.n < entry), None)
            if now and ended is not None:
                now.until, now = ended, None
            last = entry
            active = told and told.value("state") == "active"
            if not told or now and active and now.author == told.value("author"):
                continue
            if now:
                now.until, now = entry, None
            if active:
                now = Registration(slot, told.value("author"), told, entry)
                self.terms.append(now)

    def covers(self, term, i):
        entry = self.entries[i]
        return ((term.slot, term.author) == (entry.slot, entry.author) and self.entries[term.since].number <= entry.number
                and (term.until is None or entry.number <= self.entries[term.until].number))

    # What follows from it

    def wrote(self, record, revision, author):
        """Did this author add this revision in the vault of the evidence?"""
        entry = self.told.get((record, revision))
        return bool(entry) and entry.author == author

    def may_sign(self, author):
        """Is he registered, and not ended?"""
        return any(term.author == author and term.until is None for term in self.terms)
