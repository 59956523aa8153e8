#pragma once
#include <stddef.h>

/// Elementwise kernels over `n` contiguous Float32 values. Outputs may alias inputs exactly, never partly.
struct ck_elementwise_table {
    void (*exp)(float *y, const float *x, size_t n);
};
