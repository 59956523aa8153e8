// Attention: forward. Scores are computed transposed, [keys of a block][queries of a panel], so that softmax runs down the
// columns, a query a lane, and its result is the packed right operand of the product with V as it stands.
#pragma once
#include "attention_panels.h"
#include "elementary_single.h"
#include "reduce.h"

/// x[0…n) ← softmax.
CK_INLINE void ck_softmax_row(float *x, size_t n) {
    float max = x[0];
    for (size_t i = 1; i < n; i++) max = x[i] > max ? x[i] : max;
    v16f centre = ck_splat16(max);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) ck_store16(x + i, ck_exp_single16(ck_load16(x + i) - centre));
    if (i < n) ck_store_tail(x + i, ck_exp_single16(ck_load_tail(x + i, n - i) - centre), n - i);
    float sum = CK_NAME(sum)(x, n);
    for (i = 0; i < n; i++) x[i] = x[i] / sum;
}

static void CK_NAME(softmax_rows)(float *x, size_t rows, size_t n) {
    for (size_t r = 0; r < rows; r++) ck_softmax_row(x + r * n, n);
}

/// Forward tasks are ranges of whole panels of one head's queries.
static struct ck_attention_cut CK_NAME(attention_forward_cut)(const struct ck_attention *a, int64_t workers) {
    struct ck_attention_cut cut;
    int64_t wanted = workers == 1 ? 1 : 4 * workers, heads = a->batch * a->heads;
    cut.range = ck_ceil_div(ck_min(1024, a->queries), CK_NR) * CK_NR;
    while (cut.range > 4 * CK_NR && heads * ck_ceil_div(a->queries, cut.range) < wanted)
        cut.range = ck_ceil_div(cut.range / 2, CK_NR) * CK_NR;
    cut.ranges = ck_ceil_div(a->queries, cut.range);
    cut.tasks = heads * cut.ranges;
    int64_t keys = ck_min(CK_CHUNK, a->keys);
    int64_t floats = 2 * cut.range * a->width + 2 * cut.range + 2 * (keys * a->width + CK_PACK_SLACK) + keys * CK_NR;
    cut.workspace = (size_t)floats * sizeof(float) + 6 * 64;
    return cut;
}

CK_INLINE v16f ck_larger16(v16f a, v16f b) { return ck_select16(a > b, a, b); }

/// Keys of the block from `key` on that lane `lane`'s query sees.
CK_INLINE v16i ck_visible(int64_t query, int64_t key) {
    v16i lanes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    return lanes >= (int32_t)(key - query);
}

/// The largest of scores · scale down each lane's column.
CK_INLINE v16f ck_largest_score(const float *e, int64_t keys, v16f scale) {
    v16f a = ck_splat16(-__builtin_inff()), b = a, c = a, d = a;
    int64_t k = 0;
    for (; k + 4 <= keys; k += 4, e += 4 * CK_NR) {
        a = ck_larger16(ck_load16(e) * scale, a);
        b = ck_larger16(ck_load16(e + CK_NR) * scale, b);
        c = ck_larger16(ck_load16(e + 2 * CK_NR) * scale, c);
        d = ck_larger16(ck_load16(e + 3 * CK_NR) * scale, d);
    }
    for (; k < keys; k++, e += CK_NR) a = ck_larger16(ck_load16(e) * scale, a);
    return ck_larger16(ck_larger16(a, b), ck_larger16(c, d));
}

/// e ← exp(e · scale − max) down each lane's column; four sums, of keys 0, 4, …, of keys 1, 5, … and so on, are added
/// (0 + 2) + (1 + 3).
CK_INLINE v16f ck_exponentials(float *e, int64_t keys, v16f scale, v16f max) {
    v16f sums[4] = {{0}, {0}, {0}, {0}};
    int64_t k = 0;
    for (; k + 4 <= keys; k += 4)
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++, e += CK_NR) {
            v16f y = ck_exp_single16(ck_load16(e) * scale - max);
            ck_store16(e, y);
            sums[i] = sums[i] + y;
        }
    for (int i = 0; k < keys; k++, i++, e += CK_NR) {
        v16f y = ck_exp_single16(ck_load16(e) * scale - max);
        ck_store16(e, y);
        sums[i] = sums[i] + y;
    }
    return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

/// One panel's scores e[key][query] of a block become exp(e · scale − m'), m' the new maximum; m and l are brought up to
/// date and `correction` receives exp(m − m').
static void ck_softmax_block(const struct ck_attention *a, float *e, int64_t keys, int64_t first_key, int64_t query,
                             int first, float *m, float *l, float *correction) {
    v16f scale = ck_splat16(a->scale);
    for (int64_t x = 0; x < CK_NR; x += 16) {
        // A score that is masked is −∞: its exponential is +0.
        if (a->causal && first_key + keys - 1 > query + x)
            for (int64_t k = 0; k < keys; k++) {
                float *at = e + k * CK_NR + x;
                v16i visible = ck_visible(query + x, first_key + k);
                ck_store16(at, ck_select16(visible, ck_load16(at), ck_splat16(-__builtin_inff())));
            }
        v16f old = ck_load16(m + x), max = ck_larger16(ck_largest_score(e + x, keys, scale), old);
        v16f sum = ck_exponentials(e + x, keys, scale, max);
        v16f rescale = first ? ck_splat16(0) : ck_exp_single16(old - max);
        ck_store16(correction + x, rescale);
        ck_store16(l + x, first ? sum : ck_load16(l + x) * rescale + sum);
        ck_store16(m + x, max);
    }
}

static void CK_NAME(attention_forward)(const struct ck_attention *a, const struct ck_attention_cut *cut, float *o,
                                       float *statistics, int64_t task, void *workspace) {
    int64_t range = task % cut->ranges, head = task / cut->ranges % a->heads, item = task / cut->ranges / a->heads;
    int64_t q0 = range * cut->range, rows = ck_min(cut->range, a->queries - q0), stride = a->heads * a->width;
    int64_t panels = ck_ceil_div(rows, CK_NR), d = a->width, block = ck_min(CK_CHUNK, a->keys);
    const float *q = a->q + (item * a->queries + q0) * a->q_stride + head * d;
    const float *k = a->k + item * a->keys * a->kv_stride + head * d, *v = a->v + item * a->keys * a->kv_stride + head * d;
    float *at = workspace, *qt = ck_take(&at, panels * CK_NR * d), *ot = ck_take(&at, panels * CK_NR * d);
    float *m = ck_take(&at, panels * CK_NR), *l = ck_take(&at, panels * CK_NR);
    float *kp = ck_take(&at, block * d + CK_PACK_SLACK), *vp = ck_take(&at, block * d + CK_PACK_SLACK);
    float *e = ck_take(&at, block * CK_NR), correction[CK_NR];
    for (int64_t p = 0; p < panels; p++) {
        int64_t live = ck_min(CK_NR, rows - p * CK_NR);
        ck_pack_transposed(qt + p * CK_NR * d, CK_NR, q + p * CK_NR * a->q_stride, a->q_stride, live, d);
    }
    for (int64_t i = 0; i < panels * CK_NR; i++) m[i] = -__builtin_inff();
    for (int64_t j = 0; j < a->keys && (!a->causal || j < q0 + rows); j += CK_CHUNK) {
        int64_t keys = ck_min(CK_CHUNK, a->keys - j);
        ck_rows_of_rows(kp, k + j * a->kv_stride, a->kv_stride, keys, d);
        ck_rows_of_columns(vp, v + j * a->kv_stride, a->kv_stride, d, keys);
        for (int64_t p = 0; p < panels; p++) {
            // Panels lie within blocks, so a query sees something of a block or its whole panel sees nothing.
            if (a->causal && j > q0 + p * CK_NR) continue;
            float *sum = ot + p * CK_NR * d;
            ck_panel_product(kp, keys, d, qt + p * CK_NR * d, e, 0);
            ck_softmax_block(a, e, keys, j, q0 + p * CK_NR, j == 0, m + p * CK_NR, l + p * CK_NR, correction);
            if (j > 0)
                for (int64_t i = 0; i < d; i++)
                    for (int64_t x = 0; x < CK_NR; x += 16) {
                        float *y = sum + i * CK_NR + x;
                        ck_store16(y, ck_load16(y) * ck_load16(correction + x));
                    }
            ck_panel_product(vp, d, keys, e, sum, j > 0);
        }
    }
    float *notes = statistics + (item * a->heads + head) * 2 * a->queries + q0;
    // + 0: which of several zeros is met first as the maximum shall not be told.
    for (int64_t i = 0; i < rows; i++) notes[i] = m[i] + 0.0f;
    memcpy(notes + a->queries, l, (size_t)rows * sizeof(float));
    for (int64_t p = 0; p < panels; p++) {
        float *sum = ot + p * CK_NR * d;
        for (int64_t i = 0; i < d; i++)
            for (int64_t x = 0; x < CK_NR; x += 16)
                ck_store16(sum + i * CK_NR + x, ck_load16(sum + i * CK_NR + x) / ck_load16(l + p * CK_NR + x));
        int64_t live = ck_min(CK_NR, rows - p * CK_NR);
        ck_unpack(o + (item * a->queries + q0 + p * CK_NR) * stride + head * d, stride, sum, live, d);
    }
}
