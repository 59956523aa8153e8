// Cases of the table `compare`: two tensors of stored numbers, equal in most places.
#pragma once
#include "case.h"

static size_t number_size(enum ck_number type) {
    switch (type) {
    case CK_F64: case CK_I64: case CK_U64: return 8;
    case CK_F32: case CK_I32: case CK_U32: return 4;
    case CK_F16: case CK_BF16: case CK_I16: case CK_U16: return 2;
    default: return 1;
    }
}

/// Any bits at all; of eight bytes, everyday values as well.
static unsigned char *stored_numbers(enum ck_number type, size_t n) {
    size_t bytes = n * number_size(type);
    unsigned char *x = memory(bytes);
    for (size_t i = 0; i < bytes; i++) x[i] = (unsigned char)(input_word() >> 32);
    if (type == CK_F32) memcpy(x, any_values(n), bytes);
    if (type == CK_BOOL) for (size_t i = 0; i < bytes; i++) x[i] &= 1;
    if (type == CK_F64)
        for (size_t i = 0; i < n; i += 3) {
            double value = (double)(int64_t)input_word() * 0x1p-60;
            memcpy(x + 8 * i, &value, 8);
        }
    return x;
}

static void keep_double(double value) {
    uint64_t bits = 0x7ff8000000000000;
    if (value == value) memcpy(&bits, &value, 8);
    keep_bits(&bits, 8);
}

static void keep_difference(const struct ck_difference *d) {
    keep_bits(d, offsetof(struct ck_difference, max_abs));
    keep_double(d->max_abs);
    keep_bits(&d->max_abs_index, 8), keep_bits(&d->max_apart_high, 16);
    double sums[] = {d->sum_abs, d->sum_squares, d->a_squares, d->b_squares, d->products};
    for (int i = 0; i < 5; i++) keep_double(sums[i]);
    keep_bits(d->histogram, sizeof d->histogram);
}

/// Every kernel of the table on two tensors of one type whose numbers differ in every fifth place, some by a bit.
static void compare_one_type(enum ck_number type) {
    enum { COUNT = 5003 };
    size_t size = number_size(type);
    unsigned char *a = stored_numbers(type, COUNT), *b = stored_numbers(type, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        if (i % 5 != 0 || i % 10 == 0) memcpy(b + size * i, a + size * i, size);
        if (i % 10 == 0) b[size * i] ^= 1;
    }
    struct ck_tolerance by_ulp = {.by_ulp = 1, .ulp = 1}, by_value = {.relative = 0x1p-8, .absolute = 0x1p-10};
    struct ck_difference d;
    KERNEL(compare.compare)(&d, a, type, b, type, COUNT, &by_ulp, NULL, 0), keep_difference(&d);
    KERNEL(compare.compare)(&d, a, type, b, type, COUNT, &by_value, NULL, 0), keep_difference(&d);
    // Bounds that Float64 cannot tell from what is next to them.
    struct ck_tolerance one = {.absolute = 1}, close = {.relative = 0x1.fffffffffffffp-61, .absolute = 0x1p-1074};
    KERNEL(compare.compare)(&d, a, type, b, type, COUNT, &one, NULL, 0), keep_difference(&d);
    KERNEL(compare.compare)(&d, a, type, b, type, COUNT, &close, NULL, 0), keep_difference(&d);
    uint64_t near[16] = {0}, far[32] = {0};
    struct ck_distance_range ranges[] = {{1, 0, 16, near}, {0, 2, 32, far}};
    KERNEL(compare.count_distances)(ranges, 2, a, type, b, type, COUNT);
    keep_bits(near, sizeof near), keep_bits(far, sizeof far);
    double *wide = memory(8 * COUNT);
    KERNEL(compare.values)(wide, a, type, COUNT);
    for (size_t i = 0; i < COUNT; i++) keep_double(wide[i]);
}

/// Numbers of one type beside those of another.
static void compare_two_types(enum ck_number a_type, enum ck_number b_type) {
    enum { COUNT = 3001 };
    unsigned char *a = stored_numbers(a_type, COUNT), *b = stored_numbers(b_type, COUNT);
    struct ck_tolerance exact = {.by_ulp = 1}, by_value = {.relative = 0x1p-8, .absolute = 0x1p-10};
    struct ck_difference d;
    KERNEL(compare.compare)(&d, a, a_type, b, b_type, COUNT, &exact, NULL, 0), keep_difference(&d);
    // Every other number of b is that of a as a Float64 at least.
    double *wide = memory(8 * COUNT);
    KERNEL(compare.values)(wide, a, a_type, COUNT);
    if (b_type == CK_F64) for (size_t i = 0; i < COUNT; i += 2) memcpy(b + 8 * i, wide + i, 8);
    if (b_type == CK_U64 && a_type == CK_I64) memcpy(b, a, 8 * (COUNT / 2));
    KERNEL(compare.compare)(&d, a, a_type, b, b_type, COUNT, &by_value, NULL, 0), keep_difference(&d);
}

/// The distances that windows keep, of two tensors of one type: near ones, far ones, and all.
static void keep_windows(enum ck_number type) {
    enum { COUNT = 5003 };
    size_t size = number_size(type);
    unsigned char *a = stored_numbers(type, COUNT), *b = stored_numbers(type, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        if (i % 3 != 0) memcpy(b + size * i, a + size * i, size);
        if (i % 3 == 1) b[size * i] ^= 1 + i % 16;
    }
    struct ck_tolerance exact = {.by_ulp = 1};
    struct ck_difference d;
    struct ck_distance_window windows[] = {{.low = 2, .width = 9}, {.low = 70, .width = 1ull << 40},
                                           {.low = 1, .width = UINT64_MAX - 1}};
    for (int i = 0; i < 3; i++) windows[i].kept = memory(8 * COUNT);
    KERNEL(compare.compare)(&d, a, type, b, type, COUNT, &exact, windows, 3), keep_difference(&d);
    for (int i = 0; i < 3; i++) {
        keep_bits(&windows[i].below, 8);
        keep_bits(windows[i].kept, 8 * windows[i].count);
    }
}
