#!/usr/bin/python3
"""tables.py: compare what the program gives back with the tables that went in.

    tables.py same FOLDER LIST.json     every cell of persons.csv ... is in `list --reveal --json`
    tables.py withheld FOLDER TYPES     what must not be seen unasked: one text a line. TYPES is a file
                                        with `type show T --json` of each type, one after the other
    tables.py cells FOLDER              every cell and column name, one a line
"""
import csv
import json
import re
import sys

KINDS = ["person", "case", "event", "document", "statistic"]
LINKS = {("case", "person"), ("case", "lawyer"), ("event", "case"), ("document", "case")}
MANY = {("person", "other_names"), ("case", "person"), ("case", "lawyer")}
NUMBERS = {("statistic", "count"), ("statistic", "of")}


def rows(folder, kind):
    with open(f"{folder}/{kind}s.csv", encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


def expected(kind, row):
    """What `fields` must be for this row."""
    out = {}
    for column, cell in row.items():
        if cell == "":
            continue
        if (kind, column) in MANY:
            out[column] = cell.split("|")
        elif (kind, column) in NUMBERS:
            out[column] = int(cell)
        else:
            out[column] = cell
    return out


def same(folder, path):
    records = json.load(open(path))
    ref = {r["id"]: r["fields"].get("ref") for r in records}
    for kind in KINDS:
        want = [expected(kind, row) for row in rows(folder, kind)]
        got = []
        for r in records:
            if r["type"] != kind:
                continue
            f = dict(r["fields"])
            if kind == "person":
                label = f.pop("label")
                if not re.fullmatch("[a-z]+-[a-z]+", label):
                    sys.exit(f"not a label of two words: {label}")
            for name in list(f):
                if (kind, name) in LINKS:
                    many = isinstance(f[name], list)
                    codes = [ref[c] for c in (f[name] if many else [f[name]])]
                    f[name] = codes if many else codes[0]
            got.append(f)
        def key(x):
            return json.dumps(x, sort_keys=True, ensure_ascii=False)
        if len(want) < 2 or sorted(map(key, want)) != sorted(map(key, got)):
            for x in want:
                if x not in got:
                    print(f"missing {kind}:", key(x))
            for x in got:
                if x not in want:
                    print(f"too much {kind}:", key(x))
            sys.exit(f"{kind}: not what went in")


def withheld(folder, path):
    decoder, text = json.JSONDecoder(), open(path).read().strip()
    tier = {}
    while text:
        t, n = decoder.raw_decode(text)
        text = text[n:].strip()
        for f in t["fields"]:
            tier[t["name"], f["name"]] = f["tier"]
    opened, hidden = [], set()
    for kind in KINDS:
        for row in rows(folder, kind):
            for column, cell in row.items():
                if cell == "":
                    continue
                if tier[kind, column] == "open":
                    opened.append(cell)
                    continue
                hidden.add(cell)
                for part in cell.split("|"):
                    hidden.add(part)
                    if "name" in column:
                        hidden.update(w for w in re.split(r"[ ,.;-]+", part) if len(w) > 3)
    whole = "\n".join(opened)
    for text in sorted(hidden):
        if text not in whole:
            print(text)


def cells(folder):
    out = set()
    for kind in KINDS:
        for row in rows(folder, kind):
            for column, cell in row.items():
                out.add(column)
                out.add(cell)
                out.update(cell.split("|"))
    print("\n".join(sorted(x for x in out if len(x.encode()) > 5)))


if __name__ == "__main__":
    {"same": same, "withheld": withheld, "cells": cells}[sys.argv[1]](*sys.argv[2:])
