// Attention: a head at a time, scores of a block of queries held whole. No online softmax: a row's maximum, sum and
// division are those of the written formula, so the block size leaves no trace in the forward pass.
#pragma once
#include "../include/ck_attention.h"
#include "elementary.h"
#include "gemm.h"
#include "reduce.h"

/// Queries a forward task handles; in the backward pass one block is one chunk of the sums over queries.
#define CK_FORWARD_QUERIES 64

/// x[i] = exp(x[i]·1 − max) / Σ over the first `n` of a row, zero beyond up to `width`.
CK_INLINE void ck_softmax_row(float *x, size_t n, size_t width) {
    float max = x[0];
    for (size_t i = 1; i < n; i++) max = x[i] > max ? x[i] : max;
    v16f centre = ck_splat16(max);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) ck_store16(x + i, ck_exp16(ck_load16(x + i) - centre));
    if (i < n) ck_store_tail(x + i, ck_exp16(ck_load_tail(x + i, n - i) - centre), n - i);
    float sum = CK_NAME(sum)(x, n);
    for (i = 0; i < n; i++) x[i] = x[i] / sum;
    for (i = n; i < width; i++) x[i] = 0;
}

static void CK_NAME(softmax_rows)(float *x, size_t rows, size_t n) {
    for (size_t r = 0; r < rows; r++) ck_softmax_row(x + r * n, n, n);
}

static struct ck_gemm ck_plain(int64_t m, int64_t n, int64_t k) {
    struct ck_gemm g = {0};
    g.m = m, g.n = n, g.k = k, g.segments = 1, g.group_columns = n, g.batch_outer = 1, g.batch_inner = 1;
    return g;
}

/// Bytes that the products of a block of `rows` queries need.
static size_t ck_attention_products(const struct ck_attention *a, int64_t rows) {
    struct ck_gemm shapes[3] = {ck_plain(rows, a->keys, a->width), ck_plain(rows, a->width, a->keys),
                                ck_plain(a->keys, a->width, rows)};
    size_t most = 0;
    for (int i = 0; i < 3; i++) {
        size_t need = CK_NAME(gemm_cut)(&shapes[i]).workspace;
        if (need > most) most = need;
    }
    return most;
}

static size_t CK_NAME(attention_workspace)(const struct ck_attention *a) {
    // The last block is often shorter, and a smaller product may be cut into fewer but larger tiles.
    int64_t whole = ck_min(CK_CHUNK, a->queries);
    int64_t rows[4] = {whole, a->queries % CK_CHUNK, ck_min(CK_FORWARD_QUERIES, a->queries),
                       a->queries % CK_FORWARD_QUERIES};
    size_t most = 0;
    for (int i = 0; i < 4; i++) {
        size_t need = rows[i] ? ck_attention_products(a, rows[i]) : 0;
        if (need > most) most = need;
    }
    return most + (size_t)(2 * whole * a->keys) * sizeof(float) + 256;
}

/// probabilities[r, keys] of queries q0..<q0+rows.
static void ck_probabilities(const struct ck_attention *a, const float *q, const float *k, int64_t q0, int64_t rows,
                             float *probabilities, void *workspace) {
    struct ck_gemm g = ck_plain(rows, a->keys, a->width);
    g.a = q + q0 * a->q_stride, g.lda = a->q_stride, g.b = k, g.ldb = a->kv_stride, g.b_kind = CK_B_COLUMNS;
    g.c = probabilities, g.ldc = a->keys;
    ck_gemm_here(&g, workspace);
    for (int64_t r = 0; r < rows; r++) {
        float *row = probabilities + r * a->keys;
        int64_t live = a->causal && q0 + r + 1 < a->keys ? q0 + r + 1 : a->keys;
        for (int64_t i = 0; i < live; i++) row[i] = row[i] * a->scale;
        ck_softmax_row(row, (size_t)live, (size_t)a->keys);
    }
}

static int64_t CK_NAME(attention_forward_tasks)(const struct ck_attention *a) {
    return a->batch * a->heads * ck_ceil_div(a->queries, CK_FORWARD_QUERIES);
}

static void CK_NAME(attention_forward)(const struct ck_attention *a, float *o, int64_t task, void *workspace) {
    int64_t blocks = ck_ceil_div(a->queries, CK_FORWARD_QUERIES), block = task % blocks, head = task / blocks % a->heads;
    int64_t item = task / blocks / a->heads, q0 = block * CK_FORWARD_QUERIES;
    int64_t rows = ck_min(CK_FORWARD_QUERIES, a->queries - q0), stride = a->heads * a->width;
    const float *q = a->q + item * a->queries * a->q_stride + head * a->width;
    const float *k = a->k + item * a->keys * a->kv_stride + head * a->width;
    const float *v = a->v + item * a->keys * a->kv_stride + head * a->width;
    float *probabilities = (float *)workspace;
    void *rest = probabilities + rows * a->keys;
    ck_probabilities(a, q, k, q0, rows, probabilities, rest);
    struct ck_gemm g = ck_plain(rows, a->width, a->keys);
    g.a = probabilities, g.lda = a->keys, g.b = v, g.ldb = a->kv_stride;
    g.c = o + (item * a->queries + q0) * stride + head * a->width, g.ldc = stride;
    ck_gemm_here(&g, rest);
}

static void CK_NAME(attention_backward)(const struct ck_attention *a, const float *d_o, float *dq, float *dk, float *dv,
                                        int64_t task, void *workspace) {
    int64_t head = task % a->heads, item = task / a->heads, stride = a->heads * a->width;
    const float *q = a->q + item * a->queries * a->q_stride + head * a->width;
    const float *k = a->k + item * a->keys * a->kv_stride + head * a->width;
    const float *v = a->v + item * a->keys * a->kv_stride + head * a->width;
    int64_t q_at = item * a->queries * stride + head * a->width, k_at = item * a->keys * stride + head * a->width;
    int64_t most = ck_min(CK_CHUNK, a->queries);
    float *p = (float *)workspace, *ds = p + most * a->keys;
    void *rest = ds + most * a->keys;
    for (int64_t q0 = 0; q0 < a->queries; q0 += CK_CHUNK) {
        int64_t rows = ck_min(CK_CHUNK, a->queries - q0);
        const float *grad = d_o + q_at + q0 * stride;
        ck_probabilities(a, q, k, q0, rows, p, rest);
        struct ck_gemm g = ck_plain(a->keys, a->width, rows);  // dV += Pᵀ·dO
        g.a = p, g.lda = a->keys, g.a_kind = CK_A_COLUMNS, g.b = grad, g.ldb = stride;
        g.c = dv + k_at, g.ldc = stride, g.accumulate = q0 > 0;
        ck_gemm_here(&g, rest);
        g = ck_plain(rows, a->keys, a->width);  // dP = dO·Vᵀ
        g.a = grad, g.lda = stride, g.b = v, g.ldb = a->kv_stride, g.b_kind = CK_B_COLUMNS, g.c = ds, g.ldc = a->keys;
        ck_gemm_here(&g, rest);
        for (int64_t r = 0; r < rows; r++) {
            float *row = ds + r * a->keys, *probability = p + r * a->keys;
            float total = CK_NAME(dot)(row, probability, (size_t)a->keys);
            for (int64_t i = 0; i < a->keys; i++) row[i] = (probability[i] * (row[i] - total)) * a->scale;
        }
        g = ck_plain(rows, a->width, a->keys);  // dQ = dS·K
        g.a = ds, g.lda = a->keys, g.b = k, g.ldb = a->kv_stride, g.c = dq + q_at + q0 * stride, g.ldc = stride;
        ck_gemm_here(&g, rest);
        g = ck_plain(a->keys, a->width, rows);  // dK += dSᵀ·Q
        g.a = ds, g.lda = a->keys, g.a_kind = CK_A_COLUMNS, g.b = q + q0 * a->q_stride, g.ldb = a->q_stride;
        g.c = dk + k_at, g.ldc = stride, g.accumulate = q0 > 0;
        ck_gemm_here(&g, rest);
    }
}

static const struct ck_attention_table CK_NAME(attention) = {
    CK_NAME(attention_workspace), CK_NAME(attention_forward_tasks), CK_NAME(attention_forward), CK_NAME(attention_backward),
    CK_NAME(softmax_rows)};
