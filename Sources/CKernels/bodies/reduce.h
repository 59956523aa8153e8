// Rule 4: sums in sixteen logical lanes.
#pragma once
#include "../include/ck_norm.h"
#include "vector.h"

#define CK_BLOCK 4096

/// The tree 8-4-2-1 over sixteen lanes.
CK_INLINE float ck_tree(v16f x) {
    v8f a = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
    typedef float v4f __attribute__((vector_size(16)));
    v4f b = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
    return (b[0] + b[2]) + (b[1] + b[3]);
}

/// Defines a reduction `float NAME(ARGS, size_t n)` of `TERM`, an expression of v16f over LOAD(pointer).
/// A lane takes elements l, l+16, … of a block; a short last row leaves the lanes beyond it as they are.
#define CK_REDUCTION(NAME, PARAMETERS, TERM)                                                   \
    static float CK_NAME(NAME) PARAMETERS {                                                    \
        float total = 0;                                                                       \
        for (size_t start = 0; start < n; start += CK_BLOCK) {                                 \
            size_t end = start + CK_BLOCK < n ? start + CK_BLOCK : n, i = start;               \
            v16f lanes = {0};                                                                  \
            for (; i + 16 <= end; i += 16) {                                                   \
                size_t left = 16;                                                              \
                (void)left;                                                                    \
                lanes = lanes + (TERM);                                                        \
            }                                                                                  \
            if (i < end) {                                                                     \
                size_t left = end - i;                                                         \
                v16f last = lanes + (TERM);                                                    \
                for (size_t l = 0; l < left; l++) lanes[l] = last[l];                          \
            }                                                                                  \
            total = start ? total + ck_tree(lanes) : ck_tree(lanes);                           \
        }                                                                                      \
        return total;                                                                          \
    }
CK_INLINE v16f ck_load_some(const float *p, size_t n) { return n == 16 ? ck_load16(p) : ck_load_tail(p, n); }
#define CK_AT(p) ck_load_some(p + i, left)
CK_INLINE v16f ck_square(v16f x) { return x * x; }

CK_REDUCTION(sum, (const float *x, size_t n), CK_AT(x))
CK_REDUCTION(dot, (const float *x, const float *y, size_t n), CK_AT(x) * CK_AT(y))
CK_REDUCTION(sum_of_squares, (const float *x, size_t n), ck_square(CK_AT(x)))
CK_REDUCTION(squared_distance, (const float *x, const float *y, size_t n), ck_square(CK_AT(x) - CK_AT(y)))
CK_REDUCTION(centred_squares, (const float *x, float mean, size_t n), ck_square(CK_AT(x) - ck_splat16(mean)))
/// Σ dy·((x − mean)·rstd)
CK_REDUCTION(normalized_dot, (const float *dy, const float *x, float mean, float rstd, size_t n),
             CK_AT(dy) * ((CK_AT(x) - ck_splat16(mean)) * ck_splat16(rstd)))
/// Σ (dy·w)·((x − mean)·rstd)
CK_REDUCTION(weighted_normalized_dot, (const float *dy, const float *w, const float *x, float mean, float rstd, size_t n),
             (CK_AT(dy) * CK_AT(w)) * ((CK_AT(x) - ck_splat16(mean)) * ck_splat16(rstd)))

static size_t CK_NAME(first_non_finite)(const float *x, size_t n) {
    for (size_t i = 0; i < n; i += 256) {
        size_t end = i + 256 < n ? i + 256 : n;
        uint32_t bad = 0;
        for (size_t j = i; j < end; j++) {
            uint32_t bits;
            memcpy(&bits, x + j, 4);
            bad |= (bits & 0x7f800000u) == 0x7f800000u;
        }
        if (bad)
            for (size_t j = i; j < end; j++) {
                uint32_t bits;
                memcpy(&bits, x + j, 4);
                if ((bits & 0x7f800000u) == 0x7f800000u) return j;
            }
    }
    return n;
}

static void CK_NAME(add_column_sums)(float *y, const float *x, size_t rows, size_t n, size_t from, size_t to) {
    for (size_t r = 0; r < rows; r += CK_CHUNK) {
        size_t end = r + CK_CHUNK < rows ? r + CK_CHUNK : rows;
        for (size_t j = from; j < to; j += 16) {
            size_t left = to - j < 16 ? to - j : 16;
            v16f sum = {0};
            for (size_t i = r; i < end; i++) sum = sum + ck_load_some(x + i * n + j, left);
            v16f total = ck_load_some(y + j, left) + sum;
            if (left == 16) ck_store16(y + j, total);
            else ck_store_tail(y + j, total, left);
        }
    }
}

static const struct ck_reduce_table CK_NAME(reduce) = {
    CK_NAME(sum), CK_NAME(dot), CK_NAME(sum_of_squares), CK_NAME(squared_distance), CK_NAME(first_non_finite),
    CK_NAME(add_column_sums)};
