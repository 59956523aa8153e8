// Elementwise kernels: four elements a thread where all operands lie on quads, else one.
#pragma once
#include "cu_elements.h"
#include "divisor.h"
#include "functions.h"

DEVICE bool on_quads(const void *p) { return ((uint64_t)p & 15) == 0; }

/// y[i] = f(a[i], b[i]) for i < count.
template <class F> DEVICE void map(float *y, const float *a, const float *b, int64_t count, F f) {
    int64_t quads = on_quads(y) && on_quads(a) && on_quads(b) ? count / 4 : 0;
    EACH(i, quads) {
        float4 u = ((const float4 *)a)[i], v = ((const float4 *)b)[i];
        u.x = f(u.x, v.x);
        u.y = f(u.y, v.y);
        u.z = f(u.z, v.z);
        u.w = f(u.w, v.w);
        ((float4 *)y)[i] = u;
    }
    EACH(i, count - 4 * quads) {
        int64_t at = 4 * quads + i;
        y[at] = f(a[at], b[at]);
    }
}

/// y[i] = f(a[i], b[i], row, i) for i < count, row = ⌊i / width⌋.
template <class F>
DEVICE void map_rows(float *y, const float *a, const float *b, int64_t count, const cu_divisor &width, F f) {
    bool wide = width.divisor % 4 == 0 && on_quads(y) && on_quads(a) && on_quads(b);
    int64_t quads = wide ? count / 4 : 0;
    EACH(i, quads) {
        float4 u = ((const float4 *)a)[i], v = ((const float4 *)b)[i];
        int64_t row = quotient(4 * i, width);
        u.x = f(u.x, v.x, row, 4 * i);
        u.y = f(u.y, v.y, row, 4 * i + 1);
        u.z = f(u.z, v.z, row, 4 * i + 2);
        u.w = f(u.w, v.w, row, 4 * i + 3);
        ((float4 *)y)[i] = u;
    }
    EACH(i, count - 4 * quads) {
        int64_t at = 4 * quads + i;
        y[at] = f(a[at], b[at], quotient(at, width), at);
    }
}

ENTRY(fill, cu_fill, 256, 1) {
    int64_t quads = on_quads(g.x) ? g.count / 4 : 0;
    EACH(i, quads) {
        float4 quad = {g.value, g.value, g.value, g.value};
        ((float4 *)g.x)[i] = quad;
    }
    EACH(i, g.count - 4 * quads) g.x[4 * quads + i] = g.value;
}

// Activations of a; their gradients of dy = a and x = b.

struct Silu { MEMBER float operator()(float x, float) const { return silu(x); } };
struct Gelu { MEMBER float operator()(float x, float) const { return gelu(x); } };
struct QuickGelu { MEMBER float operator()(float x, float) const { return quick_gelu(x); } };
struct SiluBackward { MEMBER float operator()(float dy, float x) const { return dy * silu_slope(x); } };
struct GeluBackward { MEMBER float operator()(float dy, float x) const { return dy * gelu_slope(x); } };
struct QuickGeluBackward { MEMBER float operator()(float dy, float x) const { return dy * quick_gelu_slope(x); } };

ENTRY(silu_forward, cu_map, 256, 1) { map(g.y, g.a, g.a, g.count, Silu()); }
ENTRY(gelu_forward, cu_map, 256, 1) { map(g.y, g.a, g.a, g.count, Gelu()); }
ENTRY(quick_gelu_forward, cu_map, 256, 1) { map(g.y, g.a, g.a, g.count, QuickGelu()); }
ENTRY(silu_backward, cu_map, 256, 1) { map(g.y, g.a, g.b, g.count, SiluBackward()); }
ENTRY(gelu_backward, cu_map, 256, 1) { map(g.y, g.a, g.b, g.count, GeluBackward()); }
ENTRY(quick_gelu_backward, cu_map, 256, 1) { map(g.y, g.a, g.b, g.count, QuickGeluBackward()); }

// Arithmetic.

struct Add { MEMBER float operator()(float a, float b) const { return a + b; } };
struct Subtract { MEMBER float operator()(float a, float b) const { return a - b; } };
struct Multiply { MEMBER float operator()(float a, float b) const { return a * b; } };
struct Scale {
    float factor;
    MEMBER float operator()(float a, float) const { return a * factor; }
};
struct Blend {
    float alpha, beta;
    MEMBER float operator()(float a, float b) const { return a * alpha + b * beta; }
};

ENTRY(add_elements, cu_map, 256, 1) { map(g.y, g.a, g.b, g.count, Add()); }
ENTRY(subtract_elements, cu_map, 256, 1) { map(g.y, g.a, g.b, g.count, Subtract()); }
ENTRY(multiply_elements, cu_map, 256, 1) { map(g.y, g.a, g.b, g.count, Multiply()); }
ENTRY(scale_elements, cu_blend, 256, 1) { map(g.y, g.a, g.a, g.count, Scale{g.alpha}); }
ENTRY(blend_elements, cu_blend, 256, 1) { map(g.y, g.a, g.b, g.count, Blend{g.alpha, g.beta}); }

/// One value a row.
struct AddToRow {
    const float *e;
    MEMBER float operator()(float x, float, int64_t row, int64_t) const { return x + e[row]; }
};
/// One row for all.
struct AddRow {
    const float *e;
    int64_t width;
    MEMBER float operator()(float x, float, int64_t row, int64_t at) const { return x + e[at - row * width]; }
};

ENTRY(add_to_rows, cu_broadcast, 256, 1) { map_rows(g.y, g.x, g.x, g.count, g.width, AddToRow{g.e}); }
ENTRY(add_row, cu_broadcast, 256, 1) { map_rows(g.y, g.x, g.x, g.count, g.width, AddRow{g.e, g.width.divisor}); }

// Formulas whose constants differ from sample to sample.

struct SampleBlend {
    const float *constants;
    MEMBER float operator()(float a, float b, int64_t sample, int64_t) const {
        const float *c = constants + 4 * sample;
        return c[0] * a + c[1] * b;
    }
};
struct SampleQuotient {
    const float *constants;
    MEMBER float operator()(float a, float b, int64_t sample, int64_t) const {
        const float *c = constants + 4 * sample;
        return (c[0] * a + c[1] * b) / c[2];
    }
};
struct SampleDifference {
    const float *constants;
    MEMBER float operator()(float a, float b, int64_t sample, int64_t) const { return constants[4 * sample] * (a - b); }
};
/// Constants: the root and the rest of the level left, those of the level reached.
struct SampleMove {
    const float *constants;
    MEMBER float operator()(float a, float b, int64_t sample, int64_t) const {
        const float *c = constants + 4 * sample;
        float original = (a - c[1] * b) / c[0];
        return c[2] * original + c[3] * b;
    }
};

ENTRY(sample_blend, cu_samples, 256, 1) { map_rows(g.y, g.a, g.b, g.count, g.size, SampleBlend{g.constants}); }
ENTRY(sample_quotient, cu_samples, 256, 1) { map_rows(g.y, g.a, g.b, g.count, g.size, SampleQuotient{g.constants}); }
ENTRY(sample_difference, cu_samples, 256, 1) { map_rows(g.y, g.a, g.b, g.count, g.size, SampleDifference{g.constants}); }
ENTRY(sample_move, cu_samples, 256, 1) { map_rows(g.y, g.a, g.b, g.count, g.size, SampleMove{g.constants}); }

// GEGLU.

DEVICE float geglu(float hidden, float gate) { return hidden * gelu(gate); }

ENTRY(geglu_forward, cu_geglu, 256, 1) {
    int64_t width = g.width.divisor, quads = width % 4 == 0 && on_quads(g.y) && on_quads(g.x) ? g.count / 4 : 0;
    EACH(i, quads) {
        const float *x = g.x + 4 * i + quotient(4 * i, g.width) * width;
        float4 h = *(const float4 *)x, gate = *(const float4 *)(x + width);
        h.x = geglu(h.x, gate.x);
        h.y = geglu(h.y, gate.y);
        h.z = geglu(h.z, gate.z);
        h.w = geglu(h.w, gate.w);
        ((float4 *)g.y)[i] = h;
    }
    EACH(i, g.count - 4 * quads) {
        int64_t at = 4 * quads + i;
        const float *x = g.x + at + quotient(at, g.width) * width;
        g.y[at] = geglu(x[0], x[width]);
    }
}

DEVICE void geglu_slopes(float dy, float &hidden, float &gate) {
    NormalTail tail = normal_tail(gate);
    float slope = (dy * hidden) * gelu_slope_of_tail(gate, tail);
    hidden = dy * gelu_of_tail(gate, tail);
    gate = slope;
}

ENTRY(geglu_backward, cu_geglu, 256, 1) {
    int64_t width = g.width.divisor;
    bool wide = width % 4 == 0 && on_quads(g.y) && on_quads(g.x) && on_quads(g.dy);
    int64_t quads = wide ? g.count / 4 : 0;
    EACH(i, quads) {
        int64_t at = 4 * i + quotient(4 * i, g.width) * width;
        float4 dy = ((const float4 *)g.dy)[i], h = *(const float4 *)(g.x + at), gate = *(const float4 *)(g.x + at + width);
        geglu_slopes(dy.x, h.x, gate.x);
        geglu_slopes(dy.y, h.y, gate.y);
        geglu_slopes(dy.z, h.z, gate.z);
        geglu_slopes(dy.w, h.w, gate.w);
        *(float4 *)(g.y + at) = h;
        *(float4 *)(g.y + at + width) = gate;
    }
    EACH(i, g.count - 4 * quads) {
        int64_t from = 4 * quads + i, at = from + quotient(from, g.width) * width;
        float hidden = g.x[at], gate = g.x[at + width];
        geglu_slopes(g.dy[from], hidden, gate);
        g.y[at] = hidden;
        g.y[at + width] = gate;
    }
}

// The correctly rounded functions.

ENTRY(apply_function, cu_apply, 256, 1) {
    EACH(i, g.count) {
        float x = g.x[i];
        switch (g.function) {
        case CU_EXP: g.y[i] = exp_rounded(x); break;
        case CU_LOG: g.y[i] = log_rounded(x); break;
        case CU_SIN: g.y[i] = sin_rounded(x); break;
        case CU_COS: g.y[i] = cos_rounded(x); break;
        case CU_TANH: g.y[i] = tanh_rounded(x); break;
        case CU_ERF: g.y[i] = erf_rounded(x); break;
        case CU_SIGMOID: g.y[i] = sigmoid_rounded(x); break;
        default: g.y[i] = root_rounded(x);
        }
    }
}
