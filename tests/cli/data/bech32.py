#!/usr/bin/python3
"""A text in Bech32 with a right checksum, written from BIP 173: bech32.py PREFIX BYTES VALUE (each byte has that value)."""
import sys

LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"


def polymod(values):
    c = 1
    for v in values:
        top = c >> 25
        c = (c & 0x1ffffff) << 5 ^ v
        for i, g in enumerate((0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3)):
            c ^= g if top >> i & 1 else 0
    return c


def bech32(hrp, data):
    bits = "".join(f"{b:08b}" for b in data)
    bits += "0" * (-len(bits) % 5)
    groups = [int(bits[i:i + 5], 2) for i in range(0, len(bits), 5)]
    prefix = [ord(c) >> 5 for c in hrp] + [0] + [ord(c) & 31 for c in hrp]
    check = polymod(prefix + groups + [0] * 6) ^ 1
    return hrp + "1" + "".join(LETTERS[g] for g in groups + [check >> 5 * (5 - i) & 31 for i in range(6)])


if __name__ == "__main__":
    print(bech32(sys.argv[1], bytes([int(sys.argv[3], 0)]) * int(sys.argv[2])))
