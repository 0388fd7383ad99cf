#!/usr/bin/python3
"""Beginnings for fuzz_bundle: bundle_seeds.py PROGRAM FOLDER makes bundle/, manifest/, type/, copy/ in it, and disclosed/, from bundles, a copy and a receipt of
the program's own."""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "reader"))

from bundle import COPY_KEY, COPY_ROW, MANIFEST, REVISION, TYPE, frames

program, folder = os.path.abspath(sys.argv[1]), pathlib.Path(sys.argv[2]).absolute()
PASS = b"plover quarry timber, seven rivers"


def run(*words, data=b"", vault=None):
    """With the passphrase on descriptor 3."""
    at, to = os.pipe()
    os.write(to, PASS + b"\n")
    os.close(to)
    where = ["-C", f"{vault}.vault"] if vault else []
    out = subprocess.run([program, "-q", "--no-input", "--passphrase-fd", str(at), *where, *words], input=data, capture_output=True, check=True,
                         pass_fds=[at]).stdout
    os.close(at)
    return out


def put(part, name, data):
    (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / part / name).write_bytes(data)


with tempfile.TemporaryDirectory() as here:
    os.chdir(here)
    for name in "anna", "boris":
        run("init", f"{name}.vault", "--kdf-memory", "64", "--kdf-passes", "3")
        pathlib.Path(f"{name}.card").write_bytes(run("card", "show", vault=name))
    for name, other in ("anna", "boris"), ("boris", "anna"):
        run("contact", "add", other, f"{other}.card", vault=name)
        run("contact", "verify", other, "--accept", "verify", vault=name)
    run("add", "person", "--from", "-", data=b'{"ref":"K-1","born":"1962","name":"Kim"}', vault="anna")
    pathlib.Path("scan.txt").write_text("a scan\n")
    run("attach", "K-1", "scan.txt", "--open", vault="anna")
    run("handoff", "send", "K-1", "--to", "boris", "--accept", "send", "-o", "none", vault="anna")
    run("handoff", "send", "K-1", "--to", "boris", "--accept", "send", "--with-names", "-o", "names", vault="anna")
    run("handoff", "receive", "names", "-o", "receipt", vault="boris")
    run("handoff", "send", "--to", "home", "--accept", "send", "-o", "copy", vault="anna")
    for name, whose in ("none", "boris"), ("names", "boris"), ("receipt", "anna"), ("copy", "anna"):
        run("age", "decrypt", "-o", f"{name}.plain", name, vault=whose)
        plain = pathlib.Path(f"{name}.plain").read_bytes()
        parts = frames(plain)
        end = 16 + sum(5 + len(p) for _, p in parts)
        put("bundle", name, plain[:end])
        for i, (kind, data) in enumerate(parts):
            where = {COPY_KEY: "copy", COPY_ROW: "copy", TYPE: "type", REVISION: "disclosed", MANIFEST: "manifest"}.get(kind)
            if where == "copy" and i > 0 and parts[i - 1][1][:1] == data[:1]:
                continue                # one row of each kind is enough
            if where:
                put(where, f"{name}-{i}", data)
