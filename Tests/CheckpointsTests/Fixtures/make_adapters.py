"""Adapters as peft and diffusers write them, and the weights that peft's own merge_and_unload comes to.

    python make_adapters.py

Needs torch, peft, diffusers, transformers and safetensors from PyPI (written with torch 2.15.0, peft 0.21.2,
diffusers 0.42.1). Writes `adapters/`: `base.safetensors`, and a folder for each case, with what was saved, and with
`merged.safetensors` where peft merges. Each is loaded from its files onto a fresh base before it is merged."""
import copy, json, os, shutil

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from diffusers.loaders import StableDiffusionLoraLoaderMixin
from diffusers.utils import convert_state_dict_to_kohya
from peft import (IA3Config, LoHaConfig, LoKrConfig, LoraConfig, OFTConfig, PeftModel, get_peft_model,
                  get_peft_model_state_dict)
from safetensors.torch import load_file, save_file
from torch import nn
from transformers.pytorch_utils import Conv1D

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "adapters")


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.to_q, self.to_out = nn.Linear(6, 5), nn.ModuleList([nn.Linear(5, 6)])


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.attn1, self.attn2 = Attention(), Attention()
        self.conv, self.emb = nn.Conv2d(3, 4, 3), nn.Embedding(7, 6)
        self.c_attn, self.c_fc = Conv1D(6, 6), Conv1D(8, 6)

    def forward(self, x):
        return x


def base():
    model = Model()
    model.load_state_dict(load_file(f"{HERE}/base.safetensors"))
    return model


def fill(model, seed):
    """Numbers for what begins as zero, and a step away from where the others began."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.requires_grad:
                parameter += torch.randn(parameter.shape, generator=generator) * 0.2


def save(case, config, safe=True, merges=True):
    folder = f"{HERE}/{case}"
    torch.manual_seed(len(case))
    model = get_peft_model(base(), config)
    fill(model, len(case))
    model.save_pretrained(folder, safe_serialization=safe)
    readme = f"{folder}/README.md"
    if os.path.exists(readme):
        os.remove(readme)
    # Sets, in an order of their own each time.
    with open(f"{folder}/adapter_config.json") as file:
        values = json.load(file)
    with open(f"{folder}/adapter_config.json", "w") as file:
        json.dump({k: sorted(v) if isinstance(v, list) else v for k, v in values.items()}, file, indent=2)
        file.write("\n")
    if merges:
        merged = PeftModel.from_pretrained(base(), folder).merge_and_unload()
        save_file({k: v.contiguous() for k, v in merged.state_dict().items()}, f"{folder}/merged.safetensors")
    return model


def main():
    shutil.rmtree(HERE, ignore_errors=True)
    os.makedirs(HERE)
    torch.manual_seed(1)
    start = Model()
    for name in ("c_attn", "c_fc"):
        nn.init.normal_(getattr(start, name).bias)
    save_file({k: v.contiguous() for k, v in start.state_dict().items()}, f"{HERE}/base.safetensors")
    linear = ["to_q", "to_out.0"]
    lora = lambda **rest: LoraConfig(**{"r": 2, "lora_alpha": 3, "target_modules": linear, **rest})
    save("plain", lora())
    save("pickle", lora(lora_alpha=5), safe=False)
    save("rslora", lora(use_rslora=True))
    save("patterns", lora(rank_pattern={"attn1.to_q": 3, "^attn2.to_out.0": 1},
                          alpha_pattern={"attn2.to_q": 16, "to_out.0": 0.5}))
    save("layers", lora(target_modules=["conv", "emb"]))
    save("conv1d", lora(target_modules=["c_attn", "c_fc"], fan_in_fan_out=True))
    save("mixed", lora(target_modules=["c_fc", "to_q"], fan_in_fan_out=True))
    save("saved", lora(modules_to_save=["conv"]))
    save("bias", lora(lora_bias=True))
    save("gaussian", lora(init_lora_weights="gaussian", exclude_modules=["attn2.to_q"]))
    save("pissa", lora(init_lora_weights="pissa"))
    save("olora", lora(init_lora_weights="olora"))
    save("dora", lora(use_dora=True, target_modules=["to_q", "conv"]))
    save("dora-conv1d", lora(use_dora=True, target_modules=["c_fc"], fan_in_fan_out=True))
    save("all-biases", lora(bias="all"), merges=False)
    save("loha", LoHaConfig(r=2, alpha=3, target_modules=linear), merges=False)
    save("lokr", LoKrConfig(r=2, alpha=3, target_modules=linear), merges=False)
    save("ia3", IA3Config(target_modules=linear, feedforward_modules=[]), merges=False)
    save("oft", OFTConfig(r=0, oft_block_size=2, target_modules=["to_q"], use_cayley_neumann=False), merges=False)

    # The same as `patterns`, by diffusers: the configuration in the header, once with a component, once for the UNet alone.
    model = PeftModel.from_pretrained(base(), f"{HERE}/patterns")
    state = {k.removeprefix("base_model.model."): v for k, v in get_peft_model_state_dict(model).items()}
    config = json.load(open(f"{HERE}/patterns/adapter_config.json"))
    StableDiffusionLoraLoaderMixin.save_lora_weights(
        f"{HERE}/header", unet_lora_layers=state, unet_lora_adapter_metadata=config)
    # The same as `plain`, in the names that diffusers' attention processors had, B times the scale; and by kohya's names.
    model = PeftModel.from_pretrained(base(), f"{HERE}/plain")
    state = {k.removeprefix("base_model.model."): v for k, v in get_peft_model_state_dict(model).items()}
    old = {}
    for key, value in state.items():
        part = "down" if "lora_A" in key else "up"
        attention, layer = key.split(".")[0], "to_q" if "to_q" in key else "to_out"
        old[f"unet.{attention}.processor.{layer}_lora.{part}.weight"] = value if part == "down" else value * 1.5
    os.makedirs(f"{HERE}/processors")
    save_file(old, f"{HERE}/processors/pytorch_lora_weights.safetensors")
    kohya = {f"lora_unet_{k}": torch.tensor(3) if k.endswith(".alpha") else v
             for k, v in convert_state_dict_to_kohya(state).items()}
    os.makedirs(f"{HERE}/kohya")
    save_file({k: v.contiguous() for k, v in kohya.items()}, f"{HERE}/kohya/kohya.safetensors",
              metadata={"ss_network_alpha": "1", "ss_network_dim": "2"})


main()
