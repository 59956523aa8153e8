#!/usr/bin/env python3
"""Tiny autoencoders computed by diffusers, for the committed fixtures.

    python make_autoencoder_fixtures.py FIXTURES

Ran with torch 2.15.0 (CPU), diffusers 0.42.1 and safetensors 0.8.0 on random weights. Beside each model's folder as
people have it: image and noise, what Float32 comes to, and its distance to Float64 (the yardstick)."""
import json, os, sys
import torch
from diffusers import AutoencoderKL
from safetensors.torch import save_file

target = sys.argv[1] + "/autoencoder"
OLD = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
BASE = dict(block_out_channels=(4, 4, 8), norm_num_groups=2, layers_per_block=1)
VARIANTS = {
    # SD1.5's: the names of diffusers before 0.17, no scaling_factor in the file; an odd size; log-variances out of range.
    "old_names": dict(config=BASE, image=(2, 3, 19, 21), names="old", dropped=["scaling_factor"], extreme=True),
    # The same attention as 1x1 convolutions, half precision.
    "convolutions_f16": dict(config=dict(BASE, scaling_factor=0.13025), image=(1, 3, 8, 12), names="old", half=True, matrices=4),
    # What no published model of SD1.5 or SDXL has, but their configuration can say.
    "no_attention": dict(config=dict(block_out_channels=(4, 6), norm_num_groups=2, layers_per_block=2, latent_channels=2,
                                     use_quant_conv=False, use_post_quant_conv=False, mid_block_add_attention=False,
                                     latents_mean=[0.25, -0.5], latents_std=[1.5, 0.75], scaling_factor=0.5),
                         image=(1, 3, 7, 5), names="new"),
    "shifted": dict(config=dict(block_out_channels=(4,), norm_num_groups=1, shift_factor=0.0609, scaling_factor=1.5305),
                    image=(1, 3, 3, 4), names="new"),
}


def latents(config, z):
    if config.latents_mean is not None:
        mean, std = (torch.tensor(v, dtype=z.dtype).view(1, -1, 1, 1) for v in (config.latents_mean, config.latents_std))
        return (z - mean) * config.scaling_factor / std
    return (z - config.shift_factor) * config.scaling_factor if config.shift_factor else z * config.scaling_factor


def samples(config, x):
    if config.latents_mean is not None:
        mean, std = (torch.tensor(v, dtype=x.dtype).view(1, -1, 1, 1) for v in (config.latents_mean, config.latents_std))
        return x * std / config.scaling_factor + mean
    return x / config.scaling_factor + (config.shift_factor or 0)


def compute(model, image, noise):
    with torch.no_grad():
        posterior = model.encode(image).latent_dist
        z = posterior.mean + posterior.std * noise
        x = latents(model.config, z)
        return {"mean": posterior.mean, "logvar": posterior.logvar, "std": posterior.std, "latents": x,
                "decoded": model.decode(samples(model.config, x)).sample}


for seed, (name, variant) in enumerate(VARIANTS.items()):
    torch.manual_seed(100 + seed)
    blocks = len(variant["config"]["block_out_channels"])
    model = AutoencoderKL(**variant["config"], down_block_types=("DownEncoderBlock2D",) * blocks,
                          up_block_types=("UpDecoderBlock2D",) * blocks).eval()
    for key, parameter in model.named_parameters():
        parameter.data = parameter.data + 0.1 * torch.randn_like(parameter)
    if variant.get("extreme"):
        model.quant_conv.bias.data[4:] += torch.tensor([-60.0, 60.0, 0, 0])
    if variant.get("half"):
        for parameter in model.parameters():
            parameter.data = parameter.data.half().float()
    image = torch.rand(variant["image"]) * 2 - 1
    factor = 2 ** (blocks - 1)
    noise = torch.randn(image.shape[0], model.config.latent_channels, image.shape[2] // factor, image.shape[3] // factor)
    single = compute(model, image, noise)
    double = compute(model.double(), image.double(), noise.double())
    model.float()
    yardstick = {k: float((single[k].double() - double[k]).norm() / double[k].norm()) for k in single}
    folder = f"{target}/{name}"
    os.makedirs(folder + "/vae", exist_ok=True)
    weights = {}
    for key, value in model.state_dict().items():
        if "attentions" in key and variant["names"] == "old":
            for new, old in OLD.items():
                key = key.replace(f".{new}.", f".{old}.")
            if variant.get("matrices") == 4 and value.ndim == 2:
                value = value[:, :, None, None]
        weights[key] = value.half().contiguous() if variant.get("half") else value.contiguous()
    save_file(weights, f"{folder}/vae/diffusion_pytorch_model.safetensors", metadata={"format": "pt"})
    config = {k: v for k, v in model.config.items() if k not in variant.get("dropped", []) and k != "_use_default_values"}
    json.dump(dict(config, _class_name="AutoencoderKL"), open(f"{folder}/vae/config.json", "w"), indent=1)
    save_file({"image": image, "noise": noise}, f"{folder}/inputs.safetensors")
    save_file({k: v.contiguous() for k, v in single.items()}, f"{folder}/out.safetensors")
    json.dump({"kind": "vae", "scaling_factor": model.config.scaling_factor}, open(f"{folder}/case.json", "w"))
    json.dump(yardstick, open(f"{folder}/yardstick.json", "w"), indent=1)
