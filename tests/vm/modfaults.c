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
    volatile fault_t kind;
    core_thread_t *thread;
    size_t n; // the one that fails
    volatile size_t count;
} armed;

// Whether this is the one. Interrupts and threads count together.
static bool strikes(fault_t kind) {
    if (armed.kind != kind) {
        return false;
    }
    rtos_crit_t key = rtos_crit_enter();
    bool strikes = ++armed.count == armed.n;
    rtos_crit_exit(key);
    return strikes;
}

void *__wrap_gc_alloc(size_t n_bytes, unsigned int alloc_flags) {
    bool here = armed.thread == core_self() && !rtos_in_isr();
    if (strikes(FAULT_ALLOC) || (here && strikes(FAULT_ALLOC_HERE))) {
        return NULL;
    }
    return __real_gc_alloc(n_bytes, alloc_flags);
}

int __wrap_rtos_thread_create(rtos_thread_t *t, const rtos_thread_config_t *config) {
    return strikes(FAULT_CREATE) ? -EAGAIN : __real_rtos_thread_create(t, config);
}

// ---- what comes late

static core_thread_t *volatile late; // its wake-up is held back
static volatile uint32_t ticks_to_drop;
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
        late = (core_thread_t *)t;
        ticks_to_drop = LATE_MS;
    }
    rtos_crit_exit(key);
    if (!hold) {
        __real_rtos_unpark(t);
    }
}

// The kernel's own tick, while a fault is armed: the wake-up that was held back, unless its thread has ended meanwhile.
static void deliver_late(void) {
    rtos_crit_t key = rtos_crit_enter();
    if (late != NULL && --ticks_to_drop == 0) {
        if (is_listed(&late->rtos)) {
            __real_rtos_unpark(&late->rtos);
        }
        late = NULL;
    }
    rtos_crit_exit(key);
}

static void tick(unsigned user) {
    if (late != NULL && user == RTOS_TICK_GIL) {
        deliver_late();
    } else if (armed.kind == FAULT_TICK && ticks_to_drop > 0) {
        ticks_to_drop -= 1;
        return;
    } else if (strikes(FAULT_TICK)) {
        ticks_to_drop = LATE_MS - 1;
        return;
    }
    void (*fn)(void) = tick_fns[user];
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
    tick_fns[user] = fn;
    bool goes_on = user == RTOS_TICK_GIL && (armed.kind != FAULT_NONE || late != NULL);
    if (fn != NULL) {
        __real_rtos_tick(user, user == RTOS_TICK_GIL ? gil_tick : timers_tick);
    } else if (!goes_on) {
        __real_rtos_tick(user, NULL);
    }
}

// ---- for Python

// arm(kind, n): the nth from now on fails or comes late.
static mp_obj_t faults_arm(mp_obj_t kind, mp_obj_t n) {
    armed.thread = core_self();
    armed.n = mp_obj_get_int(n);
    armed.count = 0;
    armed.kind = mp_obj_get_int(kind);
    __real_rtos_tick(RTOS_TICK_GIL, gil_tick);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(faults_arm_obj, faults_arm);

// disarm(): how many there were since arm().
static mp_obj_t faults_disarm(void) {
    armed.kind = FAULT_NONE;
    while (late != NULL) {
        mp_hal_delay_ms(1);
    }
    ticks_to_drop = 0;
    return mp_obj_new_int_from_uint(armed.count);
}
static MP_DEFINE_CONST_FUN_OBJ_0(faults_disarm_obj, faults_disarm);

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
