// What the bits of stored numbers mean: their values, and their places on the number line of their type.
#pragma once
#include "../include/ck_compare.h"
#include "vector.h"

CK_INLINE float ck_bits_to_float(uint32_t bits) { float x; memcpy(&x, &bits, 4); return x; }
CK_INLINE uint32_t ck_float_to_bits(float x) { uint32_t bits; memcpy(&bits, &x, 4); return bits; }

/// Bytes of a number.
CK_INLINE size_t ck_number_size(enum ck_number type) {
    switch (type) {
        case CK_F64: case CK_I64: case CK_U64: return 8;
        case CK_F32: case CK_I32: case CK_U32: return 4;
        case CK_F16: case CK_BF16: case CK_I16: case CK_U16: return 2;
        default: return 1;
    }
}

/// Whether every value is a Float32.
CK_INLINE int ck_is_narrow_float(enum ck_number type) { return type > CK_F64 && type <= CK_F8_E8M0; }
CK_INLINE int ck_is_integer(enum ck_number type) { return type >= CK_I64; }
/// Whether some values are no Float64.
CK_INLINE int ck_is_wide_integer(enum ck_number type) { return type == CK_I64 || type == CK_U64; }

/// Eight bits as Float32 bits; NaN becomes 0x7fc00000 with its sign.
static uint32_t CK_NAME(f8_bits)(uint32_t bits, enum ck_number type) {
    if (type == CK_F8_E8M0) return bits == 0xff ? 0x7fc00000 : bits ? bits << 23 : 0x00400000;
    uint32_t sign = bits >> 7 << 31, magnitude = bits & 0x7f;
    int fnuz = type == CK_F8_E4M3FNUZ || type == CK_F8_E5M2FNUZ;
    int fraction_bits = type == CK_F8_E5M2 || type == CK_F8_E5M2FNUZ ? 2 : 3;
    int bias = (fraction_bits == 2 ? 15 : 7) + fnuz;
    if (fnuz ? bits == 0x80 : type == CK_F8_E5M2 ? magnitude > 0x7c : magnitude == 0x7f) return sign | 0x7fc00000;
    if (type == CK_F8_E5M2 && magnitude == 0x7c) return sign | 0x7f800000;
    uint32_t exponent = magnitude >> fraction_bits, fraction = magnitude & ((1u << fraction_bits) - 1);
    // Exact: an integer times a power of two.
    int power = (exponent ? (int)exponent : 1) - bias - fraction_bits;
    float value = (float)(exponent ? fraction | 1u << fraction_bits : fraction);
    return sign | ck_float_to_bits(value * ck_bits_to_float((uint32_t)(power + 127) << 23));
}

/// The values of n ≤ CK_PAIRS numbers whose values are Float32, as bits. NaN stays NaN, infinity infinity.
static void CK_NAME(narrow_values)(uint32_t *values, const void *source, enum ck_number type, size_t n) {
    if (type == CK_F32) {
        memcpy(values, source, n * 4);
    } else if (type == CK_BF16) {
        const uint16_t *bits = source;
        for (size_t i = 0; i < n; i++) values[i] = (uint32_t)bits[i] << 16;
    } else if (type == CK_F16) {
        const uint16_t *bits = source;
        for (size_t i = 0; i < n; i++) {
            // As a Float32 with an exponent that is 112 too small, subnormals included; infinity and NaN by themselves.
            uint32_t magnitude = (uint32_t)(bits[i] & 0x7fff) << 13, sign = (uint32_t)(bits[i] & 0x8000) << 16;
            uint32_t scaled = ck_float_to_bits(ck_bits_to_float(magnitude) * 0x1p112f);
            values[i] = sign | (magnitude >= 0x0f800000 ? magnitude | 0x7f800000 : scaled);
        }
    } else {
        uint32_t table[256];
        const uint8_t *bits = source;
        for (uint32_t i = 0; i < 256; i++) table[i] = CK_NAME(f8_bits)(i, type);
        for (size_t i = 0; i < n; i++) values[i] = table[bits[i]];
    }
}

/// Distances of sign and magnitude numbers of `sign` as sign bit, NaN above `infinity`.
#define CK_SIGNED_DISTANCES(BITS, WIDE, SIGN, INFINITY_BITS)                                     \
    const BITS *left = a, *right = b;                                                             \
    const WIDE mask = (WIDE)(SIGN) - 1, limit = (WIDE)(INFINITY_BITS);                            \
    for (size_t i = 0; i < n; i++) {                                                              \
        WIDE x = left[i] & mask, y = right[i] & mask;                                             \
        WIDE apart = (left[i] ^ right[i]) & (WIDE)(SIGN) ? x + y + 1 : x > y ? x - y : y - x;     \
        WIDE only = (WIDE)((x > limit) != (y > limit)), both = (WIDE)((x > limit) & (y > limit)); \
        ulp[i] = both ? 0 : only ? ~(WIDE)0 : apart;                                              \
    }

/// Units of the last place between n numbers of one type; ~0 between NaN and a number.
static void CK_NAME(narrow_distances)(uint32_t *ulp, const void *a, const void *b, enum ck_number type, size_t n) {
    if (type == CK_F32) {
        CK_SIGNED_DISTANCES(uint32_t, uint32_t, 0x80000000u, 0x7f800000u)
    } else if (type == CK_F16) {
        CK_SIGNED_DISTANCES(uint16_t, uint32_t, 0x8000u, 0x7c00u)
    } else if (type == CK_BF16) {
        CK_SIGNED_DISTANCES(uint16_t, uint32_t, 0x8000u, 0x7f80u)
    } else if (type == CK_F8_E4M3) {
        CK_SIGNED_DISTANCES(uint8_t, uint32_t, 0x80u, 0x7eu)
    } else if (type == CK_F8_E5M2) {
        CK_SIGNED_DISTANCES(uint8_t, uint32_t, 0x80u, 0x7cu)
    } else {
        // Without −0: places on one line, and one pattern is NaN.
        const uint8_t *left = a, *right = b;
        uint8_t nan = type == CK_F8_E8M0 ? 0xff : 0x80;
        for (size_t i = 0; i < n; i++) {
            int x = left[i], y = right[i];
            if (nan == 0x80) {
                x = x & 0x80 ? -(x & 0x7f) : x;
                y = y & 0x80 ? -(y & 0x7f) : y;
            }
            int nans = (left[i] == nan) + (right[i] == nan);
            ulp[i] = nans == 2 ? 0 : nans ? ~0u : (uint32_t)(x > y ? x - y : y - x);
        }
    }
}

static void CK_NAME(double_distances)(uint64_t *ulp, const void *a, const void *b, size_t n) {
    CK_SIGNED_DISTANCES(uint64_t, uint64_t, 0x8000000000000000u, 0x7ff0000000000000u)
}

/// An integer of any of the types.
CK_INLINE __int128 ck_integer(const void *source, enum ck_number type, size_t i) {
    switch (type) {
        case CK_I64: return ((const int64_t *)source)[i];
        case CK_I32: return ((const int32_t *)source)[i];
        case CK_I16: return ((const int16_t *)source)[i];
        case CK_I8: return ((const int8_t *)source)[i];
        case CK_U64: return ((const uint64_t *)source)[i];
        case CK_U32: return ((const uint32_t *)source)[i];
        case CK_U16: return ((const uint16_t *)source)[i];
        default: return ((const uint8_t *)source)[i];
    }
}

/// The nearest Float64 of n numbers: exact but for integers of 64 bits.
static void CK_NAME(double_values)(double *values, const void *source, enum ck_number type, size_t n) {
    if (type == CK_F64) {
        memcpy(values, source, n * 8);
    } else if (ck_is_integer(type)) {
        for (size_t i = 0; i < n; i++) values[i] = (double)ck_integer(source, type, i);
    } else {
        uint32_t narrow[256];
        for (size_t start = 0; start < n; start += 256) {
            size_t count = n - start < 256 ? n - start : 256;
            CK_NAME(narrow_values)(narrow, (const char *)source + start * ck_number_size(type), type, count);
            for (size_t i = 0; i < count; i++) values[start + i] = ck_bits_to_float(narrow[i]);
        }
    }
}
