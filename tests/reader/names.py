"""Codes of records and the search fold: section 17 of docs/format.md."""

import unicodedata

CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


def code(record):
    """26 characters of 5 bits: the 128 bits of the id, then two zero bits."""
    bits = int.from_bytes(record, "big") << 2
    return "".join(CROCKFORD[bits >> 5 * i & 31] for i in reversed(range(26)))


def fold(text):
    """The search fold: what two texts have in common that a search takes for the same."""
    out, base = [], ""
    for c in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold()):
        if not unicodedata.category(c).startswith("M"):
            base = c
        elif out and makes_letter(out[-1], c):
            c = unicodedata.normalize("NFC", out.pop() + c)
        elif script(base) in ("LATIN", "GREEK", "CYRILLIC"):
            continue
        out.append(c)
    return " ".join("".join(out).split())


def makes_letter(before, mark):
    """Do they make a Cyrillic letter, as и and a breve make й? A grave accent only marks stress."""
    return script(before) == "CYRILLIC" and mark != GRAVE and len(unicodedata.normalize("NFC", before + mark)) == 1


def script(c):
    return unicodedata.name(c, "").split(" ")[0] if c else ""


GRAVE = "\u0300"
