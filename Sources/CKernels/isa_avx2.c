#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define CK_ISA_SUFFIX avx2
#define CK_ISA_VALUE CK_ISA_AVX2
#define CK_HAS_FMA 1
#define CK_VECTOR_BITS 256
#include "bodies/all.h"
#pragma clang attribute pop
#endif
