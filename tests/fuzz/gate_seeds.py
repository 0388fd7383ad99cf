"""Beginnings for fuzz_gate.c: small files of a release with names in them. gate_seeds.py FOLDER writes FOLDER/gate/."""
import base64
import pathlib
import sys

NAME = 'Choi Myung-bok'
HIDDEN = [
    NAME, 'C h o i  M y u n g - b o k', '최명복', NAME.encode().hex(' '), base64.b64encode(NAME.encode()).decode(),
    base64.b64encode(NAME.encode('utf-16-le')).decode(), ''.join('%%%02X' % b for b in NAME.encode()), ''.join('&#%d;' % ord(c) for c in 'Цой Мён Бок'),
    '&TScy;&ocy;&jcy; &Mcy;', ''.join('\\u%04x' % ord(c) for c in 'Цой Мён Бок'), '=D0=A6=D0=BE=D0=B9', '\\43 hoi', '+7 921 765-43-21, M12345678, a@b.org',
]
FILES = [
    '0ode,one,two\r\np-4f8x2k,%s,"it is ""%s"""\r\n', '1\n[{"note": "%s", "%s": 12}]\n', '2<table><tr><td>%s</td><td><b>C</b>hoi %s</td></tr></table>\n',
    '3\nWe thank\n%s and %s.\n', '4ress-%s-%s.csv',
]

folder = pathlib.Path(sys.argv[1]) / 'gate'
folder.mkdir(parents=True, exist_ok=True)
for i, text in enumerate(FILES):
    half = len(HIDDEN) // 2
    (folder / str(i)).write_text(text % (' '.join(HIDDEN[:half]), ' '.join(HIDDEN[half:])), encoding='utf-8')
(folder / 'wide').write_bytes((FILES[3] % (NAME, 'Цой Мён Бок')).encode('utf-16'))
(folder / 'old').write_bytes((FILES[3] % (NAME, 'Цой Мён Бок')).encode('cp1251', 'replace'))
