// The functions of NVIDIA's driver.
#include "Device.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace emulator {
static const Entry *&entries() {
    static const Entry *entries;
    return entries;
}
Entry::Entry(const char *name, unsigned threads, unsigned long bytes, void (*body)(const void *))
    : name(name), threads(threads), bytes(bytes), body(body), next(entries()) {
    entries() = this;
}

static constexpr int most_shared_bytes = 227 << 10, usual_shared_bytes = 48 << 10;
static thread_local Device *context;

/// Functions have NVIDIA's names, so that a library of these can be loaded in the place of libcuda.so.1.
#define EXPORT extern "C" __attribute__((visibility("default")))
/// The current device, held; `return`s what a call of this name shall fail with, if it shall.
#define ENTER()                                              \
    if (!context) return INVALID_CONTEXT;                              \
    Device &device = *context;                                         \
    std::lock_guard<std::recursive_mutex> held(device.lock);           \
    trouble.clear();                                                   \
    if (cu_result result = device.failure(__func__)) return result

EXPORT cu_result cuInit(unsigned) {
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("fma") || !__builtin_cpu_supports("avx2")) {
        fprintf(stderr, "the emulated device wants a processor with FMA and AVX2\n");
        return NO_DEVICE;
    }
#endif
    return 0;
}
EXPORT cu_result cuDriverGetVersion(int *version) { return *version = 12990, 0; }
EXPORT cu_result cuDeviceGetCount(int *count) { return *count = device_count(), 0; }
EXPORT cu_result cuDeviceGet(int *number, int ordinal) {
    if (!device(ordinal)) return INVALID_DEVICE;
    return *number = ordinal, 0;
}
EXPORT cu_result cuDeviceGetName(char *name, int length, int number) { return snprintf(name, length, "Emulated %d", number), 0; }
EXPORT cu_result cuDeviceGetUuid(void *uuid, int number) {
    memset(uuid, 0xe0, 16);
    memcpy(uuid, &number, sizeof number);
    return 0;
}
EXPORT cu_result cuDeviceGetAttribute(int *value, int attribute, int number) {
    Device *it = device(number);
    if (!it) return INVALID_DEVICE;
    switch (attribute) {
    case CU_WARP_SIZE: return *value = 32, 0;
    case CU_MULTIPROCESSORS: return *value = 4, 0;
    case CU_CAPABILITY_MAJOR: return *value = it->capability() / 10, 0;
    case CU_CAPABILITY_MINOR: return *value = it->capability() % 10, 0;
    case CU_MOST_SHARED_BYTES: return *value = most_shared_bytes, 0;
    default: return INVALID_VALUE;
    }
}
EXPORT cu_result cuDeviceTotalMem_v2(size_t *bytes, int number) {
    Device *it = device(number);
    if (!it) return INVALID_DEVICE;
    return *bytes = it->memory.limit, 0;
}
EXPORT cu_result cuDevicePrimaryCtxRetain(cu_context *result, int number) {
    Device *it = device(number);
    if (!it) return INVALID_DEVICE;
    return *result = (cu_context)it, 0;
}
EXPORT cu_result cuDevicePrimaryCtxRelease_v2(int) { return 0; }
EXPORT cu_result cuCtxSetCurrent(cu_context to) { return context = (Device *)to, 0; }

EXPORT cu_result cuMemGetInfo_v2(size_t *free, size_t *total) {
    ENTER();
    return device.memory.usage(free, total), 0;
}
EXPORT cu_result cuMemAlloc_v2(cu_address *address, size_t bytes) {
    ENTER();
    return device.memory.allocate(address, bytes);
}
EXPORT cu_result cuMemFree_v2(cu_address address) {
    ENTER();
    device.finish();
    return device.memory.free(address);
}
EXPORT cu_result cuMemAllocHost_v2(void **pointer, size_t bytes) {
    ENTER();
    if (bytes == 0) return INVALID_VALUE;
    if (posix_memalign(pointer, 4096, bytes)) return CU_OUT_OF_MEMORY;
    memset(*pointer, 0xff, bytes);
    device.pinned[(uintptr_t)*pointer + bytes] = (uintptr_t)*pointer;
    return 0;
}
EXPORT cu_result cuMemFreeHost(void *pointer) {
    ENTER();
    device.finish();
    for (auto i = device.pinned.begin(); i != device.pinned.end(); ++i)
        if (i->second == (uintptr_t)pointer) return device.pinned.erase(i), free(pointer), 0;
    return INVALID_VALUE;
}

// Pageable memory of the host is read before the call returns, and written by then; pinned memory when the stream runs.
EXPORT cu_result cuMemcpyHtoDAsync_v2(cu_address to, const void *from, size_t bytes, cu_stream stream) {
    ENTER();
    if (!device.memory.holds(to, bytes)) return INVALID_VALUE;
    if (device.is_pinned(from)) {
        device.stream(stream).add([=] { return memcpy((void *)to, from, bytes), 0; });
    } else {
        device.stream(stream).add([to, kept = std::string((const char *)from, bytes)] {
            return memcpy((void *)to, kept.data(), kept.size()), 0;
        });
    }
    return 0;
}
EXPORT cu_result cuMemcpyDtoHAsync_v2(void *to, cu_address from, size_t bytes, cu_stream stream) {
    ENTER();
    if (!device.memory.holds(from, bytes)) return INVALID_VALUE;
    Stream &queue = device.stream(stream);
    queue.add([=] { return memcpy(to, (const void *)from, bytes), 0; });
    if (device.is_pinned(to)) return 0;
    queue.run(queue.given);
    return device.broken;
}
EXPORT cu_result cuMemcpyDtoDAsync_v2(cu_address to, cu_address from, size_t bytes, cu_stream stream) {
    ENTER();
    if (!device.memory.holds(to, bytes) || !device.memory.holds(from, bytes)) return INVALID_VALUE;
    device.stream(stream).add([=] { return memmove((void *)to, (const void *)from, bytes), 0; });
    return 0;
}
EXPORT cu_result cuMemsetD32Async(cu_address to, uint32_t value, size_t count, cu_stream stream) {
    ENTER();
    if (to % 4 || !device.memory.holds(to, 4 * count)) return INVALID_VALUE;
    device.stream(stream).add([=] {
        for (size_t i = 0; i < count; i++) ((uint32_t *)to)[i] = value;
        return 0;
    });
    return 0;
}

EXPORT cu_result cuStreamCreate(cu_stream *stream, unsigned) {
    ENTER();
    Stream *made = new Stream{device, {}};
    device.streams.insert(made);
    return *stream = (cu_stream)made, 0;
}
EXPORT cu_result cuStreamDestroy_v2(cu_stream stream) {
    Stream *gone = (Stream *)stream;
    Device &device = gone->device;
    std::lock_guard<std::recursive_mutex> held(device.lock);
    gone->run(gone->given);
    device.streams.erase(gone);
    delete gone;
    return 0;
}
EXPORT cu_result cuStreamSynchronize(cu_stream stream) {
    ENTER();
    Stream &queue = device.stream(stream);
    queue.run(queue.given);
    return device.broken;
}
EXPORT cu_result cuStreamWaitEvent(cu_stream stream, cu_event handle, unsigned) {
    ENTER();
    Event event = *(Event *)handle;
    if (!event.stream || event.stream == &device.stream(stream)) return 0;
    device.stream(stream).add([event] { return event.stream->run(event.place), 0; });
    return 0;
}
EXPORT cu_result cuEventCreate(cu_event *event, unsigned) { return *event = (cu_event) new Event, 0; }
EXPORT cu_result cuEventDestroy_v2(cu_event event) {
    delete (Event *)event;
    return 0;
}
EXPORT cu_result cuEventRecord(cu_event handle, cu_stream stream) {
    ENTER();
    Event &event = *(Event *)handle;
    Stream &queue = device.stream(stream);
    event.stream = &queue;
    event.place = queue.given;
    event.time = std::chrono::steady_clock::now();
    return 0;
}
/// Asked again, it is done: what asks in a loop ends.
EXPORT cu_result cuEventQuery(cu_event handle) {
    ENTER();
    Event &event = *(Event *)handle;
    if (!event.stream || event.stream->done >= event.place) return device.broken;
    event.stream->run(event.place);
    return CU_NOT_READY;
}
EXPORT cu_result cuEventSynchronize(cu_event handle) {
    ENTER();
    Event &event = *(Event *)handle;
    if (event.stream) event.stream->run(event.place);
    event.time = std::chrono::steady_clock::now();
    return device.broken;
}
EXPORT cu_result cuEventElapsedTime(float *milliseconds, cu_event start, cu_event end) {
    std::chrono::duration<float, std::milli> span = ((Event *)end)->time - ((Event *)start)->time;
    return *milliseconds = span.count(), 0;
}

/// Machine code of these devices is their name.
static char image[] = "emulated";
EXPORT cu_result cuLinkCreate_v2(unsigned, int *, void **, cu_link *link) { return *link = (cu_link) new char, 0; }
EXPORT cu_result cuLinkAddData_v2(cu_link, int type, void *data, size_t bytes, const char *, unsigned, int *, void **) {
    return type == CU_INPUT_PTX && data && ((const char *)data)[bytes - 1] == 0 ? 0 : INVALID_VALUE;
}
EXPORT cu_result cuLinkComplete(cu_link, void **to, size_t *bytes) {
    ENTER();
    return *to = image, *bytes = sizeof image, 0;
}
EXPORT cu_result cuLinkDestroy(cu_link link) {
    delete (char *)link;
    return 0;
}
EXPORT cu_result cuModuleLoadData(cu_module *module, const void *code) {
    ENTER();
    if (memcmp(code, image, sizeof image)) return INVALID_IMAGE;
    return *module = (cu_module)image, 0;
}
EXPORT cu_result cuModuleGetFunction(cu_function *function, cu_module, const char *name) {
    for (const Entry *entry = entries(); entry; entry = entry->next)
        if (!strcmp(entry->name, name)) return *function = (cu_function) new Function{entry, usual_shared_bytes}, 0;
    return NOT_FOUND;
}
EXPORT cu_result cuFuncGetAttribute(int *value, int attribute, cu_function function) {
    switch (attribute) {
    case CU_FUNCTION_SHARED_BYTES: return *value = ((Function *)function)->shared_bytes, 0;
    case CU_FUNCTION_REGISTERS: return *value = 32, 0;
    case CU_FUNCTION_LOCAL_BYTES: return *value = 0, 0;
    default: return INVALID_VALUE;
    }
}
EXPORT cu_result cuFuncSetAttribute(cu_function function, int attribute, int value) {
    if (attribute != CU_FUNCTION_SHARED_BYTES || value < 0 || value > most_shared_bytes) return INVALID_VALUE;
    return ((Function *)function)->shared_bytes = value, 0;
}
EXPORT cu_result cuLaunchKernel(cu_function f, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
                        unsigned block_z, unsigned shared_bytes, cu_stream stream, void **arguments, void **) {
    ENTER();
    Function function = *(const Function *)f;
    const Entry &entry = *function.entry;
    uint64_t threads = (uint64_t)block_x * block_y * block_z;
    auto refused = [&](const char *why) {
        trouble = std::string(entry.name) + ": " + why;
        return INVALID_VALUE;
    };
    if (threads == 0 || (uint64_t)grid_x * grid_y * grid_z == 0) return refused("a launch without threads");
    if (grid_x > 0x7fffffff || grid_y > 65535 || grid_z > 65535) return refused("a grid larger than 2^31-1 x 65535 x 65535");
    if (block_z > 64 || threads > entry.threads) return refused("more threads in a block than the kernel allows");
    if (shared_bytes > (unsigned)function.shared_bytes) return refused("more shared memory than the function was told");
    dim3 grid = {grid_x, grid_y, grid_z}, block = {block_x, block_y, block_z};
    // As a kernel's parameters are, the arguments are taken now.
    std::string kept((const char *)arguments[0], entry.bytes);
    device.stream(stream).add([=, &device, kept = std::move(kept)] {
        return device.launch(function, grid, block, shared_bytes, kept.data());
    });
    return 0;
}

EXPORT cu_result cuGetErrorName(cu_result result, const char **name) {
    switch (result) {
    case 0: return *name = "CUDA_SUCCESS", 0;
    case INVALID_VALUE: return *name = "CUDA_ERROR_INVALID_VALUE", 0;
    case CU_OUT_OF_MEMORY: return *name = "CUDA_ERROR_OUT_OF_MEMORY", 0;
    case NOT_INITIALIZED: return *name = "CUDA_ERROR_NOT_INITIALIZED", 0;
    case NO_DEVICE: return *name = "CUDA_ERROR_NO_DEVICE", 0;
    case INVALID_DEVICE: return *name = "CUDA_ERROR_INVALID_DEVICE", 0;
    case INVALID_IMAGE: return *name = "CUDA_ERROR_INVALID_IMAGE", 0;
    case INVALID_CONTEXT: return *name = "CUDA_ERROR_INVALID_CONTEXT", 0;
    case NOT_FOUND: return *name = "CUDA_ERROR_NOT_FOUND", 0;
    case CU_NOT_READY: return *name = "CUDA_ERROR_NOT_READY", 0;
    case LAUNCH_FAILED: return *name = "CUDA_ERROR_LAUNCH_FAILED", 0;
    default: return *name = nullptr, INVALID_VALUE;
    }
}
EXPORT cu_result cuGetErrorString(cu_result result, const char **text) {
    if (result == LAUNCH_FAILED && context) return *text = context->why.c_str(), 0;
    if (result == INVALID_VALUE && !trouble.empty()) return *text = trouble.c_str(), 0;
    if (result == CU_OUT_OF_MEMORY) return *text = "out of memory", 0;
    return cuGetErrorName(result, text);
}
}  // namespace emulator

EXPORT const struct cu_driver *cuda_emulator(void) {
    using namespace emulator;
    static const cu_driver driver = {
        cuInit, cuDriverGetVersion, cuDeviceGetCount, cuDeviceGet, cuDeviceGetName, cuDeviceGetUuid,
        cuDeviceGetAttribute, cuDeviceTotalMem_v2, cuDevicePrimaryCtxRetain, cuDevicePrimaryCtxRelease_v2,
        cuCtxSetCurrent, cuMemGetInfo_v2, cuMemAlloc_v2, cuMemFree_v2, cuMemAllocHost_v2, cuMemFreeHost,
        cuMemcpyHtoDAsync_v2, cuMemcpyDtoHAsync_v2, cuMemcpyDtoDAsync_v2, cuMemsetD32Async, cuStreamCreate,
        cuStreamDestroy_v2, cuStreamSynchronize, cuStreamWaitEvent, cuEventCreate, cuEventDestroy_v2, cuEventRecord,
        cuEventQuery, cuEventSynchronize, cuEventElapsedTime, cuLinkCreate_v2, cuLinkAddData_v2, cuLinkComplete,
        cuLinkDestroy, cuModuleLoadData, cuModuleGetFunction, cuFuncGetAttribute, cuFuncSetAttribute, cuLaunchKernel,
        cuGetErrorName, cuGetErrorString,
    };
    return &driver;
}

EXPORT int cuda_emulator_kernels(void) {
    int count = 0;
    for (const emulator::Entry *entry = emulator::entries(); entry; entry = entry->next) count++;
    return count;
}
EXPORT const char *cuda_emulator_kernel(int index) {
    const emulator::Entry *entry = emulator::entries();
    while (index--) entry = entry->next;
    return entry->name;
}
