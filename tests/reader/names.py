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
        elif out and out[-1] + c in KEPT_MARKS:
            c = KEPT_MARKS[out.pop() + c]
        elif base and unicodedata.name(base, "").split(" ")[0] in ("LATIN", "GREEK", "CYRILLIC"):
            continue
        out.append(c)
    return " ".join("".join(out).split())


KEPT_MARKS = {unicodedata.normalize("NFD", letter): letter for letter in "йё"}
