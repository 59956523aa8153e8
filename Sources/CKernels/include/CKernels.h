// Fixed-order kernels of the numerics contract `ref-1`. One source body per kernel family, compiled once per
// instruction set; every table below computes the same bits. Nothing here calls libm or allocates memory.
#pragma once
#include "ck_elementwise.h"
#include "ck_gemm.h"
#include "ck_random.h"

/// Instruction sets, from the portable one up.
enum ck_isa { CK_ISA_BASELINE = 0, CK_ISA_AVX2 = 1, CK_ISA_AVX512 = 2 };

/// The kernels of one instruction set.
struct ck_kernels {
    enum ck_isa isa;
    struct ck_elementwise_table elementwise;
    struct ck_random_table random;
    struct ck_gemm_table gemm;
};

/// Whether the running CPU can execute the kernels of `isa`.
int ck_isa_supported(enum ck_isa isa);

/// The table of `isa`. Calling a kernel of an unsupported set raises SIGILL: ask `ck_isa_supported` first.
const struct ck_kernels *ck_kernels_for(enum ck_isa isa);
