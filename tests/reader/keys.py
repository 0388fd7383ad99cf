"""The file `keys`, and how a passphrase opens it: sections 4 to 7 of docs/format.md."""

import hmac
import struct
import unicodedata
from dataclasses import dataclass

import argon2.low_level

import xwing
from primitives import (KDF, MAC, X25519, Damage, H, blake2b, decode_as, ed25519_public, encode, keyed, signed_by,
                        unbox, x25519_public)


class WrongPassphrase(Exception):
    """No slot opens with what was given."""


# ---- 4. The file `keys` ------------------------------------------------------------------------------------------

KEYS_SIZE, SLOT_SIZE, SLOTS = 4096, 264, 8
MAGIC = b"withheld-keys\r\n\x1a"


@dataclass
class Slot:
    header: bytes
    id: bytes
    index: int
    kind: int
    tier: int
    flags: int
    cost: tuple         # memory in KiB, passes, lanes
    commitment: bytes
    box1: bytes
    ephemeral: bytes
    box2: bytes


@dataclass
class KeysFile:
    data: bytes
    vault: bytes
    argon_salt: bytes
    db_salt: bytes
    sequence: int
    slots: list

    @property
    def name(self):
        """As an entry of the log names it."""
        return [self.sequence, blake2b(32, self.data)]


def parse_keys(data):
    if len(data) != KEYS_SIZE:
        raise Damage(f"is {len(data)} bytes long, not {KEYS_SIZE}")
    if data[4064:] != blake2b(32, data[:4064]):
        raise Damage("checksum is wrong")
    magic, version, flags, vault, argon_salt, db_salt, sequence, zero = struct.unpack_from("<16sII16s32s16sQ8s", data)
    if magic != MAGIC or version != 1:
        raise Damage("is not of a vault, or of a later version")
    slots = [parse_slot(i, data[104 + SLOT_SIZE * i:][:SLOT_SIZE]) for i in range(SLOTS)]
    slots = [slot for slot in slots if slot]
    if flags or any(zero) or any(data[2328:4064]) or sequence < 1:
        raise Damage("flags, filler or sequence number are wrong")
    if len({slot.cost for slot in slots if slot.kind != SHARES}) > 2:
        raise Damage("slots have more than two distinct costs")
    if len({slot.id for slot in slots}) != len(slots):
        raise Damage("two slots have one id")
    return KeysFile(data, vault, argon_salt, db_salt, sequence, slots)


# ---- 5. Passphrases and slots ------------------------------------------------------------------------------------

PASSPHRASE, KEY_FILE, SHARES = 1, 2, 3
CASE, KEEPER = 1, 2


def parse_slot(i, data):
    if not any(data):
        return None
    slot_id, index, kind, tier, flags, memory, passes, lanes = struct.unpack_from("<8sBBBBIII", data)
    slot = Slot(data[:24], slot_id, index, kind, tier, flags, (memory, passes, lanes),
                data[24:56], data[56:128], data[128:160], data[160:264])
    if index != i or kind not in (PASSPHRASE, KEY_FILE, SHARES) or tier not in (CASE, KEEPER) or flags:
        raise Damage(f"slot {i} has a header that is not allowed")
    if kind == SHARES and (slot.cost != (0, 0, 0) or tier != KEEPER):
        raise Damage(f"slot {i}: shares with a cost, or of the case tier")
    if kind != SHARES and not (32 <= memory <= 8 << 20 and 1 <= passes <= 256 and lanes == 4):
        raise Damage(f"slot {i} has a cost that is not allowed")
    return slot


def prepare_passphrase(line):
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise WrongPassphrase("the passphrase is not UTF-8") from None
    if any(unicodedata.category(c) == "Cn" for c in text):
        raise WrongPassphrase(f"a character is not assigned in Unicode {unicodedata.unidata_version}")
    if not 1 <= len(line) <= 1024:
        raise WrongPassphrase("a passphrase has 1 to 1024 bytes")
    return unicodedata.normalize("NFKC", text).encode()


@dataclass
class Given:
    """What somebody has who wants to open a vault."""
    passphrase: bytes = None
    key_file: bytes = None
    shares: bytes = None        # the secret that shares make


def slot_secrets(keys, given):
    """Each slot with its S, as far as what is given can make one. Each cost is derived once."""
    derived = {}
    for slot in keys.slots:
        if slot.kind == SHARES and given.shares is not None:
            yield slot, given.shares
        if slot.kind == SHARES or given.passphrase is None or slot.kind == KEY_FILE and given.key_file is None:
            continue
        if slot.cost not in derived:
            memory, passes, lanes = slot.cost
            derived[slot.cost] = argon2.low_level.hash_secret_raw(
                given.passphrase, keys.argon_salt, time_cost=passes, memory_cost=memory, parallelism=lanes, hash_len=32,
                type=argon2.low_level.Type.ID, version=0x13)
        A = derived[slot.cost]
        yield slot, A if slot.kind == PASSPHRASE else keyed(A, blake2b(32, given.key_file))


@dataclass
class Session:
    """What an opened slot gives: sections 5 and 6."""
    keys: KeysFile
    slot: Slot
    slot_key: bytes
    slot_public: bytes
    author_seed: bytes
    vmk: bytes
    x: bytes
    epoch: int = 0
    k_case: bytes = b""

    @property
    def author(self):
        return ed25519_public(self.author_seed)

    @property
    def keeper(self):
        return self.slot.tier == KEEPER

    def vmk_key(self, number):
        return KDF(self.vmk, number, b"wh-vmk__")

    def nsk_key(self, number):
        """X is NSK in a slot of the keeper tier only."""
        return KDF(self.x, number, b"wh-nsk__")


def open_slot(keys, slot, S):
    """A session, or None where the commitment says that S is not of this slot."""
    both = blake2b(64, b"withheld:slot:1\0" + keys.vault + slot.header, S)
    wrap_key, commitment = both[:32], both[32:]
    if not hmac.compare_digest(commitment, slot.commitment):
        return None
    slot_secret = unbox(wrap_key, slot.header, slot.box1)
    slot_key, x25519_secret, author_seed = (KDF(slot_secret, i, b"wh-slot_") for i in (1, 2, 3))
    slot_public = x25519_public(x25519_secret)
    shared = X25519(x25519_secret, slot.ephemeral)
    k2 = keyed(slot_key, b"withheld:box2:1\0" + shared + slot.ephemeral + slot_public)
    inside = unbox(k2, slot.header, slot.box2)
    return Session(keys, slot, slot_key, slot_public, author_seed, inside[:32], inside[32:])


def open_keys(data, given, report):
    keys = parse_keys(data)
    for slot, S in slot_secrets(keys, given):
        session = open_slot(keys, slot, S)
        if session:
            check_mac(session, report)
            open_epoch(session)
            return session
    raise WrongPassphrase("what was given opens no slot")


def check_mac(session, report):
    data = session.keys.data
    mac = MAC(session.vmk_key(2), b"withheld:keys:1", data[:2296])
    report.check(hmac.compare_digest(mac, data[2296:2328]), "keys", "MAC is wrong")


# ---- 6. The key tree: other keys are derived where they are used, by Session.vmk_key and nsk_key -------------------

def open_epoch(session):
    keys = session.keys
    inside = unbox(session.vmk_key(3), b"withheld:epoch:1\0" + keys.vault, keys.data[2216:2296])
    session.epoch, E = int.from_bytes(inside[:8], "little"), inside[8:]
    session.k_case = MAC(session.vmk_key(4), b"withheld:case:1", E)


# ---- 7. The card -------------------------------------------------------------------------------------------------

@dataclass
class Card:
    data: bytes
    keeper: bytes           # signing public key
    intake: bytes
    keeper_recipient: bytes
    case_recipient: bytes

    @property
    def hash(self):
        return H(b"withheld:card:1", self.data)


def parse_card(data, vault=None):
    """vault: whose it must be; else anybody's."""
    public = xwing.PUBLIC_KEY
    card = decode_as((int, 16, 32, public, public, public, 64), data)
    if card[0] != 1 or vault is not None and card[1] != vault:
        raise Damage("is of another version or another vault")
    body = H(b"withheld:card-body:1", encode(card[:6]))
    if not signed_by(card[2], b"withheld:sign:card:1", body, card[6]):
        raise Damage("signature is wrong")
    return Card(data, *card[2:6])


def check_card(session, card, report):
    """Is it the card of these keys? A case session knows its hash, a keeper makes each key again."""
    where = "the card"
    if not session.keeper:      # in a copy for travel it is the card of home, made from other keys
        report.check(card.hash == session.x, where, "hash is not the one in the slot")
        return
    case_recipient = xwing.public_key(session.vmk_key(5))
    report.check(card.case_recipient == case_recipient, where, "case recipient is not made from these keys")
    report.check(card.intake == xwing.public_key(session.nsk_key(1)), where, "intake key is not made from these keys")
    report.check(card.keeper == ed25519_public(session.nsk_key(3)), where, "keeper key is not made from these keys")
    report.check(card.keeper_recipient == xwing.public_key(session.nsk_key(4)), where,
                 "keeper recipient is not made from these keys")
