// Packing: a chunk of an operand copied into panels that the micro-kernels read front to back.
#pragma once
#include "../include/ck_gemm.h"
#include "gemm_micro.h"

/// The columns of the 8 × 8 block whose rows begin at `src[0…7]`.
CK_INLINE void ck_transposed8(const float *const *src, v8f *columns) {
    v8f r[8], t[8], u[8];
    for (int i = 0; i < 8; i++) memcpy(&r[i], src[i], 32);
    for (int i = 0; i < 8; i += 2) {
        t[i] = __builtin_shufflevector(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        t[i + 1] = __builtin_shufflevector(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            u[i + 2 * j] = __builtin_shufflevector(t[i + j], t[i + j + 2], 0, 1, 8, 9, 4, 5, 12, 13);
            u[i + 2 * j + 1] = __builtin_shufflevector(t[i + j], t[i + j + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        }
    for (int i = 0; i < 4; i++) {
        columns[i] = __builtin_shufflevector(u[i], u[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        columns[i + 4] = __builtin_shufflevector(u[i], u[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

/// Transposes an 8 × 8 block: source rows begin at `src[0…7]`, destination rows at `dst + i * stride`.
CK_INLINE void ck_transpose8(const float *const *src, float *dst, int64_t stride) {
    v8f columns[8];
    ck_transposed8(src, columns);
    for (int i = 0; i < 8; i++) memcpy(dst + i * stride, &columns[i], 32);
}

/// dst[k * width + r] = src[r][k] for r < rows, k < kc; columns rows..<width are set to +0.
CK_INLINE void ck_pack_transposed(float *dst, int64_t width, const float *src, int64_t stride, int64_t rows, int64_t kc) {
    int64_t r = 0;
    for (; r + 8 <= rows; r += 8) {
        const float *line[8];
        int64_t k = 0;
        for (; k + 8 <= kc; k += 8) {
            for (int i = 0; i < 8; i++) line[i] = src + (r + i) * stride + k;
            ck_transpose8(line, dst + k * width + r, width);
        }
        for (; k < kc; k++)
            for (int i = 0; i < 8; i++) dst[k * width + r + i] = src[(r + i) * stride + k];
    }
    for (; r < rows; r++)
        for (int64_t k = 0; k < kc; k++) dst[k * width + r] = src[r * stride + k];
    for (; r < width; r++)
        for (int64_t k = 0; k < kc; k++) dst[k * width + r] = 0;
}

/// Floats that `ck_pack_rows` may write beyond a panel.
#define CK_PACK_SLACK 16

/// A panel of `rows` ≤ 14 rows, dst[k * rows + r] = src[r][k], by whole 8 × 8 blocks: what a block writes beyond the
/// panel's last row is overwritten by the next k, and after the last k it lies in the slack.
static void ck_pack_rows(float *dst, const float *src, int64_t stride, int64_t rows, int64_t kc) {
    const float *line[16];
    for (int64_t r = 0; r < 16; r++) line[r] = src + (r < rows ? r : rows - 1) * stride;
    int64_t k = 0;
    for (; k + 8 <= kc; k += 8) {
        v8f low[8], high[8];
        ck_transposed8(line, low);
        if (rows > 8) ck_transposed8(line + 8, high);
        for (int i = 0; i < 8; i++, dst += rows) {
            memcpy(dst, &low[i], 32);
            if (rows > 8) memcpy(dst + 8, &high[i], 32);
        }
        for (int r = 0; r < 16; r++) line[r] += 8;
    }
    for (; k < kc; k++, dst += rows)
        for (int64_t r = 0; r < rows; r++) dst[r] = *line[r]++;
}

/// A panel of `rows` rows that are columns of `src`: dst[k * rows + r] = src[k * stride + r].
static void ck_pack_columns(float *dst, const float *src, int64_t stride, int64_t rows, int64_t kc) {
    // Whole vectors read on into the next k and write on into what the next k overwrites, so the last ones are copied
    // value by value.
    int64_t vector = rows <= 8 ? 8 : 16, k = 0, whole = stride >= 16 ? kc - (vector + rows - 1) / rows : 0;
    if (rows <= 8)
        for (; k < whole; k++, src += stride) memcpy(dst + k * rows, src, 32);
    else
        for (; k < whole; k++, src += stride) memcpy(dst + k * rows, src, 64);
    for (; k < kc; k++, src += stride)
        for (int64_t r = 0; r < rows; r++) dst[k * rows + r] = src[r];
}

/// A panel of `rows` channels of a weight [OC, IC, weight_taps] from `src` on, for dX: k = (oc, tap).
static void ck_pack_conv_weight(const struct ck_patches *p, const float *src, int64_t channels, float *dst,
                                int64_t rows, int64_t k0, int64_t kc) {
    int64_t taps = p->taps, all = p->weight_taps, channel = k0 / taps, tap = k0 % taps, k = 0;
    if (all == 1) {
        ck_pack_columns(dst, src + channel * channels, channels, rows, kc);
        return;
    }
    // A 3 × 3 kernel's taps lie together, and so do a panel's channels: eight taps of all of them are two blocks. What
    // is written beyond the panel's last row is overwritten by the next k, or lies in `last`.
    float last[10 * 16];
    while (k < kc) {
        const float *from = src + channel * channels * all;
        if (all == 9 && taps == 9 && tap == 0 && kc - k >= taps) {
            const float *line[16];
            v8f low[8], high[8];
            for (int64_t r = 0; r < 16; r++) line[r] = from + (r < rows ? r : rows - 1) * all;
            ck_transposed8(line, low);
            if (rows > 8) ck_transposed8(line + 8, high);
            int fits = (kc - k - taps) * rows >= 16;
            float *whole = dst + k * rows, *to = fits ? whole : last;
            for (int64_t t = 0; t < taps; t++, to += rows) {
                int64_t of = p->weight_tap[t];
                if (of == 8) {
                    for (int64_t r = 0; r < rows; r++) to[r] = line[r][8];
                } else {
                    memcpy(to, &low[of], 32);
                    if (rows > 8) memcpy(to + 8, &high[of], 32);
                }
            }
            if (!fits) memcpy(whole, last, (size_t)(taps * rows) * sizeof *last);
            k += taps;
            tap = taps;
        } else {
            for (; tap < taps && k < kc; tap++, k++)
                for (int64_t r = 0; r < rows; r++) dst[k * rows + r] = from[r * all + p->weight_tap[tap]];
        }
        if (tap == taps) tap = 0, channel++;
    }
}

/// Rows i..<i+rows of A, inner indices k0..<k0+kc of segment `segment`, as dst[k * rows + r].
static void ck_pack_a(const struct ck_gemm *g, const float *a, float *dst, int64_t i, int64_t rows, int64_t segment,
                      int64_t k0, int64_t kc) {
    a += segment * g->a_segment;
    switch (g->a_kind) {
    case CK_A_ROWS: ck_pack_rows(dst, a + i * g->lda + k0, g->lda, rows, kc); return;
    case CK_A_COLUMNS: ck_pack_columns(dst, a + k0 * g->lda + i, g->lda, rows, kc); return;
    case CK_A_CONV_WEIGHT:
        ck_pack_conv_weight(&g->patches, a + i * g->patches.weight_taps, g->lda, dst, rows, k0, kc);
        return;
    }
}

/// All panels of a block of rows. Strided operands are taken 64 inner indices at a time, so that neighbouring panels
/// find the same pages and lines.
static void ck_pack_a_block(const struct ck_gemm *g, const float *a, float *dst, int64_t i, int64_t rows,
                            int64_t segment, int64_t k0, int64_t kc) {
    int64_t panels = (rows + CK_MR - 1) / CK_MR, base = rows / panels, extra = rows % panels;
    int64_t step = g->a_kind == CK_A_ROWS ? kc : 64, depth;
    for (int64_t k = 0; k < kc; k += depth) {
        float *to = dst;
        depth = kc - k < step ? kc - k : step;
        // Not beyond a channel of which only some taps would be left.
        if (g->a_kind == CK_A_CONV_WEIGHT && k + depth < kc && depth > g->patches.taps)
            depth -= (k0 + k + depth) % g->patches.taps;
        for (int64_t p = 0, at = i; p < panels; p++) {
            int64_t height = base + (p < extra);
            ck_pack_a(g, a, to + k * height, at, height, segment, k0 + k, depth);
            to += height * kc;
            at += height;
        }
    }
}

CK_INLINE void ck_copy_run(float *dst, const float *src, int64_t n) {
    for (; n >= 16; n -= 16, dst += 16, src += 16) memcpy(dst, src, 64);
    if (n & 8) memcpy(dst, src, 32), dst += 8, src += 8;
    if (n & 4) memcpy(dst, src, 16), dst += 4, src += 4;
    if (n & 2) memcpy(dst, src, 8), dst += 2, src += 2;
    if (n & 1) *dst = *src;
}

/// Where each inner index of a chunk lies from a patch's first element.
static void ck_patch_offsets(const struct ck_gemm *g, int32_t *offsets, int64_t k0, int64_t kc) {
    if (g->b_kind != CK_B_PATCHES) return;
    const struct ck_patches *p = &g->patches;
    int64_t channel = k0 / p->taps, tap = k0 % p->taps;
    for (int64_t k = 0; k < kc; k++) {
        offsets[k] = (int32_t)(channel * p->channel_stride + p->tap_offset[tap]);
        if (++tap == p->taps) tap = 0, channel++;
    }
}

/// Whether the micro-kernels can read the patches of columns j..<j+columns where they lie: each vector's outputs are
/// neighbours in a row. `base` then holds the vectors' first elements. A kernel of one tap is packed all the same: its
/// channels often lie a power of two apart, where they would fight for few cache lines.
static int ck_patch_bases(const struct ck_gemm *g, const float *b, int64_t j, int64_t columns, const float **base) {
    const struct ck_patches *p = &g->patches;
    if (g->b_kind != CK_B_PATCHES || p->taps == 1 || p->column_stride != 1 || columns % CK_VW != 0) return 0;
    if (g->k / p->taps * p->channel_stride > INT32_MAX) return 0;
    for (int64_t v = 0; v * CK_VW < columns; v++) {
        int64_t first = j + v * CK_VW, image = first / g->group_columns, at = first % g->group_columns;
        int64_t column = at % p->out_width;
        if (column + CK_VW > p->out_width) return 0;
        base[v] = b + image * p->image_stride + at / p->out_width * p->row_stride + column;
    }
    return 1;
}

/// Patches for columns j..<j+columns. Neighbouring outputs read neighbouring inputs, so a panel is a few runs.
static void ck_pack_patches(const struct ck_gemm *g, const float *b, float *dst, int64_t j, int64_t columns,
                            int64_t width, int64_t k0, int64_t kc) {
    const struct ck_patches *p = &g->patches;
    int64_t start[CK_NR], length[CK_NR], runs = 0;
    for (int64_t c = 0; c < columns; c++) {
        int64_t image = (j + c) / g->group_columns, at = (j + c) % g->group_columns;
        int64_t offset = image * p->image_stride + at / p->out_width * p->row_stride + at % p->out_width * p->column_stride;
        if (runs && start[runs - 1] + length[runs - 1] == offset) length[runs - 1]++;
        else start[runs] = offset, length[runs] = 1, runs++;
    }
    int64_t channel = k0 / p->taps, tap = k0 % p->taps;
    for (int64_t k = 0; k < kc; k++, dst += width) {
        const float *src = b + channel * p->channel_stride + p->tap_offset[tap];
        float *to = dst;
        if (runs == columns)
            for (int64_t c = 0; c < columns; c++) *to++ = src[start[c]];
        else
            for (int64_t r = 0; r < runs; r++) ck_copy_run(to, src + start[r], length[r]), to += length[r];
        for (; to < dst + width; to++) *to = 0;
        if (++tap == p->taps) tap = 0, channel++;
    }
}

/// Transposed patches: inner index = output position, column = (channel, tap).
static void ck_pack_patches_transposed(const struct ck_gemm *g, const float *b, float *dst, int64_t j, int64_t columns,
                                       int64_t width, int64_t k0, int64_t kc) {
    const struct ck_patches *p = &g->patches;
    int64_t offset[CK_NR];
    for (int64_t c = 0; c < columns; c++)
        offset[c] = (j + c) / p->taps * p->channel_stride + p->tap_offset[(j + c) % p->taps];
    for (int64_t k = 0; k < kc;) {
        int64_t at = k0 + k, left = p->out_width - at % p->out_width;
        const float *src = b + at / p->out_width * p->row_stride + at % p->out_width * p->column_stride;
        if (left > kc - k) left = kc - k;
        float *to = dst + k * width;
        int64_t c = 0, x;
        for (; c + 8 <= columns; c += 8) {
            const float *line[8];
            x = 0;
            if (p->column_stride == 1)
                for (; x + 8 <= left; x += 8) {
                    for (int i = 0; i < 8; i++) line[i] = src + offset[c + i] + x;
                    ck_transpose8(line, to + x * width + c, width);
                }
            for (; x < left; x++)
                for (int i = 0; i < 8; i++) to[x * width + c + i] = src[offset[c + i] + x * p->column_stride];
        }
        for (; c < columns; c++)
            for (x = 0; x < left; x++) to[x * width + c] = src[offset[c] + x * p->column_stride];
        for (; c < width; c++)
            for (x = 0; x < left; x++) to[x * width + c] = 0;
        k += left;
    }
}

/// All panels of columns j..<j+columns of a B in rows, a few inner indices at a time: a row's neighbouring panels lie on
/// one page.
static void ck_pack_b_rows(const struct ck_gemm *g, const float *b, float *dst, int64_t j, int64_t columns,
                           int64_t segment, int64_t k0, int64_t kc) {
    b += segment * g->b_segment + k0 * g->ldb + j;
    for (int64_t k = 0; k < kc; k += 16) {
        int64_t depth = kc - k < 16 ? kc - k : 16;
        float *panel = dst;
        for (int64_t c = 0; c < columns; c += CK_NR) {
            int64_t live = columns - c < CK_NR ? columns - c : CK_NR, width = live > CK_VW ? CK_NR : CK_VW;
            const float *src = b + k * g->ldb + c;
            float *to = panel + k * width;
            for (int64_t x = 0; x < depth; x++, src += g->ldb, to += width) {
                if (live == CK_NR) memcpy(to, src, CK_NR * sizeof(float));
                else {
                    ck_copy_run(to, src, live);
                    for (int64_t r = live; r < width; r++) to[r] = 0;
                }
            }
            panel += width * kc;
        }
    }
}

/// Columns j..<j+columns of B as dst[k * width + c], zero beyond `columns`.
static void ck_pack_b(const struct ck_gemm *g, const float *b, float *dst, int64_t j, int64_t columns, int64_t width,
                      int64_t segment, int64_t k0, int64_t kc) {
    b += segment * g->b_segment;
    switch (g->b_kind) {
    case CK_B_ROWS: return;  // by ck_pack_b_rows
    case CK_B_COLUMNS: ck_pack_transposed(dst, width, b + j * g->ldb + k0, g->ldb, columns, kc); return;
    case CK_B_PATCHES: ck_pack_patches(g, b, dst, j, columns, width, k0, kc); return;
    case CK_B_PATCHES_T: ck_pack_patches_transposed(g, b, dst, j, columns, width, k0, kc); return;
    }
}
