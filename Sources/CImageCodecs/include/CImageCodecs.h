#pragma once

/// Shims over libjpeg-turbo, libpng and libwebp: bytes in memory to interleaved RGB8 and, for PNG, back.
///
/// No function here exits, prints or keeps state. Each returns a status; on anything but CI_OK nothing stays
/// allocated, the output is zeroed and `message` says why.

#include <stddef.h>
#include <stdint.h>

typedef enum {
    CI_OK = 0,
    /// The bytes break the format; a decoder's warning counts as such, since it means that pixels were guessed.
    CI_CORRUPT = 1,
    /// A sound file of a kind that is refused by name, such as an animation.
    CI_UNSUPPORTED = 2,
    /// More pixels than the caller's limit, or more work than a sound file of that size could need.
    CI_TOO_LARGE = 3,
    CI_OUT_OF_MEMORY = 4,
} ci_status;

/// Room for a message, its ending zero included.
#define CI_MESSAGE_SIZE 256

/// A message of one call; always ends in a zero.
typedef struct {
    char text[CI_MESSAGE_SIZE];
} ci_message;

/// What the samples of a picture are.
typedef enum {
    /// Three a pixel: red, green, blue.
    CI_RGB = 0,
    /// The same, of a file that has a palette or one bit a pixel: Pillow does not blend such pixels when it resizes.
    CI_INDEXED = 1,
    /// Four a pixel: red, green, blue, alpha.
    CI_RGBA = 2,
    /// Four a pixel: cyan, magenta, yellow and black as amounts of ink, as Pillow has them after Adobe's convention.
    CI_CMYK = 3,
    /// Three equal ones a pixel, cut off at 255, of a file of 16-bit greyscale.
    CI_WIDE_GREY = 4,
} ci_mode;

/// Whether a decoder gives RGB whatever the file has, or what the file has.
typedef enum {
    CI_AS_RGB = 0,
    CI_AS_STORED = 1,
} ci_wish;

/// Bytes of `width * height` pixels, rows from the top, no padding: three a pixel, or four of `CI_RGBA` and `CI_CMYK`.
/// Release `rgb` with `ci_free`.
typedef struct {
    uint32_t width;
    uint32_t height;
    ci_mode mode;
    uint8_t *rgb;
} ci_image;

/// Encoded bytes. Release `bytes` with `ci_free`.
typedef struct {
    uint8_t *bytes;
    size_t count;
} ci_buffer;

/// JPEG, baseline or progressive. Exact integer DCT, smooth ("fancy") chroma upsampling. Greyscale is repeated over
/// the channels; CMYK and YCCK are taken as inverted (Adobe's convention) and multiplied out, as Pillow does.
ci_status ci_jpeg_decode(
    const uint8_t *bytes, size_t count, uint64_t max_pixels, ci_wish wish, ci_image *image, ci_message *message);

/// PNG of every colour type and depth. Alpha is dropped, not composited; 16-bit colour keeps its high byte and 16-bit
/// greyscale without alpha is cut off at 255, as Pillow's convert("RGB") does. Gamma and profiles are ignored.
ci_status ci_png_decode(
    const uint8_t *bytes, size_t count, uint64_t max_pixels, ci_wish wish, ci_image *image, ci_message *message);

/// WebP, lossy or lossless; alpha is dropped, not composited. Animations are refused.
ci_status ci_webp_decode(
    const uint8_t *bytes, size_t count, uint64_t max_pixels, ci_wish wish, ci_image *image, ci_message *message);

/// Writes `width * height * 3` bytes as a PNG of 8-bit RGB: fixed compression level and filter, no ancillary chunks but,
/// where `keyword` (1 to 79 bytes of Latin-1) is not null, an iTXt chunk with `text` (UTF-8) before the picture.
ci_status ci_png_encode(
    const uint8_t *rgb, uint32_t width, uint32_t height, const char *keyword, const char *text, ci_buffer *encoded,
    ci_message *message);

/// Writes `width * height * 3` bytes as a baseline JPEG, as Pillow does without options but `quality` (1 to 100): YCbCr,
/// colours at half the width and height, exact integer DCT.
ci_status ci_jpeg_encode(
    const uint8_t *rgb, uint32_t width, uint32_t height, int quality, ci_buffer *encoded, ci_message *message);

/// The library that reads and writes JPEG, with its version.
const char *ci_jpeg_version(void);

/// Releases what a call handed out; a null pointer is fine.
void ci_free(void *pointer);
