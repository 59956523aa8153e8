#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "support.h"

/// Everything that must survive a longjmp lives here, in memory that the caller of setjmp does not keep in registers.
typedef struct {
    struct jpeg_compress_struct encoder;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr destination;
    jmp_buf escape;
    ci_buffer *encoded;
    size_t capacity;
    ci_status status;
    char text[JMSG_LENGTH_MAX];
} jpeg_job;

static jpeg_job *job_of(j_common_ptr encoder) { return (jpeg_job *)encoder->client_data; }

static _Noreturn void on_error(j_common_ptr encoder) {
    jpeg_job *job = job_of(encoder);
    encoder->err->format_message(encoder, job->text);
    switch (encoder->err->msg_code) {
    case JERR_OUT_OF_MEMORY: job->status = CI_OUT_OF_MEMORY; break;
    case JERR_IMAGE_TOO_BIG: job->status = CI_TOO_LARGE; break;
    default: job->status = CI_UNSUPPORTED; break;
    }
    longjmp(job->escape, 1);
}

static void on_message(j_common_ptr encoder, int level) {
    if (level < 0) {
        on_error(encoder);
    }
}

static void no_output(j_common_ptr encoder) { (void)encoder; }

/// Makes the buffer larger; what is written stays.
static void grow(jpeg_job *job, size_t written) {
    size_t capacity = job->capacity == 0 ? 1 << 16 : 2 * job->capacity;
    uint8_t *grown = realloc(job->encoded->bytes, capacity);
    if (grown == NULL) {
        ERREXIT1(&job->encoder, JERR_OUT_OF_MEMORY, 0);
    }
    job->encoded->bytes = grown;
    job->capacity = capacity;
    job->destination.next_output_byte = grown + written;
    job->destination.free_in_buffer = capacity - written;
}

static void begin(j_compress_ptr encoder) { grow(job_of((j_common_ptr)encoder), 0); }

/// The whole buffer is full, whatever `free_in_buffer` says.
static boolean go_on(j_compress_ptr encoder) {
    jpeg_job *job = job_of((j_common_ptr)encoder);
    grow(job, job->capacity);
    return TRUE;
}

static void finish(j_compress_ptr encoder) {
    jpeg_job *job = job_of((j_common_ptr)encoder);
    job->encoded->count = job->capacity - job->destination.free_in_buffer;
}

/// Apart from its caller so that nothing but pointers live in the frame that a longjmp returns to.
static ci_status encode(jpeg_job *job, const uint8_t *rgb, uint32_t width, uint32_t height, int quality) {
    if (setjmp(job->escape) != 0) {
        free(job->encoded->bytes);
        *job->encoded = (ci_buffer){0};
        return job->status;
    }
    struct jpeg_compress_struct *encoder = &job->encoder;
    jpeg_create_compress(encoder);
    encoder->dest = &job->destination;
    encoder->image_width = width;
    encoder->image_height = height;
    encoder->input_components = 3;
    encoder->in_color_space = JCS_RGB;
    // YCbCr, colours at half the width and height.
    jpeg_set_defaults(encoder);
    jpeg_set_quality(encoder, quality, TRUE);
    encoder->dct_method = JDCT_ISLOW;
    jpeg_start_compress(encoder, TRUE);
    while (encoder->next_scanline < height) {
        JSAMPROW row = (JSAMPROW)(rgb + (size_t)encoder->next_scanline * width * 3);
        jpeg_write_scanlines(encoder, &row, 1);
    }
    jpeg_finish_compress(encoder);
    return CI_OK;
}

ci_status ci_jpeg_encode(
    const uint8_t *rgb, uint32_t width, uint32_t height, int quality, ci_buffer *encoded, ci_message *message) {
    *encoded = (ci_buffer){0};
    jpeg_job job = {.encoded = encoded};
    job.encoder.err = jpeg_std_error(&job.errors);
    job.encoder.client_data = &job;
    job.errors.error_exit = on_error;
    job.errors.emit_message = on_message;
    job.errors.output_message = no_output;
    job.destination.init_destination = begin;
    job.destination.empty_output_buffer = go_on;
    job.destination.term_destination = finish;
    ci_status status = encode(&job, rgb, width, height, quality);
    jpeg_destroy_compress(&job.encoder);
    if (status != CI_OK) {
        snprintf(message->text, sizeof message->text, "%s", job.text);
    }
    return status;
}

#define CI_TEXT_OF(x) #x
#define CI_TEXT(x) CI_TEXT_OF(x)

const char *ci_jpeg_version(void) {
#ifdef LIBJPEG_TURBO_VERSION
    return "libjpeg-turbo " CI_TEXT(LIBJPEG_TURBO_VERSION);
#else
    return "libjpeg " CI_TEXT(JPEG_LIB_VERSION);
#endif
}
