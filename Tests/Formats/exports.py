#!/usr/bin/env python3
"""Has MLflow, TensorBoard and rocrate from PyPI read what `smpo runs export` writes, and holds the numbers against the
ledger's.

    pip install mlflow tensorboard rocrate
    python Tests/Formats/exports.py RUN [--smpo .build/release/smpo]

RUN is a finished run in the ledger of the folder. Exit code 1 if a number differs."""
import argparse
import os
import sqlite3
import struct
import subprocess
import sys
import tempfile

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"


def recorded(run):
    """Loss of each step, from the bits in the ledger."""
    rows = sqlite3.connect("file:.smpo/ledger.sqlite?mode=ro", uri=True).execute(
        "SELECT step, bits FROM losses WHERE run = ? ORDER BY step", (run,)
    )
    return {step: struct.unpack(">f", bytes.fromhex(bits[2:]))[0] for step, bits in rows}


def mlflow_losses(folder, run):
    import mlflow

    client = mlflow.MlflowClient(tracking_uri="file://" + folder)
    found = [
        entry
        for experiment in client.search_experiments()
        for entry in client.search_runs([experiment.experiment_id])
        if entry.info.run_name == run
    ]
    assert len(found) == 1, found
    print(f"  {len(found[0].data.params)} parameters, metrics {sorted(found[0].data.metrics)}")
    assert found[0].data.tags["smpo.chain_head"].startswith(found[0].info.run_id)
    assert [item.path for item in client.list_artifacts(found[0].info.run_id)] == ["manifest.json"]
    return {point.step: point.value for point in client.get_metric_history(found[0].info.run_id, "loss")}


def tensorboard_losses(folder, run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(os.path.join(folder, run), size_guidance={"scalars": 0})
    events.Reload()
    print(f"  scalars {sorted(events.Tags()['scalars'])}")
    return {event.step: event.value for event in events.Scalars("loss")}


def crate_losses(folder, run):
    import csv

    from rocrate.rocrate import ROCrate

    crate = ROCrate(folder)
    action = crate.dereference("#run")
    print(f"  {crate.name}: {action.type}, {len(action['object'])} inputs, results {[f.id for f in action['result']]}")
    assert action["instrument"].id == "#smpo"
    with open(os.path.join(folder, "figures.csv"), newline="") as file:
        return {int(row["step"]): struct.unpack("f", struct.pack("f", float(row["loss"])))[0] for row in csv.DictReader(file)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run")
    parser.add_argument("--smpo", default=".build/release/smpo")
    arguments = parser.parse_args()
    expected = recorded(arguments.run)
    wrong = 0
    for form, read in [("mlflow", mlflow_losses), ("tensorboard", tensorboard_losses), ("ro-crate", crate_losses)]:
        with tempfile.TemporaryDirectory() as folder:
            folder = os.path.join(folder, form)
            subprocess.run(
                [arguments.smpo, "runs", "export", arguments.run, "--format", form, "--out", folder],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            print(form)
            # MLflow keeps decimals of a Float32 that was widened: exact.
            same = read(folder, arguments.run) == expected
            print(f"  {len(expected)} losses {'equal to the last bit' if same else 'DIFFER'}")
            wrong += not same
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
