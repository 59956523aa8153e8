// The words of kernel.h on the host. A block's threads are fibers: one runs until it meets a barrier, then the next. What a
// device leaves undefined is NaN here: shared memory at the start of a block, the target of a fetch until it is waited for.
// No header of the standard library's: its names would meet those of the kernels.
#pragma once
#include "cu_types.h"

struct dim3 {
    unsigned x, y, z;
};
struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(8) int2 { int x, y; };
struct alignas(16) int4 { int x, y, z, w; };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
struct alignas(16) double2 { double x, y; };

/// Set for the fiber that runs. A fiber never leaves its host thread, so their address stays the same in a kernel.
#define EMULATED __thread __attribute__((tls_model("initial-exec")))
extern EMULATED dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace emulator {
extern EMULATED float *shared;
/// The barrier of `line`: returns when all threads of the block are there that still run.
void meet(int line);
/// `count` floats that arrive in `wait`; until then their place holds NaN.
void fetch(float *to, const float *from, int count);
void commit();
/// All but the last `open` closed groups arrive.
void wait(int open);
/// Called by one thread of a block ahead of a barrier: the block goes on behind it once `*turn` is `mine`.
void want(const int *turn, int mine);

/// A kernel. Entries of a program form a list.
struct Entry {
    const char *name;
    unsigned threads;
    unsigned long bytes;
    void (*body)(const void *arguments);
    const Entry *next;
    Entry(const char *name, unsigned threads, unsigned long bytes, void (*body)(const void *));
};
}  // namespace emulator

#define INFINITY __builtin_inff()
#define ENTRY(NAME, ARGUMENTS, THREADS, BLOCKS)                                                              \
    static void NAME(const ARGUMENTS &g);                                                                    \
    static const emulator::Entry NAME##_entry(#NAME, THREADS, sizeof(ARGUMENTS), [](const void *arguments) { \
        NAME(*(const ARGUMENTS *)arguments);                                                                 \
    });                                                                                                      \
    static void NAME([[maybe_unused]] const ARGUMENTS &g)
#define DEVICE static inline
#define MEMBER inline
#define SHARED(name) float *const name = emulator::shared
#define SYNC() emulator::meet(__LINE__)
#define FMA(a, b, c) __builtin_fmaf(a, b, c)
#define UNROLL
#define NO_UNROLL
#define UNROLL_4

DEVICE float bits_float(uint32_t u) { return __builtin_bit_cast(float, u); }
DEVICE uint32_t float_bits(float x) { return __builtin_bit_cast(uint32_t, x); }
DEVICE double bits_double(uint64_t u) { return __builtin_bit_cast(double, u); }
DEVICE uint64_t double_bits(double x) { return __builtin_bit_cast(uint64_t, x); }
DEVICE float root(float x) { return __builtin_sqrtf(x); }
DEVICE double root(double x) { return __builtin_sqrt(x); }
DEVICE float narrowed(double x) { return (float)x; }

DEVICE void fetch4(float *to, const float *from) { emulator::fetch(to, from, 1); }
DEVICE void fetch16(float *to, const float *from) { emulator::fetch(to, from, 4); }
DEVICE void fetch_commit() { emulator::commit(); }
template <int N> DEVICE void fetch_wait() { emulator::wait(N); }

DEVICE float4 load4_far(const float *p) { return *(const float4 *)p; }
DEVICE float load_far(const float *p) { return *p; }
DEVICE void store4_far(float *p, float4 v) { *(float4 *)p = v; }
DEVICE void store_far(float *p, float v) { *p = v; }

// A negative line: a barrier of the vocabulary's own.
DEVICE int draw(int *counter, int *drawn) {
    if (threadIdx.x == 0) *drawn = (*counter)++;
    emulator::meet(-1);
    return *drawn;
}
DEVICE void wait_turn(const int *turn, int mine) {
    if (threadIdx.x == 0) emulator::want(turn, mine);
    emulator::meet(-2);
}
DEVICE void pass_turn(int *turn, int next) {
    emulator::meet(-3);
    if (threadIdx.x == 0) *turn = next;
}
