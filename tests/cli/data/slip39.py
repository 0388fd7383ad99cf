"""Combine shares of one group, as SLIP-0039 says, without the program: slip39.py WORDS_C [PASSPHRASE] < shares.

Prints the exponent and the secret in hexadecimal. WORDS_C is the C file with the list of words.
"""
import hashlib, hmac, re, sys


def polymod(values):
    gen = (0xE0E040, 0x1C1C080, 0x3838100, 0x7070200, 0xE0E0009, 0x1C0C2412, 0x38086C24, 0x3090FC48, 0x21B1F890,
           0x3F3F120)
    chk = 1
    for v in values:
        b = chk >> 20
        chk = (chk & 0xFFFFF) << 10 ^ v
        for i in range(10):
            chk ^= gen[i] if b >> i & 1 else 0
    return chk


EXP, LOG = [0] * 255, [0] * 256
x = 1
for i in range(255):
    EXP[i], LOG[x] = x, i
    x ^= x << 1 ^ (0x11B if x & 0x80 else 0)
    x &= 0xFF


def at(points, where):
    out = []
    for b in range(len(points[0][1])):
        value = 0
        for xi, yi in points:
            if yi[b] == 0:
                continue
            log = LOG[yi[b]]
            for xj, _ in points:
                if xj != xi:
                    log += LOG[where ^ xj] - LOG[xi ^ xj]
            value ^= EXP[log % 255]
        out.append(value)
    return bytes(out)


def decrypt(data, passphrase, exponent):
    left, right = data[:len(data) // 2], data[len(data) // 2:]
    for i in (3, 2, 1, 0):
        f = hashlib.pbkdf2_hmac("sha256", bytes([i]) + passphrase, right, 2500 << exponent, len(right))
        left, right = right, bytes(a ^ b for a, b in zip(left, f))
    return right + left


words = {w: i for i, w in enumerate(re.findall(r'"([a-z]+)"', open(sys.argv[1]).read()))}
points, heads = [], set()
for line in sys.stdin:
    n = [words[w] for w in line.split()]
    assert polymod(list(b"shamir_extendable") + n) == 1, "checksum"
    bits = "".join(format(v, "010b") for v in n)
    assert bits[15] == "1", "not extendable"
    assert bits[24:32] == "0" * 8, "several groups"
    value = bits[40:-30]
    pad = len(value) % 16
    assert pad <= 8 and int("0" + value[:pad], 2) == 0, "padding"
    points.append((int(bits[32:36], 2), int(value[pad:], 2).to_bytes((len(value) - pad) // 8, "big")))
    heads.add((bits[:20], bits[36:40]))
assert len(heads) == 1, "several sets"
head, threshold = heads.pop()
exponent = int(head[16:], 2)
assert len(points) == int(threshold, 2) + 1, "number of shares"
if len(points) == 1:
    master = points[0][1]
else:
    master, check = at(points, 255), at(points, 254)
    assert hmac.new(check[4:], master, "sha256").digest()[:4] == check[:4], "digest"
print(exponent, decrypt(master, sys.argv[2].encode() if len(sys.argv) > 2 else b"", exponent).hex())
