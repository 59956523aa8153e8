// Random numbers by counter (NUMERICS.md, section 11): Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011), and what is made of
// its words. A thread makes a block of four.
#pragma once
#include "cu_random.h"
#include "functions.h"

struct Words { uint32_t word[4]; };

/// Ten rounds on a counter.
DEVICE Words philox(Words c, uint32_t key0, uint32_t key1) {
    UNROLL
    for (int round = 0; round < 10; round++) {
        uint64_t a = (uint64_t)c.word[0] * 0xd2511f53u, b = (uint64_t)c.word[2] * 0xcd9e8d57u;
        c = {{(uint32_t)(b >> 32) ^ c.word[1] ^ key0, (uint32_t)b, (uint32_t)(a >> 32) ^ c.word[3] ^ key1, (uint32_t)a}};
        key0 += 0x9e3779b9u;
        key1 += 0xbb67ae85u;
    }
    return c;
}

/// The four words of a block of the stream.
DEVICE Words stream_words(const cu_draw &g, uint64_t block) {
    return philox({{(uint32_t)block, (uint32_t)(block >> 32), g.step, g.stream}}, g.key_low, g.key_high);
}

DEVICE float uniform(uint32_t word) { return (float)(word >> 8) * 0x1p-24f; }

/// Two normals of two words (Box and Muller), in double, rounded once.
DEVICE void normal_pair(uint32_t radius_word, uint32_t angle_word, float &first, float &second) {
    double u = ((double)radius_word + 0.5) * 0x1p-32, radius = root(-2.0 * log_core(u));
    double turns = (double)angle_word * 0x1p-30, shifted = turns + 0x1.8p52;
    double sine, cosine;
    sine_cosine((turns - (shifted - 0x1.8p52)) * 0x1.921fb54442d18p+0, 0.0, sine, cosine);
    uint64_t quadrant = double_bits(shifted);
    double c = quadrant & 1 ? sine : cosine, s = quadrant & 1 ? cosine : sine;
    first = narrowed(radius * bits_double(double_bits(c) ^ (((quadrant + 1) & 2) << 62)));
    second = narrowed(radius * bits_double(double_bits(s) ^ ((quadrant & 2) << 62)));
}

/// y[i] = element start + i; `make` turns the four words of a block into its four elements.
template <class Element, class Make> DEVICE void draw_elements(const cu_draw &g, Make make) {
    uint64_t first = g.start / 4, end = (g.start + (uint64_t)g.count + 3) / 4;
    Element *y = (Element *)g.y;
    EACH(i, (int64_t)(end - first)) {
        Element four[4];
        make(stream_words(g, first + i), four);
        int64_t at = 4 * i - (int64_t)(g.start % 4);
        for (int k = 0; k < 4; k++)
            if (at + k >= 0 && at + k < g.count) y[at + k] = four[k];
    }
}

struct MakeWords {
    MEMBER void operator()(Words w, uint32_t *four) const {
        for (int k = 0; k < 4; k++) four[k] = w.word[k];
    }
};
struct MakeUniforms {
    MEMBER void operator()(Words w, float *four) const {
        for (int k = 0; k < 4; k++) four[k] = uniform(w.word[k]);
    }
};
struct MakeNormals {
    MEMBER void operator()(Words w, float *four) const {
        normal_pair(w.word[0], w.word[1], four[0], four[1]);
        normal_pair(w.word[2], w.word[3], four[2], four[3]);
    }
};

ENTRY(draw_words, cu_draw, 256, 1) { draw_elements<uint32_t>(g, MakeWords()); }
ENTRY(draw_uniforms, cu_draw, 256, 1) { draw_elements<float>(g, MakeUniforms()); }
ENTRY(draw_normals, cu_draw, 256, 1) { draw_elements<float>(g, MakeNormals()); }
