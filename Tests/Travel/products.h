// Matrix products, convolutions and attention: a shape a line.
#pragma once
#include "case.h"

/// How many the work is cut for; one of them does it all.
#define WORKERS 4

static void run_product(const struct ck_gemm *g) {
    struct ck_gemm_cut cut = KERNEL(gemm.cut)(g, WORKERS);
    void *workspace = malloc(cut.workspace);
    if (!workspace) abort();
    for (int64_t task = 0; task < cut.tasks; task++) KERNEL(gemm.task)(g, &cut, task, workspace);
    free(workspace);
}

enum bias { NO_BIAS, ROW_BIAS, COLUMN_BIAS };

/// What is left out is 0; no segments means one, no batch one product.
struct product {
    int64_t m, n, k;
    enum ck_a_kind a;
    enum ck_b_kind b;
    int scale;  ///< of both operands, see `values`
    int64_t segments;
    int accumulate;
    enum bias bias;
    int64_t outer, inner;
};

/// Operands and result have a few values between their lines.
static void product(struct product p) {
    int64_t segments = p.segments ? p.segments : 1, outer = p.outer ? p.outer : 1, inner = p.inner ? p.inner : 1;
    struct ck_gemm g = {.m = p.m, .n = p.n, .k = p.k, .segments = segments, .a_kind = p.a, .b_kind = p.b};
    g.lda = p.a == CK_A_ROWS ? p.k + 1 : p.m + 2, g.a_segment = (p.a == CK_A_ROWS ? p.m : p.k) * g.lda;
    g.ldb = p.b == CK_B_ROWS ? p.n + 3 : p.k + 1, g.b_segment = (p.b == CK_B_ROWS ? p.k : p.n) * g.ldb;
    g.ldc = p.n + 2, g.group_columns = p.n, g.accumulate = p.accumulate;
    g.batch_outer = outer, g.batch_inner = inner;
    g.a_inner = segments * g.a_segment, g.a_outer = inner * g.a_inner;
    g.b_inner = segments * g.b_segment, g.b_outer = inner * g.b_inner;
    g.c_inner = p.m * g.ldc, g.c_outer = inner * g.c_inner;
    g.a = values((size_t)(outer * g.a_outer), p.scale), g.b = values((size_t)(outer * g.b_outer), p.scale);
    g.c = values((size_t)(outer * g.c_outer), 2 * p.scale < -120 ? -120 : 2 * p.scale);
    if (p.bias == ROW_BIAS) g.bias_row = values((size_t)p.m, 0);
    if (p.bias == COLUMN_BIAS) g.bias_column = values((size_t)p.n, 0);
    run_product(&g);
    keep(g.c, (size_t)(outer * g.c_outer));
    forget_memory();
}

#define PRODUCT(M, N, K, ...) product((struct product){.m = M, .n = N, .k = K, ##__VA_ARGS__})

/// Every number of rows up to twice what a micro-kernel takes, with whole vectors, parts of one, and several.
static void small_products(enum ck_a_kind left, enum ck_b_kind right) {
    static const int64_t columns[] = {1, 5, 8, 13, 16, 24, 29, 32, 40, 48, 61, 64, 75};
    for (int64_t m = 1; m <= 30; m++)
        for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
            PRODUCT(m, columns[i], 11, .a = left, .b = right, .accumulate = m % 2, .bias = m % 2 ? NO_BIAS : ROW_BIAS);
}

/// Sums that lie beside the middle of two Float32 values by less than the last place of a double: with a = 1 + i u and
/// b = (1 - i u) / 2^24, u = 2^-23, a b + c has to be rounded once. The hard pairs are on the diagonal.
static void midpoints(void) {
    int64_t count = 255;
    float *a = room(2 * 255), *b = room(2 * 255);
    for (uint32_t i = 0; i < 255; i++) {
        uint32_t signs = (uint32_t)input_word() & 0x80000000u;
        a[2 * i] = 1, a[2 * i + 1] = float_of((0x3f800000u + i + 1) | signs);
        b[i] = float_of(0x3f800000u | ((uint32_t)input_word() & 0x807fffffu));
        b[255 + i] = float_of(0x33800000u - 2 * (i + 1));
    }
    struct ck_gemm g = {.m = count, .n = count, .k = 2, .segments = 1, .a = a, .b = b, .c = room(255 * 255)};
    g.lda = 2, g.ldb = g.ldc = g.group_columns = count, g.batch_outer = g.batch_inner = 1;
    run_product(&g);
    keep(g.c, 255 * 255);
}

struct convolution {
    int64_t images, in, out, height, width, kernel, stride, padding;
};

/// Patches of `side` × `side` taps in an input of `channels` planes of `area` values, `width` a row.
static struct ck_patches patches(int64_t side, int64_t channels, int64_t width, int64_t area, int64_t stride,
                                 int64_t out_width) {
    struct ck_patches p = {.taps = side * side, .channel_stride = area, .image_stride = channels * area};
    p.row_stride = stride * width, p.column_stride = stride, p.out_width = out_width;
    for (int64_t t = 0; t < p.taps; t++) p.tap_offset[t] = t / side * width + t % side;
    return p;
}

/// `planes` planes laid into larger ones of zeros.
static float *spread(const float *x, int64_t planes, struct ck_padding p) {
    float *y = room((size_t)(planes * p.out_height * p.out_width));
    for (int64_t i = 0; i < planes; i++)
        KERNEL(layout.pad)(y + i * p.out_height * p.out_width, x + i * p.height * p.width, &p);
    return y;
}

/// y, dx and dW of a convolution, as rule 3 lays them out; of dx the pixels, padding included, that meet the kernel's
/// first row and column, and every stride-th after them.
static void convolution(struct convolution c) {
    int64_t h = c.height + 2 * c.padding, w = c.width + 2 * c.padding, taps = c.kernel * c.kernel;
    int64_t rows = (h - c.kernel) / c.stride + 1, columns = (w - c.kernel) / c.stride + 1, area = rows * columns;
    float *x = values((size_t)(c.images * c.in * c.height * c.width), 0);
    float *weight = values((size_t)(c.out * c.in * taps), 0), *dy = values((size_t)(c.images * c.out * area), 0);
    float *y = room((size_t)(c.images * c.out * area)), *padded;
    padded = spread(x, c.images * c.in, (struct ck_padding){c.height, c.width, h, w, c.padding, c.padding});

    struct ck_gemm g = {.m = c.out, .n = c.images * area, .k = c.in * taps, .segments = 1, .b_kind = CK_B_PATCHES};
    g.a = weight, g.lda = g.k, g.b = padded, g.patches = patches(c.kernel, c.in, w, h * w, c.stride, columns);
    g.c = y, g.ldc = g.group_columns = area, g.c_group = c.out * area, g.batch_outer = g.batch_inner = 1;
    g.bias_row = values((size_t)c.out, 0);
    run_product(&g);
    keep(y, (size_t)(c.images * c.out * area));

    int64_t side = (c.kernel + c.stride - 1) / c.stride, tall = rows + side - 1, wide = columns + side - 1;
    int64_t full_width = wide + side - 1, full = (tall + side - 1) * full_width;
    struct ck_padding around = {rows, columns, tall + side - 1, full_width, side - 1, side - 1};
    float *dx = room((size_t)(c.images * c.in * tall * wide)), *dy_padded = spread(dy, c.images * c.out, around);
    g = (struct ck_gemm){.m = c.in, .n = c.images * tall * wide, .k = c.out * side * side, .segments = 1};
    g.a = weight, g.a_kind = CK_A_CONV_WEIGHT, g.lda = c.in, g.b = dy_padded, g.b_kind = CK_B_PATCHES;
    g.patches = patches(side, c.out, full_width, full, 1, wide), g.patches.weight_taps = taps;
    for (int64_t t = 0; t < side * side; t++)
        g.patches.weight_tap[side * side - 1 - t] = t / side * c.stride * c.kernel + t % side * c.stride;
    g.c = dx, g.ldc = g.group_columns = tall * wide, g.c_group = c.in * tall * wide, g.batch_outer = g.batch_inner = 1;
    run_product(&g);
    keep(dx, (size_t)(c.images * c.in * tall * wide));

    g = (struct ck_gemm){.m = c.out, .n = c.in * taps, .k = area, .segments = c.images, .b_kind = CK_B_PATCHES_T};
    g.a = dy, g.lda = area, g.a_segment = c.out * area, g.batch_outer = g.batch_inner = 1;
    g.b = padded, g.b_segment = c.in * h * w, g.patches = patches(c.kernel, c.in, w, h * w, c.stride, columns);
    g.c = weight, g.ldc = g.group_columns = g.n, g.accumulate = 1;
    run_product(&g);
    keep(weight, (size_t)(c.out * c.in * taps));
}

struct attention {
    int64_t batch, heads, queries, keys, width;
    int causal, packed;  ///< packed: q, k and v lie side by side in one projection
};

static void attention(struct attention p) {
    int64_t line = p.heads * p.width, stride = p.packed ? 3 * line : line;
    size_t of_q = (size_t)(p.batch * p.queries * line), of_k = (size_t)(p.batch * p.keys * line);
    struct ck_attention a = {.batch = p.batch, .heads = p.heads, .queries = p.queries, .keys = p.keys};
    a.width = p.width, a.q_stride = a.kv_stride = stride, a.scale = 0.375f, a.causal = p.causal;
    a.q = values((size_t)(p.batch * p.queries * stride), -1);
    a.k = p.packed ? a.q + line : values(of_k, -1), a.v = p.packed ? a.q + 2 * line : values(of_k, 0);
    size_t of_s = (size_t)(2 * p.batch * p.heads * p.queries);
    float *o = room(of_q), *statistics = room(of_s), *d_o = values(of_q, 0);
    float *dq = room(of_q), *dk = room(of_k), *dv = room(of_k);
    struct ck_attention_cut cut = KERNEL(attention.forward_cut)(&a, WORKERS);
    void *workspace = memory(cut.workspace);
    for (int64_t t = 0; t < cut.tasks; t++) KERNEL(attention.forward)(&a, &cut, o, statistics, t, workspace);
    struct ck_attention_backward b = {o, statistics, d_o, dq, dk, dv};
    cut = KERNEL(attention.backward_cut)(&a);
    workspace = memory(cut.workspace);
    for (int64_t t = 0; t < cut.tasks; t++) KERNEL(attention.backward)(&a, &b, t, workspace);
    keep(statistics, of_s);
    keep(o, of_q), keep(dq, of_q), keep(dk, of_k), keep(dv, of_k);
}
