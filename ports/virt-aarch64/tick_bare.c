// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Without threads Python is the kernel's one thread, which never waits in the kernel; soft timers run in an interrupt.
#include "py/cstack.h"
#include "py/mphal.h"
#include "shared/runtime/softtimer.h"

#include "hal_bare.h"
#include "kern.h"

// What lies below the limit of the stack: room for interrupts, which share it.
#define STACK_RESERVE (4096)

static void tick(struct k_timer *timer) {
    if (hal_bare_tick()) {
        soft_timer_handler();
    }
}

static K_TIMER_DEFINE(ticks, tick, NULL);

void hal_bare_init(void) {
    k_timer_start(&ticks, K_MSEC(1), K_MSEC(1));
}

void hal_bare_stack_init(void) {
    const struct k_thread *self = k_current_get();
    mp_cstack_init_with_top((void *)(self->stack + self->stack_size), self->stack_size - STACK_RESERVE);
}
