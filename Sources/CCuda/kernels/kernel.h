// The vocabulary that every kernel is written in. NVRTC reads it as CUDA; elsewhere the emulator gives the words their
// meaning on the host, where a block's threads are fibers (Tests/CudaEmulator).
//
// A kernel is an ENTRY: it receives one structure of plain data, `g`, which include/ declares for host and device alike.
// Float arithmetic is written with + - * / as the contract says it and is never fused, for the program is compiled with
// -fmad=false; a fused multiply-add is FMA. No fast intrinsics: every operation is rounded to nearest, subnormals are kept.
// Threads of a block meet at SYNC and exchange values through shared memory alone. Integers may be counted atomically
// (DRAW); floats may not, for their order would be chance.
#pragma once
#ifdef __CUDACC_RTC__
#include "cu_types.h"
#define INFINITY __int_as_float(0x7f800000)

/// A kernel NAME of arguments g, of at most THREADS threads a block, of which BLOCKS shall fit on a multiprocessor.
#define ENTRY(NAME, ARGUMENTS, THREADS, BLOCKS) \
    extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) NAME(const ARGUMENTS g)
#define DEVICE static __device__ __forceinline__
/// The same for members.
#define MEMBER __device__ __forceinline__
/// The block's shared memory, whose size the launch says; its contents are undefined.
extern __shared__ __align__(16) float shared_memory[];
#define SHARED(name) float *const name = shared_memory
#define SYNC() __syncthreads()
#define FMA(a, b, c) __fmaf_rn(a, b, c)
#define UNROLL _Pragma("unroll")
#define NO_UNROLL _Pragma("unroll 1")
#define UNROLL_4 _Pragma("unroll 4")

DEVICE float bits_float(uint32_t u) { return __uint_as_float(u); }
DEVICE uint32_t float_bits(float x) { return __float_as_uint(x); }
DEVICE double bits_double(uint64_t u) { return __longlong_as_double((long long)u); }
DEVICE uint64_t double_bits(double x) { return (uint64_t)__double_as_longlong(x); }
DEVICE float root(float x) { return __fsqrt_rn(x); }
DEVICE double root(double x) { return __dsqrt_rn(x); }
/// Rounds a double to the nearest Float32, ties to even.
DEVICE float narrowed(double x) { return __double2float_rn(x); }

/// 4 or 16 bytes from global to shared memory, in the background. They are there for the thread that asked once it has
/// waited, for the others after a SYNC behind that.
DEVICE void fetch4(float *to, const float *from) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"((uint32_t)__cvta_generic_to_shared(to)), "l"(from));
}
DEVICE void fetch16(float *to, const float *from) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"((uint32_t)__cvta_generic_to_shared(to)), "l"(from));
}
/// Closes a group of fetches.
DEVICE void fetch_commit() { asm volatile("cp.async.commit_group;"); }
/// Waits until all but the last N groups have arrived.
template <int N> DEVICE void fetch_wait() { asm volatile("cp.async.wait_group %0;" ::"n"(N)); }

/// Reads and writes past the first-level cache: what another block wrote is seen.
DEVICE float4 load4_far(const float *p) { return __ldcg((const float4 *)p); }
DEVICE float load_far(const float *p) { return __ldcg(p); }
DEVICE void store4_far(float *p, float4 v) { __stcg((float4 *)p, v); }
DEVICE void store_far(float *p, float v) { __stcg(p, v); }

/// The next number of an integer counter, the same for all threads of the block: blocks draw in the order in which they
/// start. `drawn` is a place in shared memory.
DEVICE int draw(int *counter, int *drawn) {
    if (threadIdx.x == 0) *drawn = atomicAdd(counter, 1);
    __syncthreads();
    return *drawn;
}
/// Waits until `*turn` is `mine`; afterwards what the blocks before wrote is visible.
DEVICE void wait_turn(const int *turn, int mine) {
    if (threadIdx.x == 0) {
        int now;
        do {
            asm volatile("ld.acquire.gpu.global.s32 %0, [%1];" : "=r"(now) : "l"(turn) : "memory");
        } while (now != mine);
    }
    __syncthreads();
}
/// Hands the turn on; what the block wrote before is visible to whoever waits for it.
DEVICE void pass_turn(int *turn, int next) {
    __threadfence();
    __syncthreads();
    if (threadIdx.x == 0) asm volatile("st.release.gpu.global.s32 [%0], %1;" ::"l"(turn), "r"(next) : "memory");
}
#else
#include "emulated.h"
#endif

/// For all i below n, shared among all threads of the grid.
#define EACH(i, n) \
    for (int64_t i = (int64_t)blockIdx.x * blockDim.x + threadIdx.x; i < (n); i += (int64_t)gridDim.x * blockDim.x)
