"""answer.py PROMPT ANSWER COMMAND...: runs it on a terminal of its own, types ANSWER once PROMPT is on it, and prints all that the
terminal showed. Ends with the command's exit code; with 99 if PROMPT did not come within a minute."""
import os
import pty
import select
import sys
import time

prompt, answer, command = sys.argv[1].encode(), sys.argv[2].encode(), sys.argv[3:]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(command[0], command)
seen, typed, until = b"", False, time.monotonic() + 60
while time.monotonic() < until:
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        got = os.read(terminal, 65536)
    except OSError:                     # nobody has it open any more
        got = b""
    if not got:
        break
    seen += got
    if not typed and prompt in seen:
        # What is typed before the program has turned off the echo would be thrown away by it.
        time.sleep(0.2)
        os.write(terminal, answer + b"\n")
        typed, until = True, time.monotonic() + 60
else:
    os.kill(pid, 9)
sys.stdout.buffer.write(seen)
sys.stdout.flush()
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.exit(status if typed and status >= 0 else 99)
