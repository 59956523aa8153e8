// Division of indices by a number that a whole launch shares.
#pragma once
#include "cu_types.h"

/// A divisor d ≥ 1 with what makes n / d a multiplication for 0 ≤ n < 2³¹: n · multiplier >> shift, where shift = 31 +
/// ⌈log₂ d⌉ and multiplier = ⌈2^shift / d⌉ (Granlund & Montgomery 1994). Larger n are divided. A d above 2³¹ has the multiplier 0.
struct cu_divisor {
    int64_t divisor;
    uint32_t multiplier, shift;
};
