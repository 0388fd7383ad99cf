"""release_seeds.py FOLDER: beginnings for fuzz_release, a manifest and a signature file of its form under a key of bytes 0 to 31."""
import base64
import hashlib
import os
import sys

KEY = bytes(range(32))
NUMBER = hashlib.blake2b(b"withheld:minisign-key:1\0" + KEY, digest_size=32).digest()[:8]


def b64(b):
    return base64.b64encode(b).decode()


MANIFEST = """{
  "format": "withheld-release/1",
  "audience": "press-2026-autumn",
  "purpose": "What happened to those who asked for asylum",
  "expires": "2027-01-31",
  "as_of": "2026-10",
  "key": "%s",
  "files": [
    {"name": "index.html", "size": 32132, "sha256": "%s"},
    {"name": "person.csv", "size": 0, "sha256": "%s"}
  ]
}
""" % (b64(b"Ed" + NUMBER + KEY), "73" * 32, "ed" * 32)

SIGNATURE = """untrusted comment: signature from a withheld vault
%s
trusted comment: withheld release, data as of 2026-10, for press-2026-autumn
%s
""" % (b64(b"ED" + NUMBER + bytes(64)), b64(bytes(64)))

os.makedirs(os.path.join(sys.argv[1], "release"), exist_ok=True)
for name, text in (("manifest", MANIFEST), ("signature", SIGNATURE)):
    with open(os.path.join(sys.argv[1], "release", name), "w") as f:
        f.write(text)
