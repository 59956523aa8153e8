#!/usr/bin/env python3
"""Tiny UNets of structures beside SD1.5's and SDXL's, computed by diffusers, for the committed fixtures.

    python make_unet_fixtures.py FIXTURES

Ran with torch 2.15.0 (CPU), diffusers 0.42.1 and safetensors 0.8.0 on random weights. Beside each model's folder: sample,
timesteps and states, what Float32 comes to, and its distance to Float64 (the yardstick)."""
import json, os, shutil, sys
import torch
from diffusers import UNet2DConditionModel
from safetensors.torch import save_file

torch.set_num_threads(1)
target = sys.argv[1] + "/unet"
BASE = dict(in_channels=4, out_channels=4, norm_num_groups=2, cross_attention_dim=6, sample_size=8)
CROSS, PLAIN = ("CrossAttnDownBlock2D", "CrossAttnUpBlock2D"), ("DownBlock2D", "UpBlock2D")
VARIANTS = {
    # As SSD-1B: the number of transformer blocks behind each ResNet, another one on the way up.
    "depths": dict(block_out_channels=(2, 4), layers_per_block=2, attention_head_dim=[1, 2], use_linear_projection=True,
                   transformer_layers_per_block=[1, [2, 1]], reverse_transformer_layers_per_block=[[1, 2, 1], [1, 1, 2]],
                   down_block_types=(CROSS[0],) * 2, up_block_types=(CROSS[1],) * 2),
    # As BK-SDM's small networks: no middle block.
    "no_middle": dict(block_out_channels=(4, 6), layers_per_block=1, attention_head_dim=2, mid_block_type=None,
                      down_block_types=(CROSS[0], PLAIN[0]), up_block_types=(PLAIN[1], CROSS[1])),
    # One ResNet in the middle; another number of layers in each block, padding at one side only.
    "plain_middle": dict(block_out_channels=(4, 4, 6), layers_per_block=[2, 1, 1], attention_head_dim=[1, 2, 3],
                         mid_block_type="UNetMidBlock2D", downsample_padding=0, flip_sin_to_cos=False, freq_shift=1,
                         down_block_types=(PLAIN[0], CROSS[0], PLAIN[0]), up_block_types=(PLAIN[1], CROSS[1], PLAIN[1])),
}

shutil.rmtree(target, ignore_errors=True)
for seed, (name, variant) in enumerate(VARIANTS.items()):
    torch.manual_seed(300 + seed)
    model = UNet2DConditionModel(**BASE, **variant).eval()
    for parameter in model.parameters():
        parameter.data = (parameter.data + 0.1 * torch.randn_like(parameter)).half().float()
    sample, states = torch.randn(2, 4, 8, 12), torch.randn(2, 5, 6)
    timesteps = torch.tensor([7, 981])

    def compute(dtype):
        with torch.no_grad():
            return model.to(dtype)(sample.to(dtype), timesteps, states.to(dtype)).sample

    single, double = compute(torch.float32), compute(torch.float64)
    folder = f"{target}/{name}"
    model.half().save_pretrained(folder)
    save_file({"sample": sample, "t": timesteps, "ctx": states, "out": single}, f"{folder}/case.safetensors")
    yardstick = float((single.double() - double).norm() / double.norm())
    json.dump({"out": yardstick}, open(f"{folder}/yardstick.json", "w"))
    print(name, yardstick, sum(p.numel() for p in model.parameters()))
