#include "Memory.h"
#include <cstring>
#include <sys/mman.h>

namespace emulator {
static constexpr size_t zone = 256, page = 4096;
static constexpr unsigned char mark = 0xdb;

cu_result Memory::allocate(cu_address *address, size_t bytes) {
    if (bytes == 0) return 1;
    std::lock_guard<std::mutex> held(lock);
    if (bytes > limit - used) return CU_OUT_OF_MEMORY;
    size_t mapped = (zone + bytes + zone + page - 1) / page * page;
    void *mapping = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) return CU_OUT_OF_MEMORY;
    char *start = (char *)mapping + zone;
    memset(mapping, mark, zone);
    memset(start, 0xff, bytes);
    memset(start + bytes, mark, zone);
    *address = (cu_address)start;
    allocations[*address] = {(char *)mapping, bytes, mapped};
    used += bytes;
    return 0;
}

cu_result Memory::free(cu_address address) {
    std::lock_guard<std::mutex> held(lock);
    auto found = allocations.find(address);
    if (found == allocations.end()) return 1;
    // The addresses stay taken, so that a late use is a fault and not somebody else's memory.
    Allocation gone = found->second;
    mmap(gone.mapping, gone.mapped, PROT_NONE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    used -= gone.bytes;
    allocations.erase(found);
    return 0;
}

size_t Memory::bytes_from(cu_address address) {
    std::lock_guard<std::mutex> held(lock);
    auto next = allocations.upper_bound(address);
    if (next == allocations.begin()) return 0;
    auto &[start, allocation] = *--next;
    return address - start < allocation.bytes ? allocation.bytes - (address - start) : 0;
}

static bool whole(const char *from) {
    for (size_t i = 0; i < zone; i++)
        if ((unsigned char)from[i] != mark) return false;
    return true;
}

std::string Memory::damage() {
    std::lock_guard<std::mutex> held(lock);
    for (auto &[address, allocation] : allocations) {
        const char *start = (const char *)address;
        std::string bytes = std::to_string(allocation.bytes);
        if (!whole(start - zone)) return "writes before the start of an allocation of " + bytes + " bytes";
        if (!whole(start + allocation.bytes)) return "writes beyond the end of an allocation of " + bytes + " bytes";
    }
    return "";
}

void Memory::usage(size_t *free, size_t *total) {
    std::lock_guard<std::mutex> held(lock);
    if (free) *free = limit - used;
    if (total) *total = limit;
}
}  // namespace emulator
