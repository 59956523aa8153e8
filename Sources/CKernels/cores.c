// Which cores threads run on: no part of the contract, only of its speed.
#define _GNU_SOURCE
#include "include/ck_bell.h"
#include "include/ck_cores.h"
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

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

void ck_bell_sleep(struct ck_bell *bell) {
    // What `sleeps` holds beside 1 means that somebody rang: the system compares before it puts the thread to sleep.
    syscall(SYS_futex, &bell->sleeps, FUTEX_WAIT_PRIVATE, 1, 0, 0, 0);
}

void ck_bell_wake(struct ck_bell *bell) { syscall(SYS_futex, &bell->sleeps, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0); }
