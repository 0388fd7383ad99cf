#!/usr/bin/python3
"""attack.py VAULT ATTACK [--keys FILE] [--victim REF]: what somebody with a case passphrase can do to a vault who writes to its
files himself, with the independent reader and writer.

The passphrase is the first line of standard input; that of a case holder who helps may be the second. It must open a slot of the case tier: the names secret is never
at hand here. --keys: an old copy of the file `keys`, for one whose slot was removed since. The database is written anew with what the attack adds or changes.

attack.py --list: the names of the attacks, one a line: when it is to be noticed (unlock, read), a tab, the name.
"""

import argparse
import os
import sys

sys.dont_write_bytecode = True

import xwing
from database import BY_INTAKE, TABLES
from keys import CASE, KEEPER, KEYS_SIZE, PASSPHRASE, Given, prepare_passphrase
from primitives import H, decode, ed25519_public, encode, unbox, x25519_public
from reader import read_with
from log import merkle_root
from records import (CARD_RECORD, OPEN, S_CARD, S_CONTACT, S_LEFT_OUT, S_ORIGIN, S_RECEIPT, S_SLOT, S_THEIR_TYPE, S_TYPE,
                     SYSTEM_DEFINITIONS, WITHHELD, Leaf, blob_aad, blob_key_and_seed, commit, leaf_salts, revision_id, slot_record, type_hash,
                     type_record)
from writer import Writer, box, encapsulate, random, sign

ATTACKS = {}


def attack(when):
    def register(f):
        ATTACKS[f.__name__.replace("_", "-")] = f, when
        return f
    return register


class Holder(Writer):
    """A writer that goes on in a vault that is there, with the keys that a case slot gives and no others."""

    def __init__(self, folder, passphrase, keys):
        # Not Writer.__init__, which makes a vault of its own.
        self.forgery, self.folder, self.enc = None, folder, None
        with open(keys or os.path.join(folder, "keys"), "rb") as file:
            data = file.read(KEYS_SIZE)
        self.reader = reader = read_with(folder, data, Given(prepare_passphrase(passphrase)))
        reader.open_packs()
        reader.read_revisions()
        self.take_session(reader.session)
        assert not hasattr(self, "nsk")
        self.rows = {table: [(n, *columns) for n, columns in reader.database[table].items()] for table in TABLES}
        self.log_key, self.tag_key = reader.log_key, reader.tag_key
        self.record_keys = dict(reader.record_keys)
        self.count, self.waiting = sum(len(pack.members) for pack in reader.packs), []
        last = reader.log.entries[max(reader.log.entries)]
        self.head, self.copy = last.hash, last.copy
        self.card = reader.heads(CARD_RECORD)[0]
        self.keeper = reader.cards[self.card.id].keeper
        self.intake_public = reader.cards[self.card.id].intake

    def take_session(self, session):
        assert session.slot.tier == CASE
        self.vault, self.db_salt, self.vmk, self.k_case = (
            session.keys.vault, session.keys.db_salt, session.vmk, session.k_case)
        self.slot_id, self.author_seed, self.author = session.slot.id, session.author_seed, session.author
        self.slots = session.keys.slots

    def inner_wrap(self, n, p, blob_keys):
        return self.intake_wrap(n, b"withheld:inner:1\0" + self.vault + p, blob_keys)

    def save(self):
        path = os.path.join(self.folder, "records.db")
        self.write_database(path + "-attack")
        os.replace(path + "-attack", path)

    # What is there

    def find(self, ref):
        """The head of the record with this ref."""
        for record in self.reader.records:
            for head in self.reader.heads(record):
                if record[0] and head.value("ref") == ref:
                    return head
        raise KeyError(ref)

    def definition(self, name):
        """The newest version of a type: the revision that brought it, and its CBOR."""
        revision, = self.reader.heads(type_record(name))
        return revision, revision.value("definition")

    def registered(self, slot):
        revision, = self.reader.heads(slot_record(slot.id))
        return revision

    def other_slot(self, tier):
        return next(slot for slot in self.slots if slot.tier == tier and slot.id != self.slot_id)

    def replace(self, table, n, change):
        """change: from the columns of row n to new ones."""
        self.rows[table] = [(m, *change(*columns)) if m == n else (m, *columns) for m, *columns in self.rows[table]]

    def pack_of(self, revision):
        return next(pack for pack in self.reader.packs if revision.number in dict(pack.members))

    # What is added again and again

    def person(self, ref="P9", name="Ён Хи", hide=True):
        """A new person, as the program adds one."""
        _, definition = self.definition("person")
        names = [("name", b"", name)] if hide else []
        return self.revision(bytes([9]) + random(15), definition, [("ref", b"", ref), ("label", b"", "still lake")], names)

    def claim(self, action, seed=None):
        """An entry that names the keeper's key; the signature is of another."""
        self.entry(action, keepers=[self.keeper], keeper_seeds=[seed or random()])

    def add_card(self, card, parent=None):
        return self.revision(CARD_RECORD, SYSTEM_DEFINITIONS[S_CARD], [("card", b"", card)],
                             parents=[parent or self.card.id])[0]

    def own_card(self):
        """A card of own keys that is right in itself: who seals to it seals to the attacker."""
        nsk, seed = random(), random()
        return self.make_card(nsk, seed), seed

    def add_type(self, change):
        revision, old = self.definition("person")
        name, version, labels, fields = decode(old)
        self.revision(revision.record, SYSTEM_DEFINITIONS[S_TYPE],
                      [("definition", b"", encode([name, version + 1, labels, change(fields)]))], parents=[revision.id])

    def add_slot(self, slot, author, tier, parents):
        self.revision(slot_record(slot), SYSTEM_DEFINITIONS[S_SLOT],
                      [("author", b"", author), ("index", b"", 0), ("kind", b"", PASSPHRASE), ("state", b"", "active"),
                       ("tier", b"", tier), ("x25519", b"", x25519_public(self.author_seed))],
                      [("slot_key", b"", random())], parents=parents)


# ---- The card: to have the names that others take in sealed to oneself ---------------------------------------------

@attack("unlock")
def card_without_keeper(me, _):
    me.add_card(me.own_card()[0])
    me.entry("edit")


@attack("unlock")
def card_signed_by_itself(me, _):
    card, seed = me.own_card()
    me.add_card(card)
    me.entry("rekey", keeper_seeds=[seed])


@attack("unlock")
def card_as_in_a_rekey(me, _):
    card, seed = me.own_card()
    me.add_card(card)
    me.entry("rekey", keepers=[me.keeper, ed25519_public(seed)], keeper_seeds=[random(), seed])


@attack("unlock")
def card_and_back(me, _):
    """So that the last card is the true one again, and the own keeper key is of its time."""
    card, seed = me.own_card()
    first = me.add_card(card)
    me.entry("rekey", keepers=[me.keeper, ed25519_public(seed)], keeper_seeds=[random(), seed])
    me.entry("reveal", keeper_seeds=[seed])
    me.add_card(me.card.value("card"), first)
    me.entry("rekey", keepers=[ed25519_public(seed), me.keeper], keeper_seeds=[seed, random()])
    me.person()
    me.entry("add")


@attack("unlock")
def card_in_place(me, _):
    """No entry: the blob of the card is sealed anew with another card in it."""
    number = me.card.number
    key, nonce = me.record_keys[CARD_RECORD], random(24)

    def sealed(blob):
        old, _ = blob_key_and_seed(key, b"withheld:open:1", blob[:24])
        aad = blob_aad(me.vault, CARD_RECORD, me.card.id, OPEN)
        content = decode(unbox(old, aad, blob))
        content[5] = [["card", b"", me.own_card()[0]]]
        new, _ = blob_key_and_seed(key, b"withheld:open:1", nonce)
        return [box(new, aad, encode(content), nonce)]
    me.replace("open", number, sealed)


# ---- Contacts: to have the names that others hand over sealed to oneself -------------------------------------------------

def add_contact(me, state, name="anna"):
    card = [("card", b"", me.own_card()[0])] if state != "removed" else []
    me.revision(bytes([0, S_CONTACT]) + random(14), SYSTEM_DEFINITIONS[S_CONTACT],
                [("name", b"", name), ("state", b"", state), *card])


@attack("own")
def contact_of_mine(me, _):
    """As the program does it: unverified, under a name that nobody has."""
    add_contact(me, "added", "office")
    me.entry("contact-add")


@attack("unlock")
def contact_replaced(me, _):
    add_contact(me, "added")
    me.entry("contact-add")


@attack("unlock")
def contact_replaced_forged(me, _):
    add_contact(me, "added")
    me.claim("contact-add")


@attack("unlock")
def contact_verified(me, _):
    add_contact(me, "verified")
    me.entry("contact-add")


@attack("unlock")
def contact_verified_forged(me, _):
    add_contact(me, "verified")
    me.claim("contact-verify")


@attack("unlock")
def contact_of_mine_verified(me, _):
    add_contact(me, "added", "office")
    me.entry("contact-add")
    add_contact(me, "verified", "office")
    me.entry("contact-add")


@attack("unlock")
def contact_removed(me, _):
    add_contact(me, "removed")
    me.entry("contact-add")


# ---- Types: to have withheld fields kept openly ----------------------------------------------------------------------

def lowered(fields):
    return [[*f[:2], OPEN, *f[3:]] if f[0] == "name" else f for f in fields]


@attack("unlock")
def type_lowered(me, _):
    me.add_type(lowered)
    me.entry("type")


@attack("unlock")
def type_lowered_forged(me, _):
    me.add_type(lowered)
    me.claim("type")


@attack("unlock")
def type_extended_forged(me, _):
    """What the keeper might do, and did not."""
    me.add_type(lambda fields: [*fields, ["remark", 1, OPEN, False, 4, {}, [], ""]])
    me.claim("type")


@attack("unlock")
def type_twice(me, _):
    """Another record for a type of the same name."""
    _, old = me.definition("person")
    name, version, labels, fields = decode(old)
    me.revision(type_record("persona"), SYSTEM_DEFINITIONS[S_TYPE],
                [("definition", b"", encode([name, version + 1, labels, lowered(fields)]))])
    me.claim("type")


# ---- The keeper's signature --------------------------------------------------------------------------------------------

@attack("unlock")
def keeper_claimed(me, _):
    me.claim("reveal")


@attack("unlock")
def keeper_claimed_for_nothing(me, _):
    """The action would not need it."""
    me.person()
    me.claim("add")


@attack("unlock")
def keeper_myself(me, _):
    me.entry("reveal", keeper_seeds=[me.author_seed])


@attack("unlock")
def keeper_left_out(me, _):
    me.entry("reveal")


@attack("unlock")
def keeper_left_out_of_a_handoff(me, _):
    """With names; one without needs no keeper."""
    me.entry("handoff-names")


@attack("unlock")
def keeper_twice(me, _):
    me.entry("reveal", keepers=[me.keeper, me.author], keeper_seeds=[random(), me.author_seed])


@attack("unlock")
def keeper_replayed(me, _):
    """A signature that the keeper made for another entry."""
    me.claim("reveal")
    *_, replayed = decode(me.rows["log"][0][2])
    n, entry, sigs, detail = me.rows["log"][-1]
    me.rows["log"][-1] = n, entry, encode([decode(sigs)[0], replayed]), detail


@attack("unlock")
def keeper_buried(me, _):
    """The forged entry is not the last that names the keeper's key, nor the last of its author."""
    me.claim("reveal")
    for ref in "P7", "P8":
        me.person(ref)
        me.entry("add")


@attack("unlock")
def adoption_forged(me, _):
    me.claim("adopt")


# ---- Slots and authors -------------------------------------------------------------------------------------------------

@attack("unlock")
def slot_taken_over(me, _):
    """The keeper's slot gets another author."""
    slot = me.other_slot(KEEPER)
    me.add_slot(slot.id, me.author, KEEPER, [me.registered(slot).id])
    me.claim("slot-add")


@attack("unlock")
def slot_raised(me, _):
    me.add_slot(me.slot_id, me.author, KEEPER, [me.reader.heads(slot_record(me.slot_id))[0].id])
    me.claim("slot-add")


@attack("unlock")
def slot_added(me, _):
    me.add_slot(random(8), ed25519_public(random()), CASE, [])
    me.entry("slot-add")


@attack("unlock")
def other_case_slot(me, _):
    slot = me.other_slot(CASE)
    me.person()
    me.entry("add", slot_id=slot.id, author=me.registered(slot).value("author"))


@attack("unlock")
def keepers_slot(me, _):
    slot = me.other_slot(KEEPER)
    me.person()
    me.entry("add", slot_id=slot.id, author=me.registered(slot).value("author"))


@attack("unlock")
def other_slot_own_author(me, _):
    me.person()
    me.entry("add", slot_id=me.other_slot(CASE).id)


@attack("unlock")
def author_of_nobody(me, _):
    me.author_seed = random()
    me.author = ed25519_public(me.author_seed)
    me.person()
    me.entry("add")


@attack("retired")
def write_on(me, _):
    """What everybody with a slot may do."""
    me.person()
    me.entry("add")


def slip_in(me, slip):
    """What slip adds is put beside the last entry, into the row before it. Returns the hashes of both."""
    row, *last = me.rows["log"].pop()
    slip(decode(last[0])[3])
    beside = me.head
    me.rows["log"].append((row + 1, *last))
    me.rows["pair"] = [(n, log + (log == row), *rest) for n, log, *rest in me.rows["pair"]]
    return [H(b"withheld:entry:1", last[0]), beside], row


@attack("retired")
def write_before_removal(me, _):
    """An entry beside the one that removed the slot, in a row before it, and one on top that joins both."""
    parents, number = slip_in(me, lambda parents: me.entry("edit", parents=parents))
    me.entry("edit", parents=parents, number=number)


@attack("retired")
def write_before_removal_with_help(me, _):
    """The same, and the one on top is signed by somebody who has a slot still."""
    parents, number = slip_in(me, lambda parents: me.entry("edit", parents=parents))
    me.take_session(me.help)
    me.entry("edit", parents=parents, number=number)


# ---- Withheld values: noticed when they are read -------------------------------------------------------------------

@attack("read")
def blob_of_another(me, victim):
    """The withheld blob of another record in the place of the victim's."""
    other = me.find("P2").number
    blob = next(columns for n, *columns in me.rows["withheld"] if n == other)
    me.replace("withheld", me.find(victim).number, lambda _: blob)


@attack("read")
def blob_of_my_own(me, victim):
    """The victim's values are sealed anew, with a name that I chose, as if they had been taken in."""
    head = me.find(victim)
    pack, number = me.pack_of(head), head.number
    assert pack.hidden == {number}
    key, nonce = random(), random(24)
    wide, _ = blob_key_and_seed(key, b"withheld:hide:1", nonce)
    content = me.pad(encode([b"", [["name", b"", "Somebody Else"]]]))
    aad = blob_aad(me.vault, head.record, head.id, WITHHELD)
    me.replace("withheld", number, lambda _: [box(wide, aad, content, nonce)])
    flags = bytes(bool(n in pack.record_keys) | 2 * (n in pack.hidden) for n, _ in pack.members)
    how, inner = me.inner_wrap(pack.n, pack.hash, key)
    assert how == BY_INTAKE
    keys = bytes([how]) + flags + b"".join(pack.record_keys.values()) + inner
    me.replace("wrap", pack.n, lambda _: [box(me.k_case, b"withheld:wrap:1\0" + me.vault + pack.hash, keys)])


@attack("read")
def intake_of_another_name(me, victim):
    """The leaf, which all may see, is of another value than the blob."""
    me.withheld_content = lambda values: [b"", [[*values[0][:2], "Somebody Else"]]]
    me.person(victim)
    me.entry("add")


@attack("read")
def intake_without_values(me, victim):
    me.withheld_content = lambda values: [b"", []]
    me.person(victim)
    me.entry("add")


@attack("read")
def intake_key_of_nothing(me, victim):
    """The inner wrap is under another key than the encapsulation gives."""
    enc, _ = encapsulate(me.intake_public)
    me.person(victim)
    me.rows["intake"].append((me.count, enc))
    me.enc = enc, random()
    me.entry("add")


@attack("read")
def intake_to_another_card(me, victim):
    me.intake_public = xwing.public_key(random())
    me.person(victim)
    me.entry("add")


@attack("read")
def intake_of_noise(me, victim):
    enc = random(xwing.CIPHERTEXT)
    me.person(victim)
    me.rows["intake"].append((me.count, enc))
    me.enc = enc, random()
    me.entry("add")


@attack("read")
def intake_with_flags(me, victim):
    """Marked as quarantined from the first."""
    me.person(victim)
    me.entry("add")
    n, wrapped = me.rows["wrap"][-1]
    ids = me.rows["pair"][-1][2]
    aad = b"withheld:wrap:1\0" + me.vault + H(b"withheld:pack:1", ids)
    keys = bytearray(unbox(me.k_case, aad, wrapped))
    keys[1] |= 4
    keys[-1] ^= 1       # and it does not open, so that no keeper takes the mark away
    me.rows["wrap"][-1] = n, box(me.k_case, aad, bytes(keys))


@attack("read")
def intake_moved(me, victim):
    """The row of the encapsulation stands at another entry than the one whose packs name it."""
    me.person(victim)
    me.entry("add")
    _, enc = me.rows["intake"].pop()
    me.rows["intake"].insert(0, (1, enc))


def rewrap(me, pack, change):
    """A pack's keys, changed within its outer box; the inner wrap of a keeper stays shut."""
    aad = b"withheld:wrap:1\0" + me.vault + pack.hash

    def changed(wrapped):
        keys = bytearray(unbox(me.k_case, aad, wrapped))
        change(keys)
        return [box(me.k_case, aad, bytes(keys))]
    me.replace("wrap", pack.n, changed)


@attack("read")
def name_marked(me, victim):
    """What a keeper has sealed is marked as quarantined."""
    def mark(keys):
        keys[1] |= 4
    rewrap(me, me.pack_of(me.find(victim)), mark)


@attack("hint")
def name_hint(me, victim):
    """What a keeper says in the inner wrap, that its names are all in its withheld blob, is said outside of it."""
    def say(keys):
        keys.append(1)
    rewrap(me, me.pack_of(me.find(victim)), say)


@attack("mark")
def mark_cleared(me, victim):
    """What a keeper marked as quarantined is it no more."""
    def clear(keys):
        keys[1] &= ~4
    rewrap(me, me.pack_of(me.find(victim)), clear)


@attack("read")
def name_wrap_spoiled(me, victim):
    """The keeper's inner wrap does not open any more."""
    def spoil(keys):
        keys[-1] ^= 1
    rewrap(me, me.pack_of(me.find(victim)), spoil)


# ---- Exchange: what came from elsewhere, and what did not -----------------------------------------------------------

def add_exchange(me, what, **values):
    me.revision(bytes([0, what]) + random(14), SYSTEM_DEFINITIONS[what], [(name, b"", value) for name, value in values.items()])


def by_another(me, author):
    """A person as somebody else is said to have written it. Its revision, and what it says."""
    _, definition = me.definition("person")
    record = bytes([9]) + random(15)
    rev, _ = me.revision(record, definition, [("ref", b"", "P9"), ("label", b"", "still lake")], author=author)
    return record, rev


@attack("exchange")
def other_author_received(me, _):
    by_another(me, ed25519_public(random()))
    me.entry("receive")


@attack("damaged")
def other_author(me, _):
    by_another(me, ed25519_public(random()))
    me.entry("edit")


@attack("damaged")
def signer_as_other_author(me, _):
    """What names its author is as what came from elsewhere, of which values may have been left out."""
    by_another(me, me.author)
    me.entry("edit")


def leave_out(me, *leaves):
    add_exchange(me, S_LEFT_OUT, left_out=b"".join(record + revision + c for record, revision, c in leaves))
    me.entry("receive")


def drop_withheld(me, head):
    """Its row of `withheld`, and its key out of the pack."""
    pack = me.pack_of(head)
    assert pack.hidden == {head.number}
    me.rows["withheld"] = [row for row in me.rows["withheld"] if row[0] != head.number]
    flags = bytes(bool(n in pack.record_keys) for n, _ in pack.members)
    keys = bytes([0]) + flags + b"".join(pack.record_keys.values())
    me.replace("wrap", pack.n, lambda _: [box(me.k_case, b"withheld:wrap:1\0" + me.vault + pack.hash, keys)])


@attack("damaged")
def left_out_withheld(me, victim):
    """A name that somebody wrote here is said to have been left out, and taken away."""
    head = me.find(victim)
    leave_out(me, *((head.record, head.id, leaf.c) for leaf in head.leaves if leaf.tier == WITHHELD))
    drop_withheld(me, head)


@attack("damaged")
def left_out_open(me, victim):
    """The same with an open value; and so that it looks as if it had come from elsewhere, the blob names its author."""
    head = me.find(victim)
    key, nonce = me.record_keys[head.record], random(24)

    def sealed(blob):
        old, seed = blob_key_and_seed(key, b"withheld:open:1", blob[:24])
        aad = blob_aad(me.vault, head.record, head.id, OPEN)
        content = decode(unbox(old, aad, blob))
        salts = leaf_salts(b"", seed, len(content[5]))
        gone = next(i for i, value in enumerate(content[5]) if value[0] == "label")
        content[3], content[4] = head.author, salts[:gone] + salts[gone + 1:]
        name, element, _ = content[5].pop(gone)
        content[6] = sorted([*content[6], [name, element, OPEN, head.leaf("label").c, b""]], key=lambda x: encode(x[:2]))
        new, _ = blob_key_and_seed(key, b"withheld:open:1", nonce)
        return [box(new, aad, encode(content), nonce)]
    leave_out(me, (head.record, head.id, head.leaf("label").c))
    me.replace("open", head.number, sealed)


@attack("harmless")
def their_type_lowered(me, _):
    _, old = me.definition("person")
    name, version, labels, fields = decode(old)
    add_exchange(me, S_THEIR_TYPE, definition=encode([name, version + 1, labels, lowered(fields)]))
    me.entry("receive")


@attack("unlock")
def their_type_elsewhere(me, _):
    add_exchange(me, S_THEIR_TYPE, definition=me.definition("person")[1])
    me.entry("edit")


def told(me, record, definition, author, values):
    """A revision of a vault that is made up, disclosed: its id, its bytes."""
    salted = [(random(), name, value) for name, value in sorted(values, key=lambda x: encode([x[0], b""]))]
    leaves = [Leaf(name, b"", OPEN, commit(salt, name, b"", value)) for salt, name, value in salted]
    rev = revision_id(record, type_hash(definition), [], 1, author, leaves)
    return rev, encode([record, type_hash(definition), [], 1, author, [[name, b"", OPEN, [salt, value], b""] for salt, name, value in salted]])


def made_up(me, vault, seed, others):
    """Evidence of a vault that never was: its keeper and only author is me, and the first entry brings everything. others: (record, revision)."""
    author, keeper, slot = ed25519_public(seed), random(), random(8)
    body = [1, vault, ed25519_public(keeper), *(xwing.public_key(random()) for _ in range(3))]
    card = encode([*body, sign(keeper, b"withheld:sign:card:1", H(b"withheld:card-body:1", encode(body)))])
    card_id, card_told = told(me, CARD_RECORD, SYSTEM_DEFINITIONS[S_CARD], author, [("card", card)])
    slot_id, slot_told = told(me, slot_record(slot), SYSTEM_DEFINITIONS[S_SLOT], author, [
        ("author", author), ("index", 0), ("kind", PASSPHRASE), ("state", "active"), ("tier", KEEPER), ("x25519", random())])
    pairs = [(CARD_RECORD, card_id), (slot_record(slot), slot_id), *others]
    entry = encode([vault, random(16), 0, [], 1, slot, author, [ed25519_public(keeper)], "init",
                    merkle_root([record + rev for record, rev in pairs]), len(pairs), random(), []])
    sigs = [sign(x, b"withheld:sign:entry:1", H(b"withheld:entry:1", entry)) for x in (seed, keeper)]
    return encode([1, vault, [card_told], [slot_told],
                   [[entry, sigs, [[i, *pair] for i, pair in enumerate(pairs)], []]]]), card, keeper


def with_evidence(me, vault):
    seed = random()
    person = by_another(me, ed25519_public(seed))
    evidence, _, _ = made_up(me, vault, seed, [person])
    add_exchange(me, S_ORIGIN, bundle=random(), number=0, part=0, evidence=evidence)
    me.entry("receive")


@attack("harmless")
def origin_made_up(me, _):
    """By somebody in a vault that nobody here knows: `show` says so."""
    with_evidence(me, random(16))


@attack("exchange")
def origin_of_this_vault(me, _):
    """As if it had been written here, by somebody who was never registered."""
    with_evidence(me, me.vault)


@attack("exchange")
def origin_of_nobody(me, _):
    """No revision needs it, and it does not hold."""
    add_exchange(me, S_ORIGIN, bundle=random(), number=0, part=0, evidence=made_up(me, random(16), random(), [])[0][:-1])
    me.entry("receive")


def add_receipt(me, proof, bundle, card):
    add_exchange(me, S_RECEIPT, bundle=bundle, kind="acknowledged", card=H(b"withheld:card:1", card), proof=proof)
    me.entry("receipt")


def receipt_of(me, bundle, author_seed, signer=None):
    """A receipt of a vault that is made up."""
    vault, seed = random(16), random()
    evidence, card, _ = made_up(me, vault, seed, [])
    author = ed25519_public(author_seed or seed)
    manifest = encode(["withheld-receipt/1", random(16), 1, 0, card, evidence, author, False, False, [random()], 1, random(), bundle, 0, 1, 1, 0])
    return sign(signer or author_seed or seed, b"withheld:sign:manifest:1", H(b"withheld:manifest:1", manifest)) + manifest, card


@attack("exchange")
def receipt_without_proof(me, _):
    add_receipt(me, random(64), random(), me.own_card()[0])


@attack("exchange")
def receipt_of_another_bundle(me, _):
    proof, card = receipt_of(me, random(), None)
    add_receipt(me, proof, random(), card)


@attack("exchange")
def receipt_of_another_vault(me, _):
    bundle = random()
    proof, _ = receipt_of(me, bundle, None)
    add_receipt(me, proof, bundle, me.own_card()[0])


@attack("exchange")
def receipt_by_nobody(me, _):
    bundle = random()
    proof, card = receipt_of(me, bundle, random())
    add_receipt(me, proof, bundle, card)


@attack("exchange")
def receipt_signature(me, _):
    bundle = random()
    proof, card = receipt_of(me, bundle, None, signer=random())
    add_receipt(me, proof, bundle, card)


@attack("harmless")
def receipt_of_a_vault_that_is_made_up(me, _):
    """It is proven to be of that vault; whose it is only a card that somebody compared can tell."""
    bundle = random()
    proof, card = receipt_of(me, bundle, None)
    add_receipt(me, proof, bundle, card)


@attack("exchange")
def taken_elsewhere(me, _):
    """So that a bundle would be passed over when it comes."""
    add_exchange(me, S_RECEIPT, bundle=random(), kind="taken", card=random())
    me.entry("receipt")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("vault", nargs="?")
    parser.add_argument("attack", nargs="?", choices=ATTACKS)
    parser.add_argument("--keys")
    parser.add_argument("--victim", default="P9")
    parser.add_argument("--list", action="store_true")
    arguments = parser.parse_args()
    if arguments.list:
        for name, (_, when) in ATTACKS.items():
            print(f"{when}\t{name}")
        return 0
    mine, helper = (sys.stdin.buffer.readline().removesuffix(b"\n") for _ in range(2))
    holder = Holder(arguments.vault, mine, arguments.keys)
    if helper:
        holder.help = Holder(arguments.vault, helper, None).reader.session
    ATTACKS[arguments.attack][0](holder, arguments.victim)
    holder.save()
    return 0


if __name__ == "__main__":
    sys.exit(main())
