"""Reward models of the published sizes with random weights, in the files and under the names that they are published in.

    write(FOLDER, KIND)     KIND: pickscore, hpsv2, imagereward, aesthetic

Numbers are drawn from a seed, N(0, 0.02²); LayerNorms are neutral. CLIP's vocabulary (49,408 tokens) and BERT's (30,522) are made
up, of the form and size of the real ones. The configurations are those of Manifests/models/rewards.
"""
import io
import json
import os
import pickle
import struct
import sys
import types
import zipfile

import numpy as np

CONFIGURATIONS = os.path.join(os.path.dirname(__file__), "..", "..", "Manifests", "models", "rewards")


class Tensors:
    """Shapes by name; numbers are drawn when a tensor is written, so that one at a time is in memory."""

    def __init__(self):
        self.shapes = {}

    def add(self, name, *shape):
        self.shapes[name] = shape

    def linear(self, name, width, out, bias=True):
        self.add(f"{name}.weight", out, width)
        if bias:
            self.add(f"{name}.bias", out)

    def norm(self, name, width):
        self.add(f"{name}.weight", width)
        self.add(f"{name}.bias", width)

    def drawn(self, dtype):
        draw = np.random.default_rng(1)
        for name, shape in self.shapes.items():
            if len(shape) < 2 and name.rsplit(".", 1)[-1] in ("weight", "bias"):
                value = np.full(shape, 1 if name.endswith("weight") else 0, dtype)
            elif name == "logit_scale":
                value = np.array(4.6052, dtype)
            else:
                value = (draw.standard_normal(shape, np.float32) * np.float32(0.02)).astype(dtype)
            yield name, value


def write_safetensors(path, tensors):
    sizes = [(name, shape, 4 * int(np.prod(shape))) for name, shape in tensors.shapes.items()]
    header, offset = {}, 0
    for name, shape, size in sizes:
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for _, value in tensors.drawn(np.float32):
            value.tofile(file)


def torch_names():
    """What a pickle of torch.save names, so that it can be written without torch."""
    def named(module, name, value):
        value.__module__, value.__qualname__ = module, name
        return value

    utils = sys.modules["torch._utils"] = types.ModuleType("torch._utils")
    torch = sys.modules["torch"] = types.ModuleType("torch")
    utils._rebuild_tensor_v2 = named("torch._utils", "_rebuild_tensor_v2", lambda *_: None)
    for name in ("FloatStorage", "HalfStorage"):
        setattr(torch, name, named("torch", name, type(name, (), {})))
    return torch, utils


class TorchTensor:
    def __init__(self, torch, utils, key, shape, dtype):
        storage = torch.HalfStorage if dtype == np.float16 else torch.FloatStorage
        count = int(np.prod(shape))
        strides = [int(np.prod(shape[i + 1:])) for i in range(len(shape))]
        self.rebuild = utils._rebuild_tensor_v2
        self.storage = TorchStorage(("storage", storage, key, "cpu", count))
        self.arguments = (tuple(shape), tuple(strides), False, {})

    def __reduce__(self):
        return self.rebuild, (self.storage, 0, *self.arguments)


class TorchStorage:
    def __init__(self, identity):
        self.identity = identity


class TorchPickler(pickle.Pickler):
    def persistent_id(self, value):
        return value.identity if isinstance(value, TorchStorage) else None


def write_torch(path, tensors, dtype=np.float32, wrap=lambda state: state):
    """As torch.save does: a zip file of a pickle and a stored entry a tensor, each aligned to 64 bytes."""
    torch, utils = torch_names()
    state = {
        name: TorchTensor(torch, utils, str(key), shape, dtype)
        for key, (name, shape) in enumerate(tensors.shapes.items())}
    text = io.BytesIO()
    TorchPickler(text, protocol=2).dump(wrap(state))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        def entry(name):
            info = zipfile.ZipInfo(f"archive/{name}")
            # The header takes 30 bytes and the name, and an extra field needs 4 of its own.
            info.extra = b"FB" + struct.pack("<H", pad := -(archive.fp.tell() + 34 + len(info.filename)) % 64) + b"Z" * pad
            return info
        archive.writestr(entry("data.pkl"), text.getvalue())
        for key, (_, value) in enumerate(tensors.drawn(dtype)):
            archive.writestr(entry(f"data/{key}"), value.tobytes())
        archive.writestr(entry("version"), "3\n")


def clip(config):
    """transformers' CLIPModel."""
    tensors = Tensors()
    for kind in ("text", "vision"):
        own = config[f"{kind}_config"]
        width, inner, tower = own["hidden_size"], own["intermediate_size"], f"{kind}_model"
        if kind == "text":
            tensors.add(f"{tower}.embeddings.token_embedding.weight", own["vocab_size"], width)
            tensors.add(f"{tower}.embeddings.position_embedding.weight", own["max_position_embeddings"], width)
            tensors.norm(f"{tower}.final_layer_norm", width)
        else:
            patch = own["patch_size"]
            tensors.add(f"{tower}.embeddings.class_embedding", width)
            tensors.add(f"{tower}.embeddings.patch_embedding.weight", width, 3, patch, patch)
            tensors.add(f"{tower}.embeddings.position_embedding.weight", (own["image_size"] // patch) ** 2 + 1, width)
            tensors.norm(f"{tower}.pre_layrnorm", width)
            tensors.norm(f"{tower}.post_layernorm", width)
        for number in range(own["num_hidden_layers"]):
            layer = f"{tower}.encoder.layers.{number}"
            for name in "q", "k", "v", "out":
                tensors.linear(f"{layer}.self_attn.{name}_proj", width, width)
            tensors.norm(f"{layer}.layer_norm1", width)
            tensors.norm(f"{layer}.layer_norm2", width)
            tensors.linear(f"{layer}.mlp.fc1", width, inner)
            tensors.linear(f"{layer}.mlp.fc2", inner, width)
        tensors.linear("visual_projection" if kind == "vision" else "text_projection", width, config["projection_dim"], False)
    tensors.add("logit_scale")
    return tensors


def open_clip(config):
    """ViT-H-14 under open_clip's names."""
    tensors, projection = Tensors(), config["projection_dim"]
    for kind, prefix in ("text", ""), ("vision", "visual."):
        own = config[f"{kind}_config"]
        width, inner = own["hidden_size"], own["intermediate_size"]
        if kind == "text":
            tensors.add("positional_embedding", own["max_position_embeddings"], width)
            tensors.add("token_embedding.weight", own["vocab_size"], width)
            tensors.norm("ln_final", width)
            tensors.add("text_projection", width, projection)
        else:
            patch = own["patch_size"]
            tensors.add("visual.class_embedding", width)
            tensors.add("visual.positional_embedding", (own["image_size"] // patch) ** 2 + 1, width)
            tensors.add("visual.conv1.weight", width, 3, patch, patch)
            tensors.norm("visual.ln_pre", width)
            tensors.norm("visual.ln_post", width)
            tensors.add("visual.proj", width, projection)
        for number in range(own["num_hidden_layers"]):
            block = f"{prefix}transformer.resblocks.{number}"
            tensors.norm(f"{block}.ln_1", width)
            tensors.add(f"{block}.attn.in_proj_weight", 3 * width, width)
            tensors.add(f"{block}.attn.in_proj_bias", 3 * width)
            tensors.linear(f"{block}.attn.out_proj", width, width)
            tensors.norm(f"{block}.ln_2", width)
            tensors.linear(f"{block}.mlp.c_fc", width, inner)
            tensors.linear(f"{block}.mlp.c_proj", inner, width)
    tensors.add("logit_scale")
    return tensors


def head(tensors, prefix, width):
    """The linear layers of LAION's predictor, and of ImageReward."""
    widths = [width, 1024, 128, 64, 16, 1]
    for place, before, after in zip((0, 2, 4, 6, 7), widths, widths[1:]):
        tensors.linear(f"{prefix}layers.{place}", before, after)
    return tensors


def image_reward():
    tensors, picture, width = Tensors(), 1024, 768
    vision = "blip.visual_encoder"
    tensors.add(f"{vision}.cls_token", 1, 1, picture)
    tensors.add(f"{vision}.pos_embed", 1, 197, picture)
    tensors.add(f"{vision}.patch_embed.proj.weight", picture, 3, 16, 16)
    tensors.add(f"{vision}.patch_embed.proj.bias", picture)
    for number in range(24):
        block = f"{vision}.blocks.{number}"
        tensors.norm(f"{block}.norm1", picture)
        tensors.linear(f"{block}.attn.qkv", picture, 3 * picture)
        tensors.linear(f"{block}.attn.proj", picture, picture)
        tensors.norm(f"{block}.norm2", picture)
        tensors.linear(f"{block}.mlp.fc1", picture, 4 * picture)
        tensors.linear(f"{block}.mlp.fc2", 4 * picture, picture)
    tensors.norm(f"{vision}.norm", picture)
    text = "blip.text_encoder"
    tensors.add(f"{text}.embeddings.word_embeddings.weight", 30524, width)
    tensors.add(f"{text}.embeddings.position_embeddings.weight", 512, width)
    tensors.norm(f"{text}.embeddings.LayerNorm", width)
    for number in range(12):
        layer = f"{text}.encoder.layer.{number}"
        for block, source in ("attention", width), ("crossattention", picture):
            tensors.linear(f"{layer}.{block}.self.query", width, width)
            tensors.linear(f"{layer}.{block}.self.key", source, width)
            tensors.linear(f"{layer}.{block}.self.value", source, width)
            tensors.linear(f"{layer}.{block}.output.dense", width, width)
            tensors.norm(f"{layer}.{block}.output.LayerNorm", width)
        tensors.linear(f"{layer}.intermediate.dense", width, 4 * width)
        tensors.linear(f"{layer}.output.dense", 4 * width, width)
        tensors.norm(f"{layer}.output.LayerNorm", width)
    tensors.linear("blip.vision_proj", picture, 256)
    tensors.linear("blip.text_proj", width, 256)
    return head(tensors, "mlp.", width)


def write_clip_tokenizer(folder, size=49408):
    """Bytes, bytes that end a word, merges of one of each, begin and end."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = [chr(byte) for byte in printable] + [chr(256 + place) for place in range(256 - len(printable))]
    ends = [letter + "</w>" for letter in letters]
    merges = [(a, b) for a in letters for b in ends][:size - 2 - 2 * len(letters)]
    tokens = letters + ends + [a + b for a, b in merges] + ["<|startoftext|>", "<|endoftext|>"]
    assert len(set(tokens)) == size
    with open(f"{folder}/vocab.json", "w", encoding="utf-8") as file:
        json.dump({token: place for place, token in enumerate(tokens)}, file, ensure_ascii=False)
    with open(f"{folder}/merges.txt", "w", encoding="utf-8") as file:
        file.write("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges))


def write_bert_vocabulary(folder, size=30522):
    letters = [chr(place) for place in range(33, 127) if not chr(place).isupper()]
    tokens = ["[PAD]"] + [f"[unused{place}]" for place in range(99)] + ["[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokens += letters + ["##" + letter for letter in letters]
    words = [letter for letter in letters if letter != "#"]
    tokens += [f"{a}{b}{c}" for a in words for b in words for c in words][:size - len(tokens)]
    assert len(set(tokens)) == size
    with open(f"{folder}/vocab.txt", "w", encoding="utf-8") as file:
        file.write("".join(token + "\n" for token in tokens))


def write_preprocessor(folder):
    with open(f"{folder}/preprocessor_config.json", "w") as file:
        json.dump({
            "crop_size": 224, "do_center_crop": True, "do_normalize": True, "do_resize": True, "resample": 3, "size": 224,
            "feature_extractor_type": "CLIPFeatureExtractor", "image_mean": [0.48145466, 0.4578275, 0.40821073],
            "image_std": [0.26862954, 0.26130258, 0.27577711]}, file)


def write(folder, kind):
    """Makes the model in `folder`, where it is not there; its options for `smpo score`."""
    options = {
        "pickscore": ["--model", folder, "--processor", f"{folder}/processor"],
        "hpsv2": ["--model", f"{folder}/HPS_v2.1_compressed.pt"],
        "imagereward": ["--model", folder],
        "aesthetic": ["--model", f"{folder}/clip", "--head", f"{folder}/sac+logos+ava1-l14-linearMSE.pth"],
    }[kind]
    if os.path.exists(folder):
        return options
    os.makedirs(folder)
    if kind == "pickscore":
        config = json.load(open(f"{CONFIGURATIONS}/clip-h.json"))
        json.dump(config, open(f"{folder}/config.json", "w"))
        write_safetensors(f"{folder}/model.safetensors", clip(config))
        os.makedirs(f"{folder}/processor")
        write_preprocessor(f"{folder}/processor")
        write_clip_tokenizer(f"{folder}/processor")
    elif kind == "hpsv2":
        config = json.load(open(f"{CONFIGURATIONS}/clip-h.json"))
        write_torch(
            f"{folder}/HPS_v2.1_compressed.pt", open_clip(config), np.float16, lambda state: {"state_dict": state})
        write_clip_tokenizer(folder)
    elif kind == "imagereward":
        write_torch(f"{folder}/ImageReward.pt", image_reward())
        with open(f"{folder}/med_config.json", "w") as file:
            json.dump({
                "architectures": ["BertModel"], "hidden_act": "gelu", "hidden_size": 768, "intermediate_size": 3072,
                "layer_norm_eps": 1e-12, "max_position_embeddings": 512, "model_type": "bert", "num_attention_heads": 12,
                "num_hidden_layers": 12, "pad_token_id": 0, "type_vocab_size": 2, "vocab_size": 30524,
                "encoder_width": 1024, "add_cross_attention": True}, file)
        write_bert_vocabulary(folder)
    else:
        config = json.load(open(f"{CONFIGURATIONS}/clip-l.json"))
        os.makedirs(f"{folder}/clip")
        json.dump(config, open(f"{folder}/clip/config.json", "w"))
        write_safetensors(f"{folder}/clip/model.safetensors", clip(config))
        write_torch(f"{folder}/sac+logos+ava1-l14-linearMSE.pth", head(Tensors(), "", 768))
    return options
