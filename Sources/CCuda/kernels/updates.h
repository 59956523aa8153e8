// Updates in place, element by element.
#pragma once
#include "cu_updates.h"
#include "kernel.h"

/// Whether a float4 can be read at all of these.
DEVICE bool are_aligned(const float *a, const float *b, const float *c, const float *d) {
    return (((uint64_t)a | (uint64_t)b | (uint64_t)c | (uint64_t)d) & 15) == 0;
}

DEVICE void adamw_element(float &p, float &m, float &v, float g, const cu_adamw &c) {
    float weight = p * c.decay;
    m = m + (g - m) * c.one_minus_beta1;
    v = v * c.beta2 + c.one_minus_beta2 * (g * g);
    p = weight - c.step * (m / (root(v) / c.root_correction2 + c.eps));
}
ENTRY(adamw, cu_adamw, 256, 4) {
    int64_t quads = are_aligned(g.p, g.m, g.v, g.g) ? g.count / 4 : 0;
    EACH(i, quads) {
        float4 p = ((float4 *)g.p)[i], m = ((float4 *)g.m)[i], v = ((float4 *)g.v)[i], d = ((const float4 *)g.g)[i];
        adamw_element(p.x, m.x, v.x, d.x, g);
        adamw_element(p.y, m.y, v.y, d.y, g);
        adamw_element(p.z, m.z, v.z, d.z, g);
        adamw_element(p.w, m.w, v.w, d.w, g);
        ((float4 *)g.p)[i] = p;
        ((float4 *)g.m)[i] = m;
        ((float4 *)g.v)[i] = v;
    }
    EACH(rest, g.count - 4 * quads) {
        int64_t i = 4 * quads + rest;
        adamw_element(g.p[i], g.m[i], g.v[i], g.g[i], g);
    }
}

DEVICE float average_element(float average, float p, const cu_moving_average &c) {
    return average * c.decay + p * c.one_minus_decay;
}
ENTRY(moving_average, cu_moving_average, 256, 4) {
    int64_t quads = are_aligned(g.average, g.p, g.p, g.p) ? g.count / 4 : 0;
    EACH(i, quads) {
        float4 a = ((float4 *)g.average)[i], p = ((const float4 *)g.p)[i];
        a.x = average_element(a.x, p.x, g);
        a.y = average_element(a.y, p.y, g);
        a.z = average_element(a.z, p.z, g);
        a.w = average_element(a.w, p.w, g);
        ((float4 *)g.average)[i] = a;
    }
    EACH(rest, g.count - 4 * quads) {
        int64_t i = 4 * quads + rest;
        g.average[i] = average_element(g.average[i], g.p[i], g);
    }
}

ENTRY(gradient_descent, cu_gradient_descent, 256, 4) {
    EACH(i, g.count) {
        float p = g.p[i], direction = g.g[i];
        if (g.weight_decay != 0) direction = direction + p * g.weight_decay;
        if (g.sum) {
            direction = g.sum[i] * g.momentum + direction;
            g.sum[i] = direction;
        }
        g.p[i] = p + direction * g.minus_rate;
    }
}
