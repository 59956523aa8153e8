"""Noise schedules and sampler timesteps as diffusers 0.42 computes them, for ScheduleTests and SamplerTests.

    python3 make.py [schedule.safetensors] > schedules.json

The formulas are those of `scheduling_ddim.py`, with NumPy in place of torch: `torch.linspace` in Float32 goes from the
start in the first half and from the end in the second, `torch.cumprod` of Float32 on a CPU accumulates in double and
rounds every product. Given a file with tables that torch 2.15 and diffusers 0.42.1 themselves made (`betas` and
`alphas_cumprod` of Stable Diffusion's schedule), the script checks that its own table of that schedule is the same to
the bit, and takes the file's.

Every table is written as 20 values in hexadecimal and as SHA-256 over "smpo/document/1", a zero byte and all values in
Float32, little-endian.
"""

import hashlib
import json
import math
import struct
import sys

import numpy as np

PLACES = [0, 1, 2, 3, 7, 50, 99, 100, 101, 250, 333, 499, 500, 501, 667, 750, 900, 997, 998, 999]


def linspace(start, end, count):
    start, end = np.float32(start), np.float32(end)
    step = float((end - start) / np.float32(count - 1))
    low = [float(start) + step * i for i in range(count // 2)]
    high = [float(end) - step * (count - 1 - i) for i in range(count // 2, count)]
    return np.array(low + high, dtype=np.float64).astype(np.float32)


def cumprod(values):
    return np.cumprod(values.astype(np.float64)).astype(np.float32)


def betas_of(kind, start, end, count=1000):
    if kind == "linear":
        return linspace(start, end, count)
    if kind == "scaled_linear":
        return linspace(start**0.5, end**0.5, count) ** np.float32(2)
    level = lambda t: math.cos((t + 0.008) / 1.008 * math.pi / 2) ** 2
    return np.array(
        [min(1 - level((i + 1) / count) / level(i / count), 0.999) for i in range(count)], dtype=np.float64
    ).astype(np.float32)


def rescaled(betas):
    """rescale_zero_terminal_snr"""
    one = np.float32(1)
    roots = np.sqrt(cumprod(one - betas))
    first, last = roots[0].copy(), roots[-1].copy()
    roots = roots - last
    roots = roots * (first / (first - last))
    bar = roots**2
    alphas = np.concatenate([bar[0:1], bar[1:] / bar[:-1]])
    return one - alphas


def digest(values):
    return hashlib.sha256(b"smpo/document/1\0" + values.astype("<f4").tobytes()).hexdigest()


def table(values):
    return {
        "digest": digest(values),
        "values": ["0x%08x" % struct.unpack("<I", struct.pack("<f", values[i]))[0] for i in PLACES],
    }


def schedule(kind, start, end, zero_snr=False):
    betas = betas_of(kind, start, end)
    if zero_snr:
        betas = rescaled(betas)
    assert betas.dtype == np.float32
    return betas, cumprod(np.float32(1) - betas)


def timesteps(spacing, steps, offset=0, count=1000):
    if spacing == "linspace":
        return np.linspace(0, count - 1, steps).round()[::-1].copy().astype(np.int64)
    if spacing == "leading":
        ratio = count // steps
        return (np.arange(0, steps) * ratio).round()[::-1].copy().astype(np.int64) + offset
    ratio = count / steps
    return np.round(np.arange(count, 0, -ratio)).astype(np.int64) - 1


def tensors(path):
    data = open(path, "rb").read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    return {
        name: np.frombuffer(data[8 + size :][slice(*entry["data_offsets"])], dtype="<f4")
        for name, entry in header.items()
        if name != "__metadata__"
    }


def main():
    kinds = {
        "stable-diffusion": ("scaled_linear", 0.00085, 0.012, False),
        "linear": ("linear", 0.0001, 0.02, False),
        "squaredcos": ("squaredcos_cap_v2", 0.0001, 0.02, False),
        "stable-diffusion-zero-snr": ("scaled_linear", 0.00085, 0.012, True),
        "linear-zero-snr": ("linear", 0.0001, 0.02, True),
    }
    tables = {name: schedule(*kind) for name, kind in kinds.items()}
    if len(sys.argv) > 1:
        given = tensors(sys.argv[1])
        for mine, name in zip(tables["stable-diffusion"], ["betas", "alphas_cumprod"]):
            assert mine.tobytes() == given[name].tobytes(), name
    result = {
        "places": PLACES,
        "schedules": {
            name: {"betas": table(betas), "alphas_cumprod": table(levels)} for name, (betas, levels) in tables.items()
        },
        "timesteps": {
            f"{spacing}/{steps}": timesteps(spacing, steps, offset).tolist()
            for spacing, offset in [("leading", 1), ("trailing", 0), ("linspace", 0)]
            for steps in [1, 2, 4, 7, 10, 15, 20, 25, 27, 28, 30, 31, 40, 47, 48, 50, 61, 96, 100]
        },
    }
    print(json.dumps(result))


main()
