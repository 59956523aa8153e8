// Every kernel of every table on inputs made here: a line with a digest for each case, equal on every machine, with
// every instruction set. README.md says where it is run.
#include "case.h"
#include "comparisons.h"
#include "environment.h"
#include "products.h"

/// Values of an elementwise case; no multiple of a vector's width.
#define N 65541

/// y = f(x), correctly rounded, so that every bit is specified.
#define CORRECT(f) \
    CASE("elementwise." #f, float *x = any_values(N), *y = room(N); KERNEL(elementwise.f)(y, x, N); keep_bits(y, 4 * N))
#define UNARY(f, ...)                                              \
    CASE("elementwise." #f, float *x = any_values(N), *y = room(N); \
         KERNEL(elementwise.f)(y, x, ##__VA_ARGS__, N); keep(y, N))
#define BINARY(f, ...)                                                                        \
    CASE("elementwise." #f, float *a = any_values(N), *b = values(N, 0), *y = any_values(N);  \
         KERNEL(elementwise.f)(y, a, b, ##__VA_ARGS__, N); keep(y, N);                        \
         KERNEL(elementwise.f)(y, b, a, ##__VA_ARGS__, N); keep(y, N))
/// A function of Float64, on Float32 values, their squares and reciprocals.
#define DOUBLE(f)                                                                                         \
    CASE("elementwise." #f, float *x = any_values(N); for (int i = 0; i < N; i++) {                       \
        double in = x[i], forms[] = {in, in * in, 1 / in};                                                \
        for (int form = 0; form < 3; form++) {                                                            \
            double y = KERNEL(elementwise.f)(forms[form]);                                                \
            keep_bits(&y, 8);                                                                             \
        }                                                                                                 \
    })

static void elementwise_cases(void) {
    CORRECT(exp); CORRECT(log); CORRECT(sin); CORRECT(cos); CORRECT(tanh); CORRECT(erf); CORRECT(sigmoid);
    CORRECT(sqrt);
    UNARY(silu); UNARY(gelu); UNARY(quick_gelu);
    BINARY(silu_backward); BINARY(gelu_backward); BINARY(quick_gelu_backward);
    BINARY(add); BINARY(sub); BINARY(mul); BINARY(div); BINARY(squared_difference);
    UNARY(scale, 0x1.5p-3f); UNARY(add_scalar, 0x1.234568p-9f); BINARY(axpby, 0.7f, -0x1.8p-60f);
    DOUBLE(exp_double); DOUBLE(log_double); DOUBLE(sin_double); DOUBLE(cos_double);
    CASE("elementwise.geglu", float *x = any_values(6 * 77), *y = room(3 * 77);
         KERNEL(elementwise.geglu)(y, x, 3, 77); keep(y, 3 * 77));
    CASE("elementwise.geglu_backward", float *x = any_values(6 * 77), *dy = values(3 * 77, 0), *dx = room(6 * 77);
         KERNEL(elementwise.geglu_backward)(dx, dy, x, 3, 77); keep(dx, 6 * 77));
    CASE("elementwise.add_scaled", float *x = any_values(N), *y = values(N, 0);
         KERNEL(elementwise.add_scaled)(y, x, -0.3f, N); keep(y, N));
    CASE("elementwise.add_row", float *x = any_values(5 * 83), *b = values(83, -3), *y = room(5 * 83);
         KERNEL(elementwise.add_row)(y, x, b, 5, 83); keep(y, 5 * 83));
    CASE("elementwise.add_column", float *x = any_values(5 * 83), *b = values(5, -3), *y = room(5 * 83);
         KERNEL(elementwise.add_column)(y, x, b, 5, 83); keep(y, 5 * 83));
    CASE("elementwise.fill", float *y = room(70);
         KERNEL(elementwise.fill)(y, float_of(0x80000001), 67); keep_bits(y, 280));
    CASE("elementwise.copy", float *x = any_values(N);
         KERNEL(elementwise.copy)(x + 3, x, N - 3); keep_bits(x, 4 * N));
}

/// Whole groups and parts of them, across the end of the counter's low half.
#define RANDOM(f, type, ...)                                                                    \
    CASE("random." #f, type *y = memory(999 * sizeof *y); uint64_t start = (1ULL << 34) - 500;  \
         KERNEL(random.f)(y, (struct ck_random_stream){0x123456789abcdef0, 3, 7}, ##__VA_ARGS__, start, 999); \
         keep_bits(y, 999 * sizeof *y))

static void random_cases(void) {
    CASE("random.philox", for (int i = 0; i < 99; i++) {
        uint32_t in[6], out[4];
        for (int j = 0; j < 6; j++) in[j] = (uint32_t)input_word();
        KERNEL(random.philox)(out, in, in + 4);
        keep_bits(out, sizeof out);
    });
    RANDOM(bits, uint32_t); RANDOM(uniform, float); RANDOM(normal, float); RANDOM(below, uint64_t, 1000003);
}

/// A sum over few, many and no elements, of everyday and of very small values.
#define SUM(name, CALL)                                                                             \
    CASE(name, static const size_t sizes[] = {0, 1, 7, 15, 16, 17, 255, 4095, 4096, 4097, 9001};    \
         for (int scale = 0; scale >= -70; scale -= 70) {                                           \
             float *x = values(9001, scale), *y = values(9001, scale);                              \
             for (int i = 0; i < 11; i++) {                                                         \
                 size_t n = sizes[i];                                                               \
                 float sum = CALL;                                                                  \
                 (void)y;                                                                           \
                 keep(&sum, 1);                                                                     \
             }                                                                                      \
         })

static void reduction_cases(void) {
    SUM("reduce.sum", KERNEL(reduce.sum)(x, n));
    SUM("reduce.dot", KERNEL(reduce.dot)(x, y, n));
    SUM("reduce.sum_of_squares", KERNEL(reduce.sum_of_squares)(x, n));
    SUM("reduce.squared_distance", KERNEL(reduce.squared_distance)(x, y, n));
    CASE("reduce.first_non_finite", float *x = values(900, 0); for (int i = 900; i >= 0; i -= 75) {
        uint64_t found = KERNEL(reduce.first_non_finite)(x, 900);
        keep_bits(&found, 8);
        if (i) x[i - 1] = float_of(i % 2 ? 0xff800000 : 0x7fc00001);
    });
    CASE("reduce.add_column_sums", float *x = values(600 * 45, 0), *y = values(45, 0);
         KERNEL(reduce.add_column_sums)(y, x, 600, 45, 2, 43); keep(y, 45));
}

static void normalization_cases(void) {
    CASE("norm.group", float *x = values(7 * 61, 1), *dy = values(7 * 61, 0), *w = values(7, 0), *b = values(7, 0);
         float *y = room(7 * 61), *s = room(2), *dx = room(7 * 61), *dw = room(7), *db = room(7), *t = room(7 * 61);
         KERNEL(norm.group_forward)(y, x, w, b, 7, 61, 1e-5f, s);
         KERNEL(norm.group_backward)(dx, x, dy, w, 7, 61, s, dw, db, t);
         keep(y, 7 * 61); keep(s, 2); keep(dx, 7 * 61); keep(dw, 7); keep(db, 7));
    CASE("norm.group_silu", float *x = values(7 * 61, 1), *dy = values(7 * 61, 0), *w = values(7, 0), *b = values(7, 0);
         float *y = room(7 * 61), *s = room(2), *dx = room(7 * 61), *dw = room(7), *db = room(7), *t = room(7 * 61);
         KERNEL(norm.group_silu_forward)(y, x, w, b, 7, 61, 1e-5f, s);
         KERNEL(norm.group_silu_backward)(dx, x, dy, w, b, 7, 61, s, dw, db, t);
         keep(y, 7 * 61); keep(s, 2); keep(dx, 7 * 61); keep(dw, 7); keep(db, 7));
    CASE("norm.layer", float *x = values(5 * 333, 1), *dy = values(5 * 333, 0), *w = values(333, 0);
         float *b = values(333, 0);
         float *y = room(5 * 333), *dx = room(5 * 333), *dw = room(333), *db = room(333), *s = room(10);
         KERNEL(norm.layer_forward)(y, x, w, b, 5, 333, 1e-5f, s);
         KERNEL(norm.layer_backward)(dx, dw, db, x, dy, w, 5, 333, s);
         keep(y, 5 * 333); keep(s, 10); keep(dx, 5 * 333); keep(dw, 333); keep(db, 333));
}

static void layout_cases(void) {
    CASE("layout.transpose", float *x = any_values(29 * 43), *y = room(29 * 43);
         KERNEL(layout.transpose)(y, x, 29, 43, 0, 29); keep_bits(y, 4 * 29 * 43));
    CASE("layout.pad", float *x = any_values(5 * 7); for (int64_t rows = 4; rows < 12; rows++) {
        float *y = room(11 * 30);
        KERNEL(layout.pad)(y, x, &(struct ck_padding){5, 7, rows, 2 * rows, 2, 3});
        keep_bits(y, 4 * 11 * 30);
    });
    CASE("layout.upsample_nearest", float *x = any_values(5 * 7), *y = room(11 * 20);
         KERNEL(layout.upsample_nearest)(y, x, 5, 7, 11, 20); keep_bits(y, 4 * 11 * 20));
    CASE("layout.upsample_nearest_backward", float *dy = values(11 * 20, 0), *dx = room(5 * 7);
         KERNEL(layout.upsample_nearest_backward)(dx, dy, 5, 7, 11, 20); keep(dx, 5 * 7));
}

static void optimizer_cases(void) {
    CASE("optimizer.adamw", struct ck_adamw c = {0.9999f, 0.1f, 0.999f, 0.001f, 0.0447f, 1e-8f, 1e-3f};
         for (int scale = 0; scale >= -70; scale -= 35) {
             float *p = values(1001, 0), *m = values(1001, scale), *v = values(1001, scale), *g = values(1001, scale);
             KERNEL(elementwise.mul)(v, v, v, 1001);
             KERNEL(optimizer.adamw)(p, m, v, g, &c, 1001);
             keep(p, 1001); keep(m, 1001); keep(v, 1001);
         });
    CASE("optimizer.ema", float *a = values(1001, 0), *p = any_values(1001);
         KERNEL(optimizer.ema)(a, p, 0.999f, 0.001f, 1001); keep(a, 1001));
    CASE("optimizer.adafactor", struct ck_adafactor c = {0.4257f, 0.5743f, 1e-30f};
         int sizes[][2] = {{3, 3}, {1, 1}, {5, 5}, {1, 37}, {64, 1}, {2, 4}};
         for (int i = 0; i < 6; i++) {
             int rows = sizes[i][0], columns = sizes[i][1];
             float *g = values(21 * rows * columns, -10), *u = room(21 * rows * columns);
             float *row = values(21 * rows, -10), *column = values(21 * columns, -10);
             KERNEL(elementwise.mul)(row, row, row, 21 * rows);
             KERNEL(elementwise.mul)(column, column, column, 21 * columns);
             KERNEL(optimizer.adafactor)(u, row, column, g, &c, 21, rows, columns);
             keep(u, 21 * rows * columns); keep(row, 21 * rows); keep(column, 21 * columns);
         });
}

static void product_cases(void) {
    CASE("gemm.rows*rows", small_products(CK_A_ROWS, CK_B_ROWS));
    CASE("gemm.rows*columns", small_products(CK_A_ROWS, CK_B_COLUMNS));
    CASE("gemm.columns*rows", small_products(CK_A_COLUMNS, CK_B_ROWS));
    CASE("gemm.columns*columns", small_products(CK_A_COLUMNS, CK_B_COLUMNS));
    CASE("gemm.midpoints", midpoints());
    CASE("gemm.subnormal", PRODUCT(19, 45, 83, .scale = -70, .accumulate = 1));
    CASE("gemm.overflow", PRODUCT(19, 45, 83, .scale = 63));
    CASE("gemm.chunks", PRODUCT(17, 41, 600, .bias = ROW_BIAS));
    CASE("gemm.column_bias", PRODUCT(17, 41, 300, .b = CK_B_COLUMNS, .bias = COLUMN_BIAS));
    CASE("gemm.segments", PRODUCT(23, 37, 270, .a = CK_A_COLUMNS, .segments = 3, .accumulate = 1));
    CASE("gemm.batch", PRODUCT(9, 21, 33, .b = CK_B_COLUMNS, .outer = 2, .inner = 3));
    CASE("gemm.tall", PRODUCT(470, 19, 5));
    CASE("gemm.wide", PRODUCT(5, 1100, 5, .bias = COLUMN_BIAS));
    CASE("gemm.many_tasks", PRODUCT(131, 151, 60, .bias = ROW_BIAS));
    CASE("gemm.convolution_1x1", convolution((struct convolution){2, 9, 17, 5, 6, 1, 1, 0}));
    CASE("gemm.convolution_3x3", convolution((struct convolution){2, 5, 15, 9, 11, 3, 1, 1}));
    CASE("gemm.convolution_3x3_stride_2", convolution((struct convolution){3, 6, 7, 10, 13, 3, 2, 1}));
    CASE("gemm.convolution_3x3_wide", convolution((struct convolution){2, 4, 15, 5, 67, 3, 1, 1}));
    CASE("gemm.convolution_5x5", convolution((struct convolution){1, 12, 14, 18, 16, 5, 1, 2}));
}

static void attention_cases(void) {
    CASE("attention.self", attention((struct attention){2, 2, 37, 37, 20, 0, 1}));
    CASE("attention.causal", attention((struct attention){1, 2, 300, 300, 8, 1, 0}));
    CASE("attention.cross", attention((struct attention){1, 2, 65, 13, 40, 0, 0}));
    CASE("attention.many_queries", attention((struct attention){1, 1, 530, 30, 4, 0, 0}));
    CASE("attention.many_keys", attention((struct attention){1, 1, 30, 530, 9, 0, 0}));
    CASE("attention.wide_heads", attention((struct attention){1, 1, 20, 50, 270, 0, 0}));
    CASE("attention.softmax_rows", float *x = values(7 * 93, 4);
         KERNEL(attention.softmax_rows)(x, 7, 93); keep(x, 7 * 93));
}

static void comparison_cases(void) {
    static const struct { const char *name; enum ck_number type; } types[] = {
        {"compare.f64", CK_F64}, {"compare.f32", CK_F32}, {"compare.f16", CK_F16}, {"compare.bf16", CK_BF16},
        {"compare.f8_e4m3", CK_F8_E4M3}, {"compare.f8_e5m2", CK_F8_E5M2}, {"compare.f8_e4m3fnuz", CK_F8_E4M3FNUZ},
        {"compare.f8_e5m2fnuz", CK_F8_E5M2FNUZ}, {"compare.f8_e8m0", CK_F8_E8M0}, {"compare.i64", CK_I64},
        {"compare.i32", CK_I32}, {"compare.i16", CK_I16}, {"compare.i8", CK_I8}, {"compare.u64", CK_U64},
        {"compare.u32", CK_U32}, {"compare.u16", CK_U16}, {"compare.u8", CK_U8}, {"compare.bool", CK_BOOL}};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) CASE(types[i].name, compare_one_type(types[i].type));
    CASE("compare.windows.f64", keep_windows(CK_F64));
    CASE("compare.windows.f32", keep_windows(CK_F32));
    CASE("compare.windows.bf16", keep_windows(CK_BF16));
    CASE("compare.windows.i64", keep_windows(CK_I64));
    CASE("compare.f32*f16", compare_two_types(CK_F32, CK_F16));
    CASE("compare.bf16*f32", compare_two_types(CK_BF16, CK_F32));
    CASE("compare.f32*f8_e4m3", compare_two_types(CK_F32, CK_F8_E4M3));
    CASE("compare.i32*f32", compare_two_types(CK_I32, CK_F32));
    CASE("compare.i64*u8", compare_two_types(CK_I64, CK_U8));
    CASE("compare.f64*f32", compare_two_types(CK_F64, CK_F32));
    CASE("compare.i64*u64", compare_two_types(CK_I64, CK_U64));
    CASE("compare.i64*f64", compare_two_types(CK_I64, CK_F64));
    CASE("compare.u64*f64", compare_two_types(CK_U64, CK_F64));
    CASE("compare.f32*u64", compare_two_types(CK_F32, CK_U64));
}

static const struct {
    const char *name;
    enum ck_isa isa;
} sets[] = {{"baseline", CK_ISA_BASELINE}, {"avx2", CK_ISA_AVX2}, {"avx512", CK_ISA_AVX512}, {"neon", CK_ISA_NEON}};
enum { SET_COUNT = sizeof sets / sizeof *sets };

static int usage(void) {
    fputs("usage: travel --isa NAME | --list\n"
          "exit codes: 0 done, 1 a kernel without a case or a float environment that goes unnoticed,\n"
          "  4 the CPU does not support NAME, 64 usage\n", stderr);
    return 64;
}

int main(int count, char **arguments) {
    if (count == 2 && strcmp(arguments[1], "--list") == 0) {
        for (int i = 0; i < SET_COUNT; i++)
            if (ck_isa_supported(sets[i].isa)) printf("%s\n", sets[i].name);
        return 0;
    }
    if (count != 3 || strcmp(arguments[1], "--isa") != 0) return usage();
    int set = 0;
    while (set < SET_COUNT && strcmp(arguments[2], sets[set].name) != 0) set++;
    if (set == SET_COUNT) return usage();
    if (!ck_isa_supported(sets[set].isa)) {
        fprintf(stderr, "travel: this CPU does not support %s\n", sets[set].name);
        return 4;
    }
    kernels = ck_kernels_for(sets[set].isa);
    if (kernels->isa != sets[set].isa) abort();
    elementwise_cases();
    random_cases();
    reduction_cases();
    normalization_cases();
    layout_cases();
    optimizer_cases();
    product_cases();
    attention_cases();
    comparison_cases();
    printf("%-32s %016llx\n", "all", (unsigned long long)all_digest);
    return forgotten_kernels() + unnoticed_settings() ? 1 : 0;
}
