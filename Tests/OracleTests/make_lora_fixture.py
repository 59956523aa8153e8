#!/usr/bin/env python3
"""Make the fixture of a UNet with adapters: `python make_lora_fixture.py FIXTURES/lora`.

Made with torch 2.15.0 (CPU), diffusers 0.42.1, peft 0.21.2 and safetensors 0.8.0. PEFT puts adapters of rank 3 and
alpha 4 on projections, feed-forward layers, a time projection and convolutions of every kind (1x1, 3x3, stride 2) of a
small random UNet, A as PEFT draws it and B random too, so that every gradient says something. Kept are weights,
inputs, output, and the gradients of the sum of output x seed, computed in Float64; `yardstick` is how far torch's own
Float32 is from that (relative, in the 2-norm)."""
import json, os, sys
import torch
from diffusers import UNet2DConditionModel
from peft import LoraConfig, inject_adapter_in_model
from safetensors.torch import save_file

folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
torch.manual_seed(5)
torch.set_num_threads(1)
RANK, ALPHA = 3, 4
TARGETS = ["to_k", "to_q", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2", "proj_in", "time_emb_proj", "conv_in",
           "resnets.0.conv1", "conv_shortcut", "downsamplers.0.conv"]

unet = UNet2DConditionModel(
    in_channels=3, out_channels=3, sample_size=8, block_out_channels=(4, 8),
    down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
    layers_per_block=1, attention_head_dim=2, cross_attention_dim=6, norm_num_groups=2)
base = {name: tensor.detach().clone() for name, tensor in unet.state_dict().items()}
inject_adapter_in_model(LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=TARGETS, lora_dropout=0.0), unet)
inputs = {"sample": torch.randn(2, 3, 8, 8), "ctx": torch.randn(2, 5, 6), "seed": torch.randn(2, 3, 8, 8)}
timesteps = torch.tensor([37, 812])
adapters = {name: parameter for name, parameter in unet.named_parameters() if "lora_" in name}
for name, parameter in adapters.items():
    if "lora_B" in name:
        torch.nn.init.normal_(parameter, std=0.2)
    parameter.requires_grad_(True)
values = {name.replace(".default", ""): parameter.detach().clone() for name, parameter in adapters.items()}


def run(dtype):
    unet.to(dtype)
    unet.zero_grad()
    out = unet(inputs["sample"].to(dtype), timesteps, inputs["ctx"].to(dtype)).sample
    (out * inputs["seed"].to(dtype)).sum().backward()
    gradients = {"gradient/" + name.replace(".default", ""): parameter.grad.detach().clone()
                 for name, parameter in unet.named_parameters() if "lora_" in name}
    return {"out": out.detach().clone(), **gradients}


single, double = run(torch.float32), run(torch.float64)


def distance(name):
    return ((single[name].double() - double[name]).norm() / double[name].norm()).item()


save_file(base, f"{folder}/diffusion_pytorch_model.safetensors", metadata={"format": "pt"})
config = {key: value for key, value in unet.config.items() if not key.startswith("_")}
config["_class_name"] = "UNet2DConditionModel"
json.dump(config, open(f"{folder}/config.json", "w"), indent=1, sort_keys=True)
save_file({**values, **inputs, "t": timesteps, **{name: tensor.float() for name, tensor in double.items()}},
          f"{folder}/adapters.safetensors")
json.dump({"rank": RANK, "alpha": ALPHA, "targets": TARGETS,
           "yardstick": {"out": distance("out"),
                         "gradients": max(distance(name) for name in double if name.startswith("gradient/"))}},
          open(f"{folder}/adapters.json", "w"), indent=1)
