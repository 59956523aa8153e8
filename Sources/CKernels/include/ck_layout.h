#pragma once
#include <stddef.h>
#include <stdint.h>

/// One channel of an image laid into another one of zeros; rows and columns beyond its end are left out, and with a
/// negative top the first rows.
struct ck_padding {
    int64_t height, width, out_height, out_width, top, left;
};

struct ck_layout_table {
    /// y[j, i] = x[i, j] for rows i from `from` on, below `to`
    void (*transpose)(float *y, const float *x, size_t rows, size_t columns, size_t from, size_t to);
    void (*pad)(float *y, const float *x, const struct ck_padding *p);
    /// y[r, c] = x[⌊r·height/out_height⌋, ⌊c·width/out_width⌋], one channel.
    void (*upsample_nearest)(float *y, const float *x, size_t height, size_t width, size_t out_height, size_t out_width);
    void (*upsample_nearest_backward)(float *dx, const float *dy, size_t height, size_t width, size_t out_height,
                                      size_t out_width);
};
