#include "Stacks.h"
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <sys/mman.h>

namespace emulator {
static constexpr size_t guard = 1 << 16, stack = 1 << 18;

void Carrier::begin(void (*entry)()) {
    // Stacks that begin at the same place of a page would contend for the same lines of the cache.
    char *top = bottom + stack - number % 61 * 64;
#if defined(__x86_64__)
    uint64_t frame[8] = {0, 0, 0, 0, 0, 0, (uint64_t)entry, 0};
#elif defined(__aarch64__)
    uint64_t frame[20] = {0};
    frame[11] = (uint64_t)entry;
#endif
    at = top - sizeof frame;
    memcpy(at, frame, sizeof frame);
}

Carrier *Stacks::take() {
    if (spare.empty()) {
        void *memory = mmap(nullptr, guard + stack, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED || mprotect((char *)memory + guard, stack, PROT_READ | PROT_WRITE)) abort();
        all.push_back(new Carrier{nullptr, (char *)memory + guard, (unsigned)all.size()});
        return all.back();
    }
    Carrier *carrier = spare.back();
    spare.pop_back();
    return carrier;
}

Stacks::~Stacks() {
    for (Carrier *carrier : all) {
        munmap(carrier->bottom - guard, guard + stack);
        delete carrier;
    }
}
}  // namespace emulator
