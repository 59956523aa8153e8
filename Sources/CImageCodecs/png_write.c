#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "support.h"

typedef struct {
    png_structp writer;
    png_infop info;
    ci_buffer *encoded;
    size_t capacity;
    ci_status status;
    char text[CI_MESSAGE_SIZE];
} png_job;

static _Noreturn void on_error(png_structp writer, png_const_charp text) {
    png_job *job = png_get_error_ptr(writer);
    if (job->status == CI_OK) {
        job->status = CI_UNSUPPORTED;
    }
    snprintf(job->text, sizeof job->text, "%s", text);
    png_longjmp(writer, 1);
}

static void on_warning(png_structp writer, png_const_charp text) { on_error(writer, text); }

static void append(png_structp writer, png_bytep bytes, size_t count) {
    png_job *job = png_get_io_ptr(writer);
    size_t needed = job->encoded->count + count;
    if (needed > job->capacity) {
        size_t capacity = needed * 2 + 4096;
        uint8_t *grown = realloc(job->encoded->bytes, capacity);
        if (grown == NULL) {
            job->status = CI_OUT_OF_MEMORY;
            on_error(writer, "no memory for the encoded picture");
        }
        job->encoded->bytes = grown;
        job->capacity = capacity;
    }
    memcpy(job->encoded->bytes + job->encoded->count, bytes, count);
    job->encoded->count = needed;
}

static void flush(png_structp writer) { (void)writer; }

/// Apart from its caller so that nothing but pointers live in the frame that a longjmp returns to.
static ci_status encode(
    png_job *job, const uint8_t *rgb, uint32_t width, uint32_t height, const char *keyword, const char *text) {
    if (setjmp(png_jmpbuf(job->writer)) != 0) {
        free(job->encoded->bytes);
        *job->encoded = (ci_buffer){0};
        return job->status;
    }
    png_set_write_fn(job->writer, job, append, flush);
    png_set_user_limits(job->writer, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(
        job->writer, job->info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
        PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(job->writer, 6);
    png_set_filter(job->writer, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
    if (keyword != NULL) {
        // libpng copies both and changes neither.
        png_text chunk = {
            .compression = PNG_ITXT_COMPRESSION_NONE, .key = (png_charp)(uintptr_t)keyword,
            .text = (png_charp)(uintptr_t)text};
        png_set_text(job->writer, job->info, &chunk, 1);
    }
    png_write_info(job->writer, job->info);
    for (size_t y = 0; y < height; y++) {
        png_write_row(job->writer, rgb + y * width * 3);
    }
    png_write_end(job->writer, job->info);
    return CI_OK;
}

ci_status ci_png_encode(
    const uint8_t *rgb, uint32_t width, uint32_t height, const char *keyword, const char *text, ci_buffer *encoded,
    ci_message *message) {
    *encoded = (ci_buffer){0};
    png_job job = {.encoded = encoded, .text = "no memory for libpng"};
    job.writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, &job, on_error, on_warning);
    job.info = job.writer == NULL ? NULL : png_create_info_struct(job.writer);
    ci_status status = job.info == NULL ? CI_OUT_OF_MEMORY : encode(&job, rgb, width, height, keyword, text);
    png_destroy_write_struct(&job.writer, &job.info);
    if (status != CI_OK) {
        snprintf(message->text, sizeof message->text, "%s", job.text);
    }
    return status;
}
