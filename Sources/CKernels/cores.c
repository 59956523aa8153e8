// Which cores threads run on: no part of the contract, only of its speed.
#define _GNU_SOURCE
#include "include/ck_cores.h"
#include <sched.h>

int ck_core_count(void) {
    cpu_set_t allowed;
    return sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 0;
}

int ck_core(void) { return sched_getcpu(); }

void ck_keep_off(int core, const pthread_t *threads, size_t count) {
    cpu_set_t allowed;
    if (core < 0 || core >= CPU_SETSIZE || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
    CPU_CLR(core, &allowed);
    if (CPU_COUNT(&allowed) == 0) return;
    for (size_t i = 0; i < count; i++) pthread_setaffinity_np(threads[i], sizeof allowed, &allowed);
}
