#!/usr/bin/python3
"""partition.py VAULT writer | another: makes a vault whose one slot has a box 1 that opens under two passphrases, `writer`
and `another`, as far as XChaCha20-Poly1305 is concerned. The second argument says whose commitment the slot has.

Such a box is the core of a partitioning oracle (Len, Grubbs, Ristenpart, USENIX Security 2021): a guess at it tests many
passphrases. All else in the vault follows from what the box says to `writer`.
"""

import struct
import sys

sys.dont_write_bytecode = True

from primitives import unbox
from writer import Writer, random

P = (1 << 130) - 5


# ---- RFC 8439 and draft-irtf-cfrg-xchacha: the one-time key of Poly1305, which no binding gives ---------------------

def quarter(x, a, b, c, d):
    for first, second, third, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        x[first] = x[first] + x[second] & 0xFFFFFFFF
        mixed = x[third] ^ x[first]
        x[third] = (mixed << bits | mixed >> 32 - bits) & 0xFFFFFFFF


def rounds(state):
    x = list(state)
    for _ in range(10):
        for i in range(4):
            quarter(x, i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(x, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return x


def initial(key, last16):
    return struct.unpack("<16I", b"expand 32-byte k" + key + last16)


def poly_key(key, nonce):
    """r and s."""
    x = rounds(initial(key, nonce[:16]))
    subkey = struct.pack("<8I", *x[:4], *x[12:])
    state = initial(subkey, bytes(8) + nonce[16:])
    block = struct.pack("<16I", *(a + b & 0xFFFFFFFF for a, b in zip(rounds(state), state)))
    r = int.from_bytes(block[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    return r, int.from_bytes(block[16:32], "little")


# ---- One ciphertext, one tag, two keys ---------------------------------------------------------------------------------

def two_key_box(first, second, aad):
    """A box of 32 bytes that opens under both keys. What it opens to cannot be chosen.

    Poly1305 is a polynomial in r over the blocks, plus s. The second block of the ciphertext is the unknown of one
    linear equation: that both tags are the same. Every fourth solution fits into a block."""
    lengths = struct.pack("<QQ", len(aad), 32)
    while True:
        nonce, c1 = random(24), random(16)
        keys = [poly_key(key, nonce) for key in (first, second)]
        known = [aad[:16], aad[16:].ljust(16, b"\0"), c1, None, lengths]
        rest = [sum((int.from_bytes(block, "little") + (1 << 128)) * pow(r, 5 - i, P)
                    for i, block in enumerate(known) if block) for r, _ in keys]
        slope = pow(keys[0][0], 2, P) - pow(keys[1][0], 2, P)
        for carry in range(-4, 5):
            wanted = rest[1] - rest[0] + keys[1][1] - keys[0][1] + (carry << 128)
            c2 = wanted * pow(slope, -1, P) % P - (1 << 128)
            if 0 <= c2 < 1 << 128:
                tag = ((rest[0] + (c2 + (1 << 128)) * pow(keys[0][0], 2, P)) % P + keys[0][1]) % (1 << 128)
                other = ((rest[1] + (c2 + (1 << 128)) * pow(keys[1][0], 2, P)) % P + keys[1][1]) % (1 << 128)
                if tag == other:
                    return nonce + c1 + c2.to_bytes(16, "little") + tag.to_bytes(16, "little")


class Partition(Writer):
    def __init__(self, committed):
        self.committed = committed
        super().__init__(None)

    def make_keys(self):
        super().make_keys()
        header = self.header()
        self.wraps = {x: self.wrap_key(header, self.stretch(x)) for x in (b"writer", b"another")}
        (first, _), (second, _) = self.wraps.values()
        self.box1 = two_key_box(first, second, header)
        unbox(second, header, self.box1)            # it does open
        self.slot_secret = unbox(first, header, self.box1)
        self.make_slot_keys()

    def first_box(self, header):
        return self.wraps[self.committed][1], self.box1


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[2] not in ("writer", "another"):
        sys.exit(__doc__)
    Partition(sys.argv[2].encode()).save(sys.argv[1])
