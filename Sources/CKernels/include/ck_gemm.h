#pragma once
#include <stddef.h>
#include <stdint.h>

/// Length of a chunk of the inner index, and of a chunk of rows in a column sum: the contract's.
#define CK_CHUNK 256

/// How the left operand's element (row i, inner index k) is found from `a`.
enum ck_a_kind {
    CK_A_ROWS,         ///< a[i * lda + k]
    CK_A_COLUMNS,      ///< a[k * lda + i]
    CK_A_CONV_WEIGHT,  ///< k = (oc, tap): a[(oc * lda + i) * weight_taps + weight_tap[tap]], a weight [OC, IC = lda,
                       ///< weight_taps] read for dX
};

/// How the right operand's element (inner index k, column j) is found from `b`.
enum ck_b_kind {
    CK_B_ROWS,       ///< b[k * ldb + j]
    CK_B_COLUMNS,    ///< b[j * ldb + k]
    CK_B_PATCHES,    ///< k = (channel, tap), j = (image, row, column): a convolution's input patches
    CK_B_PATCHES_T,  ///< k = (row, column), j = (channel, tap): the same patches transposed, for dW
};

/// Where the patches of a convolution lie in an input that already carries its padding.
struct ck_patches {
    int64_t taps;            ///< taps that take part: kernel height × width, or fewer in the dX of a strided convolution
    int64_t tap_offset[49];  ///< offset of each tap from the patch's first element
    int64_t weight_taps;     ///< for dX: kernel height × width
    int64_t weight_tap[49];  ///< for dX: which of them each tap is
    int64_t channel_stride;  ///< elements between channels
    int64_t row_stride;      ///< elements between the patches of vertically neighbouring outputs
    int64_t column_stride;   ///< elements between the patches of horizontally neighbouring outputs
    int64_t out_width;       ///< output columns in a row
    int64_t image_stride;    ///< elements between images
};

/// One matrix product C = A·B (+ bias), or C += A·B, by rule 2 of the contract:
/// chunks of CK_CHUNK along the inner index, each a chain of fused multiply-adds from +0, added in ascending order.
///
/// The inner index may consist of `segments` of `k` each (the samples of a batch in a weight gradient); a chunk never
/// crosses a segment's end, so sample after sample is added and the batch's size leaves no trace.
/// Columns may consist of groups of `group_columns` (the images of a batch), each with its own place in C.
struct ck_gemm {
    int64_t m, n, k, segments;
    enum ck_a_kind a_kind;
    enum ck_b_kind b_kind;
    const float *a, *b;
    float *c;
    int64_t lda, ldb, ldc;
    int64_t a_segment, b_segment;
    int64_t group_columns, c_group;
    const float *bias_row;     ///< [m] or null: added once, last
    const float *bias_column;  ///< [n] or null: added once, last
    int accumulate;            ///< 0: the first chunk is stored; 1: it is added to what C holds
    int64_t batch_outer, batch_inner;  ///< independent products of one shape; at least 1 each
    int64_t a_outer, a_inner, b_outer, b_inner, c_outer, c_inner;
    struct ck_patches patches;
};

/// How a product is cut into tasks; any cut gives the same bits.
struct ck_gemm_cut {
    int64_t tile_m, tile_n, tiles_m, tiles_n, tasks;
    size_t workspace;  ///< bytes a worker needs, 64-byte aligned
};

struct ck_gemm_table {
    /// Tiles for `workers`: who computes which outputs is free, since no output's sum is ever cut.
    struct ck_gemm_cut (*cut)(const struct ck_gemm *g, int64_t workers);
    void (*task)(const struct ck_gemm *g, const struct ck_gemm_cut *cut, int64_t task, void *workspace);
};
