// The kernels' own source, as functions of the host. FMA is one instruction where the processor has it, which `emulated`
// devices ask for; otherwise it would be a slow function of the library's.
#include "emulated.h"
#pragma clang fp contract(off)
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#endif
#include "kernels.cu"
#if defined(__x86_64__)
#pragma clang attribute pop
#endif
