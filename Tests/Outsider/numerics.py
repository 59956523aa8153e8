"""What NUMERICS.md says, run: the listings of the page as they stand there, and the rest written from its text alone.

Nothing here was taken from the sources. Arrays are NumPy's; Float32 stays Float32 under NumPy 2's rules of promotion.
"""
import hashlib
import math
import pathlib
import re

import numpy as np

PAGE = pathlib.Path(__file__).parents[2] / "Sources/CKernels/NUMERICS.md"
f32, f64, u32, u64 = np.float32, np.float64, np.uint32, np.uint64


def F(text):
    value = f32(float.fromhex(text))
    assert float(value) == float.fromhex(text), f"{text} is no Float32"
    return value


def D(text):
    return f64(float.fromhex(text))


def single(x):
    return np.asarray(x).astype(f32)


def bits(x):
    x = np.asarray(x)
    return x.view(u32 if x.dtype == f32 else u64)


def number(n):
    return n.view(f32 if n.dtype == u32 else f64)


def fma(a, b, c):
    """a·b + c rounded once (section 1): exact in Float64 but for the last sum, which is rounded to odd."""
    a, b, c = (np.asarray(v, f64) for v in (a, b, c))
    product = a * b
    total = product + c
    part = total - product
    error = (product - (total - part)) + (c - part)
    even = (bits(total) & u64(1)) == 0
    away = (error > 0) == (total > 0)
    step = np.where(away, u64(1), u64(0xFFFFFFFFFFFFFFFF))
    odd = number(bits(np.ascontiguousarray(total)) + np.where((error != 0) & even & np.isfinite(total), step, u64(0)))
    return odd.astype(f32)


def listings():
    """The page's blocks of Python, one text."""
    return "\n".join(re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.S | re.M))


def listings_digest():
    return hashlib.sha256(listings().encode()).hexdigest()


page = {
    "F": F, "D": D, "fma": fma, "bits": bits, "number": number, "where": np.where, "sqrt": np.sqrt, "single": single,
    "signbit": np.signbit,
}
with np.errstate(all="ignore"):
    exec(listings(), page)


def call(name, *arguments):
    with np.errstate(all="ignore"):
        return page[name](*arguments)


# Section 4


def total(x):
    """`sum` of a Float32 array in memory order."""
    x = np.asarray(x, f32).ravel()
    result = None
    for start in range(0, len(x), 4096):
        block = x[start:start + 4096]
        lanes = np.zeros(16, f32)
        for row in range(0, len(block), 16):
            part = block[row:row + 16]
            lanes[:len(part)] += part
        for half in (8, 4, 2, 1):
            lanes = lanes[:half] + lanes[half:2 * half]
        result = lanes[0] if result is None else result + lanes[0]
    return f32(0) if result is None else result


def mean_squared_distance(x, y):
    t = x - y
    return total(t * t) / f32(t.size)


# Section 7, correctly rounded: the error of the double function is some 2⁻⁵² of the value, so its rounding is the right
# one unless that lies so near to the middle of two Float32; those are refused rather than guessed.


def correctly_rounded(value):
    value = np.asarray(value, f64)
    low, high = (value * (1 - 2.0**-45)).astype(f32), (value * (1 + 2.0**-45)).astype(f32)
    assert np.array_equal(low, high), "too near to a middle to tell"
    return value.astype(f32)


def sigmoid(x):
    x = float(x)
    return correctly_rounded(1 / (1 + call("exp_double", f64(-x))))[()]


# Section 10


def betas(config):
    steps = config["num_train_timesteps"]
    kind = config["beta_schedule"]
    if kind == "squaredcos_cap_v2":
        level = [call("cos_double", f64(((i / steps) + 0.008) / 1.008 * math.pi / 2)) for i in range(steps + 1)]
        level = [float(c) * float(c) for c in level]
        beta = np.array([f32(min(1 - level[i + 1] / level[i], 0.999)) for i in range(steps)])
    else:
        ends = (config["beta_start"], config["beta_end"])
        start, end = (f32(math.sqrt(v)) if kind == "scaled_linear" else f32(v) for v in ends)
        step = f64((end - start) / f32(steps - 1))
        beta = np.array([
            f32(f64(start) + step * i) if i < steps // 2 else f32(f64(end) - step * (steps - 1 - i))
            for i in range(steps)
        ])
        if kind == "scaled_linear":
            beta = beta * beta
    if config.get("rescale_betas_zero_snr"):
        root = np.sqrt(cumulative(beta))
        first, last = root[0], root[-1]
        root = (root - last) * (first / (first - last))
        p = root * root
        beta = np.concatenate([1 - p[:1], 1 - p[1:] / p[:-1]])
    return beta


def cumulative(beta):
    product, result = 1.0, []
    for alpha in f32(1) - beta:
        product *= float(alpha)
        result.append(f32(product))
    return np.array(result)


class Levels:
    """ā by timestep, and the moves between levels."""

    def __init__(self, config):
        self.beta = betas(config)
        self.table = cumulative(self.beta)
        self.before = f32(1) if config.get("set_alpha_to_one", True) else self.table[0]
        self.prediction = config["prediction_type"]

    def alpha(self, level, through16=False):
        value = self.before if level < 0 else self.table[level]
        return f32(np.float16(value)) if through16 else value

    def roots(self, level, through16=False):
        alpha = self.alpha(level, through16)
        return np.sqrt(alpha), np.sqrt(f32(1) - alpha)

    def noised(self, x, n, t):
        a, b = self.roots(t)
        return a * x + b * n

    def velocity(self, x, n, t):
        a, b = self.roots(t)
        return a * n - b * x

    def noise(self, output, x, t):
        if self.prediction == "epsilon":
            return output
        a, b = self.roots(t)
        return a * output + b * x

    def moved(self, x, e, source, destination):
        (a_s, b_s), (a_d, b_d) = self.roots(source), self.roots(destination)
        return a_d * ((x - b_s * e) / a_s) + b_d * e

    def perturbed(self, x, n, eta, source, destination, through16):
        s, d = self.alpha(source, through16), self.alpha(destination, through16)
        v = (f32(1) - s) / (f32(1) - d) * (f32(1) - d / s) if d < s else f32(0)
        return x + f32(eta) * np.sqrt(v) * n

    def target(self, reached, x, t, through16):
        a, b = self.roots(t, through16)
        return (reached - a * x) / b


def moves(inversion, t, timesteps):
    """(level left, level reached, first label, correcting label or None) of each move."""
    count, grid = inversion["steps"], inversion["grid"]
    stride = timesteps // count
    if grid == "exact":
        levels = [(k * t // count, (k + 1) * t // count) for k in range(count)]
    else:
        levels = [(1 + (k - 1) * stride, 1 + k * stride) for k in range(count)]
        levels = [(s, d) for s, d in levels if (s if grid == "official" else d) < t]
    result = []
    for k, (source, destination) in enumerate(levels):
        first = {"exact": source if inversion["label"] == "origin" else destination,
                 "official": source, "official-0.22": destination}[grid]
        corrects = inversion["renoise"] == "every" or inversion["renoise"] == "last" and k == len(levels) - 1
        second = source if grid == "official" else destination
        result.append((source, destination, first, second if corrects else None))
    return result


# Section 11

STREAMS = {"order": 1, "timestep": 2, "noise": 3, "captionDropout": 4, "initialization": 5, "votes": 6, "flip": 7, "sampler": 8}


class Stream:
    def __init__(self, seed, name, step):
        self.seed, self.id, self.step = seed, STREAMS[name], step

    def blocks(self, first, count):
        """Words [count, 4] of the blocks from `first` on."""
        block = np.arange(first, first + count, dtype=u64)
        mask = u64(0xFFFFFFFF)
        c = [block & mask, block >> u64(32), np.full_like(block, self.step), np.full_like(block, self.id)]
        key = [self.seed & 0xFFFFFFFF, self.seed >> 32]
        for _ in range(10):
            a, b = c[0] * u64(0xD2511F53), c[2] * u64(0xCD9E8D57)
            c = [(b >> u64(32)) ^ c[1] ^ u64(key[0]), b & mask, (a >> u64(32)) ^ c[3] ^ u64(key[1]), a & mask]
            key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
        return np.stack(c, axis=1)

    def words(self, start, count):
        first = start // 4
        return self.blocks(first, (start + count + 3) // 4 - first).ravel()[start - 4 * first:][:count]

    def uniforms(self, count, start=0):
        return (self.words(start, count) >> u64(8)).astype(f32) * f32(2.0**-24)

    def integers(self, below, count, start=0):
        words = [int(w) for w in self.words(2 * start, 2 * count)]
        return [below * (words[2 * e] + (words[2 * e + 1] << 32)) >> 64 for e in range(count)]

    def normals(self, shape, start=0):
        count = math.prod(shape)
        first = start // 2 * 2
        words = self.words(first, (start + count + 1) // 2 * 2 - first).astype(f64)
        pair = call("normal_pair", words[0::2], words[1::2])
        return np.stack(pair, axis=1).ravel()[start - first:][:count].reshape(shape)

    def permutation(self, count):
        order = list(range(count))
        for place in range(count - 1, 0, -1):
            other = self.integers(place + 1, 1, place)[0]
            order[place], order[other] = order[other], order[place]
        return order
