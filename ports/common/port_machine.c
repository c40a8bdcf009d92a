// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The part of `machine` of the board, and of the host; extmod/modmachine.c includes this file.
#include "py/mphal.h"

#include "control.h"
#include "ramdisk.h"

#define IDLE_MS (1)

enum { RESET_POWER_ON = 1, RESET_HARD = 2 };

// disable_irq() stops what Python shares with its interrupts; with threads vm/ decides what that is.
#if MICROPY_PY_THREAD
#include "heddle.h"
#define disable_irq() heddle_disable_irq()
#define enable_irq(state) heddle_enable_irq(state)
#else
#define disable_irq() irq_mask()
#define enable_irq(state) irq_unmask(state)
#endif

static mp_obj_t port_disable_irq(void) {
    return mp_obj_new_int_from_uint(disable_irq());
}
static MP_DEFINE_CONST_FUN_OBJ_0(port_disable_irq_obj, port_disable_irq);

static mp_obj_t port_enable_irq(mp_obj_t state) {
    enable_irq(mp_obj_get_int(state));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(port_enable_irq_obj, port_enable_irq);

static void mp_machine_idle(void) {
    mp_event_wait_ms(IDLE_MS);
}

NORETURN static void mp_machine_reset(void) {
    board_reset();
}

static mp_int_t mp_machine_reset_cause(void) {
    return board_was_reset() ? RESET_HARD : RESET_POWER_ON;
}

static mp_obj_t mp_machine_unique_id(void) {
    return mp_obj_new_bytes((const byte *)MICROPY_HW_UNIQUE_ID, sizeof(MICROPY_HW_UNIQUE_ID) - 1);
}

static mp_obj_t mp_machine_get_freq(void) {
    return MP_OBJ_NEW_SMALL_INT(MICROPY_HW_TICKS_CPU_HZ);
}

static void mp_machine_set_freq(size_t n_args, const mp_obj_t *args) {
    mp_raise_NotImplementedError(NULL);
}

static void mp_machine_lightsleep(size_t n_args, const mp_obj_t *args) {
    if (n_args == 0) {
        mp_event_wait_indefinite();
    } else {
        mp_hal_delay_ms(mp_obj_get_int(args[0]));
    }
}

NORETURN static void mp_machine_deepsleep(size_t n_args, const mp_obj_t *args) {
    mp_machine_lightsleep(n_args, args);
    board_reset();
}

#define MICROPY_PY_MACHINE_EXTRA_GLOBALS \
    { MP_ROM_QSTR(MP_QSTR_disable_irq), MP_ROM_PTR(&port_disable_irq_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_enable_irq), MP_ROM_PTR(&port_enable_irq_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_Timer), MP_ROM_PTR(&machine_timer_type) }, \
    { MP_ROM_QSTR(MP_QSTR_ramdisk), MP_ROM_PTR(&ramdisk_obj) }, \
    { MP_ROM_QSTR(MP_QSTR_PWRON_RESET), MP_ROM_INT(RESET_POWER_ON) }, \
    { MP_ROM_QSTR(MP_QSTR_HARD_RESET), MP_ROM_INT(RESET_HARD) },
