// Tolerances and differences without rounding: |a − b| ≤ absolute + relative·|a| of the real numbers that the bits stand
// for. What rounded arithmetic is sure of is taken from it; only the pairs next to the bound are worked out.
#pragma once
#include "compare_types.h"

/// magnitude · 2^power, or its negative.
struct CK_NAME(dyadic) { int negative; uint64_t magnitude; int power; };

CK_INLINE struct CK_NAME(dyadic) ck_dyadic(double value) {
    uint64_t bits;
    memcpy(&bits, &value, 8);
    int exponent = (int)(bits >> 52 & 0x7ff);
    uint64_t fraction = bits & 0xfffffffffffff;
    return (struct CK_NAME(dyadic)){(int)(bits >> 63), exponent ? fraction | 1ull << 52 : fraction,
                                    (exponent ? exponent : 1) - 1075};
}

/// A sum of such numbers in two's complement. Bit 0 of the first word is worth 2^-CK_LEAST_POWER; the smallest product
/// of two Float64 is 2^-2148, and sums stay below 2^2052.
#define CK_SUM_WORDS 68
#define CK_LEAST_POWER 2176
CK_INLINE void ck_add_exactly(uint64_t *sum, unsigned __int128 magnitude, int power, int negative) {
    int place = power + CK_LEAST_POWER, word = place / 64, shift = place % 64;
    uint64_t parts[3] = {(uint64_t)(magnitude << shift), (uint64_t)(magnitude << shift >> 64),
                         shift ? (uint64_t)(magnitude >> 64 >> (64 - shift)) : 0};
    uint64_t carry = 0;
    for (int i = word; i < CK_SUM_WORDS && (i < word + 3 || carry); i++) {
        uint64_t part = i < word + 3 ? parts[i - word] : 0, old = sum[i];
        uint64_t once = negative ? old - part : old + part;
        sum[i] = negative ? once - carry : once + carry;
        carry = negative ? (uint64_t)((old < part) | (once < carry)) : (uint64_t)((once < old) | (sum[i] < once));
    }
}

/// Whether a and b are finite and no farther apart than the tolerance by value allows.
static int CK_NAME(is_within)(struct CK_NAME(dyadic) a, struct CK_NAME(dyadic) b, const struct ck_tolerance *t) {
    struct CK_NAME(dyadic) absolute = ck_dyadic(t->absolute), relative = ck_dyadic(t->relative);
    // bound − (a − b), then bound + (a − b).
    for (int side = 0; side < 2; side++) {
        uint64_t sum[CK_SUM_WORDS] = {0};
        ck_add_exactly(sum, absolute.magnitude, absolute.power, 0);
        ck_add_exactly(sum, (unsigned __int128)relative.magnitude * a.magnitude, relative.power + a.power, 0);
        ck_add_exactly(sum, a.magnitude, a.power, a.negative == side);
        ck_add_exactly(sum, b.magnitude, b.power, b.negative != side);
        if (sum[CK_SUM_WORDS - 1] >> 63) return 0;
    }
    return 1;
}

CK_INLINE uint64_t ck_count8(v8l x) {
    return (uint64_t)-(x[0] + x[1] + x[2] + x[3] + x[4] + x[5] + x[6] + x[7]);
}

CK_INLINE int ck_is_finite(double x) { return (x < 0 ? -x : x) < __builtin_inf(); }

/// What rounded arithmetic says of a distance and a bound that are off by 2^-50 of themselves at most.
CK_INLINE double ck_slack(double apart, double bound) { return 0x1p-48 * (apart + bound) + 0x1p-1000; }
CK_INLINE int ck_surely_inside(double apart, double bound) {
    return (apart + ck_slack(apart, bound) <= bound) & ck_is_finite(bound);
}
CK_INLINE int ck_surely_beyond(double apart, double bound) {
    return (apart - ck_slack(apart, bound) > bound) & ck_is_finite(apart);
}

/// Adds the pairs beyond the tolerance by value. x and y are the numbers themselves, padded with zeros to a multiple of 8.
CK_INLINE void ck_count_outside(struct ck_difference *d, const double *x, const double *y, size_t n,
                                const struct ck_tolerance *t) {
    const int64_t magnitude = 0x7fffffffffffffff;
    const double infinity = __builtin_inf();
    v8l outside = {0}, unsure = {0};
    for (size_t i = 0; i < n; i += 8) {
        v8d a, b;
        memcpy(&a, x + i, 64);
        memcpy(&b, y + i, 64);
        v8d size = (v8d)((v8l)a & magnitude), other = (v8d)((v8l)b & magnitude), apart = (v8d)((v8l)(a - b) & magnitude);
        v8d bound = t->absolute + t->relative * size, slack = 0x1p-48 * (apart + bound) + 0x1p-1000;
        // Equal infinities are apart by NaN; a bound with an infinite a would hold anything.
        v8l same = (a == b) | ((a != a) & (b != b)), finite = (size < infinity) & (other < infinity);
        v8l inside = same | (finite & (apart + slack <= bound) & (bound < infinity));
        v8l beyond = ~same & (~finite | ((apart - slack > bound) & (apart < infinity)));
        outside = outside + beyond;
        unsure = unsure + ~(inside | beyond);
    }
    d->outside += ck_count8(outside);
    if (ck_count8(unsure) == 0) return;
    for (size_t i = 0; i < n; i++) {
        double apart = x[i] - y[i], size = x[i] < 0 ? -x[i] : x[i], bound = t->absolute + t->relative * size;
        apart = apart < 0 ? -apart : apart;
        if (x[i] == y[i] || !ck_is_finite(x[i]) || !ck_is_finite(y[i])) continue;
        if (ck_surely_inside(apart, bound) || ck_surely_beyond(apart, bound)) continue;
        d->outside += (uint64_t)!CK_NAME(is_within)(ck_dyadic(x[i]), ck_dyadic(y[i]), t);
    }
}

/// Whether pairs of these types are taken by `note_exact`: what Float64 cannot hold, or what is counted and not measured.
CK_INLINE int ck_is_exact_pair(enum ck_number a_type, enum ck_number b_type) {
    return (ck_is_integer(a_type) && ck_is_integer(b_type)) || ck_is_wide_integer(a_type) || ck_is_wide_integer(b_type);
}

/// The number at a place; x is its nearest Float64, and it itself where it is no integer.
CK_INLINE struct CK_NAME(dyadic) ck_number_at(const void *source, enum ck_number type, size_t i, double x) {
    if (!ck_is_integer(type)) return ck_dyadic(x);
    __int128 value = ck_integer(source, type, i);
    return (struct CK_NAME(dyadic)){value < 0, (uint64_t)(value < 0 ? -value : value), 0};
}

/// a − b of an integer and a finite Float64, rounded, with the part of the integer that Float64 does not hold. Zero only
/// where they are equal.
CK_INLINE double ck_apart(const void *a, enum ck_number a_type, const void *b, enum ck_number b_type, size_t i, double x,
                          double y) {
    // The rest of the integer is below 2^11, and exact.
    double rest_a = ck_is_integer(a_type) ? (double)(ck_integer(a, a_type, i) - (__int128)x) : 0;
    double rest_b = ck_is_integer(b_type) ? (double)(ck_integer(b, b_type, i) - (__int128)y) : 0;
    // x − y = d + e without rounding.
    double d = x - y, back = x - d, e = (x - (d + back)) + (back - y);
    return d + (e + (rest_a - rest_b));
}

/// Notes pairs that `ck_is_exact_pair` names: fills `apart` with a − b, 0 where one is not finite, and counts what is
/// unequal and, of integers or by value, outside.
static void CK_NAME(note_exact)(struct ck_difference *d, double *apart, const void *a, enum ck_number a_type,
                                const void *b, enum ck_number b_type, const double *x, const double *y, size_t n,
                                size_t base, const struct ck_tolerance *t) {
    int integers = ck_is_integer(a_type) && ck_is_integer(b_type);
    unsigned __int128 most = (unsigned __int128)d->max_apart_high << 64 | d->max_apart_low;
    for (size_t i = 0; i < n; i++) {
        int finite = 1, farthest = 0;
        if (integers) {
            __int128 difference = ck_integer(a, a_type, i) - ck_integer(b, b_type, i);
            apart[i] = (double)difference;
            if (difference == 0) continue;
            unsigned __int128 whole = (unsigned __int128)(difference < 0 ? -difference : difference);
            // Two that are not equally far can be so rounded.
            farthest = whole > most;
            if (farthest) most = whole;
            if (t->by_ulp) d->outside += whole > t->ulp;
        } else {
            finite = ck_is_finite(x[i]) & ck_is_finite(y[i]);
            apart[i] = finite ? ck_apart(a, a_type, b, b_type, i, x[i], y[i]) : 0;
            if (finite && apart[i] == 0) continue;
        }
        double size = apart[i] < 0 ? -apart[i] : apart[i], magnitude = x[i] < 0 ? -x[i] : x[i];
        d->unequal++;
        farthest |= !integers && size > d->max_abs;
        if (farthest) {
            d->max_abs = size;
            d->max_abs_index = base + i;
        }
        if (t->by_ulp) continue;
        double bound = t->absolute + t->relative * magnitude;
        if (!finite || ck_surely_beyond(size, bound)) d->outside++;
        else if (!ck_surely_inside(size, bound))
            d->outside += !CK_NAME(is_within)(ck_number_at(a, a_type, i, x[i]), ck_number_at(b, b_type, i, y[i]), t);
    }
    d->max_apart_high = (uint64_t)(most >> 64);
    d->max_apart_low = (uint64_t)most;
}
