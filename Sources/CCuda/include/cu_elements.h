// Arguments of the elementwise kernels. Pointers are addresses of the device.
#pragma once
#include "cu_types.h"

/// x[i] = value for i < count.
struct cu_fill {
    float *x;
    float value;
    int64_t count;
};
