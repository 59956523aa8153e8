#!/usr/bin/env python3
"""Cut a small part out of the oracle set for the committed fixtures.

    python make_fixtures.py ORACLES FIXTURES

The set was computed with torch 2.15.0 (CPU, Float32), diffusers 0.42.1, transformers 5.23.0 and safetensors 0.8.0 on
random weights: it tests numerics, not pictures. Needs numpy and safetensors."""
import json, os, shutil, sys
from safetensors.numpy import load_file, save_file

source, target = sys.argv[1:3]
STEPS = 2


def copy(name):
    os.makedirs(os.path.dirname(f"{target}/{name}"), exist_ok=True)
    shutil.copyfile(f"{source}/{name}", f"{target}/{name}")


for folder in ["sd/unet", "sd/ref_unet"]:
    for file in ["config.json", "diffusion_pytorch_model.safetensors"]:
        copy(f"{folder}/{file}")
for folder in ["sd/text_encoder", "sdxl/text_encoder_2"]:
    for file in ["config.json", "model.safetensors"]:
        copy(f"{folder}/{file}")
for file in ["config.json", "model.safetensors"]:
    copy(f"sd/pickscore/{file}")
for name in ["sd/out/pickscore.safetensors", "sd/schedule.safetensors", "sd/out/text_encoder.safetensors", "sdxl/out/text_encoder_2.safetensors",
             "sd/out/unet_odd_size.safetensors"]:
    copy(name)
inputs = load_file(f"{source}/sd/inputs.safetensors")
keep = ["x0", "ctx", "t", "scores", "noise_pair", "noise", "kto_t"]
save_file({k: inputs[k][:STEPS].copy() for k in keep}, f"{target}/sd/inputs.safetensors")
blocks = load_file(f"{source}/sd/out/unet_blocks.safetensors")
save_file({k: v for k, v in blocks.items() if v.size < 20000}, f"{target}/sd/out/unet_blocks.safetensors")
os.makedirs(f"{target}/sd/cases", exist_ok=True)
scalars = ["sq_model", "sq_ref", "p", "coef", "diff", "inside", "g", "h", "kl", "odds", "loss"]
wanted = {"smpo": ["inv.x09", "inv.renoised09", "xt", "target", "pred", "ref_pred"], "dpo": ["pred"],
          "kto": ["xt", "pred", "ref_pred"], "mapo": ["xt", "pred"]}
for name, tensors in wanted.items():
    case = json.load(open(f"{source}/sd/cases/{name}.json"))
    case["hp"]["steps"] = STEPS
    json.dump(case, open(f"{target}/sd/cases/{name}.json", "w"), indent=1)
    step0 = load_file(f"{source}/sd/out/{name}/step0.safetensors")
    kept = [k for k in tensors + scalars if k in step0]
    os.makedirs(f"{target}/sd/out/{name}", exist_ok=True)
    save_file({k: step0[k] for k in kept}, f"{target}/sd/out/{name}/step0.safetensors")
    result = json.load(open(f"{source}/sd/out/{name}/result.json"))
    yard = result["yardstick_fp32_vs_fp64"]
    json.dump({"losses": result["losses"][:STEPS], "yardstick_fp32_vs_fp64": {
        "loss_abs": yard["loss_abs"][:STEPS], "step0": {k: yard["step0"][k] for k in kept if k in yard["step0"]}}},
        open(f"{target}/sd/out/{name}/result.json", "w"), indent=1)
yardsticks = json.load(open(f"{source}/aux_yardstick.json"))
json.dump({k: v for k, v in yardsticks.items() if "text_encoder" in k or "pickscore" in k}, open(f"{target}/aux_yardstick.json", "w"), indent=1)
