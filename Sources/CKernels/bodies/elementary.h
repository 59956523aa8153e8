// The elementary functions of `ref-1`: double arithmetic with + - * / and integer bit work only, never an fma, in the
// order written here. Every `*8` function is a double core (about 1 ulp); every `*16` function rounds a core once to
// Float32 and is correctly rounded for all 2^32 inputs (Tests/Exhaustive proves it). Coefficients:
// Tests/Exhaustive/coefficients.py. NaN inputs and undefined results give the one quiet NaN 0x7fc00000.
#pragma once
#include "vector.h"
#include "elementary_reduction.h"

CK_INLINE v8d ck_select8(v8l mask, v8d yes, v8d no) { return (v8d)((mask & (v8l)yes) | (~mask & (v8l)no)); }
CK_INLINE v16f ck_select16(v16i mask, v16f yes, v16f no) { return (v16f)((mask & (v16i)yes) | (~mask & (v16i)no)); }
CK_INLINE v8d ck_abs8(v8d x) { return (v8d)((v8u)x & (0x7fffffffffffffffULL - (v8u){0})); }
CK_INLINE v16f ck_abs16(v16f x) { return (v16f)((v16u)x & (0x7fffffffU - (v16u){0})); }
/// `magnitude` (not negative) with the sign of `x`.
CK_INLINE v16f ck_with_sign16(v16f magnitude, v16f x) {
    return (v16f)((v16u)magnitude | ((v16u)x & (0x80000000U - (v16u){0})));
}
/// min(x, high) and max(x, low); a NaN stays a NaN.
CK_INLINE v16f ck_below16(v16f x, float high) { return ck_select16(x > high, ck_splat16(high), x); }
CK_INLINE v16f ck_above16(v16f x, float low) { return ck_select16(x < low, ck_splat16(low), x); }
CK_INLINE v16f ck_nan16(void) { return (v16f)(0x7fc00000U + (v16u){0}); }
/// `y`, with the canonical NaN where `x` is a NaN.
CK_INLINE v16f ck_keep_nan16(v16f y, v16f x) { return ck_select16(x != x, ck_nan16(), y); }
/// A documented exception: where the bits of `x` are `input` the result is `output`.
CK_INLINE v16f ck_patch16(v16f y, v16f x, uint32_t input, uint32_t output) {
    return ck_select16((v16i)((v16u)x == input), (v16f)(output + (v16u){0}), y);
}

// MARK: exp

/// x = k ln2 + r: returns expm1(r), |r| <= 0.35, and leaves 1.5 * 2^52 + k in `shifted`. Needs |x| < 2^20.
CK_INLINE v8d ck_expm1_reduced8(v8d x, v8d *shifted) {
    v8d t = x * 0x1.71547652b82fep+0 + 0x1.8p52;
    v8d k = t - 0x1.8p52;
    v8d r = (x - k * 0x1.62e42fefa3800p-1) - k * 0x1.ef35793c76730p-45;
    v8d r2 = r * r, r4 = r2 * r2;
    v8d q01 = 0x1.555555555555cp-3 + r * 0x1.555555555316ep-5;
    v8d q23 = 0x1.111111110e555p-7 + r * 0x1.6c16c17cf2eedp-10;
    v8d q45 = 0x1.a01a01b682e8bp-13 + r * 0x1.a019aa99d1b19p-16;
    v8d q67 = 0x1.71dde85a4b66cp-19 + r * 0x1.28a01a487eae0p-22;
    v8d q = (q01 + r2 * q23) + r4 * ((q45 + r2 * q67) + r4 * 0x1.af7971ec2f55ap-26);
    *shifted = t;
    return r + (r2 * 0.5 + (r2 * r) * q);
}

/// exp(x) for |x| <= 708 (NaN stays NaN).
CK_INLINE v8d ck_exp8(v8d x) {
    v8d t, p = ck_expm1_reduced8(x, &t);
    return (v8d)((v8u)(1.0 + p) + ((v8u)t << 52));
}

// MARK: log

/// log(x) for positive normal x.
CK_INLINE v8d ck_log8(v8d x) {
    // m in [sqrt(1/2), sqrt(2)), x = m 2^k; k is converted by the bits of 2^52 + k + 1024.
    v8u above = (v8u)x - 0x3fe6a09e00000000ULL;
    v8u biased = (above + 0x4000000000000000ULL) >> 52;
    v8d k = (v8d)(biased | 0x4330000000000000ULL) - (0x1p52 + 1024.0);
    v8d m = (v8d)((above & 0x000fffffffffffffULL) + 0x3fe6a09e00000000ULL);
    v8d f = m - 1.0, s = f / (2.0 + f), z = s * s, z2 = z * z;
    v8d r01 = 0x1.5555555555592p-1 + z * 0x1.999999997fea6p-2;
    v8d r23 = 0x1.24924941e50e2p-2 + z * 0x1.c71c5212253ebp-3;
    v8d r45 = 0x1.74663d532af8ep-3 + z * 0x1.39a1de3258d25p-3;
    v8d r = z * ((r01 + z2 * r23) + (z2 * z2) * (r45 + z2 * 0x1.2f042f74bc482p-3));
    v8d h = (0.5 * f) * f;
    return k * 0x1.62e42fefa3800p-1 - ((h - (s * (h + r) + k * 0x1.ef35793c76730p-45)) - f);
}

// MARK: sin and cos

/// sin and cos of r + low, |r| <= pi/4.
CK_INLINE void ck_sincos_reduced8(v8d r, v8d low, v8d *sine, v8d *cosine) {
    v8d z = r * r, z2 = z * z, h = 0.5 * z, w = 1.0 - h;
    v8d s01 = -0x1.5555555555549p-3 + z * 0x1.111111110f889p-7;
    v8d s23 = -0x1.a01a019c13530p-13 + z * 0x1.71de3579145f5p-19;
    v8d s45 = -0x1.ae5e6735ee44cp-26 + z * 0x1.5d934491f5b82p-33;
    v8d c01 = 0x1.555555555554cp-5 + z * -0x1.6c16c16c15187p-10;
    v8d c23 = 0x1.a01a019cb2a1fp-16 + z * -0x1.27e4f80a9195ep-22;
    v8d c45 = 0x1.1ee9ec5583601p-29 + z * -0x1.8faed48a8d756p-37;
    v8d s = s01 + z2 * (s23 + z2 * s45), c = c01 + z2 * (c23 + z2 * c45);
    *sine = r + (low * w + (z * r) * s);
    *cosine = w + (((1.0 - w) - h) + (z2 * c - r * low));
}

/// The quadrant (bits 0 and 1) and the remainder r + low of a / (pi/2), for finite a >= 0.
CK_INLINE v8u ck_reduce8(v8d a, v8d *r, v8d *low) {
    v8l far = a >= 0x1p19;
    v8d near = ck_select8(far, ck_splat8d(0), a);
    v8d t = near * 0x1.45f306dc9c883p-1 + 0x1.8p52;
    v8d k = t - 0x1.8p52;
    v8d u = near - k * 0x1.921fb54400000p+0, v = k * 0x1.0b4611a600000p-34;
    v8d b = u - v, c = k * 0x1.3198a2e037073p-69;
    v8d high = b - c, rest = ((b - high) - c) + ((u - b) - v);
    v8u quadrant = (v8u)t;
    int64_t any = 0;
    for (int i = 0; i < 8; i++) any |= far[i];
    if (any) {
        for (int i = 0; i < 8; i++) {
            if (!far[i]) continue;
            double first, second;
            quadrant[i] = ck_reduce_far(a[i], &first, &second);
            high[i] = first;
            rest[i] = second;
        }
    }
    *r = high;
    *low = rest;
    return quadrant;
}

/// `odd` selects sin (0) or cos (1) of finite a >= 0.
CK_INLINE v8d ck_circular8(v8d a, uint64_t odd) {
    v8d r, low, sine, cosine;
    v8u quadrant = ck_reduce8(a, &r, &low) + odd;
    ck_sincos_reduced8(r, low, &sine, &cosine);
    v8l swap = (v8l)(0 - (quadrant & 1));
    return (v8d)((v8u)ck_select8(swap, cosine, sine) ^ ((quadrant & 2) << 62));
}
CK_INLINE v8d ck_sin8(v8d a) { return ck_circular8(a, 0); }
CK_INLINE v8d ck_cos8(v8d a) { return ck_circular8(a, 1); }

// MARK: sigmoid, tanh, erf

/// 1 / (1 + exp(-x)) for |x| <= 708.
CK_INLINE v8d ck_sigmoid8(v8d x) { return 1.0 / (1.0 + ck_exp8(-x)); }

/// tanh(a) for 0 <= a <= 300: (e - 1) / (e + 1) with e = exp(2a) = 2^k (1 + p), so that nothing cancels.
CK_INLINE v8d ck_tanh8(v8d a) {
    v8d t, p = ck_expm1_reduced8(a + a, &t);
    v8d scale = (v8d)(((v8u)t << 52) + 0x3ff0000000000000ULL), e = scale * p;
    return ((scale - 1.0) + e) / ((scale + 1.0) + e);
}

/// exp(a^2) erfc(a) for 0 <= a <= 10.6 (finite beyond): P(u) / (1 + 2a), u = (a - 4) / (a + 4). Absolute error
/// below 2^-49 for a < 0.5.
CK_INLINE v8d ck_erfcx8(v8d a) {
    v8d p = a + 4.0, o = 1.0 + 2.0 * a, inverse = 1.0 / (p * o);
    v8d u = ((a - 4.0) * o) * inverse, u2 = u * u, u4 = u2 * u2, u8 = u4 * u4;
    v8d p01 = 0x1.3ba5916e9cb7fp+0 + u * -0x1.1df1ad175308ap-3;
    v8d p23 = 0x1.f7f5deef98299p-7 + u * 0x1.16ecf03b2ea36p-4;
    v8d p45 = -0x1.9ddb207a78a5ap-4 + u * 0x1.7fee037ad5cecp-4;
    v8d p67 = -0x1.0fb08f59a248dp-4 + u * 0x1.30790b06941a3p-5;
    v8d p89 = -0x1.09628122ec06ap-6 + u * 0x1.49eaf0b6beb85p-8;
    v8d pab = -0x1.8aef09fc1727cp-11 + u * -0x1.9fa12037ee362p-13;
    v8d pcd = 0x1.281be9c738fe3p-13 + u * -0x1.5e7bd421c512fp-15;
    v8d pef = -0x1.a734a5ac3c79bp-16 + u * 0x1.464e2579250e3p-20;
    v8d low = (p01 + u2 * p23) + u4 * (p45 + u2 * p67);
    v8d high = (p89 + u2 * pab) + u4 * (pcd + u2 * pef);
    return ((low + u8 * (high + u8 * 0x1.351820668248bp-20)) * p) * inverse;
}

/// erf(a) for 0 <= a <= 10.6.
CK_INLINE v8d ck_erf8(v8d a) {
    v8d z = a * a, z2 = z * z, z4 = z2 * z2;
    v8d e01 = -0x1.812746b0379e5p-2 + z * 0x1.ce2f21a04281cp-4;
    v8d e23 = -0x1.b82ce3125f6bcp-6 + z * 0x1.565bcd008fd7ep-8;
    v8d e45 = -0x1.c02daebcef22fp-11 + z * 0x1.f9a1f17359d86p-14;
    v8d e67 = -0x1.f4a673946901ap-17 + z * 0x1.b62145ff924bbp-20;
    v8d e = (e01 + z2 * e23) + z4 * ((e45 + z2 * e67) + z4 * -0x1.310ddf745219ap-23);
    v8d small = a * 0x1.20dd750000000p+0 + a * (0x1.0a6db446b8ea4p-30 + z * e);
    v8d large = 1.0 - ck_exp8(-z) * ck_erfcx8(a);
    return ck_select8(a < 0.5, small, large);
}

// MARK: Float32, correctly rounded

CK_INLINE v16f ck_exp16(v16f x) {
    v16f c = ck_above16(ck_below16(x, 110.0f), -110.0f);
    return ck_keep_nan16(ck_join16(ck_exp8(ck_low8(c)), ck_exp8(ck_high8(c))), x);
}

CK_INLINE v16f ck_log16(v16f x) {
    // Every positive Float32, subnormals too, is a normal double.
    v16i positive = (x > 0.0f) & (x < __builtin_inff());
    v16f c = ck_select16(positive, x, ck_splat16(1.0f));
    v16f y = ck_join16(ck_log8(ck_low8(c)), ck_log8(ck_high8(c)));
    y = ck_patch16(y, x, 0x3c413d3a, 0xc08e158f);
    y = ck_patch16(y, x, 0x41178feb, 0x400fe5e7);
    y = ck_patch16(y, x, 0x4c5d65a5, 0x418f034b);
    y = ck_patch16(y, x, 0x65d890d3, 0x4254d1f9);
    y = ck_patch16(y, x, 0x6f31a8ec, 0x42845a89);
    y = ck_select16(x == __builtin_inff(), x, y);
    y = ck_select16(x == 0.0f, ck_splat16(-__builtin_inff()), y);
    return ck_select16((x < 0.0f) | (x != x), ck_nan16(), y);
}

/// |x|, with 0 for infinities and NaN.
CK_INLINE v16f ck_finite_abs16(v16f x) {
    v16f a = ck_abs16(x);
    return ck_select16(a < __builtin_inff(), a, ck_splat16(0.0f));
}

CK_INLINE v16f ck_sin16(v16f x) {
    v16f a = ck_finite_abs16(x);
    v16f y = ck_join16(ck_sin8(ck_low8(a)), ck_sin8(ck_high8(a)));
    y = ck_patch16(y, a, 0x46199998, 0xbeb1fa5d);
    y = (v16f)((v16u)y ^ ((v16u)x & 0x80000000U));
    return ck_select16(ck_abs16(x) < __builtin_inff(), y, ck_nan16());
}

CK_INLINE v16f ck_cos16(v16f x) {
    v16f a = ck_finite_abs16(x);
    v16f y = ck_join16(ck_cos8(ck_low8(a)), ck_cos8(ck_high8(a)));
    y = ck_patch16(y, a, 0x5f18b878, 0x3f7f14bb);
    y = ck_patch16(y, a, 0x6115cb11, 0x3f78142f);
    return ck_select16(ck_abs16(x) < __builtin_inff(), y, ck_nan16());
}

CK_INLINE v16f ck_tanh16(v16f x) {
    v16f a = ck_below16(ck_abs16(x), 20.0f);
    v16f y = ck_join16(ck_tanh8(ck_low8(a)), ck_tanh8(ck_high8(a)));
    return ck_keep_nan16(ck_with_sign16(y, x), x);
}

CK_INLINE v16f ck_erf16(v16f x) {
    v16f a = ck_below16(ck_abs16(x), 6.0f);
    v16f y = ck_join16(ck_erf8(ck_low8(a)), ck_erf8(ck_high8(a)));
    return ck_keep_nan16(ck_with_sign16(y, x), x);
}

/// Near zero sigmoid(x) = 1/2 + x/4 - x^3/48 lies so close to the midpoint 1/2 + x/4 that a double cannot tell them
/// apart: x (1/4 - 2^-29) rounds to the right side.
CK_INLINE v8d ck_sigmoid_for_rounding8(v8d x) {
    return ck_select8(ck_abs8(x) < 0x1p-14, 0.5 + x * (0.25 - 0x1p-29), ck_sigmoid8(x));
}

CK_INLINE v16f ck_sigmoid16(v16f x) {
    v16f c = ck_above16(ck_below16(x, 110.0f), -110.0f);
    v16f y = ck_join16(ck_sigmoid_for_rounding8(ck_low8(c)), ck_sigmoid_for_rounding8(ck_high8(c)));
    return ck_keep_nan16(ck_patch16(y, x, 0xba928601, 0x3effdb5f), x);
}
