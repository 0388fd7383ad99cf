"""X-Wing (draft-connolly-cfrg-xwing-kem), and in it ML-KEM-768 (FIPS 203): what a reader needs.

Debian's Python has neither. Only derivation of the public key and decapsulation are here. Slow (some ten
milliseconds) and not constant in time: for reading on a machine one trusts, not for a service.
"""

import hashlib
from functools import lru_cache

from primitives import X25519, x25519_public

PUBLIC_KEY, CIPHERTEXT = 1216, 1120

Q, K, ETA, DU, DV = 3329, 3, 2, 10, 4
MLKEM_PUBLIC, MLKEM_CIPHERTEXT = 384 * K + 32, 32 * (DU * K + DV)
LABEL = rb"\./" + rb"/^" + b"\\"


# X-Wing, section 5 of the draft

@lru_cache(maxsize=8)
def expand(seed):
    """The two key pairs behind a seed: (ML-KEM decapsulation key, its public key, X25519 secret, public)."""
    wide = hashlib.shake_256(seed).digest(96)
    secret_m, public_m = mlkem_keygen(wide[:32], wide[32:64])
    return secret_m, public_m, wide[64:], x25519_public(wide[64:])


def public_key(seed):
    _, public_m, _, public_x = expand(seed)
    return public_m + public_x


def decapsulate(seed, enc):
    secret_m, public_m, secret_x, public_x = expand(seed)
    enc_m, enc_x = enc[:MLKEM_CIPHERTEXT], enc[MLKEM_CIPHERTEXT:]
    shared_m = mlkem_decapsulate(secret_m, public_m, enc_m)
    shared_x = X25519(secret_x, enc_x)
    return hashlib.sha3_256(shared_m + shared_x + enc_x + public_x + LABEL).digest()


# FIPS 203, algorithms 16 and 18. The decapsulation key is kept as (encryption part, z).

def mlkem_keygen(d, z):
    secret, public = pke_keygen(d)
    return (secret, z), public


def mlkem_decapsulate(secret, public, enc):
    dk, z = secret
    message = pke_decrypt(dk, enc)
    wide = hashlib.sha3_512(message + hashlib.sha3_256(public).digest()).digest()
    shared, coins = wide[:32], wide[32:]
    if pke_encrypt(public, message, coins) != enc:
        return hashlib.shake_256(z + enc).digest(32)
    return shared


# Algorithms 13, 14, 15: K-PKE

def pke_keygen(d):
    wide = hashlib.sha3_512(d + bytes([K])).digest()
    rho, sigma = wide[:32], wide[32:]
    secret = [ntt(noise(sigma, i)) for i in range(K)]
    error = [ntt(noise(sigma, K + i)) for i in range(K)]
    public = [add(dot([uniform(rho, j, i) for j in range(K)], secret), error[i]) for i in range(K)]
    return b"".join(pack(s, 12) for s in secret), b"".join(pack(t, 12) for t in public) + rho


def pke_encrypt(public, message, coins):
    t = [unpack(public[384 * i:384 * i + 384], 12) for i in range(K)]
    rho = public[384 * K:]
    y = [ntt(noise(coins, i)) for i in range(K)]
    u = [add(inverse_ntt(dot([uniform(rho, i, j) for j in range(K)], y)), noise(coins, K + i)) for i in range(K)]
    bits = [decompress(b, 1) for b in unpack(message, 1)]
    v = add(add(inverse_ntt(dot(t, y)), noise(coins, 2 * K)), bits)
    return b"".join(pack([compress(x, DU) for x in p], DU) for p in u) + pack([compress(x, DV) for x in v], DV)


def pke_decrypt(dk, enc):
    size = 32 * DU
    u = [[decompress(x, DU) for x in unpack(enc[size * i:size * i + size], DU)] for i in range(K)]
    v = [decompress(x, DV) for x in unpack(enc[size * K:], DV)]
    s = [unpack(dk[384 * i:384 * i + 384], 12) for i in range(K)]
    masked = inverse_ntt(dot(s, [ntt(p) for p in u]))
    return pack([compress((a - b) % Q, 1) for a, b in zip(v, masked)], 1)


# Algorithms 3 to 12: polynomials, as lists of 256 numbers

def bit_reversed(i):
    return int(f"{i:07b}"[::-1], 2)


ZETAS = [pow(17, bit_reversed(i), Q) for i in range(128)]
GAMMAS = [pow(17, 2 * bit_reversed(i) + 1, Q) for i in range(128)]


def compress(x, bits):
    return ((x << bits) + Q // 2) // Q % (1 << bits)


def decompress(x, bits):
    return (x * Q + (1 << bits - 1)) >> bits


def pack(numbers, bits):
    whole = sum(x << bits * i for i, x in enumerate(numbers))
    return whole.to_bytes(32 * bits, "little")


def unpack(data, bits):
    whole = int.from_bytes(data, "little")
    numbers = [whole >> bits * i & (1 << bits) - 1 for i in range(256)]
    return [x % Q for x in numbers] if bits == 12 else numbers


def uniform(rho, i, j):
    """SampleNTT: element (column i, row j) of the public matrix."""
    stream = hashlib.shake_128(rho + bytes([i, j])).digest(168 * 12)
    numbers, at = [], 0
    while len(numbers) < 256:
        a, b, c = stream[at:at + 3]
        at += 3
        numbers += [x for x in (a + 256 * (b % 16), b // 16 + 16 * c) if x < Q]
    return numbers[:256]


def noise(seed, n):
    """SamplePolyCBD with eta = 2, of PRF(seed, n)."""
    whole = int.from_bytes(hashlib.shake_256(seed + bytes([n])).digest(64 * ETA), "little")
    nibbles = [whole >> 4 * i & 15 for i in range(256)]
    return [((x & 1) + (x >> 1 & 1) - (x >> 2 & 1) - (x >> 3)) % Q for x in nibbles]


def add(a, b):
    return [(x + y) % Q for x, y in zip(a, b)]


def ntt(f):
    f, i, length = list(f), 1, 128
    while length >= 2:
        for start in range(0, 256, 2 * length):
            zeta, i = ZETAS[i], i + 1
            for j in range(start, start + length):
                t = zeta * f[j + length]
                f[j + length], f[j] = (f[j] - t) % Q, (f[j] + t) % Q
        length //= 2
    return f


def inverse_ntt(f):
    f, i, length = list(f), 127, 2
    while length <= 128:
        for start in range(0, 256, 2 * length):
            zeta, i = ZETAS[i], i - 1
            for j in range(start, start + length):
                t = f[j]
                f[j], f[j + length] = (t + f[j + length]) % Q, zeta * (f[j + length] - t) % Q
        length *= 2
    return [x * 3303 % Q for x in f]


def dot(a, b):
    """The sum of products of polynomials in NTT form."""
    total = [0] * 256
    for f, g in zip(a, b):
        for i in range(128):
            f0, f1, g0, g1 = f[2 * i], f[2 * i + 1], g[2 * i], g[2 * i + 1]
            total[2 * i] += f0 * g0 + f1 * g1 * GAMMAS[i]
            total[2 * i + 1] += f0 * g1 + f1 * g0
    return [x % Q for x in total]
