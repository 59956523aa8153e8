// Sums in the contract's order: blocks of 4,096 terms, sixteen lanes in a block, the tree 8-4-2-1, blocks ascending. A block
// of threads computes the terms together into shared memory, where half-warps then are the sixteen lanes: only a lane's own
// chain is serial.
#pragma once
#include "cu_sums.h"
#include "kernel.h"

/// Terms of a block of a sum.
#define SUM_BLOCK 4096
/// Rows that a block of threads sums up at most, and the floats of shared memory that their lanes take; the pitch is odd, so
/// that a thread can read a row without a conflict.
#define SUM_ROWS 64
#define LANE_PITCH 17
/// Sums of blocks that `ordered_sum` looks at at once; it takes twice as many floats of shared memory.
#define ORDERED_SUMS 1024

struct Same {
    MEMBER float operator()(float x) const { return x; }
};

/// The chain of one lane over terms in shared memory: from +0, every sixteenth.
template <class Term> DEVICE float lane_chain(const float *terms, int count, int lane, Term term) {
    float sum = 0;
    int i = lane;
    NO_UNROLL for (; i + 240 < count; i += 256) {
        float v[16];
        UNROLL for (int u = 0; u < 16; u++) v[u] = terms[i + 16 * u];
        UNROLL for (int u = 0; u < 16; u++) sum = sum + term(v[u]);
    }
    for (; i < count; i += 16) sum = sum + term(terms[i]);
    return sum;
}
/// Sixteen lanes added as a tree.
DEVICE float tree(const float *lanes) {
    float a[8];
    UNROLL for (int i = 0; i < 8; i++) a[i] = lanes[i] + lanes[i + 8];
    UNROLL for (int i = 0; i < 4; i++) a[i] = a[i] + a[i + 4];
    return (a[0] + a[2]) + (a[1] + a[3]);
}
/// The lanes of `rows` rows of `width` ≤ 4,096 terms, to be made sums by `tree` after a SYNC.
DEVICE void row_lanes(float *lanes, const float *terms, int rows, int width) {
    int lane = threadIdx.x % 16;
    for (int row = threadIdx.x / 16; row < rows; row += blockDim.x / 16)
        lanes[row * LANE_PITCH + lane] = lane_chain(terms + row * width, width, lane, Same());
}

/// terms[i] = term(i) for i < count, eight at once by each thread.
template <class Term> DEVICE void fill_terms(float *terms, int count, Term term) {
    int i = threadIdx.x, step = blockDim.x;
    for (; i + 7 * step < count; i += 8 * step) {
        float v[8];
        UNROLL for (int u = 0; u < 8; u++) v[u] = term(i + u * step);
        UNROLL for (int u = 0; u < 8; u++) terms[i + u * step] = v[u];
    }
    for (; i < count; i += step) terms[i] = term(i);
}

/// partial[0 …< count] added in ascending order, for thread 0. While it adds, the others fetch what comes next. Shared:
/// 2 · ORDERED_SUMS floats.
DEVICE float ordered_sum(float *shared, const float *partial, int64_t count) {
    // -0 + x is x, whatever x: the first sum is stored.
    float total = -0.0f;
    int half = 0;
    for (int64_t i = threadIdx.x; i < count && i < ORDERED_SUMS; i += blockDim.x) shared[i] = partial[i];
    for (int64_t start = 0; start < count; start += ORDERED_SUMS, half ^= ORDERED_SUMS) {
        SYNC();
        float *next = shared + (half ^ ORDERED_SUMS), *now = shared + half;
        for (int64_t i = threadIdx.x; i < ORDERED_SUMS && start + ORDERED_SUMS + i < count; i += blockDim.x)
            next[i] = partial[start + ORDERED_SUMS + i];
        if (threadIdx.x == 0) {
            int some = count - start < ORDERED_SUMS ? (int)(count - start) : ORDERED_SUMS, i = 0;
            NO_UNROLL for (; i + 16 <= some; i += 16) {
                float v[16];
                UNROLL for (int u = 0; u < 16; u++) v[u] = now[i + u];
                UNROLL for (int u = 0; u < 16; u++) total = total + v[u];
            }
            for (; i < some; i++) total = total + now[i];
        }
    }
    return total;
}

/// Which rows, or which piece of a row, a block of threads sums up: `rows` rows of `width` terms from element `start` on,
/// whose sums have the numbers `first` ….
struct Stretch {
    int64_t start, first;
    int rows, width;
};
DEVICE Stretch stretch(int64_t block, int64_t rows, int64_t width, int pieces, int rows_each) {
    Stretch s;
    if (pieces == 1) {
        s.first = block * rows_each;
        s.start = s.first * width;
        s.rows = rows - s.first < rows_each ? (int)(rows - s.first) : rows_each;
        s.width = (int)width;
    } else {
        int64_t row = block / pieces, from = (block - row * pieces) * SUM_BLOCK;
        s.first = block;
        s.start = row * width + from;
        s.rows = 1;
        s.width = width - from < SUM_BLOCK ? (int)(width - from) : SUM_BLOCK;
    }
    return s;
}
/// Sums up the block's stretch, term(element) for each element, and calls then(row, sum) for each row of one piece. Shared:
/// SUM_BLOCK + SUM_ROWS · LANE_PITCH floats.
template <class Term, class Then>
DEVICE void row_sums(float *shared, float *partial, int64_t rows, int64_t width, int pieces, int rows_each, Term term,
                     Then then) {
    float *lanes = shared + SUM_BLOCK;
    Stretch s = stretch(blockIdx.x, rows, width, pieces, rows_each);
    fill_terms(shared, s.rows * s.width, [&](int i) { return term(s.start + i); });
    SYNC();
    row_lanes(lanes, shared, s.rows, s.width);
    SYNC();
    if ((int)threadIdx.x < s.rows) {
        float sum = tree(lanes + threadIdx.x * LANE_PITCH);
        if (pieces == 1) then(s.first + threadIdx.x, sum);
        else partial[s.first] = sum;
    }
}
/// The same for rows of several pieces, once these are summed up: a block of threads for each row.
template <class Then> DEVICE void ordered_row_sums(float *shared, const float *partial, int pieces, Then then) {
    int64_t row = blockIdx.x;
    float sum = ordered_sum(shared, partial + row * pieces, pieces);
    if (threadIdx.x == 0) then(row, sum);
}

struct StoredSum {
    const cu_row_sums &g;
    MEMBER void operator()(int64_t row, float sum) const { g.y[row] = g.then == CU_SUM_DIVIDED ? sum / g.divisor : sum; }
};
ENTRY(sum_rows, cu_row_sums, 256, 8) {
    SHARED(shared);
    row_sums(
        shared, g.partial, g.rows, g.width, g.pieces, g.rows_each, [&](int64_t i) { return g.x[i]; }, StoredSum{g});
}
ENTRY(sum_squares, cu_row_sums, 256, 8) {
    SHARED(shared);
    row_sums(
        shared, g.partial, g.rows, g.width, g.pieces, g.rows_each,
        [&](int64_t i) {
            float x = g.x[i];
            return x * x;
        },
        StoredSum{g});
}
ENTRY(sum_distances, cu_row_sums, 256, 8) {
    SHARED(shared);
    row_sums(
        shared, g.partial, g.rows, g.width, g.pieces, g.rows_each,
        [&](int64_t i) {
            float t = g.x[i] - g.other[i];
            return t * t;
        },
        StoredSum{g});
}
ENTRY(ordered_sums, cu_row_sums, 256, 4) {
    SHARED(shared);
    ordered_row_sums(shared, g.partial, g.pieces, StoredSum{g});
}

/// Columns of a tile, and the terms of a tile that lie in shared memory at once.
#define TILE_COLUMNS 32
#define TILE_TERMS 8192

/// Column sums of N terms each over a chunk of 256 rows: the chains of columns 32·tile … of rows `first` …< `first + rows`.
/// term(row, column, out) gives the N terms. The result is the chain number threadIdx.x / 32 of column threadIdx.x % 32, for
/// threads below 32·N; 256 threads. Shared: TILE_TERMS floats.
template <int N, class Term>
DEVICE float column_chains(float *shared, int64_t first, int rows, int64_t column, bool is_inside, Term term) {
    enum { STAGE = TILE_TERMS / TILE_COLUMNS / N, STRIDE = STAGE * TILE_COLUMNS };
    float sum = 0;
    int at = threadIdx.x % TILE_COLUMNS;
    for (int start = 0; start < rows; start += STAGE) {
        int some = rows - start < STAGE ? rows - start : STAGE, row = threadIdx.x / TILE_COLUMNS;
        SYNC();
        if (is_inside) {
            for (; row + 24 < some; row += 32) {
                float v[4][N];
                UNROLL for (int u = 0; u < 4; u++) term(first + start + row + 8 * u, column, v[u]);
                UNROLL for (int u = 0; u < 4; u++)
                    UNROLL for (int k = 0; k < N; k++) shared[k * STRIDE + (row + 8 * u) * TILE_COLUMNS + at] = v[u][k];
            }
            for (; row < some; row += 8) {
                float v[N];
                term(first + start + row, column, v);
                UNROLL for (int k = 0; k < N; k++) shared[k * STRIDE + row * TILE_COLUMNS + at] = v[k];
            }
        }
        SYNC();
        if (is_inside && threadIdx.x < TILE_COLUMNS * N) {
            const float *from = shared + threadIdx.x / TILE_COLUMNS * STRIDE + at;
            int i = 0;
            NO_UNROLL for (; i + 16 <= some; i += 16) {
                float v[16];
                UNROLL for (int u = 0; u < 16; u++) v[u] = from[(i + u) * TILE_COLUMNS];
                UNROLL for (int u = 0; u < 16; u++) sum = sum + v[u];
            }
            for (; i < some; i++) sum = sum + from[i * TILE_COLUMNS];
        }
    }
    return sum;
}
/// The block's tile of columns, and the chunk of 256 rows of one of several samples.
struct ColumnTile {
    int64_t column, unit, sample, first;
    int rows;
};
DEVICE ColumnTile column_tile(int64_t rows, int chunks, int tiles) {
    ColumnTile t;
    t.unit = blockIdx.x / tiles;
    t.column = (int64_t)(blockIdx.x - t.unit * tiles) * TILE_COLUMNS + threadIdx.x % TILE_COLUMNS;
    t.sample = t.unit / chunks;
    int64_t from = (t.unit - t.sample * chunks) * 256;
    t.first = t.sample * rows + from;
    t.rows = rows - from < 256 ? (int)(rows - from) : 256;
    return t;
}
ENTRY(sum_columns, cu_column_sums, 256, 6) {
    SHARED(shared);
    ColumnTile t = column_tile(g.rows, g.chunks, g.tiles);
    float sum = column_chains<1>(
        shared, t.first, t.rows, t.column, t.column < g.width,
        [&](int64_t row, int64_t column, float *out) { out[0] = g.x[row * g.width + column]; });
    if (threadIdx.x >= TILE_COLUMNS || t.column >= g.width) return;
    if (g.is_only) g.y[t.column] = g.y[t.column] + sum;
    else g.parts[t.unit * g.width + t.column] = sum;
}
/// y + the column of parts [units, columns] that begins at `part`.
DEVICE float with_parts(float y, const float *part, int64_t units, int64_t columns) {
    int64_t unit = 0;
    NO_UNROLL for (; unit + 8 <= units; unit += 8) {
        float v[8];
        UNROLL for (int u = 0; u < 8; u++) v[u] = part[(unit + u) * columns];
        UNROLL for (int u = 0; u < 8; u++) y = y + v[u];
    }
    for (; unit < units; unit++) y = y + part[unit * columns];
    return y;
}
ENTRY(add_parts, cu_added_parts, 256, 4) {
    EACH(i, (g.y[1] ? 2 : 1) * g.columns) {
        int which = i >= g.columns;
        int64_t column = which ? i - g.columns : i;
        float *y = which ? g.y[1] : g.y[0];
        if (y) y[column] = with_parts(y[column], (which ? g.parts[1] : g.parts[0]) + column, g.units, g.columns);
    }
}

/// The smallest of the threads' numbers, for thread 0. Shared: 2 · blockDim floats; blockDim is a power of two.
DEVICE int64_t smallest(float *shared, int64_t mine) {
    int64_t *all = (int64_t *)shared;
    all[threadIdx.x] = mine;
    for (int half = blockDim.x / 2; half; half /= 2) {
        SYNC();
        if ((int)threadIdx.x < half && all[threadIdx.x + half] < all[threadIdx.x]) all[threadIdx.x] = all[threadIdx.x + half];
    }
    return all[0];
}
#define NO_PLACE 0x7fffffffffffffffLL
ENTRY(find_non_finite, cu_non_finite, 256, 8) {
    SHARED(shared);
    int64_t mine = NO_PLACE, i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x, step = (int64_t)gridDim.x * blockDim.x;
    for (; i < g.count && mine == NO_PLACE; i += 8 * step) {
        uint32_t v[8];
        UNROLL for (int u = 0; u < 8; u++) v[u] = i + u * step < g.count ? float_bits(g.x[i + u * step]) : 0;
        UNROLL for (int u = 7; u >= 0; u--)
            if ((v[u] & 0x7f800000u) == 0x7f800000u) mine = i + u * step + 1;
    }
    int64_t place = smallest(shared, mine);
    if (threadIdx.x) return;
    if (gridDim.x == 1) *g.place = place == NO_PLACE ? 0 : place;
    else g.places[blockIdx.x] = place;
}
ENTRY(first_place, cu_non_finite, 256, 4) {
    SHARED(shared);
    int64_t mine = NO_PLACE;
    for (int64_t i = threadIdx.x; i < g.blocks; i += blockDim.x) mine = g.places[i] < mine ? g.places[i] : mine;
    int64_t place = smallest(shared, mine);
    if (threadIdx.x == 0) *g.place = place == NO_PLACE ? 0 : place;
}

/// A block of threads for each pair: they multiply 64 elements at once, and three of them add in the elements' order. Shared:
/// 6 · 64 floats.
ENTRY(row_cosines, cu_cosines, 64, 4) {
    SHARED(shared);
    double *products = (double *)shared, sum = 0;
    const float *x = g.a + g.rows[2 * (int64_t)blockIdx.x] * g.width, *y = g.b + g.rows[2 * (int64_t)blockIdx.x + 1] * g.width;
    for (int64_t start = 0; start < g.width; start += 64) {
        int some = g.width - start < 64 ? (int)(g.width - start) : 64, t = threadIdx.x;
        SYNC();
        if (t < some) {
            double u = (double)x[start + t], v = (double)y[start + t];
            products[t] = u * v;
            products[64 + t] = u * u;
            products[128 + t] = v * v;
        }
        SYNC();
        if (t < 3)
            for (int i = 0; i < some; i++) sum = sum + products[64 * t + i];
    }
    SYNC();
    if (threadIdx.x < 3) products[threadIdx.x] = sum;
    SYNC();
    if (threadIdx.x) return;
    double first = root(products[1]), second = root(products[2]), *to = g.found + 3 * (int64_t)blockIdx.x;
    to[0] = products[0] / (first * second);
    to[1] = first;
    to[2] = second;
}
ENTRY(cosine_gradients, cu_cosine_gradients, 256, 4) {
    EACH(i, g.count) {
        int64_t row = i / g.width, column = i - row * g.width;
        double x = (double)g.a[i];
        float sum = g.sum[i];
        for (int64_t k = 0; k < g.pull_count; k++) {
            cu_cosine_pull pull = g.pulls[k];
            if (pull.first != row) continue;
            double u = x / pull.first_length, v = (double)g.b[pull.second * g.width + column] / pull.second_length;
            sum = sum + narrowed((double)pull.slope * ((v - pull.cosine * u) / pull.first_length));
        }
        g.sum[i] = sum;
    }
}
