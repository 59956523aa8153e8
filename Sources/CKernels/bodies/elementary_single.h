// Functions of `ref-1` evaluated in Float32: + - * / and `ck_fma16`, in the order written here, the same bits on every
// instruction set. They are not correctly rounded; Tests/Exhaustive finds their largest error over all 2^32 inputs.
// A NaN gives a NaN (of whatever payload). Coefficients: Tests/Exhaustive/coefficients_single.py.
#pragma once
#include "elementary.h"
#include "fma.h"

/// `ck_exp_single16` for x in [-87.25, 89].
CK_INLINE v16f ck_exp_limited16(v16f x) {
    // 1.5 * 2^23 + 126 + k in t: its low bits, moved up, are those of 2^(k - 1), and of zero for k = -126.
    v16f t = ck_fma16(x, ck_splat16(0x1.715476p+0f), ck_splat16(0x1.8000fcp+23f));
    v16f k = t - 0x1.8000fcp+23f;
    // The first product has 23 bits: the first remainder is exact.
    v16f r = ck_fma16(k, ck_splat16(-0x1.62e4p-1f), x);
    r = ck_fma16(k, ck_splat16(-0x1.7f7d1cp-20f), r);
    // 2 exp(r), so that 2^(k - 1) is a Float32 up to the largest result.
    v16f p = ck_fma16(r, ck_splat16(0x1.6a4508p-9f), ck_splat16(0x1.1239aap-6f));
    p = ck_fma16(r, p, ck_splat16(0x1.5558b8p-4f));
    p = ck_fma16(r, p, ck_splat16(0x1.555492p-2f));
    p = ck_fma16(r, p, ck_splat16(0x1.fffffcp-1f));
    p = ck_fma16(r, p, ck_splat16(2.0f));
    p = ck_fma16(r, p, ck_splat16(2.0f));
    return p * (v16f)((v16u)t << 23);
}

/// exp(x), never off by more than 0.8914 ulp. 1 at 0 and -0; +0 for x <= -86.989975 (0xc2adfade), so nothing subnormal;
/// infinity for x >= 88.72284 (0x42b17218), as the true value rounds.
CK_INLINE v16f ck_exp_single16(v16f x) { return ck_exp_limited16(ck_above16(ck_below16(x, 89.0f), -87.25f)); }

/// The same bits for x <= 89, one instruction less.
CK_INLINE v16f ck_exp_below16(v16f x) { return ck_exp_limited16(ck_above16(x, -87.25f)); }
