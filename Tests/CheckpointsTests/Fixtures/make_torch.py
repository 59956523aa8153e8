"""Makes the torch files of the checkpoint tests with PyTorch itself, and what the tests compare with.

    pip install torch==2.15.0 numpy
    python make_torch.py              # writes torch-*.pt and torch.json beside this file
"""

import collections
import copy
import hashlib
import io
import json
import os
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


def flatten(value, name, tensors, metadata):
    """The same rule as the reader's, in Python."""
    if isinstance(value, torch.Tensor):
        data = value.detach().contiguous().clone()
        raw = bytes(data.untyped_storage()) if data.numel() else b""
        tensors[name.removeprefix("state_dict.")] = {
            "type": NAMES[value.dtype], "shape": list(value.shape), "sha256": hashlib.sha256(raw).hexdigest()}
    elif isinstance(value, dict):
        for key, item in value.items():
            flatten(item, f"{name}.{key}" if name else str(key), tensors, metadata)
    elif isinstance(value, (list, tuple)):
        for key, item in enumerate(value):
            flatten(item, f"{name}.{key}" if name else str(key), tensors, metadata)
    elif isinstance(value, bytes):
        metadata[name] = f"[{len(value)} bytes, sha256 {hashlib.sha256(value).hexdigest()}]"
    else:
        metadata[name] = str(value)


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
        tensors, metadata = {}, {}
        flatten(value, "" if isinstance(value, (dict, list)) else "tensor", tensors, metadata)
        expected[name] = {"tensors": tensors, "metadata": metadata}

    # Storage and view are saved once each, as PyTorch shares them.
    save("torch-types.pt", types())
    save("torch-views.pt", collections.OrderedDict(views()))
    for protocol in (2, 4, 5):
        save(f"torch-training-{protocol}.pt", copy.deepcopy(training()), pickle_protocol=protocol)
    save("torch-tensor.pt", pattern(torch.float16, 4))
    save("torch-list.pt", [torch.arange(2), {"x": torch.eye(2)}])
    torch.save({"a": torch.ones(2)}, os.path.join(HERE, "torch-old.pt"), _use_new_zipfile_serialization=False)
    script()
    torch.save({"q": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)}, os.path.join(HERE, "torch-quantized.pt"))
    torch.save({"s": torch.eye(2).to_sparse()}, os.path.join(HERE, "torch-sparse.pt"))
    torch.save({"c": torch.ones(2, dtype=torch.complex64).conj()}, os.path.join(HERE, "torch-conjugated.pt"))
    with open(os.path.join(HERE, "torch.json"), "w", encoding="utf-8") as file:
        json.dump(expected, file, indent=1)
        file.write("\n")


main()
