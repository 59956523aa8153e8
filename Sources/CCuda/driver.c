#include "cu_driver.h"
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

/// The driver's names of the functions of `struct cu_driver`.
static const char *const cu_names[] = {
    "cuInit", "cuDriverGetVersion", "cuDeviceGetCount", "cuDeviceGet", "cuDeviceGetName", "cuDeviceGetUuid",
    "cuDeviceGetAttribute", "cuDeviceTotalMem_v2", "cuDevicePrimaryCtxRetain", "cuDevicePrimaryCtxRelease_v2",
    "cuCtxSetCurrent", "cuMemGetInfo_v2", "cuMemAlloc_v2", "cuMemFree_v2", "cuMemAllocHost_v2", "cuMemFreeHost",
    "cuMemcpyHtoDAsync_v2", "cuMemcpyDtoHAsync_v2", "cuMemcpyDtoDAsync_v2", "cuMemsetD32Async", "cuStreamCreate",
    "cuStreamDestroy_v2", "cuStreamSynchronize", "cuStreamWaitEvent", "cuEventCreate", "cuEventDestroy_v2",
    "cuEventRecord", "cuEventQuery", "cuEventSynchronize", "cuEventElapsedTime", "cuLinkCreate_v2", "cuLinkAddData_v2",
    "cuLinkComplete", "cuLinkDestroy", "cuModuleLoadData", "cuModuleGetFunction", "cuFuncGetAttribute",
    "cuFuncSetAttribute", "cuLaunchKernel", "cuGetErrorName", "cuGetErrorString",
};
_Static_assert(sizeof cu_names / sizeof *cu_names == sizeof(struct cu_driver) / sizeof(void *), "a name a function");

/// Whether the program has no loader of libraries: in a static one glibc's `dlopen` is there, and crashes where the library
/// wants more than the program holds.
static int is_static(void) {
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++)
        if (headers[i].p_type == PT_INTERP) return 0;
    return 1;
}

int cu_open(const char *path, struct cu_driver *driver, const char **trouble) {
    static _Thread_local char text[512];
    *trouble = text;
    if (is_static()) {
        snprintf(text, sizeof text, "this program is fully static and loads no library; smpo-dynamic does");
        return -1;
    }
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        const char *why = dlerror();
        snprintf(text, sizeof text, "%s", why ? why : "unknown reason");
        return -1;
    }
    for (size_t i = 0; i < sizeof cu_names / sizeof *cu_names; i++) {
        void *function = dlsym(library, cu_names[i]);
        if (!function) {
            snprintf(text, sizeof text, "%s has no %s", path, cu_names[i]);
            dlclose(library);
            return 1;
        }
        memcpy((char *)driver + i * sizeof(void *), &function, sizeof function);
    }
    return 0;
}
