"""Files of Float32 tensors."""
import json
import pathlib
import struct

import numpy as np


def read_safetensors(path):
    data = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    return {
        name: np.frombuffer(data[8 + length:][slice(*e["data_offsets"])], "<f4").reshape(e["shape"]).copy()
        for name, e in header.items()
    }


def write_safetensors(path, weights):
    header, at = {}, 0
    for name, x in weights.items():
        header[name] = {"dtype": "F32", "shape": list(x.shape), "data_offsets": [at, at + x.nbytes]}
        at += x.nbytes
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(
        struct.pack("<Q", len(text)) + text + b"".join(np.ascontiguousarray(x, "<f4").tobytes() for x in weights.values()))
