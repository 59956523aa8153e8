// Scalar double entry points: the vector cores on one lane, plus the special values.
#pragma once
#include "elementary.h"

CK_INLINE double ck_nan_double(void) { return __builtin_nan(""); }

static double CK_NAME(exp_double)(double x) {
    if (x != x) return ck_nan_double();
    if (x > 710.0) return __builtin_inf();
    if (x < -746.0) return 0.0;
    if (x > 708.0 || x < -708.0) {
        double root = ck_exp8(ck_splat8d(0.5 * x))[0];
        return root * root;
    }
    return ck_exp8(ck_splat8d(x))[0];
}

static double CK_NAME(log_double)(double x) {
    if (x != x || x < 0.0) return ck_nan_double();
    if (x == 0.0) return -__builtin_inf();
    if (x == __builtin_inf()) return x;
    if (x < 0x1p-1022) return ck_log8(ck_splat8d(x * 0x1p54))[0] - 54.0 * 0x1.62e42fefa39efp-1;
    return ck_log8(ck_splat8d(x))[0];
}

static double CK_NAME(sin_double)(double x) {
    double a = x < 0.0 ? -x : x;
    if (!(a < __builtin_inf())) return ck_nan_double();
    if (a < 0x1p-27) return x;
    double y = ck_sin8(ck_splat8d(a))[0];
    return x < 0.0 ? -y : y;
}

static double CK_NAME(cos_double)(double x) {
    double a = x < 0.0 ? -x : x;
    if (!(a < __builtin_inf())) return ck_nan_double();
    return ck_cos8(ck_splat8d(a))[0];
}
