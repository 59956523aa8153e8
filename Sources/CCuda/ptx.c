#include "cu_driver.h"

const unsigned char cu_ptx[] = {0};
const size_t cu_ptx_bytes = 0;
