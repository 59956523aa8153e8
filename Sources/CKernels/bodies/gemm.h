// The driver of a matrix product: tiles, chunks, blocks, panels.
#pragma once
#include "gemm_pack.h"

/// Rows of A that are packed at once: with a chunk's depth they take a part of the second-level cache.
#if CK_VECTOR_BITS == 512
#define CK_BLOCK_ROWS (16 * CK_MR)
#elif CK_VECTOR_BITS == 256
#define CK_BLOCK_ROWS (32 * CK_MR)
#else
#define CK_BLOCK_ROWS (24 * CK_MR)
#endif
/// Columns of B that are packed at once.
#define CK_BLOCK_COLUMNS 1024

CK_INLINE int64_t ck_min(int64_t a, int64_t b) { return a < b ? a : b; }
CK_INLINE int64_t ck_ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }

/// Cuts C into tiles. One worker takes tiles as large as its packed columns may be; several get a few tiles each, cut
/// where that costs the least packing, once the product is worth sharing.
static struct ck_gemm_cut CK_NAME(gemm_cut)(const struct ck_gemm *g, int64_t workers) {
    struct ck_gemm_cut cut;
    cut.tiles_m = 1;
    cut.tiles_n = ck_ceil_div(g->n, CK_BLOCK_COLUMNS);
    int64_t batch = g->batch_outer * g->batch_inner;
    double work = (double)g->m * (double)g->n * (double)g->k * (double)g->segments * (double)batch;
    int64_t wanted = workers == 1 || work < 1 << 18 ? 1 : work < 1 << 24 ? workers : 4 * workers;
    while (cut.tiles_m * cut.tiles_n * batch < wanted) {
        int64_t height = ck_ceil_div(g->m, cut.tiles_m), breadth = ck_ceil_div(g->n, cut.tiles_n);
        if (height >= breadth && height > CK_MR) cut.tiles_m++;
        else if (breadth > CK_NR) cut.tiles_n++;
        else if (height > CK_MR) cut.tiles_m++;
        else break;
    }
    cut.tile_m = ck_ceil_div(ck_ceil_div(g->m, cut.tiles_m), CK_MR) * CK_MR;
    cut.tile_n = ck_ceil_div(ck_ceil_div(g->n, cut.tiles_n), CK_NR) * CK_NR;
    cut.tiles_m = ck_ceil_div(g->m, cut.tile_m);
    cut.tiles_n = ck_ceil_div(g->n, cut.tile_n);
    cut.tasks = cut.tiles_m * cut.tiles_n * batch;
    int64_t rows = ck_min(CK_BLOCK_ROWS, cut.tile_m);
    cut.workspace = (size_t)((rows + cut.tile_n) * CK_CHUNK + CK_PACK_SLACK) * sizeof(float) + 256;
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

/// What a chunk needs to know about its place.
struct ck_place {
    float *c;
    int64_t i0, rows, j0, kc;
    int add, last;
};

/// The panel of columns j..<j+live against all rows of a block.
static void ck_gemm_panel(const struct ck_gemm *g, const struct ck_place *at, const float *a,
                          const struct ck_columns *b, int direct, int64_t j, int64_t live) {
    int64_t panels = ck_ceil_div(at->rows, CK_MR), base = at->rows / panels, extra = at->rows % panels;
    int64_t vectors = live > CK_VW ? 2 : 1, width = vectors * CK_VW, column = at->j0 + j;
    int64_t group = column / g->group_columns, last_group = (column + live - 1) / g->group_columns;
    int whole = live == width && group == last_group;
    for (int64_t p = 0, i = 0; p < panels; p++) {
        int64_t height = base + (p < extra), row = at->i0 + i;
        ck_micro_function kernel = ck_micro_kernels[height - 1][direct][vectors - 1];
        if (whole) {
            struct ck_store s = {at->c + group * g->c_group + row * g->ldc + column - group * g->group_columns, g->ldc,
                                 at->add, at->last && g->bias_row ? g->bias_row + row : 0,
                                 at->last && g->bias_column ? g->bias_column + column : 0};
            kernel(at->kc, a, b, &s);
        } else {
            float tile[CK_MR * CK_NR] __attribute__((aligned(64)));
            struct ck_store s = {tile, width, 0, 0, 0};
            kernel(at->kc, a, b, &s);
            ck_store_edge(g, tile, width, at->c, row, height, column, live, at->add, at->last);
        }
        a += height * at->kc;
        i += height;
    }
}

static void CK_NAME(gemm_task)(const struct ck_gemm *g, const struct ck_gemm_cut *cut, int64_t task, void *workspace) {
    int64_t tile = task % (cut->tiles_m * cut->tiles_n), item = task / (cut->tiles_m * cut->tiles_n);
    int64_t outer = item / g->batch_inner, inner = item % g->batch_inner;
    const float *a = g->a + outer * g->a_outer + inner * g->a_inner, *b = g->b + outer * g->b_outer + inner * g->b_inner;
    int64_t i0 = tile % cut->tiles_m * cut->tile_m, j0 = tile / cut->tiles_m * cut->tile_n;
    int64_t rows = ck_min(cut->tile_m, g->m - i0), columns = ck_min(cut->tile_n, g->n - j0);
    float *packed_b = (float *)(((uintptr_t)workspace + 63) & ~(uintptr_t)63), *packed_a = packed_b + cut->tile_n * CK_CHUNK;
    int64_t blocks = ck_ceil_div(rows, CK_BLOCK_ROWS), block_rows = ck_ceil_div(ck_ceil_div(rows, blocks), CK_MR) * CK_MR;
    int32_t offsets[CK_CHUNK];
    for (int64_t segment = 0; segment < g->segments; segment++)
        for (int64_t k = 0; k < g->k; k += CK_CHUNK) {
            struct ck_place at = {g->c + outer * g->c_outer + inner * g->c_inner, 0, 0, j0, ck_min(CK_CHUNK, g->k - k),
                                  g->accumulate || segment || k, segment == g->segments - 1 && k + CK_CHUNK >= g->k};
            ck_patch_offsets(g, offsets, k, at.kc);
            for (int64_t i = 0; i < rows; i += block_rows) {
                at.i0 = i0 + i;
                at.rows = ck_min(block_rows, rows - i);
                ck_pack_a_block(g, a, packed_a, at.i0, at.rows, segment, k, at.kc);
                if (i == 0 && g->b_kind == CK_B_ROWS)
                    ck_pack_b_rows(g, b, packed_b, j0, columns, segment, k, at.kc);
                float *panel = packed_b;
                for (int64_t j = 0; j < columns; j += CK_NR) {
                    int64_t live = ck_min(CK_NR, columns - j), width = live > CK_VW ? CK_NR : CK_VW;
                    struct ck_columns from = {panel, {0, 0}, offsets};
                    int direct = ck_patch_bases(g, b, j0 + j, live, from.base);
                    if (!direct) {
                        // A panel is packed right before its first use, while it is near.
                        if (i == 0) ck_pack_b(g, b, panel, j0 + j, live, width, segment, k, at.kc);
                        panel += width * at.kc;
                    }
                    ck_gemm_panel(g, &at, packed_a, &from, direct, j, live);
                }
            }
        }
}

/// The whole product on the calling worker.
static void ck_gemm_here(const struct ck_gemm *g, void *workspace) {
    struct ck_gemm_cut cut = CK_NAME(gemm_cut)(g, 1);
    for (int64_t t = 0; t < cut.tasks; t++) CK_NAME(gemm_task)(g, &cut, t, workspace);
}
