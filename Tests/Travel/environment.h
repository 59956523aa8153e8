// `ck_float_environment` has to notice every setting of the control register that would change results.
#pragma once
#include <stdio.h>
#include "CKernels.h"

#if defined(__x86_64__)
/// MXCSR bits to set, and what is to be said of them: rounding up, flush-to-zero, denormals-are-zero, all three.
static const struct { unsigned set; int answer; } settings[] = {
    {0, 0}, {0x4000, 1}, {0x8000, 2}, {0x40, 4}, {0xc040, 7}};
static unsigned long control(void) { return __builtin_ia32_stmxcsr(); }
static void set_control(unsigned long value) { __builtin_ia32_ldmxcsr((unsigned)value); }
#elif defined(__aarch64__)
/// FPCR bits: rounding up, FZ, both. FZ flushes operands as well as results.
static const struct { unsigned set; int answer; } settings[] = {
    {0, 0}, {0x400000, 1}, {0x1000000, 6}, {0x1400000, 7}};
static unsigned long control(void) {
    unsigned long value;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
}
static void set_control(unsigned long value) { __asm__ volatile("msr fpcr, %0" : : "r"(value)); }
#endif

/// The number of settings that are not reported as they should be; the first is the one found.
static int unnoticed_settings(void) {
    int count = 0;
    unsigned long found = control();
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        set_control(found | settings[i].set);
        int answer = ck_float_environment();
        set_control(found);
        if (answer == settings[i].answer) continue;
        fprintf(stderr, "travel: float environment %#x: expected the answer %d, found %d\n", settings[i].set,
                settings[i].answer, answer);
        count++;
    }
    return count;
}
