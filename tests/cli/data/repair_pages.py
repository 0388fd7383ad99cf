"""Hurt pages of a vault's records.db by lot, repair each time, and compare what was saved with what there was.

    repair_pages.py WITHHELD VAULT ROUNDS SEED REF...     the passphrase is the first line of standard input

REF: records that have more than one state.

Nothing that was saved may differ from some state it had; what no damage touched is saved; saved and lost together are
what there was, also of the log; the new vault is clean to check --deep; the damaged one is left as it was.
"""
import hashlib, json, os, pathlib, random, shutil, subprocess, sys

PAGE = 16384
program, vault, rounds, seed = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
passphrase = sys.stdin.readline()
rng = random.Random(seed)


def run(where, *words):
    r, w = os.pipe()
    os.write(w, passphrase.encode())
    os.close(w)
    done = subprocess.run([program, "-C", str(where), "--no-input", "--passphrase-fd", str(r), *words],
                          capture_output=True, text=True, pass_fds=(r,))
    os.close(r)
    return done


def fresh(name):
    shutil.rmtree(name, ignore_errors=True)
    return pathlib.Path(name)


def dump(where):
    out = fresh("dumped")
    done = run(where, "dump", str(out), "--reveal", "--quiet")
    assert done.returncode == 0, done.stderr
    records = {}
    for file in out.glob("*.jsonl"):
        for line in file.read_text().splitlines():
            record = json.loads(line)
            records[record["_id"]] = record
    return records


def entries(where):
    """Of a vault that was just repaired: the hashes of the entries there were, and how many the repair added."""
    log = json.loads(run(where, "log", "--json").stdout)
    added = 2 if log[-2]["action"] == "adopt" else 1
    assert log[-1]["action"] == "repair", log[-1]
    return [entry["hash"] for entry in log[:-added]], added


def digest(where):
    return [(f.name, hashlib.sha256(f.read_bytes()).digest()) for f in sorted(where.iterdir())]


def past():
    """All states a field ever had, by record."""
    copy = fresh("past.vault")
    shutil.copytree(vault, copy)
    states = {name: [record] for name, record in whole.items()}
    for name, record in whole.items():
        if record.get("ref") not in sys.argv[5:]:
            continue
        for item in json.loads(run(copy, "history", name, "--json").stdout):
            if item.get("revision") and not item["purged"]:
                shown = run(copy, "show", name, "--rev", item["revision"], "--reveal", "--json")
                assert shown.returncode == 0, shown.stderr
                states[name].append(json.loads(shown.stdout)["fields"])
    return states


whole = dump(shutil.copytree(vault, fresh("whole.vault")))
states = past()
counted = json.loads(run(vault, "repair", str(fresh("counted.vault")), "--json").stdout)
revisions = counted["revisions"] - counted["added"]
entered = entries(pathlib.Path("counted.vault"))[0]
pages = os.path.getsize(vault / "records.db") // PAGE
hurt, new = pathlib.Path("round.vault"), pathlib.Path("new.vault")
made = 0
for i in range(rounds):
    shutil.copytree(vault, fresh(hurt))
    fresh(new)
    bad = rng.sample(range(pages), rng.choice((1, 1, 1, 2, 3, 5)))
    with open(hurt / "records.db", "r+b") as f:
        for page in bad:
            at = page * PAGE + rng.randrange(16 if page == 0 else 0, PAGE)
            f.seek(at)
            b = f.read(1)[0]
            f.seek(at)
            f.write(bytes([b ^ 1 << rng.randrange(8)]))
    where = "round %d of seed %d, pages %s" % (i, seed, [page + 1 for page in bad])
    before = digest(hurt)
    done = run(hurt, "repair", str(new), "--json")
    assert digest(hurt) == before, where
    assert done.returncode in (0, 4), (where, done.returncode, done.stderr)
    assert not list(pathlib.Path(".").glob("new.vault.new-*")), where
    if not new.exists():
        assert done.returncode == 4 and json.loads(done.stderr)["error"]["message"], (where, done.stderr)
        continue
    made += 1
    report = json.loads(done.stdout)
    assert (done.returncode == 0) == (report["lost"] == [] and report["left_out"] == 0), (where, report)
    assert report["revisions"] - report["added"] + report["lost_revisions"] == revisions, (where, report)
    check = run(new, "check", "--deep", "--json")
    assert check.returncode == 0, (where, check.stdout)
    # Entries that nothing else answers for (reveals, backups) are missing only where that is told; of one bad page it is known.
    log, added = entries(new)
    assert log == entered[:len(log)] and len(log) + added == report["log_entries"], (where, report)
    cut, short = any(loss["kind"] == "log-end" for loss in report["lost"]), len(log) < len(entered)
    assert cut >= short and (len(bad) > 1 or cut == short), (where, report)
    saved = dump(new)
    touched = {loss["record"] for loss in report["lost"]}
    for name, record in whole.items():
        if name not in touched:
            assert saved.get(name) == record, (where, name, saved.get(name), record)
    for name, record in saved.items():
        for field, value in record.items():
            had = name not in states or any(field not in s or s[field] == value for s in states[name])
            assert had, (where, name, field, value)
assert made > rounds // 4, (seed, made)
print("%d of %d damaged vaults were saved, in all or in part" % (made, rounds))
