#!/usr/bin/env python3
"""Changes the lowest bit of a step's loss in a recorded run, and makes every hash that stands on it anew, as FORMAT.md says:
a run whose evidence holds and which no replay reproduces.

    forge.py RUN STEP     in the folder of the workspace
"""
import hashlib
import json
import sqlite3
import sys


def digest(domain, *payload):
    return hashlib.sha256(domain.encode() + b"\0" + b"".join(payload)).digest()


def canonical(value):
    """Of values without decimals."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def root(leaves):
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    left = 1
    while left * 2 < len(leaves):
        left *= 2
    return hashlib.sha256(b"\1" + root(leaves[:left]) + root(leaves[left:])).digest()


def main(run, step):
    ledger = sqlite3.connect(".smpo/ledger.sqlite")
    number, inputs, inputs_digest, outcome, circumstances = ledger.execute(
        "SELECT runs.id, inputs, inputs_digest, outcome, circumstances FROM runs "
        "JOIN environments ON environments.id = environment_id WHERE name = ?", (run,)).fetchone()
    head, leaves = digest("smpo/chain-start/1", inputs_digest), []
    for at, text in ledger.execute("SELECT step, record FROM steps WHERE run_id = ? ORDER BY step", (number,)).fetchall():
        if at == step:
            record = json.loads(text)
            loss = record["phases"]["loss"]["loss"]["f32"]
            loss[0] = f"0x{int(loss[0], 16) ^ 1:08x}"
            text = canonical(record).decode()
            ledger.execute("UPDATE phases SET digest = ? WHERE run_id = ? AND step = ? AND phase = 'loss'",
                           (digest("smpo/phase-record/1", canonical(record["phases"]["loss"])), number, at))
        leaves.append(digest("smpo/step-record/1", text.encode()))
        head = digest("smpo/chain-link/1", head, leaves[-1])
        ledger.execute("UPDATE steps SET record = ?, digest = ?, head = ? WHERE run_id = ? AND step = ?",
                       (text, leaves[-1], head, number, at))
    old = json.loads(outcome)
    new = {"chain_head": head.hex(), "steps_root": root(leaves).hex()}
    path = f"Manifests/{run}.json"
    with open(path) as file:
        manifest = file.read()
    for name, value in new.items():
        # The texts stay canonical: only digits are replaced.
        outcome, manifest = outcome.replace(old[name], value), manifest.replace(old[name], value)
    body = f'{{"circumstances":{circumstances},"format":3,"inputs":{inputs},"outcome":{outcome},"run":{json.dumps(run)}}}'
    stated = digest("smpo/manifest/1", body.encode())
    manifest = manifest.replace(json.loads(manifest)["digest"], stated.hex())
    ledger.execute("UPDATE runs SET outcome = ?, manifest_digest = ? WHERE id = ?", (outcome, stated, number))
    ledger.commit()
    with open(path, "w") as file:
        file.write(manifest)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
