"""Makes the torch files of the checkpoint tests with PyTorch itself, and what the tests compare with.

    pip install torch==2.15.0 numpy
    python make_torch.py              # writes torch-*.pt and torch.json beside this file
"""

import argparse
import collections
import copy
import datetime
import enum
import hashlib
import inspect
import io
import json
import os
import pathlib
import random
import struct
import zipfile

import numpy as np
import torch

HERE = os.path.dirname(os.path.abspath(__file__))

NAMES = {
    torch.float64: "F64", torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.int64: "I64",
    torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint64: "U64", torch.uint32: "U32",
    torch.uint16: "U16", torch.uint8: "U8", torch.bool: "BOOL", torch.complex64: "C64", torch.complex128: "C128",
    torch.complex32: "C32", torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2",
    torch.float8_e4m3fnuz: "F8_E4M3FNUZ", torch.float8_e5m2fnuz: "F8_E5M2FNUZ", torch.float8_e8m0fnu: "F8_E8M0",
}


def pattern(dtype, count, seed=1):
    """A tensor of bytes that mean nothing in particular; bools are 0 and 1."""
    size = torch.empty(0, dtype=dtype).element_size()
    raw = np.random.default_rng(seed).integers(0, 2 if dtype == torch.bool else 256, count * size, dtype=np.uint8)
    return torch.frombuffer(bytearray(raw.tobytes()), dtype=dtype)


def types():
    """Every element type that has a name in the reader."""
    return {f"type.{str(dtype)[6:]}": pattern(dtype, 6).reshape(2, 3) for dtype in NAMES}


def views():
    """Views of few storages: in order and not."""
    base = pattern(torch.float32, 24).reshape(4, 6)
    small = pattern(torch.int16, 7)
    wide = pattern(torch.complex128, 12).reshape(3, 4)
    return {
        "base": base, "row": base[2], "rows": base[1:3], "column": base[:, 3], "transposed": base.t(),
        "every second": base[::2, ::3], "permuted": base.reshape(2, 2, 6).permute(2, 0, 1), "scalar": base[3, 5],
        "expanded": small.expand(3, 7), "repeated": small[4:5].expand(5), "ones": base.reshape(1, 4, 1, 6)[:, 1:2],
        "odd ones": torch.as_strided(base, (1, 6, 1), (777, 1, 99)), 
        "overlapping": torch.as_strided(small, (3, 3), (1, 2), 0),
        "empty": torch.zeros(0, 5), "empty view": base[:, 6:], "wide": wide.t(),
        "bytes": pattern(torch.uint8, 15).reshape(3, 5).t(), "eight": pattern(torch.int64, 6).reshape(2, 3).t(),
        "newer": pattern(torch.uint16, 12).reshape(3, 4)[:, 1:3],
    }


def training():
    """A checkpoint as a trainer writes it: a state dict, an optimizer's state, numbers and texts."""
    torch.manual_seed(3)
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model(torch.randn(4, 3)).sum().backward()
    optimizer.step()
    tagged = torch.nn.Parameter(torch.ones(2))
    tagged.note = "kept by _rebuild_parameter_with_state"
    return {
        "state_dict": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3, "global_step": 70000,
        "loss": 0.1, "tiny": 1e-12, "large": 1e300, "negative": -5, "seed": 2**64 - 1, "huge": -(2**70), "done": False,
        "comment": "größe/尺寸/😀", "nothing": None, "nested": {"a": [1, (2.5, "x"), {}], 7: True},
        "numpy": [np.float64(0.25), np.float32(0.1), np.float16(2.5), np.int64(-9), np.uint8(255), np.uint64(2**64 - 2),
                  np.bool_(True)],
        "size": torch.Size([2, 3]), "device": torch.device("cuda:1"), "cpu": torch.device("cpu"),
        "dtype": torch.bfloat16, "raw": b"\x00\xff\x80 raw", "parameter": torch.nn.Parameter(torch.arange(3.0)),
        "tagged": tagged,
    }


def plain(value):
    """Whether one text says all of a value: no tensor in it, no dict that is not empty."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return all(plain(item) for item in value)
    return not isinstance(value, (torch.Tensor, np.ndarray, argparse.Namespace)) and not (
        isinstance(value, dict) and value)


def bracketed(parts, left, right):
    text = left + ", ".join(parts) + right
    if len(text.encode()) <= 1024:
        return text
    return f"{left}{len(parts)} values, sha256 {hashlib.sha256(text.encode()).hexdigest()}{right}"


def called(callee, *arguments):
    parts = [text(argument) for argument in arguments]
    return callee + bracketed(parts, "(", ",)" if len(parts) == 1 and not callee else ")")


def text(value):
    """A plain value by its own form."""
    if isinstance(value, torch.Size):
        return bracketed([text(item) for item in value], "torch.Size([", "])")
    if isinstance(value, list):
        return bracketed([text(item) for item in value], "[", "]")
    if isinstance(value, tuple):
        return called("", *value)
    if isinstance(value, (set, frozenset)):
        name = type(value).__name__
        return bracketed(sorted((text(item) for item in value), key=str.encode), name + "(", ")")
    if isinstance(value, bool) or value is None or isinstance(value, torch.dtype):
        return str(value)
    if isinstance(value, dict):
        return "{}"
    if isinstance(value, np.generic):
        return f"numpy.{value.dtype.name}({str(value)})"
    if isinstance(value, np.dtype):
        return f"numpy.dtype({value.name})"
    if isinstance(value, torch.device):
        return f"torch.device({value})"
    if isinstance(value, (bytes, bytearray)):
        kind = "bytearray " if isinstance(value, bytearray) else ""
        return f"{kind}[{len(value)} bytes, sha256 {hashlib.sha256(value).hexdigest()}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, enum.Enum):
        return called(f"{type(value).__module__}.{type(value).__name__}", value.value)
    if isinstance(value, pathlib.PurePath):
        return called(f"{type(value).__module__}.{type(value).__name__}", *value.parts)
    if isinstance(value, datetime.timedelta):
        return called("datetime.timedelta", value.days, value.seconds, value.microseconds)
    if isinstance(value, complex):
        return called("builtins.complex", value.real, value.imag)
    if isinstance(value, slice):
        return called("builtins.slice", value.start, value.stop, value.step)
    if isinstance(value, type) or callable(value):
        return f"{value.__module__}.{value.__qualname__}"
    assert isinstance(value, (int, float)), type(value)
    return repr(value)


def flatten(value, name, tensors, metadata, lifted=False):
    """The same rule as the reader's, in Python."""
    inside = lambda key: f"{name}.{key}" if name else str(key)
    own = name.removeprefix("state_dict.") if lifted else name
    if isinstance(value, np.ndarray):
        kind = {"b": "BOOL", "f": "F", "i": "I", "u": "U", "c": "C"}[value.dtype.kind]
        tensors[own or "tensor"] = {
            "type": kind if kind == "BOOL" else kind + str(8 * value.itemsize), "shape": list(value.shape),
            "sha256": hashlib.sha256(value.tobytes()).hexdigest()}
    elif isinstance(value, torch.Tensor):
        data = value.detach().contiguous().clone()
        raw = bytes(data.untyped_storage()) if data.numel() else b""
        tensors[own or "tensor"] = {
            "type": NAMES[value.dtype], "shape": list(value.shape), "sha256": hashlib.sha256(raw).hexdigest()}
        if value.requires_grad:
            metadata[f"{name}: requires_grad"] = "True"
        for key, item in value.__dict__.items():
            flatten(item, f"{name}.{key}", tensors, metadata, lifted)
    elif plain(value):
        metadata[name or "value"] = text(value)
    elif isinstance(value, argparse.Namespace):
        metadata[name or "value"] = "argparse.Namespace()"
        for key, item in vars(value).items():
            flatten(item, inside(key), tensors, metadata, lifted)
    elif isinstance(value, dict):
        others = []
        for key, item in value.items():
            word = key if isinstance(key, str) else text(key)
            if not isinstance(key, str):
                others.append(text(key))
            flatten(item, inside(word), tensors, metadata, lifted or (not name and key == "state_dict"))
        if others:
            metadata[f"{name or 'value'}: keys"] = bracketed(others, "[", "]")
        for key, item in getattr(value, "__dict__", {}).items():
            flatten(item, inside(key), tensors, metadata, lifted)
    else:
        metadata[name or "value"] = f"a {'list' if isinstance(value, list) else 'tuple'} of {len(value)}"
        for key, item in enumerate(value):
            flatten(item, inside(key), tensors, metadata, lifted)


class Precision(enum.Enum):
    """An enumeration of a trainer's own, of which a checkpoint has a member."""

    HALF = "16-mixed"


def lightning():
    """What Lightning's `.ckpt` and trainers like it put beside the tensors."""
    state = random.Random(3).getstate()
    generator = np.random.RandomState(5)
    return {
        "state_dict": collections.OrderedDict(weight=pattern(torch.float32, 6).reshape(2, 3), bias=pattern(torch.float32, 2)),
        "pytorch-lightning_version": "2.5.0", "epoch": 3, "global_step": np.int64(70000),
        "hparams_name": "args", "hyper_parameters": argparse.Namespace(
            lr=1e-3, betas=(0.9, 0.999), layers=[64, 64], name=None, out=pathlib.PurePosixPath("/tmp/out/größe"),
            activation=torch.nn.ReLU, nested=argparse.Namespace(a=1), empty=argparse.Namespace()),
        "callbacks": {Precision: {"best_model_score": pattern(torch.float32, 1), "patience": 3}, "EarlyStopping{}": {}},
        "precision": Precision.HALF, "tags": {"b", "a", "c"}, "frozen": frozenset({(1, 2), (3,)}), "none": set(),
        "rng": {"torch": torch.get_rng_state()[:64].clone(), "numpy": generator.get_state(), "python": state},
        "arrays": [np.arange(6, dtype=np.int16).reshape(2, 3), np.asfortranarray(np.arange(6.0).reshape(2, 3)),
                   np.zeros((0, 4), np.float32), np.array(True), np.array([1 + 2j], np.complex64)],
        "scores": (np.float32(0.1), np.float64(1e-9), np.bool_(False), np.float16(-0.0), np.dtype("float32")),
        "started": datetime.timedelta(days=2, seconds=3), "complex": 1 - 2j, "slice": slice(1, None, 2),
        "kinds": [1, 1.0, True, "1", "True", None, "None", b"1", bytearray(b"1"), [], (), {}, "", b"", ((),), [[1], (2,)]],
        "huge": [2**63, -(2**63) - 1, 2**200, -(2**300)], "size": torch.Size([2, 3]), "device": torch.device("cuda:1"),
        "optimizer": {0: {"step": 1}, "zero": {}, True: 7, None: 8, (1, "a"): 9, 2.5: 10},
        "shared": [pattern(torch.int64, 3)] * 2, "parameter": torch.nn.Parameter(pattern(torch.float16, 2), requires_grad=False),
        "text": "line\nfeed \u001b[31m \"quoted\"",
    }


def legacy_view(path):
    """A file whose storage is a view of another one, as PyTorch before 0.4 wrote it: made by hand from a new one's."""
    value = {"part": pattern(torch.float32, 4)}
    buffer = io.BytesIO()
    torch.save(value, buffer, _use_new_zipfile_serialization=False)
    old = buffer.getvalue()
    # The persistent id's last element, None, becomes ("view", 2, 4), and the count of the whole storage 7.
    count = b"K\x04N"
    assert old.count(count) == 1
    new = old.replace(count, b"K\x07(X\x04\x00\x00\x00viewK\x02K\x04t")
    whole = pattern(torch.float32, 7, seed=9)
    assert new.endswith(struct.pack("<q", 4) + bytes(value["part"].untyped_storage()))
    new = new[:-24] + struct.pack("<q", 7) + bytes(whole.untyped_storage())
    with open(path, "wb") as file:
        file.write(new)
    return {"part": whole[2:6].clone()}


def script():
    """A TorchScript archive, without what it says of the sources and where they were."""
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), buffer)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(os.path.join(HERE, "torch-script.pt"), "w") as new:
        for entry in old.infolist():
            if not entry.filename.endswith(".debug_pkl"):
                new.writestr(entry, old.read(entry), compress_type=entry.compress_type)


def main():
    expected = {}

    def save(name, value, **options):
        torch.save(value, os.path.join(HERE, name), **options)
        note(name, value)

    def note_source(name, module):
        source = "".join(inspect.getsourcelines(module)[0]).encode()
        metadata = expected[name]["metadata"] | {f"source of {text(module)}": text(source)}
        expected[name]["metadata"] = dict(sorted(metadata.items(), key=lambda item: item[0].encode()))

    def note(name, value):
        tensors, metadata = {}, {}
        flatten(value, "", tensors, metadata)
        order = lambda items: dict(sorted(items.items(), key=lambda item: item[0].encode()))
        expected[name] = {"tensors": order(tensors), "metadata": order(metadata)}

    # Storage and view are saved once each, as PyTorch shares them.
    save("torch-types.pt", types())
    save("torch-views.pt", collections.OrderedDict(views()))
    for protocol in (2, 4, 5):
        save(f"torch-training-{protocol}.pt", copy.deepcopy(training()), pickle_protocol=protocol)
    save("torch-tensor.pt", pattern(torch.float16, 4))
    save("torch-list.pt", [torch.arange(2), {"x": torch.eye(2)}])
    old = {"_use_new_zipfile_serialization": False}
    save("torch-old.pt", {"a": torch.ones(2)}, **old)
    save("torch-old-types.pt", types(), **old)
    save("torch-old-views.pt", collections.OrderedDict(views()), **old)
    save("torch-old-4.pt", copy.deepcopy(lightning()), pickle_protocol=4, **old)
    # The sources of modules are saved beside their classes.
    note_source("torch-old-4.pt", torch.nn.ReLU)
    note("torch-old-part.pt", legacy_view(os.path.join(HERE, "torch-old-part.pt")))
    for protocol in (2, 4, 5):
        save(f"torch-lightning-{protocol}.ckpt", copy.deepcopy(lightning()), pickle_protocol=protocol)
    torch.save([pattern(torch.int16, 3).storage(), pattern(torch.float32, 2).untyped_storage()], os.path.join(HERE, "torch-storages.pt"))
    script()
    torch.save({"q": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)}, os.path.join(HERE, "torch-quantized.pt"))
    torch.save({"s": torch.eye(2).to_sparse()}, os.path.join(HERE, "torch-sparse.pt"))
    torch.save({"c": torch.ones(2, dtype=torch.complex64).conj()}, os.path.join(HERE, "torch-conjugated.pt"))
    with open(os.path.join(HERE, "torch.json"), "w", encoding="utf-8") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


main()
