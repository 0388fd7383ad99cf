#!/usr/bin/python3
"""kill.py PROGRAM OPERATION ROUNDS [SEED]: kill the program at random while it adds, edits, imports, changes the passphrase.

Half of the kills come after a delay drawn uniformly over the time that the command takes, half a delay after the first
sign that it writes (a journal or keys.new), so that they meet the transaction and not the derivation of the key. After
each the vault must open, hold exactly the old or the new state, and check must find nothing.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OLD, NEW = "altes Wort горизонт за рекой", "neues Wort 지평선 저 너머"
CHEAP = ["--kdf-memory", "64", "--kdf-passes", "3"]
ROWS = 2500
PEOPLE = 20


class Broken(Exception):
    pass


def documents(text):
    """JSON documents that follow one another."""
    decoder, at, out = json.JSONDecoder(), 0, []
    while at < len(text):
        document, at = decoder.raw_decode(text, at)
        out.append(document)
        while at < len(text) and text[at].isspace():
            at += 1
    return out


class Vault:
    def __init__(self, program, path):
        self.program, self.path = program, Path(path)

    def command(self, *args, passphrase, new=None):
        """Arguments and descriptors for a command that has its passphrases on pipes."""
        fds = []
        options = []
        for option, text in (("--passphrase-fd", passphrase), ("--new-passphrase-fd", new)):
            if text is None:
                continue
            reader, writer = os.pipe()
            os.write(writer, text.encode() + b"\n")
            os.close(writer)
            options += [option, str(reader)]
            fds.append(reader)
        return [self.program, "-C", str(self.path), "--no-input", *options, *args], fds

    def start(self, *args, stdin=subprocess.DEVNULL, **passes):
        line, fds = self.command(*args, **passes)
        process = subprocess.Popen(line, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=fds)
        for fd in fds:
            os.close(fd)
        return process

    def run(self, *args, text=None, **passes):
        process = self.start(*args, stdin=subprocess.PIPE, **passes)
        out, err = process.communicate(None if text is None else text.encode())
        return process.returncode, out.decode(), err.decode()

    def must(self, *args, **more):
        code, out, err = self.run(*args, **more)
        if code != 0:
            raise Broken(f"{args}: exit code {code}: {err}")
        return out

    def holds(self, passphrase, refs):
        """In one session: how many records, what those with these refs hold, what check says. None: wrong passphrase."""
        lines = ["list --json", "check --json", "log --json"] + [f"show {ref} --reveal --json" for ref in refs]
        code, out, err = self.run("shell", text="\n".join(lines) + "\n", passphrase=passphrase)
        if code == 3:
            return None
        docs = documents(out)
        if code not in (0, 7) or len(docs) < 3:
            raise Broken(f"it does not open: exit code {code}: {out} {err}")
        people, check, log = docs[:3]
        if check != {"problems": [], "ok": True}:
            raise Broken(f"check says {check}")
        fields = {d["fields"]["ref"]: {k: v for k, v in d["fields"].items() if k != "label"} for d in docs[3:]}
        return {"records": len(people), "entries": len(log), "fields": fields}


OPERATIONS = {
    "add": dict(args=["add", "person", "--from", "-"], refs=["NEW-1"],
                text=json.dumps({"ref": "NEW-1", "residence": "Ulan-Ude", "name": "Somebody", "notes": "n" * 3000})),
    "edit": dict(args=["edit", "P-3", "--from", "-"], refs=["P-3"],
                 text=json.dumps({"residence": "Minsk", "name": "Another", "other_names": ["a", "b"]})),
    "import": dict(args=["import", "rows.csv", "--as", "person", "--key", "ref"], refs=["P-1", f"P-{ROWS - 1}"]),
    "key-change": dict(args=["key", "change", *CHEAP], refs=["P-1"], new=NEW),
}


def people(count, name):
    lines = ["ref,residence,name,notes"]
    lines += [f"P-{i},town {i},{name} {i},{'n' * 700}" for i in range(count)]
    return "\n".join(lines) + "\n"


def start(vault, operation):
    process = vault.start(*operation["args"], stdin=subprocess.PIPE, passphrase=OLD, new=operation.get("new"))
    if operation.get("text"):
        process.stdin.write(operation["text"].encode())
    process.stdin.close()
    process.stdin = None
    return process


def writes(folder):
    return (folder / "records.db-journal").exists() or (folder / "keys.new").exists()


def whole(vault, template, operation):
    """Undisturbed: until it writes, and until it ends."""
    fresh(vault, template)
    began = time.monotonic()
    process = start(vault, operation)
    first = None
    while process.poll() is None:
        if first is None and writes(vault.path):
            first = time.monotonic() - began
    if process.returncode:
        raise Broken(f"the operation fails: {process.stderr.read().decode()}")
    took = time.monotonic() - began
    return first or took * 0.9, took


def fresh(vault, template):
    shutil.rmtree(vault.path, ignore_errors=True)
    shutil.copytree(template, vault.path)


class Pace:
    """When it begins to write, and how long it writes; learnt anew, as the machine is busy otherwise as well."""

    def __init__(self, first, took):
        self.first, self.writing = first, took - first

    def learn(self, first, ended):
        if first is not None:
            self.first += 0.5 * (first - self.first)
        if first is not None and ended is not None:
            self.writing += 0.5 * (ended - first - self.writing)


def kill(vault, operation, pace):
    """One kill; returns how and when, and whether it came too late."""
    process = start(vault, operation)
    began = time.monotonic()
    first = ended = None
    if random.random() < 0.5:
        how, until = "after the start", random.uniform(0.5 * pace.first, pace.first + pace.writing)
    else:
        how, until = "after it began to write", random.uniform(0, pace.writing)
    while process.poll() is None:
        now = time.monotonic() - began
        if first is None and writes(vault.path):
            first = now
        if now >= until if how == "after the start" else first is not None and now >= first + until:
            break
    else:
        ended = time.monotonic() - began
    process.send_signal(signal.SIGKILL)
    process.communicate()
    pace.learn(first, ended)
    if process.returncode not in (0, -signal.SIGKILL):
        raise Broken(f"it ended with {process.returncode}")
    return f"{until:.6f} s {how}", process.returncode == 0


def look(vault, operation, before, after):
    """Which of the two states it is."""
    old = vault.holds(OLD, operation["refs"])
    leftovers = sorted(p.name for p in vault.path.iterdir())
    state, passphrase = old, OLD
    if "new" in operation and old is None:
        state, passphrase = vault.holds(NEW, operation["refs"]), NEW
        leftovers = sorted(p.name for p in vault.path.iterdir())
    if state is None:
        raise Broken("no passphrase opens it")
    if leftovers != ["keys", "records.db"]:
        raise Broken(f"in the folder there is {leftovers}")
    for name, expected in (("old", before), ("new", after)):
        if (state, passphrase) == expected:
            return name
    raise Broken(f"it holds neither the old nor the new state but {state}")


def main():
    program, name, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(1 << 32)
    random.seed(seed)
    operation = OPERATIONS[name]
    folder = Path(tempfile.mkdtemp(prefix="withheld-kill-"))
    os.chdir(folder)
    template = Vault(program, "template.vault")
    vault = Vault(program, "work.vault")
    count, ended, at = {"old": 0, "new": 0}, 0, "before the first kill"
    try:
        line, fds = template.command("init", str(template.path), *CHEAP, passphrase=OLD)
        subprocess.run([line[0]] + line[3:], pass_fds=fds, check=True, stderr=subprocess.DEVNULL)
        Path("first.csv").write_text(people(PEOPLE, "Person"))
        Path("rows.csv").write_text(people(ROWS, "Revised"))
        template.must("import", "first.csv", "--as", "person", passphrase=OLD)
        fresh(vault, template.path)
        before = (vault.holds(OLD, operation["refs"]), OLD)
        pace = Pace(*min(whole(vault, template.path, operation) for _ in range(2)))
        passphrase = operation.get("new", OLD)
        after = (vault.holds(passphrase, operation["refs"]), passphrase)
        if before == after or None in before + after:
            raise Broken(f"the states do not differ: {before}")
        for i in range(rounds):
            at = f"round {i}"
            fresh(vault, template.path)
            at, by_itself = kill(vault, operation, pace)
            ended += by_itself
            count[look(vault, operation, before, after)] += 1
    except Broken as broken:
        sys.exit(f"{name}, {at} (seed {seed}): {broken}")
    finally:
        os.chdir("/")
        shutil.rmtree(folder)
    if ended == rounds:
        sys.exit(f"{name} (seed {seed}): each of {rounds} kills came too late")
    print(f"{name}: begins to write after {pace.first:.3f} s, for {pace.writing:.3f} s")
    print(f"{name}: {rounds - ended} kills; {ended} of {rounds} came too late; {count['old']} held the old, {count['new']} the new state")


main()
