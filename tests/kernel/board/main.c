// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What board.h gives beside the kernel: an interrupt on each core that asks for one, also of another one that has been
// idle, and the clock. And memory is copied from any address to any.
#include <string.h>

#include <zephyr/kernel.h>

#include "board.h"

static K_THREAD_STACK_DEFINE(stack, 4096);
static struct k_thread thread;
static K_SEM_DEFINE(raised, 0, 1);
static int round;

static void in_interrupt(void) {
    if (k_is_in_isr()) {
        if (round == 0) {
            printk("core %u\n", arch_core());
        }
        k_sem_give(&raised);
    }
}

static void raise(void *p1, void *p2, void *p3) {
    uint64_t begin = board_clock_us();
    board_irq_raise(in_interrupt);
    k_sem_take(&raised, K_FOREVER);
    k_msleep(2);
    if (board_clock_us() - begin < 2000) {
        printk("too early\n");
    }
}

static bool raise_on_all(void) {
    for (unsigned core = 0; core < arch_core_count(); ++core) {
        k_thread_create(&thread, stack, K_THREAD_STACK_SIZEOF(stack), raise, NULL, NULL, NULL, 1, 0, K_FOREVER);
        if (arch_core_count() > 1) {
            k_thread_cpu_pin(&thread, (int)core);
        }
        k_thread_start(&thread);
        if (k_thread_join(&thread, K_SECONDS(10)) != 0) {
            printk("core %u is not told\n", core);
            return false;
        }
    }
    return true;
}

static bool copies(unsigned to, unsigned from) {
    static volatile uint8_t source[48], target[48];
    for (unsigned i = 0; i < 48; ++i) {
        source[i] = (uint8_t)i;
    }
    memcpy((void *)&target[to], (void *)&source[from], 40);
    for (unsigned i = 0; i < 40; ++i) {
        if (target[to + i] != from + i) {
            printk("copied wrongly from %u to %u\n", from, to);
            return false;
        }
    }
    return true;
}

// The second time each core has had its first look, and waits.
int main(void) {
    for (unsigned i = 0; i < 16; ++i) {
        if (!copies(i / 4, i % 4)) {
            return 1;
        }
    }
    for (; round < 2; ++round) {
        if (!raise_on_all()) {
            return 1;
        }
        k_msleep(5);
    }
    return 0;
}
