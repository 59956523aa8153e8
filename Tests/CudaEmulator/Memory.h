// The memory of an emulated device.
#pragma once
#include "cu_driver.h"
#include <map>
#include <mutex>
#include <string>

namespace emulator {
/// Allocations lie between zones that nobody may write. New memory holds NaN; freed memory may no longer be touched.
class Memory {
  public:
    cu_result allocate(cu_address *address, size_t bytes);
    cu_result free(cu_address address);
    /// Whether `bytes` bytes at `address` lie within one allocation.
    bool holds(cu_address address, size_t bytes) { return bytes_from(address) >= bytes; }
    /// How many bytes there are from `address` to the end of its allocation; 0 if it lies in none.
    size_t bytes_from(cu_address address);
    /// What was written outside of the allocations, in words, or nothing.
    std::string damage();
    void usage(size_t *free, size_t *total);
    size_t limit = (size_t)8 << 30;

  private:
    struct Allocation {
        char *mapping;
        size_t bytes, mapped;
    };
    std::mutex lock;
    std::map<cu_address, Allocation> allocations;
    size_t used = 0;
};
}  // namespace emulator
