#!/usr/bin/python3
"""rawkey.py VAULT < PASSPHRASE: the statements that open records.db in stock sqlcipher.

Written from docs/format.md, sections 4 to 6 and 8, for the tests that write into a database behind the program's back.
"""

import hashlib
import struct
import sys
import unicodedata
from pathlib import Path

import nacl.bindings as sodium
from argon2.low_level import Type, hash_secret_raw

SLOTS, SLOT_BYTES = range(8), 264


def blake2b(message, key=b"", size=32):
    return hashlib.blake2b(message, key=key, digest_size=size).digest()


def kdf(key, number, context):
    return hashlib.blake2b(b"", key=key, digest_size=32, salt=struct.pack("<QQ", number, 0),
                           person=context.ljust(16, b"\0")).digest()


def unbox(key, aad, box):
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(box[24:], aad, box[:24], key)


def vault_master_key(keys, passphrase):
    vault_id, salt = keys[24:40], keys[40:72]
    for at in (104 + i * SLOT_BYTES for i in SLOTS):
        slot = keys[at:at + SLOT_BYTES]
        header = slot[:24]
        kind = header[9]
        memory, passes, lanes = struct.unpack("<III", header[12:24])
        if kind != 1:
            continue
        s = hash_secret_raw(passphrase, salt, passes, memory, lanes, 32, Type.ID)
        both = blake2b(b"withheld:slot:1\0" + vault_id + header, s, 64)
        if both[32:] != slot[24:56]:
            continue
        secret = unbox(both[:32], header, slot[56:128])
        slot_key, scalar = kdf(secret, 1, b"wh-slot_"), kdf(secret, 2, b"wh-slot_")
        ephemeral = slot[128:160]
        k2 = blake2b(b"withheld:box2:1\0" + sodium.crypto_scalarmult(scalar, ephemeral) + ephemeral +
                     sodium.crypto_scalarmult_base(scalar), slot_key)
        return unbox(k2, header, slot[160:264])[:32]
    sys.exit("rawkey.py: the passphrase opens no slot")


def main():
    keys = Path(sys.argv[1], "keys").read_bytes()
    typed = sys.stdin.buffer.readline().rstrip(b"\n").decode()
    vmk = vault_master_key(keys, unicodedata.normalize("NFKC", typed).encode())
    print(f"PRAGMA key = \"x'{kdf(vmk, 1, b'wh-vmk__').hex()}{keys[72:88].hex()}'\";")
    print("PRAGMA cipher_page_size = 16384;")
    print("PRAGMA cipher_hmac_algorithm = HMAC_SHA256;")


main()
