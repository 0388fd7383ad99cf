#!/usr/bin/python3
"""The stock program age asks for passphrases on a terminal only: stock_age.py PASSPHRASE COMMAND...

Runs the command on a terminal of its own and types the passphrase at each question. Exit code of the command."""
import os, pty, sys

passphrase, command = sys.argv[1], sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
said = b""
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        piece = b""
    if not piece:
        break
    said += piece
    if said.rstrip().endswith(b":"):
        os.write(terminal, passphrase.encode() + b"\r")
        said = b""
sys.stderr.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
