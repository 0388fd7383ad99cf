#!/usr/bin/python3
"""stopped.py VAULT PASSFILE END -- COMMAND...: stop a command in the middle of its work, and look at the vault folder.

Whenever a file of the folder appears, and each time it has grown by some megabytes, the command is stopped (SIGSTOP),
the words on standard input are searched by scan.py in the folder, and it goes on; END is "kill" (SIGKILL at the last
look) or "let" (let it end). Prints one line for each look, with the files and their sizes.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

STEP = 6 << 20
SCAN = Path(__file__).with_name("scan.py")


def sizes(vault):
    out = {}
    for path in vault.iterdir():
        try:
            out[path.name] = path.stat().st_size
        except FileNotFoundError:
            pass
    return out


def look(vault, words):
    state = sizes(vault)
    scan = subprocess.run([sys.executable, SCAN, vault], input=words, capture_output=True, text=True)
    print("look:", *(f"{name}={size}" for name, size in sorted(state.items())), flush=True)
    if scan.returncode:
        sys.exit(scan.stdout + scan.stderr)
    return state


def news(before, now):
    """Something that is worth a look: a new file that is not empty, or much more of a known one."""
    return any(size // STEP != before.get(name, -1) // STEP for name, size in now.items() if size)


def main():
    vault, passfile, end = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    words = sys.stdin.read()
    program = subprocess.Popen(sys.argv[5:], stdin=open(passfile), stdout=subprocess.DEVNULL)
    seen, looks = sizes(vault), 0
    try:
        while program.poll() is None:
            if not news(seen, sizes(vault)):
                time.sleep(0.0002)
                continue
            os.kill(program.pid, signal.SIGSTOP)
            seen.update(look(vault, words))
            looks += 1
            if end == "kill" and seen["records.db"] >= 3 * STEP:
                os.kill(program.pid, signal.SIGKILL)
                program.wait()
                look(vault, words)
                break
            os.kill(program.pid, signal.SIGCONT)
    finally:
        program.kill()
        program.wait()
    print(f"looks: {looks}, exit code {program.returncode}")


main()
