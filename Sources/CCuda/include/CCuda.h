// What the device `cuda` shares with its kernels and with NVIDIA's driver: declarations of our own, nothing of a toolkit's.
#pragma once
#include "cu_driver.h"
#include "cu_attention.h"
#include "cu_elements.h"
#include "cu_moves.h"
#include "cu_product.h"
#include "cu_norms.h"
#include "cu_sums.h"
#include "cu_updates.h"
#include "cu_random.h"
