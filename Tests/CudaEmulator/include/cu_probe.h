// Arguments of the kernels with which the emulator itself is tested.
#pragma once
#include <stdint.h>

/// Reads x, writes y; `counters` are two integers, at zero.
struct cu_probe {
    const float *x;
    float *y;
    int32_t *counters;
};
