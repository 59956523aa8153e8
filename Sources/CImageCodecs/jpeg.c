#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "support.h"

/// A sound progressive file has a dozen scans; a small file with thousands of them is an attack on the reader's time.
enum { max_scans = 500 };

/// Everything that must survive a longjmp lives here, in memory that the caller of setjmp does not keep in registers.
typedef struct {
    struct jpeg_decompress_struct decoder;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf escape;
    const uint8_t *bytes;
    size_t count;
    ci_status status;
    ci_wish wish;
    ci_image *image;
    uint8_t *row;
    char text[JMSG_LENGTH_MAX];
} jpeg_job;

static jpeg_job *job_of(j_common_ptr decoder) { return (jpeg_job *)decoder->client_data; }

static _Noreturn void leave(j_common_ptr decoder, ci_status status) {
    jpeg_job *job = job_of(decoder);
    job->status = status;
    longjmp(job->escape, 1);
}

static ci_status status_of(int code) {
    switch (code) {
    case JERR_OUT_OF_MEMORY: return CI_OUT_OF_MEMORY;
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED: return CI_UNSUPPORTED;
    default: return CI_CORRUPT;
    }
}

static _Noreturn void on_error(j_common_ptr decoder) {
    decoder->err->format_message(decoder, job_of(decoder)->text);
    leave(decoder, status_of(decoder->err->msg_code));
}

static void on_message(j_common_ptr decoder, int level) {
    // Level -1 is a warning: the decoder is about to guess. Levels from 0 are traces.
    if (level < 0) {
        on_error(decoder);
    }
}

static void no_output(j_common_ptr decoder) { (void)decoder; }

static void on_progress(j_common_ptr decoder) {
    if (decoder->is_decompressor && ((j_decompress_ptr)decoder)->input_scan_number > max_scans) {
        snprintf(job_of(decoder)->text, JMSG_LENGTH_MAX, "more than %d scans", (int)max_scans);
        leave(decoder, CI_TOO_LARGE);
    }
}

static _Noreturn void refuse(jpeg_job *job, ci_status status, const char *text) {
    snprintf(job->text, sizeof job->text, "%s", text);
    leave((j_common_ptr)&job->decoder, status);
}

/// Chooses what the decoder hands out: grey, RGB or CMYK.
static void choose_colours(jpeg_job *job) {
    struct jpeg_decompress_struct *decoder = &job->decoder;
    switch (decoder->jpeg_color_space) {
    case JCS_GRAYSCALE: decoder->out_color_space = JCS_GRAYSCALE; break;
    case JCS_RGB:
    case JCS_YCbCr: decoder->out_color_space = JCS_RGB; break;
    case JCS_CMYK:
    case JCS_YCCK: decoder->out_color_space = JCS_CMYK; break;
    default: refuse(job, CI_UNSUPPORTED, "JPEG with a colour space that is not grey, YCbCr, RGB, CMYK or YCCK");
    }
    decoder->dct_method = JDCT_ISLOW;
    decoder->do_fancy_upsampling = TRUE;
}

/// a * b / 255, rounded, for a and b in 0...255.
static unsigned scaled(unsigned a, unsigned b) {
    unsigned t = a * b + 128;
    return ((t >> 8) + t) >> 8;
}

static void spread_grey(uint8_t *out, const uint8_t *in, size_t width) {
    for (size_t x = 0; x < width; x++) {
        memset(out + 3 * x, in[x], 3);
    }
}

/// Inverted CMYK: the stored value of an ink is 255 minus its amount. Same rounding as Pillow's cmyk2rgb.
static void multiply_inks(uint8_t *out, const uint8_t *in, size_t width) {
    for (size_t x = 0; x < width; x++) {
        unsigned light = in[4 * x + 3];
        for (size_t c = 0; c < 3; c++) {
            unsigned ink = 255u - in[4 * x + c];
            out[3 * x + c] = (uint8_t)(light - scaled(ink, light));
        }
    }
}

/// Inverted CMYK as amounts of ink.
static void invert_inks(uint8_t *out, const uint8_t *in, size_t width) {
    for (size_t x = 0; x < 4 * width; x++) {
        out[x] = 255 - in[x];
    }
}

static void read_rows(jpeg_job *job) {
    struct jpeg_decompress_struct *decoder = &job->decoder;
    size_t width = decoder->output_width;
    // Belongs to the decoder's pool and goes with it.
    job->row = decoder->mem->alloc_small(
        (j_common_ptr)decoder, JPOOL_IMAGE, width * (size_t)decoder->output_components);
    while (decoder->output_scanline < decoder->output_height) {
        uint8_t *out = job->image->rgb + ci_channels(job->image->mode) * width * decoder->output_scanline;
        JSAMPROW row = decoder->out_color_space == JCS_RGB ? out : job->row;
        jpeg_read_scanlines(decoder, &row, 1);
        if (decoder->out_color_space == JCS_GRAYSCALE) {
            spread_grey(out, job->row, width);
        } else if (job->image->mode == CI_CMYK) {
            invert_inks(out, job->row, width);
        } else if (decoder->out_color_space == JCS_CMYK) {
            multiply_inks(out, job->row, width);
        }
    }
}

static void prepare(jpeg_job *job) {
    jpeg_create_decompress(&job->decoder);
    job->progress.progress_monitor = on_progress;
    job->decoder.progress = &job->progress;
    jpeg_mem_src(&job->decoder, job->bytes, job->count);
    jpeg_read_header(&job->decoder, TRUE);
}

/// Apart from its caller so that nothing but a pointer lives in the frame that a longjmp returns to.
static ci_status decode(jpeg_job *job, uint64_t max_pixels, ci_message *message) {
    if (setjmp(job->escape) != 0) {
        return ci_fail(job->image, message, job->status, job->text);
    }
    prepare(job);
    choose_colours(job);
    // The size is checked before the decoder allocates anything that grows with it.
    ci_mode mode = job->wish == CI_AS_STORED && job->decoder.out_color_space == JCS_CMYK ? CI_CMYK : CI_RGB;
    ci_status status =
        ci_allocate(job->image, mode, job->decoder.image_width, job->decoder.image_height, max_pixels, message);
    if (status != CI_OK) {
        return status;
    }
    jpeg_start_decompress(&job->decoder);
    read_rows(job);
    jpeg_finish_decompress(&job->decoder);
    return CI_OK;
}

ci_status ci_jpeg_decode(
    const uint8_t *bytes, size_t count, uint64_t max_pixels, ci_wish wish, ci_image *image, ci_message *message) {
    *image = (ci_image){0};
    jpeg_job job = {.bytes = bytes, .count = count, .wish = wish, .image = image};
    job.decoder.err = jpeg_std_error(&job.errors);
    job.decoder.client_data = &job;
    job.errors.error_exit = on_error;
    job.errors.emit_message = on_message;
    job.errors.output_message = no_output;
    ci_status status = decode(&job, max_pixels, message);
    jpeg_destroy_decompress(&job.decoder);
    return status;
}
