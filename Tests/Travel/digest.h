// What a case came to: FNV-1a, 64 bits (Fowler, Noll, Vo), over the outputs' bytes, lowest first.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FNV_START 0xcbf29ce484222325ULL

static uint64_t fnv(uint64_t hash, const void *bytes, size_t count) {
    for (size_t i = 0; i < count; i++) hash = (hash ^ ((const unsigned char *)bytes)[i]) * 0x100000001b3ULL;
    return hash;
}

/// The digest of the running case, and that of all lines so far.
static uint64_t case_digest, all_digest = FNV_START;

/// Outputs whose every bit is specified, NaN included.
static void keep_bits(const void *bytes, size_t count) { case_digest = fnv(case_digest, bytes, count); }

/// Outputs of Float32 arithmetic: which values are NaN is specified, their payloads are not.
static void keep(const float *values, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = 0x7fc00000;
        if (values[i] == values[i]) memcpy(&bits, values + i, 4);
        keep_bits(&bits, 4);
    }
}
