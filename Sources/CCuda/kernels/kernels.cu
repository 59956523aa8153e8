// The program that the device `cuda` loads: every kernel, in families.
#include "elements.h"
#include "moves.h"
#include "product.h"
#include "turning.h"
