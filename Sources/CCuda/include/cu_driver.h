// NVIDIA's driver, as far as it is used: its ABI in our own words. The library is loaded when somebody asks for a device.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// A result code; 0 is success.
typedef int cu_result;
/// An address in a device's memory.
typedef uint64_t cu_address;
/// Things that only the driver looks into.
typedef struct cu_context_opaque *cu_context;
typedef struct cu_module_opaque *cu_module;
typedef struct cu_function_opaque *cu_function;
typedef struct cu_stream_opaque *cu_stream;
typedef struct cu_event_opaque *cu_event;
typedef struct cu_link_opaque *cu_link;

/// Attributes of a device, a function, a compilation that are asked for.
enum {
    CU_WARP_SIZE = 10,
    CU_MULTIPROCESSORS = 16,
    CU_CAPABILITY_MAJOR = 75,
    CU_CAPABILITY_MINOR = 76,
    CU_READS_HOST_MEMORY = 88,          ///< pageable memory, without a copy beside it
    CU_MOST_SHARED_BYTES = 97,          ///< of a block, after the function has been told
    CU_FUNCTION_SHARED_BYTES = 8,       ///< dynamic shared memory that a function may be launched with
    CU_FUNCTION_REGISTERS = 4,
    CU_FUNCTION_LOCAL_BYTES = 3,        ///< spilled registers, a thread
    CU_JIT_INFO_LOG = 3,
    CU_JIT_INFO_LOG_BYTES = 4,
    CU_JIT_ERROR_LOG = 5,
    CU_JIT_ERROR_LOG_BYTES = 6,
    CU_INPUT_PTX = 1,
    CU_EVENT_NO_TIMING = 2,
    CU_STREAM_NON_BLOCKING = 1,
    CU_OUT_OF_MEMORY = 2,
    CU_NOT_READY = 600,
};

/// The functions of the driver that are used, in the order of `cu_names`.
struct cu_driver {
    cu_result (*init)(unsigned flags);
    cu_result (*driver_version)(int *version);
    cu_result (*device_count)(int *count);
    cu_result (*device)(int *device, int ordinal);
    cu_result (*device_name)(char *name, int length, int device);
    cu_result (*device_uuid)(void *uuid16, int device);
    cu_result (*device_attribute)(int *value, int attribute, int device);
    cu_result (*device_memory)(size_t *bytes, int device);
    cu_result (*context_retain)(cu_context *context, int device);
    cu_result (*context_release)(int device);
    cu_result (*context_set_current)(cu_context context);
    cu_result (*memory_info)(size_t *free, size_t *total);
    cu_result (*memory_allocate)(cu_address *address, size_t bytes);
    cu_result (*memory_free)(cu_address address);
    cu_result (*host_allocate)(void **pointer, size_t bytes);
    cu_result (*host_free)(void *pointer);
    cu_result (*copy_to_device)(cu_address to, const void *from, size_t bytes, cu_stream stream);
    cu_result (*copy_to_host)(void *to, cu_address from, size_t bytes, cu_stream stream);
    cu_result (*copy_on_device)(cu_address to, cu_address from, size_t bytes, cu_stream stream);
    cu_result (*set_words)(cu_address to, uint32_t value, size_t count, cu_stream stream);
    cu_result (*stream_create)(cu_stream *stream, unsigned flags);
    cu_result (*stream_destroy)(cu_stream stream);
    cu_result (*stream_synchronize)(cu_stream stream);
    cu_result (*stream_wait)(cu_stream stream, cu_event event, unsigned flags);
    cu_result (*event_create)(cu_event *event, unsigned flags);
    cu_result (*event_destroy)(cu_event event);
    cu_result (*event_record)(cu_event event, cu_stream stream);
    cu_result (*event_query)(cu_event event);
    cu_result (*event_synchronize)(cu_event event);
    cu_result (*event_milliseconds)(float *milliseconds, cu_event start, cu_event end);
    cu_result (*link_create)(unsigned count, int *options, void **values, cu_link *link);
    cu_result (*link_add)(cu_link link, int type, void *data, size_t bytes, const char *name, unsigned count,
                          int *options, void **values);
    cu_result (*link_complete)(cu_link link, void **image, size_t *bytes);
    cu_result (*link_destroy)(cu_link link);
    cu_result (*module_load)(cu_module *module, const void *image);
    cu_result (*module_function)(cu_function *function, cu_module module, const char *name);
    cu_result (*function_attribute)(int *value, int attribute, cu_function function);
    cu_result (*function_set_attribute)(cu_function function, int attribute, int value);
    cu_result (*launch)(cu_function function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                        unsigned block_y, unsigned block_z, unsigned shared_bytes, cu_stream stream, void **arguments,
                        void **extra);
    cu_result (*error_name)(cu_result result, const char **name);
    cu_result (*error_string)(cu_result result, const char **text);
};

/// Loads the driver's functions from the library `path`. Returns 0, or -1 if the library cannot be loaded, or 1 if it lacks
/// a function; `trouble` then says which and why, and is valid in this thread until the next call.
int cu_open(const char *path, struct cu_driver *driver, const char **trouble);

/// The kernels as PTX, ended by a zero that `bytes` does not count.
const char *cu_ptx(size_t *bytes);
