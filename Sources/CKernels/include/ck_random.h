#pragma once
#include <stddef.h>
#include <stdint.h>

/// Counter-based random numbers (Philox4x32-10).
struct ck_random_table {
    int unused;
};
