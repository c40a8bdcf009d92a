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

// Too large is what 32 bits cannot hold, for Python's integers and ours, wherever more bits would do.
static void check(bool fits) {
    if (!fits) {
        mp_raise_msg(&mp_type_OverflowError, MP_ERROR_TEXT("timeout value is too large"));
    }
}

uint64_t heddle_deadline(mp_obj_t seconds, bool negative) {
    #if MICROPY_PY_BUILTINS_FLOAT
    mp_float_t s;
    if (!mp_obj_get_float_maybe(seconds, &s)) {
        mp_raise_TypeError(MP_ERROR_TEXT("timeout must be a number"));
    }
    #else
    mp_int_t s = heddle_get_int(seconds, MP_QSTR_timeout);
    #endif
    if (s < 0 && negative) {
        return 0;
    }
    if (!(s >= 0)) {
        mp_raise_ValueError(MP_ERROR_TEXT("timeout value must be a non-negative number"));
    }
    check(s <= HEDDLE_TIMEOUT_MAX);
    // Whole milliseconds, rounded up: what a kernel's wait can do.
    uint32_t ms = (uint32_t)(s * 1000);
    return s == 0 ? 0 : rtos_now_us() + (uint64_t)(ms < s * 1000 ? ms + 1 : ms) * 1000;
}

NORETURN void heddle_raise_would_wait(void) {
    mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("would wait with interrupts disabled or in a finaliser"));
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

static int park_until(void *arg, uint64_t deadline_us) {
    (void)arg;
    return core_sleep(true, deadline_us);
}

static void delay_until(uint64_t deadline_us) {
    if (core_self() == NULL || !core_may_wait()) {
        watch_clock_until(deadline_us);
        return;
    }
    mp_handle_pending(true);
    heddle_wait(park_until, NULL, deadline_us);
}

void heddle_sleep(mp_obj_t seconds) {
    delay_until(heddle_deadline(seconds, true));
}

void mp_hal_delay_ms(mp_uint_t ms) {
    check(ms <= INT32_MAX);
    delay_until(rtos_now_us() + (uint64_t)ms * 1000);
}

// Parks for whole ticks and watches the clock for the rest.
void mp_hal_delay_us(mp_uint_t us) {
    check(us <= INT32_MAX);
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

static void event_wait(bool interruptible, uint64_t deadline_us) {
    if (core_self() != NULL && core_may_wait()) {
        core_event_wait(interruptible, deadline_us);
    } else if (can_park()) {
        rtos_park(1);
    }
}

void heddle_check_ms(uintptr_t ms) {
    check(ms <= INT32_MAX || ms == UINTPTR_MAX);
}

void heddle_event_wait(uintptr_t ms) {
    heddle_check_ms(ms);
    event_wait(true, core_deadline(ms));
}

void heddle_event_wait_until(uint64_t deadline_us) {
    event_wait(true, deadline_us);
}

void heddle_event_wait_uninterruptible(uint32_t ms) {
    event_wait(false, core_deadline(ms));
}

#if !HEDDLE_GIL
static bool irq_mutexes; // taken by heddle_disable_irq
#endif

// A thread masks once, however often it asks, so that a state that is given back out of turn, or twice, does no harm.
// Without a GIL allocation must not have to wait while interrupts are masked: its mutexes are taken first.
mp_uint_t heddle_disable_irq(void) {
    if (rtos_masked() && !rtos_in_isr()) {
        return 1;
    }
    #if !HEDDLE_GIL
    if (core_collects()) {
        heddle_raise_would_wait();
    }
    if (!rtos_in_isr()) {
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
    if (!rtos_in_isr() && state != 0) {
        (void)heddle_disable_irq();
        return;
    }
    if (!rtos_in_isr() && !rtos_masked()) {
        return;
    }
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
