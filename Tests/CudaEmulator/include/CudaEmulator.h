// NVIDIA's driver on the host's processor: the functions of `cu_driver`, which run the kernels' own source with fibers for
// threads. For tests on machines without a GPU.
#pragma once
#include "cu_driver.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The emulated driver's functions.
const struct cu_driver *cuda_emulator(void);

/// Why the last launch of this host thread failed, in words; empty if none did.
const char *cuda_emulator_trouble(void);

#ifdef __cplusplus
}
#endif
