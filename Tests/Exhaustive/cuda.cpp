// All 2^32 inputs of the functions of the device `cuda` (Sources/CCuda/kernels/functions.h, compiled for this processor)
// against the kernels of CKernels, bit for bit (a NaN is a NaN). See README.md for the commands and the results.
//
//   cuda ISA STRIDE     ISA: baseline, avx2, avx512, neon; STRIDE 1 is every input
#include "emulated.h"
#pragma clang fp contract(off)
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#endif
#include "functions.h"

template <float (*FUNCTION)(float)> void each(float *y, const float *x, int n) {
    for (int i = 0; i < n; i++) y[i] = FUNCTION(x[i]);
}
#if defined(__x86_64__)
#pragma clang attribute pop
#endif

extern "C" {
#include "CKernels.h"
}
#include <atomic>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <thread>

enum { BLOCK = 1 << 14, THREADS = 2 };

struct Function {
    const char *name;
    void (*device)(float *, const float *, int);
    void (*host)(float *, const float *, size_t);
    /// Of a slope: the gradient of dy = 1.
    void (*backward)(float *, const float *, const float *, size_t);
};

/// Compares every `stride`-th input; returns how many differ.
static uint64_t compare(const Function &f, uint64_t stride) {
    const uint64_t inputs = ((1ULL << 32) + stride - 1) / stride, blocks = (inputs + BLOCK - 1) / BLOCK;
    std::atomic<uint64_t> next{0}, unequal{0};
    std::atomic<uint32_t> example{0};
    auto work = [&] {
        static thread_local float x[BLOCK], y[BLOCK], z[BLOCK], ones[BLOCK];
        for (float &one : ones) one = 1;
        for (uint64_t block; (block = next++) < blocks;) {
            const uint64_t first = block * BLOCK, n = inputs - first < BLOCK ? inputs - first : BLOCK;
            for (uint64_t i = 0; i < n; i++) x[i] = bits_float((uint32_t)((first + i) * stride));
            f.device(y, x, (int)n);
            if (f.host) f.host(z, x, n);
            else f.backward(z, ones, x, n);
            for (uint64_t i = 0; i < n; i++) {
                if (float_bits(y[i]) == float_bits(z[i]) || (y[i] != y[i] && z[i] != z[i])) continue;
                unequal++;
                example = float_bits(x[i]);
            }
        }
    };
    std::thread threads[THREADS];
    for (auto &thread : threads) thread = std::thread(work);
    for (auto &thread : threads) thread.join();
    printf("%-16s %llu inputs, %llu differ", f.name, (unsigned long long)inputs, (unsigned long long)unequal.load());
    if (unequal) printf(", such as %08x", example.load());
    printf("\n");
    fflush(stdout);
    return unequal;
}

int main(int count, char **arguments) {
    const char *names[] = {"baseline", "avx2", "avx512", "neon"};
    int isa = -1;
    for (int i = 0; i < 4 && count == 3; i++)
        if (!strcmp(names[i], arguments[1])) isa = i;
    const uint64_t stride = count == 3 ? strtoull(arguments[2], nullptr, 10) : 0;
    if (isa < 0 || stride < 1 || !ck_isa_supported((ck_isa)isa)) {
        fprintf(stderr, "usage: cuda ISA STRIDE, ISA one that this processor has\n");
        return 2;
    }
    const ck_elementwise_table &host = ck_kernels_for((ck_isa)isa)->elementwise;
    const Function functions[] = {
        {"exp", each<exp_rounded>, host.exp, nullptr},
        {"log", each<log_rounded>, host.log, nullptr},
        {"sin", each<sin_rounded>, host.sin, nullptr},
        {"cos", each<cos_rounded>, host.cos, nullptr},
        {"tanh", each<tanh_rounded>, host.tanh, nullptr},
        {"erf", each<erf_rounded>, host.erf, nullptr},
        {"sigmoid", each<sigmoid_rounded>, host.sigmoid, nullptr},
        {"root", each<root_rounded>, host.sqrt, nullptr},
        {"silu", each<silu>, host.silu, nullptr},
        {"silu_slope", each<silu_slope>, nullptr, host.silu_backward},
        {"quick_gelu", each<quick_gelu>, host.quick_gelu, nullptr},
        {"quick_gelu_slope", each<quick_gelu_slope>, nullptr, host.quick_gelu_backward},
        {"gelu", each<gelu>, host.gelu, nullptr},
        {"gelu_slope", each<gelu_slope>, nullptr, host.gelu_backward},
    };
    uint64_t unequal = 0;
    for (const Function &f : functions) unequal += compare(f, stride);
    return unequal > 0;
}
