// Attention: backward, a head at a time. Pairs of a block of 256 keys and a chunk of 256 queries are computed again from
// the statistics of the forward pass; nothing of size queries × keys is kept.
#pragma once
#include "attention.h"

static struct ck_attention_cut CK_NAME(attention_backward_cut)(const struct ck_attention *a) {
    int64_t d = a->width, queries = ck_ceil_div(a->queries, CK_NR) * CK_NR, chunk = ck_min(CK_CHUNK, queries);
    int64_t keys = ck_ceil_div(ck_min(CK_CHUNK, a->keys), CK_NR) * CK_NR;
    int64_t chunks = ck_ceil_div(a->queries, CK_CHUNK);
    int64_t floats = 4 * chunks * (chunk * d + CK_PACK_SLACK) + queries * d + 2 * queries  // all queries, dQ, D, 1/l
                     + 5 * keys * d + CK_PACK_SLACK       // operands of a block of keys, dK, dV
                     + 2 * chunk * CK_NR + chunk * keys;  // P, dS of a panel, dSᵀ of a chunk
    struct ck_attention_cut cut = {0, 0, a->batch * a->heads, (size_t)floats * sizeof(float) + 16 * 64};
    return cut;
}

/// s[query][key] of a panel of keys becomes P = exp(s · scale − m) · (1 / l), and g, which is dP, becomes
/// dS = (P · (dP − D)) · scale.
static void ck_softmax_backward(const struct ck_attention *a, float *s, float *g, int64_t rows, int64_t query,
                                int64_t key, const float *m, const float *inverse, const float *sums) {
    v16f scale = ck_splat16(a->scale);
    for (int64_t x = 0; x < CK_NR; x += 16) {
        int masked = a->causal && key + x + 15 > query;
        for (int64_t r = 0; r < rows; r++) {
            float *at = s + r * CK_NR + x, *gradient = g + r * CK_NR + x;
            v16f p = ck_exp_single16(ck_load16(at) * scale - ck_splat16(m[r])) * ck_splat16(inverse[r]);
            if (masked) {
                v16i lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
                p = ck_select16(lanes <= (int32_t)(query + r - key - x), p, ck_splat16(0));
            }
            ck_store16(at, p);
            ck_store16(gradient, (p * (ck_load16(gradient) - ck_splat16(sums[r]))) * scale);
        }
    }
}

/// The panel g[query][key] laid into panels of queries, t[panel of queries][key from `first` on][query].
static void ck_spread_transposed(float *t, int64_t keys, int64_t first, int64_t live, const float *g, int64_t rows) {
    for (int64_t r = 0; r < rows; r += CK_NR)
        ck_pack_transposed(t + r * keys + first * CK_NR, CK_NR, g + r * CK_NR, CK_NR, ck_min(CK_NR, rows - r), live);
}

static void CK_NAME(attention_backward)(const struct ck_attention *a, const struct ck_attention_backward *b,
                                        int64_t task, void *workspace) {
    int64_t head = task % a->heads, item = task / a->heads, stride = a->heads * a->width, d = a->width;
    int64_t n = a->queries, queries = ck_ceil_div(n, CK_NR) * CK_NR, chunk = ck_min(CK_CHUNK, queries);
    int64_t block = ck_ceil_div(ck_min(CK_CHUNK, a->keys), CK_NR) * CK_NR, chunks = ck_ceil_div(n, CK_CHUNK);
    const float *q = a->q + item * n * a->q_stride + head * d, *m = b->statistics + task * 2 * n, *l = m + n;
    const float *k = a->k + item * a->keys * a->kv_stride + head * d, *v = a->v + item * a->keys * a->kv_stride + head * d;
    int64_t q_at = item * n * stride + head * d, k_at = item * a->keys * stride + head * d;
    const float *d_o = b->d_o + q_at, *o = b->o + q_at;
    float *at = workspace;
    float *q_rows = ck_take(&at, chunks * (chunk * d + CK_PACK_SLACK)), *g_rows = ck_take(&at, chunks * (chunk * d + CK_PACK_SLACK));
    float *q_columns = ck_take(&at, chunks * (chunk * d + CK_PACK_SLACK)), *g_columns = ck_take(&at, chunks * (chunk * d + CK_PACK_SLACK));
    float *dqt = ck_take(&at, queries * d), *sums = ck_take(&at, queries), *inverse = ck_take(&at, queries);
    float *kt = ck_take(&at, block * d), *vt = ck_take(&at, block * d), *k_columns = ck_take(&at, block * d + CK_PACK_SLACK);
    float *dkt = ck_take(&at, block * d), *dvt = ck_take(&at, block * d);
    float *s = ck_take(&at, chunk * CK_NR), *g = ck_take(&at, chunk * CK_NR), *dst = ck_take(&at, chunk * block);
    int64_t step = chunk * d + CK_PACK_SLACK;
    for (int64_t c = 0, i = 0; i < n; c++, i += CK_CHUNK) {
        int64_t rows = ck_min(CK_CHUNK, n - i);
        ck_rows_of_rows(q_rows + c * step, q + i * a->q_stride, a->q_stride, rows, d);
        ck_rows_of_rows(g_rows + c * step, d_o + i * stride, stride, rows, d);
        ck_rows_of_columns(q_columns + c * step, q + i * a->q_stride, a->q_stride, d, rows);
        ck_rows_of_columns(g_columns + c * step, d_o + i * stride, stride, d, rows);
    }
    for (int64_t i = 0; i < n; i++) {
        sums[i] = CK_NAME(dot)(d_o + i * stride, o + i * stride, (size_t)d);
        inverse[i] = 1.0f / l[i];
    }
    for (int64_t j = 0; j < a->keys; j += CK_CHUNK) {
        int64_t keys = ck_min(CK_CHUNK, a->keys - j);
        for (int64_t x = 0; x < keys; x += CK_NR) {
            int64_t live = ck_min(CK_NR, keys - x);
            ck_pack_transposed(kt + x * d, CK_NR, k + (j + x) * a->kv_stride, a->kv_stride, live, d);
            ck_pack_transposed(vt + x * d, CK_NR, v + (j + x) * a->kv_stride, a->kv_stride, live, d);
        }
        ck_rows_of_columns(k_columns, k + j * a->kv_stride, a->kv_stride, d, keys);
        // A chunk of queries that sees none of the block's keys takes no part.
        int64_t first = a->causal ? j : 0;
        if (first >= n) memset(dkt, 0, (size_t)(block * d) * sizeof(float)), memset(dvt, 0, (size_t)(block * d) * sizeof(float));
        for (int64_t i = first; i < n; i += CK_CHUNK) {
            int64_t rows = ck_min(CK_CHUNK, n - i), c = i / CK_CHUNK;
            for (int64_t x = 0; x < keys; x += CK_NR) {
                ck_panel_product(q_rows + c * step, rows, d, kt + x * d, s, 0);
                ck_panel_product(g_rows + c * step, rows, d, vt + x * d, g, 0);
                ck_softmax_backward(a, s, g, rows, i, j + x, m + i, inverse + i, sums + i);
                ck_panel_product(g_columns + c * step, d, rows, s, dvt + x * d, i > first);
                ck_panel_product(q_columns + c * step, d, rows, g, dkt + x * d, i > first);
                ck_spread_transposed(dst, keys, x, ck_min(CK_NR, keys - x), g, rows);
            }
            for (int64_t r = 0; r < rows; r += CK_NR)
                ck_panel_product(k_columns, d, keys, dst + r * keys, dqt + (i + r) * d, j > 0);
        }
        for (int64_t x = 0; x < keys; x += CK_NR) {
            int64_t live = ck_min(CK_NR, keys - x);
            ck_unpack(b->dk + k_at + (j + x) * stride, stride, dkt + x * d, live, d);
            ck_unpack(b->dv + k_at + (j + x) * stride, stride, dvt + x * d, live, d);
        }
    }
    for (int64_t r = 0; r < n; r += CK_NR)
        ck_unpack(b->dq + q_at + r * stride, stride, dqt + r * d, ck_min(CK_NR, n - r), d);
}

static const struct ck_attention_table CK_NAME(attention) = {
    CK_NAME(attention_forward_cut), CK_NAME(attention_forward), CK_NAME(attention_backward_cut),
    CK_NAME(attention_backward), CK_NAME(softmax_rows)};
