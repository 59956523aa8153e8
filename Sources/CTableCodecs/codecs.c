#include "CTableCodecs.h"

#include <limits.h>
#include <lz4.h>
#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

bool ct_gzip(const uint8_t *source, size_t size, uint8_t *target, size_t count) {
    if (size > UINT_MAX || count > UINT_MAX) return false;
    z_stream stream = {0};
    // 32: the header says whether it is gzip or zlib.
    if (inflateInit2(&stream, MAX_WBITS + 32) != Z_OK) return false;
    // zlib takes no null pointer, not even for no bytes.
    uint8_t none = 0;
    stream.next_in = (Bytef *)source;
    stream.avail_in = (uInt)size;
    stream.next_out = count > 0 ? target : &none;
    stream.avail_out = (uInt)count;
    int status = Z_STREAM_END;
    while (status == Z_STREAM_END && stream.avail_in > 0) {
        status = inflate(&stream, Z_FINISH);
        if (status == Z_STREAM_END && stream.avail_in > 0 && inflateReset(&stream) != Z_OK) status = Z_DATA_ERROR;
    }
    bool done = status == Z_STREAM_END && stream.avail_out == 0 && size > 0;
    inflateEnd(&stream);
    return done;
}

bool ct_zstd(const uint8_t *source, size_t size, uint8_t *target, size_t count) {
    size_t result = ZSTD_decompress(target, count, source, size);
    return !ZSTD_isError(result) && result == count;
}

bool ct_snappy(const uint8_t *source, size_t size, uint8_t *target, size_t count) {
    size_t length = 0;
    if (snappy_uncompressed_length((const char *)source, size, &length) != SNAPPY_OK || length != count) return false;
    return snappy_uncompress((const char *)source, size, (char *)target, &length) == SNAPPY_OK && length == count;
}

bool ct_lz4(const uint8_t *source, size_t size, uint8_t *target, size_t count) {
    if (size > INT_MAX || count > INT_MAX) return false;
    return LZ4_decompress_safe((const char *)source, (char *)target, (int)size, (int)count) == (int)count;
}

bool ct_lz4_frame(const uint8_t *source, size_t size, uint8_t *target, size_t count) {
    LZ4F_dctx *context = NULL;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context, LZ4F_VERSION))) return false;
    size_t read = 0, written = 0, wanted = 1;
    while (read < size) {
        size_t taken = size - read, made = count - written;
        wanted = LZ4F_decompress(context, target + written, &made, source + read, &taken, NULL);
        // Nothing taken and nothing made: there is no room for what is still to come.
        if (LZ4F_isError(wanted) || (taken == 0 && made == 0)) break;
        read += taken;
        written += made;
    }
    LZ4F_freeDecompressionContext(context);
    // A frame that is complete wants no more bytes.
    return wanted == 0 && read == size && written == count;
}

uint32_t ct_crc32(const uint8_t *source, size_t size) {
    // zlib counts in 32 bits, and takes a null pointer as a question for the first value.
    uLong value = crc32(0, NULL, 0);
    while (size > 0) {
        uInt part = size > 1u << 30 ? 1u << 30 : (uInt)size;
        value = crc32(value, source, part);
        source += part;
        size -= part;
    }
    return (uint32_t)value;
}
