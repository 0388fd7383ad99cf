#!/usr/bin/python3
"""An age file hurt in many ways: age_damage.py PROGRAM FILE IDENTITY PLAINTEXT. No way may leave a file, or anything but good pieces on
standard output."""
import os, pathlib, random, subprocess, sys, tempfile

program, file, identity, plain = sys.argv[1:]
good = pathlib.Path(file).read_bytes()
content = pathlib.Path(plain).read_bytes()
PIECE = 65536 + 16
start = good.index(b"\n--- ") + 49 + 16         # of the pieces: behind the line of the MAC and the nonce
pieces = [good[at:at + PIECE] for at in range(start, len(good), PIECE)]
assert len(pieces) == 4 and b"".join(pieces) == good[start:]
seed = int.from_bytes(os.urandom(4), "big")
chance = random.Random(seed)


def ways():
    ends = [0, 1, 21, 22, 23, start - 17, start - 16, start - 1, start, start + 1, start + 15, start + 16, len(good) - 1]
    ends += [start + i * PIECE + d for i in (1, 2, 3) for d in (-1, 0, 1, 16)]
    ends += [chance.randrange(len(good)) for _ in range(20)]
    for end in ends:
        yield f"cut at {end}", good[:end]
    for _ in range(60):
        at, bit = chance.randrange(len(good)), chance.randrange(8)
        yield f"bit {bit} of byte {at}", good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1:]
    for _ in range(40):
        at, bit = chance.randrange(start), chance.randrange(8)
        yield f"bit {bit} of byte {at}", good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1:]
    for order in ([1, 0, 2, 3], [0, 2, 1, 3], [0, 1, 3, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3], [0, 0, 1, 2, 3], [0, 1, 2, 3, 3], [3], [3, 0, 1, 2]):
        yield f"pieces {order}", good[:start] + b"".join(pieces[i] for i in order)
    for tail in (b"\n", b"\0", b"x" * 16, b"x" * 70000, good):
        yield f"{len(tail)} bytes behind", good + tail
    yield "a byte before", b"\n" + good


bad = n = 0
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    hurt, out = folder / "hurt", folder / "out"
    for what, data in ways():
        n += 1
        hurt.write_bytes(data)
        words = [program, "--no-input", "age", "decrypt", "-i", identity]
        piped = subprocess.run(words + [str(hurt)], capture_output=True)
        named = subprocess.run(words + ["-o", str(out), str(hurt)], capture_output=True)
        left = [p.name for p in folder.iterdir() if p.name != "hurt"]
        if piped.returncode not in (3, 4) or named.returncode != piped.returncode or left or \
                not content.startswith(piped.stdout) or len(piped.stdout) % 65536 not in (0, len(content) % 65536):
            print(f"{what}: exit codes {piped.returncode} and {named.returncode}, {len(piped.stdout)} bytes, left {left} (seed {seed})")
            bad += 1
print(f"{n} ways, {bad} of them taken")
sys.exit(bad != 0 or n < 150)
