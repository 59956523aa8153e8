// The driver's functions. What a stream is given is done at once.
#include "CudaEmulator.h"
#include "Launch.h"
#include "Memory.h"
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace emulator {
enum { INVALID_VALUE = 1, NOT_INITIALIZED = 3, NO_DEVICE = 100, INVALID_DEVICE = 101, INVALID_CONTEXT = 201, NOT_FOUND = 500, LAUNCH_FAILED = 719 };

static const Entry *&entries() {
    static const Entry *entries;
    return entries;
}
Entry::Entry(const char *name, unsigned threads, unsigned long bytes, void (*body)(const void *))
    : name(name), threads(threads), bytes(bytes), body(body), next(entries()) {
    entries() = this;
}

/// Of one kernel, as a module holds it.
struct Function {
    const Entry *entry;
    int shared_bytes;
};
struct Event {
    std::chrono::steady_clock::time_point time;
};
struct Device {
    Memory memory;
    Order order;
};
static Device &device() {
    static Device device;
    return device;
}
static constexpr int most_shared_bytes = 227 << 10, usual_shared_bytes = 48 << 10;
static thread_local Device *context;
static thread_local std::string trouble;

static cu_result init(unsigned) {
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("fma") || !__builtin_cpu_supports("avx2")) {
        fprintf(stderr, "the emulated device wants a processor with FMA and AVX2\n");
        return NO_DEVICE;
    }
#endif
    return 0;
}
static cu_result driver_version(int *version) { return *version = 12040, 0; }
static cu_result device_count(int *count) { return *count = 1, 0; }
static cu_result device_get(int *number, int ordinal) {
    if (ordinal) return INVALID_DEVICE;
    return *number = ordinal, 0;
}
static cu_result device_name(char *name, int length, int) { return snprintf(name, length, "Emulated"), 0; }
static cu_result device_uuid(void *uuid, int number) {
    memset(uuid, 0xe0 + number, 16);
    return 0;
}
static cu_result device_attribute(int *value, int attribute, int) {
    switch (attribute) {
    case CU_WARP_SIZE: return *value = 32, 0;
    case CU_MULTIPROCESSORS: return *value = 4, 0;
    case CU_CAPABILITY_MAJOR: return *value = 9, 0;
    case CU_CAPABILITY_MINOR: return *value = 0, 0;
    case CU_MOST_SHARED_BYTES: return *value = most_shared_bytes, 0;
    default: return INVALID_VALUE;
    }
}
static cu_result device_memory(size_t *bytes, int) { return *bytes = device().memory.limit, 0; }
static cu_result context_retain(cu_context *result, int) { return *result = (cu_context)&device(), 0; }
static cu_result context_release(int) { return 0; }
static cu_result context_set_current(cu_context to) { return context = (Device *)to, 0; }
static cu_result memory_info(size_t *free, size_t *total) {
    if (!context) return INVALID_CONTEXT;
    return context->memory.usage(free, total), 0;
}
static cu_result memory_allocate(cu_address *address, size_t bytes) {
    return context ? context->memory.allocate(address, bytes) : INVALID_CONTEXT;
}
static cu_result memory_free(cu_address address) { return context ? context->memory.free(address) : INVALID_CONTEXT; }
static cu_result host_allocate(void **pointer, size_t bytes) {
    if (posix_memalign(pointer, 4096, bytes ? bytes : 1)) return CU_OUT_OF_MEMORY;
    memset(*pointer, 0xff, bytes);
    return 0;
}
static cu_result host_free(void *pointer) { return ::free(pointer), 0; }
static cu_result copy_to_device(cu_address to, const void *from, size_t bytes, cu_stream) {
    if (!context) return INVALID_CONTEXT;
    if (!context->memory.holds(to, bytes)) return INVALID_VALUE;
    return memcpy((void *)to, from, bytes), 0;
}
static cu_result copy_to_host(void *to, cu_address from, size_t bytes, cu_stream) {
    if (!context) return INVALID_CONTEXT;
    if (!context->memory.holds(from, bytes)) return INVALID_VALUE;
    return memcpy(to, (const void *)from, bytes), 0;
}
static cu_result copy_on_device(cu_address to, cu_address from, size_t bytes, cu_stream) {
    if (!context) return INVALID_CONTEXT;
    if (!context->memory.holds(to, bytes) || !context->memory.holds(from, bytes)) return INVALID_VALUE;
    return memmove((void *)to, (const void *)from, bytes), 0;
}
static cu_result set_words(cu_address to, uint32_t value, size_t count, cu_stream) {
    if (!context) return INVALID_CONTEXT;
    if (to % 4 || !context->memory.holds(to, 4 * count)) return INVALID_VALUE;
    for (size_t i = 0; i < count; i++) ((uint32_t *)to)[i] = value;
    return 0;
}
static cu_result stream_create(cu_stream *stream, unsigned) { return *stream = (cu_stream) new char, 0; }
static cu_result stream_destroy(cu_stream stream) {
    delete (char *)stream;
    return 0;
}
static cu_result stream_synchronize(cu_stream) { return 0; }
static cu_result stream_wait(cu_stream, cu_event, unsigned) { return 0; }
static cu_result event_create(cu_event *event, unsigned) { return *event = (cu_event) new Event, 0; }
static cu_result event_destroy(cu_event event) {
    delete (Event *)event;
    return 0;
}
static cu_result event_record(cu_event event, cu_stream) {
    ((Event *)event)->time = std::chrono::steady_clock::now();
    return 0;
}
static cu_result event_query(cu_event) { return 0; }
static cu_result event_synchronize(cu_event) { return 0; }
static cu_result event_milliseconds(float *milliseconds, cu_event start, cu_event end) {
    std::chrono::duration<float, std::milli> span = ((Event *)end)->time - ((Event *)start)->time;
    return *milliseconds = span.count(), 0;
}
static cu_result link_create(unsigned, int *, void **, cu_link *link) { return *link = (cu_link) new char, 0; }
static cu_result link_add(cu_link, int type, void *data, size_t, const char *, unsigned, int *, void **) {
    return type == CU_INPUT_PTX && data ? 0 : INVALID_VALUE;
}
/// Machine code of this device is its name.
static char image[] = "emulated";
static cu_result link_complete(cu_link, void **to, size_t *bytes) { return *to = image, *bytes = sizeof image, 0; }
static cu_result link_destroy(cu_link link) {
    delete (char *)link;
    return 0;
}
static cu_result module_load(cu_module *module, const void *code) {
    if (memcmp(code, image, sizeof image)) return 200;
    return *module = (cu_module)image, 0;
}
static cu_result module_function(cu_function *function, cu_module, const char *name) {
    for (const Entry *entry = entries(); entry; entry = entry->next)
        if (!strcmp(entry->name, name)) return *function = (cu_function) new Function{entry, usual_shared_bytes}, 0;
    return NOT_FOUND;
}
static cu_result function_attribute(int *value, int attribute, cu_function function) {
    switch (attribute) {
    case CU_FUNCTION_SHARED_BYTES: return *value = ((Function *)function)->shared_bytes, 0;
    case CU_FUNCTION_REGISTERS: return *value = 32, 0;
    case CU_FUNCTION_LOCAL_BYTES: return *value = 0, 0;
    default: return INVALID_VALUE;
    }
}
static cu_result function_set_attribute(cu_function function, int attribute, int value) {
    if (attribute != CU_FUNCTION_SHARED_BYTES || value < 0 || value > most_shared_bytes) return INVALID_VALUE;
    return ((Function *)function)->shared_bytes = value, 0;
}
static cu_result launch(cu_function f, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
                        unsigned block_z, unsigned shared_bytes, cu_stream, void **arguments, void **) {
    if (!context) return INVALID_CONTEXT;
    const Function &function = *(const Function *)f;
    uint64_t threads = (uint64_t)block_x * block_y * block_z;
    auto refused = [&](const char *why) {
        trouble = std::string(function.entry->name) + ": " + why;
        fprintf(stderr, "emulated device: %s\n", trouble.c_str());
        return INVALID_VALUE;
    };
    if (threads == 0 || (uint64_t)grid_x * grid_y * grid_z == 0) return refused("a launch without threads");
    if (grid_x > 0x7fffffff || grid_y > 65535 || grid_z > 65535) return refused("a grid larger than 2^31-1 x 65535 x 65535");
    if (block_z > 64 || threads > function.entry->threads) return refused("more threads in a block than the kernel allows");
    if (shared_bytes > (unsigned)function.shared_bytes) return refused("more shared memory than the function was told");
    Launch run(*function.entry, {grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, shared_bytes, arguments[0], context->order);
    std::string why = run.run();
    if (why.empty()) why = context->memory.damage();
    if (why.empty()) return 0;
    trouble = std::string(function.entry->name) + ": " + why;
    fprintf(stderr, "emulated device: %s\n", trouble.c_str());
    return LAUNCH_FAILED;
}
static cu_result error_name(cu_result result, const char **name) {
    switch (result) {
    case 0: return *name = "CUDA_SUCCESS", 0;
    case INVALID_VALUE: return *name = "CUDA_ERROR_INVALID_VALUE", 0;
    case CU_OUT_OF_MEMORY: return *name = "CUDA_ERROR_OUT_OF_MEMORY", 0;
    case NOT_INITIALIZED: return *name = "CUDA_ERROR_NOT_INITIALIZED", 0;
    case NO_DEVICE: return *name = "CUDA_ERROR_NO_DEVICE", 0;
    case INVALID_DEVICE: return *name = "CUDA_ERROR_INVALID_DEVICE", 0;
    case 200: return *name = "CUDA_ERROR_INVALID_IMAGE", 0;
    case INVALID_CONTEXT: return *name = "CUDA_ERROR_INVALID_CONTEXT", 0;
    case NOT_FOUND: return *name = "CUDA_ERROR_NOT_FOUND", 0;
    case CU_NOT_READY: return *name = "CUDA_ERROR_NOT_READY", 0;
    case LAUNCH_FAILED: return *name = "CUDA_ERROR_LAUNCH_FAILED", 0;
    default: return *name = nullptr, INVALID_VALUE;
    }
}
static cu_result error_string(cu_result result, const char **text) {
    if (result == LAUNCH_FAILED && !trouble.empty()) return *text = trouble.c_str(), 0;
    if (result == CU_OUT_OF_MEMORY) return *text = "out of memory", 0;
    return error_name(result, text);
}
}  // namespace emulator

extern "C" const struct cu_driver *cuda_emulator(void) {
    using namespace emulator;
    static const cu_driver driver = {
        init, driver_version, device_count, device_get, device_name, device_uuid, device_attribute, device_memory,
        context_retain, context_release, context_set_current, memory_info, memory_allocate, memory_free, host_allocate,
        host_free, copy_to_device, copy_to_host, copy_on_device, set_words, stream_create, stream_destroy,
        stream_synchronize, stream_wait, event_create, event_destroy, event_record, event_query, event_synchronize,
        event_milliseconds, link_create, link_add, link_complete, link_destroy, module_load, module_function,
        function_attribute, function_set_attribute, launch, error_name, error_string,
    };
    return &driver;
}
extern "C" const char *cuda_emulator_trouble(void) { return emulator::trouble.c_str(); }
