"""A large Parquet set as `datasets` writes it, and what it takes to train from it.

    python Tests/Scale/table.py PROGRAM [GIGABYTES [FOLDER]]

Writes shards of pairs (snappy, row groups of 100 rows, pictures of noise as JPEG), trains the embedded model for a few steps from
all of them and from the first 40 rows, and compares the peaks of memory: more than 200 MiB between them is an error. How long it takes
to open them is in the time to the first step. Without FOLDER the set is removed at the end.
"""
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

program = os.path.abspath(sys.argv[1])
size = float(sys.argv[2]) if len(sys.argv) > 2 else 5.0
folder = os.path.abspath(sys.argv[3]) if len(sys.argv) > 3 else tempfile.mkdtemp()
root = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
GROUP, GROUPS = 100, 8


def picture(draw, edge=512):
    """Noise as a JPEG; the size of Pick-a-Pic's pictures in the mean, about 170 kB."""
    buffer = io.BytesIO()
    noise = draw.integers(0, 256, (edge // 2, edge // 2, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((edge, edge)).save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def write():
    draw = np.random.default_rng(1)
    # Few pictures are made, and many are told apart by a comment behind their end marker.
    stock = [picture(draw) for _ in range(32)]
    bytes_a_row = 2 * sum(map(len, stock)) / len(stock)
    shards = max(1, round(size * 1e9 / bytes_a_row / (GROUP * GROUPS)))
    os.makedirs(f"{folder}/data", exist_ok=True)
    row = 0
    for shard in range(shards):
        rows = []
        for _ in range(GROUP * GROUPS):
            def one():
                whole = stock[draw.integers(32)]
                mark = b"\xff\xfe\x00\x0a" + row.to_bytes(8, "big")
                return whole[:2] + mark + whole[2:]
            label = float(draw.integers(2))
            rows.append({
                "caption": f"picture {row}", "jpg_0": one(), "jpg_1": one(), "label_0": label, "label_1": 1 - label,
                "ps_score_0": [float(draw.random())], "ps_score_1": [float(draw.random())]})
            row += 1
        pq.write_table(
            pa.Table.from_pylist(rows), f"{folder}/data/train-{shard:05d}-of-{shards:05d}.parquet", row_group_size=GROUP,
            compression="snappy")
    return row, sum(os.path.getsize(f"{folder}/data/{name}") for name in os.listdir(f"{folder}/data"))


def train(label, rule=""):
    """Trains with a further line of the recipe's data; the peak of memory in bytes, and the seconds to the first step."""
    with open(f"{root}/Manifests/recipes/shapes-smpo.yaml") as file:
        recipe = re.sub(
            r"data:\n(  .*\n)+", f"data:\n  kind: parquet\n  path: {folder}\n  size: 16\n{rule}", file.read())
    with open(f"{folder}/recipe.yaml", "w") as file:
        file.write(recipe)
    begin, first = time.monotonic(), None
    with open(f"{folder}/progress", "wb") as progress:
        process = subprocess.Popen(
            [program, "train", "recipe.yaml", "--out", "trained", "--set", "training.steps=3", "--set", "optimizer.warmup=0"],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=progress)
    # Not the usage that wait4 tells: that begins with the memory of this process, from before the program was loaded.
    peak = 0
    while process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/status") as file:
                found = re.search(r"VmHWM:\s+(\d+) kB", file.read())
            # The program's file, not this one's copy.
            if found and os.readlink(f"/proc/{process.pid}/exe") == os.path.realpath(program):
                peak = max(peak, int(found[1]) * 1024)
        except FileNotFoundError:
            pass  # It has just ended.
        with open(f"{folder}/progress", "rb") as file:
            if first is None and b"step 1/" in file.read():
                first = time.monotonic() - begin
        time.sleep(0.02)
    if process.returncode or not peak or first is None:
        with open(f"{folder}/progress") as file:
            sys.exit(f"{label}: the training ended with {process.returncode}\n{file.read()}")
    print(f"{label:28s} {time.monotonic() - begin:8.1f} s, first step after {first:7.2f} s  peak {peak / (1 << 20):7.1f} MiB", flush=True)
    shutil.rmtree(f"{folder}/trained")
    return peak, first


try:
    os.symlink(f"{root}/Golden", f"{folder}/Golden")
    rows, total = write()
    print(f"{rows} rows, {total / 1e9:.2f} GB")
    made, _ = train("all rows, digests made")
    kept, opened = train("all rows, digests kept")
    train("40 rows, digests made", "  max_pairs: 40\n")
    small, least = train("40 rows, digests kept", "  max_pairs: 40\n")
    most = (max(made, kept) - small) / (1 << 20)
    print(f"{most:.1f} MiB more than from 40 rows, and {opened - least:.2f} s more to the first step")
    if most > 200:
        sys.exit("more than 200 MiB")
finally:
    if len(sys.argv) <= 3:
        shutil.rmtree(folder)
