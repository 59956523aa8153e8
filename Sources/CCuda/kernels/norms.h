// GroupNorm (with SiLU) and LayerNorm, both ways.
#pragma once
#include "cu_norms.h"
#include "functions.h"
#include "sums.h"

/// Elements of a group that a block of threads computes, one by one.
#define GROUP_SPAN 4096

struct CentredSquare {
    float mean;
    MEMBER float operator()(float x) const {
        float t = x - mean;
        return t * t;
    }
};
/// Where an element of a group lies: its channel, moved on by whole steps without dividing.
struct Walk {
    int channel, place, area, channels_step, place_step;
    MEMBER Walk(int64_t element, int area, int step) : area(area) {
        channel = (int)(element / area);
        place = (int)(element - (int64_t)channel * area);
        channels_step = step / area;
        place_step = step % area;
    }
    MEMBER void advance() {
        channel += channels_step;
        place += place_step;
        if (place >= area) place -= area, channel += 1;
    }
};
/// `ordered_sum` for all threads. Shared: 2 · ORDERED_SUMS floats.
DEVICE float shared_ordered_sum(float *shared, const float *partial, int count) {
    float sum = ordered_sum(shared, partial, count);
    SYNC();
    if (threadIdx.x == 0) shared[0] = sum;
    SYNC();
    sum = shared[0];
    SYNC();
    return sum;
}

// MARK: GroupNorm

/// One element of the result.
DEVICE float group_normalized(float x, float mean, float rstd, float weight, float bias, int with_silu) {
    float y = ((x - mean) * rstd) * weight + bias;
    return with_silu ? silu(y) : y;
}
/// The sum over `count` values in shared memory, for all threads. lanes: LANE_PITCH floats for each block of 4,096.
template <class Term> DEVICE float held_sum(float *lanes, const float *values, int count, Term term) {
    int pieces = (count + SUM_BLOCK - 1) / SUM_BLOCK;
    for (int piece = threadIdx.x / 16; piece < pieces; piece += blockDim.x / 16) {
        int from = piece * SUM_BLOCK, some = count - from < SUM_BLOCK ? count - from : SUM_BLOCK;
        lanes[piece * LANE_PITCH + threadIdx.x % 16] = lane_chain(values + from, some, threadIdx.x % 16, term);
    }
    SYNC();
    float total = tree(lanes);
    for (int piece = 1; piece < pieces; piece++) total = total + tree(lanes + piece * LANE_PITCH);
    return total;
}
/// A block of threads for each group, which lies in shared memory. Shared: count + 2 · LANE_PITCH · pieces floats.
ENTRY(group_norm_held, cu_group_norm, 512, 1) {
    SHARED(values);
    int count = (int)g.count, task = blockIdx.x;
    float *lanes = values + count, *more = lanes + LANE_PITCH * g.pieces;
    const float *from = g.x + task * g.count;
    float *to = g.y + task * g.count;
    fill_terms(values, count, [&](int i) { return from[i]; });
    SYNC();
    float mean = held_sum(lanes, values, count, Same()) / (float)g.count;
    float variance = held_sum(more, values, count, CentredSquare{mean}) / (float)g.count;
    float rstd = 1.0f / root(variance + g.eps);
    if (threadIdx.x == 0) {
        g.statistics[2 * task] = mean;
        g.statistics[2 * task + 1] = rstd;
    }
    int first = task % g.groups * g.channels;
    Walk walk(threadIdx.x, g.area, blockDim.x);
    for (int i = threadIdx.x; i < count; i += blockDim.x, walk.advance()) {
        int channel = first + walk.channel;
        to[i] = group_normalized(values[i], mean, rstd, g.weight[channel], g.bias[channel], g.silu);
    }
}
/// Of groups cut into pieces: their sums are `sum_rows`; then the centred squares; then the result. Shared: the more of
/// `row_sums` and `ordered_sum`.
ENTRY(group_norm_squares, cu_group_norm, 256, 8) {
    SHARED(shared);
    float mean = shared_ordered_sum(shared, g.sums + blockIdx.x / g.pieces * (int64_t)g.pieces, g.pieces) / (float)g.count;
    CentredSquare square{mean};
    row_sums(
        shared, g.squares, gridDim.x, g.count, g.pieces, 1, [&](int64_t i) { return square(g.x[i]); },
        [&](int64_t row, float sum) { g.squares[row] = sum; });
}
ENTRY(group_norm_apply, cu_group_norm, 256, 4) {
    SHARED(shared);
    int spans = (int)((g.count + GROUP_SPAN - 1) / GROUP_SPAN);
    int64_t task = blockIdx.x / spans, start = (int64_t)(blockIdx.x - task * spans) * GROUP_SPAN;
    float mean = shared_ordered_sum(shared, g.sums + task * g.pieces, g.pieces) / (float)g.count;
    float variance = shared_ordered_sum(shared, g.squares + task * g.pieces, g.pieces) / (float)g.count;
    float rstd = 1.0f / root(variance + g.eps);
    if (start == 0 && threadIdx.x == 0) {
        g.statistics[2 * task] = mean;
        g.statistics[2 * task + 1] = rstd;
    }
    const float *from = g.x + task * g.count;
    float *to = g.y + task * g.count;
    int first = (int)(task % g.groups) * g.channels, step = blockDim.x;
    int64_t i = start + threadIdx.x, end = g.count - start < GROUP_SPAN ? g.count : start + GROUP_SPAN;
    Walk walk(i, g.area, step);
    for (; i + 3 * step < end; i += 4 * step) {
        float v[4];
        UNROLL for (int u = 0; u < 4; u++) v[u] = from[i + u * step];
        UNROLL for (int u = 0; u < 4; u++, walk.advance()) {
            int channel = first + walk.channel;
            to[i + u * step] = group_normalized(v[u], mean, rstd, g.weight[channel], g.bias[channel], g.silu);
        }
    }
    for (; i < end; i += step, walk.advance()) {
        int channel = first + walk.channel;
        to[i] = group_normalized(from[i], mean, rstd, g.weight[channel], g.bias[channel], g.silu);
    }
}

/// One element on the way back: x̂, and the gradient before the SiLU.
struct GroupSlope {
    float normal, d;
    MEMBER GroupSlope(float x, float dy, float mean, float rstd, float weight, float bias, int with_silu) {
        normal = (x - mean) * rstd;
        d = with_silu ? dy * silu_slope(normal * weight + bias) : dy;
    }
};
/// The group of a block of threads.
struct GroupTask {
    const float *x, *dy, *weight, *bias;
    float mean, rstd;
    MEMBER GroupTask(const cu_group_norm_backward &g, int64_t task) {
        x = g.x + task * g.count;
        dy = g.dy + task * g.count;
        weight = g.weight + task % g.groups * g.channels;
        bias = g.bias + task % g.groups * g.channels;
        mean = g.statistics[2 * task];
        rstd = g.statistics[2 * task + 1];
    }
    MEMBER GroupSlope slope(int64_t i, int channel, int with_silu) const {
        return GroupSlope(x[i], dy[i], mean, rstd, weight[channel], with_silu ? bias[channel] : 0.0f, with_silu);
    }
};
/// Both terms of each of `count` elements of a group from `start` on: of the group's sums, or of its channels'. terms: twice
/// SUM_BLOCK floats.
DEVICE void fill_slopes(float *terms, const cu_group_norm_backward &g, const GroupTask &task, int64_t start, int count,
                        bool of_group) {
    Walk walk(start + threadIdx.x, g.area, blockDim.x);
    UNROLL_4 for (int i = threadIdx.x; i < count; i += blockDim.x, walk.advance()) {
        GroupSlope s = task.slope(start + i, walk.channel, g.silu);
        float d = of_group ? s.d * task.weight[walk.channel] : s.d;
        terms[i] = d;
        terms[SUM_BLOCK + i] = d * s.normal;
    }
}
/// Blocks of threads of a group: one for each piece of its sums, then those of its channels'. Shared: 2 · SUM_BLOCK +
/// 2 · SUM_ROWS · LANE_PITCH floats.
ENTRY(group_norm_sums, cu_group_norm_backward, 256, 4) {
    SHARED(shared);
    float *lanes = shared + 2 * SUM_BLOCK, *more = lanes + SUM_ROWS * LANE_PITCH;
    int each = g.pieces + g.plane_blocks, t = threadIdx.x;
    int64_t number = blockIdx.x / each;
    int part = (int)(blockIdx.x - number * each);
    GroupTask task(g, number);
    if (part < g.pieces) {
        int64_t start = (int64_t)part * SUM_BLOCK;
        int count = g.count - start < SUM_BLOCK ? (int)(g.count - start) : SUM_BLOCK;
        fill_slopes(shared, g, task, start, count, true);
        SYNC();
        if (t < 32) lanes[t / 16 * LANE_PITCH + t % 16] = lane_chain(shared + t / 16 * SUM_BLOCK, count, t % 16, Same());
        SYNC();
        if (t == 0) g.s1[number * g.pieces + part] = tree(lanes);
        if (t == 1) g.s2[number * g.pieces + part] = tree(lanes + LANE_PITCH);
        return;
    }
    int first = (part - g.pieces) * g.planes_each;
    int rows = g.channels - first < g.planes_each ? g.channels - first : g.planes_each;
    float total = -0.0f;
    for (int64_t from = 0; from < g.area; from += SUM_BLOCK) {
        int some = g.area - from < SUM_BLOCK ? (int)(g.area - from) : SUM_BLOCK;
        fill_slopes(shared, g, task, first * (int64_t)g.area + from, rows * some, false);
        SYNC();
        row_lanes(lanes, shared, rows, some);
        row_lanes(more, shared + SUM_BLOCK, rows, some);
        SYNC();
        // Of several rows there is one block each, of several blocks one row.
        if (t < 2 * rows) total = total + tree((t < rows ? lanes : more) + (t < rows ? t : t - rows) * LANE_PITCH);
    }
    if (t >= 2 * rows) return;
    int64_t at = number * g.channels + first;
    if (t < rows) g.dbiases[at + t] = total;
    else g.dweights[at + t - rows] = total;
}
/// dx in the first `blocks` blocks of threads; the others add the channels' sums image after image. Shared: 2 · ORDERED_SUMS
/// floats.
ENTRY(group_norm_backward, cu_group_norm_backward, 256, 4) {
    SHARED(shared);
    int step = blockDim.x;
    if (blockIdx.x >= g.blocks) {
        int64_t all = (int64_t)g.groups * g.channels, channel = (blockIdx.x - g.blocks) * step + threadIdx.x;
        if (channel >= all) return;
        if (g.dweight) g.dweight[channel] = with_parts(g.dweight[channel], g.dweights + channel, g.images, all);
        if (g.dbias) g.dbias[channel] = with_parts(g.dbias[channel], g.dbiases + channel, g.images, all);
        return;
    }
    int spans = (int)((g.count + GROUP_SPAN - 1) / GROUP_SPAN);
    int64_t number = blockIdx.x / spans, start = (int64_t)(blockIdx.x - number * spans) * GROUP_SPAN;
    GroupTask task(g, number);
    float s1 = shared_ordered_sum(shared, g.s1 + number * g.pieces, g.pieces) / (float)g.count;
    float s2 = shared_ordered_sum(shared, g.s2 + number * g.pieces, g.pieces) / (float)g.count;
    float *to = g.dx + number * g.count;
    int64_t i = start + threadIdx.x, end = g.count - start < GROUP_SPAN ? g.count : start + GROUP_SPAN;
    Walk walk(i, g.area, step);
    for (; i + 3 * step < end; i += 4 * step) {
        float x[4], dy[4];
        UNROLL for (int u = 0; u < 4; u++) x[u] = task.x[i + u * step], dy[u] = task.dy[i + u * step];
        UNROLL for (int u = 0; u < 4; u++, walk.advance()) {
            float weight = task.weight[walk.channel];
            GroupSlope s(x[u], dy[u], task.mean, task.rstd, weight, g.silu ? task.bias[walk.channel] : 0.0f, g.silu);
            to[i + u * step] = task.rstd * (s.d * weight - (s1 + s.normal * s2));
        }
    }
    for (; i < end; i += step, walk.advance()) {
        GroupSlope s = task.slope(i, walk.channel, g.silu);
        to[i] = task.rstd * (s.d * task.weight[walk.channel] - (s1 + s.normal * s2));
    }
}

// MARK: LayerNorm, a half-warp for each row

/// Rows of a block of 128 threads, and floats of shared memory for their lanes, of two sums twice.
#define LAYER_ROWS 8
#define LAYER_LANES (2 * 2 * LAYER_ROWS * LANE_PITCH)

/// N sums over a row by its half-warp, whose threads all get them; term(i, out) gives the N terms of element i, for those
/// below `count`: 0 for a half-warp without a row, which takes part in the barriers of `width`. `lanes` changes its half each
/// time, so that one barrier a block of 4,096 is enough.
template <int N> struct LayerSum {
    float *lanes;
    int half;
    template <class Term> MEMBER void operator()(float *sums, int64_t count, int64_t width, Term term) {
        int lane = threadIdx.x % 16, mine = threadIdx.x / 16 * LANE_PITCH;
        UNROLL for (int k = 0; k < N; k++) sums[k] = -0.0f;
        for (int64_t start = 0; start < width; start += SUM_BLOCK, half ^= 1) {
            int64_t end = count - start < SUM_BLOCK ? count : start + SUM_BLOCK, i = start + lane;
            float chain[N];
            UNROLL for (int k = 0; k < N; k++) chain[k] = 0;
            NO_UNROLL for (; i + 112 < end; i += 128) {
                float v[8][N];
                UNROLL for (int u = 0; u < 8; u++) term(i + 16 * u, v[u]);
                UNROLL for (int u = 0; u < 8; u++)
                    UNROLL for (int k = 0; k < N; k++) chain[k] = chain[k] + v[u][k];
            }
            for (; i < end; i += 16) {
                float v[N];
                term(i, v);
                UNROLL for (int k = 0; k < N; k++) chain[k] = chain[k] + v[k];
            }
            float *now = lanes + half * 2 * LAYER_ROWS * LANE_PITCH + mine;
            UNROLL for (int k = 0; k < N; k++) now[k * LAYER_ROWS * LANE_PITCH + lane] = chain[k];
            SYNC();
            UNROLL for (int k = 0; k < N; k++) sums[k] = sums[k] + tree(now + k * LAYER_ROWS * LANE_PITCH);
        }
    }
};
/// Shared: LAYER_LANES floats.
ENTRY(layer_norm, cu_layer_norm, 128, 8) {
    SHARED(shared);
    int64_t row = (int64_t)blockIdx.x * LAYER_ROWS + threadIdx.x / 16, count = row < g.rows ? g.width : 0;
    const float *from = g.x + row * g.width;
    LayerSum<1> sum{shared, 0};
    float mean, variance;
    sum(&mean, count, g.width, [&](int64_t i, float *out) { out[0] = from[i]; });
    mean = mean / (float)g.width;
    CentredSquare square{mean};
    sum(&variance, count, g.width, [&](int64_t i, float *out) { out[0] = square(from[i]); });
    float rstd = 1.0f / root(variance / (float)g.width + g.eps);
    if (count && threadIdx.x % 16 == 0) {
        g.statistics[2 * row] = mean;
        g.statistics[2 * row + 1] = rstd;
    }
    UNROLL_4 for (int64_t i = threadIdx.x % 16; i < count; i += 16)
        g.y[row * g.width + i] = ((from[i] - mean) * rstd) * g.weight[i] + g.bias[i];
}
/// Shared: LAYER_LANES floats.
ENTRY(layer_norm_backward, cu_layer_norm_backward, 128, 8) {
    SHARED(shared);
    int64_t row = (int64_t)blockIdx.x * LAYER_ROWS + threadIdx.x / 16, count = row < g.rows ? g.width : 0;
    const float *x = g.x + row * g.width, *dy = g.dy + row * g.width;
    float mean = count ? g.statistics[2 * row] : 0, rstd = count ? g.statistics[2 * row + 1] : 0, s[2];
    LayerSum<2>{shared, 0}(s, count, g.width, [&](int64_t i, float *out) {
        float d = dy[i] * g.weight[i];
        out[0] = d;
        out[1] = d * ((x[i] - mean) * rstd);
    });
    float s1 = s[0] / (float)g.width, s2 = s[1] / (float)g.width;
    UNROLL_4 for (int64_t i = threadIdx.x % 16; i < count; i += 16)
        g.dx[row * g.width + i] = rstd * (dy[i] * g.weight[i] - (s1 + ((x[i] - mean) * rstd) * s2));
}
/// Shared: TILE_TERMS floats.
ENTRY(layer_norm_sums, cu_layer_norm_sums, 256, 6) {
    SHARED(shared);
    ColumnTile t = column_tile(g.rows, g.chunks, g.tiles);
    float sum = column_chains<2>(
        shared, t.first, t.rows, t.column, t.column < g.width, [&](int64_t row, int64_t column, float *out) {
            float d = g.dy[row * g.width + column];
            out[0] = d * ((g.x[row * g.width + column] - g.statistics[2 * row]) * g.statistics[2 * row + 1]);
            out[1] = d;
        });
    if (threadIdx.x >= 2 * TILE_COLUMNS || t.column >= g.width) return;
    (threadIdx.x < TILE_COLUMNS ? g.dweights : g.dbiases)[t.unit * g.width + t.column] = sum;
}
