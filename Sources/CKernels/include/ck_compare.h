#pragma once
#include <stddef.h>
#include <stdint.h>

/// How the numbers of a stored tensor are encoded (little-endian).
enum ck_number {
    CK_F64, CK_F32, CK_F16, CK_BF16,
    CK_F8_E4M3, CK_F8_E5M2, CK_F8_E4M3FNUZ, CK_F8_E5M2FNUZ, CK_F8_E8M0,
    CK_I64, CK_I32, CK_I16, CK_I8, CK_U64, CK_U32, CK_U16, CK_U8, CK_BOOL
};

/// The distance between NaN and a number, in units of the last place.
#define CK_ULP_MAX UINT64_MAX
/// Place of such distances in the histogram.
#define CK_ULP_MAX_BIN 65

/// What an element may differ by. One of ULP and values is asked; a NaN is as good as any other NaN, and nothing else is.
struct ck_tolerance {
    /// Whether `ulp` is the bound, else |a − b| ≤ absolute + relative·|a|, of real numbers: nothing is rounded. Both
    /// parts are finite and not negative.
    int by_ulp;
    uint64_t ulp;
    double relative, absolute;
};

/// How the numbers of b differ from those of a. Sums, distances and maxima are over the pairs of which both are finite.
struct ck_difference {
    /// Elements with other bits, or, for two types, other values.
    uint64_t unequal;
    /// Those of them that are −0 and +0; that are both NaN.
    uint64_t zero_signs, nan_payloads;
    /// NaN or infinite in b only, in a only.
    uint64_t nan_gained, nan_lost, inf_gained, inf_lost;
    /// Both not zero and of other sign.
    uint64_t sign_flips;
    /// Beyond the tolerance.
    uint64_t outside;
    /// Of two types: elements of a that, rounded to b's type (to nearest, ties to even), are those of b.
    uint64_t rounded;
    /// Largest distance in units of the last place and its first element; likewise |a − b|.
    uint64_t max_ulp, max_ulp_index;
    double max_abs;
    uint64_t max_abs_index;
    /// Of two integer types, the largest |a − b| itself, 65 bits at most: `max_abs` is the nearest Float64.
    uint64_t max_apart_high, max_apart_low;
    /// Σ|a − b|, Σ(a − b)², Σa², Σb², Σab, each in eight lanes by index, then as a tree.
    double sum_abs, sum_squares, a_squares, b_squares, products;
    /// Elements at 0; at 2^(k−1)…2^k − 1; NaN to a number.
    uint64_t histogram[CK_ULP_MAX_BIN + 1];
};

/// The distances low + [0, width), width > 0, and no farther than 2^64 − 2. The pairs at one of them are kept, those
/// nearer are counted.
struct ck_distance_window {
    uint64_t low, width;
    /// Pairs that are nearer than `low`, those at 0 included.
    uint64_t below;
    /// The distances inside, in no order that counts; room for as many as there are pairs.
    uint64_t *kept;
    size_t count;
};

/// Distances that are counted in parts.
struct ck_distance_range {
    uint64_t low;
    int shift;
    size_t count;
    uint64_t *counts;
};

struct ck_compare_table {
    /// Compares n pairs of any two types. ULP are of the common type: their own, Float32, integers (where neighbours are
    /// 1 apart; at most 2^64 − 2), or Float64, of which unequal numbers are at least 1 apart. Zeroes `d` first, and
    /// `below` and `count` of each window. Buffers must be aligned for their numbers.
    void (*compare)(struct ck_difference *d, const void *a, enum ck_number a_type, const void *b, enum ck_number b_type,
                    size_t n, const struct ck_tolerance *tolerance, struct ck_distance_window *windows,
                    size_t window_count);
    /// For each range: counts[k] += the pairs whose distance is in low + [k, k + 1)·2^shift, for k < count.
    void (*count_distances)(const struct ck_distance_range *ranges, size_t range_count, const void *a,
                            enum ck_number a_type, const void *b, enum ck_number b_type, size_t n);
    /// The nearest Float64 of n numbers: exact but for integers of 64 bits.
    void (*values)(double *values, const void *source, enum ck_number type, size_t n);
};
