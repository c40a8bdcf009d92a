// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// BOARD_MASK: what is more urgent, and never calls the kernel, comes where interrupts are masked, too; the others do
// not, whoever masked them.
#include <zephyr/kernel.h>

#include "board.h"
#include "control.h"
#include "regs.h"

#define CHECK(expr) ((expr) ? (void)0 : fail(__LINE__, #expr))

static void fail(int line, const char *expr) {
    printk("FAIL line %d: %s\n", line, expr);
    board_exit(1);
}

static volatile unsigned came;

static void come(void) {
    came += 1;
}

// Whether an interrupt of this priority comes at once.
static bool comes(unsigned priority) {
    came = 0;
    nvic_set_priority(IRQ_SOFTWARE, priority);
    board_irq_raise(come);
    return came != 0; // twice, where one was pending
}

static void masked(void) {
    CHECK(comes(0x00));
    CHECK(comes(BOARD_MASK - 0x20));
    CHECK(!comes(BOARD_MASK));
}

static void nested(void) {
    unsigned outer = irq_lock();
    masked();
    unsigned inner = irq_lock();
    masked();
    irq_unlock(inner);
    masked();
    CHECK(came == 0);
    irq_unlock(outer);
    CHECK(came == 1);
    CHECK(comes(BOARD_MASK));
}

K_SEM_DEFINE(asked, 0, 1);
K_SEM_DEFINE(answered, 0, 1);

// With the kernel's lock, and behind a switch.
static void other(void *p1, void *p2, void *p3) {
    for (;;) {
        k_sem_take(&asked, K_FOREVER);
        CHECK(comes(BOARD_MASK));
        nested();
        k_sem_give(&answered);
    }
}

K_THREAD_DEFINE(other_thread, 1024, other, NULL, NULL, NULL, 1, 0, 0);

int main(void) {
    for (int i = 0; i < 3; ++i) {
        nested();
        k_sem_give(&asked);
        k_sem_take(&answered, K_FOREVER);
    }
    unsigned key = irq_lock();
    k_sem_give(&asked); // the switch unmasks for the other thread, and this one comes back masked
    k_sem_take(&answered, K_MSEC(100));
    masked();
    irq_unlock(key);
    CHECK(came == 1);
    printk("ok\n");
    return 0;
}
