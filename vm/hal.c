// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Time and waiting for MicroPython. Delays park and give up the GIL; where that is impossible they watch the clock.
#include "py/mphal.h"
#include "py/runtime.h"

#include "heddle.h"

mp_uint_t mp_hal_ticks_ms(void) {
    return rtos_now_us() / 1000;
}

mp_uint_t mp_hal_ticks_us(void) {
    return rtos_now_us();
}

// A port that knows the date has its own.
MP_WEAK uint64_t mp_hal_time_ns(void) {
    return rtos_now_us() * 1000;
}

static bool can_park(void) {
    return core_self() != NULL && !rtos_in_isr() && !rtos_masked();
}

static void watch_clock_until(uint64_t deadline_us) {
    while (rtos_now_us() < deadline_us) {
        if (can_park()) {
            rtos_park(1); // in a finaliser, with the GIL
        }
    }
}

static int sleep_until(void *arg, uint64_t deadline_us) {
    (void)arg;
    return core_sleep(deadline_us, true);
}

void mp_hal_delay_ms(mp_uint_t ms) {
    if (sizeof(ms) > 4 && (mp_int_t)ms < 0) {
        return; // sleep(-1) comes here as what 64 bits make of it
    }
    uint64_t deadline_us = rtos_now_us() + (uint64_t)ms * 1000;
    if (core_self() == NULL || !core_may_wait()) {
        watch_clock_until(deadline_us);
        return;
    }
    mp_handle_pending(true);
    heddle_wait(sleep_until, NULL, deadline_us);
}

// Parks for whole ticks and watches the clock for the rest.
void mp_hal_delay_us(mp_uint_t us) {
    uint64_t deadline_us = rtos_now_us() + us;
    if (us >= 3000 && core_self() != NULL && core_may_wait()) {
        mp_hal_delay_ms(us / 1000 - 2);
    }
    while (rtos_now_us() < deadline_us) {
    }
}

void heddle_event_signal(void) {
    core_event_signal();
}

static void event_wait(uint32_t ms, bool interruptible) {
    if (core_self() != NULL && core_may_wait()) {
        core_event_wait(core_deadline(ms), interruptible);
    } else if (can_park()) {
        rtos_park(1);
    }
}

void heddle_event_wait(uint32_t ms) {
    event_wait(ms, true);
}

void heddle_event_wait_uninterruptible(uint32_t ms) {
    event_wait(ms, false);
}

#if !HEDDLE_GIL
static bool irq_mutexes; // taken by heddle_disable_irq
#endif

// Without a GIL allocation must not have to wait while interrupts are masked: its mutexes are taken first.
mp_uint_t heddle_disable_irq(void) {
    #if !HEDDLE_GIL
    if (core_collects()) {
        heddle_raise_would_wait();
    }
    if (!rtos_masked() && !rtos_in_isr()) {
        core_mutex_lock(&MP_STATE_VM(qstr_mutex));
        core_mutex_lock(&MP_STATE_MEM(gc_mutex));
        mp_uint_t state = rtos_crit_enter();
        irq_mutexes = true;
        return state;
    }
    #endif
    return rtos_crit_enter();
}

void heddle_enable_irq(mp_uint_t state) {
    #if !HEDDLE_GIL
    bool unlock = state == 0 && irq_mutexes;
    irq_mutexes = irq_mutexes && !unlock;
    rtos_crit_exit(state);
    if (unlock) {
        core_mutex_unlock(&MP_STATE_MEM(gc_mutex));
        core_mutex_unlock(&MP_STATE_VM(qstr_mutex));
    }
    #else
    rtos_crit_exit(state);
    #endif
}

void heddle_irq_restore(void) {
    if (rtos_masked()) {
        heddle_enable_irq(0);
    }
}
