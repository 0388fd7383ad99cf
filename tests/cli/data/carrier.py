"""carrier.py SEED FOLDER...: carry files between folders badly, as carriers do, one round of it.

Of what lies in one folder and not in another some is copied, some late (not this round), some cut, some under the name of a conflict copy, some twice. What
was removed where it came from is removed elsewhere, if it was carried there; sometimes it is brought back. With SEED `calm` everything that is whole is
copied, everything that was removed is removed, and what this left behind is cleared away.
"""
import hashlib
import json
import os
import random
import sys

seed, folders = sys.argv[1], sys.argv[2:]
calm = seed == "calm"
luck = random.Random(seed)
NOTE = os.path.join(os.path.dirname(folders[0]) or ".", "carried.json")
carried = json.load(open(NOTE)) if os.path.exists(NOTE) else {}     # name -> the folders where it was seen


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as f:
        return f.read()


def put(folder, name, content):
    temporary = os.path.join(folder, ".syncthing." + name + ".tmp")
    with open(temporary, "wb") as f:
        f.write(content)
    if luck.random() < 0.9 or calm:
        os.rename(temporary, os.path.join(folder, name))


def is_real(name):
    return len(name) == 64 + 9 and name.endswith(".withheld")


there = {f: {n for n in os.listdir(f) if is_real(n)} for f in folders}
names = sorted(set().union(*there.values(), carried))
luck.shuffle(names)
for name in names:
    seen = set(carried.get(name, []))
    has = [f for f in folders if name in there[f]]
    gone = [f for f in folders if f in seen and f not in has]
    if gone and (calm or luck.random() < 0.8):
        for f in has:
            os.remove(os.path.join(f, name))
        carried[name] = []
        if not calm and has and luck.random() < 0.2:
            put(gone[0], name, b"")                         # back from the dead, and empty
        continue
    if not has:
        continue
    whole = max((read(f, name) for f in has), key=len)
    if calm and hashlib.blake2b(whole, digest_size=32).hexdigest() != name[:64]:
        for f in has:                                       # nobody has it whole
            os.remove(os.path.join(f, name))
        continue
    seen |= set(has)
    for f in folders:
        if f in has:
            if calm and len(read(f, name)) < len(whole):
                put(f, name, whole)
            continue
        chance = 1 if calm else luck.random()
        if chance < 0.3:
            continue                                        # late
        if chance < 0.45:
            with open(os.path.join(f, name), "wb") as out:
                out.write(whole[:luck.randrange(max(1, len(whole)))])
        elif chance < 0.55:
            put(f, name[:-9] + ".sync-conflict-20261128-120000-ABCDEFG.withheld", whole)
            put(f, name[:-9] + " (1).withheld", whole)
        else:
            put(f, name, whole)
            seen.add(f)
    carried[name] = sorted(seen)
if calm:
    for f in folders:
        for name in os.listdir(f):
            if not is_real(name):
                os.remove(os.path.join(f, name))
with open(NOTE, "w") as f:
    json.dump(carried, f)
