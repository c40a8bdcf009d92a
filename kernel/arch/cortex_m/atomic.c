// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The compiler's atomics on ARMv6-M, which has no instructions for them: a few instructions with interrupts masked, and
// of several cores with the one spin lock that the hardware has for it, so it is never held for long, nor by who is
// displaced. Loads and stores of a word the compiler does itself.
#include <arch_kernel.h>

#if __ARM_ARCH == 6

#define LOCK (*(volatile uint32_t *)BOARD_SPIN_LOCK)

static inline uint32_t enter(const volatile unsigned *word) {
    (void)*word; // if this is a fault, then without the lock, which its report needs
    uint32_t key = arch_mask();
    while (ARCH_CORES > 1 && LOCK == 0) {
        arch_spin();
    }
    __asm volatile ("dmb" : : : "memory");
    return key;
}

static inline void leave(uint32_t key) {
    __asm volatile ("dmb" : : : "memory");
    if (ARCH_CORES > 1) {
        LOCK = 0;
    }
    arch_unmask(key & 1);
}

bool __atomic_compare_exchange_4(volatile void *at, void *expected, unsigned value, bool weak, int good, int bad) {
    volatile unsigned *word = at;
    unsigned wanted = *(unsigned *)expected;
    uint32_t key = enter(word);
    unsigned old = *word;
    bool same = old == wanted;
    if (same) {
        *word = value;
    }
    leave(key);
    *(unsigned *)expected = old;
    return same;
}

#define CHANGE(name, changed) \
    unsigned name(volatile void *at, unsigned value, int order) { \
        volatile unsigned *word = at; \
        uint32_t key = enter(word); \
        unsigned old = *word; \
        *word = changed; \
        leave(key); \
        return old; \
    }

CHANGE(__atomic_exchange_4, value)
CHANGE(__atomic_fetch_add_4, old + value)
CHANGE(__atomic_fetch_sub_4, old - value)
CHANGE(__atomic_fetch_and_4, old & value)
CHANGE(__atomic_fetch_or_4, old | value)
CHANGE(__atomic_fetch_xor_4, old ^ value)
CHANGE(__atomic_fetch_nand_4, ~(old & value))

#endif
