// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The module heddle_faults, in images for tests only: the nth allocation or creation fails, the nth wake-up or tick
// comes late. The linker puts these functions in the place of what the layers call (--wrap).
#include <errno.h>

#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"

#include "heddle.h"

#define LATE_MS (5)

typedef enum {
    FAULT_NONE,
    FAULT_ALLOC, // gc_alloc in any thread
    FAULT_ALLOC_HERE, // in the thread that armed it
    FAULT_CREATE, // rtos_thread_create
    FAULT_WAKE, // rtos_unpark of a Python thread
    FAULT_TICK, // the functions given to rtos_tick
} fault_t;

void *__real_gc_alloc(size_t n_bytes, unsigned int alloc_flags);
void *__wrap_gc_alloc(size_t n_bytes, unsigned int alloc_flags);
int __real_rtos_thread_create(rtos_thread_t *t, const rtos_thread_config_t *config);
int __wrap_rtos_thread_create(rtos_thread_t *t, const rtos_thread_config_t *config);
void __real_rtos_unpark(rtos_thread_t *t);
void __wrap_rtos_unpark(rtos_thread_t *t);
void __real_rtos_tick(unsigned user, void (*fn)(void));
void __wrap_rtos_tick(unsigned user, void (*fn)(void));

static struct {
    fault_t kind; // changes in critical sections, like the rest
    core_thread_t *thread;
    size_t n; // the one that fails
    size_t count;
} armed;

// Whether this is the one. Interrupts and threads count together.
static bool strikes(fault_t kind) {
    if (rtos_peek(armed.kind) == FAULT_NONE) {
        return false;
    }
    rtos_crit_t key = rtos_crit_enter();
    bool here = armed.thread == core_self() && !rtos_in_isr();
    bool counts = armed.kind == kind || (armed.kind == FAULT_ALLOC_HERE && kind == FAULT_ALLOC && here);
    bool strikes = counts && ++armed.count == armed.n;
    rtos_crit_exit(key);
    return strikes;
}

void *__wrap_gc_alloc(size_t n_bytes, unsigned int alloc_flags) {
    return strikes(FAULT_ALLOC) ? NULL : __real_gc_alloc(n_bytes, alloc_flags);
}

int __wrap_rtos_thread_create(rtos_thread_t *t, const rtos_thread_config_t *config) {
    return strikes(FAULT_CREATE) ? -EAGAIN : __real_rtos_thread_create(t, config);
}

// ---- what comes late

static core_thread_t *late; // its wake-up is held back
static uint32_t ticks_to_drop;
static void (*tick_fns[RTOS_TICK_USERS])(void);

static bool is_listed(rtos_thread_t *t) {
    core_thread_t *listed = &core_main_thread;
    while (&listed->rtos != t && listed->next != &core_main_thread) {
        listed = listed->next;
    }
    return &listed->rtos == t;
}

// A service's wake-up is not held back: its thread is not listed.
void __wrap_rtos_unpark(rtos_thread_t *t) {
    rtos_crit_t key = rtos_crit_enter();
    bool hold = armed.kind == FAULT_WAKE && is_listed(t) && strikes(FAULT_WAKE);
    if (hold) {
        rtos_poke(late, (core_thread_t *)t);
        ticks_to_drop = LATE_MS;
    }
    rtos_crit_exit(key);
    if (!hold) {
        __real_rtos_unpark(t);
    }
}

// The wake-up that was held back, unless its thread has ended meanwhile.
static void deliver_late_locked(void) {
    if (late != NULL && --ticks_to_drop == 0) {
        if (is_listed(&late->rtos)) {
            __real_rtos_unpark(&late->rtos);
        }
        rtos_poke(late, NULL);
    }
}

// Whether this tick does not come: the one that was struck, and those behind it.
static bool drops_locked(void) {
    if (armed.kind != FAULT_TICK) {
        return false;
    }
    if (ticks_to_drop == 0 && strikes(FAULT_TICK)) {
        ticks_to_drop = LATE_MS;
    }
    ticks_to_drop -= ticks_to_drop > 0;
    return ticks_to_drop > 0;
}

static void tick(unsigned user) {
    rtos_crit_t key = rtos_crit_enter();
    if (user == RTOS_TICK_GIL) {
        deliver_late_locked();
    }
    void (*fn)(void) = drops_locked() ? NULL : tick_fns[user];
    rtos_crit_exit(key);
    if (fn != NULL) {
        fn();
    }
}

static void gil_tick(void) {
    tick(RTOS_TICK_GIL);
}

static void timers_tick(void) {
    tick(RTOS_TICK_TIMERS);
}

// The GIL's tick also carries what is late, so it goes on while a fault is armed.
void __wrap_rtos_tick(unsigned user, void (*fn)(void)) {
    rtos_crit_t key = rtos_crit_enter();
    tick_fns[user] = fn;
    bool goes_on = user == RTOS_TICK_GIL && (armed.kind != FAULT_NONE || late != NULL);
    if (fn != NULL || !goes_on) {
        __real_rtos_tick(user, fn == NULL ? NULL : user == RTOS_TICK_GIL ? gil_tick : timers_tick);
    }
    rtos_crit_exit(key);
}

// ---- for Python

// arm(kind, n): the nth from now on fails or comes late.
static mp_obj_t faults_arm(mp_obj_t kind_in, mp_obj_t n_in) {
    fault_t kind = mp_obj_get_int(kind_in);
    size_t n = mp_obj_get_int(n_in);
    rtos_crit_t key = rtos_crit_enter();
    armed.thread = core_self();
    armed.n = n;
    armed.count = 0;
    ticks_to_drop = 0;
    rtos_poke(armed.kind, kind);
    __real_rtos_tick(RTOS_TICK_GIL, gil_tick);
    rtos_crit_exit(key);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(faults_arm_obj, faults_arm);

// disarm([ms]): how many there were since arm(), once all threads have ended or `ms` are over. It allocates nothing.
static mp_obj_t faults_disarm(size_t n_args, const mp_obj_t *args) {
    mp_int_t ms = n_args == 0 ? 0 : mp_obj_get_int(args[0]);
    for (; ms > 0 && core_thread_live() != 0; --ms) {
        mp_hal_delay_ms(1);
    }
    rtos_crit_t key = rtos_crit_enter();
    rtos_poke(armed.kind, FAULT_NONE);
    size_t count = armed.count;
    rtos_crit_exit(key);
    while (rtos_peek(late) != NULL) {
        mp_hal_delay_ms(1);
    }
    return mp_obj_new_int_from_uint(count);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(faults_disarm_obj, 0, 1, faults_disarm);

static const mp_rom_map_elem_t faults_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_heddle_faults) },
    { MP_ROM_QSTR(MP_QSTR_arm), MP_ROM_PTR(&faults_arm_obj) },
    { MP_ROM_QSTR(MP_QSTR_disarm), MP_ROM_PTR(&faults_disarm_obj) },
    { MP_ROM_QSTR(MP_QSTR_ALLOC), MP_ROM_INT(FAULT_ALLOC) },
    { MP_ROM_QSTR(MP_QSTR_ALLOC_HERE), MP_ROM_INT(FAULT_ALLOC_HERE) },
    { MP_ROM_QSTR(MP_QSTR_CREATE), MP_ROM_INT(FAULT_CREATE) },
    { MP_ROM_QSTR(MP_QSTR_WAKE), MP_ROM_INT(FAULT_WAKE) },
    { MP_ROM_QSTR(MP_QSTR_TICK), MP_ROM_INT(FAULT_TICK) },
};
static MP_DEFINE_CONST_DICT(faults_globals, faults_globals_table);

const mp_obj_module_t heddle_faults_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&faults_globals,
};

MP_REGISTER_MODULE(MP_QSTR_heddle_faults, heddle_faults_module);
