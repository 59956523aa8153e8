// The bookkeeping of cases: one line of output each, and no kernel forgotten.
#pragma once
#include "CKernels.h"
#include "digest.h"
#include "inputs.h"

/// The kernels being run, and which of them a case has asked for, by their place in `struct ck_kernels`.
static const struct ck_kernels *kernels;
static unsigned char asked[sizeof(struct ck_kernels)];

/// KERNEL(elementwise.exp): the kernel of that name in the tables.
#define KERNEL(member) (asked[offsetof(struct ck_kernels, member)] = 1, kernels->member)

static void begin_case(const char *name) {
    input_state = fnv(FNV_START, name, strlen(name));
    case_digest = FNV_START;
}

static void end_case(const char *name) {
    forget_memory();
    printf("%-32s %016llx\n", name, (unsigned long long)case_digest);
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(case_digest >> 8 * i);
    all_digest = fnv(fnv(all_digest, name, strlen(name)), bytes, 8);
}

/// One line: the statements make inputs, call kernels and keep outputs.
#define CASE(name, ...)   \
    do {                  \
        begin_case(name); \
        __VA_ARGS__;      \
        end_case(name);   \
    } while (0)

/// Complains of each kernel that no case has called. Behind `isa` the tables hold nothing but functions.
static int forgotten_kernels(void) {
    int count = 0;
    for (size_t at = offsetof(struct ck_kernels, elementwise); at < sizeof asked; at += sizeof(void (*)(void)))
        if (!asked[at]) {
            fprintf(stderr, "travel: no case calls the kernel at byte %zu of struct ck_kernels\n", at);
            count++;
        }
    return count;
}
