"""firefox.py PAGE PDF [noscript]: what Firefox makes of a page at 320 pixels, as JSON, and on paper; by its own remote protocol, Marionette.

All its ways out end at a local port that counts who comes: "asked" are the first lines of what the page or the browser sent there.
"""
import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

LOOK = """
var rows = Array.from(document.querySelectorAll("table")).map(function (t) { return t.rows.length; });
return { inner: window.innerWidth, width: document.documentElement.scrollWidth, rows: rows, buttons: document.querySelectorAll("button").length,
         inputs: document.querySelectorAll("input").length, ground: getComputedStyle(document.body).backgroundColor };
"""


def listen(asked):
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(50)

    def serve():
        while True:
            client, _ = server.accept()
            client.settimeout(2)
            try:
                asked.append(client.recv(4096).split(b"\r\n")[0].decode("latin-1"))
            except OSError:
                pass
            client.close()

    threading.Thread(target=serve, daemon=True).start()
    return server.getsockname()[1]


class Marionette:
    def __init__(self, port):
        for _ in range(200):
            try:
                self.s = socket.create_connection(("127.0.0.1", port), 60)
                break
            except OSError:
                time.sleep(0.1)
        self.n = 0
        self.read()

    def read(self):
        digits = b""
        while not digits.endswith(b":"):
            digits += self.s.recv(1)
        left, out = int(digits[:-1]), b""
        while len(out) < left:
            out += self.s.recv(left - len(out))
        return json.loads(out)

    def do(self, what, **args):
        self.n += 1
        text = json.dumps([0, self.n, what, args]).encode()
        self.s.sendall(b"%d:%s" % (len(text), text))
        kind, n, error, result = self.read()
        if error:
            raise SystemExit("%s: %s" % (what, error.get("message")))
        return result


def main(page, pdf, how=""):
    asked = []
    profile = tempfile.mkdtemp()
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    prefs = {"marionette.port": port, "network.proxy.type": 1, "network.proxy.http": "127.0.0.1", "network.proxy.ssl": "127.0.0.1",
             "network.proxy.allow_hijacking_localhost": True, "javascript.enabled": how != "noscript", "app.update.enabled": False,
             "datareporting.policy.dataSubmissionEnabled": False, "toolkit.telemetry.reportingpolicy.firstRun": False,
             "ui.systemUsesDarkTheme": 0}
    prefs["network.proxy.http_port"] = prefs["network.proxy.ssl_port"] = listen(asked)
    with open(os.path.join(profile, "user.js"), "w") as f:
        for name, value in prefs.items():
            f.write("user_pref(%s, %s);\n" % (json.dumps(name), json.dumps(value)))
    browser = subprocess.Popen(["firefox-esr", "--headless", "--marionette", "--no-remote", "--profile", profile],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        m = Marionette(port)
        m.do("WebDriver:NewSession", capabilities={"alwaysMatch": {"webSocketUrl": False}})
        frame = os.path.join(profile, "frame.html")     # it has no window of 320 pixels
        with open(frame, "w") as f:
            f.write('<!DOCTYPE html><iframe width="320" height="900" frameborder="0" src="file://%s"></iframe>' % page)
        m.do("WebDriver:Navigate", url="file://" + frame)
        m.do("WebDriver:SwitchToFrame", id=0)
        found = m.do("WebDriver:ExecuteScript", script=LOOK, args=[])["value"]
        found["asked"] = sorted(set(asked))
        m.do("WebDriver:SwitchToFrame")
        m.do("WebDriver:Navigate", url="file://" + page)
        with open(pdf, "wb") as f:
            f.write(base64.b64decode(m.do("WebDriver:Print")["value"]))
        print(json.dumps(found))
    finally:
        browser.terminate()
        browser.wait(20)
        shutil.rmtree(profile, ignore_errors=True)


main(*sys.argv[1:])
