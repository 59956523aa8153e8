// The vector vocabulary of every kernel body. Sixteen logical float lanes belong to the contract, whatever the
// registers are: the compiler splits them for narrower instruction sets.
#pragma once
#include <stdint.h>
#include <stddef.h>
#include <string.h>

#define CK_INLINE static inline __attribute__((always_inline))
#define CK_PASTE_(a, b) a##_##b
#define CK_PASTE(a, b) CK_PASTE_(a, b)
/// `CK_NAME(exp)` is the symbol of `exp` in the instruction set being compiled, e.g. `exp_avx2`.
#define CK_NAME(name) CK_PASTE(ck_##name, CK_ISA_SUFFIX)

typedef float v16f __attribute__((vector_size(64)));
typedef double v8d __attribute__((vector_size(64)));
typedef float v8f __attribute__((vector_size(32)));
typedef int32_t v8i __attribute__((vector_size(32)));
typedef int32_t v16i __attribute__((vector_size(64)));
typedef int64_t v8l __attribute__((vector_size(64)));
typedef uint32_t v16u __attribute__((vector_size(64)));
typedef uint64_t v8u __attribute__((vector_size(64)));
typedef uint8_t v64b __attribute__((vector_size(64)));

CK_INLINE v16f ck_load16(const float *p) { v16f v; memcpy(&v, p, 64); return v; }
CK_INLINE void ck_store16(float *p, v16f v) { memcpy(p, &v, 64); }
CK_INLINE v16f ck_splat16(float x) { return (v16f){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
CK_INLINE v8d ck_splat8d(double x) { return (v8d){x, x, x, x, x, x, x, x}; }
/// The first `n < 16` values, the rest zero.
CK_INLINE v16f ck_load_tail(const float *p, size_t n) { v16f v = {0}; memcpy(&v, p, n * 4); return v; }
CK_INLINE void ck_store_tail(float *p, v16f v, size_t n) { memcpy(p, &v, n * 4); }

CK_INLINE v8d ck_low8(v16f x) { return __builtin_convertvector(__builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7), v8d); }
CK_INLINE v8d ck_high8(v16f x) { return __builtin_convertvector(__builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15), v8d); }
CK_INLINE v16f ck_join16(v8d low, v8d high) {
    v8f a = __builtin_convertvector(low, v8f), b = __builtin_convertvector(high, v8f);
    return __builtin_shufflevector(a, b, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
}
