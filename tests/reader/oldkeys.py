#!/usr/bin/python3
"""oldkeys.py VAULT OLD_KEYS: does anything that another file `keys` (an old one, or that of home) gives open something of VAULT?

Standard input: a passphrase that opens VAULT as it is, then those that open OLD_KEYS, a line each; or `shares HEX`, the secret of a set
of shares; or `file PATH PASSPHRASE`. From the old file everything is taken
that its slots give: what the passphrase makes, slot secrets, the keys of the vault, the keys of names. Each is tried on
everything of the present that such a key could be for, with what was not secret then or is not now. The first passphrase serves only to lay
out the present rows to be tried on: whoever tries has not got so far.

Prints `tried N, opened M`, and a line for each thing that opened. Exit code 1 if M is not 0.
"""

import os
import subprocess
import sys

sys.dont_write_bytecode = True

import xwing
from database import Wraps, read_database, read_packs
from keys import KEYS_SIZE, Given, open_keys, open_slot, parse_keys, prepare_passphrase, slot_secrets
from primitives import KDF, MAC, X25519, Damage, Report, blake2b, keyed, unbox, x25519_public


class Tries:
    def __init__(self):
        self.count, self.opened = 0, []

    def __call__(self, what, deed, *arguments):
        """Counts; a deed that raises Damage or returns None, False has opened nothing."""
        self.count += 1
        try:
            if deed(*arguments):
                self.opened.append(what)
        except Damage:
            pass


def read(path):
    with open(path, "rb") as file:
        return file.read(KEYS_SIZE + 1)


def database_opens(folder, key, salt):
    """A raw key as SQLCipher takes it."""
    script = [f"""PRAGMA key = "x'{key.hex()}{salt.hex()}'";""", "PRAGMA cipher_page_size = 16384;",
              "PRAGMA cipher_hmac_algorithm = HMAC_SHA256;", "PRAGMA cipher_kdf_algorithm = PBKDF2_HMAC_SHA512;",
              "SELECT 'tables', count(*) FROM sqlite_schema;"]
    done = subprocess.run(["sqlcipher", "-readonly", "-batch", "-bail", "-init", "/dev/null", os.path.join(folder, "records.db")],
                          input="\n".join(script), capture_output=True, encoding="latin-1", check=False)
    return "tables|" in done.stdout


def try_slots(tries, present, old_keys, old, S):
    """The way in, and the slot's own keys, on every slot of the present."""
    slot_secret = unbox(blake2b(64, b"withheld:slot:1\0" + old_keys.vault + old.slot.header, S)[:32], old.slot.header, old.slot.box1)
    secrets = {"S": S, "slot secret": slot_secret, "VMK": old.vmk, "X": old.x, "K_case": old.k_case}
    x25519_secret = KDF(slot_secret, 2, b"wh-slot_")
    for slot in present.slots:
        tries(f"slot {slot.index} by what the passphrase makes", open_slot, present, slot, S)
        for name, key in secrets.items():
            tries(f"box 1 of slot {slot.index} by {name}", unbox, key, slot.header, slot.box1)
            tries(f"box 2 of slot {slot.index} by {name}", unbox, key, slot.header, slot.box2)
        shared = X25519(x25519_secret, slot.ephemeral)
        for public in (old.slot_public, x25519_public(x25519_secret)):
            key = keyed(old.slot_key, b"withheld:box2:1\0" + shared + slot.ephemeral + public)
            tries(f"box 2 of slot {slot.index} by the old slot's keys", unbox, key, slot.header, slot.box2)


def try_vault_keys(tries, folder, present, old_keys, old):
    """What the old master key makes: the database, the MAC of `keys`, the epoch."""
    data = present.data
    for salt in (old_keys.db_salt, present.db_salt):
        for key in (old.vmk_key(1), old.vmk, old.k_case):
            tries("records.db", database_opens, folder, key, salt)
    for number in range(1, 9):
        key = old.vmk_key(number)
        tries("the epoch", unbox, key, b"withheld:epoch:1\0" + present.vault, data[2216:2296])
        tries("the MAC of keys", lambda k=key: MAC(k, b"withheld:keys:1", data[:2296]) == data[2296:2328])


def try_rows(tries, now, database, old):
    """Wrapped keys and withheld values, for somebody who got at the rows themselves."""
    wraps, packs = Wraps(now, database), read_packs(database["pair"], Report())
    place = b"withheld:wrap:1\0" + now.keys.vault
    candidates = [old.k_case, old.vmk, old.x] + [old.vmk_key(i) for i in range(1, 9)] + [KDF(old.x, i, b"wh-nsk__") for i in range(1, 9)]
    for key in candidates:
        tries("log and tag key", unbox, key, place + bytes(32), wraps.boxes[0])
        for pack in packs:
            tries(f"keys of pack {pack.n}", unbox, key, place + pack.hash, wraps.boxes[pack.n])
    for pack in packs:
        # The inner wrap lies under K_case of today.
        inside = unbox(now.k_case, place + pack.hash, wraps.boxes[pack.n])
        members = len(pack.members)
        flags, rest = inside[1:1 + members], inside[1 + members:]
        inner = rest[32 * sum(flag & 1 for flag in flags):]
        aad = b"withheld:inner:1\0" + now.keys.vault + pack.hash
        for key in candidates:
            tries(f"blob keys of pack {pack.n}", unbox, key, aad, inner)
        for enc in wraps.intake.values():
            seed = old.nsk_key(1)
            key = MAC(xwing.decapsulate(seed, enc), b"withheld:intake:1", enc + xwing.public_key(seed))
            tries(f"blob keys of pack {pack.n}, as intake", unbox, key, aad, inner[32:])


def way_in(line):
    if line.startswith(b"shares "):
        return Given(shares=bytes.fromhex(line[7:].decode()))
    if line.startswith(b"file "):
        _, path, passphrase = line.split(b" ", 2)
        with open(path, "rb") as file:
            return Given(prepare_passphrase(passphrase), file.read())
    return Given(prepare_passphrase(line))


def main():
    folder, old_file = sys.argv[1:]
    ways = [way_in(line) for line in sys.stdin.buffer.read().split(b"\n") if line]
    present_data, old_data = read(os.path.join(folder, "keys")), read(old_file)
    present, old_keys = parse_keys(present_data), parse_keys(old_data)
    now = open_keys(present_data, ways[0], Report())
    database = read_database(folder, now)
    tries = Tries()
    for given in ways[1:]:
        old = open_keys(old_data, given, Report())
        for slot, S in slot_secrets(old_keys, given):
            if slot.id == old.slot.id:
                try_slots(tries, present, old_keys, old, S)
        for slot, S in slot_secrets(present, given):
            tries(f"slot {slot.index} by an old passphrase", open_slot, present, slot, S)
        try_vault_keys(tries, folder, present, old_keys, old)
        try_rows(tries, now, database, old)
    print(f"tried {tries.count}, opened {len(tries.opened)}")
    print("\n".join(sorted(set(tries.opened))))
    return 1 if tries.opened else 0


sys.exit(main())
