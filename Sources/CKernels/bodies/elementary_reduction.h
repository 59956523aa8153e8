// Payne-Hanek range reduction by pi/2, in integers.
#pragma once
#include "vector.h"

typedef unsigned __int128 ck_u128;

/// 2^m as a double, for normal results.
CK_INLINE double ck_power_of_two(int m) {
    uint64_t bits = (uint64_t)(1023 + m) << 52;
    double value;
    memcpy(&value, &bits, 8);
    return value;
}

/// Finite a >= 2^19: the quadrant (mod 4) of a / (pi/2) rounded to nearest, and the remainder times pi/2 as first + second.
static uint64_t ck_reduce_far(double a, double *first, double *second) {
    // One word of zeros, then 1280 bits of 2/pi behind the binary point.
    static const uint64_t two_over_pi[21] = {
        0x0000000000000000, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561,
        0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41,
        0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7,
        0x4f463f669e5fea2d, 0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab,
        0xf0cfbc209af4361d};
    uint64_t bits;
    memcpy(&bits, &a, 8);
    // a = m 2^e. Bits of 2/pi of weight above 2^(1 - e) add whole turns: drop them, keep the next 192.
    uint64_t m = (bits & 0x000fffffffffffffULL) | 0x0010000000000000ULL;
    int e = (int)(bits >> 52) - 1075, skip = e - 2 + 64, word = skip >> 6, shift = skip & 63;
    uint64_t w[3];
    for (int i = 0; i < 3; i++) {
        uint64_t next = two_over_pi[word + i + 1];
        w[i] = shift ? (two_over_pi[word + i] << shift) | (next >> (64 - shift)) : two_over_pi[word + i];
    }
    // The low 192 bits of m w: two bits of quadrant, then the fraction.
    ck_u128 low = (ck_u128)m * w[2], middle = (ck_u128)m * w[1] + (uint64_t)(low >> 64);
    uint64_t top = m * w[0] + (uint64_t)(middle >> 64);
    uint64_t mid = (uint64_t)middle;
    uint64_t quadrant = top >> 62;
    ck_u128 fraction = ((ck_u128)top << 66) | ((ck_u128)mid << 2) | ((uint64_t)low >> 62);
    int negative = (int)(fraction >> 127);
    if (negative) {
        fraction = 0 - fraction;
        quadrant += 1;
    }
    // |remainder| = fraction / 2^128 * pi/2, by the top 64 bits of both.
    uint64_t leading = (uint64_t)(fraction >> 64);
    int zeros = leading ? __builtin_clzll(leading) : 63;
    ck_u128 product = (ck_u128)(uint64_t)((fraction << zeros) >> 64) * 0xc90fdaa22168c234ULL;
    double high = (double)(uint64_t)(product >> 75) * ck_power_of_two(-52 - zeros);
    double rest = (double)((uint64_t)(product >> 22) & 0x001fffffffffffffULL) * ck_power_of_two(-105 - zeros);
    *first = negative ? -high : high;
    *second = negative ? -rest : rest;
    return quadrant;
}
