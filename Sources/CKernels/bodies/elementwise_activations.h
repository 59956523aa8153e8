// Activations and their slopes in Float32; the formulas and their errors are stated in ../include/ck_elementwise.h.
#pragma once
#include "elementary_single.h"

/// x sigmoid(x).
CK_INLINE v16f ck_silu16(v16f x) {
    v16f c = ck_above16(x, -89.0f);
    return c / (1.0f + ck_exp_below16(-c));
}

/// s + (s c) (1 - s), s = sigmoid(c), with 1 - s = e s. The lower limit keeps s normal.
CK_INLINE v16f ck_silu_slope16(v16f x) {
    v16f c = ck_above16(ck_below16(x, 87.25f), -87.0f);
    v16f e = ck_exp_limited16(-c), s = 1.0f / (1.0f + e);
    return ck_fma16(s * c, e * s, s);
}

/// exp(-1.702 c) for c in [-52.25, 51.2], with 1.702 c rounded in `z`.
CK_INLINE v16f ck_quick_exp16(v16f c, v16f *z) {
    v16f high = ck_splat16(0x1.b3b646p+0f), product = c * high;
    v16f low = ck_fma16(c, ck_splat16(-0x1.78d4fep-26f), ck_fma16(c, high, -product));
    *z = product;
    return ck_exp_corrected16(-product, -low);
}

/// x sigmoid(1.702 x).
CK_INLINE v16f ck_quick_gelu16(v16f x) {
    v16f z, c = ck_above16(x, -52.25f);
    return c / (1.0f + ck_quick_exp16(ck_below16(c, 51.2f), &z));
}

/// s + (s z) (1 - s), z = 1.702 x, s = sigmoid(z).
CK_INLINE v16f ck_quick_gelu_slope16(v16f x) {
    v16f z, e = ck_quick_exp16(ck_above16(ck_below16(x, 51.2f), -51.0f), &z), s = 1.0f / (1.0f + e);
    return ck_fma16(s * z, e * s, s);
}

/// x Phi(x) = max(x, 0) - a Phi(-a); the zero is negative, for the sign far out.
CK_INLINE v16f ck_gelu_of_tail16(v16f x, v16f a, v16f e, v16f m) {
    return ck_fma16(-(a * m), e, ck_above16(x, -0.0f));
}

/// Phi(x) + x phi(x): 1 + g for x >= 0 and -g below, g = a phi(a) - Phi(-a) = e (a / sqrt(2 pi) - m).
CK_INLINE v16f ck_gelu_slope_of_tail16(v16f x, v16f a, v16f e, v16f m) {
    v16f step = (v16f)(~((v16i)x >> 31) & 0x3f800000);
    v16f signed_e = (v16f)((v16u)e | ((v16u)x & 0x80000000U));
    return ck_fma16(signed_e, ck_fma16(a, ck_splat16(0x1.988454p-2f), -m), step);
}

CK_INLINE v16f ck_gelu16(v16f x) {
    v16f e, m, a = ck_normal_tail16(x, &e, &m);
    return ck_gelu_of_tail16(x, a, e, m);
}

CK_INLINE v16f ck_gelu_slope16(v16f x) {
    v16f e, m, a = ck_normal_tail16(x, &e, &m);
    return ck_gelu_slope_of_tail16(x, a, e, m);
}
