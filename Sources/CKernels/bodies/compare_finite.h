// What a block of Float32 pairs is found to be where all of them are finite: most weights are, and then neither NaN nor
// infinities have to be looked for in every pair.
#pragma once
#include "compare_types.h"

/// Running sums of a call, each in eight lanes.
struct CK_NAME(sums) { v8d abs, squares, a, b, products; };

/// What a block is found to be.
struct CK_NAME(finite) {
    /// The largest |a − b|, in lanes.
    v8d largest;
    /// Pairs of other bits; those of them that are −0 and +0; those of other sign of which neither is zero.
    uint64_t unequal, zero_signs, flips;
};

/// Adds eight pairs of finite numbers; `apart` is x − y, or what is known better.
CK_INLINE void ck_add_sums(struct CK_NAME(sums) *s, v8d *largest, v8d x, v8d y, v8d apart) {
    v8d m = (v8d)((v8l)apart & 0x7fffffffffffffff);
    s->abs = s->abs + m;
    s->squares = s->squares + apart * apart;
    s->a = s->a + x * x;
    s->b = s->b + y * y;
    s->products = s->products + x * y;
    v8l more = m > *largest;
    *largest = (v8d)(((v8l)m & more) | ((v8l)*largest & ~more));
}

/// Sixteen Float32, padded with zeros.
CK_INLINE v16u ck_bits16(const uint32_t *bits, size_t i, size_t n) {
    v16u v = {0};
    memcpy(&v, bits + i, n - i < 16 ? (n - i) * 4 : 64);
    return v;
}

CK_INLINE uint64_t ck_count16(v16i x) { return (uint64_t)(uint32_t)-__builtin_reduce_add(x); }

/// n ≤ CK_PAIRS numbers whose values are Float32, as bits: where they lie, or in `room`.
CK_INLINE const uint32_t *CK_NAME(float_bits)(uint32_t *room, const void *source, enum ck_number type, size_t n) {
    if (type == CK_F32) return source;
    CK_NAME(narrow_values)(room, source, type, n);
    return room;
}

/// Whether none of n Float32 is NaN or infinite.
static int CK_NAME(all_finite)(const uint32_t *a, const uint32_t *b, size_t n) {
    uint32_t most = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t x = a[i] & 0x7fffffff, y = b[i] & 0x7fffffff;
        x = x > y ? x : y;
        most = most > x ? most : x;
    }
    return most < 0x7f800000;
}

/// Adds n ≤ CK_PAIRS pairs of finite Float32, given as bits.
static struct CK_NAME(finite) CK_NAME(note_finite)(struct CK_NAME(sums) *sums, const uint32_t *a, const uint32_t *b,
                                                    size_t n) {
    struct CK_NAME(sums) own = *sums;
    v8d largest = {0};
    v16i equal = {0}, zero_signs = {0}, flips = {0};
    for (size_t i = 0; i < n; i += 16) {
        v16u left, right;
        if (n - i < 16) {
            left = ck_bits16(a, i, n);
            right = ck_bits16(b, i, n);
        } else {
            memcpy(&left, a + i, 64);
            memcpy(&right, b + i, 64);
        }
        v16i crossed = (v16i)(left ^ right) < 0;
        equal = equal + (left == right);
        zero_signs = zero_signs + (crossed & (((left | right) & 0x7fffffff) == 0));
        flips = flips + (crossed & ((left & 0x7fffffff) != 0) & ((right & 0x7fffffff) != 0));
        v8d x = ck_low8((v16f)left), y = ck_low8((v16f)right);
        ck_add_sums(&own, &largest, x, y, x - y);
        x = ck_high8((v16f)left);
        y = ck_high8((v16f)right);
        ck_add_sums(&own, &largest, x, y, x - y);
    }
    *sums = own;
    size_t padded = (n + 15) / 16 * 16;
    return (struct CK_NAME(finite)){largest, padded - ck_count16(equal), ck_count16(zero_signs), ck_count16(flips)};
}
