// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Spin locks: this core's interrupts are masked, and no other core is between lock and unlock of the same lock.
#ifndef ZEPHYR_SPINLOCK_H
#define ZEPHYR_SPINLOCK_H

#include <arch_kernel.h>
#include <zephyr/config.h>
#include <zephyr/sys/__assert.h>

// In no order: a core that waits may be one that an emulator does not run just now, and then nobody waits for it.
struct k_spinlock {
    uint32_t holder; // 1 + the core that has it, or 0
};

typedef struct {
    uint32_t key;
} k_spinlock_key_t;

// With one core the masking is all there is to a lock; who has it is for the assertions.
#define KERN_HOLDERS (ARCH_CORES > 1 || CONFIG_ASSERT)

static inline bool kern_spin_is_mine(const struct k_spinlock *lock) {
    return KERN_HOLDERS && __atomic_load_n(&lock->holder, __ATOMIC_RELAXED) == arch_core() + 1;
}

// With interrupts masked. Whether nobody had it.
static inline bool kern_spin_try(struct k_spinlock *lock) {
    uint32_t holder = 0, self = arch_core() + 1;
    #ifdef ARCH_SPIN_TRY
    return arch_spin_try(&lock->holder, self);
    #endif
    if (ARCH_CORES > 1) {
        return __atomic_compare_exchange_n(&lock->holder, &holder, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
    }
    holder = lock->holder;
    if (KERN_HOLDERS && holder == 0) {
        lock->holder = self;
    }
    return holder == 0;
}

// Of the watch: wait for a lock, and say who has it for too long; this core masks interrupts from now on; it is about
// to let them in again.
void kern_watch_spin(struct k_spinlock *lock);
void kern_watch_masked(void);
void kern_watch_unmask(const char *call);

// With interrupts masked.
static inline void kern_spin_take(struct k_spinlock *lock) {
    if (ARCH_CORES == 1) {
        if (KERN_HOLDERS) {
            lock->holder = arch_core() + 1;
        }
        return;
    }
    while (!kern_spin_try(lock)) {
        if (CONFIG_PREEMPTION_WATCH_MS) {
            kern_watch_spin(lock);
            return;
        }
        arch_spin();
    }
}

static inline void kern_spin_give(struct k_spinlock *lock) {
    if (ARCH_CORES == 1) {
        if (KERN_HOLDERS) {
            lock->holder = 0;
        }
        return;
    }
    // From this store on another core sees all that was written under the lock.
    __atomic_store_n(&lock->holder, 0, __ATOMIC_RELEASE);
    arch_spin_wake();
}

// After a spin lock: switch, where a section below it has asked for that.
void kern_unmask_and_switch(uint32_t key);
static inline void kern_unmask(uint32_t key) {
    if (ARCH_SWITCHES_ITSELF) {
        arch_unmask(key);
    } else {
        kern_unmask_and_switch(key);
    }
}

// All contexts. Does not nest for one lock; different ones are given back in reverse order.
static inline k_spinlock_key_t k_spin_lock(struct k_spinlock *lock) {
    k_spinlock_key_t key = { arch_mask() };
    __ASSERT(!kern_spin_is_mine(lock));
    kern_spin_take(lock);
    if (CONFIG_PREEMPTION_WATCH_MS && key.key == 0) {
        kern_watch_masked();
    }
    return key;
}

// 0, or -EBUSY when another core has it.
int k_spin_trylock(struct k_spinlock *lock, k_spinlock_key_t *key);

static inline void k_spin_unlock(struct k_spinlock *lock, k_spinlock_key_t key) {
    __ASSERT(kern_spin_is_mine(lock));
    kern_spin_give(lock);
    if (CONFIG_PREEMPTION_WATCH_MS && key.key == 0) {
        kern_watch_unmask(__func__);
    }
    kern_unmask(key.key);
}

static inline void k_spin_release(struct k_spinlock *lock) {
    __ASSERT(kern_spin_is_mine(lock));
    kern_spin_give(lock);
}

static inline bool k_spin_is_locked(struct k_spinlock *lock) {
    return __atomic_load_n(&lock->holder, __ATOMIC_RELAXED) != 0;
}

#define K_SPINLOCK_BREAK continue
#define K_SPINLOCK(lock) \
    for (k_spinlock_key_t k_spinlock_key_ = k_spin_lock(lock), *k_spinlock_once_ = &k_spinlock_key_; \
         k_spinlock_once_ != NULL; k_spin_unlock(lock, k_spinlock_key_), k_spinlock_once_ = NULL)

#endif // ZEPHYR_SPINLOCK_H
