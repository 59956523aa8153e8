// Division of indices.
#pragma once
#include "cu_divisor.h"
#include "kernel.h"

/// ⌊n / d⌋ for n ≥ 0.
DEVICE int64_t quotient(int64_t n, const cu_divisor &d) {
    if (n < 0x80000000LL) return (int64_t)(((uint64_t)(uint32_t)n * d.multiplier) >> d.shift);
    return n / d.divisor;
}
