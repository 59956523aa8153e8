// Arguments of attention's kernels. Pointers are addresses of the device. NUMERICS.md, section 6, has the order of the sums.
#pragma once
#include "cu_types.h"

enum {
    CU_ATTENTION_TILE = 64,   ///< queries, or keys, that a block owns
    CU_ATTENTION_STEP = 256,  ///< keys, or queries, that it goes through at once: a chunk of rule 2
    CU_ATTENTION_THREADS = 128,
    CU_ATTENTION_SHARED_BYTES = 92672,
};

/// q and o [items, queries, heads · width], k and v [items, keys, heads · width]; tokens of q lie `q_stride` apart, those
/// of k and v `kv_stride`. A block of 128 threads takes 64 queries of a head: tiles · heads · items blocks.
struct cu_attention {
    const float *q, *k, *v;
    float *o;           ///< backward: read alone
    float *statistics;  ///< [items, heads, 2, queries]: each query's maximum, then each one's sum; backward: read alone
    int64_t q_stride, kv_stride;
    int32_t items, heads, queries, keys, width;
    float scale;
    int32_t causal;   ///< query i sees keys 0…i
    int32_t aligned;  ///< all rows begin at multiples of 16 bytes and have whole quads of numbers
};

/// The way back of `heads` heads of all items' from `first_head` on. Blocks for 64 keys each come first, then, where `ds` is
/// null, blocks for 64 queries each. If `parts` is null, a block takes its keys through all chunks of 256 queries and leaves
/// dk and dv. Otherwise there is a block for each chunk too (`chunks` of them, slowest), which leaves its chains in
/// parts[chunk][dk, dv], to be added up by `attention_add_parts`. Where `ds` is not null, it receives dS, [heads, keys,
/// ds_row], for `attention_queries`, a block for 64 queries each.
struct cu_attention_backward {
    struct cu_attention attention;
    const float *d_o;   ///< as o
    const float *rows;  ///< [2, items · heads · queries]: D = Σ dO·O, then 1 / l
    float *dq, *dk, *dv, *parts, *ds;
    int32_t chunks, first_head, heads;
    int32_t ds_row;  ///< queries, rounded up to a multiple of 4
};

/// rows [2, items · heads · queries] of `cu_attention_backward`. A block of 256 threads takes 16 queries of a head.
struct cu_attention_rows {
    const float *o, *d_o, *statistics;
    float *rows;
    int32_t items, heads, queries, width;
};

/// dk, then dv: what `chunks` chunks left in parts[chunk][dk, dv] is added up, ascending. `count` numbers each, `row` of
/// them a key; with a causal mask a key's first chunk is the one that it lies in.
struct cu_attention_parts {
    const float *parts;
    float *dk, *dv;
    int64_t count, row;
    int32_t chunks, keys, causal;
};

/// Rows of `width` numbers become their softmax. A block of 256 threads takes a row at a time.
struct cu_softmax_rows {
    float *x;
    int64_t rows, width;
};
