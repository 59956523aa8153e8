// Fixed-order kernels of the numerics contract `ref-1`. One source body per kernel family, compiled once per
// instruction set; every table below computes the same bits. Nothing here calls libm or allocates memory.
#pragma once
#include "ck_attention.h"
#include "ck_bell.h"
#include "ck_compare.h"
#include "ck_cores.h"
#include "ck_elementwise.h"
#include "ck_gemm.h"
#include "ck_layout.h"
#include "ck_norm.h"
#include "ck_random.h"

/// Instruction sets: the portable one, those of x86-64 from narrow to wide, that of aarch64.
enum ck_isa { CK_ISA_BASELINE = 0, CK_ISA_AVX2 = 1, CK_ISA_AVX512 = 2, CK_ISA_NEON = 3 };

/// The kernels of one instruction set.
struct ck_kernels {
    enum ck_isa isa;
    struct ck_elementwise_table elementwise;
    struct ck_random_table random;
    struct ck_gemm_table gemm;
    struct ck_reduce_table reduce;
    struct ck_norm_table norm;
    struct ck_attention_table attention;
    struct ck_layout_table layout;
    struct ck_optimizer_table optimizer;
    struct ck_compare_table compare;
};

/// Whether the running CPU can execute the kernels of `isa`.
int ck_isa_supported(enum ck_isa isa);

/// The table of `isa`. Calling a kernel of an unsupported set raises SIGILL: ask `ck_isa_supported` first.
const struct ck_kernels *ck_kernels_for(enum ck_isa isa);

/// The calling thread's float environment: 0 if it is the default one, else bits 1 (rounding), 2 (FTZ), 4 (DAZ).
int ck_float_environment(void);

/// Asks the C allocator to keep freed pages: large tensors come and go many times a step.
void ck_keep_freed_memory(void);

/// Gives the system back what is free now; results of another size would not reuse it.
void ck_release_freed_memory(void);

/// Tells the core that the thread is waiting for another one.
static inline void ck_pause(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}
