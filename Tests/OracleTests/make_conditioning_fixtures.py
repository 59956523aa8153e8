#!/usr/bin/env python3
"""Tiny text encoders of SD1.5 and SDXL computed by transformers and diffusers, for the committed fixtures.

    python make_conditioning_fixtures.py FIXTURES TOKENIZER

TOKENIZER is a folder with a small CLIP vocabulary in CLIP's order (vocab.json, merges.txt). Ran with torch 2.15.0 (CPU),
transformers 5.24.0, diffusers 0.42.1 and safetensors 0.8.0 on random weights. Beside the models' folders as people have
them: prompts, what Float32 comes to, and its distance to Float64 (the yardstick)."""
import json, os, shutil, sys
import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

target, vocabulary = sys.argv[1] + "/conditioning", sys.argv[2]
LENGTH = 20
PROMPTS = ["a photograph of two dogs!", "", "A RED cup,  on the moon! " * 9, "café à 3 €, it's <|endoftext|> not over"]


def tokenizer(folder, pad):
    os.makedirs(folder)
    for name in ("vocab.json", "merges.txt"):
        shutil.copyfile(f"{vocabulary}/{name}", f"{folder}/{name}")
    special = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": pad}
    json.dump(special, open(f"{folder}/special_tokens_map.json", "w"), indent=2)
    config = {"model_max_length": LENGTH, "tokenizer_class": "CLIPTokenizer", **special}
    json.dump(config, open(f"{folder}/tokenizer_config.json", "w"), indent=2)
    return CLIPTokenizer.from_pretrained(folder)


def encoder(folder, kind, size, **settings):
    torch.manual_seed(settings.pop("seed"))
    config = CLIPTextConfig(vocab_size=size, max_position_embeddings=LENGTH, **settings)
    model = kind(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter)) if parameter.dim() == 1 else parameter.mul_(6)
            parameter.copy_(parameter.half().float())
    os.makedirs(folder)
    json.dump({**config.to_dict(), "architectures": [kind.__name__]}, open(f"{folder}/config.json", "w"), indent=2)
    save_file({k: v.half().contiguous() for k, v in model.state_dict().items()}, f"{folder}/model.fp16.safetensors")
    return model


def distance(a, b):
    return float((a.double() - b).norm() / b.norm())


def finish(folder, kind, make):
    torch.set_num_threads(1)
    with torch.no_grad():
        single, double = make(torch.float32), make(torch.float64)
    json.dump({"kind": kind, "prompts": PROMPTS}, open(f"{folder}/case.json", "w"), ensure_ascii=False, indent=1)
    yardstick = {k: distance(v, double[k]) for k, v in single.items() if v.dtype == torch.float32}
    json.dump(yardstick, open(f"{folder}/yardstick.json", "w"), indent=1)
    save_file({k: v.contiguous() for k, v in single.items()}, f"{folder}/out.safetensors")


def ids(tokens, prompts):
    return tokens(prompts, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt").input_ids


shutil.rmtree(target, ignore_errors=True)

folder = f"{target}/sd"
tokens = tokenizer(f"{folder}/tokenizer", "<|endoftext|>")
model = encoder(f"{folder}/text_encoder", CLIPTextModel, len(tokens), seed=1, hidden_size=8, intermediate_size=20,
                num_hidden_layers=3, num_attention_heads=2, hidden_act="quick_gelu", eos_token_id=2)


def text(dtype):
    out = model.to(dtype)(ids(tokens, PROMPTS), output_hidden_states=True)
    norm = getattr(model, "text_model", model).final_layer_norm
    return {"input_ids": ids(tokens, PROMPTS), "last_hidden_state": out.last_hidden_state,
            "penultimate": out.hidden_states[-2], "clip_skip_1": norm(out.hidden_states[-2])}


finish(folder, "text", text)

folder = f"{target}/sdxl"
both = [tokenizer(f"{folder}/tokenizer", "<|endoftext|>"), tokenizer(f"{folder}/tokenizer_2", "!")]
one = encoder(f"{folder}/text_encoder", CLIPTextModel, len(both[0]), seed=2, hidden_size=8, intermediate_size=20,
              num_hidden_layers=2, num_attention_heads=2, hidden_act="quick_gelu", eos_token_id=2)
two = encoder(f"{folder}/text_encoder_2", CLIPTextModelWithProjection, len(both[1]), seed=3, hidden_size=12,
              intermediate_size=30, num_hidden_layers=4, num_attention_heads=3, hidden_act="gelu", projection_dim=10,
              eos_token_id=len(both[1]) - 1)


def conditioning(dtype):
    pipeline = StableDiffusionXLPipeline(
        vae=None, unet=None, text_encoder=one.to(dtype), text_encoder_2=two.to(dtype), tokenizer=both[0],
        tokenizer_2=both[1], scheduler=EulerDiscreteScheduler(), add_watermarker=False)
    embeds, _, pooled, _ = pipeline.encode_prompt(PROMPTS, do_classifier_free_guidance=False, device="cpu")
    rows = [ids(t, PROMPTS) for t in both]
    states = [m(i, output_hidden_states=True).hidden_states[-2] for m, i in zip((one, two), rows)]
    return {"input_ids": rows[0], "input_ids_2": rows[1], "first": states[0], "second": states[1],
            "prompt_embeds": embeds, "pooled": pooled}


finish(folder, "conditioning", conditioning)
