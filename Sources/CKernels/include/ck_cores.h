#pragma once
#include <pthread.h>
#include <stddef.h>

/// The number of cores that the calling thread may use; 0 if the system does not say.
int ck_core_count(void);

/// The core that the calling thread is on, -1 if the system does not say.
int ck_core(void);

/// Lets `threads` use the cores that the calling thread may use, without `core`. Where the system refuses they stay
/// where they are.
void ck_keep_off(int core, const pthread_t *threads, size_t count);
