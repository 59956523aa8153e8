// Arguments of the kernels that draw random numbers. Pointers are addresses of the device.
#pragma once
#include "cu_types.h"

/// y[i] = element start + i of one step of a stream (NUMERICS.md, section 11) for i < count: words or Float32.
struct cu_draw {
    void *y;
    uint64_t start;
    int64_t count;
    uint32_t key_low, key_high, stream, step;
};
