#include "CKernels.h"

extern const struct ck_kernels ck_kernels_baseline;
#if defined(__x86_64__)
extern const struct ck_kernels ck_kernels_avx2, ck_kernels_avx512;
#endif

int ck_isa_supported(enum ck_isa isa) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    switch (isa) {
    case CK_ISA_BASELINE: return 1;
    case CK_ISA_AVX2: return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case CK_ISA_AVX512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("fma");
    }
    return 0;
#else
    return isa == CK_ISA_BASELINE;
#endif
}

const struct ck_kernels *ck_kernels_for(enum ck_isa isa) {
#if defined(__x86_64__)
    if (isa == CK_ISA_AVX512) return &ck_kernels_avx512;
    if (isa == CK_ISA_AVX2) return &ck_kernels_avx2;
#else
    (void)isa;
#endif
    return &ck_kernels_baseline;
}

#if defined(__x86_64__)
int ck_float_environment(void) {
    unsigned state = __builtin_ia32_stmxcsr();
    return ((state & 0x6000) != 0) | (((state & 0x8000) != 0) << 1) | (((state & 0x0040) != 0) << 2);
}
#else
#include <fenv.h>
int ck_float_environment(void) { return fegetround() != FE_TONEAREST; }
#endif

#if defined(__GLIBC__) || defined(__gnu_linux__)
#include <malloc.h>
void ck_keep_freed_memory(void) {
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, 0x7fffffff);
}
#else
void ck_keep_freed_memory(void) {}
#endif
