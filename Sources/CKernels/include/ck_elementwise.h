#pragma once
#include <stddef.h>

/// Elementwise kernels over `n` contiguous Float32 values. Outputs may alias inputs exactly, never partly; `n` may be 0.
/// The formulas are part of the contract `ref-1`. "Float32" below: every operation is rounded to Float32 as written,
/// without fma. "Single": the same, with fma(a, b, c) = a * b + c rounded once where it is written; not correctly
/// rounded, with the bounds that NUMERICS.md (section 7) states. There exp is `ck_exp_single16` and exp(x; l) the same of
/// x + l, `ck_exp_corrected16`, both in bodies/elementary_single.h.
/// NaN payloads are specified only where "correctly rounded" is said.
struct ck_elementwise_table {
    /// Correctly rounded for all 2^32 inputs: round-to-nearest-even, subnormals kept, signed zeros and infinities by
    /// the limits, and the quiet NaN 0x7fc00000 for NaN inputs and undefined results (log x < 0, sin and cos of inf).
    void (*exp)(float *y, const float *x, size_t n);
    void (*log)(float *y, const float *x, size_t n);
    void (*sin)(float *y, const float *x, size_t n);
    void (*cos)(float *y, const float *x, size_t n);
    void (*tanh)(float *y, const float *x, size_t n);
    void (*erf)(float *y, const float *x, size_t n);
    /// 1 / (1 + exp(-x)), correctly rounded.
    void (*sigmoid)(float *y, const float *x, size_t n);
    /// The hardware's correctly rounded square root; sqrt(x < 0) is 0x7fc00000, sqrt(-0) is -0.
    void (*sqrt)(float *y, const float *x, size_t n);

    /// y = c / (1 + exp(-c)), c = max(x, -89). Single.
    void (*silu)(float *y, const float *x, size_t n);
    /// dx = dy * fma(s * c, e * s, s), c = x limited to [-87, 87.25], e = exp(-c), s = 1 / (1 + e). Single.
    void (*silu_backward)(float *dx, const float *dy, const float *x, size_t n);
    /// The erf form of GELU. a = min(|x|, 13.2), h = (a * -0.5) * a, e = exp(h; fma(a * -0.5, a, -h)),
    /// m = P(a) / Q(a) so that Phi(-a) = e m, evaluated as `ck_normal_tail16` says. y = fma(-(a * m), e, max(x, -0)).
    /// Single.
    void (*gelu)(float *y, const float *x, size_t n);
    /// dx = dy * fma(x < 0 ? -e : e, fma(a, 1 / sqrt(2 pi), -m), x < 0 ? 0 : 1) with a, e and m of `gelu`; the sign bit
    /// of x decides. Single.
    void (*gelu_backward)(float *dx, const float *dy, const float *x, size_t n);
    /// y = c / (1 + exp(-z; -l)), c = max(x, -52.25), z = b * H, l = fma(b, L, fma(b, H, -z)), b = min(c, 51.2), where
    /// H is 1.702 rounded to Float32 and L is 1.702 - H rounded. Single.
    void (*quick_gelu)(float *y, const float *x, size_t n);
    /// dx = dy * fma(s * z, e * s, s), e = exp(-z; -l), s = 1 / (1 + e), z and l as in `quick_gelu` for b = x limited to
    /// [-51, 51.2]. Single.
    void (*quick_gelu_backward)(float *dx, const float *dy, const float *x, size_t n);
    /// x is [rows, 2 d], hidden then gate in each row: y[r, i] = x[r, i] * gelu(x[r, d + i]), gelu as above. Single.
    /// y is [rows, d] and must not alias x.
    void (*geglu)(float *y, const float *x, size_t rows, size_t d);
    /// dx[r, i] = dy[r, i] * gelu(x[r, d + i]); dx[r, d + i] = (dy[r, i] * x[r, i]) * gelu'(x[r, d + i]), gelu' the
    /// factor of dy in `gelu_backward`. Single. dx is [rows, 2 d] and may be x; dy is [rows, d].
    void (*geglu_backward)(float *dx, const float *dy, const float *x, size_t rows, size_t d);

    /// y = a + b, a - b, a * b, a / b. Float32.
    void (*add)(float *y, const float *a, const float *b, size_t n);
    void (*sub)(float *y, const float *a, const float *b, size_t n);
    void (*mul)(float *y, const float *a, const float *b, size_t n);
    void (*div)(float *y, const float *a, const float *b, size_t n);
    /// y = t * t, t = a - b. Float32.
    void (*squared_difference)(float *y, const float *a, const float *b, size_t n);
    /// y = x * s. Float32.
    void (*scale)(float *y, const float *x, float s, size_t n);
    /// y = x + s. Float32.
    void (*add_scalar)(float *y, const float *x, float s, size_t n);
    /// y = y + x * s: one multiplication, one addition. Float32.
    void (*add_scaled)(float *y, const float *x, float s, size_t n);
    /// y = a * alpha + b * beta: two multiplications, one addition. Float32.
    void (*axpby)(float *y, const float *a, const float *b, float alpha, float beta, size_t n);
    /// y[r, c] = x[r, c] + bias[c]. Float32. x and y are [rows, width].
    void (*add_row)(float *y, const float *x, const float *bias, size_t rows, size_t width);
    /// y[r, c] = x[r, c] + bias[r]. Float32. x and y are [rows, width].
    void (*add_column)(float *y, const float *x, const float *bias, size_t rows, size_t width);
    /// y = value.
    void (*fill)(float *y, float value, size_t n);
    /// y = x; the ranges may overlap.
    void (*copy)(float *y, const float *x, size_t n);

    /// Double functions, not correctly rounded but the same bits everywhere; special values as above. Errors seen against
    /// MPFR: below 1 ulp (exp beyond 708 in magnitude: below 2 ulps). Any finite argument; sin and cos reduce exactly.
    double (*exp_double)(double x);
    double (*log_double)(double x);
    double (*sin_double)(double x);
    double (*cos_double)(double x);
};
