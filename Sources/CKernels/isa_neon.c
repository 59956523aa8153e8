#if defined(__aarch64__)
#define CK_ISA_SUFFIX neon
#define CK_ISA_VALUE CK_ISA_NEON
#define CK_HAS_FMA 1
#define CK_VECTOR_BITS 128
#include "bodies/all.h"
#endif
