#include "CudaEmulator.h"

extern "C" const struct cu_driver *cuda_emulator(void) {
    static const cu_driver driver = {};
    return &driver;
}
