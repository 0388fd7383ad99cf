#!/usr/bin/python3
"""Beginnings for fuzz_age: age_seeds.py PROGRAM FOLDER makes header/, armor/, identity/, recipient/ in it, with the program's own files."""
import pathlib, subprocess, sys

program, folder = sys.argv[1], pathlib.Path(sys.argv[2])


def run(*words, data=b""):
    return subprocess.run([program, "-q", "--no-input", "age", *words], input=data, capture_output=True, check=True).stdout


def put(part, name, data):
    (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / part / name).write_bytes(data)


for kind in ([], ["--pq"]):
    key = run("keygen", *kind)
    identity = key.split(b"\n")[2]
    public = key.split(b"\n")[1].split(b": ")[1]
    name = "pq" if kind else "x25519"
    put("identity", name, b"\0" + key)
    put("identity", name + "-bytes", bytes([1 | len(kind) << 1]) + bytes(range(32)))
    put("recipient", name, b"\0" + public)
    put("recipient", name + "-bytes", bytes([1 | len(kind) << 1]) + bytes(range(256)) * 4 + bytes(192) if kind else b"\1" + bytes(range(32)))
    binary = run("encrypt", "-r", public.decode(), data=b"content\n")
    put("header", name, binary[:binary.index(b"\n--- ") + 49])
    put("armor", name, b"\0\0" + run("encrypt", "-a", "-r", public.decode(), data=b"content" * 40))
    put("armor", name + "-binary", b"\1\7" + binary)
    two = run("encrypt", "-r", public.decode(), "-r", public.decode(), data=b"")
    put("header", name + "-two", two[:two.index(b"\n--- ") + 49])
put("header", "scrypt", b"age-encryption.org/v1\n-> scrypt ajMFur+EJLGaohv/dLRGnw 18\n8SHBz/ldWnjyGFQqfjat6uNBarWqqEMDS7W8X7+Xq5Q\n"
    b"--- gxhoSa5BciRDt8lOpYNcx4EYtKpS0CJ06F3ZwN82VaM\n")
