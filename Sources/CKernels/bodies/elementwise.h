// Elementwise kernels: sixteen elements at a time, the tail by the same formula on a zero-padded vector.
#pragma once
#include "vector.h"
#include "elementary.h"
#include "elementary_double.h"
#include "elementwise_activations.h"
#include "random.h"
#include "../include/ck_elementwise.h"
#include "../include/ck_random.h"

/// y = FORMULA(v), one input.
#define CK_UNARY(NAME, PARAMETERS, FORMULA)                                        \
    static void CK_NAME(NAME)(float *y, const float *x, PARAMETERS size_t n) {      \
        size_t i = 0;                                                              \
        for (; i + 16 <= n; i += 16) {                                             \
            v16f v = ck_load16(x + i);                                             \
            ck_store16(y + i, FORMULA);                                            \
        }                                                                          \
        if (i < n) {                                                               \
            v16f v = ck_load_tail(x + i, n - i);                                   \
            ck_store_tail(y + i, FORMULA, n - i);                                  \
        }                                                                          \
    }

/// y = FORMULA(v, w), two inputs.
#define CK_BINARY(NAME, PARAMETERS, FORMULA)                                                        \
    static void CK_NAME(NAME)(float *y, const float *a, const float *b, PARAMETERS size_t n) {       \
        size_t i = 0;                                                                               \
        for (; i + 16 <= n; i += 16) {                                                              \
            v16f v = ck_load16(a + i), w = ck_load16(b + i);                                        \
            ck_store16(y + i, FORMULA);                                                             \
        }                                                                                           \
        if (i < n) {                                                                                \
            v16f v = ck_load_tail(a + i, n - i), w = ck_load_tail(b + i, n - i);                    \
            ck_store_tail(y + i, FORMULA, n - i);                                                   \
        }                                                                                           \
    }

#define CK_NO_PARAMETERS
#define CK_COMMA ,

CK_UNARY(exp, CK_NO_PARAMETERS, ck_exp16(v))
CK_UNARY(log, CK_NO_PARAMETERS, ck_log16(v))
CK_UNARY(sin, CK_NO_PARAMETERS, ck_sin16(v))
CK_UNARY(cos, CK_NO_PARAMETERS, ck_cos16(v))
CK_UNARY(tanh, CK_NO_PARAMETERS, ck_tanh16(v))
CK_UNARY(erf, CK_NO_PARAMETERS, ck_erf16(v))
CK_UNARY(sigmoid, CK_NO_PARAMETERS, ck_sigmoid16(v))
CK_UNARY(sqrt, CK_NO_PARAMETERS, ck_keep_nan16(__builtin_elementwise_sqrt(ck_select16(v < 0.0f, ck_nan16(), v)), v))

CK_UNARY(silu, CK_NO_PARAMETERS, ck_silu16(v))
CK_UNARY(quick_gelu, CK_NO_PARAMETERS, ck_quick_gelu16(v))
CK_UNARY(gelu, CK_NO_PARAMETERS, ck_gelu16(v))
// v = dy, w = x.
CK_BINARY(silu_backward, CK_NO_PARAMETERS, v * ck_silu_slope16(w))
CK_BINARY(quick_gelu_backward, CK_NO_PARAMETERS, v * ck_quick_gelu_slope16(w))
CK_BINARY(gelu_backward, CK_NO_PARAMETERS, v * ck_gelu_slope16(w))

CK_BINARY(add, CK_NO_PARAMETERS, v + w)
CK_BINARY(sub, CK_NO_PARAMETERS, v - w)
CK_BINARY(mul, CK_NO_PARAMETERS, v * w)
CK_BINARY(div, CK_NO_PARAMETERS, v / w)
CK_BINARY(squared_difference, CK_NO_PARAMETERS, (v - w) * (v - w))
CK_BINARY(axpby, float alpha CK_COMMA float beta CK_COMMA, v * alpha + w * beta)
CK_UNARY(scale, float s CK_COMMA, v * s)
CK_UNARY(add_scalar, float s CK_COMMA, v + s)

static void CK_NAME(add_scaled)(float *y, const float *x, float s, size_t n) { CK_NAME(axpby)(y, y, x, 1.0f, s, n); }

static void CK_NAME(copy)(float *y, const float *x, size_t n) { memmove(y, x, n * sizeof(float)); }

static void CK_NAME(fill)(float *y, float value, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = value;
}

static void CK_NAME(add_row)(float *y, const float *x, const float *bias, size_t rows, size_t width) {
    for (size_t r = 0; r < rows; r++) CK_NAME(add)(y + r * width, x + r * width, bias, width);
}

static void CK_NAME(add_column)(float *y, const float *x, const float *bias, size_t rows, size_t width) {
    for (size_t r = 0; r < rows; r++) CK_NAME(add_scalar)(y + r * width, x + r * width, bias[r], width);
}

// v = hidden, w = gate.
CK_BINARY(geglu_row, CK_NO_PARAMETERS, v * ck_gelu16(w))

static void CK_NAME(geglu)(float *y, const float *x, size_t rows, size_t d) {
    for (size_t r = 0; r < rows; r++) CK_NAME(geglu_row)(y + r * d, x + r * 2 * d, x + r * 2 * d + d, d);
}

CK_INLINE void ck_geglu_slopes16(v16f dy, v16f hidden, v16f gate, v16f *d_hidden, v16f *d_gate) {
    v16f e, m, a = ck_normal_tail16(gate, &e, &m);
    *d_hidden = dy * ck_gelu_of_tail16(gate, a, e, m);
    *d_gate = (dy * hidden) * ck_gelu_slope_of_tail16(gate, a, e, m);
}

static void CK_NAME(geglu_backward)(float *dx, const float *dy, const float *x, size_t rows, size_t d) {
    for (size_t r = 0; r < rows; r++, dx += 2 * d, dy += d, x += 2 * d) {
        // Both halves are read before either is stored: dx may be x itself.
        v16f d_hidden, d_gate;
        size_t i = 0;
        for (; i + 16 <= d; i += 16) {
            ck_geglu_slopes16(ck_load16(dy + i), ck_load16(x + i), ck_load16(x + d + i), &d_hidden, &d_gate);
            ck_store16(dx + i, d_hidden);
            ck_store16(dx + d + i, d_gate);
        }
        if (i < d) {
            ck_geglu_slopes16(ck_load_tail(dy + i, d - i), ck_load_tail(x + i, d - i), ck_load_tail(x + d + i, d - i),
                              &d_hidden, &d_gate);
            ck_store_tail(dx + i, d_hidden, d - i);
            ck_store_tail(dx + d + i, d_gate, d - i);
        }
    }
}

#define CK_ELEMENTWISE_TABLE                                                                                          \
    {                                                                                                                 \
        .exp = CK_NAME(exp), .log = CK_NAME(log), .sin = CK_NAME(sin), .cos = CK_NAME(cos), .tanh = CK_NAME(tanh),    \
        .erf = CK_NAME(erf), .sigmoid = CK_NAME(sigmoid), .sqrt = CK_NAME(sqrt), .silu = CK_NAME(silu),               \
        .silu_backward = CK_NAME(silu_backward), .gelu = CK_NAME(gelu), .gelu_backward = CK_NAME(gelu_backward),      \
        .quick_gelu = CK_NAME(quick_gelu), .quick_gelu_backward = CK_NAME(quick_gelu_backward),                       \
        .geglu = CK_NAME(geglu), .geglu_backward = CK_NAME(geglu_backward), .add = CK_NAME(add), .sub = CK_NAME(sub), \
        .mul = CK_NAME(mul), .div = CK_NAME(div), .squared_difference = CK_NAME(squared_difference),                  \
        .scale = CK_NAME(scale), .add_scalar = CK_NAME(add_scalar), .add_scaled = CK_NAME(add_scaled),                \
        .axpby = CK_NAME(axpby), .add_row = CK_NAME(add_row), .add_column = CK_NAME(add_column),                      \
        .fill = CK_NAME(fill), .copy = CK_NAME(copy), .exp_double = CK_NAME(exp_double),                              \
        .log_double = CK_NAME(log_double), .sin_double = CK_NAME(sin_double), .cos_double = CK_NAME(cos_double),      \
    }
