// Arguments of the kernels that sum up. Pointers are addresses of the device; NUMERICS.md section 4 has the orders.
#pragma once
#include "cu_types.h"

/// What becomes of a row's sum: y[row] = sum, or = sum / divisor.
enum { CU_SUM_STORED, CU_SUM_DIVIDED };

/// Sums of the rows of x [rows, width], of squares, or of distances from other [rows, width]. A row has `pieces` blocks of
/// 4,096 terms; of more than one, the blocks' sums go to partial [rows, pieces], which `ordered_sums` then adds. Rows of one
/// block are taken `rows_each` by a block of threads.
struct cu_row_sums {
    const float *x, *other;
    float *partial, *y;
    int64_t rows, width;
    int32_t pieces, rows_each, then;
    float divisor;
};

/// Sums of the columns of x [samples, rows, width], a chain for each chunk of 256 rows: parts [samples · chunks, width], or
/// added to y [width] where there is but one chunk. `tiles` tiles of columns.
struct cu_column_sums {
    const float *x;
    float *parts, *y;
    int64_t rows, width;
    int32_t chunks, tiles, is_only;
};

/// To y[0] and y[1], [columns] each, adds the rows of parts[0] and parts[1], [units, columns] each, in ascending order. A y
/// that is zero is passed over.
struct cu_added_parts {
    float *y[2];
    const float *parts[2];
    int64_t units, columns;
};

/// The place, from 1, of the first NaN or infinity in x, or 0: of each block of threads in places, whose smallest
/// `first_place` then finds, or the answer itself where there is but one block.
struct cu_non_finite {
    const float *x;
    int64_t *places, *place;
    int64_t count, blocks;
};

/// found[pair] = (cosine, length, length) of row rows[2·pair] of a and row rows[2·pair + 1] of b, each of `width` values.
struct cu_cosines {
    const float *a, *b;
    const int32_t *rows;
    double *found;
    int64_t width;
};

/// A share of the gradient of a row of a: `slope` times the cosine's slope by it.
struct cu_cosine_pull {
    double cosine, first_length, second_length;
    int32_t first, second;
    float slope;
    int32_t unused;
};

/// sum [count] += the pulls in turn; a, b and sum have rows of `width` values.
struct cu_cosine_gradients {
    const float *a, *b;
    const struct cu_cosine_pull *pulls;
    float *sum;
    int64_t width, count, pull_count;
};
