"""What everything else is made of: sections 1 and 2 of docs/format.md, and how damage is told."""

import hashlib
import struct
from contextlib import contextmanager

import nacl.bindings
import nacl.exceptions


class Damage(Exception):
    """What is read cannot be what withheld wrote. The text says why."""


class Report:
    """Problems found so far; reading goes on after each as far as it can."""

    def __init__(self):
        self.problems = []

    def add(self, where, what):
        self.problems.append(f"{where}: {what}")

    def check(self, good, where, what):
        if not good:
            self.add(where, what)
        return good

    @contextmanager
    def at(self, where):
        try:
            yield
        except Damage as damage:
            self.add(where, damage)


# ---- 1. Notation and primitives ----------------------------------------------------------------------------------

def blake2b(n, x, key=b"", salt=b"", person=b""):
    return hashlib.blake2b(x, digest_size=n, key=key, salt=salt, person=person).digest()


def H(label, x):
    return blake2b(32, label + b"\0" + x)


def MAC(key, label, x):
    return blake2b(32, label + b"\0" + x, key)


def keyed(key, x):
    """BLAKE2b-256 keyed with key over x."""
    return blake2b(32, x, key)


def KDF(key, number, context, n=32):
    """crypto_kdf_derive_from_key: the number is the salt and the context the personalisation, zeros after each."""
    return blake2b(n, b"", key, struct.pack("<QQ", number, 0), context + bytes(8))


def keystream(key, n):
    """ChaCha20 from block 1 on, nonce zero: what the AEAD makes of zeros, without the tag."""
    return nacl.bindings.crypto_aead_chacha20poly1305_ietf_encrypt(bytes(n), None, bytes(12), key)[:n]


BOX = 24 + 16       # what a box is longer than its message


def unbox(key, aad, box):
    if len(box) < BOX:
        raise Damage("too short for a box")
    try:
        return nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(box[24:], aad, box[:24], key)
    except nacl.exceptions.CryptoError:
        raise Damage("does not open: changed, or not what belongs here") from None


def open_piece(key, nonce, sealed):
    """ChaCha20-Poly1305 (IETF) without associated data."""
    try:
        return nacl.bindings.crypto_aead_chacha20poly1305_ietf_decrypt(sealed, None, nonce, key)
    except nacl.exceptions.CryptoError:
        raise Damage("does not open: changed, or not what belongs here") from None


def signed_by(public, label, h, signature):
    try:
        nacl.bindings.crypto_sign_open(signature + label + b"\0" + h, public)
        return True
    except nacl.exceptions.BadSignatureError:
        return False


def ed25519_public(seed):
    return nacl.bindings.crypto_sign_seed_keypair(seed)[0]


def X25519(secret, public):
    try:
        return nacl.bindings.crypto_scalarmult(secret, public)
    except nacl.exceptions.CryptoError:
        raise Damage("a public key is not one") from None


x25519_public = nacl.bindings.crypto_scalarmult_base


# ---- 2. CBOR -----------------------------------------------------------------------------------------------------

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, SIMPLE = 0, 1, 2, 3, 4, 5, 7
LEVELS = 8


def decode(data):
    """One CBOR item, all of data. Arrays become lists, maps dicts; whatever is not in section 2 is refused."""
    item, end = decode_item(data, 0, 0)
    if end != len(data):
        raise Damage("bytes left over after CBOR")
    return item


def decode_head(data, at):
    """Major type, argument, and where the next byte is."""
    if at >= len(data):
        raise Damage("CBOR is cut off")
    major, small = data[at] >> 5, data[at] & 31
    at += 1
    if small < 24:
        return major, small, at
    if small > 27 or major == SIMPLE:
        raise Damage("CBOR of a kind that is not used")
    size = 1 << small - 24
    if at + size > len(data):
        raise Damage("CBOR is cut off")
    argument = int.from_bytes(data[at:at + size], "big")
    if argument < (24, 1 << 8, 1 << 16, 1 << 32)[small - 24]:
        raise Damage("CBOR with a number not in its shortest form")
    return major, argument, at + size


def decode_item(data, at, level):
    major, n, at = decode_head(data, at)
    if major == UNSIGNED:
        return n, at
    if major == NEGATIVE:
        if n >= 1 << 63:
            raise Damage("CBOR with a number below -2^63")
        return -1 - n, at
    if major in (BYTES, TEXT):
        if n > len(data) - at:
            raise Damage("CBOR is cut off")
        string = bytes(data[at:at + n])
        return (decode_text(string) if major == TEXT else string), at + n
    if major == SIMPLE:
        if n not in (20, 21):
            raise Damage("CBOR of a kind that is not used")
        return n == 21, at
    if major not in (ARRAY, MAP):
        raise Damage("CBOR of a kind that is not used")
    if level == LEVELS:
        raise Damage("CBOR with too many levels")
    if n > len(data) - at:      # an element is a byte at least
        raise Damage("CBOR is cut off")
    return (decode_array if major == ARRAY else decode_map)(data, n, at, level + 1)


def decode_text(string):
    try:
        return string.decode("utf-8")
    except UnicodeDecodeError:
        raise Damage("text is not UTF-8") from None


def decode_array(data, n, at, level):
    items = []
    for _ in range(n):
        item, at = decode_item(data, at, level)
        items.append(item)
    return items, at


def decode_map(data, n, at, level):
    items, before = {}, b""
    for _ in range(n):
        start = at
        key, at = decode_item(data, at, level)
        if data[start:at] <= before or isinstance(key, (list, dict)):
            raise Damage("CBOR with a map not in order")
        before = data[start:at]
        items[key], at = decode_item(data, at, level)
    return items, at


def encode(item):
    if item is False or item is True:
        return b"\xf5" if item else b"\xf4"
    if isinstance(item, int):
        return encode_head(UNSIGNED, item) if item >= 0 else encode_head(NEGATIVE, -1 - item)
    if isinstance(item, bytes):
        return encode_head(BYTES, len(item)) + item
    if isinstance(item, str):
        text = item.encode()
        return encode_head(TEXT, len(text)) + text
    if isinstance(item, list):
        return encode_head(ARRAY, len(item)) + b"".join(map(encode, item))
    pairs = sorted((encode(key), encode(value)) for key, value in item.items())
    return encode_head(MAP, len(pairs)) + b"".join(key + value for key, value in pairs)


def encode_head(major, n):
    if n < 24:
        return bytes([major << 5 | n])
    size = 1 if n < 1 << 8 else 2 if n < 1 << 16 else 4 if n < 1 << 32 else 8
    return bytes([major << 5 | 23 + size.bit_length()]) + n.to_bytes(size, "big")


def fits(item, shape):
    """Has a decoded item this shape?

    A shape is a Python type, a number (byte string of so many bytes), a list of one shape (an array of any length), a
    tuple of shapes (an array of just these), or any (everything fits)."""
    if shape is any:
        return True
    if isinstance(shape, int):
        return type(item) is bytes and len(item) == shape
    if isinstance(shape, list):
        return type(item) is list and all(fits(x, shape[0]) for x in item)
    if isinstance(shape, tuple):
        return type(item) is list and len(item) == len(shape) and all(map(fits, item, shape))
    return type(item) is shape          # exactly: a bool is no int


def decode_as(shape, data):
    item = decode(data)
    if not fits(item, shape):
        raise Damage("CBOR is not of the shape that belongs here")
    return item


def ascending(items):
    return all(a < b for a, b in zip(items, items[1:]))


def numbered_from_one(rows):
    return list(rows) == list(range(1, len(rows) + 1))
