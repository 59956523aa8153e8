#include "support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void ci_free(void *pointer) { free(pointer); }

ci_status ci_fail(ci_image *image, ci_message *message, ci_status status, const char *text) {
    free(image->rgb);
    *image = (ci_image){0};
    snprintf(message->text, sizeof message->text, "%s", text);
    return status;
}

size_t ci_channels(ci_mode mode) { return mode == CI_RGBA || mode == CI_CMYK ? 4 : 3; }

ci_status ci_allocate(
    ci_image *image, ci_mode mode, uint64_t width, uint64_t height, uint64_t max_pixels, ci_message *message) {
    size_t channels = ci_channels(mode);
    char text[CI_MESSAGE_SIZE];
    if (width == 0 || height == 0 || width > UINT32_MAX || height > UINT32_MAX) {
        return ci_fail(image, message, CI_CORRUPT, "an image without pixels");
    }
    // Both factors fit 32 bits, so the product fits 64; the byte count is checked against size_t.
    if (width * height > max_pixels || width * height > SIZE_MAX / channels) {
        snprintf(
            text, sizeof text, "%" PRIu64 " x %" PRIu64 " pixels, the limit is %" PRIu64 " pixels", width, height,
            max_pixels);
        return ci_fail(image, message, CI_TOO_LARGE, text);
    }
    image->rgb = calloc((size_t)(width * height), channels);
    if (image->rgb == NULL) {
        return ci_fail(image, message, CI_OUT_OF_MEMORY, "no memory for the pixels");
    }
    image->mode = mode;
    image->width = (uint32_t)width;
    image->height = (uint32_t)height;
    return CI_OK;
}
