// Arguments of the elementwise kernels. Pointers are addresses of the device. A result may be one of the operands.
#pragma once
#include "cu_divisor.h"

/// x[i] = value for i < count.
struct cu_fill {
    float *x;
    float value;
    int64_t count;
};

/// y[i] of a[i] and b[i] for i < count. A function of one value has it as a, and as b again.
struct cu_map {
    float *y;
    const float *a, *b;
    int64_t count;
};

/// The functions of `apply_function`, each correctly rounded.
enum cu_elementary { CU_EXP, CU_LOG, CU_SIN, CU_COS, CU_TANH, CU_ERF, CU_SIGMOID, CU_SQUARE_ROOT };

/// y[i] = function(x[i]) for i < count.
struct cu_apply {
    float *y;
    const float *x;
    int64_t count;
    int32_t function;
};

/// y[i] = a[i] · alpha, or a[i] · alpha + b[i] · beta, for i < count.
struct cu_blend {
    float *y;
    const float *a, *b;
    float alpha, beta;
    int64_t count;
};

/// Rows of `width` elements that meet one value each, e[row], or one row, e[column].
struct cu_broadcast {
    float *y;
    const float *x, *e;
    int64_t count;
    struct cu_divisor width;
};

/// GEGLU on rows of hidden ‖ gate, `width` of each: y [count] of x [2 · count], or dx [2 · count] of dy [count] and x.
struct cu_geglu {
    float *y;
    const float *dy, *x;
    int64_t count;
    struct cu_divisor width;
};

/// A formula of a[i] and b[i] for i < count with the four constants of each sample of `size` elements.
struct cu_samples {
    float *y;
    const float *a, *b, *constants;
    int64_t count;
    struct cu_divisor size;
};
