// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// MicroPython's soft timers on a dispatch slot, and machine.Timer with its numbers checked.
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

#if MICROPY_PY_MACHINE_TIMER
// ---- machine.Timer: upstream divides by any tick_hz, takes a period of -1 for none, and makes of a freq out of range
// what the processor makes of it

static void check_range(mp_map_t *kw, qstr name, mp_int_t least) {
    mp_map_elem_t *given = mp_map_lookup(kw, MP_OBJ_NEW_QSTR(name), MP_MAP_LOOKUP);
    bool fits = given == NULL || given->value == mp_const_none;
    if (!fits && name == MP_QSTR_freq) {
        #if MICROPY_PY_BUILTINS_FLOAT
        fits = mp_obj_get_float(given->value) * (1 << 30) > 1000;
        #else
        fits = mp_obj_get_int(given->value) > 0;
        #endif
    } else if (!fits) {
        mp_int_t value = heddle_get_int(given->value, name);
        fits = value >= least && value < INT32_MAX;
    }
    if (!fits) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("%q is out of range"), name);
    }
}

static void parse_timer(size_t n_pos, const mp_obj_t *pos, mp_map_t *kw, size_t n, const mp_arg_t *allowed,
    mp_arg_val_t *values) {
    check_range(kw, MP_QSTR_period, 0);
    check_range(kw, MP_QSTR_tick_hz, 1);
    check_range(kw, MP_QSTR_freq, 1);
    mp_arg_parse_all(n_pos, pos, kw, n, allowed, values);
}

#define mp_arg_parse_all parse_timer
#include "extmod/machine_timer.c"
#endif
