// How two runs of stored numbers differ. Counts, ULP and maxima are exact; the sums are taken in Float64, in eight
// lanes by index over the whole call, then as the tree 4-2-1.
#pragma once
#include "compare_distances.h"
#include "compare_exact.h"
#include "compare_finite.h"

/// Running sums of a call, and what a block of pairs is found to be.
struct CK_NAME(tally) {
    struct CK_NAME(sums) sums;
    /// Of the block: the largest |a − b|; lanes of −1 for each pair of finite, unequal numbers, for each of other sign,
    /// and for any number that is not finite.
    v8d largest;
    v8l unequal, flips, special;
};

CK_INLINE double ck_tree8(v8d x) {
    return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

CK_INLINE double ck_largest8(v8d x) {
    double top = 0;
    for (int l = 0; l < 8; l++) top = x[l] > top ? x[l] : top;
    return top;
}

/// Adds eight pairs. Those with an infinity or NaN count as zeros here. `apart` is x − y where that is known better.
CK_INLINE void ck_add_values(struct CK_NAME(tally) *t, v8d x, v8d y, const double *apart) {
    const int64_t e = 0x7ff0000000000000;
    const v8l exponent = {e, e, e, e, e, e, e, e};
    v8l finite = (((v8l)x & exponent) != exponent) & (((v8l)y & exponent) != exponent);
    x = (v8d)((v8l)x & finite);
    y = (v8d)((v8l)y & finite);
    v8d d = x - y;
    if (apart) memcpy(&d, apart, 64);
    ck_add_sums(&t->sums, &t->largest, x, y, d);
    t->special = t->special | ~finite;
    t->unequal = t->unequal + (x != y);
    t->flips = t->flips + ((((v8l)x ^ (v8l)y) < 0) & (x != 0) & (y != 0));
}

CK_INLINE void ck_note_largest(struct ck_difference *d, v8d largest, const double *x, const double *y, size_t n,
                               size_t base) {
    double top = ck_largest8(largest);
    if (!(top > d->max_abs)) return;
    for (size_t i = 0; i < n; i++) {
        double difference = x[i] - y[i];
        if (difference == top || difference == -top) {
            d->max_abs = top;
            d->max_abs_index = base + i;
            return;
        }
    }
}

/// NaN and infinities, and signs of infinities.
static void CK_NAME(count_special)(struct ck_difference *d, const double *x, const double *y, size_t n) {
    for (size_t i = 0; i < n; i++) {
        double a = x[i], b = y[i];
        int nan_a = a != a, nan_b = b != b;
        int inf_a = a == __builtin_inf() || a == -__builtin_inf(), inf_b = b == __builtin_inf() || b == -__builtin_inf();
        d->nan_gained += nan_b && !nan_a;
        d->nan_lost += nan_a && !nan_b;
        d->inf_gained += inf_b && !inf_a;
        d->inf_lost += inf_a && !inf_b;
        d->sign_flips += (inf_a || inf_b) && ((a < 0 && b > 0) || (a > 0 && b < 0));
    }
}

/// Float32 bits rounded to a narrower type, as its bits.
CK_INLINE uint32_t ck_round_to(uint32_t bits, enum ck_number type) {
    uint32_t magnitude = bits & 0x7fffffff, sign = bits >> 31 << 15;
    if (type == CK_BF16) return magnitude > 0x7f800000 ? bits >> 16 | 0x40 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    if (magnitude > 0x7f800000) return sign | 0x7e00;
    if (magnitude >= 0x477ff000) return sign | 0x7c00;
    if (magnitude >= 0x38800000) return sign | (magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13;
    if (magnitude <= 0x33000000) return sign;
    uint32_t shift = 126 - (magnitude >> 23), fraction = (magnitude & 0x7fffff) | 0x800000, half = 1u << (shift - 1);
    return sign | (fraction + half - 1 + (fraction >> shift & 1)) >> shift;
}

/// Counts the numbers of a that b holds rounded, where b is Float32 (of Float64), F16 or BF16.
static void CK_NAME(count_rounded)(struct ck_difference *d, const void *a, enum ck_number a_type, const double *x,
                                   const double *y, enum ck_number b_type, size_t n) {
    int wide = ck_is_wide_integer(a_type);
    if (b_type == CK_F64 && wide)
        for (size_t i = 0; i < n; i++) d->rounded += x[i] == y[i];
    if (b_type != CK_F32 && b_type != CK_F16 && b_type != CK_BF16) return;
    for (size_t i = 0; i < n; i++) {
        // Rounding twice is not rounding once: numbers that are no Float32 are rounded to Float32 only.
        float single = wide ? (float)ck_integer(a, a_type, i) : (float)x[i];
        if (b_type != CK_F32 && wide && ck_integer(a, a_type, i) != (__int128)x[i]) continue;
        if (b_type != CK_F32 && (double)single != x[i] && x[i] == x[i]) continue;
        if (x[i] != x[i] || y[i] != y[i]) {
            d->rounded += x[i] != x[i] && y[i] != y[i];
            continue;
        }
        if (b_type == CK_F32) {
            d->rounded += (double)single == y[i];
        } else {
            uint32_t wanted = ck_round_to(ck_float_to_bits(single), b_type);
            d->rounded += wanted == ck_round_to(ck_float_to_bits((float)y[i]), b_type);
        }
    }
}

/// Adds what the values of up to CK_PAIRS pairs say. x, y and `apart` are padded with zeros to a multiple of 8. With
/// `apart` the largest difference and what is outside are known already.
static void CK_NAME(note_values)(struct ck_difference *d, struct CK_NAME(tally) *tally, const double *x,
                                 const double *y, const double *apart, size_t n, size_t base,
                                 const struct ck_tolerance *t) {
    struct CK_NAME(tally) own = *tally;
    own.largest = (v8d){0};
    own.unequal = own.flips = own.special = (v8l){0};
    for (size_t i = 0; i < n; i += 8) {
        v8d a, b;
        memcpy(&a, x + i, 64);
        memcpy(&b, y + i, 64);
        ck_add_values(&own, a, b, apart ? apart + i : NULL);
    }
    *tally = own;
    if (!apart) ck_note_largest(d, own.largest, x, y, n, base);
    d->sign_flips += ck_count8(own.flips);
    if (ck_count8(own.special)) CK_NAME(count_special)(d, x, y, n);
    if (!t->by_ulp && !apart) ck_count_outside(d, x, y, n, t);
}

/// Elements of other bits, of one type.
#define CK_COUNT_UNEQUAL(BITS)                                         \
    {                                                                  \
        const BITS *left = a, *right = b;                              \
        uint32_t unequal = 0;                                          \
        for (size_t i = 0; i < n; i++) unequal += left[i] != right[i]; \
        count = unequal;                                               \
    }
/// Elements of other bits, and those of them that are zeros of two signs or NaN of two payloads.
static void CK_NAME(count_unequal)(struct ck_difference *d, const struct CK_NAME(tally) *tally, const void *a,
                                   const void *b, size_t size, const double *x, const double *y, size_t n) {
    uint64_t count = 0;
    if (size == 8) CK_COUNT_UNEQUAL(uint64_t)
    else if (size == 4) CK_COUNT_UNEQUAL(uint32_t)
    else if (size == 2) CK_COUNT_UNEQUAL(uint16_t)
    else CK_COUNT_UNEQUAL(uint8_t)
    d->unequal += count;
    if (count == ck_count8(tally->unequal)) return;
    for (size_t i = 0; i < n; i++) {
        if (memcmp((const char *)a + i * size, (const char *)b + i * size, size) == 0) continue;
        d->zero_signs += x[i] == 0 && y[i] == 0;
        d->nan_payloads += x[i] != x[i] && y[i] != y[i];
    }
}

/// Values and distances of up to CK_PAIRS pairs.
struct CK_NAME(pairs) {
    double x[CK_PAIRS], y[CK_PAIRS], apart[CK_PAIRS];
    uint64_t wide[CK_PAIRS];
    uint32_t narrow[CK_PAIRS], a_bits[CK_PAIRS], b_bits[CK_PAIRS], bins[CK_PAIRS];
};

/// Whether distances have 32 bits.
CK_INLINE int ck_is_narrow_pair(enum ck_number a_type, enum ck_number b_type) {
    return ck_is_narrow_float(a_type) && ck_is_narrow_float(b_type);
}

/// Distances in the pairs' common type. The values must be there, unless both types are one or both integers.
static void CK_NAME(distances)(struct CK_NAME(pairs) *p, const void *a, enum ck_number a_type, const void *b,
                               enum ck_number b_type, size_t n) {
    if (ck_is_narrow_pair(a_type, b_type)) {
        if (a_type == b_type) {
            CK_NAME(narrow_distances)(p->narrow, a, b, a_type, n);
        } else {
            CK_NAME(narrow_values)(p->a_bits, a, a_type, n);
            CK_NAME(narrow_values)(p->b_bits, b, b_type, n);
            CK_NAME(narrow_distances)(p->narrow, p->a_bits, p->b_bits, CK_F32, n);
        }
    } else if (ck_is_integer(a_type) && ck_is_integer(b_type)) {
        for (size_t i = 0; i < n; i++) {
            __int128 apart = ck_integer(a, a_type, i) - ck_integer(b, b_type, i);
            apart = apart < 0 ? -apart : apart;
            // ~0 means NaN; two integers that far apart are one less.
            p->wide[i] = apart >= (__int128)UINT64_MAX ? UINT64_MAX - 1 : (uint64_t)apart;
        }
    } else {
        CK_NAME(double_distances)(p->wide, p->x, p->y, n);
        if (!ck_is_wide_integer(a_type) && !ck_is_wide_integer(b_type)) return;
        // Numbers that are not equal, and of which one Float64 is the nearest.
        for (size_t i = 0; i < n; i++)
            if (p->x[i] == p->y[i] && ck_is_finite(p->x[i]) && ck_apart(a, a_type, b, b_type, i, p->x[i], p->y[i]) != 0)
                p->wide[i] = 1;
    }
}

/// Values of up to CK_PAIRS pairs, as Float64; padded with zeros to a multiple of 8.
static void CK_NAME(wide_values)(struct CK_NAME(pairs) *p, const void *a, enum ck_number a_type, const void *b,
                                 enum ck_number b_type, size_t n) {
    CK_NAME(double_values)(p->x, a, a_type, n);
    CK_NAME(double_values)(p->y, b, b_type, n);
    for (size_t i = n; i % 8; i++) p->x[i] = p->y[i] = p->apart[i] = 0;
}

/// Notes what the values of a block of pairs of two narrow types say, if all of them are finite.
static int CK_NAME(note_narrow_values)(struct ck_difference *d, struct CK_NAME(tally) *tally, struct CK_NAME(pairs) *p,
                                       const void *a, enum ck_number a_type, const void *b, enum ck_number b_type,
                                       size_t n, size_t base, const struct ck_tolerance *t) {
    const uint32_t *left = CK_NAME(float_bits)(p->a_bits, a, a_type, n);
    const uint32_t *right = CK_NAME(float_bits)(p->b_bits, b, b_type, n);
    if (!CK_NAME(all_finite)(left, right, n)) return 0;
    struct CK_NAME(finite) found = CK_NAME(note_finite)(&tally->sums, left, right, n);
    d->sign_flips += found.flips;
    // Of two types, zeros are equal whatever their signs.
    d->unequal += a_type == b_type ? found.unequal : found.unequal - found.zero_signs;
    if (a_type == b_type) d->zero_signs += found.zero_signs;
    int farther = ck_largest8(found.largest) > d->max_abs;
    if (!farther && t->by_ulp && a_type == b_type) return 1;
    CK_NAME(wide_values)(p, a, a_type, b, b_type, n);
    if (farther) ck_note_largest(d, found.largest, p->x, p->y, n, base);
    if (!t->by_ulp) ck_count_outside(d, p->x, p->y, n, t);
    if (a_type != b_type) CK_NAME(count_rounded)(d, a, a_type, p->x, p->y, b_type, n);
    return 1;
}

/// Notes what the values of a block of pairs of any types say.
static void CK_NAME(note_any_values)(struct ck_difference *d, struct CK_NAME(tally) *tally, struct CK_NAME(pairs) *p,
                                     const void *a, enum ck_number a_type, const void *b, enum ck_number b_type,
                                     size_t n, size_t base, const struct ck_tolerance *t) {
    CK_NAME(wide_values)(p, a, a_type, b, b_type, n);
    int exact = ck_is_exact_pair(a_type, b_type);
    if (exact) CK_NAME(note_exact)(d, p->apart, a, a_type, b, b_type, p->x, p->y, n, base, t);
    CK_NAME(note_values)(d, tally, p->x, p->y, exact ? p->apart : NULL, n, base, t);
    if (exact) {
        // What is unequal was counted without rounding.
    } else if (a_type == b_type) {
        CK_NAME(count_unequal)(d, tally, a, b, ck_number_size(a_type), p->x, p->y, n);
    } else {
        for (size_t i = 0; i < n; i++)
            d->unequal += !(p->x[i] == p->y[i] || (p->x[i] != p->x[i] && p->y[i] != p->y[i]));
    }
    if (a_type != b_type) CK_NAME(count_rounded)(d, a, a_type, p->x, p->y, b_type, n);
}

static void CK_NAME(compare)(struct ck_difference *d, const void *a, enum ck_number a_type, const void *b,
                             enum ck_number b_type, size_t n, const struct ck_tolerance *t,
                             struct ck_distance_window *windows, size_t window_count) {
    memset(d, 0, sizeof *d);
    for (size_t w = 0; w < window_count; w++) windows[w].below = windows[w].count = 0;
    struct CK_NAME(tally) tally = {0};
    struct CK_NAME(pairs) p;
    // Integers that are outside were counted without rounding.
    const struct ck_tolerance uncounted = {0};
    int integers = ck_is_integer(a_type) && ck_is_integer(b_type), narrow = ck_is_narrow_pair(a_type, b_type);
    size_t a_size = ck_number_size(a_type), b_size = ck_number_size(b_type);
    for (size_t base = 0; base < n; base += CK_PAIRS) {
        size_t count = n - base < CK_PAIRS ? n - base : CK_PAIRS;
        const char *left = (const char *)a + base * a_size, *right = (const char *)b + base * b_size;
        if (!narrow || !CK_NAME(note_narrow_values)(d, &tally, &p, left, a_type, right, b_type, count, base, t))
            CK_NAME(note_any_values)(d, &tally, &p, left, a_type, right, b_type, count, base, t);
        CK_NAME(distances)(&p, left, a_type, right, b_type, count);
        if (narrow) {
            uint32_t farthest = CK_NAME(note_narrow)(d, p.narrow, count, base, t);
            for (size_t w = 0; w < window_count; w++) CK_NAME(keep_narrow)(windows + w, p.narrow, count, farthest);
        } else {
            CK_NAME(note_wide)(d, p.wide, count, base, integers ? &uncounted : t);
            for (size_t w = 0; w < window_count; w++) CK_NAME(keep_wide)(windows + w, p.wide, count);
        }
    }
    d->sum_abs = ck_tree8(tally.sums.abs);
    d->sum_squares = ck_tree8(tally.sums.squares);
    d->a_squares = ck_tree8(tally.sums.a);
    d->b_squares = ck_tree8(tally.sums.b);
    d->products = ck_tree8(tally.sums.products);
}

/// Whether any of n ≤ 16 distances is in low + [0, most)·2^shift.
CK_INLINE int ck_any_inside(const uint32_t *ulp, size_t n, uint32_t low, int shift, uint32_t most) {
    if (n < 16) return 1;
    v16u u, least = {0}, limit = {0};
    memcpy(&u, ulp, 64);
    least += low;
    limit += most;
    v16i inside = (u >= least) & (((u - least) >> (uint32_t)shift) < limit);
    return __builtin_reduce_or(inside) != 0;
}

static void CK_NAME(count_distances)(const struct ck_distance_range *ranges, size_t range_count, const void *a,
                                     enum ck_number a_type, const void *b, enum ck_number b_type, size_t n) {
    struct CK_NAME(pairs) p;
    size_t a_size = ck_number_size(a_type), b_size = ck_number_size(b_type);
    int narrow = ck_is_narrow_pair(a_type, b_type), integers = ck_is_integer(a_type) && ck_is_integer(b_type);
    for (size_t base = 0; base < n; base += CK_PAIRS) {
        size_t count = n - base < CK_PAIRS ? n - base : CK_PAIRS;
        const char *left = (const char *)a + base * a_size, *right = (const char *)b + base * b_size;
        if (!narrow && !integers) {
            CK_NAME(double_values)(p.x, left, a_type, count);
            CK_NAME(double_values)(p.y, right, b_type, count);
        }
        CK_NAME(distances)(&p, left, a_type, right, b_type, count);
        for (size_t r = 0; r < range_count; r++) {
            struct ck_distance_range range = ranges[r];
            // First those inside, without branches: whether one is inside is often left to chance.
            size_t inside = 0;
            if (narrow) {
                // A range that begins beyond 32 bits is that of NaN, which is never searched.
                uint32_t low = (uint32_t)range.low, most = (uint32_t)range.count;
                for (size_t start = 0; start < count; start += 16) {
                    size_t end = start + 16 < count ? start + 16 : count;
                    if (!ck_any_inside(p.narrow + start, end - start, low, range.shift, most)) continue;
                    for (size_t i = start; i < end; i++) {
                        uint32_t bin = (p.narrow[i] - low) >> range.shift;
                        p.bins[inside] = bin;
                        inside += (size_t)((p.narrow[i] >= low) & (bin < most));
                    }
                }
            } else {
                for (size_t i = 0; i < count; i++) {
                    uint64_t bin = (p.wide[i] - range.low) >> range.shift;
                    p.bins[inside] = (uint32_t)bin;
                    inside += (size_t)((p.wide[i] >= range.low) & (bin < range.count));
                }
            }
            for (size_t i = 0; i < inside; i++) range.counts[p.bins[i]]++;
        }
    }
}

static const struct ck_compare_table CK_NAME(compare_table) = {CK_NAME(compare), CK_NAME(count_distances),
                                                                   CK_NAME(double_values)};
