#!/usr/bin/python3
"""scan.py FOLDER... < WORDS: look for each word in the raw bytes, and the names, of all files below the folders.

A word is searched in UTF-8, UTF-16 (both orders) and UTF-32, composed and decomposed, as it stands and in lower and
upper case. A line "cbor WORD" is searched as CBOR writes a text of that length. What is so short that chance alone
could put it into a file is left out there. Prints where a word was found, how many were searched, and at the end the
words that were found; exit code 1 when there were any.
"""

import mmap
import sys
import unicodedata
from pathlib import Path

CHANCE = 1e-6


def forms(line):
    kind, _, word = line.rpartition("cbor ")
    if kind == "" and line.startswith("cbor "):
        text = word.encode()
        head = bytes([0x60 + len(text)]) if len(text) < 24 else bytes([0x78, len(text)])
        return {head + text}
    texts = {unicodedata.normalize(form, case) for form in ("NFC", "NFD")
             for case in (line, line.lower(), line.upper())}
    return {t.encode(code) for t in texts for code in ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le")}


def main():
    words = [line for line in sys.stdin.read().split("\n") if line]
    found, searched = set(), set()
    for folder in map(Path, sys.argv[1:]):
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder)).encode()
            content = b""
            if path.is_file() and path.stat().st_size:
                with path.open("rb") as f:
                    content = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
            for word in words:
                for form in forms(word):
                    if (len(content) + 1) * 256.0 ** -len(form) > CHANCE:
                        continue
                    searched.add(word)
                    at = content.find(form)
                    if at >= 0 or form in name:
                        print(f"{path}: {word!r} at {at}")
                        found.add(word)
                        break
    print("words searched:", len(searched), "of", len(words))
    print("found:", *sorted(found))
    sys.exit(1 if found else 0)


main()
