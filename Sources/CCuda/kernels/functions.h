// The elementary functions of the contract (NUMERICS.md, section 7) for one element: the order of operations of
// CKernels/bodies/elementary_single.h, elementwise_activations.h and elementary.h, where the reasons stand.
#pragma once
#include "kernel.h"

/// min(x, high) and max(x, low); a NaN stays one.
DEVICE float below(float x, float high) { return x > high ? high : x; }
DEVICE float above(float x, float low) { return x < low ? low : x; }
DEVICE float magnitude(float x) { return bits_float(float_bits(x) & 0x7fffffffu); }

// Float32 throughout, not correctly rounded.

/// 1.5 · 2²³ + 126 + k, k = x / ln 2 rounded.
DEVICE float exp_scale(float x) { return FMA(x, 0x1.715476p+0f, 0x1.8000fcp+23f); }

/// 2ᵏ · exp(r) from `shifted` = 1.5 · 2²³ + 126 + k.
DEVICE float exp_reduced(float r, float shifted) {
    float p = FMA(r, 0x1.6a4508p-9f, 0x1.1239aap-6f);
    p = FMA(r, p, 0x1.5558b8p-4f);
    p = FMA(r, p, 0x1.555492p-2f);
    p = FMA(r, p, 0x1.fffffcp-1f);
    p = FMA(r, p, 2.0f);
    p = FMA(r, p, 2.0f);
    return p * bits_float(float_bits(shifted) << 23);
}

/// `exp_single` of −87.25 ≤ x ≤ 89.
DEVICE float exp_limited(float x) {
    float t = exp_scale(x), k = t - 0x1.8000fcp+23f;
    return exp_reduced(FMA(k, -0x1.7f7d1cp-20f, FMA(k, -0x1.62e4p-1f, x)), t);
}

/// exp(x + low), low the rounding error of x.
DEVICE float exp_corrected(float x, float low) {
    float t = exp_scale(x), k = t - 0x1.8000fcp+23f, r = FMA(k, -0x1.62e4p-1f, x);
    return exp_reduced(r + FMA(k, -0x1.7f7d1cp-20f, low), t);
}

/// exp of softmax and attention.
DEVICE float exp_single(float x) { return exp_limited(above(below(x, 89.0f), -87.25f)); }
/// The same bits for x ≤ 89.
DEVICE float exp_below(float x) { return exp_limited(above(x, -87.25f)); }

DEVICE float silu(float x) {
    float c = above(x, -89.0f);
    return c / (1.0f + exp_below(-c));
}

DEVICE float silu_slope(float x) {
    float c = above(below(x, 87.25f), -87.0f), e = exp_limited(-c), s = 1.0f / (1.0f + e);
    return FMA(s * c, e * s, s);
}

/// exp(−1.702 · c), and 1.702 · c rounded in `z`.
DEVICE float quick_exp(float c, float &z) {
    z = c * 0x1.b3b646p+0f;
    float low = FMA(c, -0x1.78d4fep-26f, FMA(c, 0x1.b3b646p+0f, -z));
    return exp_corrected(-z, -low);
}

DEVICE float quick_gelu(float x) {
    float z, c = above(x, -52.25f);
    return c / (1.0f + quick_exp(below(c, 51.2f), z));
}

DEVICE float quick_gelu_slope(float x) {
    float z, e = quick_exp(above(below(x, 51.2f), -51.0f), z), s = 1.0f / (1.0f + e);
    return FMA(s * z, e * s, s);
}

/// The lower tail of the normal distribution at a = |x|, limited to 13.2: Φ(−a) = e · m with e = exp(−a² / 2).
struct NormalTail { float a, e, m; };

DEVICE NormalTail normal_tail(float x) {
    float a = below(magnitude(x), 13.2f), b = a * -0.5f, square = b * a;
    float e = exp_corrected(square, FMA(b, a, -square));
    float p = FMA(a, 0x1.3fb6c6p-10f, 0x1.e13038p-7f);
    p = FMA(a, p, 0x1.59ccb2p-4f);
    p = FMA(a, p, 0x1.1f8d4ap-2f);
    p = FMA(a, p, 0x1.14c3fap-1f);
    p = FMA(a, p, 0.5f);
    float t = FMA(a, 0x1.90bfd0p-9f, 0x1.2d65c2p-5f);
    t = FMA(a, t, 0x1.a5a0e2p-3f);
    t = FMA(a, t, 0x1.4059e2p-1f);
    t = FMA(p, 0x1.40d932p+1f, t);
    return {a, e, p / FMA(a, t, 1.0f)};
}

DEVICE float gelu_of_tail(float x, NormalTail t) { return FMA(-(t.a * t.m), t.e, above(x, -0.0f)); }

/// The sign bit of x decides, so that −0 lies below zero.
DEVICE float gelu_slope_of_tail(float x, NormalTail t) {
    uint32_t sign = float_bits(x) & 0x80000000u;
    float e = bits_float(float_bits(t.e) | sign);
    return FMA(e, FMA(t.a, 0x1.988454p-2f, -t.m), sign ? 0.0f : 1.0f);
}

DEVICE float gelu(float x) { return gelu_of_tail(x, normal_tail(x)); }
DEVICE float gelu_slope(float x) { return gelu_slope_of_tail(x, normal_tail(x)); }

// Cores in double: + − × ÷ and integers, never fused.

/// exp(r) − 1 of x = k · ln 2 + r, and 1.5 · 2⁵² + k in `shifted`.
DEVICE double expm1_reduced(double x, double &shifted) {
    double t = x * 0x1.71547652b82fep+0 + 0x1.8p52, k = t - 0x1.8p52;
    double r = (x - k * 0x1.62e42fefa3800p-1) - k * 0x1.ef35793c76730p-45;
    double r2 = r * r, r4 = r2 * r2;
    double q01 = 0x1.555555555555cp-3 + r * 0x1.555555555316ep-5;
    double q23 = 0x1.111111110e555p-7 + r * 0x1.6c16c17cf2eedp-10;
    double q45 = 0x1.a01a01b682e8bp-13 + r * 0x1.a019aa99d1b19p-16;
    double q67 = 0x1.71dde85a4b66cp-19 + r * 0x1.28a01a487eae0p-22;
    double q = (q01 + r2 * q23) + r4 * ((q45 + r2 * q67) + r4 * 0x1.af7971ec2f55ap-26);
    shifted = t;
    return r + (r2 * 0.5 + (r2 * r) * q);
}

/// exp(x), |x| ≤ 708.
DEVICE double exp_core(double x) {
    double t, p = expm1_reduced(x, t);
    return bits_double(double_bits(1.0 + p) + (double_bits(t) << 52));
}

/// log(x) of positive normal x.
DEVICE double log_core(double x) {
    uint64_t above = double_bits(x) - 0x3fe6a09e00000000ULL, biased = (above + 0x4000000000000000ULL) >> 52;
    double k = bits_double(biased | 0x4330000000000000ULL) - (0x1p52 + 1024.0);
    double m = bits_double((above & 0x000fffffffffffffULL) + 0x3fe6a09e00000000ULL);
    double f = m - 1.0, s = f / (2.0 + f), z = s * s, z2 = z * z;
    double r01 = 0x1.5555555555592p-1 + z * 0x1.999999997fea6p-2;
    double r23 = 0x1.24924941e50e2p-2 + z * 0x1.c71c5212253ebp-3;
    double r45 = 0x1.74663d532af8ep-3 + z * 0x1.39a1de3258d25p-3;
    double r = z * ((r01 + z2 * r23) + (z2 * z2) * (r45 + z2 * 0x1.2f042f74bc482p-3));
    double h = (0.5 * f) * f;
    return k * 0x1.62e42fefa3800p-1 - ((h - (s * (h + r) + k * 0x1.ef35793c76730p-45)) - f);
}

/// sin and cos of r + low, |r| ≤ π / 4.
DEVICE void sine_cosine(double r, double low, double &sine, double &cosine) {
    double z = r * r, z2 = z * z, h = 0.5 * z, w = 1.0 - h;
    double s01 = -0x1.5555555555549p-3 + z * 0x1.111111110f889p-7;
    double s23 = -0x1.a01a019c13530p-13 + z * 0x1.71de3579145f5p-19;
    double s45 = -0x1.ae5e6735ee44cp-26 + z * 0x1.5d934491f5b82p-33;
    double c01 = 0x1.555555555554cp-5 + z * -0x1.6c16c16c15187p-10;
    double c23 = 0x1.a01a019cb2a1fp-16 + z * -0x1.27e4f80a9195ep-22;
    double c45 = 0x1.1ee9ec5583601p-29 + z * -0x1.8faed48a8d756p-37;
    double s = s01 + z2 * (s23 + z2 * s45), c = c01 + z2 * (c23 + z2 * c45);
    sine = r + (low * w + (z * r) * s);
    cosine = w + (((1.0 - w) - h) + (z2 * c - r * low));
}

/// The high half of a · b.
DEVICE uint64_t high_half(uint64_t a, uint64_t b) {
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t middle = a1 * b0 + ((a0 * b0) >> 32), other = a0 * b1 + (uint32_t)middle;
    return a1 * b1 + (middle >> 32) + (other >> 32);
}

/// The quadrant of a / (π / 2) and the remainder as r + low, for finite a ≥ 2¹⁹: Payne and Hanek's reduction in integers.
DEVICE uint64_t reduce_far(double a, double &r, double &low) {
    // A word of zeros, then 1,280 bits of 2 / π.
    static const uint64_t two_over_pi[21] = {
        0x0000000000000000, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561,
        0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41,
        0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7,
        0x4f463f669e5fea2d, 0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab,
        0xf0cfbc209af4361d};
    uint64_t m = (double_bits(a) & 0x000fffffffffffffULL) | 0x0010000000000000ULL;
    int exponent = (int)(double_bits(a) >> 52) - 1075, skip = exponent + 62, word = skip >> 6, shift = skip & 63;
    uint64_t w[3];
    for (int i = 0; i < 3; i++) {
        uint64_t next = two_over_pi[word + i + 1];
        w[i] = shift ? (two_over_pi[word + i] << shift) | (next >> (64 - shift)) : two_over_pi[word + i];
    }
    // The low 192 bits of m · w: two of the quadrant, then the fraction, of which 128 bits are `high` and `rest`.
    uint64_t bottom = m * w[2], middle = m * w[1] + high_half(m, w[2]);
    uint64_t top = m * w[0] + high_half(m, w[1]) + (middle < m * w[1]);
    uint64_t quadrant = top >> 62, high = (top << 2) | (middle >> 62), rest = (middle << 2) | (bottom >> 62);
    bool negative = high >> 63;
    if (negative) {
        high = ~high + (rest == 0);
        rest = 0 - rest;
        quadrant += 1;
    }
    int zeros = 0;
    while (zeros < 63 && !((high << zeros) >> 63)) zeros++;
    uint64_t leading = zeros ? (high << zeros) | (rest >> (64 - zeros)) : high;
    uint64_t above = high_half(leading, 0xc90fdaa22168c234ULL), below = leading * 0xc90fdaa22168c234ULL;
    r = (double)(above >> 11) * bits_double((uint64_t)(1023 - 52 - zeros) << 52);
    low = (double)(((above << 42) | (below >> 22)) & 0x001fffffffffffffULL) * bits_double((uint64_t)(1023 - 105 - zeros) << 52);
    if (negative) {
        r = -r;
        low = -low;
    }
    return quadrant;
}

/// sin (odd 0) or cos (odd 1) of finite a ≥ 0.
DEVICE double circular(double a, uint64_t odd) {
    double r, low, sine, cosine;
    uint64_t quadrant;
    if (a >= 0x1p19) {
        quadrant = reduce_far(a, r, low);
    } else {
        double t = a * 0x1.45f306dc9c883p-1 + 0x1.8p52, k = t - 0x1.8p52;
        double u = a - k * 0x1.921fb54400000p+0, v = k * 0x1.0b4611a600000p-34;
        double b = u - v, c = k * 0x1.3198a2e037073p-69;
        r = b - c;
        low = ((b - r) - c) + ((u - b) - v);
        quadrant = double_bits(t);
    }
    quadrant += odd;
    sine_cosine(r, low, sine, cosine);
    return bits_double(double_bits(quadrant & 1 ? cosine : sine) ^ ((quadrant & 2) << 62));
}

/// exp(a²) · erfc(a), 0 ≤ a ≤ 10.6.
DEVICE double erfcx_core(double a) {
    double p = a + 4.0, o = 1.0 + 2.0 * a, inverse = 1.0 / (p * o);
    double u = ((a - 4.0) * o) * inverse, u2 = u * u, u4 = u2 * u2, u8 = u4 * u4;
    double p01 = 0x1.3ba5916e9cb7fp+0 + u * -0x1.1df1ad175308ap-3;
    double p23 = 0x1.f7f5deef98299p-7 + u * 0x1.16ecf03b2ea36p-4;
    double p45 = -0x1.9ddb207a78a5ap-4 + u * 0x1.7fee037ad5cecp-4;
    double p67 = -0x1.0fb08f59a248dp-4 + u * 0x1.30790b06941a3p-5;
    double p89 = -0x1.09628122ec06ap-6 + u * 0x1.49eaf0b6beb85p-8;
    double pab = -0x1.8aef09fc1727cp-11 + u * -0x1.9fa12037ee362p-13;
    double pcd = 0x1.281be9c738fe3p-13 + u * -0x1.5e7bd421c512fp-15;
    double pef = -0x1.a734a5ac3c79bp-16 + u * 0x1.464e2579250e3p-20;
    double low = (p01 + u2 * p23) + u4 * (p45 + u2 * p67), high = (p89 + u2 * pab) + u4 * (pcd + u2 * pef);
    return ((low + u8 * (high + u8 * 0x1.351820668248bp-20)) * p) * inverse;
}

/// erf(a), 0 ≤ a ≤ 10.6.
DEVICE double erf_core(double a) {
    double z = a * a;
    if (!(a < 0.5)) return 1.0 - exp_core(-z) * erfcx_core(a);
    double z2 = z * z, z4 = z2 * z2;
    double e01 = -0x1.812746b0379e5p-2 + z * 0x1.ce2f21a04281cp-4;
    double e23 = -0x1.b82ce3125f6bcp-6 + z * 0x1.565bcd008fd7ep-8;
    double e45 = -0x1.c02daebcef22fp-11 + z * 0x1.f9a1f17359d86p-14;
    double e67 = -0x1.f4a673946901ap-17 + z * 0x1.b62145ff924bbp-20;
    double e = (e01 + z2 * e23) + z4 * ((e45 + z2 * e67) + z4 * -0x1.310ddf745219ap-23);
    return a * 0x1.20dd750000000p+0 + a * (0x1.0a6db446b8ea4p-30 + z * e);
}

/// tanh(a), 0 ≤ a ≤ 300.
DEVICE double tanh_core(double a) {
    double t, p = expm1_reduced(a + a, t);
    double scale = bits_double((double_bits(t) << 52) + 0x3ff0000000000000ULL), e = scale * p;
    return ((scale - 1.0) + e) / ((scale + 1.0) + e);
}

// Float32, correctly rounded: a core rounded once, and the few inputs of which a double says too little.

DEVICE float not_a_number() { return bits_float(0x7fc00000u); }
DEVICE float with_sign(float magnitude, float x) { return bits_float(float_bits(magnitude) | (float_bits(x) & 0x80000000u)); }
/// `y`, or `output` where the bits of `x` are `input`.
DEVICE float patched(float y, float x, uint32_t input, uint32_t output) {
    return float_bits(x) == input ? bits_float(output) : y;
}

DEVICE float exp_rounded(float x) {
    return x != x ? not_a_number() : narrowed(exp_core((double)above(below(x, 110.0f), -110.0f)));
}

DEVICE float log_rounded(float x) {
    if (x == 0.0f) return -INFINITY;
    if (!(x > 0.0f)) return not_a_number();
    if (x == INFINITY) return x;
    float y = narrowed(log_core((double)x));
    y = patched(y, x, 0x3c413d3au, 0xc08e158fu);
    y = patched(y, x, 0x41178febu, 0x400fe5e7u);
    y = patched(y, x, 0x4c5d65a5u, 0x418f034bu);
    y = patched(y, x, 0x65d890d3u, 0x4254d1f9u);
    return patched(y, x, 0x6f31a8ecu, 0x42845a89u);
}

DEVICE float sin_rounded(float x) {
    float a = magnitude(x);
    if (!(a < INFINITY)) return not_a_number();
    float y = patched(narrowed(circular((double)a, 0)), a, 0x46199998u, 0xbeb1fa5du);
    return bits_float(float_bits(y) ^ (float_bits(x) & 0x80000000u));
}

DEVICE float cos_rounded(float x) {
    float a = magnitude(x);
    if (!(a < INFINITY)) return not_a_number();
    float y = patched(narrowed(circular((double)a, 1)), a, 0x5f18b878u, 0x3f7f14bbu);
    return patched(y, a, 0x6115cb11u, 0x3f78142fu);
}

DEVICE float tanh_rounded(float x) {
    return x != x ? not_a_number() : with_sign(narrowed(tanh_core((double)below(magnitude(x), 20.0f))), x);
}

DEVICE float erf_rounded(float x) {
    return x != x ? not_a_number() : with_sign(narrowed(erf_core((double)below(magnitude(x), 6.0f))), x);
}

DEVICE float sigmoid_rounded(float x) {
    if (x != x) return not_a_number();
    double c = (double)above(below(x, 110.0f), -110.0f), size = c < 0.0 ? -c : c;
    double y = size < 0x1p-14 ? 0.5 + c * (0.25 - 0x1p-29) : 1.0 / (1.0 + exp_core(-c));
    return patched(narrowed(y), x, 0xba928601u, 0x3effdb5fu);
}

DEVICE float root_rounded(float x) { return x >= 0.0f ? root(x) : not_a_number(); }
