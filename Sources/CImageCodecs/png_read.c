#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "support.h"

typedef struct {
    png_structp reader;
    png_infop info;
    const uint8_t *bytes;
    size_t count;
    size_t offset;
    /// Row pointers for libpng, which needs all rows at once because of interlacing.
    png_bytepp rows;
    /// 16-bit greyscale lands here first: Pillow's cut at 255 is not among libpng's transformations.
    uint8_t *wide;
    ci_status status;
    char text[CI_MESSAGE_SIZE];
} png_job;

static void fail_with(png_job *job, ci_status status, const char *text) {
    job->status = status;
    snprintf(job->text, sizeof job->text, "%s", text);
}

/// Errors and warnings alike: a warning about a chunk that decides pixels means that they would be guessed.
static _Noreturn void on_error(png_structp reader, png_const_charp text) {
    fail_with(png_get_error_ptr(reader), CI_CORRUPT, text);
    png_longjmp(reader, 1);
}

static void on_warning(png_structp reader, png_const_charp text) { on_error(reader, text); }

static _Noreturn void refuse(png_job *job, ci_status status, const char *text) {
    fail_with(job, status, text);
    png_longjmp(job->reader, 1);
}

static void read_bytes(png_structp reader, png_bytep out, size_t wanted) {
    png_job *job = png_get_io_ptr(reader);
    if (wanted > job->count - job->offset) {
        refuse(job, CI_CORRUPT, "the data end too early");
    }
    memcpy(out, job->bytes + job->offset, wanted);
    job->offset += wanted;
}

static int on_unknown_chunk(png_structp reader, png_unknown_chunkp chunk) {
    if (memcmp(chunk->name, "acTL", 4) == 0) {
        refuse(png_get_user_chunk_ptr(reader), CI_UNSUPPORTED, "animated PNG: only still pictures are read");
    }
    return 1;
}

static void finish(png_job *job) {
    free(job->rows);
    free(job->wide);
    png_destroy_read_struct(&job->reader, &job->info, NULL);
}

static void read_header(png_job *job) {
    png_set_read_fn(job->reader, job, read_bytes);
    png_set_crc_action(job->reader, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    // Sizes are bounded by the caller's pixel limit, which is checked right after the header.
    png_set_user_limits(job->reader, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    // No chunk is longer than the file; without this a length field alone could ask for gigabytes.
    png_set_chunk_malloc_max(job->reader, job->count);
    // Profiles, gamma, texts, times: none of them may touch a pixel, so none of them is parsed.
    png_set_keep_unknown_chunks(job->reader, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_read_user_chunk_fn(job->reader, job, on_unknown_chunk);
    png_read_info(job->reader, job->info);
}

/// What the samples of the file will be.
static ci_mode mode_of(png_job *job, ci_wish wish) {
    int type = png_get_color_type(job->reader, job->info);
    int depth = png_get_bit_depth(job->reader, job->info);
    if (wish == CI_AS_RGB) {
        return CI_RGB;
    }
    if (type == PNG_COLOR_TYPE_PALETTE || depth == 1) {
        return CI_INDEXED;
    }
    if (type & PNG_COLOR_MASK_ALPHA) {
        return CI_RGBA;
    }
    return type == PNG_COLOR_TYPE_GRAY && depth == 16 ? CI_WIDE_GREY : CI_RGB;
}

/// Asks libpng for the bytes of a mode; returns 1 for 16-bit greyscale, which comes as two bytes a pixel.
static int choose_transformations(png_job *job, ci_mode mode) {
    int type = png_get_color_type(job->reader, job->info);
    int depth = png_get_bit_depth(job->reader, job->info);
    if (type == PNG_COLOR_TYPE_GRAY && depth == 16) {
        return 1;
    }
    if (type == PNG_COLOR_TYPE_PALETTE) {
        png_set_palette_to_rgb(job->reader);
    }
    if (type == PNG_COLOR_TYPE_GRAY && depth < 8) {
        png_set_expand_gray_1_2_4_to_8(job->reader);
    }
    if (depth == 16) {
        png_set_strip_16(job->reader);
    }
    // Also for a tRNS chunk, which the expansion of a palette turns into alpha.
    if (mode != CI_RGBA) {
        png_set_strip_alpha(job->reader);
    }
    if ((type & PNG_COLOR_MASK_COLOR) == 0) {
        png_set_gray_to_rgb(job->reader);
    }
    return 0;
}

/// Greyscale above 255 is cut off there, big-endian 16 bits to three equal bytes.
static void cut_grey(ci_image *image, const uint8_t *wide) {
    size_t count = (size_t)image->width * image->height;
    for (size_t i = 0; i < count; i++) {
        memset(image->rgb + 3 * i, wide[2 * i] != 0 ? 255 : wide[2 * i + 1], 3);
    }
}

static void read_rows(png_job *job, ci_image *image, int is_wide) {
    size_t stride = (size_t)image->width * (is_wide ? 2 : ci_channels(image->mode));
    if (png_get_rowbytes(job->reader, job->info) != stride) {
        refuse(job, CI_UNSUPPORTED, "a row layout that the expansion to RGB does not cover");
    }
    job->rows = malloc(image->height * sizeof *job->rows);
    job->wide = is_wide ? calloc(image->height, stride) : NULL;
    if (job->rows == NULL || (is_wide && job->wide == NULL)) {
        refuse(job, CI_OUT_OF_MEMORY, "no memory for the rows");
    }
    uint8_t *base = is_wide ? job->wide : image->rgb;
    for (size_t y = 0; y < image->height; y++) {
        job->rows[y] = base + y * stride;
    }
    png_read_image(job->reader, job->rows);
    png_read_end(job->reader, NULL);
    if (is_wide) {
        cut_grey(image, job->wide);
    }
}

/// Apart from its caller so that nothing but pointers live in the frame that a longjmp returns to.
static ci_status decode(png_job *job, uint64_t max_pixels, ci_wish wish, ci_image *image, ci_message *message) {
    if (setjmp(png_jmpbuf(job->reader)) != 0) {
        return ci_fail(image, message, job->status, job->text);
    }
    read_header(job);
    ci_mode mode = mode_of(job, wish);
    ci_status status = ci_allocate(
        image, mode, png_get_image_width(job->reader, job->info), png_get_image_height(job->reader, job->info),
        max_pixels, message);
    if (status != CI_OK) {
        return status;
    }
    int is_wide = choose_transformations(job, mode);
    png_set_interlace_handling(job->reader);
    png_read_update_info(job->reader, job->info);
    read_rows(job, image, is_wide);
    return CI_OK;
}

ci_status ci_png_decode(
    const uint8_t *bytes, size_t count, uint64_t max_pixels, ci_wish wish, ci_image *image, ci_message *message) {
    *image = (ci_image){0};
    png_job job = {.bytes = bytes, .count = count};
    job.reader = png_create_read_struct(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning);
    job.info = job.reader == NULL ? NULL : png_create_info_struct(job.reader);
    ci_status status = job.info == NULL ? ci_fail(image, message, CI_OUT_OF_MEMORY, "no memory for libpng")
                                        : decode(&job, max_pixels, wish, image, message);
    finish(&job);
    return status;
}
