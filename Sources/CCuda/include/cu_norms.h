// Arguments of the normalisations. Pointers are addresses of the device; NUMERICS.md section 5 has the formulas.
#pragma once
#include "cu_types.h"

/// GroupNorm of x into y (which may be x): groups of `channels` channels of `area` values, `count` = channels · area, the
/// blocks of threads numbered group after group, image after image. statistics: mean and 1 / √(variance + ε) of each.
/// Groups that are not held in shared memory are cut into `pieces` blocks of 4,096, whose sums and centred squares lie in
/// sums and squares [groups of all images, pieces].
struct cu_group_norm {
    const float *x, *weight, *bias;
    float *y, *statistics, *sums, *squares;
    int64_t count;
    int32_t groups, channels, area, pieces;
    float eps;
    int32_t silu;
};

/// The way back. Of each group s1 and s2 [groups of all images, pieces] receive the sums of dy·w and of (dy·w)·x̂ of its
/// pieces; of each channel of each image dweights and dbiases [images, groups · channels] those of dy·x̂ and dy, taken
/// `planes_each` channels by a block of threads, in `plane_blocks` blocks a group. dweight and dbias [groups · channels]
/// are added to, image after image, where they are not zero.
struct cu_group_norm_backward {
    const float *x, *dy, *weight, *bias, *statistics;
    float *dx, *s1, *s2, *dweights, *dbiases, *dweight, *dbias;
    int64_t count, images, blocks;
    int32_t groups, channels, area, pieces, planes_each, plane_blocks, silu;
};

/// LayerNorm of the rows of x [rows, width]; statistics as above, of each row.
struct cu_layer_norm {
    const float *x, *weight, *bias;
    float *y, *statistics;
    int64_t rows, width;
    float eps;
};

/// The way back: dx of the rows of [rows, width], rows = those of all samples.
struct cu_layer_norm_backward {
    const float *x, *dy, *weight, *statistics;
    float *dx;
    int64_t rows, width;
};

/// The sums of dy·x̂ and of dy for each column, over chunks of 256 of a sample's `rows` rows: dweights and dbiases
/// [samples · chunks, width]. `tiles` tiles of columns.
struct cu_layer_norm_sums {
    const float *x, *dy, *statistics;
    float *dweights, *dbiases;
    int64_t rows, width;
    int32_t chunks, tiles;
};
