// Matrix products by rule 2 of the contract: chunks of 256 along the inner index, each a chain from +0, added in ascending
// order. Chunks do not depend on each other, so each is a block's work, whatever the shape; only adding has an order.
//
// - Alone: one chunk; its block stores C.
// - Turns: blocks draw tickets, chunk after chunk; a block adds its chains to C when all earlier chunks of its tile have
//   been added. Whoever it waits for has drawn before, so it runs or has ended: there is no deadlock, and who comes when
//   leaves no trace.
// - Scratch: chains are laid down apart, and `product_combine` adds them.
#pragma once
#include "chain.h"
#include "product_loader.h"

DEVICE float4 added(float4 a, float4 b) { return float4{a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w}; }

/// Where column `j` of C lies.
DEVICE int64_t column_place(const cu_product &g, int j) {
    int group = j / g.group;
    return group * g.c_group + (j - group * g.group);
}

/// (old + chain) + biases in that order, for one value of C.
DEVICE float biased(const cu_product &g, float v, int i, int j) {
    if (g.bias_row) v = v + g.bias_row[i];
    if (g.bias_column) v = v + g.bias_column[j];
    return v;
}

/// As much for four columns from `j` on.
DEVICE float4 biased(const cu_product &g, float4 v, int i, int j) {
    if (g.bias_row) {
        float b = g.bias_row[i];
        v = added(v, float4{b, b, b, b});
    }
    if (g.bias_column) {
        const float *b = g.bias_column + j;
        v = added(v, float4{b[0], b[1], b[2], b[3]});
    }
    return v;
}

/// WM × WN warps of LM × 32/LM threads, each with TM × TN outputs in quads.
template <int WM, int WN, int LM, int TM, int TN, Way A_WAY, Way B_WAY, class Distance = int,
          class Chain = FusedChain<TM, TN>>
struct ProductTile {
    static constexpr int LN = 32 / LM;
    static constexpr int BM = WM * LM * TM, BN = WN * LN * TN, THREADS = WM * WN * 32;
    static constexpr int DEPTH = CU_PRODUCT_DEPTH, STAGES = CU_PRODUCT_STAGES;
    using A = Loader<A_WAY, BM, THREADS, Distance>;
    using B = Loader<B_WAY, BN, THREADS, Distance>;
    static constexpr int STAGE = DEPTH * (A::PITCH + B::PITCH);

    /// What a thread reads of one inner index of a tile in shared memory.
    struct Fragment {
        float x[TM], y[TN];

        MEMBER Fragment(const float *a, const float *b) {
            UNROLL for (int i = 0; i < TM; i += 4) {
                float4 v = *(const float4 *)(a + i * LM);
                x[i] = v.x, x[i + 1] = v.y, x[i + 2] = v.z, x[i + 3] = v.w;
            }
            UNROLL for (int j = 0; j < TN; j += 4) {
                float4 v = *(const float4 *)(b + j * LN);
                y[j] = v.x, y[j + 1] = v.y, y[j + 2] = v.z, y[j + 3] = v.w;
            }
        }
    };
    MEMBER static void step(Chain &chain, const float *a, const float *b) {
        Fragment both(a, b);
        chain.add(both.x, both.y);
    }

    /// What a block computes, by its number: chunk after chunk, in each product after product, tile after tile.
    struct Part {
        int chunk, at, item, outer, inner, m0, n0;
        MEMBER Part(const cu_product &g, int number) {
            int tiles = g.tiles_m * g.tiles_n, tile;
            chunk = number / (tiles * g.items);
            at = number - chunk * (tiles * g.items);
            item = at / tiles;
            tile = at - item * tiles;
            outer = item / g.batch_inner;
            inner = item - outer * g.batch_inner;
            m0 = tile % g.tiles_m * BM;
            n0 = tile / g.tiles_m * BN;
        }
        /// Where an operand's segment begins.
        MEMBER const float *start_of(const cu_operand &x, int segment) const {
            return x.p + segment * x.segment + outer * x.outer + inner * x.inner;
        }
    };

    MEMBER static void run(const cu_product &g) {
        SHARED(shared);
        Distance *slice_a = (Distance *)shared, *slice_b = (Distance *)(shared + A::SLICE);
        float *stages = shared + A::SLICE + B::SLICE, *const past = stages + STAGES * STAGE;
        int *number = (int *)past;
        if (g.turns) {
            if (draw(g.turns, number) == (int)gridDim.x - 1 && threadIdx.x == 0) *g.turns = 0;
        } else {
            if (threadIdx.x == 0) *number = blockIdx.x;
            SYNC();
        }
        int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
        int row = warp % WM * LM * TM + lane / LN * 4, column = warp / WM * LN * TN + lane % LN * 4, depth;
        bool live;
        A a;
        B b;
        {
            Part part(g, *number);
            int of_segment = (g.k + CU_CHUNK - 1) / CU_CHUNK, segment = part.chunk / of_segment;
            int from = part.chunk % of_segment * CU_CHUNK, end = least(from + CU_CHUNK, g.k);
            a.start(g.a, part.start_of(g.a, segment), part.m0, g.m, from, end, slice_a);
            b.start(g.b, part.start_of(g.b, segment), part.n0, g.n, from, end, slice_b);
            live = part.m0 + row < g.m && part.n0 + column < g.n;
            depth = end - from;
        }
        if (A::SLICED || B::SLICED) SYNC();
        int full = depth / DEPTH, count = (depth + DEPTH - 1) / DEPTH, t = 0;

        // Tiles 0 … STAGES − 2 are on their way; of a staged operand the last of them is in registers.
        UNROLL for (int s = 0; s < STAGES - 1; s++) {
            if (s > 0) {
                a.put(stages + (s - 1) * STAGE);
                b.put(stages + (s - 1) * STAGE + DEPTH * A::PITCH);
            }
            if (s < count) {
                a.template fetch<false>(stages + s * STAGE, slice_a, s);
                b.template fetch<false>(stages + s * STAGE + DEPTH * A::PITCH, slice_b, s);
            }
            fetch_commit();
        }
        Chain chain;
        chain.begin();
        // The thread's own places in the tile that is computed, and where the tiles before and after it go.
        const float *x = stages + row, *y = stages + DEPTH * A::PITCH + column;
        float *into = stages + (STAGES - 1) * STAGE, *before = stages + (STAGES - 2) * STAGE;
        // While whole tiles are to be fetched. What the chain wants first is read first: the rest fills the time until it
        // is there.
        NO_UNROLL for (; t + STAGES - 1 < full; t++) {
            fetch_wait<STAGES - 2>();
            SYNC();
            if (live) {
                Fragment first(x, y);
                a.put(before);
                b.put(before + DEPTH * A::PITCH);
                a.template fetch<true>(into, slice_a, t + STAGES - 1);
                b.template fetch<true>(into + DEPTH * A::PITCH, slice_b, t + STAGES - 1);
                fetch_commit();
                chain.add(first.x, first.y);
                UNROLL for (int k = 1; k < DEPTH; k++) step(chain, x + k * A::PITCH, y + k * B::PITCH);
            } else {
                a.put(before);
                b.put(before + DEPTH * A::PITCH);
                a.template fetch<true>(into, slice_a, t + STAGES - 1);
                b.template fetch<true>(into + DEPTH * A::PITCH, slice_b, t + STAGES - 1);
                fetch_commit();
            }
            before = into;
            into = into + STAGE == past ? stages : into + STAGE;
            int ahead = t % STAGES == STAGES - 1 ? (1 - STAGES) * STAGE : STAGE;
            x += ahead;
            y += ahead;
        }
        NO_UNROLL for (; t < count; t++) {
            fetch_wait<STAGES - 2>();
            SYNC();
            a.put(before);
            b.put(before + DEPTH * A::PITCH);
            if (t + STAGES - 1 < count) {
                a.template fetch<false>(into, slice_a, t + STAGES - 1);
                b.template fetch<false>(into + DEPTH * A::PITCH, slice_b, t + STAGES - 1);
            }
            fetch_commit();
            int left = live ? depth - t * DEPTH : 0;
            if (left >= DEPTH) {
                UNROLL for (int k = 0; k < DEPTH; k++) step(chain, x + k * A::PITCH, y + k * B::PITCH);
            } else {
                NO_UNROLL for (int k = 0; k < left; k++) step(chain, x + k * A::PITCH, y + k * B::PITCH);
            }
            before = into;
            into = into + STAGE == past ? stages : into + STAGE;
            int ahead = t % STAGES == STAGES - 1 ? (1 - STAGES) * STAGE : STAGE;
            x += ahead;
            y += ahead;
        }
        // The block's part is worked out again, for registers are few in the loops above.
        Part part(g, *number);
        if (g.scratch) {
            float *to = g.scratch + ((int64_t)part.chunk * g.items + part.item) * g.m * g.pitch;
            lay(g, chain, to, part.m0 + row, part.n0 + column);
            return;
        }
        int *turn = g.turns + 1 + part.at;
        if (g.turns) wait_turn(turn, part.chunk);
        float *c = g.c + part.outer * g.c_outer + part.inner * g.c_inner;
        bool add = g.accumulate || part.chunk > 0, last = part.chunk == g.chunks - 1;
        if (g.aligned) store(g, chain, c, add, last, part.m0 + row, part.n0 + column);
        else store_each(g, chain, c, add, last, part.m0, part.n0, row, stages);
        if (g.turns) pass_turn(turn, last ? 0 : part.chunk + 1);
    }

    /// Where the i-th of a thread's rows lies.
    MEMBER static int place_of(int i) { return i / 4 * 4 * LM + i % 4; }

    /// Chains into the scratch.
    MEMBER static void lay(const cu_product &g, const Chain &chain, float *to, int row, int column) {
        UNROLL for (int j = 0; j < TN; j += 4)
            UNROLL for (int i = 0; i < TM; i++) {
                int r = row + place_of(i), c = column + j * LN;
                if (r < g.m && c < g.n) *(float4 *)(to + (int64_t)r * g.pitch + c) = chain.quad(i, j);
            }
    }
    /// Chains into C by quads.
    MEMBER static void store(const cu_product &g, const Chain &chain, float *c, bool add, bool last, int row, int column) {
        // Several quads are asked for at once: one wait for memory, not one for each.
        constexpr int BATCH = TM * TN > 64 ? 8 : 4;
        UNROLL for (int jq = 0; jq < TN; jq += 4) {
            int j = column + jq * LN;
            if (j >= g.n) continue;
            float *to = c + column_place(g, j);
            UNROLL for (int i0 = 0; i0 < TM; i0 += BATCH) {
                float4 old[BATCH];
                if (add)
                    UNROLL for (int i = 0; i < BATCH; i++) {
                        int r = row + place_of(i0 + i);
                        if (r < g.m) old[i] = load4_far(to + r * g.ldc);
                    }
                UNROLL for (int i = 0; i < BATCH; i++) {
                    int r = row + place_of(i0 + i);
                    if (r >= g.m) continue;
                    float4 v = chain.quad(i0 + i, jq);
                    if (add) v = added(old[i], v);
                    if (last) v = biased(g, v, r, j);
                    store4_far(to + r * g.ldc, v);
                }
            }
        }
    }
    /// Chains into C value by value, by way of shared memory, a part of the columns at a time.
    MEMBER static void store_each(const cu_product &g, const Chain &chain, float *c, bool add, bool last, int m0, int n0,
                                  int row, float *area) {
        constexpr int ACROSS = LN * 4, WIDTH = WN * ACROSS, PITCH = WIDTH + 4, BATCH = 4;
        static_assert(BM * PITCH <= STAGES * STAGE && BM * WIDTH % (THREADS * BATCH) == 0, "a part fits into the stages");
        int own = threadIdx.x / 32 / WM * ACROSS + threadIdx.x % LN * 4;
        UNROLL for (int jq = 0; jq < TN; jq += 4) {
            SYNC();
            UNROLL for (int i = 0; i < TM; i++) *(float4 *)(area + (row + place_of(i)) * PITCH + own) = chain.quad(i, jq);
            SYNC();
            NO_UNROLL for (int first = threadIdx.x; first < BM * WIDTH; first += THREADS * BATCH) {
                float v[BATCH], old[BATCH];
                float *to[BATCH];
                int i[BATCH], j[BATCH];
                UNROLL for (int x = 0; x < BATCH; x++) {
                    int line = (first + x * THREADS) / WIDTH, at = (first + x * THREADS) % WIDTH;
                    v[x] = area[line * PITCH + at];
                    i[x] = m0 + line;
                    j[x] = n0 + at / ACROSS * LN * TN + jq * LN + at % ACROSS;
                    to[x] = i[x] < g.m && j[x] < g.n ? c + i[x] * g.ldc + column_place(g, j[x]) : 0;
                    if (add && to[x]) old[x] = load_far(to[x]);
                }
                UNROLL for (int x = 0; x < BATCH; x++) {
                    if (!to[x]) continue;
                    if (add) v[x] = old[x] + v[x];
                    store_far(to[x], last ? biased(g, v[x], i[x], j[x]) : v[x]);
                }
            }
        }
    }
};

/// C from the chains in the scratch, in ascending order of chunks.
ENTRY(product_combine, cu_product, 256, 1) {
    int quads = g.pitch / 4;
    int64_t all = (int64_t)g.items * g.m * g.pitch;
    EACH(x, all / 4) {
        int64_t line = x / quads;
        int j = (int)(x - line * quads) * 4, item = (int)(line / g.m), i = (int)(line - (int64_t)item * g.m);
        const float *from = g.scratch + x * 4;
        float *row = g.c + item / g.batch_inner * g.c_outer + item % g.batch_inner * g.c_inner + i * g.ldc;
        if (g.aligned) {
            float *to = row + column_place(g, j);
            float4 v = *(const float4 *)from;
            if (g.accumulate) v = added(*(const float4 *)to, v);
            UNROLL_4 for (int chunk = 1; chunk < g.chunks; chunk++) v = added(v, *(const float4 *)(from + chunk * all));
            *(float4 *)to = biased(g, v, i, j);
        } else {
            for (int at = 0; at < 4 && j + at < g.n; at++) {
                float *to = row + column_place(g, j + at), y = from[at];
                if (g.accumulate) y = *to + y;
                UNROLL_4 for (int chunk = 1; chunk < g.chunks; chunk++) y = y + from[chunk * all + at];
                *to = biased(g, y, i, j + at);
            }
        }
    }
}

/// The large tile: 128 rows by 64 columns, 64 threads with 16 × 8 outputs each.
#define LARGE(NAME, A, B) \
    ENTRY(product_large_##NAME, cu_product, 64, CU_LARGE_BLOCKS) { ProductTile<1, 2, 8, 16, 8, A, B>::run(g); }
/// The wide tile: 64 rows by 128 columns, for results of few rows; threads as in the large one.
#define WIDE(NAME, A, B) \
    ENTRY(product_wide_##NAME, cu_product, 64, CU_LARGE_BLOCKS) { ProductTile<1, 2, 4, 16, 8, A, B>::run(g); }
/// The small tile: 64 by 64, 64 threads with 8 × 8 outputs. Some ways want more registers: fewer blocks at once.
#define SMALL(NAME, A, B, BLOCKS) \
    ENTRY(product_small_##NAME, cu_product, 64, BLOCKS) { ProductTile<2, 1, 4, 8, 8, A, B>::run(g); }

LARGE(k4_k4, K4, K4)
LARGE(k4_i4, K4, I4)
LARGE(i4_i4, I4, I4)
LARGE(k4_k1, K4, K1)
LARGE(k4_i1, K4, I1)
LARGE(i4_i1, I4, I1)
WIDE(i4_i4, I4, I4)
WIDE(k4_k1, K4, K1)
WIDE(i4_i1, I4, I1)
SMALL(k4_k4, K4, K4, CU_SMALL_BLOCKS)
SMALL(k4_i4, K4, I4, 8)
SMALL(i4_i4, I4, I4, 8)
SMALL(k4_k1, K4, K1, CU_SMALL_BLOCKS)
SMALL(k4_i1, K4, I1, CU_SMALL_BLOCKS)
SMALL(i4_i1, I4, I1, CU_SMALL_BLOCKS)
SMALL(k1_k1, K1, K1, CU_SMALL_BLOCKS)
SMALL(k1_i1, K1, I1, CU_SMALL_BLOCKS)
SMALL(i1_i1, I1, I1, 8)
/// For operands whose neighbours lie too far apart for 32 bits.
ENTRY(product_far, cu_product, 64, CU_SMALL_BLOCKS) { ProductTile<2, 1, 4, 8, 8, K1, K1, int64_t>::run(g); }
#undef LARGE
#undef WIDE
#undef SMALL
