"""Coefficients of Sources/CKernels/bodies/elementary_single.h (numpy and mpmath): minimax fits by Lawson's weights, each
coefficient rounded to Float32 in turn and the others fitted anew around it.

Run: python3 coefficients_single.py     (prints C hexadecimal literals and the relative error of each fit)

Another linear algebra library may round the odd coefficient the other way; the error shows whether that is as good.
"""
import numpy as np
from mpmath import mp, mpf, erfc, exp, log, sqrt, pi

mp.dps = 40


def single(x):
    return float(np.float32(float(x)))


def fit(basis, target, weight, fixed, rounds):
    """Coefficients that minimise max |weight(c) (basis c - target)|, those in `fixed` given."""
    free = [j for j in range(basis.shape[1]) if j not in fixed]
    rest = target - sum((basis[:, j] * fixed[j] for j in fixed), np.zeros(len(target)))
    lawson, best, c = np.ones(len(target)) / len(target), None, None
    for _ in range(rounds):
        w = weight(c)
        s = np.sqrt(lawson) * w
        scale = np.linalg.norm(basis[:, free] * s[:, None], axis=0)
        solution = np.linalg.lstsq(basis[:, free] * s[:, None] / scale, rest * s, rcond=1e-16)[0] / scale
        c = np.zeros(basis.shape[1])
        for j in fixed:
            c[j] = fixed[j]
        c[free] = solution
        error = np.abs((basis @ c - target) * weight(c))
        if best is None or error.max() < best[0]:
            best = (error.max(), c)
        lawson = lawson * (error + 1e-20)
        lawson /= lawson.sum()
    return best


def rounded(basis, target, weight, fixed, order, rounds):
    fixed = dict(fixed)
    for j in order:
        fixed[j] = single(fit(basis, target, weight, fixed, rounds)[1][j])
    c = np.array([fixed[j] for j in range(basis.shape[1])])
    return np.abs((basis @ c - target) * weight(c)).max(), c


def show(name, error, c):
    print(f"// {name}: relative error 2^{np.log2(error):.2f}")
    print(", ".join(float(x).hex() for x in c))


def exp_polynomial():
    """2 exp(r) = 2 + r (2 + r q(r))."""
    r = np.cos(np.pi * (np.arange(2000) + 0.5) / 2000) * 0.3470
    target = np.array([float(2 * (exp(mpf(x)) - 1 - mpf(x)) / mpf(x) ** 2) for x in r])
    weight = r * r / 2 / np.exp(r)
    basis = np.stack([r**i for i in range(5)], 1)
    show("exp q", *rounded(basis, target, lambda c: weight, {}, range(5), 200))


def normal_tail():
    """exp(a^2/2) Phi(-a) = P(a) / Q(a), degrees 4 and 5, P(0) = 1/2, Q(0) = 1, for a in [0, 13.25]."""
    k, top = 2.5, 13.25
    u = -1 + (1 - np.cos((np.arange(600) + 0.5) / 600 * np.pi)) / 2 * ((top - k) / (top + k) + 1)
    a = k * (1 + u) / (1 - u)
    target = np.array([float(exp(mpf(x) ** 2 / 2) * erfc(mpf(x) / sqrt(2)) / 2) for x in a])
    powers = np.stack([a**i for i in range(6)], 1)
    basis = np.concatenate([powers[:, :5], -target[:, None] * powers[:, 1:]], 1)

    def weight(c):  # of P - target Q: relative to target Q
        return 1 / target / (1 if c is None else 1 + powers[:, 1:] @ c[5:])

    ideal = fit(basis, target, weight, {0: 0.5}, 400)[1]
    # Far out the quotient of the leading coefficients decides: try the pairs of Float32 values nearest to it.
    spacing = float(np.spacing(np.float32(ideal[9])))
    pairs = []
    for step in range(-200, 201):
        q5 = single(ideal[9]) + step * spacing
        p4 = q5 * ideal[4] / ideal[9]
        pairs.append((abs(single(p4) / p4 - 1), single(p4), q5))
    fits = [
        rounded(basis, target, weight, {0: 0.5, 4: p4, 9: q5}, [5, 1, 6, 2, 7, 3, 8], 60)
        for _, p4, q5 in sorted(pairs)[:30]
    ]
    error, c = min(fits, key=lambda pair: pair[0])
    show("P", error, c[:5])
    show("Q without its 1", error, c[5:])


def constants():
    high = mp.floor(log(2) * 2**15 + mpf(1) / 2) / 2**15
    print("ln2 split", float(high).hex(), single(log(2) - high).hex(), "1/ln2", single(1 / log(2)).hex())
    print("1.702", single(1.702).hex(), single(mpf("1.702") - single(1.702)).hex())
    print("1/sqrt(2 pi)", single(1 / sqrt(2 * pi)).hex())


exp_polynomial()
normal_tail()
constants()
