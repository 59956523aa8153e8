#pragma once
#include <stddef.h>
#include <stdint.h>

/// One step of one named stream of a run. Word w of it (w = 0, 1, ...) is word w mod 4 of the Philox4x32-10 block with
/// counter = (low half of w / 4, high half of w / 4, step, stream) and key = (low half of seed, high half of seed).
struct ck_random_stream {
    uint64_t seed;
    uint32_t stream;
    uint32_t step;
};

/// Counter-based random numbers. Every function writes elements start ... start + n - 1; an element's value depends on
/// its index alone, never on how a range is split.
struct ck_random_table {
    /// out[4] = Philox4x32-10(counter[4], key[2]).
    void (*philox)(uint32_t *out, const uint32_t *counter, const uint32_t *key);
    /// Element e is word e.
    void (*bits)(uint32_t *out, struct ck_random_stream stream, uint64_t start, size_t n);
    /// Element e is (word e >> 8) * 2^-24, in [0, 1).
    void (*uniform)(float *out, struct ck_random_stream stream, uint64_t start, size_t n);
    /// Element e is the high half of the 128-bit product bound * (word 2e + 2^32 word 2e+1), in [0, bound). No draw is
    /// rejected; a value's probability is off by less than 2^-64.
    void (*below)(uint64_t *out, struct ck_random_stream stream, uint64_t bound, uint64_t start, size_t n);
    /// Standard normals by Box-Muller in double, rounded once: with a = word 2p, b = word 2p+1,
    /// r = sqrt(-2 log((a + 0.5) 2^-32)) and t = b 2^-30 quarter turns, element 2p is r cos(t pi/2) and element 2p+1 is
    /// r sin(t pi/2); t is reduced to q + f, |f| <= 1/2, and f * (pi/2 rounded to double) goes to the sin and cos cores.
    void (*normal)(float *out, struct ck_random_stream stream, uint64_t start, size_t n);
};
