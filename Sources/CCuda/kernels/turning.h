// A convolution's weights turned so that neighbouring rows of the left operand lie side by side.
#pragma once
#include "cu_product.h"
#include "kernel.h"

/// A block moves CU_TURN_ROWS rows of a channel through shared memory, which holds all their taps.
ENTRY(turn_taps, cu_turn_taps, CU_TURN_ROWS, 1) {
    SHARED(taps);
    int parts = (g.rows + CU_TURN_ROWS - 1) / CU_TURN_ROWS, first = blockIdx.x % parts * CU_TURN_ROWS;
    int count = g.rows - first < CU_TURN_ROWS ? g.rows - first : CU_TURN_ROWS;
    int64_t channel = blockIdx.x / parts;
    const float *x = g.x + (channel * g.rows + first) * g.all;
    for (int i = threadIdx.x; i < count * g.all; i += CU_TURN_ROWS) taps[i] = x[i];
    SYNC();
    if ((int)threadIdx.x >= count) return;
    float *y = g.y + channel * g.taps * g.rows + first + threadIdx.x;
    for (int t = 0; t < g.taps; t++) y[(int64_t)t * g.rows] = taps[threadIdx.x * g.all + g.table[t]];
}

/// A block of 256 threads moves 32 × 32 values through shared memory.
ENTRY(turn, cu_turn, 256, 1) {
    SHARED(tile);
    int across = (g.columns + 31) / 32, j = blockIdx.x % across * 32, i = blockIdx.x / across * 32;
    int lane = threadIdx.x % 32;
    for (int r = threadIdx.x / 32; r < 32; r += 8)
        if (i + r < g.rows && j + lane < g.columns) tile[r * 33 + lane] = g.x[(int64_t)(i + r) * g.columns + j + lane];
    SYNC();
    for (int r = threadIdx.x / 32; r < 32; r += 8)
        if (j + r < g.columns && i + lane < g.rows) g.y[(int64_t)(j + r) * g.rows + i + lane] = tile[lane * 33 + r];
}
