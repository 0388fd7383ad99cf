"""syncthing.py HOMES FOLDER FOLDER: two Syncthing instances that share a folder over loopback, and nothing else, until standard input ends."""
import os
import re
import socket
import subprocess
import sys

homes, folders = sys.argv[1], sys.argv[2:]
OFF = {"globalAnnounceEnabled": "false", "localAnnounceEnabled": "false", "relaysEnabled": "false", "natEnabled": "false", "startBrowser": "false",
       "urAccepted": "-1", "crashReportingEnabled": "false", "autoUpgradeIntervalH": "0", "reconnectionIntervalS": "2", "stunServer": "",
       "restartOnWakeup": "false", "progressUpdateIntervalS": "-1"}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def generate(home):
    out = subprocess.run(["syncthing", "generate", "--home=" + home, "--no-default-folder"], check=True, capture_output=True, text=True)
    return re.search(r"[A-Z2-7]{7}(-[A-Z2-7]{7}){7}", out.stdout + out.stderr).group()


def configure(home, mine, ids, ports, folder):
    path = os.path.join(home, "config.xml")
    text = open(path).read()
    for name, value in OFF.items():
        text, n = re.subn(f"<{name}>[^<]*</{name}>", f"<{name}>{value}</{name}>", text)
        assert n == 1, name
    text = re.sub(r"<listenAddress>[^<]*<", f"<listenAddress>tcp://127.0.0.1:{ports[mine]}<", text)
    text = re.sub(r'<gui enabled="true"', '<gui enabled="false"', text)
    devices = "".join(f'<device id="{i}" compression="never"><address>tcp://127.0.0.1:{p}</address></device>' for i, p in zip(ids, ports))
    shared = "".join(f'<device id="{i}"></device>' for i in ids)
    text = re.sub(r"<device id=.*?</device>", "", text, count=1, flags=re.S)
    text = text.replace("<gui ", f'<folder id="office" label="office" path="{folder}" type="sendreceive" rescanIntervalS="2" fsWatcherEnabled="true" '
                        f'fsWatcherDelayS="1">{shared}</folder>{devices}<gui ', 1)
    with open(path, "w") as f:
        f.write(text)


paths = [os.path.join(homes, str(i)) for i in range(2)]
ids = [generate(p) for p in paths]
ports = [free_port(), free_port()]
for i, path in enumerate(paths):
    configure(path, i, ids, ports, folders[i])
running = [subprocess.Popen(["syncthing", "serve", "--home=" + path, "--no-browser", "--no-restart", "--logfile=" + os.path.join(path, "log")],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for path in paths]
try:
    print("running", flush=True)
    sys.stdin.read()
finally:
    for p in running:
        p.terminate()
    for p in running:
        p.wait(30)
