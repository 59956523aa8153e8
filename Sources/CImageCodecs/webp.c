#include <stdio.h>

#include <webp/decode.h>

#include "support.h"

static ci_status status_of(VP8StatusCode code) {
    switch (code) {
    case VP8_STATUS_OK: return CI_OK;
    case VP8_STATUS_OUT_OF_MEMORY: return CI_OUT_OF_MEMORY;
    case VP8_STATUS_UNSUPPORTED_FEATURE: return CI_UNSUPPORTED;
    default: return CI_CORRUPT;
    }
}

static const char *text_of(VP8StatusCode code) {
    switch (code) {
    case VP8_STATUS_OUT_OF_MEMORY: return "no memory for the decoder";
    case VP8_STATUS_UNSUPPORTED_FEATURE: return "a WebP feature that libwebp does not support";
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA: return "the data end too early";
    default: return "the bit stream is damaged";
    }
}

ci_status ci_webp_decode(
    const uint8_t *bytes, size_t count, uint64_t max_pixels, ci_wish wish, ci_image *image, ci_message *message) {
    *image = (ci_image){0};
    WebPDecoderConfig config;
    if (!WebPInitDecoderConfig(&config)) {
        return ci_fail(image, message, CI_UNSUPPORTED, "libwebp of another interface version");
    }
    VP8StatusCode code = WebPGetFeatures(bytes, count, &config.input);
    if (code != VP8_STATUS_OK) {
        return ci_fail(image, message, status_of(code), text_of(code));
    }
    if (config.input.has_animation) {
        return ci_fail(image, message, CI_UNSUPPORTED, "animated WebP: only still pictures are read");
    }
    ci_mode mode = wish == CI_AS_STORED && config.input.has_alpha ? CI_RGBA : CI_RGB;
    ci_status status =
        ci_allocate(image, mode, (uint64_t)config.input.width, (uint64_t)config.input.height, max_pixels, message);
    if (status != CI_OK) {
        return status;
    }
    config.output.colorspace = mode == CI_RGBA ? MODE_RGBA : MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = image->rgb;
    config.output.u.RGBA.stride = (int)ci_channels(mode) * config.input.width;
    config.output.u.RGBA.size = (size_t)image->width * image->height * ci_channels(mode);
    code = WebPDecode(bytes, count, &config);
    WebPFreeDecBuffer(&config.output);
    return code == VP8_STATUS_OK ? CI_OK : ci_fail(image, message, status_of(code), text_of(code));
}
