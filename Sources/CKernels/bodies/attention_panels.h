// Operands of attention's products in the micro-kernels' formats, and these products.
#pragma once
#include "../include/ck_attention.h"
#include "gemm.h"

/// The next `n` floats of a workspace, aligned to 64 bytes.
CK_INLINE float *ck_take(float **at, int64_t n) {
    float *p = (float *)(((uintptr_t)*at + 63) & ~(uintptr_t)63);
    *at = p + n;
    return p;
}

/// Left operand: `rows` rows whose inner index lies along the row, chunk after chunk.
static void ck_rows_of_rows(float *dst, const float *src, int64_t stride, int64_t rows, int64_t inner) {
    int64_t panels = ck_ceil_div(rows, CK_MR), base = rows / panels, extra = rows % panels;
    for (int64_t k = 0; k < inner; k += CK_CHUNK) {
        int64_t depth = ck_min(CK_CHUNK, inner - k);
        for (int64_t p = 0, i = 0; p < panels; p++) {
            int64_t height = base + (p < extra);
            ck_pack_rows(dst, src + i * stride + k, stride, height, depth);
            dst += height * depth;
            i += height;
        }
    }
}

/// Left operand: the rows are the columns of a matrix whose rows are the inner index, at most a chunk of them.
static void ck_rows_of_columns(float *dst, const float *src, int64_t stride, int64_t rows, int64_t inner) {
    int64_t panels = ck_ceil_div(rows, CK_MR), base = rows / panels, extra = rows % panels;
    for (int64_t p = 0, i = 0; p < panels; p++) {
        int64_t height = base + (p < extra);
        ck_pack_columns(dst, src + i, stride, height, inner);
        dst += height * inner;
        i += height;
    }
}

/// c[row][lane] = [c +] Σ a·b for a panel of columns b[inner][lane], by rule 2.
static void ck_panel_product(const float *a, int64_t rows, int64_t inner, const float *b, float *c, int add) {
    int64_t panels = ck_ceil_div(rows, CK_MR), base = rows / panels, extra = rows % panels;
    for (int64_t k = 0; k < inner; k += CK_CHUNK) {
        int64_t depth = ck_min(CK_CHUNK, inner - k);
        struct ck_columns columns = {b + k * CK_NR, {0, 0}, 0};
        for (int64_t p = 0, i = 0; p < panels; p++) {
            int64_t height = base + (p < extra);
            struct ck_store s = {c + i * CK_NR, CK_NR, add || k > 0, 0, 0};
            ck_micro_kernels[height - 1][0][1](depth, a, &columns, &s);
            a += height * depth;
            i += height;
        }
    }
}

/// dst[row * stride + i] = panel[i][row] for the first `rows` lanes.
static void ck_unpack(float *dst, int64_t stride, const float *panel, int64_t rows, int64_t width) {
    for (int64_t r = 0; r < rows; r += 8)
        for (int64_t i = 0; i < width; i += 8) {
            if (r + 8 <= rows && i + 8 <= width) {
                const float *line[8];
                for (int x = 0; x < 8; x++) line[x] = panel + (i + x) * CK_NR + r;
                ck_transpose8(line, dst + r * stride + i, stride);
            } else
                for (int64_t y = r; y < ck_min(r + 8, rows); y++)
                    for (int64_t x = i; x < ck_min(i + 8, width); x++) dst[y * stride + x] = panel[x * CK_NR + y];
        }
}
