#define CK_ISA_SUFFIX baseline
#define CK_ISA_VALUE CK_ISA_BASELINE
#define CK_HAS_FMA 0
#define CK_VECTOR_BITS 128
#include "bodies/all.h"
