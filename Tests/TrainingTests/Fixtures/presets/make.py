"""What diffusers' own schedulers do under the inversion presets, for PresetOracleTests.

    pip download --no-deps diffusers==0.20.2 diffusers==0.22.3      # and unpack both
    python3 make.py OLD/scheduling_ddim_inverse.py NEW/scheduling_ddim_inverse.py > presets.json

The inverse schedulers are the files of diffusers 0.20.2 and 0.22.3, loaded into diffusers 0.42.1 (torch 2.15), whose own
inverse scheduler must do what that of 0.22.3 does. Around them runs the loop of SmPO's public code: it takes the
scheduler's timesteps as far as they are below the pair's t, and asks the network at each.

A move is written as the timestep that the network is asked at, and the bits of what `step` makes of (sample, prediction)
= (1, 0), (0, 1) and (0.7, -1.3). `levels` are the bits of the tables at 20 places and SHA-256 of all of the table's
Float32 numbers, little-endian. `noise` is 0.1 times the root of `DDIMScheduler._get_variance`, of each move of DDIM-InPO
from a level to the next on the grid of the paper.
"""

import hashlib
import importlib.util
import json
import struct
import sys

import diffusers
import torch
from diffusers import DDIMInverseScheduler, DDIMScheduler

CONFIG = dict(
    num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", clip_sample=False,
    set_alpha_to_one=False, steps_offset=1, prediction_type="epsilon", timestep_spacing="leading",
)
PLACES = [0, 1, 2, 3, 7, 50, 99, 100, 101, 250, 333, 499, 500, 501, 667, 750, 900, 997, 998, 999]
TIMESTEPS = [0, 1, 2, 3, 100, 101, 102, 200, 201, 202, 244, 401, 500, 601, 602, 613, 801, 802, 901, 902, 999]
PROBES = [(1, 0), (0, 1), (0.7, -1.3)]


def bits(value):
    return struct.pack(">f", float(value)).hex()


def inverse_scheduler(path):
    """The class of that file, with today's package around it."""
    spec = importlib.util.spec_from_file_location("diffusers.schedulers.loaded", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module.DDIMInverseScheduler


def moves(scheduler, t):
    """The public code's loop for a pair's timestep t."""
    found = []
    for label in scheduler.timesteps.tolist():
        if label >= t:
            break
        steps = [
            scheduler.step(torch.tensor([e], dtype=torch.float32), label, torch.tensor([x], dtype=torch.float32))
            for x, e in PROBES
        ]
        found.append({"label": label, "moved": [bits(step.prev_sample[0]) for step in steps]})
    return found


def preset(kind, steps):
    scheduler = kind(**CONFIG)
    scheduler.set_timesteps(steps)
    return [{"t": t, "moves": moves(scheduler, t)} for t in TIMESTEPS]


def levels(table):
    assert table.dtype == torch.float32
    return {
        "bits": [bits(table[place]) for place in PLACES],
        "sha256": hashlib.sha256(b"".join(struct.pack("<f", value) for value in table.tolist())).hexdigest(),
    }


def noise(scheduler, steps):
    scheduler.set_timesteps(steps)
    result = []
    for t in TIMESTEPS:
        grid = [step * t // steps for step in range(steps + 1)]
        factors = [scheduler._get_variance(to, start) ** 0.5 * 0.1 for start, to in zip(grid, grid[1:])]
        result.append({"t": t, "factors": [bits(factor) for factor in factors]})
    return result


old, new = map(inverse_scheduler, sys.argv[1:])
assert preset(new, 10) == preset(DDIMInverseScheduler, 10)
alphas = DDIMScheduler(**CONFIG).alphas_cumprod
assert torch.equal(alphas, old(**CONFIG).alphas_cumprod)
print(json.dumps({
    "made": f"diffusers {diffusers.__version__}, torch {torch.__version__.split('+')[0]}",
    "places": PLACES,
    "probes": [[bits(x), bits(e)] for x, e in PROBES],
    "levels": levels(alphas),
    "float16 levels": levels(alphas.to(torch.float16).float()),
    "official": preset(old, 5),
    "official, 10 steps": preset(old, 10),
    "official-0.22": preset(new, 10),
    "noise": noise(DDIMScheduler(**CONFIG), 10),
}, indent=None, separators=(",", ":")).replace('{"t"', '\n{"t"'))
