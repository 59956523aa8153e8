#pragma once
#include <stdint.h>

/// Where one thread sleeps until another rings. Nothing else lies on its two cache lines: who looks at a bell does not
/// slow down who looks at another.
struct ck_bell {
    /// 1 while the owner sleeps, or is about to.
    uint32_t sleeps;
    uint32_t apart[31];
};

/// Puts the calling thread to sleep until somebody rings, or for no reason.
void ck_bell_sleep(struct ck_bell *bell);

/// Wakes the bell's owner.
void ck_bell_wake(struct ck_bell *bell);

/// The owner is about to sleep: who makes something to do from now on rings. The owner looks once more before it does.
static inline void ck_bell_begin(struct ck_bell *bell) { __atomic_store_n(&bell->sleeps, 1, __ATOMIC_SEQ_CST); }

/// The owner does not sleep after all.
static inline void ck_bell_end(struct ck_bell *bell) { __atomic_store_n(&bell->sleeps, 0, __ATOMIC_SEQ_CST); }

/// Whether nobody has rung since `ck_bell_begin`.
static inline int ck_bell_is_silent(const struct ck_bell *bell) {
    return __atomic_load_n(&bell->sleeps, __ATOMIC_SEQ_CST) == 1;
}

/// Wakes the owner if it sleeps. Not a word to the system where it does not.
static inline void ck_bell_ring(struct ck_bell *bell) {
    if (__atomic_load_n(&bell->sleeps, __ATOMIC_SEQ_CST) == 1 &&
        __atomic_exchange_n(&bell->sleeps, 0, __ATOMIC_SEQ_CST) == 1)
        ck_bell_wake(bell);
}
