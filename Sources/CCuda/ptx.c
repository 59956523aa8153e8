#include "cu_driver.h"
#include <pthread.h>
#include <stdlib.h>
#include <zstd.h>

// What `make ptx` wrote.
static const unsigned char packed[] = {
#embed "kernels/kernels.ptx.zst"
};
static char *text;
static size_t text_bytes;

static void unpack(void) {
    unsigned long long size = ZSTD_getFrameContentSize(packed, sizeof packed);
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) abort();
    text = malloc(size + 1);
    if (!text || ZSTD_decompress(text, size, packed, sizeof packed) != size) abort();
    text[size] = 0;
    text_bytes = size;
}

const char *cu_ptx(size_t *bytes) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, unpack);
    *bytes = text_bytes;
    return text;
}
