#pragma once
#include <stddef.h>
#include <stdint.h>

/// Scaled dot-product attention over [batch, tokens, heads · width] tensors, by rule 5 of the contract: keys are taken in
/// blocks of 256, each query with its running maximum and sum. NUMERICS.md, section 6, states the order.
struct ck_attention {
    const float *q, *k, *v;
    int64_t batch, heads, queries, keys, width;
    int64_t q_stride, kv_stride;  ///< elements between tokens (heads · width, or more for packed projections)
    float scale;
    int causal;  ///< query i sees keys 0…i
};

/// How the work is cut into tasks; any cut gives the same bits.
struct ck_attention_cut {
    int64_t range;     ///< queries of a forward task
    int64_t ranges;    ///< forward tasks of a head
    int64_t tasks;
    size_t workspace;  ///< bytes a worker needs
};

/// What the backward pass reads: the forward pass's inputs, result and statistics, and the result's gradient.
struct ck_attention_backward {
    const float *o, *statistics, *d_o;
    float *dq, *dk, *dv;
};

struct ck_attention_table {
    struct ck_attention_cut (*forward_cut)(const struct ck_attention *a, int64_t workers);
    /// `statistics` receives, per item and head, each query's maximum m (m + 0: no negative zero) and then each
    /// query's sum l: [batch, heads, 2, queries].
    void (*forward)(const struct ck_attention *a, const struct ck_attention_cut *cut, float *o, float *statistics,
                    int64_t task, void *workspace);
    struct ck_attention_cut (*backward_cut)(const struct ck_attention *a);
    /// One head: dq, dk, dv.
    void (*backward)(const struct ck_attention *a, const struct ck_attention_backward *b, int64_t task, void *workspace);
    /// Rows of n: softmax in place. The maximum, e = exp(x − max), Σ e by rule 4, e / Σ.
    void (*softmax_rows)(float *x, size_t rows, size_t n);
};
