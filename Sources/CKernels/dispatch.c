#include "CKernels.h"

extern const struct ck_kernels ck_kernels_baseline;
#if defined(__x86_64__)
extern const struct ck_kernels ck_kernels_avx2, ck_kernels_avx512;
#elif defined(__aarch64__)
extern const struct ck_kernels ck_kernels_neon;
#endif

int ck_isa_supported(enum ck_isa isa) {
    if (isa == CK_ISA_BASELINE) return 1;
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (isa == CK_ISA_AVX2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (isa == CK_ISA_AVX512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("fma");
#elif defined(__aarch64__)
    if (isa == CK_ISA_NEON) return 1;  // Part of every ARMv8-A that runs Linux, fused multiply-add included.
#endif
    return 0;
}

const struct ck_kernels *ck_kernels_for(enum ck_isa isa) {
#if defined(__x86_64__)
    if (isa == CK_ISA_AVX512) return &ck_kernels_avx512;
    if (isa == CK_ISA_AVX2) return &ck_kernels_avx2;
#elif defined(__aarch64__)
    if (isa == CK_ISA_NEON) return &ck_kernels_neon;
#endif
    (void)isa;
    return &ck_kernels_baseline;
}

#if defined(__x86_64__)
int ck_float_environment(void) {
    unsigned state = __builtin_ia32_stmxcsr();
    return ((state & 0x6000) != 0) | (((state & 0x8000) != 0) << 1) | (((state & 0x0040) != 0) << 2);
}
#elif defined(__aarch64__)
int ck_float_environment(void) {
    uint64_t state;
    __asm__ volatile("mrs %0, fpcr" : "=r"(state));
    // RMode; FZ, which flushes results and operands; FIZ, which flushes operands.
    int rounding = (state & 0xc00000) != 0, flush = (state & 0x1000000) != 0, inputs = (state & 1) != 0;
    return rounding | flush << 1 | (flush | inputs) << 2;
}
#else
#include <fenv.h>
int ck_float_environment(void) { return fegetround() != FE_TONEAREST; }
#endif

#if defined(__GLIBC__) || defined(__gnu_linux__)
#include <malloc.h>
void ck_keep_freed_memory(void) {
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    // Never by itself: a step's gradients would go back to the system, and each of their pages be cleared anew.
    mallopt(M_TRIM_THRESHOLD, -1);
}
void ck_release_freed_memory(void) { malloc_trim(0); }
#else
void ck_keep_freed_memory(void) {}
void ck_release_freed_memory(void) {}
#endif
