// All 2^32 inputs of the functions that `ref-1` evaluates in Float32: exp, SiLU, GELU, quick GELU and the slopes.
// See README.md for the commands and the results.
//
//   single check FUNCTION ISA STRIDE         against double arithmetic: the largest errors, and whether the bounds hold
//   single compare FUNCTION ISA ISA STRIDE   two instruction sets, bit for bit (a NaN is a NaN)
//
// The oracle is the formula in double with glibc's exp and erfc. Its error, below 2^-44 of the result (below 2^-50 in
// absolute terms near a slope's zero), is nothing beside the bounds. STRIDE 1 is every input.
#include "CKernels.h"
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 14, THREADS = 2, ZONES = 5 };

void ck_exp_single_baseline(float *, const float *, size_t);
void ck_exp_single_avx2(float *, const float *, size_t);
void ck_exp_single_avx512(float *, const float *, size_t);

/// Inputs up to `to` (from the zone before on), the unit that errors are counted in (0: ulps of the exact result), and
/// the bound on them.
struct zone {
    float to;
    double unit, bound;
};

struct function {
    const char *name;
    double (*exact)(double);
    /// The limits at -infinity and infinity.
    float at_low, at_high;
    struct zone zones[ZONES];
};

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double silu(double x) { return x / (1 + exp(-x)); }
static double silu_slope(double x) { return sigmoid(x) * (1 + x * sigmoid(-x)); }
static double quick_gelu(double x) { return x / (1 + exp(-1.702 * x)); }
static double quick_gelu_slope(double x) { return silu_slope(1.702 * x); }
static double normal(double x) { return 0.5 * erfc(-x * 0x1.6a09e667f3bcdp-1); }
static double gelu(double x) { return x * normal(x); }
static double gelu_slope(double x) { return normal(x) + x * (exp(-0.5 * (x * x)) * 0x1.9884533d43651p-2); }

#define ULPS 0.0
#define TINY 0x1p-126
#define HALF 0x1p-24
static const struct function functions[] = {
    {"exp", exp, 0.0f, INFINITY,
     {{-0x1.5bf5bcp+6f, TINY, 1.42}, {0x1.62e42ep+6f, ULPS, 0.8914}, {INFINITY, ULPS, 0}}},
    {"silu", silu, -0.0f, INFINITY, {{-0x1.62e43p+6f, TINY, 22.2}, {INFINITY, ULPS, 3}}},
    {"silu_slope", silu_slope, -0x1.e1a28cp-120f, 1,
     {{-87.0f, TINY, 121}, {-2.0f, ULPS, 7}, {-0.75f, HALF, 1}, {INFINITY, ULPS, 3}}},
    {"quick_gelu", quick_gelu, -0.0f, INFINITY, {{-0x1.a10754p+5f, TINY, 14}, {INFINITY, ULPS, 3}}},
    {"quick_gelu_slope", quick_gelu_slope, -0x1.24df24p-119f, 1,
     {{-51.0f, TINY, 147}, {-1.25f, ULPS, 7}, {-0.4375f, HALF, 1}, {INFINITY, ULPS, 3}}},
    {"gelu", gelu, -0.0f, INFINITY, {{-0x1.a615aep+3f, TINY, 0.6}, {INFINITY, ULPS, 5}}},
    {"gelu_slope", gelu_slope, 0.0f, 1,
     {{-0x1.a615aep+3f, TINY, 8}, {-1.25f, ULPS, 5}, {-0.4375f, HALF, 1.2}, {INFINITY, ULPS, 5}}},
};
enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

static float ones[BLOCK];

/// y = FUNCTION(x) for a block. A slope is the backward kernel's result for dy = 1.
static void evaluate(const struct function *f, enum ck_isa isa, float *y, const float *x) {
    const struct ck_elementwise_table *t = &ck_kernels_for(isa)->elementwise;
    switch (f - functions) {
    case 0:
#if defined(__x86_64__)
        if (isa == CK_ISA_AVX512) return ck_exp_single_avx512(y, x, BLOCK);
        if (isa == CK_ISA_AVX2) return ck_exp_single_avx2(y, x, BLOCK);
#endif
        return ck_exp_single_baseline(y, x, BLOCK);
    case 1: return t->silu(y, x, BLOCK);
    case 2: return t->silu_backward(y, ones, x, BLOCK);
    case 3: return t->quick_gelu(y, x, BLOCK);
    case 4: return t->quick_gelu_backward(y, ones, x, BLOCK);
    case 5: return t->gelu(y, x, BLOCK);
    default: return t->gelu_backward(y, ones, x, BLOCK);
    }
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

/// The distance of Float32 values at the size of d, never below the smallest subnormal.
static double ulp(double d) {
    uint64_t bits;
    memcpy(&bits, &d, 8);
    int exponent = (int)(bits >> 52 & 0x7ff) - 1023;
    bits = (uint64_t)(1000 + (exponent < -126 ? -126 : exponent)) << 52;
    memcpy(&d, &bits, 8);
    return d;
}

struct worst {
    double error;
    uint32_t input;
    uint64_t inputs;
};

struct job {
    const struct function *function;
    enum ck_isa first, second;
    int compare;
    uint64_t stride;
    atomic_uint next;
    atomic_ullong wrong, inputs;
    pthread_mutex_t lock;
    struct worst worst[ZONES];
};

static void report(struct job *job, uint32_t input, float found, double expected) {
    if (atomic_fetch_add(&job->wrong, 1) < 20) {
        printf("%s(%08" PRIx32 " = %a) = %a, expected %a\n", job->function->name, input, float_of(input), found, expected);
    }
}

static void check_block(struct job *job, struct worst *worst, const float *x, const float *y) {
    const struct function *f = job->function;
    for (int i = 0; i < BLOCK; i++) {
        if (isnan(x[i])) {
            if (!isnan(y[i])) report(job, bits_of(x[i]), y[i], NAN);
        } else if (isinf(x[i])) {
            float limit = x[i] < 0 ? f->at_low : f->at_high;
            if (bits_of(y[i]) != bits_of(limit)) report(job, bits_of(x[i]), y[i], limit);
        } else {
            int zone = 0;
            while (x[i] > f->zones[zone].to) zone++;
            double exact = f->exact(x[i]), unit = f->zones[zone].unit;
            if (unit == ULPS) unit = ulp(exact);
            double error = isinf(y[i]) && y[i] == (float)exact ? 0 : fabs(y[i] - exact) / unit;
            struct worst *w = &worst[zone];
            w->inputs++;
            if (!(error <= f->zones[zone].bound)) report(job, bits_of(x[i]), y[i], exact);
            if (!(error <= w->error)) w->error = error, w->input = bits_of(x[i]);
        }
    }
}

static void compare_block(struct job *job, const float *x, const float *y) {
    static _Thread_local float z[BLOCK];
    evaluate(job->function, job->second, z, x);
    for (int i = 0; i < BLOCK; i++) {
        if (bits_of(y[i]) != bits_of(z[i]) && !(isnan(y[i]) && isnan(z[i]))) report(job, bits_of(x[i]), z[i], y[i]);
    }
}

static void *work(void *argument) {
    static _Thread_local float x[BLOCK], y[BLOCK];
    struct job *job = argument;
    struct worst worst[ZONES] = {0};
    uint64_t blocks = (((uint64_t)1 << 32) / job->stride + BLOCK - 1) / BLOCK;
    for (;;) {
        uint64_t block = atomic_fetch_add(&job->next, 1);
        if (block >= blocks) break;
        for (uint64_t i = 0; i < BLOCK; i++) x[i] = float_of((uint32_t)((block * BLOCK + i) * job->stride));
        evaluate(job->function, job->first, y, x);
        if (job->compare) compare_block(job, x, y); else check_block(job, worst, x, y);
        atomic_fetch_add(&job->inputs, BLOCK);
    }
    pthread_mutex_lock(&job->lock);
    for (int zone = 0; zone < ZONES; zone++) {
        uint64_t inputs = job->worst[zone].inputs + worst[zone].inputs;
        if (worst[zone].error > job->worst[zone].error) job->worst[zone] = worst[zone];
        job->worst[zone].inputs = inputs;
    }
    pthread_mutex_unlock(&job->lock);
    return NULL;
}

static int run(struct job *job) {
    pthread_t threads[THREADS];
    pthread_mutex_init(&job->lock, NULL);
    for (int i = 0; i < BLOCK; i++) ones[i] = 1;
    for (int i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, work, job);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    const char *result = job->compare ? "different" : "beyond a bound";
    printf("%s: %llu inputs, %llu %s\n", job->function->name, job->inputs, job->wrong, result);
    float from = -INFINITY;
    for (int zone = 0; zone < ZONES && !job->compare && from < INFINITY; zone++) {
        const struct zone *z = &job->function->zones[zone];
        const struct worst *w = &job->worst[zone];
        printf("  %.9g to %.9g: at most %.5f ", from, z->to, w->error);
        if (z->unit == ULPS) printf("ulp"); else printf("* 2^%d", ilogb(z->unit));
        printf(" (bound %.9g), at %08" PRIx32 " = %.9g; %" PRIu64 " inputs\n", z->bound, w->input, float_of(w->input), w->inputs);
        from = z->to;
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

int main(int count, char **words) {
    int check = count == 5 && strcmp(words[1], "check") == 0, compare = count == 6 && strcmp(words[1], "compare") == 0;
    if (!check && !compare) {
        fprintf(stderr, "usage: single check|compare ... (see the head of single.c)\n");
        return 2;
    }
    struct job job = {.function = function_named(words[2]), .compare = compare};
    job.first = isa_named(words[3]);
    job.second = isa_named(words[compare ? 4 : 3]);
    job.stride = strtoull(words[count - 1], NULL, 10);
    return job.stride == 0 ? 2 : run(&job);
}
