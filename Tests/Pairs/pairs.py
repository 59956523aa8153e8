"""Makes pairs of checkpoints, has `smpo diff` compare them, and holds what it says against numpy.

    python Tests/Pairs/pairs.py [--smpo .build/release/smpo] [--keep FOLDER]
    python Tests/Pairs/pairs.py --fixtures Tests/ComparisonTests/Fixtures

Needs numpy, torch, safetensors and gguf from PyPI. Prints a Markdown table; exits 1 if a line is not as expected.
Measures are worked out here by other means: places on the number line by sorting all values of a type, sums by numpy.
"""

import argparse
import json
import os
import pathlib
import struct
import subprocess
import sys
import tempfile
from fractions import Fraction
from random import Random

import gguf
import numpy as np
import torch
from safetensors.torch import save_file

FLOATS = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2,
    "F8_E4M3FNUZ": torch.float8_e4m3fnuz, "F8_E5M2FNUZ": torch.float8_e5m2fnuz,
}
INTEGERS = {
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U64": torch.uint64,
    "U32": torch.uint32, "U16": torch.uint16, "U8": torch.uint8, "BOOL": torch.bool,
}
WORDS = {8: np.uint64, 4: np.uint32, 2: np.uint16, 1: np.uint8}


def bits(tensor):
    flat = tensor.contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().view(WORDS[tensor.element_size()])


def places(dtype, word):
    """The place of each bit pattern on the number line: neighbours are 1 apart, -0 and +0 too."""
    width = torch.empty(0, dtype=dtype).element_size() * 8
    if width <= 16:
        patterns = np.arange(1 << width, dtype=WORDS[width // 8])
        values = torch.from_numpy(patterns.view(np.uint8).copy()).view(dtype).to(torch.float64).numpy()
        order = sorted((v, bool(np.signbit(v)) is False, p) for p, v in enumerate(values) if not np.isnan(v))
        table = {p: i for i, (_, _, p) in enumerate(order)}
        return [table.get(int(w)) for w in word]
    top = 1 << (width - 1)
    result = []
    for w in (int(w) for w in word):
        magnitude = w & (top - 1)
        infinity = 0x7F800000 if width == 32 else 0x7FF0000000000000
        result.append(None if magnitude > infinity else (-magnitude - 1 if w & top else magnitude))
    return result


def expected_measures(a, b):
    """What `smpo diff --json` should say of two tensors of one type."""
    wa, wb = bits(a), bits(b)
    if a.dtype in FLOATS.values():
        pa, pb = places(a.dtype, wa), places(b.dtype, wb)
        ulp = [0 if x is None and y is None else "max" if x is None or y is None else abs(x - y)
               for x, y in zip(pa, pb)]
        va, vb = a.to(torch.float64).numpy().reshape(-1), b.to(torch.float64).numpy().reshape(-1)
    else:
        va = [int(x) for x in a.reshape(-1).tolist()]
        vb = [int(x) for x in b.reshape(-1).tolist()]
        # The largest 64-bit number stands for a NaN.
        ulp = [min(abs(x - y), 2**64 - 2) for x, y in zip(va, vb)]
        exact = np.array([abs(x - y) for x, y in zip(va, vb)], dtype=object)
        va, vb = np.array([float(x) for x in va]), np.array([float(x) for x in vb])
    with np.errstate(all="ignore"):
        finite = np.isfinite(va) & np.isfinite(vb)
        x, y = np.where(finite, va, 0), np.where(finite, vb, 0)
        apart = np.abs(x - y) if a.dtype in FLOATS.values() else exact
        far = sorted((u for u in ulp if u != 0), key=lambda u: (u == "max", u if u != "max" else 0))
        rank = lambda percent: far[(len(far) * percent + 99) // 100 - 1] if far else 0
        largest = far[-1] if far else 0
        result = {
            "unequal": int((wa != wb).sum()),
            "zero_signs": int(((wa != wb) & (va == 0) & (vb == 0)).sum()),
            "nan_payloads": int(((wa != wb) & np.isnan(va) & np.isnan(vb)).sum()),
            "nan_gained": int((~np.isnan(va) & np.isnan(vb)).sum()),
            "nan_lost": int((np.isnan(va) & ~np.isnan(vb)).sum()),
            "inf_gained": int((~np.isinf(va) & np.isinf(vb)).sum()),
            "inf_lost": int((np.isinf(va) & ~np.isinf(vb)).sum()),
            "sign_flips": int((((va < 0) & (vb > 0)) | ((va > 0) & (vb < 0))).sum()),
            "ulp_max": largest, "ulp_max_index": ulp.index(largest) if largest else 0,
            "ulp_p50": rank(50), "ulp_p99": rank(99),
            "abs_max": float(apart.max(initial=0)),
            "abs_max_index": int(apart.argmax()) if apart.size and apart.max() > 0 else 0,
            "abs_mean": float(apart.sum() / max(1, apart.size)),
            "relative_l2": float(np.sqrt(float((apart**2).sum()) / (x**2).sum())) if (x**2).sum() > 0 else None,
        }
        norm = np.sqrt((x**2).sum()) * np.sqrt((y**2).sum())
        result["cosine"] = float((x * y).sum() / norm) if norm > 0 else None
        histogram = [0] * 65
        for u in ulp:
            if u != "max":
                histogram[u.bit_length() if u else 0] += 1
        while len(histogram) > 1 and histogram[-1] == 0:
            histogram.pop()
        result["ulp_histogram"] = histogram
        result["ulp_nan_to_number"] = sum(1 for u in ulp if u == "max")
    return result


def agrees(found, expected):
    """Counts, distances and places exactly; sums, whose order is another, to 1e-12."""
    faults = []
    for key, value in expected.items():
        other = found.get(key)
        if key == "abs_max":
            other = float(other)
        if key in ("abs_mean", "relative_l2", "cosine"):
            if value is None:
                continue
            other = float(other) if other is not None else None
            if other is None or not abs(other - value) <= 1e-12 * max(abs(value), 1e-300):
                faults.append(f"{key}: {other} instead of {value}")
        elif other != value:
            faults.append(f"{key}: {other} instead of {value}")
    return faults


class Maker:
    """Writes the files of one pair."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def safetensors(self, name, tensors, metadata=None):
        save_file({k: v.clone().contiguous() for k, v in tensors.items()}, self.path(name), metadata=metadata)
        return self.path(name)

    def raw(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def ordered(self, name, tensors, padding=0, metadata=None):
        """A safetensors file in the order given, with spaces behind its header."""
        header, data = {}, b""
        if metadata:
            header["__metadata__"] = metadata
        for key, tensor in tensors.items():
            content = bits(tensor).tobytes()
            dtype = next(n for n, t in {**FLOATS, **INTEGERS}.items() if t == tensor.dtype)
            header[key] = {"dtype": dtype, "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(content)]}
            data += content
        text = json.dumps(header).encode() + b" " * padding
        return self.raw(name, struct.pack("<Q", len(text)) + text + data)

    def sharded(self, name, tensors, count):
        keys = sorted(tensors)
        weight_map = {}
        os.makedirs(self.path(name))
        for shard in range(count):
            file = f"model-{shard + 1:05}-of-{count:05}.safetensors"
            part = {k: tensors[k].contiguous() for k in keys[shard::count]}
            save_file(part, os.path.join(self.path(name), file), metadata={"format": "pt"})
            weight_map |= {k: file for k in part}
        index = os.path.join(self.path(name), "model.safetensors.index.json")
        with open(index, "w") as out:
            json.dump({"metadata": {}, "weight_map": weight_map}, out)
        return index

    def torch(self, name, state, **options):
        torch.save(state, self.path(name), **options)
        return self.path(name)

    def quantized(self, name, tensors, change=None):
        """Q8_0 blocks; `change` adds to the last byte."""
        writer = gguf.GGUFWriter(self.path(name), "test")
        kind = gguf.GGMLQuantizationType.Q8_0
        for key, tensor in tensors.items():
            blocks = gguf.quants.quantize(tensor.numpy(), kind)
            blocks.reshape(-1)[-1] += np.uint8(change or 0)
            writer.add_tensor(key, blocks, raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return self.path(name)

    def gguf(self, name, tensors, **options):
        writer = gguf.GGUFWriter(pathlib.Path(self.path(name)), "test", **options)
        kinds = {torch.float32: None, torch.float16: None}
        for key, tensor in tensors.items():
            if tensor.dtype == torch.bfloat16:
                writer.add_tensor(key, bits(tensor).view(np.uint8).reshape(*tensor.shape[:-1], -1),
                                  raw_dtype=gguf.GGMLQuantizationType.BF16)
            else:
                assert tensor.dtype in kinds
                writer.add_tensor(key, tensor.numpy())
        writer.write_header_to_file(path=pathlib.Path(self.path(name)))
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        return self.path(name)


def model():
    generator = torch.Generator().manual_seed(7)
    draw = lambda *shape: torch.randn(*shape, generator=generator) * 0.05
    return {
        "down_blocks.0.attn1.to_q.weight": draw(32, 32), "down_blocks.0.attn1.to_k.weight": draw(32, 32),
        "down_blocks.0.ff.weight": draw(64, 32), "down_blocks.0.ff.bias": draw(64),
        "mid_block.conv.weight": draw(8, 4, 3, 3), "up_blocks.0.norm.weight": 1 + draw(32),
    }


def changed(key, change):
    tensors = model()
    tensors[key] = change(tensors[key].clone())
    return tensors


def with_bits(tensor, index, change):
    """The tensor with the bits of one element changed."""
    word = bits(tensor.clone()).copy()
    word[index] = change(int(word[index]))
    return torch.from_numpy(word.view(np.uint8)).view(tensor.dtype).reshape(tensor.shape)


def pairs(at):
    """Yields name, left, right, options, expected exit code, expected verdicts, tensors to measure."""
    q, k = "down_blocks.0.attn1.to_q.weight", "down_blocks.0.attn1.to_k.weight"
    ff, bias, conv = "down_blocks.0.ff.weight", "down_blocks.0.ff.bias", "mid_block.conv.weight"
    a = model()

    def two(name, left, right, code, verdicts, options=(), measured=(), metadata=(None, None)):
        maker = at(name)
        return (name, maker.safetensors("a.safetensors", left, metadata[0]),
                maker.safetensors("b.safetensors", right, metadata[1]), options, code, verdicts,
                [(key, left[key], right[key]) for key in measured])

    yield two("the same state saved twice", a, model(), 0, {})
    for dtype in ["F32", "F16", "BF16", "F64", "F8_E4M3", "F8_E5M2", "F8_E4M3FNUZ", "F8_E5M2FNUZ"]:
        left = {"w": a[ff].to(FLOATS[dtype])}
        right = {"w": with_bits(left["w"], 100, lambda w: w + 1)}
        yield two(f"one ULP in one element, {dtype}", left, right, 1, {"w": "different"}, measured=["w"])
    zero = {"w": torch.zeros(16)}
    yield two("−0 for +0", zero, {"w": with_bits(zero["w"], 3, lambda w: 0x80000000)}, 1, {"w": "equal"}, measured=["w"])
    yield two("−0 for +0, ulp:1", zero, {"w": with_bits(zero["w"], 3, lambda w: 0x80000000)}, 0, {"w": "equal"},
              ["--tolerance", "ulp:1"], ["w"])
    nan = {"w": with_bits(a[bias], 5, lambda w: 0x7FC00000)}
    yield two("another NaN", nan, {"w": with_bits(nan["w"], 5, lambda w: 0x7FC00001)}, 1, {"w": "equal"}, measured=["w"])
    yield two("a number became NaN", {"w": a[bias]}, nan, 1, {"w": "different"}, measured=["w"])
    yield two("a number became infinite", {"w": a[bias]},
              {"w": with_bits(a[bias], 5, lambda w: 0x7F800000)}, 1, {"w": "different"}, measured=["w"])
    yield two("largest to infinite, F16", {"w": torch.tensor([65504.0, 1.0], dtype=torch.float16)},
              {"w": torch.tensor([float("inf"), 1.0], dtype=torch.float16)}, 1, {"w": "different"}, measured=["w"])
    yield two("subnormals and signs", {"w": torch.tensor([1e-45, -1e-45, 1.0, -2.0])},
              {"w": torch.tensor([-1e-45, 1e-45, -1.0, 2.0])}, 1, {"w": "different"}, measured=["w"])
    yield two("rows reversed", a, changed(ff, lambda t: t.flip(0)), 1, {ff: "different"}, measured=[ff])
    swapped = model()
    swapped[q], swapped[k] = swapped[k], swapped[q]
    yield two("two tensors exchanged", a, swapped, 1, {q: "different", k: "different"}, measured=[q, k])
    yield two("transposed, square", a, changed(q, lambda t: t.t()), 1, {q: "transposed"})
    yield two("transposed, 64 × 32", a, changed(ff, lambda t: t.t()), 1, {ff: "transposed"})
    yield two("channels last", a, changed(conv, lambda t: t.permute(0, 2, 3, 1)), 1, {conv: "transposed"})
    yield two("reshaped", a, changed(ff, lambda t: t.reshape(32, 64)), 1, {ff: "reshaped"})
    yield two("another shape", a, changed(ff, lambda t: t[:32]), 1, {ff: "different"})
    exact = {"w": (a[ff].to(torch.float16)).to(torch.float32)}
    yield two("type only, values equal", exact, {"w": exact["w"].to(torch.float16)}, 1, {"w": "equal"})
    yield two("rounded to F16", {"w": a[ff]}, {"w": a[ff].to(torch.float16)}, 1, {"w": "different"})
    yield two("rounded to BF16, within rtol", {"w": a[ff]}, {"w": a[ff].to(torch.bfloat16)}, 0,
              {"w": "within tolerance"}, ["--tolerance", "rtol:0.00391"])
    renamed = model()
    renamed["down_blocks.0.attn2.to_q.weight"] = renamed.pop(q)
    yield two("renamed", a, renamed, 1, {q: "renamed"})
    yield two("renamed, allowed", a, renamed, 0, {q: "renamed"}, ["--allow-rename"])
    yield two("all renamed by a prefix", a, {"model." + key: v for key, v in a.items()}, 1, {key: "renamed" for key in a})
    removed = model()
    del removed[bias]
    yield two("removed", a, removed, 1, {bias: "only in A"})
    yield two("added", removed, a, 1, {bias: "only in B"})
    yield two("metadata only", a, model(), 1, {}, metadata=({"step": "1"}, {"step": "2"}))
    yield two("metadata only, ignored", a, model(), 0, {}, ["--ignore-metadata"], metadata=({"step": "1"}, {"step": "2"}))
    noise = changed(ff, lambda t: t + torch.randn(t.shape, generator=torch.Generator().manual_seed(3)) * 1e-6)
    yield two("noise of 1e-6", a, noise, 1, {ff: "different"}, measured=[ff])
    yield two("noise of 1e-6, within atol", a, noise, 0, {ff: "within tolerance"}, ["--tolerance", "atol:1e-5"], [ff])
    yield two("noise of 1e-6, not within ulp:1", a, noise, 1, {ff: "different"}, ["--tolerance", "ulp:1"], [ff])
    yield two("noise elsewhere than asked for", a, noise, 0, {}, ["--only", "mid_block.*"])
    for dtype, kind in INTEGERS.items():
        if dtype == "BOOL":
            left, right = torch.tensor([True, False, True]), torch.tensor([True, True, True])
        else:
            top = 2**63 - 1 if dtype == "U64" else torch.iinfo(kind).max
            left, right = torch.tensor([1, 5, 0], dtype=kind), torch.tensor([1, 7, top], dtype=kind)
        yield two(f"integers, {dtype}", {"w": left}, {"w": right}, 1, {"w": "different"}, measured=["w"])
    yield from integer_pairs(two)
    yield two("an empty tensor and a scalar", {"e": torch.zeros(0, 4), "s": torch.tensor(1.0)},
              {"e": torch.zeros(0, 4), "s": torch.tensor(2.0)}, 1, {"s": "different"}, measured=["s"])
    big = {"w": torch.randn(700_001, generator=torch.Generator().manual_seed(1))}
    yield two("700,001 elements, each moved", big, {"w": big["w"] * 1.0001}, 1, {"w": "different"}, measured=["w"])

    def files(name, left, right, code, verdicts, options=()):
        return (name, left, right, options, code, verdicts, [])

    generator = torch.Generator().manual_seed(5)
    down, up = torch.randn(4, 32, generator=generator) * 0.1, torch.randn(32, 4, generator=generator) * 0.1
    alpha = torch.tensor(2.0)
    merged = changed(q, lambda t: (t.double() + 0.5 * (up.double() @ down.double())).float())
    peft = "base_model.model.down_blocks.0.attn1.to_q"
    adapters = {
        "PEFT's": {f"{peft}.lora_A.weight": down, f"{peft}.lora_B.weight": up * 0.5},
        "diffusers'": {"unet.down_blocks.0.attn1.to_q.lora.down.weight": down, "unet.down_blocks.0.attn1.to_q.lora.up.weight": up * 0.5},
        "kohya's": {"lora_unet_down_blocks_0_attn1_to_q.lora_down.weight": down,
                    "lora_unet_down_blocks_0_attn1_to_q.lora_up.weight": up, "lora_unet_down_blocks_0_attn1_to_q.alpha": alpha},
    }
    for whose, adapter in adapters.items():
        maker = at(f"LoRA by {whose} names and its base against the merged weights")
        base = maker.safetensors("base.safetensors", a)
        yield files(f"LoRA by {whose} names and its base against the merged weights", maker.safetensors("a.safetensors", adapter),
                    maker.safetensors("b.safetensors", merged), 0, {}, ["--lora", "--base", base])
    other = {f"{peft}.lora_A.weight": down * 0.25, f"{peft}.lora_B.weight": up * 2}
    yield two("LoRA: A / 4 and B · 4", adapters["PEFT's"], other, 0, {}, ["--lora"])
    wrong = {f"{peft}.lora_A.weight": down, f"{peft}.lora_B.weight": up}
    yield two("LoRA: another scale", adapters["PEFT's"], wrong, 1, {"down_blocks.0.attn1.to_q.weight": "different"}, ["--lora"])

    yield from adapter_pairs(at, a, q)
    maker = at("another order of the tensors, padding")
    yield files("another order of the tensors, padding", maker.ordered("a.safetensors", a),
                maker.ordered("b.safetensors", dict(reversed(list(a.items()))), padding=99), 0, {})
    maker = at("1 file against 3 shards")
    yield files("1 file against 3 shards", maker.safetensors("a.safetensors", a, {"format": "pt"}), maker.sharded("b", a, 3), 0, {})
    maker = at("2 shards against 5")
    yield files("2 shards against 5", maker.sharded("a", a, 2), maker.sharded("b", a, 5), 0, {})
    maker = at("2 shards against 5, one element changed")
    yield files("2 shards against 5, one element changed", maker.sharded("a", a, 2),
                maker.sharded("b", changed(bias, lambda t: with_bits(t, 1, lambda w: w + 1)), 5), 1, {bias: "different"})
    maker = at(".pt against safetensors")
    yield files(".pt against safetensors", maker.torch("a.pt", a), maker.safetensors("b.safetensors", a), 0, {})
    maker = at(".ckpt with state_dict against safetensors")
    yield files(".ckpt with state_dict against safetensors", maker.torch("a.ckpt", {"state_dict": a, "global_step": 7}),
                maker.safetensors("b.safetensors", a), 0, {})
    maker = at(".pt, one ULP, against safetensors")
    yield files(".pt, one ULP, against safetensors",
                maker.torch("a.pt", changed(bias, lambda t: with_bits(t, 1, lambda w: w + 1))),
                maker.safetensors("b.safetensors", a), 1, {bias: "different"})
    maker = at(".pt of a transposed view")
    yield files(".pt of a transposed view", maker.torch("a.pt", {"w": a[ff].t()}),
                maker.safetensors("b.safetensors", {"w": a[ff].t().contiguous()}), 0, {})
    for dtype in ["F32", "F16", "BF16"]:
        maker = at(f"GGUF against safetensors, {dtype}")
        state = {"blk.0.w": a[ff].to(FLOATS[dtype]), "out.w": a[bias].to(FLOATS[dtype])}
        yield files(f"GGUF against safetensors, {dtype}", maker.gguf("a.gguf", state), maker.safetensors("b.safetensors", state), 0, {})
    maker = at("GGUF, quantised, the same")
    one = maker.quantized("a.gguf", {"w": a[ff]})
    yield files("GGUF, quantised, the same", one, maker.quantized("b.gguf", {"w": a[ff]}), 0, {})
    yield files("GGUF, quantised, one byte changed", one, maker.quantized("c.gguf", {"w": a[ff]}, 1), 1, {"w": "different"})
    yield files("GGUF, quantised, against F32", one, maker.safetensors("d.safetensors", {"w": a[ff]}), 1, {"w": "different"})
    maker = at("truncated")
    whole = maker.safetensors("a.safetensors", a)
    with open(whole, "rb") as file:
        content = file.read()
    yield files("truncated", whole, maker.raw("b.safetensors", content[:-1]), 2, None)
    yield files("a header of 2^60 bytes", whole, maker.raw("c.safetensors", struct.pack("<Q", 1 << 60) + content[8:]), 2, None)
    yield files("bytes behind the last tensor", whole, maker.raw("d.safetensors", content + b"\0"), 2, None)
    yield files("a pickle with code", whole, maker.torch("e.pt", {"w": Code()}), 2, None)
    yield files("no such file", whole, maker.path("nothing.safetensors"), 2, None)
    yield from readers(at, files, a, changed(bias, lambda t: with_bits(t, 1, lambda w: w + 1)), bias)
    yield from folder_pairs(at)


def readers(at, files, a, other, bias):
    """Files of each format as they are found: old ones, split ones, with what trainers save beside the weights."""
    maker = at("a header of 19,280 bytes begins as a ZIP archive")
    whole = maker.safetensors("a.safetensors", a)
    with open(maker.ordered("compact.safetensors", a), "rb") as file:
        header = struct.unpack("<Q", file.read(8))[0]
    for length in (0x4B50, 0x14B50, 0x8B1F, 0x280):
        padded = maker.ordered(f"{length}.safetensors", a, padding=length - header)
        yield files(f"a header of {length} bytes, another format's magic number", whole, padded, 0, {})
    text = json.dumps({"__metadata__": None, "w": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}}).encode()
    null = maker.raw("null.safetensors", struct.pack("<Q", len(text)) + text + b"\7")
    yield files("metadata that is null", null, maker.safetensors("w.safetensors", {"w": torch.tensor([7], dtype=torch.uint8)}), 0, {})

    maker = at("torch.save's form before 1.6")
    old = maker.torch("old.pt", a, _use_new_zipfile_serialization=False)
    yield files("torch.save's form before 1.6 against the new one", old, maker.torch("new.pt", a), 0, {})
    yield files("torch.save's form before 1.6, one ULP", old,
                maker.torch("other.pt", other, _use_new_zipfile_serialization=False), 1, {bias: "different"})

    maker = at("a trainer's checkpoint")
    def trainer(file, **hyper):
        return maker.torch(file, {
            "state_dict": dict(a), "hyper_parameters": argparse.Namespace(**hyper), "rng": np.random.RandomState(3).get_state(),
            "callbacks": {torch.nn.Linear: {"best": np.float64(0.5)}}, "tags": {"x", "y"}})
    one = trainer("a.ckpt", lr=1e-3)
    yield files("a trainer's checkpoint, saved twice", one, trainer("b.ckpt", lr=1e-3), 0, {})
    yield files("a trainer's checkpoint, another learning rate", one, trainer("c.ckpt", lr=2e-3), 1, {})
    yield files("a trainer's checkpoint, one setting more", one, trainer("d.ckpt", lr=1e-3, name=None), 1, {})
    kinds = [(1, "1"), (None, "None"), (True, 1), (1, 1.0), ((1,), [1]), (b"1", "1"), ([], None), ({}, []), (set(), frozenset())]
    for index, (x, y) in enumerate(kinds):
        yield files(f"{x!r} for {y!r}", maker.torch(f"x{index}.pt", {"w": a[bias], "k": x}),
                    maker.torch(f"y{index}.pt", {"w": a[bias], "k": y}), 1, {})
    yield files("[] for nothing", maker.torch("x.pt", {"w": a[bias], "k": []}), maker.torch("y.pt", {"w": a[bias]}), 1, {})
    yield files("key 0 for key '0'", maker.torch("i.pt", {"s": {0: a[bias]}}), maker.torch("s.pt", {"s": {"0": a[bias]}}), 1, {})

    maker = at("metadata of the second shard")
    def shards(name, second, **metadata):
        os.makedirs(maker.path(name))
        for file, key, step in [("m1.safetensors", "a", "1"), ("m2.safetensors", "b", second)]:
            save_file({key: a[bias]}, os.path.join(maker.path(name), file), metadata={"format": "pt", "step": step})
        index = os.path.join(maker.path(name), "model.safetensors.index.json")
        with open(index, "w") as file:
            json.dump({"metadata": metadata, "weight_map": {"a": "m1.safetensors", "b": "m2.safetensors"}}, file)
        return index
    one = shards("a", "1")
    yield files("metadata of the second shard", one, shards("b", "2"), 1, {})
    yield files("metadata of the index", one, shards("c", "1", note="x"), 1, {})
    yield files("the size of all shards, in the index", one, shards("d", "1", total_size=8 * a[bias].numel()), 0, {})

    maker = at("GGUF in parts")
    whole, parts = maker.gguf("whole.gguf", a), maker.gguf("parts.gguf", a, split_max_tensors=2)
    count = (len(a) + 1) // 2
    part = lambda number, stem="parts": maker.path(f"{stem}-{number:05}-of-{count:05}.gguf")
    yield files("GGUF in parts against one file", whole, part(2), 0, {})
    maker.gguf("other.gguf", other, split_max_tensors=2)
    yield files("GGUF in parts, one ULP", part(1), part(count, "other"), 1, {bias: "different"})
    os.remove(part(2, "other"))
    yield files("GGUF in parts, one missing", part(1), part(1, "other"), 2, None)

    maker = at("what is no weights")
    whole = maker.safetensors("a.safetensors", a)
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 1342\n"
    for name, content in [("a Git LFS pointer", pointer), ("an HTML page", b"<!doctype html>\n<title>Sign in</title>"),
                          ("an empty file", b""), ("a gzip file", b"\x1f\x8b\x08\0" + bytes(20))]:
        yield files(name, whole, maker.raw(name.replace(" ", "-"), content), 2, None)


def integer_pairs(two):
    """Integers that Float64 does not hold, under tolerances."""
    i64, u64 = (lambda *x: {"w": torch.tensor(x, dtype=torch.int64)}), (lambda *x: {"w": torch.tensor(x, dtype=torch.uint64)})
    differs, within, equal = {"w": "different"}, {"w": "within tolerance"}, {"w": "equal"}
    yield two("I64 2^53 and 2^53 + 1, atol:0", i64(2**53, 1), i64(2**53 + 1, 1), 1, differs, ["--tolerance", "atol:0"], ["w"])
    yield two("I64 2^53 and 2^53 + 1, atol:1", i64(2**53, 1), i64(2**53 + 1, 1), 0, within, ["--tolerance", "atol:1"], ["w"])
    yield two("U64 2^64 − 1 and 2^64 − 2, rtol:0", u64(2**64 - 1), u64(2**64 - 2), 1, differs, ["--tolerance", "rtol:0"], ["w"])
    yield two("the worst of two that round alike", i64(0, 0), i64(2**60, 2**60 + 1), 1, differs, measured=["w"])
    yield two("I64 −2^63 and 2^63 − 1, atol:2^64 − 2048", i64(-(2**63)), i64(2**63 - 1), 1, differs,
              ["--tolerance", f"atol:{2**64 - 2048}"], ["w"])
    yield two("I64 −2^63 and 2^63 − 1, atol:2^64", i64(-(2**63)), i64(2**63 - 1), 0, within,
              ["--tolerance", f"atol:{2**64}"], ["w"])
    yield two("I64 2^62 and 2^62 + 5, rtol:2^-60", i64(2**62), i64(2**62 + 5), 1, differs, ["--tolerance", f"rtol:{2.0**-60}"], ["w"])
    yield two("I64 2^62 and 2^62 + 4, rtol:2^-60", i64(2**62), i64(2**62 + 4), 0, within, ["--tolerance", f"rtol:{2.0**-60}"], ["w"])
    yield two("U64 0 and 2^64 − 1, ulp:2^64 − 2", u64(0), u64(2**64 - 1), 1, differs, ["--tolerance", f"ulp:{2**64 - 2}"])
    yield two("I64 and U64, equal", i64(5, 2**63 - 1), u64(5, 2**63 - 1), 0, equal, ["--tolerance", "atol:0"])
    yield two("I64 −1 and U64 2^64 − 1", i64(-1), u64(2**64 - 1), 1, differs, ["--tolerance", "atol:1"])
    f64 = lambda *x: {"w": torch.tensor(x, dtype=torch.float64)}
    yield two("I64 and F64, equal", i64(-7, 2**60), f64(-7, 2.0**60), 0, equal, ["--tolerance", "atol:0"])
    yield two("I64 and F64, equal, exact", i64(-7, 2**60), f64(-7, 2.0**60), 1, equal)
    yield two("I64 2^60 + 1 and F64 2^60, ulp:0", i64(2**60 + 1), f64(2.0**60), 1, differs, ["--tolerance", "ulp:0"])
    yield two("I64 2^60 + 1 and F64 2^60, atol:1", i64(2**60 + 1), f64(2.0**60), 0, within, ["--tolerance", "atol:1"])
    yield two("I64 and F32, NaN", i64(1), {"w": torch.tensor([float("nan")])}, 1, differs, ["--tolerance", "atol:1e300"])
    yield two("F64 apart by more than Float64 holds", f64(1.7e308), f64(-1.7e308), 1, differs, ["--tolerance", "rtol:1.5"])
    yield two("F64 1 and −2^-60, atol:1", f64(1.0), f64(-(2.0**-60)), 1, differs, ["--tolerance", "atol:1"], ["w"])


def adapter_pairs(at, base, q):
    """Adapters in one file, twice named, with alpha in every place, of other kinds, and what is none."""
    generator = torch.Generator().manual_seed(8)
    draw = lambda *shape: torch.randn(*shape, generator=generator) * 0.1
    module, other = q.removesuffix(".weight"), "mid_block.conv"
    down, up = draw(4, 32), draw(32, 4)
    named = lambda name, a=down, b=up, m=module: {f"{m}.lora_A.{name}weight": a, f"{m}.lora_B.{name}weight": b}

    def pair(name, left, right, code, verdicts, *options, metadata=(None, None), against=None):
        maker = at(name)
        options = ["--lora", *options]
        if against is not None:
            options += ["--base", maker.safetensors("base.safetensors", against)]
        side = lambda file, what, text: what if isinstance(what, str) else maker.safetensors(file, what, text)
        return (name, side("a.safetensors", left, metadata[0]), side("b.safetensors", right, metadata[1]), options, code,
                verdicts, [])

    two = lambda factor: named("default.", down * factor) | named("reference.", down * 2)
    yield pair("two adapters in one file, one differs", two(1), two(3), 1, {f"default/{q}": "different"})
    yield pair("two adapters in one file, the other chosen", two(1), two(3), 0, {}, "--adapter", "reference")
    yield pair("two adapters against one", two(1), named("default."), 2, None)
    yield pair("two adapters against one, chosen", two(1), named("default."), 0, {}, "--adapter", "default")
    yield pair("two adapters, none of the name", two(1), two(1), 2, None, "--adapter", "lost")
    twice = {**{f"base_model.model.{k}": v for k, v in named("").items()}, **named("", m=f"unet.{module}")}
    yield pair("one weight under two names", twice, named(""), 2, None)
    yield pair("one weight under two names, on a base", twice, named(""), 2, None, against=base)
    head = lambda **members: {"lora_adapter_metadata": json.dumps({f"unet.{k}": v for k, v in members.items()})}
    of_unet = named("", m=f"unet.{module}")
    yield pair("alpha in the header, 8 and 2", of_unet, of_unet, 1, {f"unet.{q}": "different"},
               metadata=(head(r=4, lora_alpha=8), head(r=4, lora_alpha=2)))
    yield pair("alpha in the header against B times the scale", of_unet, named("", b=up * 2, m=f"unet.{module}"), 0, {},
               metadata=(head(r=4, lora_alpha=8), None))
    yield pair("alpha_pattern in the header", of_unet, of_unet, 1, {f"unet.{q}": "different"},
               metadata=(head(r=4, lora_alpha=4), head(r=4, lora_alpha=4, alpha_pattern={"to_q": 1})))
    yield pair("use_dora in the header", of_unet, of_unet, 2, None, metadata=(head(r=4, lora_alpha=4, use_dora=True),) * 2)
    plain = lambda alpha: {k.replace("lora_A", "lora_down").replace("lora_B", "lora_up"): v for k, v in named("").items()} | (
        {f"{module}.alpha": torch.tensor(alpha)} if alpha else {})
    yield pair("kohya's ss_network_alpha says nothing", plain(2.0), plain(2.0), 0, {},
               metadata=({"ss_network_alpha": "1"}, {"ss_network_alpha": "16"}))
    yield pair("kohya's alpha as an integer", plain(2.0), plain(2), 0, {})
    yield pair("no alpha is the rank", plain(4.0), plain(None), 0, {})

    def folder(name, config, pickled=False, state=None):
        maker = at(name)
        with open(maker.path("adapter_config.json"), "w") as file:
            json.dump({"peft_type": "LORA", "r": 4, **config}, file)
        state = state or {f"base_model.model.{k}": v for k, v in named("").items()}
        if pickled:
            return maker.torch("adapter_model.bin", state)
        return maker.safetensors("adapter_model.safetensors", state)

    yield pair("alpha beside adapter_model.bin", folder("8", {"lora_alpha": 8}, True), folder("2", {"lora_alpha": 2}, True),
               1, {q: "different"})
    yield pair("adapter_model.bin against safetensors", folder("bin", {"lora_alpha": 8}, True), folder("st", {"lora_alpha": 8}),
               0, {})
    for key, value in [("use_dora", True), ("init_lora_weights", "loftq"), ("layer_replication", [[0, 1]]),
                       ("peft_type", "LOHA"), ("key_of_tomorrow", 3)]:
        wrong = folder(key, {"lora_alpha": 4, key: value})
        yield pair(f"configuration with {key}", wrong, wrong, 2, None)
    square = base[q] + 0.5 * (up.double() @ down.double()).t().float()
    yield pair("fan_in_fan_out, on the base", folder("fan", {"lora_alpha": 2, "fan_in_fan_out": True}), {**base, q: square}, 0,
               {q: "within tolerance"}, "--tolerance", "rtol:1e-5,atol:1e-6", against=base)
    residual = base[q].double() - 0.5 * (lambda q_, r_: q_[:, :4] @ r_[:4])(*torch.linalg.qr(base[q].double()))
    olora = (residual + 0.5 * (up.double() @ down.double())).float()
    yield pair("OLoRA, on the base", folder("olora", {"lora_alpha": 2, "init_lora_weights": "olora"}), {**base, q: olora}, 0,
               {}, "--tolerance", "rtol:1e-5,atol:1e-6", against=base)
    u, s, v = torch.linalg.svd(base[q].double())
    pissa = (base[q].double() - u[:, :4] @ torch.diag(s[:4]) @ v[:4] + 0.5 * (up.double() @ down.double())).float()
    yield pair("PiSSA, on the base", folder("pissa", {"lora_alpha": 2, "init_lora_weights": "pissa"}), {**base, q: pissa}, 0,
               {}, "--tolerance", "rtol:1e-5,atol:1e-6", against=base)
    yield pair("PiSSA without its base", folder("alone", {"lora_alpha": 2, "init_lora_weights": "pissa"}), named(""), 2, None)
    a, b = draw(2, 4, 3, 3), draw(8, 2, 1, 1)
    conv = base["mid_block.conv.weight"] + torch.einsum("or,rikl->oikl", b[:, :, 0, 0].double(), a.double()).float()
    yield pair("a convolution, on the base", named("", a, b, other), {**base, "mid_block.conv.weight": conv}, 0,
               {"mid_block.conv.weight": "within tolerance"}, "--tolerance", "rtol:1e-5,atol:1e-6", against=base)
    yield pair("LoCon's lora_mid", plain(2.0) | {f"{module}.lora_mid.weight": draw(4, 4, 3, 3)}, plain(2.0), 2, None)
    yield pair("LoHa, on a base", {f"{module}.hada_w1_a": up}, base, 2, None, against=base)
    yield pair("two models", base, base, 2, None)
    yield pair("two models, on a base", base, base, 2, None, against=base)
    yield pair("an adapter and a model", named(""), base, 2, None)
    collision = {"a.b_c.weight": draw(32, 32), "a_b.c.weight": draw(32, 32)}
    merged = {**collision, "a_b.c.weight": (collision["a_b.c.weight"].double() + up.double() @ down.double()).float()}
    yield pair("names that are alike but for dots", named("", m="a_b.c"), merged, 0, {}, "--tolerance", "ulp:1", against=collision)
    yield pair("names that are alike but for dots, kohya's", named("", m="lora_unet_a_b_c"), merged, 2, None, against=collision)
    old = {f"unet.attn1.processor.to_out_lora.{k}.weight": v for k, v in [("down", down), ("up", up)]}
    out = {"attn1.to_out.0.weight": draw(32, 32)}
    merged = {"attn1.to_out.0.weight": (out["attn1.to_out.0.weight"].double() + up.double() @ down.double()).float()}
    yield pair("names of diffusers' attention processors", old, merged, 0, {}, "--tolerance", "ulp:1", against=out)


def folder_pairs(at):
    """Pairs of folders that differ in one file, which is compared or named, and of filters that meet nothing."""
    one, two = {"w": torch.tensor([1.0, 2.0])}, {"w": torch.tensor([1.0, 3.0])}
    unknown = [bytes([8]) * 2000 + bytes([side]) for side in (1, 2)]

    def folders(name, write, code, verdicts, options=()):
        maker = at(name)
        for side, state, unread in zip("ab", (one, two), unknown):
            os.makedirs(maker.path(f"{side}/unet"))
            maker.raw(f"{side}/model_index.json", b"{}")
            maker.safetensors(f"{side}/unet/diffusion_pytorch_model.safetensors", one)
            write(Maker.__new__(Maker), maker.path(side), state, unread)
        return (name, maker.path("a"), maker.path("b"), options, code, verdicts, [])

    def save(path, kind):
        def write(maker, folder, state, unread):
            maker.folder = folder
            os.makedirs(os.path.dirname(maker.path(path)), exist_ok=True)
            if kind == "safetensors":
                maker.safetensors(path, state)
            elif kind == "torch":
                maker.torch(path, state)
            elif kind == "optimizer":
                parameter = torch.nn.Parameter(torch.zeros(2))
                optimizer = torch.optim.AdamW([parameter])
                parameter.grad = state["w"]
                optimizer.step()
                maker.torch(path, optimizer.state_dict())
            elif kind == "vocabulary":
                maker.raw(path, json.dumps({"a": 0, "b" if state is one else "c": 1}).encode())
            elif kind == "text":
                maker.raw(path, b"a b" if state is one else b"a c")
            else:
                maker.raw(path, unread)
        return write

    different = lambda name: {name: "different"}
    yield folders("a component as .fp16.bin", save("vae/diffusion_pytorch_model.fp16.bin", "torch"), 1, different("vae/w"))
    yield folders("a component two levels down", save("models/image_encoder/model.safetensors", "safetensors"), 1,
                  different("models/image_encoder/w"))
    yield folders("an embedding beside the model", save("learned_embeds.safetensors", "safetensors"), 1,
                  different("learned_embeds.safetensors/w"))
    yield folders("a LoRA within a component", save("unet/pytorch_lora_weights.safetensors", "safetensors"), 1,
                  different("unet/pytorch_lora_weights.safetensors/w"))
    yield folders("accelerate's optimizer.bin", save("optimizer.bin", "optimizer"), 1,
                  {"optimizer.bin/state.0.exp_avg": "different", "optimizer.bin/state.0.exp_avg_sq": "different"})
    yield folders("another vocabulary", save("tokenizer/vocab.json", "vocabulary"), 1, {})
    yield folders("other merges", save("tokenizer/merges.txt", "text"), 1, {})
    yield folders("another configuration, three levels down", save("a/b/c/preprocessor_config.json", "vocabulary"), 1, {})
    yield folders("a README", save("README.md", "text"), 0, {})
    for file in ["model.onnx", "flax_model.msgpack", "vae/model.h5", "openvino_model.bin", "vae/weights.npz"]:
        yield folders(f"{os.path.basename(file)}, not read", save(file, "unknown"), 2, {})
    yield folders("model.onnx, ignored", save("model.onnx", "unknown"), 0, {}, ["--ignore-file", "*.onnx"])
    yield folders("another precision beside the model", save("unet/diffusion_pytorch_model.fp16.safetensors", "safetensors"), 2, {})
    yield folders("one of two shards, no index", save("vae/model-00001-of-00002.safetensors", "safetensors"), 2, {})
    yield folders("a pickle's shard, no index", save("vae/pytorch_model-00001-of-00002.bin", "torch"), 2, {})
    yield folders("two forms of one name", save("unet/model.safetensors", "safetensors"), 2, None)
    yield folders("a filter that meets nothing", save("README.md", "text"), 2, None, ["--only", "unett*"])


class Code:
    def __reduce__(self):
        return (os.system, ("true",))


def fixtures(folder):
    """Two checkpoints of every type with special values, and what their measures are."""
    rng = np.random.default_rng(11)
    left, right = {}, {}
    for name, dtype in {**FLOATS, **INTEGERS}.items():
        size = torch.empty(0, dtype=dtype).element_size()
        word = rng.integers(0, 256, 403 * size, dtype=np.uint8)
        if name == "BOOL":
            word &= 1
        a = torch.from_numpy(word).view(dtype)
        # A third of the elements moves by a few units, a few become anything.
        step = np.where(rng.random(403) < 0.33, rng.integers(0, 40, 403), 0).astype(WORDS[size])
        other = (bits(a) ^ step if name != "BOOL" else bits(a) ^ (step & 1)).astype(WORDS[size])
        b = torch.from_numpy(other.view(np.uint8).copy()).view(dtype)
        left[name], right[name] = a, b
        if name in FLOATS:
            tame = (torch.from_numpy(rng.standard_normal(3001)) * 0.05).to(dtype)
            left[name + " tame"] = tame
            right[name + " tame"] = (tame.to(torch.float64) * (1.2 if size == 1 else 1.01) + 1e-9).to(dtype)
    save_file(left, os.path.join(folder, "left.safetensors"))
    save_file(right, os.path.join(folder, "right.safetensors"))
    expected = {name: expected_measures(left[name], right[name]) for name in sorted(left)}
    for measures in expected.values():
        for key, value in measures.items():
            if isinstance(value, float) and not np.isfinite(value):
                measures[key] = None
    with open(os.path.join(folder, "measures.json"), "w") as file:
        json.dump(expected, file, indent=1, sort_keys=True)
        file.write("\n")


def bounds(folder):
    """Pairs of numbers at and next to a tolerance, and whether they are within it: by rational numbers."""
    random = Random(17)
    kinds = {n: t for n, t in {**FLOATS, **INTEGERS}.items() if n[0] != "B" and "F8" not in n}
    left, right, expected = {}, {}, {}
    while len(left) < 600:
        names = random.choice(list(kinds)), random.choice(list(kinds))
        if random.random() < 0.4:
            names = names[0], names[0]
        a = torch.zeros(1, dtype=kinds[names[0]])
        b = torch.zeros(1, dtype=kinds[names[1]])
        word = random.choice([random.getrandbits(64), 1 << random.randrange(64), (1 << random.randrange(65)) - 1,
                              int.from_bytes(struct.pack("<d", random.uniform(-2, 2) * 2.0**random.randrange(64)), "little")])
        a.view(torch.uint8)[:] = torch.tensor(list(word.to_bytes(8, "little")[-a.element_size():]), dtype=torch.uint8)
        value = a.tolist()[0]
        try:
            b[0] = value if names[1] in FLOATS else int(value) + random.randrange(-2, 3)
            if names[1] in FLOATS and random.random() < 0.7:
                b = torch.nextafter(b, torch.tensor([random.choice([-np.inf, np.inf])], dtype=b.dtype))
        except (RuntimeError, OverflowError, ValueError):
            continue
        other = b.tolist()[0]
        if not (np.isfinite(float(value)) and np.isfinite(float(other))):
            continue
        apart, size = abs(Fraction(value) - Fraction(other)), abs(Fraction(value))
        nudge = lambda x: float(np.nextafter(x, random.choice([0.0, np.inf, x])))
        rtol = atol = 0.0
        if apart >= 2**1023 or (size and apart / size >= 2**1023):
            rtol = random.choice([0.5, 1.0, 1.5, 2.0, 3.0])
        elif random.random() < 0.5 or not size:
            atol = nudge(float(apart))
            rtol = random.choice([0.0, 5e-324, 1e-30])
        else:
            rtol = nudge(float(apart / size))
            atol = random.choice([0.0, 5e-324, 1e-300, 0.25])
        name = f"{len(left):03}"
        left[name], right[name] = a, b
        expected[name] = {"rtol": rtol, "atol": atol, "within": apart <= Fraction(atol) + Fraction(rtol) * size,
                          "equal": apart == 0}
    save_file(left, os.path.join(folder, "bounds-left.safetensors"))
    save_file(right, os.path.join(folder, "bounds-right.safetensors"))
    with open(os.path.join(folder, "bounds.json"), "w") as file:
        file.write("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in expected.items()) + "\n}\n")


def run(smpo, left, right, options):
    result = subprocess.run([smpo, "diff", left, right, "--json", *options], capture_output=True, text=True)
    report = json.loads(result.stdout) if result.stdout else None
    return result.returncode, report, result.stderr.strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smpo", default=".build/release/smpo")
    parser.add_argument("--keep", help="make the pairs in this folder and leave them there")
    parser.add_argument("--fixtures", help="only write the fixtures of the tests into this folder")
    arguments = parser.parse_args()
    if arguments.fixtures:
        fixtures(arguments.fixtures)
        return bounds(arguments.fixtures)
    folder = arguments.keep or tempfile.mkdtemp(prefix="smpo-pairs-")
    count = [0]

    def at(_):
        count[0] += 1
        return Maker(os.path.join(folder, f"{count[0]:02}"))

    faults = 0
    print("| pair | exit | what smpo said | as expected |\n|---|--:|---|---|")
    for number, (name, left, right, options, code, verdicts, measured) in enumerate(pairs(at)):
        found, report, message = run(arguments.smpo, left, right, options)
        problems = [] if found == code else [f"exit {found} instead of {code}"]
        said = message.replace(folder, "…").replace("|", "\\|")
        if report is not None:
            differences = {d["name"]: d for d in report["differences"]}
            if verdicts is None:
                problems.append("a report instead of an error")
            elif {n: d["verdict"] for n, d in differences.items()} != verdicts:
                problems.append(f"verdicts {[(n, d['verdict']) for n, d in differences.items()]}")
            for key, a, b in measured:
                problems += agrees(differences[key]["measures"], expected_measures(a, b)) if key in differences else ["no measures"]
            stat = subprocess.run([arguments.smpo, "diff", left, right, *options], capture_output=True, text=True).stdout
            if code == 0 and verdicts == {} and not options and not report["metadata"]:
                digests = [subprocess.run([arguments.smpo, "digest", side], capture_output=True, text=True).stdout[:64]
                           for side in (left, right)]
                if digests[0] != digests[1] or len(digests[0]) != 64:
                    problems.append(f"digests {digests}")
            said = stat.splitlines()[0].replace("|", "\\|")
        elif verdicts is not None:
            problems.append("no report")
        faults += bool(problems)
        print(f"| {name} | {found} | {said} | {'; '.join(problems) or 'yes'} |")
    print(f"\n{number + 1} pairs, {faults} not as expected")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
