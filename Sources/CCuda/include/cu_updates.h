// Arguments of the optimisers' updates in place. Pointers are addresses of the device; NUMERICS.md section 9 has the
// formulas.
#pragma once
#include "cu_types.h"

/// AdamW of `count` elements; the constants as in AdamWConstants.
struct cu_adamw {
    float *p, *m, *v;
    const float *g;
    int64_t count;
    float decay, one_minus_beta1, beta2, one_minus_beta2, root_correction2, eps, step;
};

/// Gradient descent; without momentum sum is zero. minus_rate is −lr.
struct cu_gradient_descent {
    float *p, *sum;
    const float *g;
    int64_t count;
    float momentum, weight_decay, minus_rate;
};

/// average = average · decay + p · one_minus_decay.
struct cu_moving_average {
    float *average;
    const float *p;
    int64_t count;
    float decay, one_minus_decay;
};

/// Where Adafactor's u comes from: g · C · R of a stack of matrices [rows, columns], g / √v of a tensor that keeps its
/// squares, or computed before.
enum { CU_UPDATE_FACTORED, CU_UPDATE_WHOLE, CU_UPDATE_MADE };

/// One Adafactor update of `count` elements, in several launches; each uses some of these.
struct cu_adafactor {
    float *p;
    const float *g;
    /// Means of squares over rows [matrices, rows] and columns [matrices, columns].
    float *row_means, *column_means;
    /// v, of a tensor that keeps its squares.
    float *squares;
    /// u, of small matrices.
    float *u;
    /// R and C, from `adafactor_factors`; the mean of each matrix's row means, from `sum_rows`.
    float *row_factors, *column_factors;
    const float *matrix_means;
    /// Sums of pieces of rows [matrices · rows, row_pieces]; chains of columns [matrices · chunks, columns]; sums of squares
    /// of u [u_pieces]; the factor of u.
    float *row_partial, *column_parts, *u_partial, *factor;
    int64_t count, matrices, rows, columns;
    int32_t row_pieces, rows_each, chunks, tiles, u_pieces, kind;
    float decay, one_minus_decay, eps, clip_threshold, minus_weight_decay;
    double rate;
};

/// The most elements of a matrix that `adafactor_small` takes.
#define CU_SMALL_MATRIX 64
