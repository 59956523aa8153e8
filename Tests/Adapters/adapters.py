#!/usr/bin/env python3
"""Trains adapters with `smpo train`, loads them with peft and with diffusers, and holds their predictions against ours.

    python Tests/Adapters/adapters.py [--smpo .build/release/smpo] [--steps 20] [--keep FOLDER]

Needs torch, diffusers, peft and safetensors from PyPI (written against torch 2.15.0, diffusers 0.42.1, peft 0.21.2);
no network. Runs in a folder of its own, about two minutes. Two runs on Golden/shapes-base: the recipe shapes-lora.yaml
(attention, rank 8, alpha 16), and one with a rank and an alpha whose quotient is no power of two, on layers of every
kind. For each, the same noisy pictures go through

    smpo         the run's merged unet, by `smpo step`: what the others are held against
    torch        the same merged unet in diffusers
    peft         the base unet with PeftModel.from_pretrained(RUN/lora)
    diffusers    the base unet with unet.load_lora_adapter(RUN/lora, prefix="unet")
    pipeline     the same by what load_lora_weights of a pipeline does
    base         the base unet alone, which has to be far away

in Float32. A distance is relative, in the 2-norm, in units of how far peft's own Float32 is from its Float64 (the
yardstick); up to 20 is noise. Then the merged weights: `smpo diff --lora` has to find the merged unet within one ULP of
what the adapter's files come to, and peft's merge_and_unload to within rounding. Prints a Markdown table; exits 1 if a
line is not as expected."""
import argparse, json, os, subprocess, sys, tempfile

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from diffusers import UNet2DConditionModel
from diffusers.utils import logging
from diffusers.loaders import StableDiffusionLoraLoaderMixin
from peft import PeftModel
from safetensors.torch import load_file, save_file

LIMIT = 20
PAIRS = 8
REPOSITORY = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
RUNS = {
    "attention": [],
    "every-layer": ["lora.rank=5", "lora.alpha=7", "lora.targets=[to_q, to_v, to_out.0, ff.net.0.proj, ff.net.2, "
                    "proj_in, proj_out, time_emb_proj, linear_1, conv_in, conv_out, conv1, conv_shortcut, "
                    "downsamplers.0.conv]"],
}
rows, failures = [], 0


def row(run, what, found, expected, holds):
    global failures
    failures += not holds
    rows.append(f"| {run} | {what} | {found} | {expected} | {'yes' if holds else 'NO'} |")


def smpo(*words, status=0):
    result = subprocess.run([program, *words], cwd=folder, capture_output=True, text=True)
    if status is not None and result.returncode != status:
        sys.exit(f"smpo {' '.join(words)}: {result.returncode}\n{result.stderr}")
    return result


def predictions(unet, xt, t, ctx, dtype=torch.float32):
    with torch.no_grad():
        return unet.to(dtype)(xt.to(dtype), t, ctx.to(dtype)).sample.double()


def distance(a, b):
    return ((a.double() - b.double()).norm() / b.double().norm()).item()


def base():
    return UNet2DConditionModel.from_pretrained(f"{REPOSITORY}/Golden/shapes-base/unet")


def our_prediction(model, inputs):
    """xt, ours for it, timesteps and captions a sample: one step of the case `dpo`, whose losses do not matter here."""
    case = {"hp": {"lr": 0, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0, "clip": None, "optimizer": "adamw",
                   "steps": 1, "beta": 1, "gamma": 1, "score_min": 0, "score_max": 1, "T": 1000, "objective": "dpo"}}
    json.dump(case, open(f"{folder}/case.json", "w"))
    save_file(inputs, f"{folder}/inputs.safetensors")
    smpo("step", "--model", model, "--case", "case.json", "--inputs", "inputs.safetensors", "--out", "step")
    return load_file(f"{folder}/step/step0.safetensors")


def ulps(a, b):
    def places(x):
        bits = x.contiguous().view(torch.int32).long()
        return torch.where(bits < 0, -(bits + 2 ** 31), bits)
    return (places(a) - places(b)).abs().max().item()


def check(run, model):
    lora, merged = f"{model}/lora", load_file(f"{model}/unet/diffusion_pytorch_model.safetensors")
    generator = torch.Generator().manual_seed(3)
    config = base().config
    size, width = config.sample_size, config.cross_attention_dim
    draw = lambda *shape: torch.randn(*shape, generator=generator)
    inputs = {"x0": draw(1, 2 * PAIRS, 3, size, size), "ctx": draw(1, PAIRS, 16, width),
              "noise_pair": draw(1, PAIRS, 3, size, size), "scores": torch.zeros(1, PAIRS, 2),
              "t": torch.linspace(3, 997, PAIRS).long()[None]}
    found = our_prediction(model, inputs)
    # Winners first, then losers, as the inputs have them.
    xt, ours = found["xt"].reshape(-1, 3, size, size), found["pred"].reshape(-1, 3, size, size)
    t, ctx = inputs["t"][0].repeat(2), inputs["ctx"][0].repeat(2, 1, 1)

    adapted = PeftModel.from_pretrained(base(), lora)
    double = predictions(adapted, xt, t, ctx, torch.float64)
    adapted = PeftModel.from_pretrained(base(), lora)
    single = predictions(adapted, xt, t, ctx)
    yardstick = distance(single, double)
    row(run, "yardstick: peft, Float32 to Float64", f"{yardstick:.1e}", "below 1e-5", yardstick < 1e-5)

    unet = base()
    unet.load_lora_adapter(lora, weight_name="pytorch_lora_weights.safetensors", prefix="unet")
    by_diffusers = predictions(unet, xt, t, ctx)
    unet = base()
    state, alphas = StableDiffusionLoraLoaderMixin.lora_state_dict(
        lora, weight_name="pytorch_lora_weights.safetensors", unet_config=unet.config)
    StableDiffusionLoraLoaderMixin.load_lora_into_unet(state, network_alphas=alphas, unet=unet)
    by_pipeline = predictions(unet, xt, t, ctx)
    by_torch = predictions(UNet2DConditionModel.from_pretrained(f"{model}/unet"), xt, t, ctx)
    for name, value in [("smpo", ours), ("torch", by_torch), ("diffusers", by_diffusers),
                        ("pipeline", by_pipeline)]:
        ratio = distance(value, double) / yardstick
        row(run, f"prediction: {name} to peft in Float64", f"{ratio:.2f}", f"at most {LIMIT}", ratio <= LIMIT)
    ratio = distance(ours, single) / yardstick
    row(run, "prediction: smpo to peft", f"{ratio:.2f}", f"at most {LIMIT}", ratio <= LIMIT)
    ratio = distance(predictions(base(), xt, t, ctx), double) / yardstick
    row(run, "prediction: base to peft in Float64", f"{ratio:.0f}", "over 1000", ratio > 1000)

    theirs = PeftModel.from_pretrained(base(), lora).merge_and_unload().state_dict()
    before = base().state_dict()
    worst = max(ulps(merged[name], theirs[name]) for name in merged)
    far = max(((merged[name] - theirs[name]).abs().max() / merged[name].abs().max()).item() for name in merged)
    row(run, f"weights: merge_and_unload of peft, largest ULP {worst}; to the tensor's largest", f"{far:.1e}",
        "at most 2e-7", sorted(merged) == sorted(theirs) and far <= 2e-7)
    changed = {name.removesuffix(".weight") for name in merged if not torch.equal(merged[name], before[name])}
    named = {key.removeprefix("base_model.model.").split(".lora_")[0]
             for key in load_file(f"{lora}/adapter_model.safetensors")}
    row(run, "weights: changed layers", len(changed), f"the {len(named)} with adapters", changed == named)
    for name in ["", "/adapter_model.safetensors", "/pytorch_lora_weights.safetensors"]:
        # Diffusers' B has alpha / rank in it, rounded: weights that nearly cancel are off by more than their own ULP.
        is_exact = run == "attention" or "pytorch_lora" not in name
        tolerance = "ulp:1" if is_exact else "rtol:1e-6,atol:1e-8"
        result = smpo("diff", "--lora", "--base", "Golden/shapes-base/unet", lora + name, f"{model}/unet",
                      "--tolerance", tolerance, "--stat", status=None)
        row(run, f"smpo diff --lora --tolerance {tolerance}: lora{name}", result.stdout.strip().split(":")[0],
            "exit 0", result.returncode == 0)


parser = argparse.ArgumentParser()
parser.add_argument("--smpo", default=f"{REPOSITORY}/.build/release/smpo")
parser.add_argument("--steps", type=int, default=20)
parser.add_argument("--keep")
arguments = parser.parse_args()
program = os.path.abspath(arguments.smpo)
torch.set_num_threads(1)
logging.set_verbosity_error()
with tempfile.TemporaryDirectory() as temporary:
    folder = os.path.abspath(arguments.keep or temporary)
    os.makedirs(folder, exist_ok=True)
    os.symlink(f"{REPOSITORY}/Golden", f"{folder}/Golden")
    for run, overrides in RUNS.items():
        sets = [word for value in overrides for word in ("--set", value)]
        smpo("train", f"{REPOSITORY}/Manifests/recipes/shapes-lora.yaml", "--record", "--name", run,
             "--set", f"training.steps={arguments.steps}",
             "--set", f"optimizer.warmup={min(10, arguments.steps // 2)}", *sets)
        check(run, f"{folder}/.smpo/runs/{run}")
print("| run | what | found | expected | holds |\n|---|---|---|---|---|")
print("\n".join(rows))
sys.exit(1 if failures else 0)
