// All 2^32 inputs of the Float32 elementary functions of `ref-1`. See README.md for the commands and the results.
//
//   elementary check FUNCTION ISA HARD_FILE   against a correctly rounded oracle; near-midpoint inputs go to HARD_FILE
//   elementary compare FUNCTION ISA ISA STRIDE   two instruction sets, bit for bit, on every STRIDE-th input
//   elementary fixture HARD_FILES...          the Swift fixture of the quick tests, on standard output
//   elementary speed                          million values a second, every function and instruction set
//
// The oracle is glibc's double function d, whose error is a few double ulps, where d (1 - 2^-40) and d (1 + 2^-40) round
// to one Float32; elsewhere it is MPFR at 240 bits.
#include "CKernels.h"
#include <inttypes.h>
#include <math.h>
#include <mpfr.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCK = 1 << 16, PRECISION = 240, THREADS = 2, SAMPLES = 200000 };
typedef void kernel(float *, const float *, size_t);

struct function {
    const char *name;
    double (*reference)(double);
    int (*exact)(mpfr_t, const mpfr_t, mpfr_rnd_t);
};

static double sigmoid_reference(double x) { return 1.0 / (1.0 + exp(-x)); }

static int sigmoid_exact(mpfr_t y, const mpfr_t x, mpfr_rnd_t rounding) {
    mpfr_neg(y, x, rounding);
    mpfr_exp(y, y, rounding);
    mpfr_add_ui(y, y, 1, rounding);
    return mpfr_ui_div(y, 1, y, rounding);
}

static const struct function functions[] = {
    {"exp", exp, mpfr_exp},    {"log", log, mpfr_log},    {"sin", sin, mpfr_sin},
    {"cos", cos, mpfr_cos},    {"tanh", tanh, mpfr_tanh}, {"erf", erf, mpfr_erf},
    {"sigmoid", sigmoid_reference, sigmoid_exact},
};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

static kernel *kernel_of(const struct function *f, enum ck_isa isa) {
    const struct ck_elementwise_table *t = &ck_kernels_for(isa)->elementwise;
    kernel *kernels[FUNCTIONS] = {t->exp, t->log, t->sin, t->cos, t->tanh, t->erf, t->sigmoid};
    return kernels[f - functions];
}

static float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, 4);
    return x;
}

static uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return bits;
}

static uint32_t exact_bits(const struct function *f, uint32_t input) {
    mpfr_t x, y;
    mpfr_inits2(PRECISION, x, y, (mpfr_ptr)0);
    mpfr_set_flt(x, float_of(input), MPFR_RNDN);
    f->exact(y, x, MPFR_RNDN);
    float result = mpfr_get_flt(y, MPFR_RNDN);
    mpfr_clears(x, y, (mpfr_ptr)0);
    return bits_of(result);
}

/// Whether d (1 - e) and d (1 + e) round to one Float32.
static int certain(double d, double e) { return bits_of((float)(d - d * e)) == bits_of((float)(d + d * e)); }

/// The correctly rounded result; `exact_calls` counts the inputs that MPFR decided.
static uint32_t oracle(const struct function *f, uint32_t input, int *hard, uint64_t *exact_calls) {
    double d = f->reference((double)float_of(input));
    *hard = 0;
    if (isnan(d)) return 0x7fc00000;
    if (isinf(d) || d == 0 || certain(d, 0x1p-40)) return bits_of((float)d);
    *exact_calls += 1;
    *hard = !certain(d, 0x1p-49);
    return exact_bits(f, input);
}

struct job {
    const struct function *function;
    kernel *first, *second;
    uint32_t stride;
    FILE *hard_file;
    atomic_uint next;
    atomic_ullong wrong, exact_calls, inputs;
    pthread_mutex_t lock;
};

static void report(struct job *job, uint32_t input, uint32_t found, uint32_t expected) {
    if (atomic_fetch_add(&job->wrong, 1) < 2000) {
        printf("%s(%08" PRIx32 ") = %08" PRIx32 ", expected %08" PRIx32 "\n", job->function->name, input, found, expected);
    }
}

static void check_block(struct job *job, const float *x, const float *y) {
    uint64_t exact_calls = 0;
    for (int i = 0; i < BLOCK; i++) {
        int hard;
        uint32_t input = bits_of(x[i]), expected = oracle(job->function, input, &hard, &exact_calls);
        if (bits_of(y[i]) != expected) report(job, input, bits_of(y[i]), expected);
        if (!hard) continue;
        pthread_mutex_lock(&job->lock);
        fprintf(job->hard_file, "%s %08" PRIx32 " %08" PRIx32 "\n", job->function->name, input, expected);
        pthread_mutex_unlock(&job->lock);
    }
    atomic_fetch_add(&job->exact_calls, exact_calls);
    atomic_fetch_add(&job->inputs, BLOCK);
}

static void compare_block(struct job *job, const float *x, const float *y) {
    static _Thread_local float z[BLOCK];
    job->second(z, x, BLOCK);
    atomic_fetch_add(&job->inputs, BLOCK);
    if (memcmp(y, z, sizeof z) == 0) return;
    for (int i = 0; i < BLOCK; i++) {
        if (bits_of(y[i]) != bits_of(z[i])) report(job, bits_of(x[i]), bits_of(z[i]), bits_of(y[i]));
    }
}

static void *work(void *argument) {
    static _Thread_local float x[BLOCK], y[BLOCK];
    struct job *job = argument;
    uint64_t blocks = (((uint64_t)1 << 32) / job->stride + BLOCK - 1) / BLOCK;
    for (;;) {
        uint64_t block = atomic_fetch_add(&job->next, 1);
        if (block >= blocks) break;
        for (uint64_t i = 0; i < BLOCK; i++) x[i] = float_of((uint32_t)((block * BLOCK + i) * job->stride));
        job->first(y, x, BLOCK);
        if (job->second) compare_block(job, x, y); else check_block(job, x, y);
    }
    mpfr_free_cache();
    return NULL;
}

static int run(struct job *job) {
    pthread_t threads[THREADS];
    pthread_mutex_init(&job->lock, NULL);
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, job);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    if (job->second) {
        printf("%s: %llu inputs, %llu different\n", job->function->name, job->inputs, job->wrong);
    } else {
        printf("%s: %llu inputs, %llu decided by MPFR, %llu wrong\n", job->function->name, job->inputs,
               job->exact_calls, job->wrong);
    }
    return job->wrong != 0;
}

static const struct function *function_named(const char *name) {
    for (int i = 0; i < FUNCTIONS; i++) {
        if (strcmp(functions[i].name, name) == 0) return &functions[i];
    }
    fprintf(stderr, "no function %s\n", name);
    exit(2);
}

static enum ck_isa isa_named(const char *name) {
    static const char *const names[] = {"baseline", "avx2", "avx512"};
    for (int i = 0; i < 3; i++) {
        if (strcmp(names[i], name) == 0 && ck_isa_supported((enum ck_isa)i)) return (enum ck_isa)i;
    }
    fprintf(stderr, "no instruction set %s here\n", name);
    exit(2);
}

/// The pseudo-random inputs of the quick tests: the high halves of splitmix64 from state 1.
static uint32_t sample(uint64_t index) {
    uint64_t z = 1 + (index + 1) * 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (uint32_t)((z ^ (z >> 31)) >> 32);
}

static void print_fixture(int files, char **paths) {
    static const uint32_t specials[] = {
        0x00000000, 0x80000000, 0x00000001, 0x80000001, 0x007fffff, 0x00800000, 0x3f800000, 0xbf800000, 0x7f7fffff,
        0xff7fffff, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc12345, 0x7f800001, 0x42b17217, 0x42b17218, 0xc2cff1b4,
        0xc2cff1b5, 0xc2aeac50, 0x40490fdb, 0x3fc90fdb, 0x40c90fdb, 0x49000000, 0x48ffffff, 0x3eb17218, 0x3f000000};
    printf("// Made by Tests/Exhaustive/elementary.c (see its README): correctly rounded results, decided by MPFR.\n"
           "// swift-format-ignore-file\n\n"
           "/// Expected bits of the elementary functions.\nenum ElementaryFixture {\n"
           "    /// FNV-1a (64 bits) over the little-endian results of %d pseudo-random inputs, a function.\n"
           "    static let sampleHashes: [(function: String, hash: UInt64)] = [\n", SAMPLES);
    for (int i = 0; i < FUNCTIONS; i++) {
        uint64_t hash = 0xcbf29ce484222325ULL;
        for (int j = 0; j < SAMPLES; j++) {
            uint32_t input = sample((uint64_t)j), result;
            result = isnan(float_of(input)) ? 0x7fc00000 : exact_bits(&functions[i], input);
            if (isnan(float_of(result))) result = 0x7fc00000;
            for (int k = 0; k < 4; k++) hash = (hash ^ (result >> (8 * k) & 255)) * 0x100000001b3ULL;
        }
        printf("        (\"%s\", 0x%016" PRIx64 "),\n", functions[i].name, hash);
    }
    printf("    ]\n\n    /// Special values and the inputs nearest to a rounding boundary: function, input, result.\n"
           "    static let cases = \"\"\"\n");
    for (int i = 0; i < FUNCTIONS; i++) {
        for (size_t j = 0; j < sizeof specials / 4; j++) {
            uint32_t result = exact_bits(&functions[i], specials[j]);
            if (isnan(float_of(result))) result = 0x7fc00000;
            printf("        %s %08" PRIx32 " %08" PRIx32 "\n", functions[i].name, specials[j], result);
        }
    }
    for (int i = 0; i < files; i++) {
        FILE *file = fopen(paths[i], "r");
        char line[80];
        while (file && fgets(line, sizeof line, file)) printf("        %s", line);
        if (file) fclose(file);
    }
    printf("        \"\"\"\n}\n");
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void print_speed(void) {
    static float x[4096], y[4096];
    for (int i = 0; i < 4096; i++) x[i] = (float)(sample((uint64_t)i) >> 8) * 0x1p-20f - 8.0f;
    for (int isa = 0; isa < 3; isa++) {
        if (!ck_isa_supported((enum ck_isa)isa)) continue;
        const struct ck_elementwise_table *t = &ck_kernels_for((enum ck_isa)isa)->elementwise;
        kernel *kernels[] = {t->exp, t->log, t->sin, t->cos, t->tanh, t->erf, t->sigmoid, t->silu, t->gelu, t->sqrt};
        const char *names[] = {"exp", "log", "sin", "cos", "tanh", "erf", "sigmoid", "silu", "gelu", "sqrt"};
        for (int k = 0; k < 10; k++) {
            double best = 1e9;
            for (int repeat = 0; repeat < 30; repeat++) {
                double start = seconds();
                for (int i = 0; i < 10; i++) kernels[k](y, x, 4096);
                double elapsed = seconds() - start;
                best = elapsed < best ? elapsed : best;
            }
            printf("isa %d %-8s %7.1f million/s\n", isa, names[k], 0.04096 / best);
        }
    }
}

int main(int count, char **words) {
    if (count == 5 && strcmp(words[1], "check") == 0) {
        struct job job = {.function = function_named(words[2]), .stride = 1, .hard_file = fopen(words[4], "w")};
        job.first = kernel_of(job.function, isa_named(words[3]));
        if (!job.hard_file) return 2;
        int failed = run(&job);
        fclose(job.hard_file);
        return failed;
    }
    if (count == 6 && strcmp(words[1], "compare") == 0) {
        struct job job = {.function = function_named(words[2]), .stride = (uint32_t)strtoul(words[5], NULL, 10)};
        job.first = kernel_of(job.function, isa_named(words[3]));
        job.second = kernel_of(job.function, isa_named(words[4]));
        return job.stride == 0 ? 2 : run(&job);
    }
    if (count >= 3 && strcmp(words[1], "fixture") == 0) {
        print_fixture(count - 2, words + 2);
        return 0;
    }
    if (count == 2 && strcmp(words[1], "speed") == 0) {
        print_speed();
        return 0;
    }
    fprintf(stderr, "usage: elementary check|compare|fixture|speed ... (see the head of elementary.c)\n");
    return 2;
}
