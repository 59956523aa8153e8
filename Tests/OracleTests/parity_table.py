#!/usr/bin/env python3
"""Runs `smpo parity` on the cases of model folders and prints a Markdown table: each tensor, the distance to what the
other framework found, and that distance in yardsticks.

    python Tests/OracleTests/parity_table.py FOLDER... [--data DIR] [--smpo .build/release/smpo] > table.md

A FOLDER holds cases/, inputs/, out/ and yardstick.json; cases of kinds that smpo does not compute are left out, and named
on stderr. Needs numpy and safetensors. Distances are relative L2; a yardstick is the distance that the framework's
Float32 has from its Float64, at least 3e-7 (3e-6 of fewer than 16 numbers), and 20 of them are allowed. Integers must
be equal; 8-bit pictures (names that end in _u8) may differ by one level in two of a thousand values, whose share then
stands in the last column. Exit code 1 if a tensor is too far, has another shape, or is missing."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from safetensors.numpy import load_file

ALLOWED, SMALL, FEW, MANY, UNEQUAL = 20, 16, 3e-6, 3e-7, 0.002


def judged(name, found, expected, yardstick):
    """(distance, yardstick, what stands in the last column, whether it is allowed)"""
    if found is None or found.shape != expected.shape:
        return "-", "-", "missing" if found is None else f"shape {list(found.shape)}", False
    if expected.dtype.kind == "f":
        a, b = found.astype(np.float64).ravel(), expected.astype(np.float64).ravel()
        norm = np.linalg.norm(b)
        if norm == 0:
            return f"{np.abs(a).max(initial=0):.1e}", "-", "zeros", not a.any()
        distance = np.linalg.norm(a - b) / norm
        yardstick = max(yardstick or 0, FEW if b.size < SMALL else MANY)
        return f"{distance:.1e}", f"{yardstick:.1e}", f"{distance / yardstick:.2f}", distance <= ALLOWED * yardstick
    difference = np.abs(found.astype(np.int64) - expected.astype(np.int64))
    most, share = int(difference.max(initial=0)), float((difference != 0).mean()) if difference.size else 0.0
    allowed = most <= (1 if name.endswith("_u8") else 0) and share <= UNEQUAL
    return str(most), "-", "equal" if most == 0 else f"{share:.2%} unequal", allowed


def kinds(smpo):
    """The kinds of cases that the program computes, as its error says of one that it does not know."""
    with tempfile.TemporaryDirectory() as scratch:
        pathlib.Path(f"{scratch}/case").write_text('{"kind": "?"}')
        command = [smpo, "parity", "--model", scratch, "--case", f"{scratch}/case", "--out", f"{scratch}/out"]
        text = subprocess.run(command, capture_output=True, text=True).stderr
    return text.partition("expected one of ")[2].partition(", found")[0].split(", ")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=pathlib.Path)
    parser.add_argument("--data")
    parser.add_argument("--smpo", default=".build/release/smpo")
    options = parser.parse_args()
    holds, known = True, kinds(options.smpo)
    print("| case | tensor | distance | yardstick | yardsticks |\n|---|---|--:|--:|--:|")
    for folder in options.folders:
        yardsticks = json.loads((folder / "yardstick.json").read_text())
        for case in sorted((folder / "cases").glob("*.json")):
            kind = json.loads(case.read_text())["kind"]
            if kind not in known:
                print(f"{folder.name} {case.stem}: of the kind {kind}, which smpo does not compute", file=sys.stderr)
                continue
            inputs = folder / "inputs" / f"{case.stem}.safetensors"
            with tempfile.TemporaryDirectory() as scratch:
                command = [options.smpo, "parity", "--model", str(folder), "--case", str(case), "--out", f"{scratch}/out"]
                command += ["--inputs", str(inputs)] if inputs.exists() else []
                command += ["--data", options.data] if options.data else []
                run = subprocess.run(command, capture_output=True, text=True)
                if run.returncode:
                    sys.exit(f"{folder.name} {case.stem}: {run.stderr.strip()}")
                found = load_file(f"{scratch}/out")
            expected = load_file(folder / "out" / f"{case.stem}.safetensors")
            for name in sorted(expected):
                own = yardsticks.get(case.stem, {}).get(name, {}).get("rel_l2")
                *cells, allowed = judged(name, found.get(name), expected[name], own)
                holds = holds and allowed
                print(f"| {folder.name} {case.stem} | {name} | {' | '.join(cells)}{'' if allowed else ' **too far**'} |")
    sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
