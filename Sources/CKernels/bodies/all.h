// Every kernel body, compiled by each isa_*.c with its own target and suffix.
#pragma clang fp contract(off)
#include "../include/CKernels.h"
#include "elementwise.h"

const struct ck_kernels CK_NAME(kernels) = {
    .isa = CK_ISA_VALUE,
    .elementwise = CK_ELEMENTWISE_TABLE,
    .random = CK_RANDOM_TABLE,
};
