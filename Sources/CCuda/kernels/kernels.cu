// The program that the device `cuda` loads: every kernel, in families.
#include "adafactor.h"
#include "elements.h"
#include "moves.h"
#include "product.h"
#include "turning.h"
#include "norms.h"
#include "sums.h"
#include "updates.h"
