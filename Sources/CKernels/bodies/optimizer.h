// Optimiser updates: a written scalar order per parameter element.
#pragma once
#include "../include/ck_norm.h"
#include "vector.h"

static void CK_NAME(adamw)(float *restrict p, float *restrict m, float *restrict v, const float *restrict g,
                           const struct ck_adamw *constants, size_t n) {
    struct ck_adamw c = *constants;
    for (size_t i = 0; i < n; i++) {
        float weight = p[i] * c.decay;
        float first = m[i] + (g[i] - m[i]) * c.one_minus_beta1;
        float second = v[i] * c.beta2 + c.one_minus_beta2 * (g[i] * g[i]);
        m[i] = first;
        v[i] = second;
        p[i] = weight - c.step * (first / (__builtin_elementwise_sqrt(second) / c.root_correction2 + c.eps));
    }
}

static void CK_NAME(ema)(float *restrict average, const float *restrict p, float decay, float one_minus_decay, size_t n) {
    for (size_t i = 0; i < n; i++) average[i] = average[i] * decay + p[i] * one_minus_decay;
}

static const struct ck_optimizer_table CK_NAME(optimizer) = {CK_NAME(adamw), CK_NAME(ema)};
