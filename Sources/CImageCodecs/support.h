#pragma once

#include "CImageCodecs.h"

/// Zeroes the output, writes `text` into `message`, returns `status`: the one way out of a failed call.
ci_status ci_fail(ci_image *image, ci_message *message, ci_status status, const char *text);

/// Checks a size read from a header against the limit, then allocates the pixels (zeroed: no uninitialised byte can
/// reach a caller). On failure the message is written and the image is empty.
ci_status ci_allocate(
    ci_image *image, ci_mode mode, uint64_t width, uint64_t height, uint64_t max_pixels, ci_message *message);

/// Bytes of a pixel.
size_t ci_channels(ci_mode mode);
