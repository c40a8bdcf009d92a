// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The clock of ports/common/cmsdk where a half period ends: on every core it goes on, by one half for all of them.
#include <zephyr/kernel.h>

#include "board.h"
#include "control.h"
#include "regs.h"

#define PERIOD ((CPU_HZ / 1000000) << 27)
#define HALF_US (1 << 26)
#define ROUNDS (200)
#define READS (100)
#define SHORTLY (400) // ticks

static K_THREAD_STACK_ARRAY_DEFINE(stacks, ARCH_CORES, 1024);
static struct k_thread threads[ARCH_CORES];
static atomic_t arrived;
static struct k_spinlock lock;
static uint64_t latest;

// All cores have come this far, the nth time.
static void meet(unsigned n) {
    atomic_inc(&arrived);
    while ((unsigned)atomic_get(&arrived) < n * ARCH_CORES) {
        arch_spin();
    }
}

static uint64_t seen(uint64_t now) {
    k_spinlock_key_t key = k_spin_lock(&lock);
    latest = now > latest ? now : latest;
    now = latest;
    k_spin_unlock(&lock, key);
    return now;
}

static void read(void) {
    uint64_t before = seen(0), now = board_clock_us();
    if (now < before) {
        printk("FAIL core %u: %u ms after %u ms\n", arch_core(), (unsigned)(now / 1000), (unsigned)(before / 1000));
        board_exit(1);
    }
    seen(now);
}

static void rounds(void *first, void *p2, void *p3) {
    for (unsigned n = 0; n < ROUNDS; ++n) {
        // Nobody reads meanwhile: to whom a whole half were lost so.
        meet(2 * n + 1);
        if (first != NULL) {
            TIMER0->value = (n % 2 == 0 ? PERIOD / 2 : 0) + SHORTLY;
        }
        meet(2 * n + 2);
        for (unsigned i = 0; i < READS || board_clock_us() / HALF_US <= n; ++i) {
            read();
        }
    }
}

int main(void) {
    for (unsigned core = 0; core < ARCH_CORES; ++core) {
        k_thread_create(&threads[core], stacks[core], 1024, rounds, core == 0 ? &latest : NULL, NULL, NULL, 1, 0,
            K_FOREVER);
        k_thread_cpu_pin(&threads[core], (int)core);
        k_thread_start(&threads[core]);
    }
    for (unsigned core = 0; core < ARCH_CORES; ++core) {
        k_thread_join(&threads[core], K_FOREVER);
    }
    unsigned halves = (unsigned)(board_clock_us() / HALF_US);
    printk("%u halves\n", halves);
    return halves == ROUNDS ? 0 : 1;
}
