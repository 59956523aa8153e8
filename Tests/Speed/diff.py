"""Times `smpo diff` beside memcmp and numpy, in turn, on pairs of 1 GiB (300 tensors, 15 of them changed).

    python Tests/Speed/diff.py [--smpo .build/release/smpo] [--rounds 7] [--size MIB] [--folder FOLDER]

Needs numpy from PyPI, GNU time, and twice the size in free disk space (by default below the temporary folder). All files are in the
page cache after the first round, which is not counted. Medians in seconds; memory is the peak of the process, of which
the files are no part: they are read, not mapped.
"""

import argparse
import ctypes
import json
import mmap
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np

TENSORS, CHANGED_EVERY = 300, 20


def write(path, dtype, size, changed, everywhere=False):
    """`size` bytes in TENSORS tensors; every CHANGED_EVERY-th (or each) one has a third of its elements moved a little."""
    width = 4 if dtype == "F32" else 2
    count = size // TENSORS // width // 1024 * 1024
    header = {f"blocks.{i:03}.weight": {"dtype": dtype, "shape": [count // 1024, 1024],
                                        "data_offsets": [i * count * width, (i + 1) * count * width]} for i in range(TENSORS)}
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for i in range(TENSORS):
            rng = np.random.default_rng(i)
            values = rng.standard_normal(count, dtype=np.float32) * np.float32(0.05)
            if changed and (everywhere or i % CHANGED_EVERY == 0):
                values = np.where(rng.random(count, dtype=np.float32) < 0.33, values * np.float32(1.01), values)
            if dtype == "F16":
                values = values.astype(np.float16)
            elif dtype == "BF16":
                word = values.view(np.uint32)
                values = ((word + 0x7FFF + (word >> 16 & 1)) >> 16).astype(np.uint16)
            file.write(values.tobytes())


def memcmp(a, b):
    libc = ctypes.CDLL(None)
    with open(a, "rb") as x, open(b, "rb") as y:
        maps = [mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ) for f in (x, y)]
        views = [np.frombuffer(m, np.uint8) for m in maps]
        # All of it: to the end of the file, piece by piece, whatever differs.
        for start in range(0, len(views[0]), 1 << 20):
            n = min(1 << 20, len(views[0]) - start)
            libc.memcmp(ctypes.c_void_p(views[0].ctypes.data + start), ctypes.c_void_p(views[1].ctypes.data + start), n)


def arrays(path, dtype):
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
    data = np.memmap(path, np.uint32 if dtype == "F32" else np.uint16, "r", 8 + length)
    width = data.itemsize
    return {k: data[v["data_offsets"][0] // width:v["data_offsets"][1] // width] for k, v in header.items()}


def numpy_bits(a, b, dtype):
    x, y = arrays(a, dtype), arrays(b, dtype)
    return sum(not np.array_equal(x[k], y[k]) for k in x)


def numpy_ulp(a, b, dtype):
    """Largest distance in ULP, by tensor."""
    x, y = arrays(a, dtype), arrays(b, dtype)
    signed, top = (np.int32, np.int32(-(2**31))) if dtype == "F32" else (np.int16, np.int16(-(2**15)))
    worst = 0
    for key in x:
        p, q = x[key].view(signed), y[key].view(signed)
        p, q = np.where(p < 0, top - p, p).astype(np.int64), np.where(q < 0, top - q, q).astype(np.int64)
        worst = max(worst, int(np.abs(p - q).max()))
    return worst


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smpo", default=".build/release/smpo")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--size", type=int, default=1024, help="MiB a file")
    parser.add_argument("--folder", help="keep the files here")
    arguments = parser.parse_args()
    folder = arguments.folder or tempfile.mkdtemp(prefix="smpo-diff-")
    os.makedirs(folder, exist_ok=True)
    path = lambda name: os.path.join(folder, name)
    size = arguments.size << 20

    def smpo(a, b, *options):
        # By way of time(1): a child of this process would begin with its memory.
        command = ["/usr/bin/time", "-q", "-f", "%M", arguments.smpo, "diff", a, b, *options]
        before = time.perf_counter()
        result = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        seconds = time.perf_counter() - before
        assert result.returncode in (0, 1), f"smpo diff failed: {result.stderr}"
        return seconds, int(result.stderr.split()[-1]) / 1024

    def timed(body, *inputs):
        before = time.perf_counter()
        body(*inputs)
        return time.perf_counter() - before, None

    print("| pair | what | seconds | GB/s | peak MiB |\n|---|---|--:|--:|--:|")
    try:
        for dtype, kind in [("F32", "15 changed"), ("F32", "identical"), ("F32", "all changed"), ("F16", "15 changed"),
                            ("BF16", "15 changed")]:
            a, b = path("a.safetensors"), path("b.safetensors")
            write(a, dtype, size, False)
            write(b, dtype, size, kind != "identical", kind == "all changed")
            jobs = {
                "smpo diff": lambda: smpo(a, b), "smpo diff --stat": lambda: smpo(a, b, "--stat"),
                "smpo diff --workers 1": lambda: smpo(a, b, "--workers", "1"),
                "memcmp, one thread": lambda: timed(memcmp, a, b), "numpy, bits": lambda: timed(numpy_bits, a, b, dtype),
                "numpy, ULP": lambda: timed(numpy_ulp, a, b, dtype),
            }
            if dtype != "F32" or kind != "15 changed":
                jobs = {k: v for k, v in jobs.items() if not k.startswith("numpy") and "workers" not in k}
            if kind == "all changed":
                # It would end at the first byte.
                del jobs["memcmp, one thread"]
            results = {name: [] for name in jobs}
            for round_ in range(arguments.rounds + 1):
                for name, job in jobs.items():
                    result = job()
                    if round_ > 0:
                        results[name].append(result)
            for name, runs in results.items():
                seconds = statistics.median(r[0] for r in runs)
                memory = max((r[1] for r in runs if r[1] is not None), default=None)
                print(f"| {dtype}, {kind} | {name} | {seconds:.3f} | {2 * size / seconds / 1e9:.1f} | "
                      f"{'' if memory is None else round(memory)} |", flush=True)
    finally:
        if not arguments.folder:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
