"""Tiny models in two layouts each, for ModelContentsTests: `NAME.folder.safetensors` has the tensors of a folder as diffusers
and transformers save it (their folder in front of their names), `NAME.single.safetensors` the same weights as LDM's code
names them. The names of LDM are counted here as its constructors count; diffusers' own reader of single files then has to
give back every tensor, or nothing is written.

Made with torch 2.15.0, diffusers 0.42.1, transformers 5.24.0, safetensors: python make_layouts.py FOLDER
"""
import sys

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders.single_file_utils import (
    convert_ldm_unet_checkpoint, convert_ldm_vae_checkpoint, convert_open_clip_checkpoint)
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

torch.set_num_threads(1)
RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "time_emb_proj": "emb_layers.1", "norm2": "out_layers.0",
          "conv2": "out_layers.3", "conv_shortcut": "skip_connection"}


def state(model):
    """The weights, each number its own, in F16."""
    result = {}
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            result[name] = (torch.randn(tensor.shape) * 0.1).half()
    return result


def unet_names(weights, config):
    """diffusers' names to LDM's, by counting blocks as openaimodel.py does."""
    blocks = {"conv_in": "input_blocks.0.0", "conv_norm_out": "out.0", "conv_out": "out.2",
              "time_embedding.linear_1": "time_embed.0", "time_embedding.linear_2": "time_embed.2",
              "add_embedding.linear_1": "label_emb.0.0", "add_embedding.linear_2": "label_emb.0.2",
              "mid_block.resnets.0": "middle_block.0", "mid_block.attentions.0": "middle_block.1",
              "mid_block.resnets.1": "middle_block.2"}
    number, layers = 1, config["layers_per_block"]
    downs, ups = config["down_block_types"], config["up_block_types"]
    for i, kind in enumerate(downs):
        for j in range(layers):
            blocks[f"down_blocks.{i}.resnets.{j}"] = f"input_blocks.{number}.0"
            blocks[f"down_blocks.{i}.attentions.{j}"] = f"input_blocks.{number}.1"
            number += 1
        if i < len(downs) - 1:
            blocks[f"down_blocks.{i}.downsamplers.0.conv"] = f"input_blocks.{number}.0.op"
            number += 1
    number = 0
    for i, kind in enumerate(ups):
        for j in range(layers + 1):
            blocks[f"up_blocks.{i}.resnets.{j}"] = f"output_blocks.{number}.0"
            blocks[f"up_blocks.{i}.attentions.{j}"] = f"output_blocks.{number}.1"
            if j == layers and i < len(ups) - 1:
                place = 2 if "CrossAttn" in kind else 1
                blocks[f"up_blocks.{i}.upsamplers.0.conv"] = f"output_blocks.{number}.{place}.conv"
            number += 1
    result = {}
    for name in weights:
        head = max((b for b in blocks if name.startswith(b + ".")), key=len)
        rest = name[len(head) + 1:]
        if ".resnets." in head:
            inner, kind = rest.split(".")
            rest = f"{RESNET[inner]}.{kind}"
        result[name] = f"model.diffusion_model.{blocks[head]}.{rest}"
    return result


def vae_ldm(weights, levels):
    result = {}
    for name, tensor in weights.items():
        new = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
        for i in range(levels):
            new = new.replace(f"encoder.down_blocks.{i}.", f"encoder.down.{i}.")
            new = new.replace(f"decoder.up_blocks.{i}.", f"decoder.up.{levels - 1 - i}.")
        new = new.replace("mid_block.resnets.0", "mid.block_1").replace("mid_block.resnets.1", "mid.block_2")
        new = new.replace("mid_block.attentions.0", "mid.attn_1").replace(".resnets.", ".block.")
        new = new.replace("downsamplers.0", "downsample").replace("upsamplers.0", "upsample")
        if "attn_1" in new:
            for a, b in (("group_norm", "norm"), ("to_q", "q"), ("to_k", "k"), ("to_v", "v"), ("to_out.0", "proj_out")):
                new = new.replace(f".{a}.", f".{b}.")
            if tensor.dim() == 2:
                tensor = tensor[:, :, None, None]
        result["first_stage_model." + new] = tensor.clone()
    return result


def open_clip(weights):
    out = {}
    for name, tensor in weights.items():
        if ".self_attn.q_proj." in name:
            parts = [weights[name.replace("q_proj", p)] for p in ("q_proj", "k_proj", "v_proj")]
            layer, kind = name.split(".")[3], name.split(".")[-1]
            out[f"transformer.resblocks.{layer}.attn.in_proj_{kind}"] = torch.cat(parts)
        elif ".self_attn.k_proj." in name or ".self_attn.v_proj." in name:
            continue
        elif name == "text_projection.weight":
            out["text_projection"] = tensor.T.contiguous()
        else:
            new = name.replace("text_model.encoder.layers", "transformer.resblocks")
            for a, b in (("text_model.final_layer_norm", "ln_final"), (".layer_norm", ".ln_"), ("mlp.fc1", "mlp.c_fc"),
                         ("mlp.fc2", "mlp.c_proj"), ("self_attn.out_proj", "attn.out_proj"),
                         ("text_model.embeddings.token_embedding", "token_embedding"),
                         ("text_model.embeddings.position_embedding.weight", "positional_embedding")):
                new = new.replace(a, b)
            out[new] = tensor.clone()
    return out


def same(name, expected, found):
    found = {k: v for k, v in found.items() if k in expected or not k.endswith("position_ids")}
    assert set(expected) == set(found), (name, sorted(set(expected) ^ set(found))[:10])
    for key, tensor in expected.items():
        assert torch.equal(tensor, found[key].reshape(tensor.shape)), (name, key)


def make(name, unet, vae, texts, folder, old_vae):
    torch.manual_seed(len(name))
    parts = {"unet": state(unet), "vae": state(vae)}
    names = unet_names(parts["unet"], unet.config)
    single = {names[k]: v.clone() for k, v in parts["unet"].items()}
    same("unet", parts["unet"], convert_ldm_unet_checkpoint(dict(single), dict(unet.config)))
    own = vae_ldm(parts["vae"], len(vae.config.block_out_channels))
    same("vae", parts["vae"], convert_ldm_vae_checkpoint(dict(own), dict(vae.config)))
    single.update(own)
    parts["text_encoder"] = state(texts[0])
    prefix = "conditioner.embedders.0.transformer." if len(texts) == 2 else "cond_stage_model.transformer."
    # As the files of the models are: with `text_model.`, which transformers 5 leaves away in folders.
    single.update({prefix + "text_model." + k: v.clone() for k, v in parts["text_encoder"].items()})
    if len(texts) == 2:
        parts["text_encoder_2"] = state(texts[1])
        own = open_clip(parts["text_encoder_2"])
        back = convert_open_clip_checkpoint(texts[1], {"p." + k: v.clone() for k, v in own.items()}, prefix="p.")
        same("text_encoder_2", parts["text_encoder_2"], back)
        single.update({"conditioner.embedders.1.model." + k: v for k, v in own.items()})
        single["conditioner.embedders.1.model.logit_scale"] = torch.tensor(4.6).half()
        single["denoiser.sigmas"] = torch.linspace(0, 1, 10).half()
    else:
        single["cond_stage_model.transformer.text_model.embeddings.position_ids"] = torch.arange(7)[None]
        for buffer in ("betas", "alphas_cumprod"):
            single[buffer] = torch.linspace(0, 1, 10)
    if old_vae:
        for key in list(parts["vae"]):
            new = key
            for a, b in (("to_q", "query"), ("to_k", "key"), ("to_v", "value"), ("to_out.0", "proj_attn")):
                new = new.replace(f".{a}.", f".{b}.")
            parts["vae"][new] = parts["vae"].pop(key)
    save_file(single, f"{folder}/{name}.single.safetensors")
    save_file({f"{p}/{k}": v.contiguous() for p, w in parts.items() for k, v in w.items()},
              f"{folder}/{name}.folder.safetensors")
    print(name, len(single), sum(map(len, parts.values())))


def text(kind, **more):
    return kind(CLIPTextConfig(hidden_size=4, intermediate_size=8, num_attention_heads=2, vocab_size=11,
                               max_position_embeddings=7, bos_token_id=9, eos_token_id=10, **more))


if __name__ == "__main__":
    out = sys.argv[1]
    common = dict(norm_num_groups=2, attention_head_dim=2, in_channels=4, out_channels=4)
    # One layer a block, three levels, transformers in the last level only, which is the first of the up path.
    make("sd", UNet2DConditionModel(block_out_channels=(4, 8, 4), layers_per_block=1, cross_attention_dim=4,
                                    down_block_types=("DownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D"),
                                    up_block_types=("CrossAttnUpBlock2D", "UpBlock2D", "UpBlock2D"), **common),
         AutoencoderKL(block_out_channels=(2, 4, 2), layers_per_block=1, norm_num_groups=2, latent_channels=4,
                       down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3),
         [text(CLIPTextModel, num_hidden_layers=2)], out, old_vae=True)
    # Three layers a block, two levels, linear projections, two transformer layers, the second text encoder.
    make("sdxl", UNet2DConditionModel(block_out_channels=(2, 4), layers_per_block=3, cross_attention_dim=8,
                                      down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
                                      up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"), use_linear_projection=True,
                                      transformer_layers_per_block=[1, 2], addition_embed_type="text_time",
                                      addition_time_embed_dim=2, projection_class_embeddings_input_dim=16, **common),
         AutoencoderKL(block_out_channels=(2, 4), layers_per_block=2, norm_num_groups=2, latent_channels=4,
                       down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2),
         [text(CLIPTextModel, num_hidden_layers=1),
          text(CLIPTextModelWithProjection, num_hidden_layers=2, projection_dim=4)], out, old_vae=False)
