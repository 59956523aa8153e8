// Activation formulas on v8d: evaluated in double, rounded once by the kernels of elementwise.h.
#pragma once
#include "elementary.h"

/// x / (1 + exp(-x)); below -700 the result rounds to -0 whatever x is.
CK_INLINE v8d ck_silu8(v8d x) {
    v8d c = ck_above8(x, -700.0);
    return c / (1.0 + ck_exp8(-ck_below8(c, 700.0)));
}

/// s (1 + x (1 - s)) with s = sigmoid(x).
CK_INLINE v8d ck_silu_slope8(v8d x) {
    v8d c = ck_below8(ck_above8(x, -700.0), 700.0), s = ck_sigmoid8(c);
    return s * (1.0 + c * (1.0 - s));
}

#define CK_QUICK_GELU_ALPHA 1.702

/// x / (1 + exp(-(1.702 x))).
CK_INLINE v8d ck_quick_gelu8(v8d x) {
    v8d c = ck_above8(x, -400.0);
    return c / (1.0 + ck_exp8(-(ck_below8(c, 400.0) * CK_QUICK_GELU_ALPHA)));
}

/// s (1 + z (1 - s)) with z = 1.702 x, s = sigmoid(z).
CK_INLINE v8d ck_quick_gelu_slope8(v8d x) {
    v8d z = ck_below8(ck_above8(x, -400.0), 400.0) * CK_QUICK_GELU_ALPHA, s = ck_sigmoid8(z);
    return s * (1.0 + z * (1.0 - s));
}

/// Phi(x), the standard normal distribution, with exp(-x^2/2) in `density`, for |x| <= 37.
CK_INLINE v8d ck_normal_distribution8(v8d x, v8d *density) {
    v8d e = ck_exp8((x * x) * -0.5), tail = 0.5 * (e * ck_erfcx8(ck_abs8(x) * 0x1.6a09e667f3bcdp-1));
    *density = e;
    return ck_select8(x < 0.0, tail, 1.0 - tail);
}

/// x Phi(x).
CK_INLINE v8d ck_gelu8(v8d x) {
    v8d e, c = ck_above8(x, -37.0), phi = ck_normal_distribution8(ck_below8(c, 37.0), &e);
    return c * phi;
}

/// Phi(x) + x (exp(-x^2/2) / sqrt(2 pi)).
CK_INLINE v8d ck_gelu_slope8(v8d x) {
    v8d e, c = ck_below8(ck_above8(x, -37.0), 37.0), phi = ck_normal_distribution8(c, &e);
    return phi + c * (e * 0x1.9884533d43651p-2);
}
