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


def safetensors_bytes(weights, metadata=None):
    """As the program writes Float32 tensors (FORMAT.md, files of the model)."""
    header, at = {"__metadata__": dict(sorted((metadata or {"format": "pt"}).items()))}, 0
    names = sorted(weights, key=str.encode)
    for name in names:
        x = weights[name]
        header[name] = {"dtype": "F32", "shape": list(x.shape), "data_offsets": [at, at + x.nbytes]}
        at += x.nbytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + b"".join(np.ascontiguousarray(weights[n], "<f4").tobytes() for n in names)


def write_safetensors(path, weights):
    pathlib.Path(path).write_bytes(safetensors_bytes(weights))
