// The exp of softmax, which is no kernel of its own: compiled once for each instruction set (see README.md).
#pragma clang fp contract(off)
#include "../../Sources/CKernels/bodies/elementary_single.h"

void CK_NAME(exp_single)(float *y, const float *x, size_t n) {
    for (size_t i = 0; i < n; i += 16) ck_store16(y + i, ck_exp_single16(ck_load16(x + i)));
}
