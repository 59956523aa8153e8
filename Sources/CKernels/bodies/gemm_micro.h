// Micro-kernels: MR rows × NV vectors of outputs, each output one chain of fma over a chunk. Vectorised over outputs,
// never over k.
#pragma once
#include "fma.h"

#if CK_VECTOR_BITS == 512
typedef v16f ck_vec;
#define CK_VW 16
#define CK_MR 14
#define CK_FMA ck_fma16
#else
typedef v8f ck_vec;
#define CK_VW 8
#define CK_FMA ck_fma8
#if CK_VECTOR_BITS == 256
#define CK_MR 6
#else
#define CK_MR 4
#endif
#endif
#define CK_NR (2 * CK_VW)

CK_INLINE ck_vec ck_vload(const float *p) { ck_vec v; memcpy(&v, p, sizeof v); return v; }
CK_INLINE void ck_vstore(float *p, ck_vec v) { memcpy(p, &v, sizeof v); }
CK_INLINE ck_vec ck_vsplat(float x) { return x - (ck_vec){0}; }

/// Where and how a micro-kernel leaves its outputs: C = [C +] chain [+ bias].
struct ck_store {
    float *c;
    int64_t ldc;
    int add;
    const float *bias_row, *bias_column;
};

/// Where a micro-kernel reads its columns. Packed: NV vectors for each k, front to back. Direct: vector v of inner index
/// k lies at `base[v] + offsets[k]`, in the tensor itself.
struct ck_columns {
    const float *packed;
    const float *base[2];
    const int32_t *offsets;
};

CK_INLINE void ck_micro(int mr, int nv, int direct, int64_t kc, const float *a, const struct ck_columns *b,
                        const struct ck_store *s) {
    ck_vec acc[CK_MR][2];
    const float *packed = b->packed, *base0 = b->base[0], *base1 = b->base[1];
    // The outputs are touched once a chunk: ask for them before the chain, so that they are here after it.
#pragma clang loop unroll(full)
    for (int r = 0; r < mr; r++) {
        __builtin_prefetch(s->c + r * s->ldc, 1);
        __builtin_prefetch(s->c + r * s->ldc + nv * CK_VW - 1, 1);
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < mr; r++)
#pragma clang loop unroll(full)
        for (int v = 0; v < nv; v++) acc[r][v] = (ck_vec){0};
    for (int64_t k = 0; k < kc; k++) {
        ck_vec x[2];
        if (direct) {
            int64_t offset = b->offsets[k];
            // The panel beside this one, which comes next: too many rows at once for a processor to foresee.
            __builtin_prefetch(base0 + offset + CK_NR);
            if (nv > 1 && CK_VW == 16) __builtin_prefetch(base1 + offset + CK_NR);
            x[0] = ck_vload(base0 + offset);
            if (nv > 1) x[1] = ck_vload(base1 + offset);
        } else {
#pragma clang loop unroll(full)
            for (int v = 0; v < nv; v++) x[v] = ck_vload(packed + v * CK_VW);
            packed += nv * CK_VW;
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < mr; r++) {
            ck_vec y = ck_vsplat(a[r]);
#pragma clang loop unroll(full)
            for (int v = 0; v < nv; v++) acc[r][v] = CK_FMA(y, x[v], acc[r][v]);
        }
        a += mr;
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < mr; r++)
#pragma clang loop unroll(full)
        for (int v = 0; v < nv; v++) {
            float *c = s->c + r * s->ldc + v * CK_VW;
            ck_vec y = acc[r][v];
            if (s->add) y = ck_vload(c) + y;
            if (s->bias_row) y = y + ck_vsplat(s->bias_row[r]);
            if (s->bias_column) y = y + ck_vload(s->bias_column + v * CK_VW);
            ck_vstore(c, y);
        }
}

typedef void (*ck_micro_function)(int64_t kc, const float *a, const struct ck_columns *b, const struct ck_store *s);
#define CK_MICRO_ONE(MR, NV, NAME, DIRECT)                                                                             \
    static void ck_micro_##MR##x##NV##NAME(int64_t kc, const float *a, const struct ck_columns *b,                     \
                                           const struct ck_store *s) {                                                 \
        ck_micro(MR, NV, DIRECT, kc, a, b, s);                                                                         \
    }
#define CK_MICRO(MR)                                                                                                   \
    CK_MICRO_ONE(MR, 1, _packed, 0)                                                                                    \
    CK_MICRO_ONE(MR, 2, _packed, 0)                                                                                    \
    CK_MICRO_ONE(MR, 1, _direct, 1)                                                                                    \
    CK_MICRO_ONE(MR, 2, _direct, 1)
CK_MICRO(1) CK_MICRO(2) CK_MICRO(3) CK_MICRO(4)
#if CK_MR > 4
CK_MICRO(5) CK_MICRO(6)
#endif
#if CK_MR > 6
CK_MICRO(7) CK_MICRO(8) CK_MICRO(9) CK_MICRO(10) CK_MICRO(11) CK_MICRO(12) CK_MICRO(13) CK_MICRO(14)
#endif
#define CK_ROW(MR)                                                                                                     \
    {{ck_micro_##MR##x1_packed, ck_micro_##MR##x2_packed}, {ck_micro_##MR##x1_direct, ck_micro_##MR##x2_direct}}
/// By rows − 1, direct or packed columns, vectors − 1.
static const ck_micro_function ck_micro_kernels[CK_MR][2][2] = {
    CK_ROW(1), CK_ROW(2), CK_ROW(3), CK_ROW(4),
#if CK_MR > 4
    CK_ROW(5), CK_ROW(6),
#endif
#if CK_MR > 6
    CK_ROW(7), CK_ROW(8), CK_ROW(9), CK_ROW(10), CK_ROW(11), CK_ROW(12), CK_ROW(13), CK_ROW(14),
#endif
};
