// The chain of a chunk: what a thread adds up over the inner index for a patch of outputs. It is a part of the products'
// templates that another contract's may take the place of.
#pragma once
#include "kernel.h"

/// `ref-1`'s chain: from +0, one fused multiply-add for every inner index, ascending.
template <int ROWS, int COLUMNS> struct FusedChain {
    float sum[ROWS][COLUMNS];

    MEMBER void begin() {
        UNROLL for (int i = 0; i < ROWS; i++)
            UNROLL for (int j = 0; j < COLUMNS; j++) sum[i][j] = 0;
    }
    MEMBER void add(const float (&x)[ROWS], const float (&y)[COLUMNS]) {
        // To and fro: of two neighbouring operations one operand stays the same, which spares the register file conflicts.
        UNROLL for (int i = 0; i < ROWS; i++)
            UNROLL for (int t = 0; t < COLUMNS; t++) {
                int j = i % 2 ? COLUMNS - 1 - t : t;
                sum[i][j] = FMA(x[i], y[j], sum[i][j]);
            }
    }
    MEMBER float value(int i, int j) const { return sum[i][j]; }
    MEMBER float4 quad(int i, int j) const { return float4{sum[i][j], sum[i][j + 1], sum[i][j + 2], sum[i][j + 3]}; }
};
