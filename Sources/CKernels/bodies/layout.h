// Moves without arithmetic: transposes between channel-first images and tokens, padding of images.
#pragma once
#include "../include/ck_layout.h"
#include "gemm.h"

static void CK_NAME(transpose)(float *y, const float *x, size_t rows, size_t columns, size_t from, size_t to) {
    size_t i = from;
    for (; i + 8 <= to; i += 8) {
        const float *line[8];
        size_t j = 0;
        for (; j + 8 <= columns; j += 8) {
            for (size_t l = 0; l < 8; l++) line[l] = x + (i + l) * columns + j;
            ck_transpose8(line, y + j * rows + i, (int64_t)rows);
        }
        for (; j < columns; j++)
            for (size_t l = 0; l < 8; l++) y[j * rows + i + l] = x[(i + l) * columns + j];
    }
    for (; i < to; i++)
        for (size_t j = 0; j < columns; j++) y[j * rows + i] = x[i * columns + j];
}

static void CK_NAME(pad)(float *y, const float *x, const struct ck_padding *p) {
    int64_t rows = ck_min(p->height, p->out_height - p->top), columns = ck_min(p->width, p->out_width - p->left);
    memset(y, 0, (size_t)(p->out_height * p->out_width) * sizeof(float));
    for (int64_t r = p->top < 0 ? -p->top : 0; r < rows; r++)
        memcpy(y + (p->top + r) * p->out_width + p->left, x + r * p->width, (size_t)columns * sizeof(float));
}

static void CK_NAME(upsample_nearest)(float *y, const float *x, size_t height, size_t width, size_t out_height,
                                      size_t out_width) {
    for (size_t r = 0, above = height; r < out_height; r++, y += out_width) {
        size_t row = r * height / out_height;
        const float *from = x + row * width;
        if (row == above) memcpy(y, y - out_width, out_width * sizeof(float));
        else if (out_width == 2 * width)
            for (size_t c = 0; c < width; c++) y[2 * c] = y[2 * c + 1] = from[c];
        else
            for (size_t c = 0; c < out_width; c++) y[c] = from[c * width / out_width];
        above = row;
    }
}

/// Sums of the outputs that an input went to, row by row in ascending order from +0.
static void CK_NAME(upsample_nearest_backward)(float *dx, const float *dy, size_t height, size_t width, size_t out_height,
                                               size_t out_width) {
    memset(dx, 0, height * width * sizeof(float));
    for (size_t r = 0; r < out_height; r++)
        for (size_t c = 0; c < out_width; c++) {
            float *to = dx + r * height / out_height * width + c * width / out_width;
            *to = *to + dy[r * out_width + c];
        }
}

static const struct ck_layout_table CK_NAME(layout) = {
    CK_NAME(transpose), CK_NAME(pad), CK_NAME(upsample_nearest), CK_NAME(upsample_nearest_backward)};
