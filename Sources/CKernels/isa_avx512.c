#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma"))), apply_to = function)
#define CK_ISA_SUFFIX avx512
#define CK_ISA_VALUE CK_ISA_AVX512
#define CK_HAS_FMA 1
#define CK_VECTOR_BITS 512
#include "bodies/all.h"
#pragma clang attribute pop
#endif
