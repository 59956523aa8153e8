"""Tiny reward models with random weights and what transformers' own classes make of them: hpsv2/, imagereward/, aesthetic/,
pictures/ beside this file.
    python make_rewards.py        (torch 2.15.0, transformers 5.24.0, Pillow 13.0.0, ftfy 6.3.1, safetensors)

Weights are stored under the names of open_clip, of THUDM/ImageReward and of improved-aesthetic-predictor, as the published
files have them; the tables come from transformers' CLIPModel, BlipVisionModel, BlipTextModel in float64 and from Pillow.
Pictures are resized as each model's code does: HPSv2 as a tensor of floats, ImageReward in the file's mode, Aesthetic as RGB."""
import html, json, os, re

import ftfy
import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from transformers import BlipTextConfig, BlipVisionConfig, CLIPConfig, CLIPModel
from transformers.models.blip.modeling_blip import BlipVisionModel
from transformers.models.blip.modeling_blip_text import BlipTextModel

here = os.path.dirname(os.path.abspath(__file__))
torch.manual_seed(11)
torch.set_num_threads(1)
MEAN = np.array([0.48145466, 0.4578275, 0.40821073])
STD = np.array([0.26862954, 0.26130258, 0.27577711])
CAPTIONS = ["a red cup", "", "“Dogs” &amp; cats, naïve", "a b c d e f g h i j k l m n o p q r s t u v w x y z a b c d e f g h i j k l m n o p"]


def folder(*names):
    path = os.path.join(here, *names)
    os.makedirs(path, exist_ok=True)
    return path


def write(path, value):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(value, f, indent=1)
        f.write("\n")


# Pictures of every mode that matters.
rng = np.random.default_rng(3)
pictures = folder("pictures")
noise = lambda h, w, c: rng.integers(0, 256, (h, w, c), dtype=np.uint8)
Image.fromarray(noise(30, 41, 3)).save(f"{pictures}/0.rgb.png")
Image.fromarray(noise(37, 20, 4)).save(f"{pictures}/1.rgba.png")
Image.fromarray(noise(33, 47, 3)).quantize(16).save(f"{pictures}/2.palette.png")
Image.fromarray(noise(21, 25, 2), "LA").save(f"{pictures}/3.la.png")
Image.fromarray(noise(26, 34, 4), "CMYK").save(f"{pictures}/4.cmyk.jpg", quality=95)
Image.fromarray(noise(40, 24, 1)[:, :, 0]).convert("1").save(f"{pictures}/5.bit.png")
NAMES = sorted(os.listdir(pictures))
OPENED = [Image.open(f"{pictures}/{n}") for n in NAMES]


def size(image, edge):
    w, h = image.size
    return (edge, int(edge * h / w)) if w <= h else (int(edge * w / h), edge)


def crop(array, edge, rounding):
    h, w = array.shape[:2]
    top, left = rounding((h - edge) / 2), rounding((w - edge) / 2)
    return array[top:top + edge, left:left + edge]


def normalised(arrays):
    return torch.tensor(np.stack([((a / 255 - MEAN) / STD).transpose(2, 0, 1) for a in arrays]))


def pillow(image, edge, last, rounding):
    if not last:
        image = image.convert("RGB")
    image = image.resize(size(image, edge), Image.BICUBIC)
    w, h = image.size
    left, top = rounding((w - edge) / 2), rounding((h - edge) / 2)
    return np.asarray(image.crop((left, top, left + edge, top + edge)).convert("RGB"), dtype=np.float64)


def floats(image, edge):
    x = torch.tensor(np.asarray(image.convert("RGB"), dtype=np.float32) / 255).permute(2, 0, 1)[None]
    w, h = size(image, edge)
    x = torch.nn.functional.interpolate(x, size=(h, w), mode="bicubic", antialias=True, align_corners=False)
    y = crop(x[0].permute(1, 2, 0).double().numpy(), edge, round) * 255
    return y


def fill(model):
    for p in model.parameters():
        torch.nn.init.normal_(p, 0, 0.3)
    for name, p in model.named_parameters():
        if "norm" in name.lower() and name.endswith("weight") or "layrnorm" in name and name.endswith("weight"):
            torch.nn.init.normal_(p, 1, 0.2)
    return model.eval()


# ---- HPSv2: bytes alone as vocabulary, no merges.
def byte_scalars():
    own = list(range(0x21, 0x7F)) + list(range(0xA1, 0xAD)) + list(range(0xAE, 0x100))
    table, n = {}, 0
    for b in range(256):
        table[b] = chr(b) if b in own else chr(256 + n)
        n += b not in own
    return table


scalars = byte_scalars()
order = [b for b in range(256) if scalars[b] == chr(b)] + [b for b in range(256) if scalars[b] != chr(b)]
tokens = [scalars[b] for b in order] + [scalars[b] + "</w>" for b in order] + ["<|startoftext|>", "<|endoftext|>"]
vocab = {t: i for i, t in enumerate(tokens)}
hps, expected = folder("hpsv2"), folder("expected")
write(f"{hps}/vocab.json", vocab)
open(f"{hps}/merges.txt", "w").write("#version: 0.2\n")


def clip_ids(text, length):
    import regex
    text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
    text = re.sub(r"\s+", " ", text).strip().lower()
    ids = [vocab["<|startoftext|>"]]
    for word in regex.findall(r"""'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+""", text):
        letters = [scalars[b] for b in word.encode()]
        letters[-1] += "</w>"
        ids += [vocab[x] for x in letters]
    ids.append(vocab["<|endoftext|>"])
    if len(ids) > length:
        ids = ids[:length - 1] + [vocab["<|endoftext|>"]]
    return ids + [0] * (length - len(ids))


def clip(act, text_layers=1):
    return fill(CLIPModel(CLIPConfig(
        projection_dim=6,
        text_config=dict(hidden_size=8, intermediate_size=32, num_hidden_layers=text_layers, num_attention_heads=2, vocab_size=514,
                         max_position_embeddings=32, hidden_act=act, eos_token_id=2, projection_dim=6),
        vision_config=dict(hidden_size=8, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2, image_size=16, patch_size=4,
                           hidden_act=act, projection_dim=6))))


def open_clip_names(model):
    s, out = model.state_dict(), {}

    def layer(own, common):
        for a, b in [("ln_1", "layer_norm1"), ("ln_2", "layer_norm2"), ("mlp.c_fc", "mlp.fc1"), ("mlp.c_proj", "mlp.fc2"), ("attn.out_proj", "self_attn.out_proj")]:
            for k in ["weight", "bias"]:
                out[f"{own}.{a}.{k}"] = s[f"{common}.{b}.{k}"]
        for k in ["weight", "bias"]:
            out[f"{own}.attn.in_proj_{k}"] = torch.cat([s[f"{common}.self_attn.{x}_proj.{k}"] for x in "qkv"])

    out["token_embedding.weight"] = s["text_model.embeddings.token_embedding.weight"]
    out["positional_embedding"] = s["text_model.embeddings.position_embedding.weight"]
    out["text_projection"] = s["text_projection.weight"].T.contiguous()
    out["logit_scale"] = s["logit_scale"]
    for k in ["weight", "bias"]:
        out[f"ln_final.{k}"] = s[f"text_model.final_layer_norm.{k}"]
        out[f"visual.ln_pre.{k}"] = s[f"vision_model.pre_layrnorm.{k}"]
        out[f"visual.ln_post.{k}"] = s[f"vision_model.post_layernorm.{k}"]
    out["visual.conv1.weight"] = s["vision_model.embeddings.patch_embedding.weight"]
    out["visual.class_embedding"] = s["vision_model.embeddings.class_embedding"]
    out["visual.positional_embedding"] = s["vision_model.embeddings.position_embedding.weight"]
    out["visual.proj"] = s["visual_projection.weight"].T.contiguous()
    layer("transformer.resblocks.0", "text_model.encoder.layers.0")
    layer("visual.transformer.resblocks.0", "vision_model.encoder.layers.0")
    return out


def vectors(model, pixels, ids):
    m = model.double()
    # By the towers themselves: a padding of id 0 reaches no end token.
    image = m.visual_projection(m.vision_model(pixel_values=pixels).pooler_output)
    text = m.text_projection(m.text_model(input_ids=torch.tensor(ids)).pooler_output) if ids else None
    return image, text


with torch.no_grad():
    model = clip("gelu")
    torch.save({"epoch": 1, "state_dict": open_clip_names(model)}, f"{hps}/HPS_v2.1_compressed.pt")
    write(f"{hps}/open_clip_config.json", {
        "model_cfg": {
            "embed_dim": 6, "vision_cfg": {"image_size": 16, "layers": 1, "width": 8, "head_width": 4, "patch_size": 4},
            "text_cfg": {"context_length": 32, "vocab_size": 514, "width": 8, "heads": 2, "layers": 1}},
        "preprocess_cfg": {"mean": MEAN.tolist(), "std": STD.tolist()}})
    ids = [clip_ids(t, 32) for t in CAPTIONS]
    image, text = vectors(model, normalised([floats(i, 16) for i in OPENED]), ids)
    image, text = (x / x.norm(dim=-1, keepdim=True) for x in (image, text))
    save_file({"scores": (text @ image.T).contiguous(), "input_ids": torch.tensor(ids)}, f"{expected}/hpsv2.safetensors")

    # ---- ImageReward
    ir = folder("imagereward")
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + list("!\"&,.;") + list(letters) + ["##" + c for c in letters] + ["red", "cup", "dog", "##s"]
    words = list(dict.fromkeys(words))
    open(f"{ir}/vocab.txt", "w").write("".join(w + "\n" for w in words))
    from transformers.models.bert.tokenization_bert_legacy import BertTokenizerLegacy
    tokenizer = BertTokenizerLegacy(f"{ir}/vocab.txt")
    tokenizer.add_special_tokens({"bos_token": "[DEC]"})
    tokenizer.add_special_tokens({"additional_special_tokens": ["[ENC]"]})
    W, D = 12, 8
    vision = fill(BlipVisionModel(BlipVisionConfig(hidden_size=W, intermediate_size=4 * W, num_hidden_layers=2, num_attention_heads=3, image_size=16,
                                                   patch_size=8, layer_norm_eps=1e-6, hidden_act="gelu")))
    bert = fill(BlipTextModel(BlipTextConfig(vocab_size=len(tokenizer), hidden_size=D, encoder_hidden_size=W, intermediate_size=16, num_hidden_layers=2,
                                             num_attention_heads=2, max_position_embeddings=40, layer_norm_eps=1e-12, hidden_act="gelu"), add_pooling_layer=False))
    linear = [torch.nn.Linear(a, b) for a, b in [(D, 10), (10, 7), (7, 5), (5, 4), (4, 1)]]
    v, t, out = vision.state_dict(), bert.state_dict(), {}
    out["blip.visual_encoder.cls_token"] = v["embeddings.class_embedding"]
    out["blip.visual_encoder.pos_embed"] = v["embeddings.position_embedding"]
    for k in ["weight", "bias"]:
        out[f"blip.visual_encoder.patch_embed.proj.{k}"] = v[f"embeddings.patch_embedding.{k}"]
        out[f"blip.visual_encoder.norm.{k}"] = v[f"post_layernorm.{k}"]
        for i in range(2):
            for a, b in [("norm1", "layer_norm1"), ("norm2", "layer_norm2"), ("mlp.fc1", "mlp.fc1"), ("mlp.fc2", "mlp.fc2"),
                         ("attn.qkv", "self_attn.qkv"), ("attn.proj", "self_attn.projection")]:
                out[f"blip.visual_encoder.blocks.{i}.{a}.{k}"] = v[f"encoder.layers.{i}.{b}.{k}"]
        for place, layer in zip([0, 2, 4, 6, 7], linear):
            out[f"mlp.layers.{place}.{k}"] = layer.state_dict()[k]
    for name, value in t.items():
        out["blip.text_encoder." + name] = value
    out["blip.text_encoder.embeddings.position_ids"] = torch.arange(40)[None]
    out["blip.vision_proj.weight"] = torch.zeros(2, W)
    torch.save(out, f"{ir}/ImageReward.pt")
    write(f"{ir}/med_config.json", {"vocab_size": len(tokenizer), "hidden_size": D, "encoder_width": W, "intermediate_size": 16, "num_hidden_layers": 2,
                                    "num_attention_heads": 2, "max_position_embeddings": 40, "layer_norm_eps": 1e-12, "hidden_act": "gelu", "add_cross_attention": True,
                                    "type_vocab_size": 2, "model_type": "bert"})
    write(f"{ir}/vision_config.json", {"img_size": 16, "patch_size": 8, "embed_dim": W, "depth": 2, "num_heads": 3})
    pixels = normalised([pillow(i, 16, True, round) for i in OPENED])
    tokens = vision.double()(pixel_values=pixels).last_hidden_state
    encoded = tokenizer(CAPTIONS, padding="max_length", truncation=True, max_length=35, return_tensors="pt")
    rows = []
    for i in range(len(CAPTIONS)):
        n = len(OPENED)
        state = bert.double()(input_ids=encoded["input_ids"][i:i + 1].repeat(n, 1), attention_mask=encoded["attention_mask"][i:i + 1].repeat(n, 1),
                              encoder_hidden_states=tokens, encoder_attention_mask=torch.ones(tokens.shape[:2])).last_hidden_state[:, 0]
        for layer in linear:
            state = layer.double()(state)
        rows.append((state[:, 0] - 0.16717362830052426) / 1.0333394966054072)
    save_file({"scores": torch.stack(rows), "input_ids": encoded["input_ids"], "pixel_values": pixels.contiguous()}, f"{expected}/imagereward.safetensors")

    # ---- Aesthetic
    ae = folder("aesthetic")
    model = clip("quick_gelu")
    os.makedirs(f"{ae}/clip", exist_ok=True)
    c = model.config.to_dict()
    write(f"{ae}/clip/config.json", {
        "architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": 6,
        **{k: {x: c[k][x] for x in ["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "hidden_act"]} for k in ["text_config", "vision_config"]}})
    config = json.load(open(f"{ae}/clip/config.json"))
    config["vision_config"].update(image_size=16, patch_size=4)
    config["text_config"].update(vocab_size=514, max_position_embeddings=32, eos_token_id=2)
    write(f"{ae}/clip/config.json", config)
    save_file({k: x.contiguous() for k, x in model.state_dict().items() if k.startswith("vis")}, f"{ae}/clip/model.safetensors")
    image, _ = vectors(model, normalised([pillow(i, 16, False, int) for i in OPENED]), None)
    unit = image / image.norm(dim=-1, keepdim=True)
    heads = {}
    for name, places, relu in [("linear", [0, 2, 4, 6, 7], False), ("relu", [0, 3, 6, 9, 11], True)]:
        stack = [torch.nn.Linear(a, b) for a, b in [(6, 9), (9, 7), (7, 5), (5, 4), (4, 1)]]
        for layer in stack:
            torch.nn.init.normal_(layer.weight, 0, 0.6)
        torch.save({f"layers.{p}.{k}": layer.state_dict()[k] for p, layer in zip(places, stack) for k in ["weight", "bias"]}, f"{ae}/{name}.pth")
        x = unit
        for i, layer in enumerate(stack):
            x = layer.double()(x)
            if relu and i < len(stack) - 1:
                x = x.clamp(min=0)
        heads[name] = x[:, 0].contiguous()
    save_file(heads, f"{expected}/aesthetic.safetensors")
