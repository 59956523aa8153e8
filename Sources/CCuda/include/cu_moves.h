// Arguments of the kernels that copy elements in other arrangements. Pointers are addresses of the device.
#pragma once
#include "cu_divisor.h"

/// y = x, bytes of any type.
struct cu_copy {
    void *y;
    const void *x;
    int64_t bytes;
};

/// Blocks of `length` elements, `count` in all, from x + from + block · from_every to y + to + block · to_every.
struct cu_blocks {
    float *y;
    const float *x;
    int64_t from, from_every, to, to_every, count;
    struct cu_divisor length;
};

/// y[to[k]] = x[from[k]] for rows of `width` elements, `count` elements in all. Without `from` or `to` it is k.
struct cu_rows {
    float *y;
    const float *x;
    const int64_t *from, *to;
    int64_t count;
    struct cu_divisor width;
};

/// sum[rows[r]] += x[places[k]] for k = starts[r] … starts[r + 1] − 1 in turn, r < count, rows of `width` elements.
struct cu_accumulated_rows {
    float *sum;
    const float *x;
    const int64_t *rows, *starts, *places;
    int64_t count, width;
};

/// y[item, j, i] = x[item, i, j] for items of rows × columns.
struct cu_transpose {
    float *y;
    const float *x;
    int64_t rows, columns, tiles;
    struct cu_divisor tiles_across, tiles_down;
};

/// Planes of height × width laid into zeros of out_height × out_width, `count` elements of y in all; what lies outside is
/// left out.
struct cu_pad {
    float *y;
    const float *x;
    int64_t height, width, top, left, count;
    struct cu_divisor out_height, out_width;
};

/// y[plane, row + r · stride, column + c · stride] = x[plane, r, c], `count` elements of x in all.
struct cu_interleave {
    float *y;
    const float *x;
    int64_t out_height, out_width, row, column, stride, count;
    struct cu_divisor height, width;
};

/// Squares of edge × edge pixels of pictures [images, channels, height, width] and their rows [image, down, across, channel,
/// row, column], `count` elements in all.
struct cu_patches {
    float *pixels, *patches;
    int64_t height, width, count;
    struct cu_divisor edge, channels, across, down;
};

/// y[plane, r, c] = x[plane, ⌊r · height / out_height⌋, ⌊c · width / out_width⌋], `count` elements of y in all.
struct cu_upsample {
    float *y;
    const float *x;
    int64_t height, width, count;
    struct cu_divisor out_height, out_width;
};

/// dx[plane, r, c] = the sum, from +0, of the dy that `cu_upsample` copied from there, row by row; `count` elements of dx in all.
struct cu_upsample_backward {
    float *dx;
    const float *dy;
    int64_t out_height, out_width, count;
    struct cu_divisor height, width;
};
