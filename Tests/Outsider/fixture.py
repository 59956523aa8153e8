"""Writes numerics.json: digests of what the page's listings give, for `NumericsPageTests`."""
import hashlib
import json
import pathlib

import numpy as np

import numerics
from numerics import Stream, call, f32, f64

FIXTURE = pathlib.Path(__file__).with_name("numerics.json")
COUNT = 1 << 16


def inputs():
    """Float32 from ±2⁻²⁴ to ±256, every size of exponent alike, drawn by the page's own generator."""
    scale = f32(2.0) ** (np.arange(COUNT) % 16 - 7).astype(f32)
    return (Stream(2026, "votes", 1).uniforms(COUNT) * f32(2) - f32(1)) * scale


def digest(x):
    return hashlib.sha256(np.ascontiguousarray(x).astype(x.dtype.newbyteorder("<")).tobytes()).hexdigest()


def softmax_pairs(x):
    """Softmax of each row [x, 0]."""
    top = np.maximum(x, f32(0))
    e, rest = call("exp_single", x - top), call("exp_single", f32(0) - top)
    return np.stack([e / (e + rest), rest / (e + rest)], axis=1)


def main():
    x = inputs()
    assert x.dtype == f32
    wide = x.astype(f64) * 4.0
    single = {name: digest(call(name, x)) for name in (
        "silu", "silu_slope", "quick_gelu", "quick_gelu_slope", "gelu", "gelu_slope")}
    double = {
        "exp_double": digest(call("exp_double", wide)),
        "log_double": digest(call("log_double", np.where(x == 0, 1.0, abs(wide)))),
        "cos_double": digest(call("cos_double", wide)), "sin_double": digest(call("sin_double", wide)),
    }
    fixture = {
        "listings": numerics.listings_digest(), "count": COUNT, "inputs": digest(x), "softmax": digest(softmax_pairs(x)),
        "single": single, "double": double, "normals": digest(Stream(2026, "noise", 3).normals([COUNT])),
        "permutation": Stream(2026, "order", 2).permutation(12),
    }
    FIXTURE.write_text(json.dumps(fixture, indent=2, sort_keys=True) + "\n")
    print(FIXTURE)


main()
