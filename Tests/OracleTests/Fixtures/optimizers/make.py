#!/usr/bin/env python3
"""Traces of PyTorch's and transformers' optimisers and the curves of diffusers' learning rates.

    python make.py FOLDER

writes traces.safetensors (starts, gradients, weights after the second and the last step, Adafactor's means, a moving
average), traces.json (settings and yardsticks) and schedules.json. A yardstick is the relative distance of the Float32 weights
from those that the same code comes to in Float64. Made with torch 2.15.0 (CPU), transformers 5.24.0, diffusers 0.42.1,
safetensors 0.8.0."""
import json, sys
import torch
from diffusers.optimization import get_scheduler
from diffusers.training_utils import EMAModel
from safetensors.torch import save_file
from transformers.optimization import Adafactor

folder = sys.argv[1]
STEPS, LR = 10, 1e-2
SHAPES = {"vector": [37], "one": [1], "matrix": [23, 41], "tall": [270, 3], "conv3": [8, 6, 3, 3], "conv1": [10, 7, 1, 1]}
CASES = {
    "adamw": {"name": "adamw", "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01},
    "adamw-other": {"name": "adamw", "betas": [0.8, 0.95], "eps": 1e-6, "weight_decay": 0.1},
    "adafactor": {"name": "adafactor", "clip_threshold": 1.0, "decay_rate": -0.8, "weight_decay": 0.01},
    "adafactor-other": {"name": "adafactor", "clip_threshold": 0.5, "decay_rate": -0.5, "weight_decay": 0.0},
    "sgd": {"name": "sgd", "momentum": 0.0, "weight_decay": 0.0},
    "sgd-momentum": {"name": "sgd", "momentum": 0.9, "weight_decay": 0.1},
}


def rate(k):
    """Rising from 0, as in the public runs, whose first update moves no weight."""
    return LR * k / STEPS


def make(case, parameters):
    c = dict(case)
    name = c.pop("name")
    if name == "adamw":
        return torch.optim.AdamW(parameters, lr=LR, **c)
    if name == "sgd":
        return torch.optim.SGD(parameters, lr=LR, **c)
    return Adafactor(parameters, lr=LR, scale_parameter=False, relative_step=False, warmup_init=False, **c)


torch.manual_seed(20)
starts = {n: torch.randn(s) for n, s in SHAPES.items()}
# Rows of very different size, one of zeros, and steps of different size.
grads = {}
for name, shape in SHAPES.items():
    g = torch.randn([STEPS] + shape) * 10 ** torch.linspace(-3, 0, STEPS).reshape([-1] + [1] * len(shape))
    if len(shape) > 1:
        g = g * 10 ** torch.linspace(-2, 1, shape[-2]).reshape([-1, 1])
        g[..., 1 % shape[-2], :] *= 0 if shape[-2] > 1 else 1
    grads[name] = g
tensors = {f"start/{n}": t for n, t in starts.items()} | {f"gradient/{n}": t.contiguous() for n, t in grads.items()}


def run(case, dtype):
    parameters = {n: torch.nn.Parameter(t.to(dtype).clone()) for n, t in starts.items()}
    optimizer = make(case, list(parameters.values()))
    after = {}
    for k in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = rate(k)
        for n, p in parameters.items():
            p.grad = grads[n][k].to(dtype).clone()
        optimizer.step()
        if k in (1, STEPS - 1):  # the first update has the rate 0
            after[k + 1] = {n: p.detach().clone() for n, p in parameters.items()}
    return after, {n: optimizer.state[p] for n, p in parameters.items()}


report = {}
for label, case in CASES.items():
    single, state = run(case, torch.float32)
    double, _ = run(case, torch.float64)
    yardsticks = {}
    for step, weights in single.items():
        for n, w in weights.items():
            tensors[f"{label}/{step}/{n}"] = w
            d = double[step][n]
            yardsticks[f"{step}/{n}"] = float(((w.double() - d).norm() / d.norm()))
    if case["name"] == "adafactor":
        for n, s in state.items():
            for key, short in [("exp_avg_sq_row", "row"), ("exp_avg_sq_col", "column"), ("exp_avg_sq", "second")]:
                if key in s:
                    tensors[f"{label}/{short}/{n}"] = s[key].contiguous()
    report[label] = case | {"yardsticks": yardsticks}
# A moving average of weights that go their own way: the reference of Diffusion-KTO.
network = torch.nn.Linear(5, 7, bias=False)
network.weight.data = starts["matrix"].flatten()[:35].reshape(7, 5).clone()
ema = EMAModel(network.parameters(), decay=0.6)
for k in range(STEPS):
    network.weight.data = starts["matrix"].flatten()[35 * (k + 1):35 * (k + 2)].reshape(7, 5).clone()
    ema.step(network.parameters())
    tensors[f"ema/{k + 1}"] = ema.shadow_params[0].clone()
save_file(tensors, f"{folder}/traces.safetensors")
json.dump({"lr": LR, "steps": STEPS, "cases": report}, open(f"{folder}/traces.json", "w"), indent=1)

curves = []
for name, more in [("constant", {}), ("constant_with_warmup", {}), ("linear", {}), ("cosine", {}),
                   ("cosine_with_restarts", {"cycles": 1}), ("cosine_with_restarts", {"cycles": 3}),
                   ("polynomial", {"power": 1.0}), ("polynomial", {"power": 2.5})]:
    for warmup, total in [(0, 20), (6, 20), (20, 20), (1, 2)]:
        base = 2e-3
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
        schedule = get_scheduler(name, optimizer, num_warmup_steps=warmup, num_training_steps=total,
                                 num_cycles=more.get("cycles", 1), power=more.get("power", 1.0))
        rates = []
        for k in range(total):
            rates.append(schedule.get_last_lr()[0])
            optimizer.step()
            if k + 1 < total:  # beyond the end polynomial divides by 0 where all steps are warm-up
                schedule.step()
        curves.append({"name": name, "base": base, "warmup": warmup, "total": total, "rates": rates} | more)
with open(f"{folder}/schedules.json", "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(curve) for curve in curves) + "\n]\n")
