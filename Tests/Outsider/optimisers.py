"""What section 9 of NUMERICS.md says of clipping, learning rates, updates and moving averages, run on arrays."""
import math

import numpy as np

from network import column_sums, sums
from numerics import call, f32, f64


def norm(gradients):
    """Of gradients in the parameters' order, None where a parameter has none."""
    parts = [f32(0) if g is None else np.sqrt(sums((g * g).reshape(1, -1))[0]) for g in gradients]
    parts = np.array(parts, f32)
    return np.sqrt(sums((parts * parts)[None])[0])


def clip_factor(limit, norm):
    return f32(1) if limit is None else min(f32(1), f32(limit) / (norm + f32(1e-6)))


def learning_rate(settings, k, total, pairs):
    """Of the update after k others; a double."""
    base, name, warmup = settings["lr"] * (pairs if settings.get("scale_lr") else 1), settings["schedule"], settings["warmup"]
    if name == "constant":
        return base
    if k < warmup:
        return base * (k / warmup)
    rest = max(1, total - warmup)
    progress = (k - warmup) / rest
    cosine = lambda x: float(call("cos_double", f64(math.pi * x)))
    if name == "constant_with_warmup":
        return base
    if name == "linear":
        return base * ((total - k) / rest)
    if name == "cosine":
        return base * (0.5 * (1 + cosine(progress)))
    if name == "cosine_with_restarts":
        turns = settings["cycles"] * progress
        return 0 if progress >= 1 else base * (0.5 * (1 + cosine(turns - math.floor(turns))))
    if progress >= 1:
        return settings["lr_end"]
    left = f64(1 - progress)
    power = left if settings["power"] == 1 else call("exp_double", settings["power"] * call("log_double", left))
    return float((base - settings["lr_end"]) * power + settings["lr_end"])


class Optimiser:
    """The state of one optimiser over parameters by name; `settings` are the resolved recipe's, numbers as such."""

    def __init__(self, settings, parameters):
        self.settings, self.updates, self.state, name = settings, 0, {}, settings["name"]
        self.powers = [1.0, 1.0]
        for key, p in parameters.items():
            if name == "adamw":
                parts = {"first": p.shape, "second": p.shape}
            elif name == "sgd":
                parts = {"momentum": p.shape} if settings["momentum"] else {}
            elif p.ndim < 2:
                parts = {"second": p.shape}
            else:
                parts = {"row": p.shape[:-1], "column": (*p.shape[:-2], p.shape[-1])}
            self.state.update({f"{part}/{key}": np.zeros(shape, f32) for part, shape in parts.items()})

    def update(self, parameters, gradients, rate):
        """Changes `parameters` by the gradients that there are."""
        self.updates += 1
        name = self.settings["name"]
        if name == "adamw":
            self.powers = [power * beta for power, beta in zip(self.powers, self.settings["betas"])]
        if name == "adafactor":
            self.moment_decay = float(1 - call("exp_double", self.settings["decay_rate"] * call("log_double", f64(self.updates))))
        for key, gradient in gradients.items():
            if gradient is not None:
                parameters[key] = getattr(self, name)(key, parameters[key], gradient, rate)

    def adamw(self, key, p, g, rate):
        (beta1, beta2), decay = self.settings["betas"], f32(1 - rate * self.settings["weight_decay"])
        a, b, root = f32(1 - beta1), f32(1 - beta2), f32(math.sqrt(1 - self.powers[1]))
        step = f32(rate / (1 - self.powers[0]))
        m, v = self.state[f"first/{key}"], self.state[f"second/{key}"]
        m = m + (g - m) * a
        v = v * f32(beta2) + b * (g * g)
        self.state[f"first/{key}"], self.state[f"second/{key}"] = m, v
        return p * decay - step * (m / (np.sqrt(v) / root + f32(self.settings["eps"])))

    def adafactor(self, key, p, g, rate):
        b, a = f32(self.moment_decay), f32(1 - self.moment_decay)
        s = g * g + f32(1e-30)
        if p.ndim < 2:
            v = self.state[f"second/{key}"] * b + s * a
            self.state[f"second/{key}"] = v
            u = g / np.sqrt(v)
        else:
            rows, columns = p.shape[-2:]
            matrices = s.reshape(-1, rows, columns)
            row_means = (sums(matrices.reshape(-1, columns)) / f32(columns)).reshape(-1, rows)
            column_means = np.stack([column_sums(m[None], np.zeros(columns, f32)) for m in matrices]) / f32(rows)
            row = self.state[f"row/{key}"].reshape(-1, rows) * b + row_means * a
            column = self.state[f"column/{key}"].reshape(-1, columns) * b + column_means * a
            self.state[f"row/{key}"] = row.reshape(p.shape[:-1])
            self.state[f"column/{key}"] = column.reshape(*p.shape[:-2], columns)
            r = f32(1) / np.sqrt(row / (sums(row) / f32(rows))[:, None])
            c = f32(1) / np.sqrt(column)
            u = ((g.reshape(matrices.shape) * c[:, None, :]) * r[:, :, None]).reshape(p.shape)
        rms = f32(math.sqrt(float(sums((u * u).reshape(1, -1))[0]) / u.size))
        decayed = p + p * f32(-(rate * self.settings["weight_decay"]))
        return decayed + u * f32(-(rate / max(1, float(rms) / self.settings["clip_threshold"])))

    def sgd(self, key, p, g, rate):
        direction = g + p * f32(self.settings["weight_decay"])
        if self.settings["momentum"]:
            direction = self.state[f"momentum/{key}"] * f32(self.settings["momentum"]) + direction
            self.state[f"momentum/{key}"] = direction
        return p + direction * f32(-rate)


def averaged(average, parameter, decay):
    decay = f32(decay)
    return average * decay + parameter * (f32(1) - decay)


def average_decay(limit, n):
    """Of the n-th taking-in, from 1."""
    return min(limit, n / (n + 9))
