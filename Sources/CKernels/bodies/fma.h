// Fused multiply-add with one rounding, in hardware where there is one, else exactly in double.
#pragma once
#include "vector.h"

#if CK_HAS_FMA
CK_INLINE v16f ck_fma16(v16f a, v16f b, v16f c) { return __builtin_elementwise_fma(a, b, c); }
CK_INLINE v8f ck_fma8(v8f a, v8f b, v8f c) { return __builtin_elementwise_fma(a, b, c); }
#else
/// a·b is exact in double; the sum is rounded to odd (Boldo & Melquiond 2008), after which the rounding to Float32
/// is as if there had been none before it, subnormals included.
static __attribute__((noinline, cold)) v8f ck_fma8_odd(v8f a, v8f b, v8f c) {
    v8d p = __builtin_convertvector(a, v8d) * __builtin_convertvector(b, v8d), z = __builtin_convertvector(c, v8d);
    v8d s = p + z, part = s - p, error = (p - (s - part)) + (z - part);
    v8l bits;
    memcpy(&bits, &s, 64);
    v8l inexact = (v8l)(error > 0.0) | (v8l)(error < 0.0);
    v8l outward = ~((v8l)(error > 0.0) ^ (v8l)(s > 0.0));
    v8l even = (bits & 1) - 1;
    v8l step = (outward & 1) - (~outward & 1);
    bits += step & inexact & even;
    memcpy(&s, &bits, 64);
    return __builtin_convertvector(s, v8f);
}
/// A sum rounded to double and again to Float32 is the sum rounded once, unless the double lies on a midpoint between
/// two neighbours of Float32 (its last 29 bits are 1 and 28 zeros) or among the subnormals, where midpoints lie denser.
/// Such lanes are rare; with one among them, all are summed again.
CK_INLINE v8f ck_fma8(v8f a, v8f b, v8f c) {
    v8d s = __builtin_convertvector(a, v8d) * __builtin_convertvector(b, v8d) + __builtin_convertvector(c, v8d);
    v16i words;
    memcpy(&words, &s, 64);
    v8i low = __builtin_shufflevector(words, words, 0, 2, 4, 6, 8, 10, 12, 14);
    v8i high = __builtin_shufflevector(words, words, 1, 3, 5, 7, 9, 11, 13, 15);
    v8i midpoint = (low & 0x1fffffff) == 0x10000000;
    // 0 < |s| < 2⁻¹²⁶. The one below zero wraps to the largest, so zero is not among them.
    v8i small = (((high & 0x7fffffff) - 1) ^ INT32_MIN) < (0x380fffff ^ INT32_MIN);
    if (__builtin_expect(__builtin_reduce_or(midpoint | small) != 0, 0)) return ck_fma8_odd(a, b, c);
    return __builtin_convertvector(s, v8f);
}
CK_INLINE v16f ck_fma16(v16f a, v16f b, v16f c) {
    v8f low = ck_fma8(__builtin_shufflevector(a, a, 0, 1, 2, 3, 4, 5, 6, 7), __builtin_shufflevector(b, b, 0, 1, 2, 3, 4, 5, 6, 7),
                      __builtin_shufflevector(c, c, 0, 1, 2, 3, 4, 5, 6, 7));
    v8f high = ck_fma8(__builtin_shufflevector(a, a, 8, 9, 10, 11, 12, 13, 14, 15), __builtin_shufflevector(b, b, 8, 9, 10, 11, 12, 13, 14, 15),
                       __builtin_shufflevector(c, c, 8, 9, 10, 11, 12, 13, 14, 15));
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
#endif
