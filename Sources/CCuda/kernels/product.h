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

/// A row's quad of C: y = (old + chain) + biases, in that order.
DEVICE float4 added(float4 a, float4 b) { return float4{a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w}; }

/// The places of four neighbouring columns of C, of which `live` are there.
struct Columns {
    int64_t at[4];
    int live;
    bool aligned;

    MEMBER Columns(const cu_product &g, int column) {
        live = least(4, g.n - column);
        aligned = g.aligned;
        UNROLL for (int x = 0; x < 4; x++) {
            int j = least(column + x, g.n - 1), group = j / g.group;
            at[x] = group * g.c_group + (j - group * g.group);
            if (aligned) break;
        }
    }
    MEMBER float4 read(const float *row) const {
        if (aligned) return load4_far(row + at[0]);
        float v[4];
        UNROLL for (int x = 0; x < 4; x++) v[x] = x < live ? load_far(row + at[x]) : 0;
        return float4{v[0], v[1], v[2], v[3]};
    }
    MEMBER void write(float *row, float4 v) const {
        if (aligned) {
            store4_far(row + at[0], v);
            return;
        }
        float y[4] = {v.x, v.y, v.z, v.w};
        UNROLL for (int x = 0; x < 4; x++)
            if (x < live) store_far(row + at[x], y[x]);
    }
};

/// The biases of a row and of four columns are added last.
DEVICE float4 biased(const cu_product &g, float4 v, int i, int j, int live) {
    if (g.bias_row) {
        float b = g.bias_row[i];
        v = added(v, float4{b, b, b, b});
    }
    if (g.bias_column) {
        float b[4];
        UNROLL for (int x = 0; x < 4; x++) b[x] = x < live ? g.bias_column[j + x] : 0;
        v = added(v, float4{b[0], b[1], b[2], b[3]});
    }
    return v;
}

/// WM × WN warps of 32 threads, each with TM × TN outputs in quads.
template <int WM, int WN, int TM, int TN, Way A_WAY, Way B_WAY, class Distance = int, class Chain = FusedChain<TM, TN>>
struct ProductTile {
    static constexpr int LM = TM > TN ? 8 : 4, LN = 32 / LM;
    static constexpr int BM = WM * LM * TM, BN = WN * LN * TN, THREADS = WM * WN * 32;
    static constexpr int DEPTH = CU_PRODUCT_DEPTH, STAGES = CU_PRODUCT_STAGES;
    using A = Loader<A_WAY, BM, THREADS, Distance>;
    using B = Loader<B_WAY, BN, THREADS, Distance>;
    static constexpr int STAGE = DEPTH * (A::PITCH + B::PITCH);

    /// One inner index of a tile in shared memory.
    MEMBER static void step(Chain &chain, const float *a, const float *b) {
        float x[TM], y[TN];
        UNROLL for (int i = 0; i < TM; i += 4) {
            float4 v = *(const float4 *)(a + i * LM);
            x[i] = v.x, x[i + 1] = v.y, x[i + 2] = v.z, x[i + 3] = v.w;
        }
        UNROLL for (int j = 0; j < TN; j += 4) {
            float4 v = *(const float4 *)(b + j * LN);
            y[j] = v.x, y[j + 1] = v.y, y[j + 2] = v.z, y[j + 3] = v.w;
        }
        chain.add(x, y);
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
        int count = (depth + DEPTH - 1) / DEPTH;

        // Tiles 0 … STAGES − 2 are on their way; of a staged operand the last of them is in registers.
        UNROLL for (int s = 0; s < STAGES - 1; s++) {
            if (A::STAGED && s > 0) a.put(stages + (s - 1) * STAGE);
            if (B::STAGED && s > 0) b.put(stages + (s - 1) * STAGE + DEPTH * A::PITCH);
            if (s < count) {
                a.fetch(stages + s * STAGE, slice_a, s);
                b.fetch(stages + s * STAGE + DEPTH * A::PITCH, slice_b, s);
            }
            fetch_commit();
        }
        Chain chain;
        chain.begin();
        float *now = stages, *into = stages + (STAGES - 1) * STAGE, *before = stages + (STAGES - 2) * STAGE;
        NO_UNROLL for (int t = 0; t < count; t++) {
            fetch_wait<STAGES - 2>();
            SYNC();
            if (A::STAGED) a.put(before);
            if (B::STAGED) b.put(before + DEPTH * A::PITCH);
            if (t + STAGES - 1 < count) {
                a.fetch(into, slice_a, t + STAGES - 1);
                b.fetch(into + DEPTH * A::PITCH, slice_b, t + STAGES - 1);
            }
            fetch_commit();
            const float *x = now + row, *y = now + DEPTH * A::PITCH + column;
            int left = depth - t * DEPTH;
            if (live) {
                if (left >= DEPTH) {
                    UNROLL for (int k = 0; k < DEPTH; k++) step(chain, x + k * A::PITCH, y + k * B::PITCH);
                } else {
                    NO_UNROLL for (int k = 0; k < left; k++) step(chain, x + k * A::PITCH, y + k * B::PITCH);
                }
            }
            before = into;
            now = now + STAGE == past ? stages : now + STAGE;
            into = into + STAGE == past ? stages : into + STAGE;
        }
        // The block's part is worked out again, for registers are few in the loop above.
        Part part(g, *number);
        row += part.m0;
        column += part.n0;
        if (g.scratch) {
            lay(g, chain, g.scratch + ((int64_t)part.chunk * g.items + part.item) * g.m * g.pitch, row, column);
            return;
        }
        int *turn = g.turns + 1 + part.at;
        if (g.turns) wait_turn(turn, part.chunk);
        float *c = g.c + part.outer * g.c_outer + part.inner * g.c_inner;
        bool last = part.chunk == g.chunks - 1;
        if (live) store(g, chain, c, g.accumulate || part.chunk > 0, last, row, column);
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
    /// Chains into C.
    MEMBER static void store(const cu_product &g, const Chain &chain, float *c, bool add, bool last, int row, int column) {
        // Several quads are asked for at once: one wait for memory, not one for each.
        constexpr int BATCH = TM * TN > 64 ? 8 : 4;
        UNROLL for (int jq = 0; jq < TN; jq += 4) {
            int j = column + jq * LN;
            if (j >= g.n) continue;
            Columns columns(g, j);
            UNROLL for (int i0 = 0; i0 < TM; i0 += BATCH) {
                float4 old[BATCH];
                if (add)
                    UNROLL for (int i = 0; i < BATCH; i++) {
                        int r = row + place_of(i0 + i);
                        if (r < g.m) old[i] = columns.read(c + r * g.ldc);
                    }
                UNROLL for (int i = 0; i < BATCH; i++) {
                    int r = row + place_of(i0 + i);
                    if (r >= g.m) continue;
                    float4 v = chain.quad(i0 + i, jq);
                    if (add) v = added(old[i], v);
                    if (last) v = biased(g, v, r, j, columns.live);
                    columns.write(c + r * g.ldc, v);
                }
            }
        }
    }
};

/// C from the chains in the scratch, in ascending order of chunks.
ENTRY(product_combine, cu_product, 256, 1) {
    int quads = g.pitch / 4;
    int64_t plane = (int64_t)g.m * g.pitch, all = plane * g.items;
    EACH(x, all / 4) {
        int64_t line = x / quads;
        int j = (int)(x - line * quads) * 4, item = (int)(line / g.m), i = (int)(line - (int64_t)item * g.m);
        const float *from = g.scratch + x * 4;
        float *row = g.c + item / g.batch_inner * g.c_outer + item % g.batch_inner * g.c_inner + i * g.ldc;
        Columns columns(g, j);
        float4 v = *(const float4 *)from;
        if (g.accumulate) v = added(columns.read(row), v);
        UNROLL_4 for (int chunk = 1; chunk < g.chunks; chunk++) v = added(v, *(const float4 *)(from + chunk * all));
        columns.write(row, biased(g, v, i, j, columns.live));
    }
}

/// The large tile: 128 rows by 64 columns, 64 threads with 16 × 8 outputs each.
#define LARGE(NAME, A, B) \
    ENTRY(product_large_##NAME, cu_product, 64, CU_LARGE_BLOCKS) { ProductTile<1, 2, 16, 8, A, B>::run(g); }
/// The small tile: 64 by 64, 64 threads with 8 × 8 outputs. Some ways want more registers: fewer blocks at once.
#define SMALL(NAME, A, B, BLOCKS) \
    ENTRY(product_small_##NAME, cu_product, 64, BLOCKS) { ProductTile<2, 1, 8, 8, A, B>::run(g); }

LARGE(k4_k4, K4, K4)
LARGE(k4_i4, K4, I4)
LARGE(i4_i4, I4, I4)
LARGE(k4_k1, K4, K1)
LARGE(k4_i1, K4, I1)
LARGE(i4_i1, I4, I1)
SMALL(k4_k4, K4, K4, CU_SMALL_BLOCKS)
SMALL(k4_i4, K4, I4, 8)
SMALL(i4_i4, I4, I4, 8)
SMALL(k4_k1, K4, K1, CU_SMALL_BLOCKS)
SMALL(k4_i1, K4, I1, 8)
SMALL(i4_i1, I4, I1, 8)
SMALL(k1_k1, K1, K1, CU_SMALL_BLOCKS)
SMALL(k1_i1, K1, I1, 8)
SMALL(i1_i1, I1, I1, 8)
/// For operands whose neighbours lie too far apart for 32 bits.
ENTRY(product_far, cu_product, 64, CU_SMALL_BLOCKS) { ProductTile<2, 1, 8, 8, K1, K1, int64_t>::run(g); }
#undef LARGE
#undef SMALL
