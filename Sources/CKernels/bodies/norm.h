// GroupNorm, LayerNorm: mean, then variance, by rule 4.
#pragma once
#include "elementwise.h"
#include "reduce.h"

CK_INLINE void ck_statistics(const float *x, size_t n, float eps, float *statistics) {
    float mean = CK_NAME(sum)(x, n) / (float)n;
    float variance = CK_NAME(centred_squares)(x, mean, n) / (float)n;
    statistics[0] = mean;
    statistics[1] = 1.0f / __builtin_elementwise_sqrt(variance + eps);
}

CK_INLINE void ck_normalized(float *y, const float *x, float mean, float rstd, float weight, float bias, size_t n) {
    for (size_t i = 0; i < n; i++) y[i] = ((x[i] - mean) * rstd) * weight + bias;
}

static void CK_NAME(group_forward)(float *y, const float *x, const float *weight, const float *bias, size_t channels,
                                   size_t size, float eps, float *statistics) {
    ck_statistics(x, channels * size, eps, statistics);
    float mean = statistics[0], rstd = statistics[1];
    for (size_t c = 0; c < channels; c++) ck_normalized(y + c * size, x + c * size, mean, rstd, weight[c], bias[c], size);
}

static void CK_NAME(group_silu_forward)(float *y, const float *x, const float *weight, const float *bias, size_t channels,
                                        size_t size, float eps, float *statistics) {
    ck_statistics(x, channels * size, eps, statistics);
    for (size_t c = 0; c < channels; c++) {
        float *row = y + c * size;
        ck_normalized(row, x + c * size, statistics[0], statistics[1], weight[c], bias[c], size);
        CK_NAME(silu)(row, row, size);
    }
}

/// `scratch` holds channels · size values: dy·w, so that both sums run over the group as rule 4 orders it. dx may be dy.
static void CK_NAME(group_backward)(float *dx, const float *x, const float *dy, const float *weight, size_t channels,
                                    size_t size, const float *statistics, float *dweight, float *dbias, float *scratch) {
    float mean = statistics[0], rstd = statistics[1];
    size_t count = channels * size;
    for (size_t c = 0; c < channels; c++) {
        const float *d = dy + c * size;
        dweight[c] = CK_NAME(normalized_dot)(d, x + c * size, mean, rstd, size);
        dbias[c] = CK_NAME(sum)(d, size);
        for (size_t i = 0; i < size; i++) scratch[c * size + i] = d[i] * weight[c];
    }
    float n = (float)count;
    float s1 = CK_NAME(sum)(scratch, count) / n, s2 = CK_NAME(normalized_dot)(scratch, x, mean, rstd, count) / n;
    for (size_t i = 0; i < count; i++) dx[i] = rstd * (scratch[i] - (s1 + ((x[i] - mean) * rstd) * s2));
}

/// The normalised values are computed again; dx holds the gradient behind the SiLU until it is itself written.
static void CK_NAME(group_silu_backward)(float *dx, const float *x, const float *dy, const float *weight,
                                         const float *bias, size_t channels, size_t size, const float *statistics,
                                         float *dweight, float *dbias, float *scratch) {
    for (size_t c = 0; c < channels; c++) {
        float *row = scratch + c * size;
        ck_normalized(row, x + c * size, statistics[0], statistics[1], weight[c], bias[c], size);
        CK_NAME(silu_backward)(dx + c * size, dy + c * size, row, size);
    }
    CK_NAME(group_backward)(dx, x, dx, weight, channels, size, statistics, dweight, dbias, scratch);
}

static void CK_NAME(layer_forward)(float *y, const float *x, const float *weight, const float *bias, size_t rows, size_t n,
                                   float eps, float *statistics) {
    for (size_t r = 0; r < rows; r++, x += n, y += n, statistics += 2) {
        ck_statistics(x, n, eps, statistics);
        float mean = statistics[0], rstd = statistics[1];
        for (size_t i = 0; i < n; i++) y[i] = ((x[i] - mean) * rstd) * weight[i] + bias[i];
    }
}

static void CK_NAME(layer_backward)(float *restrict dx, float *restrict weight_sums, float *restrict bias_sums,
                                    const float *restrict x, const float *restrict dy, const float *restrict weight,
                                    size_t rows, size_t n, const float *statistics) {
    memset(weight_sums, 0, n * sizeof(float));
    memset(bias_sums, 0, n * sizeof(float));
    for (size_t r = 0; r < rows; r++, x += n, dy += n, dx += n, statistics += 2) {
        float mean = statistics[0], rstd = statistics[1], count = (float)n;
        float s1 = CK_NAME(dot)(dy, weight, n) / count;
        float s2 = CK_NAME(weighted_normalized_dot)(dy, weight, x, mean, rstd, n) / count;
        for (size_t i = 0; i < n; i++) {
            float normal = (x[i] - mean) * rstd, d = dy[i];
            weight_sums[i] = weight_sums[i] + d * normal;
            bias_sums[i] = bias_sums[i] + d;
            dx[i] = rstd * (d * weight[i] - (s1 + normal * s2));
        }
    }
}

static const struct ck_norm_table CK_NAME(norm) = {
    CK_NAME(group_forward),      CK_NAME(group_backward), CK_NAME(layer_forward), CK_NAME(layer_backward),
    CK_NAME(group_silu_forward), CK_NAME(group_silu_backward)};
