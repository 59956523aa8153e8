// Every kernel body, compiled by each isa_*.c with its own target and suffix.
#pragma clang fp contract(off)
#include "../include/CKernels.h"
#include "elementwise.h"
#include "attention_backward.h"
#include "compare.h"
#include "gemm.h"
#include "layout.h"
#include "norm.h"
#include "optimizer.h"
#include "reduce.h"

const struct ck_kernels CK_NAME(kernels) = {
    .isa = CK_ISA_VALUE,
    .attention = CK_NAME(attention),
    .compare = CK_NAME(compare_table),
    .layout = CK_NAME(layout),
    .norm = CK_NAME(norm),
    .optimizer = CK_NAME(optimizer),
    .reduce = CK_NAME(reduce),
    .gemm = {CK_NAME(gemm_cut), CK_NAME(gemm_task)},
    .elementwise = CK_ELEMENTWISE_TABLE,
    .random = CK_RANDOM_TABLE,
};
