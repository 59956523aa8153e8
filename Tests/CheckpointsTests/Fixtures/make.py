"""Makes the fixtures of the checkpoint tests with Python's own safetensors, and the numbers the tests compare with.

    pip install safetensors==0.8.0 numpy
    python make.py                    # writes python.safetensors and expected.json beside this file
    python make.py check FILE...      # reads files that Swift wrote: prints names, types, shapes, sums of bytes
"""

import hashlib
import json
import os
import struct
import sys

import numpy as np
import safetensors

HERE = os.path.dirname(os.path.abspath(__file__))


def tensors():
    """All element types of both sides, ranks 0 to 4, an empty tensor, names that need escapes or are not ASCII."""
    rng = np.random.default_rng(5)
    integers = {t: rng.integers(0, 100, (3,)).astype(t) for t in
                ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]}
    result = {f"int.{name}": value for name, value in integers.items()}
    result |= {
        "conv.weight": rng.standard_normal((4, 3, 3, 3), dtype=np.float32),
        "conv.bias": rng.standard_normal(4, dtype=np.float32),
        "scalar": np.array(-0.0, dtype=np.float32),
        "empty": np.zeros((0, 7), dtype=np.float32),
        "half": np.array([[1.5, -65504.0], [6e-8, np.inf]], dtype=np.float16),
        "double": np.array([1 / 3, 1e300, -1e-300, np.nan], dtype=np.float64),
        "flags": np.array([True, False, True]),
        "zeta \"quoted\"\\\n\t\x01": np.ones(1, dtype=np.float32),
        "größe/尺寸/😀": np.arange(2, dtype=np.float32),
    }
    return result


def packed():
    """The same for safetensors.serialize, which also knows BF16."""
    result = {
        name: {"dtype": str(a.dtype), "shape": list(a.shape), "data": a.tobytes()} for name, a in tensors().items()
    }
    result["brain"] = {"dtype": "bfloat16", "shape": [2], "data": struct.pack("<HH", 0x3F80, 0xC049)}
    return result


CODES = {"float32": "F32", "float16": "F16", "float64": "F64", "bfloat16": "BF16", "bool": "BOOL"}


def code(dtype):
    return CODES.get(dtype) or dtype.replace("uint", "U").replace("int", "I")


def tensor_digest(name, value):
    word = lambda n: struct.pack("<Q", n)
    text = lambda s: word(len(s.encode())) + s.encode()
    payload = b"smpo/tensor/1\0" + text(name) + text(code(value["dtype"])) + word(len(value["shape"]))
    payload += b"".join(word(n) for n in value["shape"]) + word(len(value["data"])) + value["data"]
    return hashlib.sha256(payload).digest()


def merkle(leaves):
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + merkle(leaves[:middle]) + merkle(leaves[middle:])).digest()


def main():
    values = packed()
    arrays = {name: np.frombuffer(value["data"] or b"\0", dtype=np.uint8) for name, value in values.items()}
    specs = {
        name: safetensors.TensorSpec(
            dtype=value["dtype"], shape=value["shape"], data_ptr=arrays[name].ctypes.data, data_len=len(value["data"]))
        for name, value in values.items()
    }
    blob = bytes(safetensors.serialize(specs, {"format": "pt"}))
    with open(os.path.join(HERE, "python.safetensors"), "wb") as file:
        file.write(blob)
    everything = np.arange(65536, dtype=np.uint16)
    # numpy widens half-precision NaNs without making them quiet, as the tests ask for.
    half = everything.view(np.float16).astype(np.float32).view(np.uint32)
    brain = everything.astype(np.uint32) << 16
    names = sorted(values, key=lambda name: name.encode())
    expected = {
        "names": names,
        "f16_sha256": hashlib.sha256(half.astype("<u4").tobytes()).hexdigest(),
        "bf16_sha256": hashlib.sha256(brain.astype("<u4").tobytes()).hexdigest(),
        "weights_digest": merkle([tensor_digest(name, values[name]) for name in names]).hex(),
        "tensor_digest_half": tensor_digest("half", values["half"]).hex(),
    }
    with open(os.path.join(HERE, "expected.json"), "w", encoding="utf-8") as file:
        json.dump(expected, file, indent=2)
        file.write("\n")


def check(paths):
    for path in paths:
        with open(path, "rb") as file:
            blob = file.read()
        entries = safetensors.deserialize(blob)
        print(path, hashlib.sha256(blob).hexdigest()[:16])
        for name, entry in sorted(entries):
            print(" ", repr(name), entry["dtype"], entry["shape"], sum(entry["data"]))


if sys.argv[1:2] == ["check"]:
    check(sys.argv[2:])
else:
    main()
