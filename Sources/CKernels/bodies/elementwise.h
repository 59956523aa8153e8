// Placeholder body: replaced by the elementary functions.
#pragma once
#include "vector.h"
#include "../include/ck_elementwise.h"
#include "../include/ck_random.h"
