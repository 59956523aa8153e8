#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Blocks of compressed bytes whose size uncompressed is known beforehand. Each function fills exactly `count` bytes of
/// `target` from all `size` bytes of `source`, never writes beyond them, and returns false where that cannot be done.

/// gzip or zlib streams, one after the other (zlib).
bool ct_gzip(const uint8_t *source, size_t size, uint8_t *target, size_t count);
/// Zstandard frames.
bool ct_zstd(const uint8_t *source, size_t size, uint8_t *target, size_t count);
/// One Snappy block without framing.
bool ct_snappy(const uint8_t *source, size_t size, uint8_t *target, size_t count);
/// One LZ4 block without framing.
bool ct_lz4(const uint8_t *source, size_t size, uint8_t *target, size_t count);
/// LZ4 frames, one after the other.
bool ct_lz4_frame(const uint8_t *source, size_t size, uint8_t *target, size_t count);

/// The CRC-32 of gzip and Ethernet, polynomial 0x04C11DB7.
uint32_t ct_crc32(const uint8_t *source, size_t size);
