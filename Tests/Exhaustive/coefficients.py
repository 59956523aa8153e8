"""Minimax coefficients of Sources/CKernels/bodies/elementary.h (mpmath, Remez exchange, 60 digits).

Run: python3 coefficients.py            (prints C hexadecimal literals and the weighted error of each fit)
"""
from mpmath import mp, mpf, matrix, lu_solve, exp, log, sin, cos, erf, erfc, sqrt, pi

mp.dps = 60


def remez(function, weight, low, high, degree, rounds=12, grid=1500):
    """The polynomial p of `degree` that minimises max |weight * (p - function)| on [low, high]."""
    low, high, n = mpf(low), mpf(high), degree + 2
    middle, half = (low + high) / 2, (high - low) / 2
    points = [middle - half * cos(pi * i / (n - 1)) for i in range(n)]
    samples = [middle - half * cos(pi * i / grid) for i in range(grid + 1)]
    values = [(x, function(x), weight(x)) for x in samples]
    for _ in range(rounds):
        a, b = matrix(n, n), matrix(n, 1)
        for i, x in enumerate(points):
            for j in range(degree + 1):
                a[i, j] = x ** j
            a[i, degree + 1] = (-1) ** i / weight(x)
            b[i] = function(x)
        solution = lu_solve(a, b)
        c = [solution[j] for j in range(degree + 1)]
        errors = [(w * (mp.polyval(c[::-1], x) - f), x) for x, f, w in values]
        runs = []
        for e, x in errors:
            if runs and (runs[-1][0] > 0) == (e > 0):
                if abs(e) > abs(runs[-1][0]):
                    runs[-1] = (e, x)
            else:
                runs.append((e, x))
        while len(runs) > n:
            runs.pop(0 if abs(runs[0][0]) < abs(runs[-1][0]) else -1)
        if len(runs) < n:
            break
        points = [x for _, x in runs]
        sizes = [abs(e) for e, _ in runs]
        if max(sizes) / min(sizes) < 1.02:
            break
    return c, max(abs(e) for e, _ in errors)


def show(name, result):
    c, error = result
    print(f"// {name}: degree {len(c) - 1}, weighted error 2^{float(log(error, 2)):.1f}")
    print(", ".join(float(x).hex() for x in c))


def main():
    fact = mp.factorial
    # exp(r) = 1 + r + r^2/2 + r^3 q(r)
    q = lambda r: sum(r ** (n - 3) / fact(n) for n in range(3, 45))
    show("exp", remez(q, lambda r: abs(r) ** 3 + mpf(2) ** -60, mpf("-0.34658"), mpf("0.34658"), 8))
    # log(1+f), s = f/(2+f), z = s^2: log(1+f) = 2s + s z R(z) / 1, R(z) = sum 2 z^(n-1) / (2n+1)
    big = sqrt(2) - 1
    top = (big / (2 + big)) ** 2
    r = lambda z: sum(2 * z ** (n - 1) / (2 * n + 1) for n in range(1, 60))
    show("log", remez(r, lambda z: z + mpf(2) ** -20, 0, top, 6))
    # sin(r) = r + r^3 S(z), cos(r) = 1 - z/2 + z^2 C(z), z = r^2 <= (pi/4)^2
    top = (pi / 4 + mpf(2) ** -20) ** 2
    s = lambda z: sum((-1) ** n * z ** (n - 1) / fact(2 * n + 1) for n in range(1, 30))
    c = lambda z: sum((-1) ** n * z ** (n - 2) / fact(2 * n) for n in range(2, 30))
    show("sin", remez(s, lambda z: z + mpf(2) ** -20, 0, top, 5))
    show("cos", remez(c, lambda z: z * z + mpf(2) ** -20, 0, top, 5))
    # erf(x) = x (c_hi + (c_lo + z E(z))), z = x^2 <= 1/4
    e = lambda z: 2 / sqrt(pi) * sum((-1) ** n * z ** (n - 1) / (fact(n) * (2 * n + 1)) for n in range(1, 50))
    limit = mpf("0.5625")
    show("erf small", remez(e, lambda z: z + mpf(2) ** -20, 0, limit ** 2, 8))
    # (1 + 2a) exp(a^2) erfc(a) = P(u), u = (a - K) / (a + K), for a in [0, 10.6]
    for k, degree in ((4, 16),):
        inverse = lambda u: k * (1 + u) / (1 - u)
        p = lambda u: (1 + 2 * inverse(u)) * exp(inverse(u) ** 2) * erfc(inverse(u))

        def weight(u):
            a = inverse(u)
            p_here = p(u)
            if a < mpf("0.5"):
                return mpf(2) ** -4 / p_here  # erf takes its other formula there: 2^-49 is plenty
            return max(erfc(a) / erf(a), mpf(2) ** -18) / p_here

        show(f"erfc K={k}", remez(p, weight, -1, (mpf("10.6") - k) / (mpf("10.6") + k), degree, grid=600))
    print("ln2 split", float(mp.floor(log(2) * mpf(2) ** 42) / mpf(2) ** 42).hex(),
          float(log(2) - mp.floor(log(2) * mpf(2) ** 42) / mpf(2) ** 42).hex(), "1/ln2", float(1 / log(2)).hex())
    h = pi / 2
    p1 = mp.floor(h * mpf(2) ** 32) / mpf(2) ** 32
    p2 = mp.floor((h - p1) * mpf(2) ** 66) / mpf(2) ** 66
    p3 = h - p1 - p2
    print("pi/2", float(p1).hex(), float(p2).hex(), float(p3).hex(), "2/pi", float(1 / h).hex(), float(h).hex())
    c0 = 2 / sqrt(pi)
    hi = mp.floor(c0 * mpf(2) ** 28) / mpf(2) ** 28
    print("2/sqrt(pi)", float(hi).hex(), float(c0 - hi).hex(), "1/sqrt(2pi)", float(1 / sqrt(2 * pi)).hex(),
          "sqrt(1/2)", float(sqrt(mpf(1) / 2)).hex())
    mp.prec = 1500
    words = int(mp.floor(2 / pi * mpf(2) ** 1280))
    print("2/pi words", ", ".join(f"0x{words >> (64 * (19 - i)) & (2 ** 64 - 1):016x}" for i in range(20)))
    print("pi/2 top 64 bits", hex(int(mp.floor(pi / 2 * mpf(2) ** 63))))


main()
