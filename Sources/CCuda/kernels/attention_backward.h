// Attention, backward, by section 6 of NUMERICS.md, fused. A block that owns 64 keys goes through the chunks of 256 queries
// for dk and dv, one that owns 64 queries through the blocks of 256 keys for dq; no block waits for another. Either both
// compute P and dS, seven products of a head's size, and nothing of size queries × keys lies in memory; or the first ones
// leave dS of a few heads, of a bounded size, for a second kernel that makes dq of it, five products.
#pragma once
#include "attention.h"

template <int WIDTH, template <int, int> class Chain> struct AttentionBackward {
    typedef AttentionTile<WIDTH, Chain> Tile;
    static constexpr int OWN = Tile::OWN, STEP = Tile::STEP;
    static constexpr unsigned long BYTES = 4 * (Tile::SCORES + Tile::STAGE + 6 * STEP);
    static_assert(BYTES <= CU_ATTENTION_SHARED_BYTES, "what the host asks for");

    static MEMBER void run(const cu_attention_backward &b) {
        const cu_attention &g = b.attention;
        int tiles = (g.keys + OWN - 1) / OWN;
        int64_t of_keys = (int64_t)tiles * b.heads * (b.parts ? b.chunks : 1), index = blockIdx.x;
        bool by_keys = index < of_keys;
        if (!by_keys) index -= of_keys, tiles = (g.queries + OWN - 1) / OWN;
        int tile = (int)(index % tiles), head = b.first_head + (int)(index / tiles % b.heads);
        // With a causal mask the first keys are seen by most queries, the last queries see most keys: they begin first.
        steps(b, head, (by_keys ? tile : tiles - 1 - tile) * OWN, by_keys, (int)(index / tiles / b.heads));
    }
    /// Either dk and dv of the 64 keys from `own` on, of chunk `part` of the queries alone if there are parts; or dq of the
    /// 64 queries from `own` on. Of an own row and one of the other side a step has s = P, then dS.
    static MEMBER void steps(const cu_attention_backward &b, int head, int own, bool by_keys, int part) {
        SHARED(attention_memory);
        const cu_attention &g = b.attention;
        float *s = attention_memory, *stage = s + Tile::SCORES;
        float *m = stage + Tile::STAGE, *inverse = m + STEP, *dots = inverse + STEP;
        int width = WIDTH > 0 ? WIDTH : g.width, item = head / g.heads, count = by_keys ? g.queries : g.keys;
        int64_t row = (int64_t)g.heads * width, at = head % g.heads * (int64_t)width, q0 = (int64_t)item * g.queries;
        int64_t k0 = (int64_t)item * g.keys;
        AttentionRows q = {g.q + q0 * g.q_stride + at, g.q_stride, g.queries};
        AttentionRows k = {g.k + k0 * g.kv_stride + at, g.kv_stride, g.keys};
        AttentionRows v = {g.v + k0 * g.kv_stride + at, g.kv_stride, g.keys};
        AttentionRows d_o = {b.d_o + q0 * row + at, row, g.queries};
        // Scores are a product of the first sides, dP one of the second.
        AttentionRows own_first = (by_keys ? k : q).from(own, OWN), own_second = (by_keys ? v : d_o).from(own, OWN);
        AttentionRows first = by_keys ? q : k, second = by_keys ? d_o : v;
        float *results[2] = {b.dv + (k0 + own) * row + at,
                             (by_keys ? b.dk + (k0 + own) * row : b.dq + (q0 + own) * row) + at};
        int begin = 0, end = count;
        if (g.causal && by_keys) begin = own / STEP * STEP;
        if (g.causal && !by_keys && own + OWN < end) end = own + OWN;
        if (by_keys && b.parts) {
            if (part * STEP < begin) return;
            begin = part * STEP, end = begin + 1;
            results[1] = b.parts + (part * 2 * (int64_t)g.items * g.keys + k0 + own) * row + at;
            results[0] = results[1] + (int64_t)g.items * g.keys * row;
        }
        float *ds = b.ds ? b.ds + ((int64_t)(head - b.first_head) * g.keys + own) * b.ds_row : 0;
        // Two turns a step, P's and dS's, by the same instructions.
        NO_UNROLL for (int turn = begin / STEP * 2; turn < (end + STEP - 1) / STEP * 2; turn++) {
            int phase = turn & 1, i = turn / 2 * STEP, rows = count - i < STEP ? count - i : STEP;
            SYNC();
            if (!phase) note(b, head, by_keys ? i : own, by_keys ? rows : own_first.count, by_keys, m, inverse, dots);
            Tile::between(phase ? own_second : own_first, (phase ? second : first).from(i, STEP), width, g.aligned, stage,
                          [&](int other, int mine, const float4 (&x)[4], int) {
                float square[4][4];
                UNROLL for (int n = 0; n < 4; n++) {
                    float4 &here = *(float4 *)(s + Tile::at(other + n, mine));
                    float y[4] = {x[n].x, x[n].y, x[n].z, x[n].w};
                    if (phase) {
                        float4 d = *(const float4 *)(dots + (by_keys ? (other + n) * 4 : mine));
                        const float p[4] = {here.x, here.y, here.z, here.w}, dot[4] = {d.x, d.y, d.z, d.w};
                        UNROLL for (int r = 0; r < 4; r++) y[r] = p[r] * (y[r] - dot[r]);
                    }
                    UNROLL for (int r = 0; r < 4; r++) square[r][n] = y[r] * g.scale;
                    here = float4{square[0][n], square[1][n], square[2][n], square[3][n]};
                }
                if (phase && ds && other < rows)
                    UNROLL for (int r = 0; r < 4; r++)
                        if (mine + r < own_first.count)
                            *(float4 *)(ds + (mine + r) * (int64_t)b.ds_row + i + other) =
                                float4{square[r][0], square[r][1], square[r][2], square[r][3]};
            });
            SYNC();
            if (!phase) {
                probabilities(s, rows, m, inverse, by_keys, g.causal, own - i);
                if (!by_keys) continue;
            }
            typename Tile::Target to = {results[phase], row, own_first.count, i == begin, 0, 0};
            Tile::through(s, (phase ? first : second).from(i, STEP), width, g.aligned, stage, to);
        }
    }
    /// Each query's m, 1 / l and D into shared memory; D four times if keys are the block's own.
    static MEMBER void note(const cu_attention_backward &b, int head, int first, int count, bool by_keys, float *m,
                            float *inverse, float *dots) {
        const cu_attention &g = b.attention;
        const float *statistics = g.statistics + (int64_t)head * 2 * g.queries + first;
        const float *rows = b.rows + (int64_t)head * g.queries + first;
        int64_t all = (int64_t)g.items * g.heads * g.queries;
        for (int i = threadIdx.x; i < count; i += Tile::THREADS) {
            float d = rows[i];
            m[i] = statistics[i], inverse[i] = rows[all + i];
            if (by_keys) *(float4 *)(dots + i * 4) = float4{d, d, d, d};
            else dots[i] = d;
        }
    }
    /// s becomes P = exp(S − m) · (1 / l), +0 where the query does not see the key; `ahead`: the first own row less the
    /// first of the other side.
    static MEMBER void probabilities(float *s, int rows, const float *m, const float *inverse, bool by_keys, bool causal,
                                     int ahead) {
        for (int x = threadIdx.x; x < rows * (OWN / 4); x += Tile::THREADS) {
            int other = x / (OWN / 4), own = (x % (OWN / 4) ^ (other >> 2 & 7)) * 4;
            float4 &here = *(float4 *)(s + x * 4);
            float y[4] = {here.x, here.y, here.z, here.w};
            UNROLL for (int r = 0; r < 4; r++) {
                int query = by_keys ? other : own + r, past = ahead + own + r - other;  // own row less the other
                y[r] = exp_below(y[r] - m[query]) * inverse[query];
                if (causal && (by_keys ? past > 0 : past < 0)) y[r] = 0;
            }
            here = float4{y[0], y[1], y[2], y[3]};
        }
    }
};

ENTRY(attention_backward_40, cu_attention_backward, 128, 2) { AttentionBackward<40, FusedChain>::run(g); }
ENTRY(attention_backward_64, cu_attention_backward, 128, 2) { AttentionBackward<64, FusedChain>::run(g); }
ENTRY(attention_backward_80, cu_attention_backward, 128, 2) { AttentionBackward<80, FusedChain>::run(g); }
ENTRY(attention_backward_160, cu_attention_backward, 128, 2) { AttentionBackward<160, FusedChain>::run(g); }
ENTRY(attention_backward_any, cu_attention_backward, 128, 2) { AttentionBackward<0, FusedChain>::run(g); }
ENTRY(attention_backward_wide, cu_attention_backward, 128, 2) { AttentionBackward<-1, FusedChain>::run(g); }

/// dq from dS, for 64 queries a block.
template <int WIDTH, template <int, int> class Chain> struct AttentionQueries {
    typedef AttentionTile<WIDTH, Chain> Tile;
    static constexpr int OWN = Tile::OWN, STEP = Tile::STEP;
    static_assert(4ul * (Tile::SCORES + Tile::STAGE) <= CU_ATTENTION_SHARED_BYTES, "what the host asks for");

    static MEMBER void run(const cu_attention_backward &b) {
        SHARED(attention_memory);
        const cu_attention &g = b.attention;
        float *s = attention_memory, *stage = s + Tile::SCORES;
        int tiles = (g.queries + OWN - 1) / OWN, tile = tiles - 1 - (int)(blockIdx.x % tiles), q0 = tile * OWN;
        int place = (int)(blockIdx.x / tiles), head = b.first_head + place, item = head / g.heads;
        int width = WIDTH > 0 ? WIDTH : g.width, rows = g.queries - q0 < OWN ? g.queries - q0 : OWN;
        int64_t row = (int64_t)g.heads * width, at = head % g.heads * (int64_t)width;
        AttentionRows k = {g.k + (int64_t)item * g.keys * g.kv_stride + at, g.kv_stride, g.keys};
        typename Tile::Target to = {b.dq + ((int64_t)item * g.queries + q0) * row + at, row, rows, true, 0, 0};
        const float *ds = b.ds + (int64_t)place * g.keys * b.ds_row + q0;
        int seen = g.causal && q0 + OWN < g.keys ? q0 + OWN : g.keys;
        NO_UNROLL for (int j = 0; j < seen; j += STEP) {
            AttentionRows keys = k.from(j, STEP);
            SYNC();
            for (int x = threadIdx.x; x < keys.count * (OWN / 4); x += Tile::THREADS) {
                int key = x / (OWN / 4), query = x % (OWN / 4) * 4;
                if (query < rows) fetch16(s + Tile::at(key, query), ds + (int64_t)(j + key) * b.ds_row + query);
            }
            to.first = j == 0;
            Tile::through(s, keys, width, g.aligned, stage, to);
        }
    }
};

ENTRY(attention_queries_40, cu_attention_backward, 128, 2) { AttentionQueries<40, FusedChain>::run(g); }
ENTRY(attention_queries_64, cu_attention_backward, 128, 2) { AttentionQueries<64, FusedChain>::run(g); }
ENTRY(attention_queries_80, cu_attention_backward, 128, 2) { AttentionQueries<80, FusedChain>::run(g); }
ENTRY(attention_queries_160, cu_attention_backward, 128, 2) { AttentionQueries<160, FusedChain>::run(g); }
ENTRY(attention_queries_any, cu_attention_backward, 128, 2) { AttentionQueries<0, FusedChain>::run(g); }

/// Each query's D = Σ dO·O by rule 4 over the head's width, sixteen threads its lanes, and 1 / l.
ENTRY(attention_rows, cu_attention_rows, 256, 4) {
    SHARED(row_memory);
    float *lanes = row_memory;
    int t = threadIdx.x, lane = t % 16;
    int64_t count = (int64_t)g.items * g.heads * g.queries;
    NO_UNROLL for (int64_t first = (int64_t)blockIdx.x * 16; first < count; first += (int64_t)gridDim.x * 16) {
        // Heads of a query are neighbours in memory.
        int64_t i = first + t / 16, token = i / g.heads, head = i % g.heads, item = token / g.queries;
        int64_t at = (item * g.heads + head) * g.queries + token % g.queries;
        float total = 0;
        NO_UNROLL for (int start = 0; start < g.width; start += 4096) {
            int end = start + 4096 < g.width ? start + 4096 : g.width;
            float sum = 0;
            if (i < count)
                for (int d = start + lane; d < end; d += 16) sum = sum + g.d_o[i * g.width + d] * g.o[i * g.width + d];
            lanes[t] = sum;
            SYNC();
            if (lane == 0) {
                float y[16];
                UNROLL for (int n = 0; n < 16; n++) y[n] = lanes[t + n];
                UNROLL for (int half = 8; half; half /= 2)
                    UNROLL for (int n = 0; n < half; n++) y[n] = y[n] + y[n + half];
                total = start ? total + y[0] : y[0];
            }
            SYNC();
        }
        if (lane == 0 && i < count) {
            const float *statistics = g.statistics + (item * g.heads + head) * 2 * g.queries + token % g.queries;
            g.rows[at] = total;
            g.rows[count + at] = 1.0f / statistics[g.queries];
        }
    }
}

/// dk and dv from the chunks' parts.
ENTRY(attention_add_parts, cu_attention_parts, 256, 4) {
    EACH(i, 2 * g.count) {
        int64_t at = i < g.count ? i : i - g.count;
        int first = g.causal ? (int)(at / g.row % g.keys / CU_ATTENTION_STEP) : 0;
        float y = g.parts[first * 2 * g.count + i];
        for (int c = first + 1; c < g.chunks; c++) y = y + g.parts[c * 2 * g.count + i];
        (i < g.count ? g.dk : g.dv)[at] = y;
    }
}
