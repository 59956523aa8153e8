#!/usr/bin/env python3
"""Runs `smpo step` on every case of a folder of oracles and prints a Markdown table: each objective, each quantity, the
distance to PyTorch's Float32 that was found, and the one that is allowed.

    python Tests/OracleTests/table.py FOLDER [--smpo .build/release/smpo] > table.md

FOLDER holds model folders (unet/, ref_unet/, inputs.safetensors, cases/, out/) as Fixtures does; needs numpy and
safetensors. Distances are relative L2. What is allowed is 20 times the distance that PyTorch's Float32 has from its
Float64; harmless differences such as other threads give up to 12 times, planted mistakes 47 and more. Of a weight's
movement the 0.3 % of values that differ most are left out, at least two: the first steps of Adam and Adafactor move a
weight by about lr · sign(gradient), and where a gradient is rounding noise its sign may fall either way.
Exit code 1 if a distance is not allowed."""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from safetensors.numpy import load_file

ALLOWED = 20
LEFT_OUT = 0.003
# Fewer numbers than this: their own distance from Float64 may be small by luck, so it counts as at least FEW.
SMALL, FEW, MANY, WEIGHTS = 16, 3e-6, 3e-7, 1e-6


def relative(difference, reference, trim=False):
    squares = np.sort((difference.ravel().astype(np.float64)) ** 2)
    if trim:
        squares = squares[: max(1, squares.size - max(2, int(LEFT_OUT * squares.size)))]
    return float((squares.sum() / max((reference.astype(np.float64) ** 2).sum(), 1e-300)) ** 0.5)


def probes(tensor):
    flat = tensor.ravel()
    return np.array([flat[int((j + 0.5) * flat.size / 16)] for j in range(16)], dtype=np.float64)


def kind(name):
    """What a tensor of the first step is, without the number of the move or of the micro-batch."""
    name = name.split(".", 1)[1] if name.split(".")[0][:5] in ("micro", "pair0", "pair1") else name
    if name.startswith("inv."):
        return "inversion: predictions" if "eps" in name else "inversion: latents"
    return {"xt": "x̃_t", "pred": "policy's prediction", "ref_pred": "reference's prediction", "target": "target τ"}.get(
        name, "errors, labels, logits of the first step"
    )


def quantities(model, case, found):
    """(quantity, distance, the distance of Float32 from Float64), the worst of each kind by their ratio."""
    out = model / "out" / case
    result = json.loads((out / "result.json").read_text())
    own = result["yardstick_fp32_vs_fp64"]
    worst = {}

    def note(what, distance, yardstick):
        if what not in worst or distance / yardstick > worst[what][0] / worst[what][1]:
            worst[what] = (distance, yardstick)

    losses = json.loads((found / "losses.json").read_text())
    assert len(losses) == len(result["losses"])
    scale = max(map(abs, result["losses"]))
    note(
        "losses of 20 steps",
        max(abs(a - b) for a, b in zip(losses, result["losses"])) / scale,
        max(max(own["loss_abs"]) / scale, FEW),
    )
    step, reference = load_file(found / "step0.safetensors"), load_file(out / "step0.safetensors")
    for name in sorted(set(step) & set(reference)):
        if name in own["step0"] and reference[name].dtype.kind == "f" and "seed_literal" not in name:
            floor = FEW if reference[name].size < SMALL else MANY
            note(
                kind(name),
                relative(step[name].astype(np.float64) - reference[name], reference[name]),
                max(own["step0"][name]["rel_l2"], floor),
            )
    names = result.get("probe_names") or json.loads((model / "out" / "probe_names.json").read_text())
    expected = load_file(out / "probes.safetensors")
    base = load_file(
        model / ("ref_unet" if result["hp"].get("start_at_ref") else "unet") / "diffusion_pytorch_model.safetensors"
    )
    start = np.stack([probes(base[name]) for name in names])
    for key in ["grads"] + [f"weights_{step:02d}" for step in (1, 5, 20)]:
        ours = np.stack([probes(t[name]) for t in [load_file(found / f"{key}.safetensors")] for name in names])
        theirs = expected[key + ".values"].astype(np.float64)
        if key == "grads":
            note("gradients", relative(ours - theirs, theirs), max(own["grads"]["rel_l2"], WEIGHTS))
            continue
        movement = own["weight_movement"][str(int(key[-2:]))]
        what = f"weights after step {int(key[-2:])}"
        if movement is None:  # the learning rate was 0: not a bit may move
            note(what, float(np.abs(ours - start).max()), 1e-300)
        else:
            note(what, relative(ours - theirs, theirs - start, trim=True), max(movement["rel_l2"], WEIGHTS))
    return worst


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--smpo", default=".build/release/smpo")
    arguments = parser.parse_args()
    print("| case | quantity | found | allowed | share |\n|---|---|--:|--:|--:|")
    too_far = 0
    for case in sorted(arguments.folder.glob("*/cases/*.json")):
        model = case.parent.parent
        if not (model / "out" / case.stem / "probes.safetensors").exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                [arguments.smpo, "step", "--model", model, "--case", case, "--inputs", model / "inputs.safetensors",
                 "--out", folder],
                check=True, stdout=subprocess.DEVNULL)  # fmt: skip
            for what, (distance, own) in quantities(model, case.stem, pathlib.Path(folder)).items():
                allowed = ALLOWED * own
                too_far += distance > allowed
                share = f"{100 * distance / allowed:.1f} %" if allowed > 1e-200 else "0"
                limit = f"{allowed:.1e}" if allowed > 1e-200 else "0"
                print(f"| {model.name} {case.stem} | {what} | {distance:.1e} | {limit} | {share} |", flush=True)
    print(f"{too_far} distances too far", file=sys.stderr)
    return 1 if too_far else 0


if __name__ == "__main__":
    sys.exit(main())
