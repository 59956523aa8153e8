// Arguments of the product's kernels. Pointers are addresses of the device.
#pragma once
#include "cu_types.h"

enum {
    CU_CHUNK = 256,         ///< of the inner index: the contract's
    CU_PRODUCT_DEPTH = 8,   ///< inner indices of a tile in shared memory
    CU_PRODUCT_STAGES = 4,  ///< tiles in shared memory at once
    CU_PRODUCT_PAD = 4,     ///< floats after each inner index of a tile, against conflicts of banks
    CU_LARGE_BLOCKS = 4,    ///< of the large tile that fit on a multiprocessor
    CU_SMALL_BLOCKS = 6,    ///< of the small tile, at least
    CU_TURN_ROWS = 128,     ///< of a weight, turned by a block: as many as threads
};

/// Where position x of an operand's axis lies, in elements:
/// x / group · group_stride + (x % group) / inner · stride + (x % inner) · inner_stride, or `table[x % inner]` at the end.
struct cu_axis {
    int32_t group;  ///< positions of a group; 0: they are all one
    int32_t inner;  ///< 1: every position is `stride` from the one before
    int64_t group_stride, stride, inner_stride;
    const int32_t *table;  ///< or null
};

/// The element of row or column x and inner index k: p[index(x) + k(k)].
struct cu_operand {
    const float *p;
    struct cu_axis index, k;
    int64_t segment;       ///< elements between segments of the inner index
    int64_t outer, inner;  ///< elements between the products of a batch
};

/// C = A·B (+ biases) or C += A·B as `ck_gemm`, computed in tiles of C by chunks of the inner index.
///
/// A block computes one chunk's chains of one tile. If `scratch` is given, chains are laid there and `product_combine` adds
/// them up; else, if there are several chunks, the blocks of a tile add theirs to C in turn.
struct cu_product {
    struct cu_operand a, b;
    float *c;
    int32_t m, n, k;    ///< k: of a segment
    int32_t chunks;     ///< of all segments
    int32_t accumulate;
    int32_t aligned;    ///< whether any four columns of C from a multiple of four on lie on 16 bytes
    int32_t group;      ///< columns of a group; c_group elements lie between groups
    int32_t batch_inner, items;
    int32_t tiles_m, tiles_n;
    int64_t ldc, c_group, c_outer, c_inner;
    const float *bias_row, *bias_column;
    int32_t *turns;     ///< zeros, left at zero: a counter of tickets, then whose turn it is, of each item's tiles
    float *scratch;     ///< [chunks][items][m][pitch] or null
    int32_t pitch;      ///< n rounded up to a multiple of four
};

/// A convolution's weight x [channels][rows][all] turned to y [channels][taps][rows]; of all taps those of `table`.
struct cu_turn_taps {
    float *y;
    const float *x;
    const int32_t *table;
    int32_t channels, rows, all, taps;
};

/// x [rows][columns] turned to y [columns][rows].
struct cu_turn {
    float *y;
    const float *x;
    int32_t rows, columns;
};
