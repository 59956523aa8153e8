// Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3; SC 2011), eight blocks at a
// time: one counter per 64-bit lane.
#pragma once
#include "elementary.h"
#include "../include/ck_random.h"

/// Ten rounds on eight counters; every lane holds a 32-bit word.
CK_INLINE void ck_philox8(v8u c[4], uint32_t key0, uint32_t key1) {
    for (int round = 0; round < 10; round++) {
        v8u a = c[0] * 0xd2511f53ULL, b = c[2] * 0xcd9e8d57ULL;
        v8u c1 = c[1], c3 = c[3];
        c[0] = (b >> 32) ^ c1 ^ (uint64_t)key0;
        c[1] = b & 0xffffffffULL;
        c[2] = (a >> 32) ^ c3 ^ (uint64_t)key1;
        c[3] = a & 0xffffffffULL;
        key0 += 0x9e3779b9U;
        key1 += 0xbb67ae85U;
    }
}

/// The 32 words of blocks `first` to `first + 7`.
CK_INLINE void ck_random_words(v8u words[4], struct ck_random_stream s, uint64_t first) {
    v8u block = first + (v8u){0, 1, 2, 3, 4, 5, 6, 7};
    words[0] = block & 0xffffffffULL;
    words[1] = block >> 32;
    words[2] = (uint64_t)s.step + (v8u){0};
    words[3] = (uint64_t)s.stream + (v8u){0};
    ck_philox8(words, (uint32_t)s.seed, (uint32_t)(s.seed >> 32));
}

static void CK_NAME(philox)(uint32_t *out, const uint32_t *counter, const uint32_t *key) {
    v8u c[4];
    for (int i = 0; i < 4; i++) c[i] = (uint64_t)counter[i] + (v8u){0};
    ck_philox8(c, key[0], key[1]);
    for (int i = 0; i < 4; i++) out[i] = (uint32_t)c[i][0];
}

/// Runs the statements for every group of 32 words that meets [start, start + n): `words` holds the group, four words a
/// lane, and elements [from, to) of it go to out + at.
#define CK_EACH_GROUP(...)                                                     \
    for (uint64_t at = 0; at < n;) {                                           \
        uint64_t element = start + at;                                         \
        size_t from = (size_t)(element & 31), to = 32;                         \
        if (to - from > n - at) to = from + (size_t)(n - at);                  \
        v8u words[4];                                                          \
        ck_random_words(words, stream, (element >> 5) << 3);                   \
        __VA_ARGS__;                                                           \
        at += to - from;                                                       \
    }

static void CK_NAME(bits)(uint32_t *out, struct ck_random_stream stream, uint64_t start, size_t n) {
    CK_EACH_GROUP({
        for (size_t i = from; i < to; i++) out[at + i - from] = (uint32_t)words[i & 3][i >> 2];
    })
}

static void CK_NAME(uniform)(float *out, struct ck_random_stream stream, uint64_t start, size_t n) {
    CK_EACH_GROUP({
        for (size_t i = from; i < to; i++) {
            out[at + i - from] = (float)(uint32_t)(words[i & 3][i >> 2] >> 8) * 0x1p-24f;
        }
    })
}

static void CK_NAME(below)(uint64_t *out, struct ck_random_stream stream, uint64_t bound, uint64_t start, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint64_t element = start + i;
        uint32_t counter[4] = {(uint32_t)(element >> 1), (uint32_t)(element >> 33), stream.step, stream.stream};
        uint32_t key[2] = {(uint32_t)stream.seed, (uint32_t)(stream.seed >> 32)}, words[4];
        CK_NAME(philox)(words, counter, key);
        uint64_t draw = (uint64_t)words[2 * (element & 1)] | (uint64_t)words[2 * (element & 1) + 1] << 32;
        out[i] = (uint64_t)(((unsigned __int128)draw * bound) >> 64);
    }
}

/// Two normals from two words each of eight blocks (Box-Muller).
CK_INLINE void ck_normals8(v8u radius_word, v8u angle_word, v8d *first, v8d *second) {
    v8d u = (__builtin_convertvector(radius_word, v8d) + 0.5) * 0x1p-32;
    v8d radius = __builtin_elementwise_sqrt(-2.0 * ck_log8(u));
    v8d turns = __builtin_convertvector(angle_word, v8d) * 0x1p-30;
    v8d shifted = turns + 0x1.8p52;
    v8d sine, cosine;
    ck_sincos_reduced8((turns - (shifted - 0x1.8p52)) * 0x1.921fb54442d18p+0, ck_splat8d(0), &sine, &cosine);
    v8u quadrant = (v8u)shifted;
    v8l swap = (v8l)(0 - (quadrant & 1));
    v8d c = (v8d)((v8u)ck_select8(swap, sine, cosine) ^ (((quadrant + 1) & 2) << 62));
    v8d s = (v8d)((v8u)ck_select8(swap, cosine, sine) ^ ((quadrant & 2) << 62));
    *first = radius * c;
    *second = radius * s;
}

static void CK_NAME(normal)(float *out, struct ck_random_stream stream, uint64_t start, size_t n) {
    CK_EACH_GROUP({
        v8d value[4];
        ck_normals8(words[0], words[1], &value[0], &value[1]);
        ck_normals8(words[2], words[3], &value[2], &value[3]);
        v16f a = ck_join16(value[0], value[1]), b = ck_join16(value[2], value[3]);
        float group[32];
        ck_store16(group, __builtin_shufflevector(a, b, 0, 8, 16, 24, 1, 9, 17, 25, 2, 10, 18, 26, 3, 11, 19, 27));
        ck_store16(group + 16, __builtin_shufflevector(a, b, 4, 12, 20, 28, 5, 13, 21, 29, 6, 14, 22, 30, 7, 15, 23, 31));
        memcpy(out + at, group + from, (to - from) * sizeof(float));
    })
}

#define CK_RANDOM_TABLE                                                                                               \
    {                                                                                                                 \
        .philox = CK_NAME(philox), .bits = CK_NAME(bits), .uniform = CK_NAME(uniform), .below = CK_NAME(below),       \
        .normal = CK_NAME(normal),                                                                                    \
    }
