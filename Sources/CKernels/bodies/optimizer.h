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

/// Rule 4 of at most CK_SMALL_MATRIX positive values: a lane without any holds +0, which adds nothing.
CK_INLINE float ck_small_sum(const float *x, size_t n) {
    if (n == 1) return x[0];
    if (n == 2) return x[0] + x[1];
    if (n == 3) return (x[0] + x[2]) + x[1];
    float lanes[16] = {0};
    for (size_t i = 0; i < n; i++) lanes[i % 16] += x[i];
    for (size_t half = 8; half; half /= 2)
        for (size_t l = 0; l < half; l++) lanes[l] += lanes[l + half];
    return lanes[0];
}

CK_INLINE float ck_inverse_root(float x) { return 1 / __builtin_elementwise_sqrt(x); }

CK_INLINE void ck_adafactor_matrix(float *restrict u, float *restrict row, float *restrict column, const float *restrict g,
                                   struct ck_adafactor c, size_t rows, size_t columns) {
    float squares[CK_SMALL_MATRIX], factors[CK_SMALL_MATRIX];
    for (size_t i = 0; i < rows * columns; i++) squares[i] = g[i] * g[i] + c.eps;
    for (size_t r = 0; r < rows; r++)
        row[r] = row[r] * c.decay + ck_small_sum(squares + r * columns, columns) / (float)columns * c.one_minus_decay;
    for (size_t k = 0; k < columns; k++) {
        float sum = 0;
        for (size_t r = 0; r < rows; r++) sum += squares[r * columns + k];
        column[k] = column[k] * c.decay + sum / (float)rows * c.one_minus_decay;
        factors[k] = ck_inverse_root(column[k]);
    }
    float mean = ck_small_sum(row, rows) / (float)rows;
    for (size_t r = 0; r < rows; r++) {
        float factor = ck_inverse_root(row[r] / mean);
        for (size_t k = 0; k < columns; k++) u[r * columns + k] = g[r * columns + k] * factors[k] * factor;
    }
}

static void CK_NAME(adafactor)(float *u, float *row, float *column, const float *g, const struct ck_adafactor *constants,
                               size_t matrices, size_t rows, size_t columns) {
    struct ck_adafactor c = *constants;
    // The kernels of nearly all convolutions, with loops that the compiler can unroll.
    if (rows == 3 && columns == 3)
        for (size_t m = 0; m < matrices; m++) ck_adafactor_matrix(u + 9 * m, row + 3 * m, column + 3 * m, g + 9 * m, c, 3, 3);
    else if (rows == 1 && columns == 1)
        for (size_t m = 0; m < matrices; m++) ck_adafactor_matrix(u + m, row + m, column + m, g + m, c, 1, 1);
    else
        for (size_t m = 0; m < matrices; m++)
            ck_adafactor_matrix(u + m * rows * columns, row + m * rows, column + m * columns, g + m * rows * columns, c,
                                rows, columns);
}

static const struct ck_optimizer_table CK_NAME(optimizer) = {CK_NAME(adamw), CK_NAME(ema), CK_NAME(adafactor)};
