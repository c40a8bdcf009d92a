// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// All spin locks: claimed by a read, by one core at a time, given back by a write.
#include "pico.h"

#define ROUNDS 2000

static volatile uint32_t count, other_done;

static void add(uint32_t rounds) {
    for (uint32_t i = 0; i < rounds; i++) {
        volatile uint32_t *lock = &SPINLOCK(7);
        while (!*lock) {
        }
        uint32_t now = count;
        for (volatile uint32_t wait = 0; wait < i % 4; wait++) {
        }
        count = now + 1;
        *lock = 0;
    }
}

static void second(void) {
    // What core 0 holds.
    for (uint32_t i = 0; i < 32; i++) {
        CHECK(SPINLOCK(i) == 0);
    }
    CHECK(SPINLOCK_ST == 0xffffffff);
    other_done = 1;
    sev();
    while (other_done != 2) {
        wfe();
    }
    add(ROUNDS);
    other_done = 3;
    sev();
}

int main(void) {
    for (uint32_t i = 0; i < 32; i++) {
        CHECK(SPINLOCK(i) == 1u << i);
        CHECK(SPINLOCK(i) == 0);
        CHECK(SPINLOCK_ST == 0xffffffffu >> (31 - i));
    }
    start_core1(second);
    while (other_done != 1) {
        wfe();
    }
    for (uint32_t i = 0; i < 32; i++) {
        SPINLOCK(i) = 0;
        CHECK(SPINLOCK_ST == (i == 31 ? 0 : 0xffffffffu << (i + 1)));
    }
    other_done = 2;
    sev();
    add(ROUNDS);
    while (other_done != 3) {
        wfe();
    }
    CHECK(count == 2 * ROUNDS);
    return 0;
}
