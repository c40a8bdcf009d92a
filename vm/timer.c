// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// MicroPython's soft timers on a dispatch slot.
#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/runtime/softtimer.h"

#include "heddle.h"
#include "service.h"

static dispatch_slot_t slot;
static bool registered;

static void run(void *arg) {
    (void)arg;
    soft_timer_handler();
}

void heddle_timers_init(void) {
    if (!registered) {
        registered = true;
        dispatch_init();
        dispatch_register(&slot, run, NULL);
    }
}

// The dispatcher is kept away, and without a GIL other Python threads too: by the gc mutex, which a soft reset holds
// when it ends threads. The dispatcher itself has no state of the VM.
void heddle_timers_suspend(void) {
    #if !HEDDLE_GIL
    if (rtos_tls() != NULL) {
        core_mutex_lock(&MP_STATE_MEM(gc_mutex));
    }
    #endif
    dispatch_suspend(&slot);
}

void heddle_timers_resume(void) {
    dispatch_resume(&slot);
    #if !HEDDLE_GIL
    if (rtos_tls() != NULL) {
        core_mutex_unlock(&MP_STATE_MEM(gc_mutex));
    }
    #endif
}

uint32_t soft_timer_get_ms(void) {
    return mp_hal_ticks_ms();
}

void soft_timer_schedule_at_ms(uint32_t ticks_ms) {
    uint64_t now_ms = rtos_now_us() / 1000;
    int32_t delta_ms = soft_timer_ticks_diff(ticks_ms, (uint32_t)now_ms);
    dispatch_schedule_at(&slot, (now_ms + (delta_ms > 0 ? delta_ms : 0)) * 1000);
}
