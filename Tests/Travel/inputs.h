// Inputs and room for outputs. Values are put together from the bits of a counter-based generator (SplitMix64 of
// Steele, Lea and Flood), by integers only, so that they cannot differ between machines.
#pragma once
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// Set by each case from its own name: a new case moves no other one's inputs.
static uint64_t input_state;

static uint64_t input_word(void) {
    uint64_t z = input_state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

/// Memory that lives until the end of the case.
static void *pieces[64];
static int piece_count;

static void *memory(size_t bytes) {
    void *piece = piece_count < 64 ? malloc(bytes) : NULL;
    if (!piece) abort();
    pieces[piece_count++] = piece;
    return memset(piece, 0x3c, bytes);
}

static void forget_memory(void) {
    while (piece_count) free(pieces[--piece_count]);
}

/// Room for `n` outputs, filled with one value: what a kernel leaves alone is part of the digest.
static float *room(size_t n) { return memory(n * sizeof(float)); }

static float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

/// Both signs, magnitudes 2^(scale - 7) to 2^(scale + 1); one in sixteen is a zero or a subnormal, of either sign.
/// Two factors of scale -70 have subnormal products, those of scale 63 may overflow.
static float *values(size_t n, int scale) {
    float *x = room(n);
    for (size_t i = 0; i < n; i++) {
        uint64_t w = input_word();
        uint32_t sign = (uint32_t)(w >> 32) & 0x80000000u, fraction = (uint32_t)w & 0x7fffff;
        uint32_t exponent = (uint32_t)(120 + scale + (int)(w >> 24 & 7));
        if ((w >> 27 & 15) == 0) exponent = 0, fraction &= w >> 40 & 1 ? 0x7fffff : 0;
        x[i] = float_of(sign | exponent << 23 | fraction);
    }
    return x;
}

/// Any bits at all: the borders of the format first, then in turn 32 random bits and a value of everyday size.
static float *any_values(size_t n) {
    static const uint32_t borders[] = {
        0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x807fffff, 0x00800000, 0x80800000,
        0x3f7fffff, 0x3f800000, 0xbf800000, 0x3f800001, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000,
        0x7fc00000, 0xffc00000, 0x7f800001, 0xffbfffff, 0x42b17218, 0xc2b17218, 0xc2cff1b5, 0x49000000};
    size_t count = sizeof borders / sizeof *borders;
    float *x = values(n, 4);
    for (size_t i = 0; i < n; i++) {
        if (i < count) memcpy(x + i, borders + i, 4);
        else if (i % 2) {
            uint32_t bits = (uint32_t)input_word();
            memcpy(x + i, &bits, 4);
        }
    }
    return x;
}
