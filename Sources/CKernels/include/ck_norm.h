#pragma once
#include <stddef.h>
#include <stdint.h>

/// Reductions by rule 4: sixteen logical lanes, the tree 8-4-2-1, blocks of 4,096 added in ascending order.
struct ck_reduce_table {
    float (*sum)(const float *x, size_t n);
    /// Σ x·y, product rounded before it is added.
    float (*dot)(const float *x, const float *y, size_t n);
    float (*sum_of_squares)(const float *x, size_t n);
    /// Σ (x − y)².
    float (*squared_distance)(const float *x, const float *y, size_t n);
    /// Index of the first NaN or infinity, or n.
    size_t (*first_non_finite)(const float *x, size_t n);
    /// y[j] += column sums of x [rows, n]: chains over CK_CHUNK rows from +0, added to y in ascending order.
    void (*add_column_sums)(float *y, const float *x, size_t rows, size_t n, size_t from, size_t to);
};

/// Normalisation: two passes (mean, then variance), then ((x − mean) · rstd) · weight + bias, rstd = 1 / √(var + eps).
struct ck_norm_table {
    /// One group of a GroupNorm: `channels` rows of `size` values; statistics[0] = mean, [1] = rstd.
    void (*group_forward)(float *y, const float *x, const float *weight, const float *bias, size_t channels, size_t size,
                          float eps, float *statistics);
    /// dx = rstd · (dy·w − (s1 + x̂·s2)), s1 = (Σ dy·w) / count, s2 = (Σ dy·w·x̂) / count; per channel Σ dy·x̂ and Σ dy.
    /// dx may be dy.
    void (*group_backward)(float *dx, const float *x, const float *dy, const float *weight, size_t channels, size_t size,
                           const float *statistics, float *dweight, float *dbias, float *scratch);
    /// Rows of width n; statistics hold (mean, rstd) a row.
    void (*layer_forward)(float *y, const float *x, const float *weight, const float *bias, size_t rows, size_t n, float eps,
                          float *statistics);
    /// As group_backward, a row at a time, for at most CK_CHUNK rows; the sums receive each column's chain over these rows, of
    /// dy·x̂ and of dy.
    void (*layer_backward)(float *dx, float *weight_sums, float *bias_sums, const float *x, const float *dy,
                           const float *weight, size_t rows, size_t n, const float *statistics);
    /// `group_forward` followed by the elementwise SiLU, and the way back: the same bits as one after the other, without
    /// the values in between being kept.
    void (*group_silu_forward)(float *y, const float *x, const float *weight, const float *bias, size_t channels,
                               size_t size, float eps, float *statistics);
    void (*group_silu_backward)(float *dx, const float *x, const float *dy, const float *weight, const float *bias,
                                size_t channels, size_t size, const float *statistics, float *dweight, float *dbias,
                                float *scratch);
};

/// AdamW's constants for one step, rounded to Float32 by the caller in the order that the optimiser's page states.
struct ck_adamw {
    float decay;        ///< 1 − lr·λ
    float one_minus_beta1, beta2, one_minus_beta2;
    float root_correction2;  ///< √(1 − β2^k)
    float eps;
    float step;         ///< lr / (1 − β1^k)
};

/// What Adafactor keeps of its means of squares, b and 1 − b, and ε, rounded to Float32 by the caller.
struct ck_adafactor {
    float decay, one_minus_decay, eps;
};

/// The most elements of a matrix that `adafactor` takes.
#define CK_SMALL_MATRIX 64

struct ck_optimizer_table {
    /// p·decay; m += (g − m)(1 − β1); v = v·β2 + (1 − β2)·(g·g); p −= step · (m / (√v / root + eps)).
    void (*adamw)(float *p, float *m, float *v, const float *g, const struct ck_adamw *c, size_t n);
    /// average = average·decay + parameter·(1 − decay)
    void (*ema)(float *average, const float *p, float decay, float one_minus_decay, size_t n);
    /// For each of `matrices` matrices [rows, columns] of at most CK_SMALL_MATRIX elements, with s = g·g + ε:
    /// row = row·b + (Σ s / columns)·(1 − b), column alike over rows; u = (g·(1 / √column))·(1 / √(row / (Σ row / rows))).
    /// Sums by rule 4, those of columns by its column sums.
    void (*adafactor)(float *u, float *row, float *column, const float *g, const struct ck_adafactor *c, size_t matrices,
                      size_t rows, size_t columns);
};
