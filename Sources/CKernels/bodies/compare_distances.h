// What the distances of a block of pairs say: the largest, the histogram, the tolerance by ULP, and which of them lie in
// the windows.
#pragma once
#include "compare_types.h"

/// Pairs that are taken at once; they and what is known of them stay in the cache.
#define CK_PAIRS 1024

/// Places of n ≤ CK_PAIRS distances in the histogram: the bits that each takes. None is ~0.
static void CK_NAME(narrow_bins)(uint8_t *bins, const uint32_t *ulp, size_t n) {
    for (size_t i = 0; i < n; i++) {
        // Half of it is no negative integer; without its second highest bit it is not rounded up to a power of two.
        uint32_t half = ulp[i] >> 1, power = ck_float_to_bits((float)(int32_t)(half & ~(half >> 1)));
        int32_t length = (int32_t)(power >> 23) - 126;
        bins[i] = (uint8_t)((length > 0 ? length : 0) + (ulp[i] != 0));
    }
}
static void CK_NAME(wide_bins)(uint8_t *bins, const uint64_t *ulp, size_t n) {
    for (size_t i = 0; i < n; i++) bins[i] = ulp[i] ? (uint8_t)(64 - __builtin_clzll(ulp[i])) : 0;
}

/// How many of CK_PAIRS places are `bin`.
CK_INLINE uint64_t ck_count_bin(const uint8_t *bins, uint8_t bin) {
    const uint64_t even = 0x00ff00ff00ff00ff;
    v64b count = {0}, wanted = {0};
    wanted += bin;
    for (size_t i = 0; i < CK_PAIRS; i += 64) {
        v64b places;
        memcpy(&places, bins + i, 64);
        count -= (v64b)(places == wanted);
    }
    // Of 64 counts of 16 at most.
    v8u pairs = ((v8u)count & even) + ((v8u)count >> 8 & even);
    return __builtin_reduce_add(pairs) * 0x0001000100010001 >> 48;
}

/// Adds n places: those of distances up to `farthest`, and of NaN. The distances of a block seldom spread over many
/// octaves: they are counted from the highest on until none is left.
static void CK_NAME(count_bins)(uint64_t *histogram, uint8_t *bins, size_t n, uint64_t farthest, int has_nan) {
    memset(bins + n, 0xff, CK_PAIRS - n);
    uint64_t equal = ck_count_bin(bins, 0), nan = has_nan ? ck_count_bin(bins, CK_ULP_MAX_BIN) : 0;
    histogram[0] += equal;
    histogram[CK_ULP_MAX_BIN] += nan;
    uint64_t left = n - equal - nan;
    for (int bin = farthest ? 64 - __builtin_clzll(farthest) : 0; left > 0; bin--) {
        uint64_t count = ck_count_bin(bins, (uint8_t)bin);
        histogram[bin] += count;
        left -= count;
    }
}

/// Largest distance, histogram, and the tolerance by ULP; gives the largest that is not of NaN to a number.
#define CK_DISTANCES(WIDE, BINS)                                                                    \
    WIDE most = 0, farthest = 0;                                                                    \
    for (size_t i = 0; i < n; i++) {                                                                \
        most = ulp[i] > most ? ulp[i] : most;                                                       \
        WIDE known = ulp[i] == ~(WIDE)0 ? 0 : ulp[i];                                               \
        farthest = known > farthest ? known : farthest;                                             \
    }                                                                                               \
    if (most == 0) {                                                                                \
        d->histogram[0] += n;                                                                       \
        return 0;                                                                                   \
    }                                                                                               \
    uint64_t whole = most == ~(WIDE)0 ? CK_ULP_MAX : most;                                          \
    if (whole > d->max_ulp) {                                                                       \
        size_t i = 0;                                                                               \
        while (ulp[i] != most) i++;                                                                 \
        d->max_ulp = whole;                                                                         \
        d->max_ulp_index = base + i;                                                                \
    }                                                                                               \
    uint8_t bins[CK_PAIRS];                                                                         \
    CK_NAME(BINS)(bins, ulp, n);                                                                    \
    if (most == ~(WIDE)0)                                                                           \
        for (size_t i = 0; i < n; i++) bins[i] = ulp[i] == ~(WIDE)0 ? CK_ULP_MAX_BIN : bins[i];     \
    CK_NAME(count_bins)(d->histogram, bins, n, farthest, most == ~(WIDE)0);                         \
    if (t->by_ulp && (most > t->ulp || most == ~(WIDE)0)) {                                         \
        uint64_t outside = 0;                                                                       \
        for (size_t i = 0; i < n; i++) outside += ulp[i] == ~(WIDE)0 || ulp[i] > t->ulp;            \
        d->outside += outside;                                                                      \
    }                                                                                               \
    return farthest;

static uint32_t CK_NAME(note_narrow)(struct ck_difference *d, const uint32_t *ulp, size_t n, size_t base,
                                     const struct ck_tolerance *t) {
    CK_DISTANCES(uint32_t, narrow_bins)
}
static uint64_t CK_NAME(note_wide)(struct ck_difference *d, const uint64_t *ulp, size_t n, size_t base,
                                   const struct ck_tolerance *t) {
    CK_DISTANCES(uint64_t, wide_bins)
}

/// A bit for each lane that is −1, the first one lowest.
CK_INLINE uint16_t ck_mask16(v16i lanes) {
    typedef _Bool bits16 __attribute__((ext_vector_type(16)));
    bits16 bits = __builtin_convertvector(lanes, bits16);
    uint16_t mask;
    memcpy(&mask, &bits, 2);
    return mask;
}

/// Keeps the distances of a block that lie in the window; `farthest` is the largest but for those of NaN.
static void CK_NAME(keep_narrow)(struct ck_distance_window *window, const uint32_t *ulp, size_t n, uint32_t farthest) {
    if (farthest < window->low) {
        // Those of NaN are beyond every window.
        uint64_t below = 0;
        for (size_t i = 0; i < n; i++) below += ulp[i] != ~0u;
        window->below += below;
        return;
    }
    // The distance ~0 lies beyond.
    uint32_t low = (uint32_t)window->low, most = ~low;
    uint32_t width = window->width < most ? (uint32_t)window->width : most;
    v16u least = {0}, limit = {0};
    least += low;
    limit += width;
    v16i below = {0};
    // A bit for each pair that is inside. Beyond n no distance is: those are ~0.
    uint16_t inside[CK_PAIRS / 16] = {0};
    for (size_t i = 0; i < n; i += 16) {
        v16u u = ~(v16u){0};
        if (n - i < 16) memcpy(&u, ulp + i, (n - i) * 4);
        else memcpy(&u, ulp + i, 64);
        below = below + (u < least);
        inside[i / 16] = ck_mask16(u - least < limit);
    }
    window->below += (uint64_t)-(int64_t)__builtin_reduce_add(below);
    size_t count = window->count;
    for (size_t i = 0; i < n; i += 64) {
        uint64_t left;
        memcpy(&left, inside + i / 16, 8);
        for (; left != 0; left &= left - 1) window->kept[count++] = ulp[i + (size_t)__builtin_ctzll(left)];
    }
    window->count = count;
}
static void CK_NAME(keep_wide)(struct ck_distance_window *window, const uint64_t *ulp, size_t n) {
    uint64_t most = ~window->low, width = window->width < most ? window->width : most;
    size_t count = window->count;
    for (size_t i = 0; i < n; i++) {
        window->below += ulp[i] < window->low;
        window->kept[count] = ulp[i];
        count += ulp[i] - window->low < width;
    }
    window->count = count;
}
