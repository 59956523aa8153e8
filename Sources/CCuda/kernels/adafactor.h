// Adafactor: means of squares of a stack of matrices over rows and columns, or all squares of other tensors; then u, whose
// root mean square limits the step. u is computed where it is used, from the factors, but for small matrices.
#pragma once
#include "sums.h"
#include "updates.h"

DEVICE float inverse_root(float x) { return 1 / root(x); }
DEVICE float adafactor_mean(const cu_adafactor &g, float mean, float sum, int64_t count) {
    return mean * g.decay + (sum / (float)count) * g.one_minus_decay;
}
DEVICE float adafactor_square(const cu_adafactor &g, float x) { return x * x + g.eps; }

struct RowMean {
    const cu_adafactor &g;
    MEMBER void operator()(int64_t row, float sum) const { g.row_means[row] = adafactor_mean(g, g.row_means[row], sum, g.columns); }
};
ENTRY(adafactor_rows, cu_adafactor, 256, 8) {
    SHARED(shared);
    row_sums(
        shared, g.row_partial, g.matrices * g.rows, g.columns, g.row_pieces, g.rows_each,
        [&](int64_t i) { return adafactor_square(g, g.g[i]); }, RowMean{g});
}
ENTRY(adafactor_long_rows, cu_adafactor, 256, 4) {
    SHARED(shared);
    ordered_row_sums(shared, g.row_partial, g.row_pieces, RowMean{g});
}

/// A matrix is a sample of its own; of one chunk of rows the means follow at once.
ENTRY(adafactor_columns, cu_adafactor, 256, 6) {
    SHARED(shared);
    ColumnTile t = column_tile(g.rows, g.chunks, g.tiles);
    float sum = column_chains<1>(
        shared, t.first, t.rows, t.column, t.column < g.columns,
        [&](int64_t row, int64_t column, float *out) { out[0] = adafactor_square(g, g.g[row * g.columns + column]); });
    if (threadIdx.x >= TILE_COLUMNS || t.column >= g.columns) return;
    int64_t at = t.unit * g.columns + t.column;
    if (g.chunks == 1) g.column_means[at] = adafactor_mean(g, g.column_means[at], sum, g.rows);
    else g.column_parts[at] = sum;
}
ENTRY(adafactor_long_columns, cu_adafactor, 256, 4) {
    EACH(i, g.matrices * g.columns) {
        int64_t matrix = i / g.columns, column = i - matrix * g.columns;
        float sum = with_parts(0, g.column_parts + matrix * g.chunks * g.columns + column, g.chunks, g.columns);
        g.column_means[i] = adafactor_mean(g, g.column_means[i], sum, g.rows);
    }
}
/// R of every row, then C of every column.
ENTRY(adafactor_factors, cu_adafactor, 256, 4) {
    int64_t rows = g.matrices * g.rows;
    EACH(i, rows + g.matrices * g.columns) {
        if (i < rows) g.row_factors[i] = inverse_root(g.row_means[i] / g.matrix_means[i / g.rows]);
        else g.column_factors[i - rows] = inverse_root(g.column_means[i - rows]);
    }
}

/// The sum of the squares of a row's or of all row means of a small matrix by the contract, term(i) for i < count ≤ 64, in
/// registers.
template <class Term> DEVICE float small_sum(int count, Term term) {
    float lanes[16];
    UNROLL for (int l = 0; l < 16; l++) {
        lanes[l] = 0;
        for (int i = l; i < count; i += 16) lanes[l] = lanes[l] + term(i);
    }
    return tree(lanes);
}
/// A thread for each small matrix; the block's matrices lie in shared memory, which the threads read and write together.
/// Shared: for each thread an odd number of floats, at least rows · columns + rows + columns.
ENTRY(adafactor_small, cu_adafactor, 256, 2) {
    SHARED(shared);
    int rows = (int)g.rows, columns = (int)g.columns, size = rows * columns, pitch = (size + rows + columns) | 1;
    int64_t first = (int64_t)blockIdx.x * blockDim.x;
    int some = g.matrices - first < blockDim.x ? (int)(g.matrices - first) : (int)blockDim.x, t = threadIdx.x;
    for (int i = t; i < some * size; i += blockDim.x) shared[i / size * pitch + i % size] = g.g[first * size + i];
    for (int i = t; i < some * rows; i += blockDim.x)
        shared[i / rows * pitch + size + i % rows] = g.row_means[first * rows + i];
    for (int i = t; i < some * columns; i += blockDim.x)
        shared[i / columns * pitch + size + rows + i % columns] = g.column_means[first * columns + i];
    SYNC();
    if (t < some) {
        float *x = shared + t * pitch, *row = x + size, *column = row + rows;
        for (int r = 0; r < rows; r++)
            row[r] = adafactor_mean(
                g, row[r], small_sum(columns, [&](int k) { return adafactor_square(g, x[r * columns + k]); }), columns);
        for (int k = 0; k < columns; k++) {
            float sum = 0;
            for (int r = 0; r < rows; r++) sum = sum + adafactor_square(g, x[r * columns + k]);
            column[k] = adafactor_mean(g, column[k], sum, rows);
        }
    }
    SYNC();
    for (int i = t; i < some * rows; i += blockDim.x)
        g.row_means[first * rows + i] = shared[i / rows * pitch + size + i % rows];
    for (int i = t; i < some * columns; i += blockDim.x)
        g.column_means[first * columns + i] = shared[i / columns * pitch + size + rows + i % columns];
    SYNC();
    if (t < some) {
        float *x = shared + t * pitch, *row = x + size, *column = row + rows;
        float mean = small_sum(rows, [&](int r) { return row[r]; }) / (float)rows;
        for (int k = 0; k < columns; k++) column[k] = inverse_root(column[k]);
        for (int r = 0; r < rows; r++) {
            float factor = inverse_root(row[r] / mean);
            for (int k = 0; k < columns; k++) x[r * columns + k] = x[r * columns + k] * column[k] * factor;
        }
    }
    SYNC();
    for (int i = t; i < some * size; i += blockDim.x) g.u[first * size + i] = shared[i / size * pitch + i % size];
}

/// The matrix, row and column of an element, moved on by whole steps without dividing.
struct MatrixPlace {
    int64_t row, column, matrix, row_in_matrix, rows_step, columns_step;
    MEMBER MatrixPlace(const cu_adafactor &g, int64_t i, int step) {
        if (g.kind != CU_UPDATE_FACTORED) return;
        row = i / g.columns;
        column = i - row * g.columns;
        matrix = row / g.rows;
        row_in_matrix = row - matrix * g.rows;
        rows_step = step / g.columns;
        columns_step = step - rows_step * g.columns;
    }
    MEMBER void advance(const cu_adafactor &g) {
        if (g.kind != CU_UPDATE_FACTORED) return;
        int64_t more = rows_step;
        column += columns_step;
        if (column >= g.columns) column -= g.columns, more += 1;
        row += more;
        row_in_matrix += more;
        while (row_in_matrix >= g.rows) row_in_matrix -= g.rows, matrix += 1;
    }
};
DEVICE float adafactor_update(const cu_adafactor &g, const MatrixPlace &at, int64_t i) {
    if (g.kind == CU_UPDATE_MADE) return g.u[i];
    if (g.kind == CU_UPDATE_WHOLE) return g.g[i] / root(g.squares[i]);
    return (g.g[i] * g.column_factors[at.matrix * g.columns + at.column]) * g.row_factors[at.row];
}
/// v ← v·b + s·a of a tensor that keeps its squares.
ENTRY(adafactor_squares, cu_adafactor, 256, 4) {
    EACH(i, g.count) g.squares[i] = g.squares[i] * g.decay + adafactor_square(g, g.g[i]) * g.one_minus_decay;
}
/// The sums of squares of u, block by block. Shared: as of `row_sums`.
ENTRY(adafactor_update_sums, cu_adafactor, 256, 4) {
    SHARED(shared);
    float *lanes = shared + SUM_BLOCK;
    int64_t start = (int64_t)blockIdx.x * SUM_BLOCK;
    int some = g.count - start < SUM_BLOCK ? (int)(g.count - start) : SUM_BLOCK;
    MatrixPlace at(g, start + threadIdx.x, blockDim.x);
    UNROLL_4 for (int i = threadIdx.x; i < some; i += blockDim.x, at.advance(g)) {
        float u = adafactor_update(g, at, start + i);
        shared[i] = u * u;
    }
    SYNC();
    row_lanes(lanes, shared, 1, some);
    SYNC();
    if (threadIdx.x == 0) g.u_partial[blockIdx.x] = tree(lanes);
}
/// −(lr / max(1, rms / d)) by one block of threads. Shared: 2 · ORDERED_SUMS floats.
ENTRY(adafactor_factor, cu_adafactor, 256, 1) {
    SHARED(shared);
    float sum = ordered_sum(shared, g.u_partial, g.u_pieces);
    if (threadIdx.x) return;
    float deviation = narrowed(root((double)sum / (double)g.count)), ratio = deviation / g.clip_threshold;
    *g.factor = -narrowed(g.rate / (double)(ratio >= 1 ? ratio : 1));
}
ENTRY(adafactor_descend, cu_adafactor, 256, 4) {
    int64_t start = (int64_t)blockIdx.x * SUM_BLOCK, end = g.count - start < SUM_BLOCK ? g.count : start + SUM_BLOCK;
    float factor = *g.factor;
    MatrixPlace at(g, start + threadIdx.x, blockDim.x);
    UNROLL_4 for (int64_t i = start + threadIdx.x; i < end; i += blockDim.x, at.advance(g)) {
        float p = g.p[i];
        if (g.minus_weight_decay != 0) p = p + p * g.minus_weight_decay;
        g.p[i] = p + adafactor_update(g, at, i) * factor;
    }
}
