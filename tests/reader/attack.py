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
from records import (CARD_RECORD, OPEN, S_CARD, S_CONTACT, S_SLOT, S_TYPE, SYSTEM_DEFINITIONS, WITHHELD, blob_aad, blob_key_and_seed,
                     slot_record, type_record)
from writer import Writer, box, encapsulate, random

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


@attack("read")
def name_wrap_spoiled(me, victim):
    """The keeper's inner wrap does not open any more."""
    def spoil(keys):
        keys[-1] ^= 1
    rewrap(me, me.pack_of(me.find(victim)), spoil)


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
