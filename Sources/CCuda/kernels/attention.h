// Attention, forward, by section 6 of NUMERICS.md. A block takes 64 queries of one head through blocks of 256 keys: scores,
// exponentials with their four sums (a query and two of its sums a thread), chain of e·V. The result that is not yet
// divided lies in o, where each thread finds its own numbers again.
#pragma once
#include "attention_tile.h"
#include "cu_attention.h"
#include "functions.h"

/// a > b ? a : b for a b that is no NaN; the sign of a zero is not told.
#ifdef __CUDACC_RTC__
DEVICE float larger(float a, float b) { return fmaxf(a, b); }
#else
DEVICE float larger(float a, float b) { return a > b ? a : b; }
#endif

template <int WIDTH, template <int, int> class Chain> struct AttentionForward {
    typedef AttentionTile<WIDTH, Chain> Tile;
    static constexpr int OWN = Tile::OWN, STEP = Tile::STEP;
    static constexpr unsigned long BYTES = 4 * (Tile::SCORES + Tile::STAGE + 16 * OWN + 7 * OWN);
    static_assert(BYTES <= CU_ATTENTION_SHARED_BYTES, "what the host asks for");

    static MEMBER void run(const cu_attention &g) {
        SHARED(attention_memory);
        float *s = attention_memory, *stage = s + Tile::SCORES, *peaks = stage + Tile::STAGE, *m = peaks + 16 * OWN;
        float *l = m + OWN, *correction = l + OWN, *sums = correction + OWN;
        int t = threadIdx.x, width = WIDTH > 0 ? WIDTH : g.width, tiles = (g.queries + OWN - 1) / OWN;
        // With a causal mask the last queries see most: they begin first.
        int q0 = (tiles - 1 - (int)(blockIdx.x % tiles)) * OWN, head = blockIdx.x / tiles % g.heads;
        int item = blockIdx.x / tiles / g.heads, rows = g.queries - q0 < OWN ? g.queries - q0 : OWN;
        int64_t row = (int64_t)g.heads * width, at = head * (int64_t)width;
        AttentionRows q = {g.q + ((int64_t)item * g.queries + q0) * g.q_stride + at, g.q_stride, rows};
        AttentionRows k = {g.k + (int64_t)item * g.keys * g.kv_stride + at, g.kv_stride, g.keys};
        AttentionRows v = {g.v + (int64_t)item * g.keys * g.kv_stride + at, g.kv_stride, g.keys};
        typename Tile::Target to = {g.o + ((int64_t)item * g.queries + q0) * row + at, row, rows, true, correction, 0};
        // Blocks of keys begin where blocks of queries do: one is seen by all of the tile's queries in part, or by none.
        int seen = g.causal && q0 + OWN < g.keys ? q0 + OWN : g.keys;
        if (t < OWN) m[t] = -INFINITY;
        NO_UNROLL for (int j = 0; j < seen; j += STEP) {
            int keys = g.keys - j < STEP ? g.keys - j : STEP;
            SYNC();
            scores(g, q, k.from(j, STEP), width, s, stage, peaks);
            SYNC();
            if (g.causal && j + keys > q0) {
                mask(s, keys, q0 - j, peaks);
                SYNC();
            }
            exponentials(s, keys, peaks, m, l, correction, sums, j == 0);
            to.first = j == 0;
            to.divisor = j + STEP >= seen ? l : 0;
            Tile::through(s, v.from(j, STEP), width, g.aligned, stage, to);
        }
        if (t < rows) {
            float *statistics = g.statistics + ((int64_t)item * g.heads + head) * 2 * g.queries + q0 + t;
            statistics[0] = m[t] + 0.0f;
            statistics[g.queries] = l[t];
        }
    }
    /// s[key][query] = (Σ k·q) · scale, and peaks[16][query]: the largest of a thread's keys. Behind the last key are copies
    /// of it, which change no maximum.
    static MEMBER void scores(const cu_attention &g, const AttentionRows &q, const AttentionRows &k, int width, float *s,
                              float *stage, float *peaks) {
        float peak[8];
        UNROLL for (int i = 0; i < 8; i++) peak[i] = -INFINITY;
        Tile::between(q, k, width, g.aligned, stage, [&](int key, int query, const float4 (&x)[4], int i) {
            UNROLL for (int n = 0; n < 4; n++) {
                float4 y = {x[n].x * g.scale, x[n].y * g.scale, x[n].z * g.scale, x[n].w * g.scale};
                peak[i * 4] = larger(y.x, peak[i * 4]), peak[i * 4 + 1] = larger(y.y, peak[i * 4 + 1]);
                peak[i * 4 + 2] = larger(y.z, peak[i * 4 + 2]), peak[i * 4 + 3] = larger(y.w, peak[i * 4 + 3]);
                *(float4 *)(s + Tile::at(key + n, query)) = y;
            }
        });
        int row = threadIdx.x / 32 % 2 * 32 + Tile::lane_row() * 4, line = threadIdx.x / 64 * 8 + Tile::lane_column();
        UNROLL for (int i = 0; i < 8; i++) peaks[line * OWN + row + i / 4 * 16 + i % 4] = peak[i];
    }
    /// Scores of keys that lie behind their query, `ahead` less than the first of the block, become −∞.
    static MEMBER void mask(float *s, int keys, int ahead, float *peaks) {
        int row = threadIdx.x % OWN, part = threadIdx.x / OWN;
        float peak = -INFINITY;
        NO_UNROLL for (int key = part; key < keys; key += 2) {
            float &score = s[Tile::at(key, row)];
            if (key > row + ahead) score = -INFINITY;
            peak = larger(score, peak);
        }
        for (int i = 0; i < 8; i++) peaks[(part * 8 + i) * OWN + row] = peak;
    }
    /// s becomes exp(s − m'); m, l and the correction exp(m − m') are brought up to date.
    static MEMBER void exponentials(float *s, int keys, const float *peaks, float *m, float *l, float *correction,
                                    float *sums, bool first) {
        int t = threadIdx.x, row = t % OWN, pair = t / OWN * 2, whole = keys / 4 * 4;
        float old = m[row], most = old, a = 0, b = 0;
        UNROLL for (int i = 0; i < 16; i++) most = larger(peaks[i * OWN + row], most);
        // Thirty-two keys are one round of the swizzle.
        int round = keys / 32 * 32;
        NO_UNROLL for (int key = 0; key < round; key += 32)
            UNROLL for (int i = pair, n = 0; n < 8; i += 4, n++) {
                a = a + replace(s[key * OWN + Tile::at(i, row)], most);
                b = b + replace(s[key * OWN + Tile::at(i + 1, row)], most);
            }
        NO_UNROLL for (int key = round + pair; key < whole; key += 4) {
            a = a + replace(s[Tile::at(key, row)], most);
            b = b + replace(s[Tile::at(key + 1, row)], most);
        }
        if (whole + pair < keys) a = a + replace(s[Tile::at(whole + pair, row)], most);
        if (whole + pair + 1 < keys) b = b + replace(s[Tile::at(whole + pair + 1, row)], most);
        sums[pair * OWN + row] = a;
        sums[(pair + 1) * OWN + row] = b;
        SYNC();
        if (t < OWN) {
            float sum = (sums[row] + sums[2 * OWN + row]) + (sums[OWN + row] + sums[3 * OWN + row]);
            float rescale = first ? 0.0f : exp_single(old - most);
            correction[row] = rescale;
            l[row] = first ? sum : l[row] * rescale + sum;
            m[row] = most;
        }
    }
    static MEMBER float replace(float &s, float most) { return s = exp_below(s - most); }
};

ENTRY(attention_40, cu_attention, 128, 2) { AttentionForward<40, FusedChain>::run(g); }
ENTRY(attention_64, cu_attention, 128, 2) { AttentionForward<64, FusedChain>::run(g); }
ENTRY(attention_80, cu_attention, 128, 2) { AttentionForward<80, FusedChain>::run(g); }
ENTRY(attention_160, cu_attention, 128, 2) { AttentionForward<160, FusedChain>::run(g); }
ENTRY(attention_any, cu_attention, 128, 2) { AttentionForward<0, FusedChain>::run(g); }
ENTRY(attention_wide, cu_attention, 128, 2) { AttentionForward<-1, FusedChain>::run(g); }

/// Rows' softmax in place: the maximum; e = exp(x − max); their sum by rule 4; each e divided by it. Sixteen threads are
/// the lanes of a block of 4,096.
ENTRY(softmax_rows, cu_softmax_rows, 256, 4) {
    SHARED(row_memory);
    float *lanes = row_memory, *blocks = row_memory + 256, *total = blocks + 16;
    int t = threadIdx.x, lane = t % 16;
    NO_UNROLL for (int64_t r = blockIdx.x; r < g.rows; r += gridDim.x) {
        float *x = g.x + r * g.width, most = -INFINITY;
        for (int64_t i = t; i < g.width; i += 256) most = larger(x[i], most);
        lanes[t] = most;
        SYNC();
        for (int half = 128; half; half /= 2) {
            if (t < half) lanes[t] = larger(lanes[t + half], lanes[t]);
            SYNC();
        }
        most = lanes[0];
        SYNC();
        for (int64_t start = 0; start < g.width; start += 16 * 4096) {
            int64_t from = start + t / 16 * 4096, end = from + 4096 < g.width ? from + 4096 : g.width;
            float sum = 0;
            NO_UNROLL for (int64_t i = from + lane; i < end; i += 16) {
                float e = exp_single(x[i] - most);
                x[i] = e;
                sum = sum + e;
            }
            lanes[t] = sum;
            SYNC();
            if (lane == 0 && from < g.width) {
                float y[16];
                UNROLL for (int i = 0; i < 16; i++) y[i] = lanes[t + i];
                UNROLL for (int half = 8; half; half /= 2)
                    UNROLL for (int i = 0; i < half; i++) y[i] = y[i] + y[i + half];
                blocks[t / 16] = y[0];
            }
            SYNC();
            if (t == 0)
                for (int i = 0; i < 16 && start + i * 4096 < g.width; i++)
                    *total = start + i == 0 ? blocks[0] : *total + blocks[i];
        }
        SYNC();
        float sum = *total;
        for (int64_t i = t; i < g.width; i += 256) x[i] = x[i] / sum;
        SYNC();
    }
}
