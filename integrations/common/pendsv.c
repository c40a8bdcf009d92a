// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// In place of a port's pendsv.c, and of the table of its systick.c: what upstream does in PendSV and SysTick is done in
// the deferred-interrupt thread.
#include "py/mphal.h"

#include "board.h"
#include "heddle.h"
#include "pendsv.h"
#include "rtos.h"
#include "service.h"
#include "systick.h"

systick_dispatch_t systick_dispatch_table[SYSTICK_DISPATCH_NUM_SLOTS];

static pendsv_dispatch_t volatile pendsv_table[PENDSV_DISPATCH_NUM_SLOTS];
static dispatch_slot_t pendsv_slot, tick_slot;

static volatile bool running;

// A character may come before there is a kernel: a port has its devices first.
void heddle_interrupted(void) {
    if (running) {
        heddle_event_signal();
    }
}

static void pendsv_run(void *arg) {
    (void)arg;
    running = true;
    for (size_t i = 0; i < PENDSV_DISPATCH_NUM_SLOTS; ++i) {
        pendsv_dispatch_t f = __atomic_exchange_n(&pendsv_table[i], NULL, __ATOMIC_RELAXED);
        if (f != NULL) {
            f();
        }
    }
}

void pendsv_schedule_dispatch(size_t slot, pendsv_dispatch_t f) {
    pendsv_table[slot] = f;
    dispatch_schedule(&pendsv_slot);
}

void heddle_pendsv_suspend(void) {
    heddle_timers_suspend();
    dispatch_suspend(&pendsv_slot);
}

void heddle_pendsv_resume(void) {
    dispatch_resume(&pendsv_slot);
    heddle_timers_resume();
}

// All that is in the table, each for a millisecond of its own, with nothing between: upstream's is the most urgent of
// all interrupts.
static void tick_run(void *arg) {
    static uint32_t tick;
    (void)arg;
    bool again = false;
    for (size_t i = 0; i < SYSTICK_DISPATCH_NUM_SLOTS; ++i) {
        mp_uint_t state = rtos_crit_enter();
        systick_dispatch_t f = systick_dispatch_table[i];
        if (f != NULL) {
            f(tick + i);
            again = true;
        }
        rtos_crit_exit(state);
    }
    tick += SYSTICK_DISPATCH_NUM_SLOTS;
    if (again) {
        dispatch_schedule_at(&tick_slot, board_clock_us() + SYSTICK_DISPATCH_NUM_SLOTS * 1000);
    }
}

void heddle_tick(void) {
    dispatch_schedule(&tick_slot);
}

void heddle_pendsv_init(void) {
    dispatch_register(&pendsv_slot, pendsv_run, NULL);
    dispatch_schedule(&pendsv_slot);
    dispatch_register(&tick_slot, tick_run, NULL);
}
