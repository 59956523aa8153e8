// The two products that attention is made of, forward and backward alike. A block of 128 threads owns 64 rows of one side
// (queries, or keys) and goes through the other side in steps of up to 256 rows, a chunk of rule 2:
//   between: s[other][own] = chain over the head's width (8 × 16 a thread, in registers, then in shared memory)
//   through: out[own][width] += chain over the step's rows of s · the other side's values (4 × width/8 a thread)
// s lies in shared memory as [other][own]; quads of own rows are swizzled by the other's number, so that writing down a
// column of threads, reading along rows and reading quads meet all banks alike.
#pragma once
#include "chain.h"
#include "cu_attention.h"

/// Rows of a head that a step takes: `count` of them, `stride` numbers apart.
struct AttentionRows {
    const float *first;
    int64_t stride;
    int count;
    MEMBER const float *row(int i) const { return first + (int64_t)(i < count ? i : count - 1) * stride; }
    MEMBER AttentionRows from(int i, int most) const {
        return AttentionRows{first + (int64_t)i * stride, stride, count - i < most ? count - i : most};
    }
};

/// WIDTH: the head's width, a multiple of 8, rows aligned; 0: any width up to a chunk; −1: any width.
template <int WIDTH, template <int, int> class Chain> struct AttentionTile {
    static constexpr int OWN = CU_ATTENTION_TILE, STEP = CU_ATTENTION_STEP, THREADS = CU_ATTENTION_THREADS;
    static constexpr bool FIXED = WIDTH > 0;
    /// Columns of a pass of `through`, of which a thread owns an eighth: quads 32 apart, then what is left in a row.
    static constexpr int COLUMNS = FIXED ? WIDTH : 64;
    static constexpr int QUADS = COLUMNS / 32, REST = COLUMNS % 32 / 8, OUTPUTS = COLUMNS / 8;
    static constexpr int OWN_PITCH = OWN + 4, STEP_PITCH = STEP + 4, SLICE = 8 * (OWN_PITCH + STEP_PITCH);
    static constexpr int STAGE = 2 * SLICE, DEPTH = COLUMNS * 64 <= STAGE ? 32 : 16;
    static constexpr int SCORES = STEP * OWN;
    static_assert(2 * DEPTH * COLUMNS <= STAGE, "two slices of values fit");

    /// Where s of a row of the other side and a quad of own rows (or, by & 3, one of them) lies.
    static MEMBER int at(int other, int own) { return other * OWN + ((own >> 2 ^ (other >> 2 & 7)) << 2 | (own & 3)); }
    /// A warp's lanes as 4 × 8: neighbours share a quad of one side or the other, so that a read of quads is two
    /// wavefronts.
    static MEMBER int lane_row() { return threadIdx.x % 32 / 16 * 2 + threadIdx.x % 2; }
    static MEMBER int lane_column() { return threadIdx.x % 16 / 2; }
    static MEMBER float4 zeros() { return float4{0, 0, 0, 0}; }

    /// Four numbers of a row from column d on; those beyond the width are not read and mean nothing.
    static MEMBER float4 quad(const float *row, int d, int width, bool aligned) {
        if (FIXED || (aligned && d + 4 <= width)) return *(const float4 *)(row + d);
        float4 x = zeros();
        if (d < width) x.x = row[d];
        if (d + 1 < width) x.y = row[d + 1];
        if (d + 2 < width) x.z = row[d + 2];
        if (d + 3 < width) x.w = row[d + 3];
        return x;
    }
    static MEMBER void lay(float *to, int pitch, float4 x) {
        to[0] = x.x, to[pitch] = x.y, to[2 * pitch] = x.z, to[3 * pitch] = x.w;
    }

    /// finish(other, own, x, i) for all squares of own · otherᵀ: x[n] are other + n with own … own + 3, for n < 4; i tells a
    /// thread's two quads of own rows apart. Rows beyond the counts have values that mean nothing. Barriers: one ahead, for `stage`; one behind.
    template <class Finish>
    static MEMBER void between(const AttentionRows &own, const AttentionRows &other, int width, bool aligned, float *stage,
                               Finish finish) {
        if (WIDTH >= 0 && other.count <= STEP / 2) multiply<2>(own, other, width, aligned, stage, finish);
        else multiply<4>(own, other, width, aligned, stage, finish);
    }
    /// GROUPS of 64 rows of the other side.
    template <int GROUPS, class Finish>
    static MEMBER void multiply(const AttentionRows &own, const AttentionRows &other, int width, bool aligned, float *stage,
                                Finish &finish) {
        Chain<GROUPS * 4, 8> chain;
        float whole[WIDTH < 0 ? GROUPS * 4 : 1][8];
        int t = threadIdx.x, line = t / 2, part = t % 2 * 4, extent = FIXED ? WIDTH : width;
        int row = t / 32 % 2 * 32 + lane_row() * 4, column = t / 64 * 32 + lane_column() * 4;
        const float *from[GROUPS], *own_from = own.row(line);
        float4 next[GROUPS], own_next = quad(own_from, part, width, aligned);
        UNROLL for (int i = 0; i < GROUPS; i++) from[i] = other.row(line + i * 64);
        UNROLL for (int i = 0; i < GROUPS; i++) next[i] = quad(from[i], part, width, aligned);
        NO_UNROLL for (int begin = 0; begin < (WIDTH < 0 ? extent : 1); begin += STEP) {
            chain.begin();
            int end = WIDTH < 0 && begin + STEP < extent ? begin + STEP : extent;
            NO_UNROLL for (int d = begin; d < end; d += 8) {
                float *slice = stage + d / 8 % 2 * SLICE, *mine = slice, *theirs = slice + 8 * OWN_PITCH;
                lay(mine + part * OWN_PITCH + line, OWN_PITCH, own_next);
                UNROLL for (int i = 0; i < GROUPS; i++) lay(theirs + part * STEP_PITCH + line + i * 64, STEP_PITCH, next[i]);
                if (d + 8 < extent) {
                    own_next = quad(own_from, d + 8 + part, width, aligned);
                    UNROLL for (int i = 0; i < GROUPS; i++) next[i] = quad(from[i], d + 8 + part, width, aligned);
                }
                SYNC();
                if (FIXED || d + 8 <= extent)
                    UNROLL for (int e = 0; e < 8; e++)
                        accumulate<GROUPS>(chain, mine + e * OWN_PITCH + row, theirs + e * STEP_PITCH + column);
                else
                    NO_UNROLL for (int e = 0; e < extent - d; e++)
                        accumulate<GROUPS>(chain, mine + e * OWN_PITCH + row, theirs + e * STEP_PITCH + column);
            }
            if (WIDTH < 0) add_up<GROUPS>(whole, chain, begin == 0);
        }
        UNROLL for (int n = 0; n < GROUPS * 4; n += 4)
            UNROLL for (int i = 0; i < 8; i += 4) {
                float4 square[4];
                UNROLL for (int r = 0; r < 4; r++) {
                    const float *x = whole[WIDTH < 0 ? n + r : 0] + i;
                    square[r] = WIDTH < 0 ? float4{x[0], x[1], x[2], x[3]} : chain.quad(n + r, i);
                }
                finish(column + n * 16, row + i * 4, square, i / 4);
            }
    }
    /// whole = [whole +] chain, at the end of a chunk of the width.
    template <int GROUPS, int ROWS>
    static MEMBER void add_up(float (&whole)[ROWS][8], const Chain<GROUPS * 4, 8> &chain, bool first) {
        UNROLL for (int n = 0; n < ROWS; n++)
            UNROLL for (int i = 0; i < 8; i++)
                whole[n][i] = first ? chain.value(n, i) : whole[n][i] + chain.value(n, i);
    }
    template <int GROUPS>
    static MEMBER void accumulate(Chain<GROUPS * 4, 8> &chain, const float *mine, const float *theirs) {
        float x[8], y[GROUPS * 4];
        UNROLL for (int i = 0; i < 8; i += 4) {
            float4 w = *(const float4 *)(mine + i * 4);
            x[i] = w.x, x[i + 1] = w.y, x[i + 2] = w.z, x[i + 3] = w.w;
        }
        UNROLL for (int i = 0; i < GROUPS * 4; i += 4) {
            float4 w = *(const float4 *)(theirs + i * 16);
            y[i] = w.x, y[i + 1] = w.y, y[i + 2] = w.z, y[i + 3] = w.w;
        }
        chain.add(y, x);
    }

    /// Where the results of `through` lie: row i of the block's own at out + i · stride, for i < rows. What is there is
    /// first multiplied by factor[i], if factor is given, unless this is the first step; at the last step the result is
    /// divided by divisor[i], if that is given.
    struct Target {
        float *out;
        int64_t stride;
        int rows;
        bool first;
        const float *factor, *divisor;
    };
    /// A thread's output `n` as a column of a pass.
    static MEMBER int column_of(int n) {
        return n < QUADS * 4 ? n / 4 * 32 + lane_column() * 4 + n % 4 : QUADS * 32 + lane_column() * REST + n - QUADS * 4;
    }
    /// Barriers: one ahead, for `stage` (s may still be written: the first slice waits); one behind before either is
    /// written.
    static MEMBER void through(const float *s, const AttentionRows &other, int width, bool aligned, float *stage,
                               const Target &to) {
        NO_UNROLL for (int column = 0; column < (FIXED ? 1 : width); column += COLUMNS) {
            if (column) SYNC();
            pass(s, other, column, width, aligned, stage, to);
        }
    }
    /// Columns `column` … of the results.
    static MEMBER void pass(const float *s, const AttentionRows &other, int column, int width, bool aligned, float *stage,
                            const Target &to) {
        Chain<4, OUTPUTS> chain;
        float old[4][OUTPUTS];
        int row = threadIdx.x / 32 * 16 + lane_row() * 4, slices = (other.count + DEPTH - 1) / DEPTH;
        bool live = (int)(threadIdx.x / 32) * 16 < to.rows;
        bring(other, column, width, aligned, stage, 0);
        chain.begin();
        if (!to.first)
            UNROLL for (int r = 0; r < 4; r++)
                if (row + r < to.rows) load(old[r], to.out + (row + r) * to.stride + column, width - column, aligned);
        NO_UNROLL for (int i = 0; i < slices; i++) {
            fetch_wait<0>();
            SYNC();
            if (i + 1 < slices) bring(other, column, width, aligned, stage, i + 1);
            const float *values = stage + i % 2 * DEPTH * COLUMNS;
            int left = other.count - i * DEPTH;
            if (!live) continue;
            if (left >= DEPTH)
                NO_UNROLL for (int e = 0; e < DEPTH; e += 8) {
                    // Four rows of the other side have one swizzle.
                    const float *near = s + at(i * DEPTH + e, row), *far = s + at(i * DEPTH + e + 4, row);
                    UNROLL for (int f = 0; f < 4; f++) extend(chain, near + f * OWN, values + (e + f) * COLUMNS);
                    UNROLL for (int f = 0; f < 4; f++) extend(chain, far + f * OWN, values + (e + 4 + f) * COLUMNS);
                }
            else
                NO_UNROLL for (int e = 0; e < left; e++) extend(chain, s + at(i * DEPTH + e, row), values + e * COLUMNS);
        }
        UNROLL for (int r = 0; r < 4; r++) {
            if (row + r >= to.rows) continue;
            float factor = to.factor ? to.factor[row + r] : 1.0f, y[OUTPUTS];
            UNROLL for (int n = 0; n < OUTPUTS; n++) {
                y[n] = chain.value(r, n);
                if (!to.first) y[n] = (to.factor ? old[r][n] * factor : old[r][n]) + y[n];
                if (to.divisor) y[n] = y[n] / to.divisor[row + r];
            }
            store(to.out + (row + r) * to.stride + column, y, width - column, aligned);
        }
    }
    static MEMBER void extend(Chain<4, OUTPUTS> &chain, const float *s, const float *values) {
        float4 a = *(const float4 *)s;
        float x[4] = {a.x, a.y, a.z, a.w}, y[OUTPUTS];
        UNROLL for (int n = 0; n < QUADS; n++) {
            float4 w = *(const float4 *)(values + n * 32 + lane_column() * 4);
            y[4 * n] = w.x, y[4 * n + 1] = w.y, y[4 * n + 2] = w.z, y[4 * n + 3] = w.w;
        }
        UNROLL for (int n = QUADS * 4; n < OUTPUTS; n++) y[n] = values[column_of(n)];
        chain.add(x, y);
    }
    /// Slice i of the other side's values, in the background.
    static MEMBER void bring(const AttentionRows &other, int column, int width, bool aligned, float *stage, int i) {
        float *slice = stage + i % 2 * DEPTH * COLUMNS;
        for (int x = threadIdx.x; x < DEPTH * COLUMNS / 4; x += THREADS) {
            int line = x / (COLUMNS / 4), c = x % (COLUMNS / 4) * 4, from = i * DEPTH + line;
            if (from >= other.count) continue;
            float *to = slice + line * COLUMNS + c;
            const float *source = other.first + from * other.stride + column + c;
            if (FIXED || (aligned && column + c + 4 <= width)) fetch16(to, source);
            else
                for (int e = 0; e < 4 && column + c + e < width; e++) fetch4(to + e, source + e);
        }
        fetch_commit();
    }
    static MEMBER void load(float (&y)[OUTPUTS], const float *from, int left, bool aligned) {
        if (FIXED || (aligned && left >= COLUMNS))
            UNROLL for (int n = 0; n < QUADS; n++) {
                float4 w = *(const float4 *)(from + column_of(4 * n));
                y[4 * n] = w.x, y[4 * n + 1] = w.y, y[4 * n + 2] = w.z, y[4 * n + 3] = w.w;
            }
        else
            UNROLL for (int n = 0; n < QUADS * 4; n++)
                if (column_of(n) < left) y[n] = from[column_of(n)];
        UNROLL for (int n = QUADS * 4; n < OUTPUTS; n++) y[n] = from[column_of(n)];
    }
    static MEMBER void store(float *to, const float (&y)[OUTPUTS], int left, bool aligned) {
        if (FIXED || (aligned && left >= COLUMNS))
            UNROLL for (int n = 0; n < QUADS; n++)
                *(float4 *)(to + column_of(4 * n)) = float4{y[4 * n], y[4 * n + 1], y[4 * n + 2], y[4 * n + 3]};
        else
            UNROLL for (int n = 0; n < QUADS * 4; n++)
                if (column_of(n) < left) to[column_of(n)] = y[n];
        UNROLL for (int n = QUADS * 4; n < OUTPUTS; n++) to[column_of(n)] = y[n];
    }
};
