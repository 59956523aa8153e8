// Functions of `ref-1` evaluated in Float32: + - * / and `ck_fma16`, in the order written here, the same bits on every
// instruction set. They are not correctly rounded; Tests/Exhaustive finds their largest error over all 2^32 inputs.
// A NaN gives a NaN (of whatever payload). Coefficients: Tests/Exhaustive/coefficients_single.py.
#pragma once
#include "elementary.h"
#include "fma.h"

// MARK: exp

/// 1.5 * 2^23 + 126 + k with k = x / ln2 rounded: moved up, its low bits are those of 2^(k - 1), and of 0 for k = -126.
CK_INLINE v16f ck_exp_scale16(v16f x) {
    return ck_fma16(x, ck_splat16(0x1.715476p+0f), ck_splat16(0x1.8000fcp+23f));
}

/// 2^k exp(r), |r| < 0.347, from `shifted` = 1.5 * 2^23 + 126 + k.
CK_INLINE v16f ck_exp_reduced16(v16f r, v16f shifted) {
    // 2 exp(r), so that 2^(k - 1) is a Float32 up to the largest result.
    v16f p = ck_fma16(r, ck_splat16(0x1.6a4508p-9f), ck_splat16(0x1.1239aap-6f));
    p = ck_fma16(r, p, ck_splat16(0x1.5558b8p-4f));
    p = ck_fma16(r, p, ck_splat16(0x1.555492p-2f));
    p = ck_fma16(r, p, ck_splat16(0x1.fffffcp-1f));
    p = ck_fma16(r, p, ck_splat16(2.0f));
    p = ck_fma16(r, p, ck_splat16(2.0f));
    return p * (v16f)((v16u)shifted << 23);
}

/// `ck_exp_single16` for x in [-87.25, 89].
CK_INLINE v16f ck_exp_limited16(v16f x) {
    v16f t = ck_exp_scale16(x), k = t - 0x1.8000fcp+23f;
    // k times the first part of ln2 has at most 23 bits: the first remainder is exact.
    v16f r = ck_fma16(k, ck_splat16(-0x1.62e4p-1f), x);
    return ck_exp_reduced16(ck_fma16(k, ck_splat16(-0x1.7f7d1cp-20f), r), t);
}

/// exp(x + low) for x in [-87.25, 89] and a small `low`, the rounding error of x.
CK_INLINE v16f ck_exp_corrected16(v16f x, v16f low) {
    v16f t = ck_exp_scale16(x), k = t - 0x1.8000fcp+23f;
    v16f r = ck_fma16(k, ck_splat16(-0x1.62e4p-1f), x);
    return ck_exp_reduced16(r + ck_fma16(k, ck_splat16(-0x1.7f7d1cp-20f), low), t);
}

/// exp(x), never off by more than 0.8914 ulp. 1 at 0 and -0; +0 for x <= -86.989975 (0xc2adfade), so nothing subnormal;
/// infinity for x >= 88.72284 (0x42b17218), as the true value rounds.
CK_INLINE v16f ck_exp_single16(v16f x) { return ck_exp_limited16(ck_above16(ck_below16(x, 89.0f), -87.25f)); }

/// The same bits for x <= 89, one instruction less.
CK_INLINE v16f ck_exp_below16(v16f x) { return ck_exp_limited16(ck_above16(x, -87.25f)); }

// MARK: the normal distribution

/// Of a = |x| limited to 13.2: e = exp(-a^2/2), 0 at the limit, and m with Phi(-a) = e m. Returns a.
CK_INLINE v16f ck_normal_tail16(v16f x, v16f *e, v16f *m) {
    v16f a = ck_below16(ck_abs16(x), 13.2f), b = a * -0.5f, square = b * a;
    *e = ck_exp_corrected16(square, ck_fma16(b, a, -square));
    // m = P / (1 + a (sqrt(2 pi) P + T)): far out m is 1 / (sqrt(2 pi) a) whatever the polynomials lost.
    v16f p = ck_fma16(a, ck_splat16(0x1.3fb6c6p-10f), ck_splat16(0x1.e13038p-7f));
    p = ck_fma16(a, p, ck_splat16(0x1.59ccb2p-4f));
    p = ck_fma16(a, p, ck_splat16(0x1.1f8d4ap-2f));
    p = ck_fma16(a, p, ck_splat16(0x1.14c3fap-1f));
    p = ck_fma16(a, p, ck_splat16(0.5f));
    v16f t = ck_fma16(a, ck_splat16(0x1.90bfd0p-9f), ck_splat16(0x1.2d65c2p-5f));
    t = ck_fma16(a, t, ck_splat16(0x1.a5a0e2p-3f));
    t = ck_fma16(a, t, ck_splat16(0x1.4059e2p-1f));
    t = ck_fma16(p, ck_splat16(0x1.40d932p+1f), t);
    *m = p / ck_fma16(a, t, ck_splat16(1.0f));
    return a;
}
