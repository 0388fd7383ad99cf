#!/usr/bin/python3
"""Vectors of the age format (C2SP/CCTV, age/testdata) against the program: age_vectors.py PROGRAM FOLDER

Each is decrypted to standard output and to a file; a line tells each that does not end as it says, and the last line counts. The content
that comes out, also before an error, is what the vector says; a file named by -o is there only after a success, whole."""
import hashlib, os, pathlib, subprocess, sys, tempfile, zlib

CODES = {"success": 0, "no match": 3, "HMAC failure": 4, "header failure": 4, "armor failure": 4, "payload failure": 4}


def read_vector(path):
    head, _, body = path.read_bytes().partition(b"\n\n")
    keys = {}
    for line in head.decode().split("\n"):
        name, _, value = line.partition(": ")
        keys.setdefault(name, []).append(value)
    return keys, zlib.decompress(body) if keys.get("compressed") == ["zlib"] else body


def run(program, keys, body, folder, output):
    words = [program, "age", "decrypt", "--no-input"]
    read = None
    if "identity" in keys:
        identities = folder / "identities"
        identities.write_text("\n".join(keys["identity"]) + "\n")
        words += ["-i", str(identities)]
    if "passphrase" in keys and "identity" not in keys:
        read, write = os.pipe()
        os.write(write, keys["passphrase"][0].encode() + b"\n")
        os.close(write)
        words += ["--passphrase-fd", str(read)]
    if output is not None:
        words += ["-o", str(output)]
    file = folder / "in.age"
    file.write_bytes(body)
    done = subprocess.run(words + [str(file)], capture_output=True, pass_fds=[] if read is None else [read], timeout=120)
    if read is not None:
        os.close(read)
    return done


def faults_of(program, path):
    keys, body = read_vector(path)
    want = CODES[keys["expect"][0]]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        done = run(program, keys, body, folder, None)
        if done.returncode != want:
            yield f"exit code {done.returncode}, not {want}: {done.stderr.decode().strip()}"
        got = hashlib.sha256(done.stdout).hexdigest()
        expected = keys.get("payload", [hashlib.sha256(b"").hexdigest()])[0]
        if got != expected:
            yield f"{len(done.stdout)} bytes came out, of another content"
        if want != 0 and len([l for l in done.stderr.decode().split("\n") if l]) not in (1, 2):
            yield f"not one sentence and a hint: {done.stderr.decode()!r}"
        output = folder / "out"
        done = run(program, keys, body, folder, output)
        if done.returncode != want or done.stdout != b"":
            yield f"with -o: exit code {done.returncode}, {len(done.stdout)} bytes on standard output"
        if output.exists() != (want == 0):
            yield "with -o: a file is there after a failure, or none after a success"
        elif want == 0 and hashlib.sha256(output.read_bytes()).hexdigest() != expected:
            yield "with -o: another content"
        left = sorted(p.name for p in folder.iterdir() if p.name not in ("in.age", "identities", "out"))
        if left:
            yield f"with -o: left behind: {left}"


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    vectors = sorted(folder.iterdir())
    bad = 0
    for path in vectors:
        faults = list(faults_of(program, path))
        for fault in faults:
            print(f"{path.name}: {fault}")
        bad += bool(faults)
    print(f"{len(vectors) - bad} of {len(vectors)} vectors")
    return 1 if bad or not vectors else 0


sys.exit(main())
