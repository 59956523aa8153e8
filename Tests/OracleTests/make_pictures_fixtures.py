#!/usr/bin/env python3
"""One step of SmPO from pictures in a table, computed by Pillow, transformers and diffusers, for the committed fixtures.

    python make_pictures_fixtures.py FIXTURES TOKENIZER          writes FIXTURES/pictures
    python make_pictures_fixtures.py --check MODEL CASE TABLES   computes a case of somebody else, and says how far it is

TOKENIZER is a folder with a small CLIP vocabulary in CLIP's order (vocab.json, merges.txt). The pictures are rows of
`../DatasetsTests/Fixtures/tables/scored.parquet`. Ran with torch 2.15.0 (CPU), transformers 5.24.0, diffusers 0.42.1, pyarrow
26.0.1 and Pillow 13.0.0 on random weights. Beside the models' folders: the noise of the latents, what Float32 comes to, and its
distance to Float64 (the yardstick)."""
import io, json, os, shutil, sys
import numpy as np
import pyarrow.parquet as pq
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import (CLIPConfig, CLIPModel, CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer)

HERE = os.path.dirname(os.path.abspath(__file__))
SPECIAL = {"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>"}
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


# What the public scripts do with a row: the case's own words, by other people's code.

def smaller(image, edge, filter, corner):
    """Shorter side to `edge` by Pillow, then a square."""
    short, long = sorted(image.size)
    if short != edge:
        other = edge * long // short
        image = image.resize((edge, other) if image.width <= image.height else (other, edge), filter)
    left, top = (corner(side - edge) for side in image.size)
    return image.crop((left, top, left + edge, top + edge))


def scores(folder, images, captions, dtype):
    model = CLIPModel.from_pretrained(folder).eval().to(dtype)
    settings = json.load(open(f"{folder}/preprocessor_config.json"))
    edge = settings["crop_size"]["height"]
    planes = []
    for image in images:
        square = np.asarray(smaller(image, edge, Image.Resampling.BICUBIC, lambda rest: rest // 2))
        planes.append((torch.tensor(square).float() / 255 - torch.tensor(MEAN)) / torch.tensor(STD))
    pixels = torch.stack(planes).permute(0, 3, 1, 2)
    tokens = CLIPTokenizer.from_pretrained(folder)
    out = model(input_ids=ids(tokens, captions, model.config.text_config.max_position_embeddings), pixel_values=pixels.to(dtype))
    both = [states / states.norm(dim=-1, keepdim=True) for states in (out.image_embeds, out.text_embeds)]
    return (both[0] * both[1]).sum(-1).float()


def ids(tokens, prompts, length):
    return tokens(list(prompts), padding="max_length", max_length=length, truncation=True, return_tensors="pt").input_ids


def texts(folder, prompts, dtype):
    """States of the captions; with a second encoder the penultimate ones of both, and the pooled projection."""
    def run(number, kind):
        model = kind.from_pretrained(f"{folder}/text_encoder{number}", **variant(f"{folder}/text_encoder{number}")).eval().to(dtype)
        tokens = CLIPTokenizer.from_pretrained(f"{folder}/tokenizer{number}")
        return model(ids(tokens, prompts, model.config.max_position_embeddings), output_hidden_states=True)
    if not os.path.exists(f"{folder}/text_encoder_2"):
        return run("", CLIPTextModel).last_hidden_state, None
    first, second = run("", CLIPTextModel), run("_2", CLIPTextModelWithProjection)
    return torch.cat([first.hidden_states[-2], second.hidden_states[-2]], -1), second.text_embeds


def variant(folder):
    return {"variant": "fp16", "torch_dtype": torch.float32} if any(".fp16." in name for name in os.listdir(folder)) else {}


def compute(folder, case, inputs, table, scorer, dtype):
    torch.manual_seed(0)
    rows = pq.read_table(table).take(case["rows"]).to_pylist()
    images = [[Image.open(io.BytesIO(row[name])).convert("RGB") for name in ("jpg_0", "jpg_1")] for row in rows]
    captions = [row["caption"] for row in rows]
    count, edge, hp = len(rows), case["resolution"], case["hp"]
    with torch.no_grad():
        found = scores(scorer, sum(images, []), [c for c in captions for _ in range(2)], dtype).view(count, 2)
    winner = (found[:, 0] <= found[:, 1]).long().tolist()
    assert [f"jpg_{w}" for w in winner] == case["winner"]

    squares = []
    for loser in (0, 1):
        for row in range(count):
            square = smaller(images[row][winner[row] ^ loser], edge, Image.Resampling.BILINEAR, lambda rest: round(rest / 2))
            squares.append(square.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if case["flips"][row][loser] else square)
    pixels = torch.stack([torch.tensor(np.asarray(square)) for square in squares])

    vae = AutoencoderKL.from_pretrained(f"{folder}/vae", **variant(f"{folder}/vae")).eval().to(dtype)
    with torch.no_grad():
        posterior = vae.encode(((pixels.permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.5).to(dtype)).latent_dist
        x0 = (posterior.mean + posterior.std * inputs["noise"].to(dtype)) * vae.config.scaling_factor
        context, pooled = texts(folder, captions, dtype)

    policy, reference = (
        UNet2DConditionModel.from_pretrained(f"{folder}/unet", **variant(f"{folder}/unet")).eval().to(dtype) for _ in range(2))
    more, out = {}, {}
    if pooled is not None:
        sizes = torch.tensor([[edge, edge, 0, 0, edge, edge]] * count, dtype=dtype)
        out.update(pooled=pooled, time_ids=sizes)
        more["added_cond_kwargs"] = {"text_embeds": pooled.repeat(2, 1), "time_ids": sizes.repeat(2, 1)}
    betas = torch.linspace(0.00085 ** 0.5, 0.012 ** 0.5, 1000) ** 2
    levels = torch.cumprod(1 - betas, 0).to(dtype)

    def noise(model, x, times):
        return model(x, torch.tensor(times * 2), encoder_hidden_states=context.repeat(2, 1, 1), **more).sample

    def level(times):
        return levels[torch.tensor(times * 2)].view(-1, 1, 1, 1)

    def move(x, e, origin, target):
        a, b = level(origin), level(target)
        return b.sqrt() * (x - (1 - a).sqrt() * e) / a.sqrt() + (1 - b).sqrt() * e

    times, steps = case["timesteps"], hp["inversion"]["steps"]
    grid = [[k * t // steps for t in times] for k in range(steps + 1)]
    x = x0
    with torch.no_grad():
        for k in range(steps):
            last, x = x, move(x, noise(policy, x, grid[k]), grid[k], grid[k + 1])
        # ReNoise: the last step once more from where it began, with the prediction where it ended.
        xt = move(last, noise(policy, x, times), grid[steps - 1], times)
        target = (xt - level(times).sqrt() * x0) / (1 - level(times)).sqrt()
        own = (noise(reference, xt, times) - target).square().mean((1, 2, 3))

    def normed(score):
        return (score.double() - hp["score_min"]) / (hp["score_max"] - hp["score_min"])
    order = torch.tensor(winner)
    pick = found.gather(1, torch.stack([order, 1 - order], 1))
    p = torch.softmax(normed(pick), 1)[:, 0]
    coefficient = hp["gamma"] * (2 * p - 1)
    pred = noise(policy, xt, times)
    errors = (pred - target).square().mean((1, 2, 3))
    difference = (errors - own)[:count] - (errors - own)[count:]
    loss = -torch.nn.functional.logsigmoid(-0.5 * case["beta"] * coefficient.to(dtype) * difference).mean()
    loss.backward()
    gradients = {name: parameter.grad for name, parameter in policy.named_parameters()}
    total = sum(g.double().square().sum() for g in gradients.values()).sqrt()
    out.update(scores=found, p=p, coefficient=coefficient, x0=x0, ctx=context, xt=xt, target=target, pred=pred.detach(),
               loss=loss.detach().view(1), gradient_norm=total.view(1))
    for name in case["gradients"]:
        out[f"grad.{name}"] = gradients[name]
    return {"pixels_u8": pixels, **out}


# The fixtures.

def tokenizer(folder, vocabulary, pad, length):
    os.makedirs(folder, exist_ok=True)
    for name in ("vocab.json", "merges.txt"):
        shutil.copyfile(f"{vocabulary}/{name}", f"{folder}/{name}")
    json.dump({**SPECIAL, "pad_token": pad}, open(f"{folder}/special_tokens_map.json", "w"), indent=2)
    json.dump({"model_max_length": length, "tokenizer_class": "CLIPTokenizer", **SPECIAL, "pad_token": pad},
              open(f"{folder}/tokenizer_config.json", "w"), indent=2)
    return len(json.load(open(f"{folder}/vocab.json")))


def save(model, folder, name, seed, scale=1.0):
    """Random weights that halves hold, so that no layer is idle."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter)) if parameter.dim() == 1 else parameter.mul_(scale)
    model.half().save_pretrained(folder, variant="fp16")
    del name


def distance(a, b):
    return float((a.double() - b.double()).norm() / b.double().norm().clamp(min=1e-300))


def main(target, vocabulary):
    torch.set_num_threads(1)
    target += "/pictures"
    shutil.rmtree(target, ignore_errors=True)
    length = 12
    sdxl = f"{target}/sdxl"
    size = tokenizer(f"{sdxl}/tokenizer", vocabulary, "<|endoftext|>", length)
    tokenizer(f"{sdxl}/tokenizer_2", vocabulary, "!", length)
    shared = dict(vocab_size=size, max_position_embeddings=length, eos_token_id=2)
    save(CLIPTextModel(CLIPTextConfig(
        hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=2, hidden_act="quick_gelu", **shared)),
        f"{sdxl}/text_encoder", "model", 1, 6)
    save(CLIPTextModelWithProjection(CLIPTextConfig(
        hidden_size=8, intermediate_size=12, num_hidden_layers=2, num_attention_heads=1, hidden_act="gelu", projection_dim=6, **shared)),
        f"{sdxl}/text_encoder_2", "model", 2, 6)
    save(AutoencoderKL(
        block_out_channels=(4, 8), norm_num_groups=2, layers_per_block=1, latent_channels=4, scaling_factor=0.13025,
        down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2),
        f"{sdxl}/vae", "diffusion_pytorch_model", 3)
    save(UNet2DConditionModel(
        sample_size=10, block_out_channels=(4, 8), norm_num_groups=2, layers_per_block=1, attention_head_dim=(1, 2),
        transformer_layers_per_block=(1, 2), use_linear_projection=True, cross_attention_dim=16,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        addition_embed_type="text_time", addition_time_embed_dim=4, projection_class_embeddings_input_dim=30),
        f"{sdxl}/unet", "diffusion_pytorch_model", 4)
    os.makedirs(f"{sdxl}/scheduler")
    json.dump({"_class_name": "EulerDiscreteScheduler", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085,
               "num_train_timesteps": 1000, "prediction_type": "epsilon", "set_alpha_to_one": False, "steps_offset": 1,
               "timestep_spacing": "leading", "clip_sample": False}, open(f"{sdxl}/scheduler/scheduler_config.json", "w"), indent=2)
    scorer = f"{target}/scorer"
    tokenizer(scorer, vocabulary, "<|endoftext|>", length)
    tower = dict(hidden_size=8, intermediate_size=12, num_hidden_layers=1, num_attention_heads=2, hidden_act="gelu")
    config = CLIPConfig(text_config={**tower, **shared}, vision_config={**tower, "image_size": 16, "patch_size": 8}, projection_dim=6)
    torch.manual_seed(5)
    model = CLIPModel(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.mul_(6)
    model.save_pretrained(scorer)
    json.dump({"crop_size": {"height": 16, "width": 16}, "do_center_crop": True, "do_convert_rgb": True, "do_normalize": True,
               "do_rescale": True, "do_resize": True, "image_mean": MEAN, "image_std": STD, "image_processor_type":
               "CLIPImageProcessor", "resample": 3, "rescale_factor": 1 / 255, "size": {"shortest_edge": 16}},
              open(f"{scorer}/preprocessor_config.json", "w"), indent=2)

    table = f"{HERE}/../DatasetsTests/Fixtures/tables/scored.parquet"
    case = {
        "kind": "from_parquet", "parquet": "scored.parquet", "rows": [17, 2, 9], "scorer": "../scorer", "resolution": 20,
        "flips": [[False, True], [True, True], [True, False]], "timesteps": [999, 5, 377], "beta": 2000.0,
        "hp": {"objective": "smpo", "gamma": 10.0, "score_min": 0.11543526500463486, "score_max": 0.28201571106910706,
               "inversion": {"kind": "uniform", "steps": 4, "renoise": "last", "avg": False, "first": "src"}},
        "policy": "unet", "reference": "unet"}
    wanted = ["conv_in.weight", "add_embedding.linear_1.weight", "mid_block.attentions.0.transformer_blocks.1.attn2.to_v.weight",
              "up_blocks.0.resnets.0.conv1.weight", "conv_out.bias"]
    rows = pq.read_table(table).take(case["rows"]).to_pylist()
    images = [Image.open(io.BytesIO(row[name])).convert("RGB") for row in rows for name in ("jpg_0", "jpg_1")]
    with torch.no_grad():
        found = scores(scorer, images, [row["caption"] for row in rows for _ in range(2)], torch.float32).view(-1, 2)
    case["winner"] = [f"jpg_{int(a <= b)}" for a, b in found.tolist()]
    torch.manual_seed(6)
    inputs = {"noise": torch.randn(6, 4, 10, 10)}
    results = [compute(sdxl, {**case, "gradients": wanted}, inputs, table, scorer, t) for t in (torch.float32, torch.float64)]
    yardstick = {name: distance(value, results[1][name]) for name, value in results[0].items() if name != "pixels_u8"}
    json.dump(case, open(f"{sdxl}/case.json", "w"), indent=1)
    json.dump(yardstick, open(f"{sdxl}/yardstick.json", "w"), indent=1)
    save_file(inputs, f"{sdxl}/inputs.safetensors")
    save_file({name: (value if value.dtype == torch.uint8 else value.float()).contiguous() for name, value in results[0].items()},
              f"{sdxl}/out.safetensors")
    print(json.dumps(yardstick, indent=1), found, case["winner"])


def check(folder, name, tables):
    torch.set_num_threads(1)
    case = json.load(open(f"{folder}/cases/{name}.json"))
    known = load_file(f"{folder}/out/{name}.safetensors")
    case["gradients"] = [key[5:] for key in known if key.startswith("grad.")]
    found = compute(folder, case, load_file(f"{folder}/inputs/{name}.safetensors"), f"{tables}/{case['parquet']}",
                    f"{folder}/{case['scorer']}", torch.float32)
    for key, value in sorted(found.items()):
        print(f"{key:72s} {distance(value, known[key]):.2e}" if key in known else f"{key} is not there")


if sys.argv[1] == "--check":
    check(*sys.argv[2:])
else:
    main(*sys.argv[1:])
