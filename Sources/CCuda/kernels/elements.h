// Elementwise kernels.
#pragma once
#include "cu_elements.h"
#include "kernel.h"

ENTRY(fill, cu_fill, 256, 1) {
    EACH(i, g.count) g.x[i] = g.value;
}
