// How a product's operands come into shared memory.
#pragma once
#include "cu_product.h"
#include "kernel.h"

DEVICE int least(int a, int b) { return a < b ? a : b; }

/// Where position `x` of an axis lies.
DEVICE int64_t place(const cu_axis &axis, int x) {
    int64_t at = 0;
    if (axis.group) {
        int group = x / axis.group;
        at = group * axis.group_stride;
        x -= group * axis.group;
    }
    if (axis.inner == 1) return at + x * axis.stride;
    int outer = x / axis.inner, rest = x - outer * axis.inner;
    return at + outer * axis.stride + (axis.table ? axis.table[rest] : rest * axis.inner_stride);
}

/// How a tile of an operand is fetched.
/// K4: four inner indices at a time, through registers. They lie side by side; all strides are multiples of four.
/// I4: four rows (of the left operand; columns of the right) at a time, which lie side by side.
/// K1, I1: value by value with any axes; neighbouring threads take neighbouring inner indices, or neighbouring rows.
enum Way { K4, I4, K1, I1 };

/// Fetches tiles of `WIDTH` rows (or columns) by CU_PRODUCT_DEPTH inner indices, [k][row] in shared memory, one after the
/// other.
///
/// Rows beyond the edge repeat the last one; their results are not stored. Inner indices beyond the end hold anything, for
/// they take no part: not even a zero may, for fma(0, 0, -0) is +0.
template <Way WAY, int WIDTH, int THREADS, class Distance> struct Loader {
    static constexpr int DEPTH = CU_PRODUCT_DEPTH, PITCH = WIDTH + CU_PRODUCT_PAD;
    /// Whether where the chunk's inner indices lie is kept in shared memory, and whether tiles go through registers.
    static constexpr bool SLICED = WAY == K1 || WAY == I1, STAGED = WAY == K4;
    static constexpr int SLICE = SLICED ? CU_CHUNK * (int)(sizeof(Distance) / sizeof(float)) : 0;
    /// Neighbouring threads along what lies side by side.
    static constexpr int LANES = WAY == K4 ? DEPTH / 4 : WAY == K1 ? DEPTH : WAY == I4 ? WIDTH / 4 : WIDTH;
    /// Fetches of a thread for one tile.
    static constexpr int PASSES = WIDTH * DEPTH / (WAY == K4 || WAY == I4 ? 4 : 1) / THREADS;
    static constexpr int ROWS = THREADS >= LANES ? THREADS / LANES : 1;
    static constexpr int PARTS = THREADS >= LANES ? 1 : LANES / THREADS;
    static constexpr int BASES = WAY == K4 || WAY == K1 ? PASSES : PARTS;
    static_assert(WAY != I4 || PARTS == 1, "a thread keeps to its rows");

    /// K4, K1, I1: the chunk's first inner index. I4: what this thread fetches next.
    const float *p;
    Distance base[BASES];
    /// I4: elements between passes. `last`: the last inner index that may be fetched, of the chunk's.
    int64_t step;
    int last;
    float4 staged[STAGED ? PASSES : 1];

    MEMBER int k_of(int pass) const {
        if (WAY == K4) return threadIdx.x % LANES * 4;
        if (WAY == K1) return threadIdx.x % DEPTH;
        return PARTS > 1 ? pass / PARTS : (int)threadIdx.x / LANES + pass * ROWS;
    }
    MEMBER int index_of(int pass) const {
        if (WAY == K4 || WAY == K1) return threadIdx.x / LANES + pass * ROWS;
        int lane = PARTS > 1 ? (int)threadIdx.x + pass % PARTS * THREADS : (int)threadIdx.x % LANES;
        return WAY == I4 ? lane * 4 : lane;
    }

    /// Begins the chunk from..<end of a segment that starts at `segment`; the tile's first row is `first` of `limit`.
    MEMBER void start(const cu_operand &g, const float *segment, int first, int limit, int from, int end,
                      Distance *slice) {
        last = end - from - (WAY == K4 ? 4 : 1);
        if constexpr (WAY == K4) {
            p = segment + first * g.index.stride + from;
            UNROLL for (int i = 0; i < BASES; i++)
                base[i] = (least(first + index_of(i), limit - 1) - first) * (int)g.index.stride;
        } else if constexpr (WAY == I4) {
            p = segment + place(g.index, least(first + index_of(0), limit - 4)) + (from + k_of(0)) * g.k.stride;
            step = ROWS * g.k.stride;
        } else {
            int64_t origin = place(g.index, first), begin = place(g.k, from);
            p = segment + origin + begin;
            UNROLL for (int i = 0; i < BASES; i++)
                base[i] = (Distance)(place(g.index, least(first + index_of(i), limit - 1)) - origin);
            NO_UNROLL for (int k = threadIdx.x; k < CU_CHUNK; k += THREADS)
                slice[k] = (Distance)(place(g.k, from + least(k, last)) - begin);
        }
    }

    /// Asks for tile `t` of the chunk, the one after that before: it goes into `tile`, or into registers. A WHOLE tile does
    /// not reach beyond the end.
    template <bool WHOLE> MEMBER void fetch(float *tile, const Distance *slice, int t) {
        int k = t * DEPTH;
        if constexpr (WAY == K4) {
            const float *at = p + (WHOLE ? k + k_of(0) : least(k + k_of(0), last));
            UNROLL for (int i = 0; i < PASSES; i++) staged[i] = *(const float4 *)(at + base[i]);
        } else if constexpr (WAY == I4) {
            UNROLL for (int i = 0; i < PASSES; i++) {
                if (WHOLE || k + k_of(i) <= last) fetch16(tile + k_of(i) * PITCH + index_of(i), p);
                p += step;
            }
        } else if constexpr (WAY == K1) {
            const float *at = p + slice[k + k_of(0)];
            UNROLL for (int i = 0; i < PASSES; i++) fetch4(tile + k_of(0) * PITCH + index_of(i), at + base[i]);
        } else {
            // All places first: a read of shared memory between two fetches would stall.
            int at[DEPTH];
            if constexpr (ROWS == 1) {
                UNROLL for (int i = 0; i < DEPTH; i += 4) {
                    int4 four = *(const int4 *)(slice + k + i);
                    at[i] = four.x, at[i + 1] = four.y, at[i + 2] = four.z, at[i + 3] = four.w;
                }
            } else {
                UNROLL for (int i = 0; i < PASSES; i++) at[i] = slice[k + k_of(i)];
            }
            UNROLL for (int i = 0; i < PASSES; i++)
                fetch4(tile + k_of(i) * PITCH + index_of(i), p + base[i % BASES] + at[ROWS == 1 ? i / PARTS : i]);
        }
    }

    /// Lays a tile that is in registers into `tile`.
    MEMBER void put(float *tile) const {
        if constexpr (STAGED)
            UNROLL for (int i = 0; i < PASSES; i++) {
                float *to = tile + k_of(i) * PITCH + index_of(i);
                to[0] = staged[i].x;
                to[PITCH] = staged[i].y;
                to[2 * PITCH] = staged[i].z;
                to[3 * PITCH] = staged[i].w;
            }
    }
};
