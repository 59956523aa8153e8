#pragma once
#include <stddef.h>
#include <stdint.h>

/// Scaled dot-product attention over [batch, tokens, heads · width] tensors, a head at a time, by rule 5:
/// S = Q·Kᵀ (rule 2), S·scale, row maximum, exp(S − max), row sum (rule 4), one division, O = P·V (rule 2).
struct ck_attention {
    const float *q, *k, *v;
    int64_t batch, heads, queries, keys, width;
    int64_t q_stride, kv_stride;  ///< elements between tokens (heads · width, or more for packed projections)
    float scale;
    int causal;  ///< query i sees keys 0…i
};

struct ck_attention_table {
    /// Bytes a worker needs for a forward or a backward task.
    size_t (*workspace)(const struct ck_attention *a);
    /// Number of forward tasks (head × block of queries).
    int64_t (*forward_tasks)(const struct ck_attention *a);
    void (*forward)(const struct ck_attention *a, float *o, int64_t task, void *workspace);
    /// One head: dq, dk, dv from do. Sums over queries run in chunks of 256.
    void (*backward)(const struct ck_attention *a, const float *d_o, float *dq, float *dk, float *dv, int64_t task,
                     void *workspace);
    /// Rows of n: softmax in place, with the same order as above.
    void (*softmax_rows)(float *x, size_t rows, size_t n);
};
