#include "cu_driver.h"

static const char text[] = {0};

const char *cu_ptx(size_t *bytes) {
    *bytes = sizeof text - 1;
    return text;
}
