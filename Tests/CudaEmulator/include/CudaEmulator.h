// NVIDIA's driver on the host's processor: the functions of `cu_driver`, which run the kernels' own source with fibers for
// threads. For tests on machines without a GPU.
#pragma once
#include "cu_driver.h"
#include "cu_probe.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The emulated driver's functions.
const struct cu_driver *cuda_emulator(void);

/// How many kernels there are, and their names.
int cuda_emulator_kernels(void);
const char *cuda_emulator_kernel(int index);

/// Why the last launch on this host thread failed, in words; empty if none did.
const char *cuda_emulator_trouble(void);

/// Adds a device and returns its number. `settings` are parted by commas, and may be empty:
/// - threads=ORDER    in which the threads of a block take turns between two barriers: `to-and-fro` (up and down by turns,
///                    the next launch the other way round), `up`, `down`, or `shuffled`
/// - blocks=ORDER     in which the blocks of a launch begin and take turns: `up`, `down`, or `shuffled`
/// - resident=COUNT   blocks that have begun and not ended, at most; 2 if not said
/// - seed=NUMBER      of what is shuffled
/// - memory=BYTES     of the device; 8 GiB if not said
/// - capability=90    ten times the compute capability
/// - wrong=KERNEL:N   a bit of what the Nth launch of KERNEL wrote is flipped, counted from 0
/// - fail=CALL:RESULT:N   the driver's function CALL, by NVIDIA's name, fails with RESULT after N calls that succeed
/// Device 0 is always there; its settings are those of the environment variable CUDA_EMULATOR.
int cuda_emulator_add(const char *settings);

#ifdef __cplusplus
}
#endif
