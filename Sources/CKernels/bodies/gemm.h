// The driver of a matrix product: tiles, chunks, panels.
#pragma once
#include "gemm_pack.h"

#define CK_CHUNK 256

CK_INLINE int64_t ck_min(int64_t a, int64_t b) { return a < b ? a : b; }
CK_INLINE int64_t ck_ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Cuts C into tiles of about 448 × 1024: large enough that packing is a small part, small enough for two levels of
/// cache and for several workers.
static struct ck_gemm_cut CK_NAME(gemm_cut)(const struct ck_gemm *g) {
    struct ck_gemm_cut cut;
    int64_t rows = 448, columns = 1024;
    cut.tiles_m = ck_ceil_div(g->m, rows);
    cut.tiles_n = ck_ceil_div(g->n, columns);
    int64_t batch = g->batch_outer * g->batch_inner;
    double work = (double)g->m * (double)g->n * (double)g->k * (double)g->segments * (double)batch;
    // Enough tasks for a handful of workers once the product is worth sharing.
    while (work > 1 << 20 && cut.tiles_m * cut.tiles_n * batch < 8) {
        int64_t height = ck_ceil_div(g->m, cut.tiles_m), breadth = ck_ceil_div(g->n, cut.tiles_n);
        if (breadth >= 2 * height && breadth > 2 * CK_NR) cut.tiles_n *= 2;
        else if (height > 4 * CK_MR) cut.tiles_m *= 2;
        else if (breadth > 2 * CK_NR) cut.tiles_n *= 2;
        else break;
    }
    cut.tile_m = ck_ceil_div(ck_ceil_div(g->m, cut.tiles_m), CK_MR) * CK_MR;
    cut.tile_n = ck_ceil_div(ck_ceil_div(g->n, cut.tiles_n), CK_NR) * CK_NR;
    cut.tiles_m = ck_ceil_div(g->m, cut.tile_m);
    cut.tiles_n = ck_ceil_div(g->n, cut.tile_n);
    cut.tasks = cut.tiles_m * cut.tiles_n * batch;
    cut.workspace = (size_t)(cut.tile_m + cut.tile_n) * CK_CHUNK * sizeof(float) + 256;
    return cut;
}

/// Writes a tile that is not a full panel, or whose columns belong to several groups, value by value.
static void ck_store_edge(const struct ck_gemm *g, const float *tile, int64_t width, float *c, int64_t i, int64_t rows,
                          int64_t j, int64_t columns, int add, int last) {
    for (int64_t x = 0; x < columns; x++) {
        int64_t group = (j + x) / g->group_columns;
        float *to = c + group * g->c_group + i * g->ldc + (j + x) - group * g->group_columns;
        for (int64_t r = 0; r < rows; r++, to += g->ldc) {
            float y = tile[r * width + x];
            if (add) y = *to + y;
            if (last && g->bias_row) y = y + g->bias_row[i + r];
            if (last && g->bias_column) y = y + g->bias_column[j + x];
            *to = y;
        }
    }
}

/// All micro-tiles of one chunk.
static void ck_gemm_chunk(const struct ck_gemm *g, const float *packed_a, const float *packed_b, float *c, int64_t i0,
                          int64_t rows, int64_t j0, int64_t columns, int64_t kc, int add, int last) {
    int64_t panels = ck_ceil_div(rows, CK_MR), base = rows / panels, extra = rows % panels;
    const float *b = packed_b;
    for (int64_t j = 0; j < columns; j += CK_NR) {
        int64_t live = ck_min(CK_NR, columns - j), vectors = live > CK_VW ? 2 : 1, width = vectors * CK_VW;
        int64_t group = (j0 + j) / g->group_columns, last_group = (j0 + j + live - 1) / g->group_columns;
        int direct = live == width && group == last_group;
        const float *a = packed_a;
        for (int64_t p = 0, i = 0; p < panels; p++) {
            int64_t height = base + (p < extra);
            ck_micro_function kernel = ck_micro_kernels[height - 1][vectors - 1];
            if (direct) {
                struct ck_store s = {
                    c + group * g->c_group + (i0 + i) * g->ldc + j0 + j - group * g->group_columns, g->ldc, add,
                    last && g->bias_row ? g->bias_row + i0 + i : 0, last && g->bias_column ? g->bias_column + j0 + j : 0};
                kernel(kc, a, b, &s);
            } else {
                float tile[CK_MR * CK_NR] __attribute__((aligned(64)));
                struct ck_store s = {tile, width, 0, 0, 0};
                kernel(kc, a, b, &s);
                ck_store_edge(g, tile, width, c, i0 + i, height, j0 + j, live, add, last);
            }
            a += height * kc;
            i += height;
        }
        b += width * kc;
    }
}

static void CK_NAME(gemm_task)(const struct ck_gemm *g, const struct ck_gemm_cut *cut, int64_t task, void *workspace) {
    int64_t tile = task % (cut->tiles_m * cut->tiles_n), item = task / (cut->tiles_m * cut->tiles_n);
    int64_t outer = item / g->batch_inner, inner = item % g->batch_inner;
    const float *a = g->a + outer * g->a_outer + inner * g->a_inner, *b = g->b + outer * g->b_outer + inner * g->b_inner;
    float *c = g->c + outer * g->c_outer + inner * g->c_inner;
    int64_t i0 = tile % cut->tiles_m * cut->tile_m, j0 = tile / cut->tiles_m * cut->tile_n;
    int64_t rows = ck_min(cut->tile_m, g->m - i0), columns = ck_min(cut->tile_n, g->n - j0);
    float *packed_a = (float *)(((uintptr_t)workspace + 63) & ~(uintptr_t)63), *packed_b = packed_a + cut->tile_m * CK_CHUNK;
    int64_t panels = ck_ceil_div(rows, CK_MR), base = rows / panels, extra = rows % panels;
    for (int64_t segment = 0; segment < g->segments; segment++)
        for (int64_t k = 0; k < g->k; k += CK_CHUNK) {
            int64_t kc = ck_min(CK_CHUNK, g->k - k);
            float *to = packed_a;
            for (int64_t p = 0, i = 0; p < panels; p++) {
                int64_t height = base + (p < extra);
                ck_pack_a(g, a, to, i0 + i, height, segment, k, kc);
                to += height * kc;
                i += height;
            }
            to = packed_b;
            for (int64_t j = 0; j < columns; j += CK_NR) {
                int64_t live = ck_min(CK_NR, columns - j), width = live > CK_VW ? CK_NR : CK_VW;
                ck_pack_b(g, b, to, j0 + j, live, width, segment, k, kc);
                to += width * kc;
            }
            int first = segment == 0 && k == 0, last = segment == g->segments - 1 && k + kc == g->k;
            ck_gemm_chunk(g, packed_a, packed_b, c, i0, rows, j0, columns, kc, g->accumulate || !first, last);
        }
}

/// The whole product on the calling worker.
static void ck_gemm_here(const struct ck_gemm *g, void *workspace) {
    struct ck_gemm_cut cut = CK_NAME(gemm_cut)(g);
    for (int64_t t = 0; t < cut.tasks; t++) CK_NAME(gemm_task)(g, &cut, t, workspace);
}
