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
    """m = exp(a^2/2) Phi(-a) = P(a) / (1 + a (k P(a) + T(a))), k = sqrt(2 pi), degrees 5 and 3, P(0) = 1/2, for a in
    [0, 13.25]. k rounded to Float32 is off by 2^-33 only, so that far out m = 1 / (k a) costs nothing."""
    middle, top, k = 2.5, 13.25, single(sqrt(2 * pi))
    u = -1 + (1 - np.cos((np.arange(600) + 0.5) / 600 * np.pi)) / 2 * ((top - middle) / (top + middle) + 1)
    a = middle * (1 + u) / (1 - u)
    exact = [exp(mpf(x) ** 2 / 2) * erfc(mpf(x) / sqrt(2)) / 2 for x in a]
    target = np.array([float(m) for m in exact])
    rest = np.array([float(1 - m * mpf(x) * k) for x, m in zip(a, exact)])
    powers = np.stack([a**i for i in range(6)], 1)
    # m = P (1 - m k a) - m a T, a linear problem; its residual over m and the denominator is the relative error.
    basis = np.concatenate([powers * rest[:, None], -target[:, None] * powers[:, 1:5]], 1)

    def weight(c):
        return 1 / target / (1 if c is None else 1 + k * a * (powers @ c[:6]) + powers[:, 1:5] @ c[6:])

    error, c = rounded(basis, target, weight, {0: 0.5}, [1, 6, 2, 7, 3, 8, 4, 9, 5], 200)
    show("P", error, c[:6])
    show("T", error, c[6:])


def constants():
    high = mp.floor(log(2) * 2**15 + mpf(1) / 2) / 2**15
    print("ln2 split", float(high).hex(), single(log(2) - high).hex(), "1/ln2", single(1 / log(2)).hex())
    print("1.702", single(1.702).hex(), single(mpf("1.702") - single(1.702)).hex())
    print("sqrt(2 pi)", single(sqrt(2 * pi)).hex(), "1/sqrt(2 pi)", single(1 / sqrt(2 * pi)).hex())


exp_polynomial()
normal_tail()
constants()
