"""What section 9 of NUMERICS.md says of losses: values and slopes by the errors of the policy."""
import numpy as np

from numerics import call, f32, f64, sigmoid, total
from records import double


def number(objective, key):
    """A number of the resolved recipe, rounded to Float32."""
    return f32(double(objective[key]))


def soft(z):
    """L(z) = −log σ(z) in double."""
    z = f64(z)
    return max(-z, 0) + call("log_double", 1 + call("exp_double", -abs(z)))


def double_sigmoid(x):
    return 1 / (1 + call("exp_double", -f64(x)))


def odds(m, s):
    x = f64(s) * f64(m)
    if x > 0.01:
        e = call("exp_double", -x)
        return (x * e) / (1 - e), ((f64(s) * e) * ((1 - e) - x)) / ((1 - e) * (1 - e))
    q = x * x
    return ((1 - x / 2) + q / 12) - (q * q) / 720, f64(s) * ((-0.5 + x / 6) - (x * q) / 180)


def utility(name, y, z):
    s, e = double_sigmoid, lambda v: call("exp_double", f64(v))
    return {
        "sigmoid": lambda: (s(y * z), (y * s(z)) * s(-z)),
        "loss_averse": lambda: (-soft(y * z), y * s((-y) * z)),
        "risk_seeking_1": lambda: (y * soft(-z), y * s(z)),
        "risk_seeking_2": lambda: (y * e(z / 100) - 1, (y * e(z / 100)) / 100),
        "risk_seeking_3": lambda: (soft((-y) * z), y * s(y * z)),
    }[name]()


def mean(values):
    result = f64(0)
    for value in values:
        result = result + value
    return result / len(values) if values else f64(0)


def anchor(objective, gaps, good):
    """K of KTO; `gaps` are r − m in double."""
    if objective["kl"] == "batch":
        return f32(max(0, mean(gaps)))
    if objective["kl"] == "mismatched":
        return f32(mean(gaps))
    return f32((mean([g for g, y in zip(gaps, good) if y]) + mean([g for g, y in zip(gaps, good) if not y])) / 2)


def loss(objective, m, r, weight, elements, kl):
    """(value, slopes by m, entries of the record) of one item."""
    name = objective["name"]
    if name == "sft":
        return m[0], [f32(1)], {}
    if name == "kto":
        y, beta = f64(weight), f64(number(objective, "beta"))
        z = beta * ((f64(r[0]) - f64(m[0])) - f64(kl))
        share = f64(number(objective, "lambda_good" if weight > 0 else "lambda_bad"))
        u, slope = utility(objective["utility"], y, z)
        entries = {"inside": f32(y * z), "difference": m[0] - r[0]}
        return f32(share * (1 - u)), [f32(share * slope * beta)], entries
    beta = number(objective, "beta")
    if name == "mapo":
        t, s = f64(number(objective, "temperature")), number(objective, "snr")
        (pw, dw), (pl, dl) = (odds(v, s) for v in m)
        z = f32(t * (pw - pl))
        pull = f64((beta * sigmoid(-z)) * f32(t))
        entries = {"inside": z, "difference": f32(pw - pl)}
        return m[0] + beta * f32(soft(z)), [f32(1 - pull * dw), f32(pull * dl)], entries
    apart = (m[0] - m[1]) - (r[0] - r[1])
    kind = objective.get("loss", "sigmoid")
    f = (beta * f32(elements) if objective.get("errors") == "sum" else f32(0.5) * beta)
    if kind == "sigmoid":
        f = f * weight
    z = -(f * apart)
    if kind == "sigmoid":
        value, slope = f32(soft(z)), sigmoid(-z) * f
    elif kind == "hinge":
        value, slope = (f32(0), f32(0)) if z >= 1 else (f32(1) - z, f)
    else:
        q = -apart - f32(1) / beta
        value, slope = q * q, f32(-2) * q
    return value, [slope, -slope], {"inside": z, "difference": apart}


def step_loss(values):
    return total(values) / f32(len(values))


class PickScore:
    """A scorer's pair: cosines of winner and loser with the caption."""

    def __init__(self, cosines, scale, label):
        self.z = scale * (cosines[0] - cosines[1])
        share, z = f64(label), f64(self.z)
        entropy = call("log_double", f64(0.5)) if label == 0.5 else f64(0)
        self.value = f32((share * soft(z) + (1 - share) * soft(-z)) + entropy)
        self.slope = (f32(1) - f32(label)) * sigmoid(self.z) - f32(label) * sigmoid(-self.z)


class Cosine:
    """Of two vectors, in double; `pull` is its gradient by the first."""

    def __init__(self, x, y):
        self.x, self.y = x.astype(f64), y.astype(f64)
        self.lengths = [np.sqrt(self.ordered(v * v)) for v in (self.x, self.y)]
        self.cosine = self.ordered(self.x * self.y) / (self.lengths[0] * self.lengths[1])
        self.value = f32(self.cosine)

    @staticmethod
    def ordered(terms):
        result = f64(0)
        for term in terms:
            result = result + term
        return result

    def pull(self, p):
        (x, y), (first, second) = (self.x, self.y), self.lengths
        return (f64(p) * ((y / second - self.cosine * (x / first)) / first)).astype(f32)


def contrastive(logits):
    """(loss, slopes) of logits [n, n], pictures by captions."""
    n = len(logits)
    value, slopes = f64(0), np.zeros([n, n], f64)
    for line in range(2 * n):
        places = [(line, i) if line < n else (i, line - n) for i in range(n)]
        row = [f64(logits[p]) for p in places]
        top = max(row)
        e = [call("exp_double", v - top) for v in row]
        total_ = Cosine.ordered(e)
        value = value + ((top + call("log_double", total_)) - row[line % n])
        for i, p in enumerate(places):
            slopes[p] = slopes[p] + (e[i] / total_ - (1 if i == line % n else 0))
    return f32(value / (2 * n)), (slopes / (2 * n)).astype(f32)
