// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The module _threading: what `threading` has in C. A semaphore or an event may be released or set by a callback or an
// interrupt, too.
#include "py/objtuple.h"
#include "py/runtime.h"

#include "modthread.h"

// A timeout as these have it: None is none, and a negative one does not wait.
static uint64_t get_deadline(mp_obj_t timeout) {
    return timeout == mp_const_none ? CORE_FOREVER : heddle_deadline(timeout, true);
}

uint64_t threading_deadline(size_t n, size_t n_args, const mp_obj_t *args, mp_map_t *kw) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_timeout, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args - n, args + n, kw, MP_ARRAY_SIZE(allowed), allowed, values);
    return get_deadline(values[0].u_obj);
}

// ---- Semaphore and BoundedSemaphore

typedef struct {
    mp_obj_base_t base;
    core_sem_t sem;
    uintptr_t limit;
} semaphore_obj_t;

static const mp_obj_type_t bounded_semaphore_type;

static mp_obj_t semaphore_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_value, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_INT(1) } },
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all_kw_array(n_args, n_kw, args, MP_ARRAY_SIZE(allowed), allowed, values);
    mp_int_t value = heddle_get_int(values[0].u_obj, MP_QSTR_value);
    if (value < 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("semaphore initial value must be >= 0"));
    }
    semaphore_obj_t *self = mp_obj_malloc(semaphore_obj_t, type);
    self->sem.waiters.head = NULL;
    self->sem.value = value;
    self->limit = type == &bounded_semaphore_type ? (uintptr_t)value : UINTPTR_MAX;
    return MP_OBJ_FROM_PTR(self);
}

static int semaphore_wait(void *sem, uint64_t deadline_us) {
    return core_sem_acquire(sem, deadline_us);
}

static mp_obj_t semaphore_acquire(mp_obj_t fun, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)fun;
    uint64_t deadline_us = CORE_FOREVER;
    if (n_args != 1 || n_kw != 0) {
        static const mp_arg_t allowed[] = {
            { MP_QSTR_blocking, MP_ARG_BOOL, { .u_bool = true } },
            { MP_QSTR_timeout, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        };
        mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
        mp_arg_parse_all_kw_array(n_args - 1, n_kw, args + 1, MP_ARRAY_SIZE(allowed), allowed, values);
        deadline_us = get_deadline(values[1].u_obj);
        if (!values[0].u_bool) {
            if (values[1].u_obj != mp_const_none) {
                mp_raise_ValueError(MP_ERROR_TEXT("can't specify timeout for non-blocking acquire"));
            }
            deadline_us = 0;
        }
    }
    semaphore_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    return mp_obj_new_bool(heddle_wait(semaphore_wait, &self->sem, deadline_us) == 0);
}
METHOD(semaphore_acquire);

static mp_obj_t release(semaphore_obj_t *self, mp_int_t n) {
    if (n < 1) {
        mp_raise_ValueError(MP_ERROR_TEXT("n must be one or more"));
    }
    if ((uintptr_t)n > self->limit - MIN(rtos_peek(self->sem.value), self->limit)) {
        mp_raise_ValueError(MP_ERROR_TEXT("Semaphore released too many times"));
    }
    while (n-- > 0) {
        if (!core_sem_release(&self->sem, self->limit)) {
            mp_raise_ValueError(MP_ERROR_TEXT("Semaphore released too many times"));
        }
    }
    return mp_const_none;
}

static mp_obj_t semaphore_release(size_t n_args, const mp_obj_t *args, mp_map_t *kw) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_n, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_INT(1) } },
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args - 1, args + 1, kw, MP_ARRAY_SIZE(allowed), allowed, values);
    return release(MP_OBJ_TO_PTR(args[0]), heddle_get_int(values[0].u_obj, MP_QSTR_n));
}
static MP_DEFINE_CONST_FUN_OBJ_KW(semaphore_release_obj, 1, semaphore_release);

static mp_obj_t semaphore_exit(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    return release(MP_OBJ_TO_PTR(args[0]), 1);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(semaphore_exit_obj, 4, 4, semaphore_exit);

static const mp_rom_map_elem_t semaphore_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_acquire), MP_ROM_PTR(&semaphore_acquire_obj) },
    { MP_ROM_QSTR(MP_QSTR_release), MP_ROM_PTR(&semaphore_release_obj) },
    { MP_ROM_QSTR(MP_QSTR___enter__), MP_ROM_PTR(&semaphore_acquire_obj) },
    { MP_ROM_QSTR(MP_QSTR___exit__), MP_ROM_PTR(&semaphore_exit_obj) },
};
static MP_DEFINE_CONST_DICT(semaphore_locals, semaphore_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    semaphore_type, MP_QSTR_Semaphore, MP_TYPE_FLAG_NONE,
    make_new, semaphore_make_new,
    locals_dict, &semaphore_locals
    );

static MP_DEFINE_CONST_OBJ_TYPE(
    bounded_semaphore_type, MP_QSTR_BoundedSemaphore, MP_TYPE_FLAG_NONE,
    make_new, semaphore_make_new,
    parent, &semaphore_type,
    locals_dict, &semaphore_locals
    );

// ---- Event

typedef struct {
    mp_obj_base_t base;
    core_flag_t flag;
} event_obj_t;

static mp_obj_t event_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    event_obj_t *self = mp_obj_malloc(event_obj_t, type);
    self->flag = (core_flag_t) { { NULL }, false, 0 };
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t event_is_set(mp_obj_t self_in) {
    return mp_obj_new_bool(rtos_peek(((event_obj_t *)MP_OBJ_TO_PTR(self_in))->flag.set));
}
static MP_DEFINE_CONST_FUN_OBJ_1(event_is_set_obj, event_is_set);

static mp_obj_t event_set(mp_obj_t self_in) {
    core_flag_set(&((event_obj_t *)MP_OBJ_TO_PTR(self_in))->flag);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(event_set_obj, event_set);

static mp_obj_t event_clear(mp_obj_t self_in) {
    rtos_poke(((event_obj_t *)MP_OBJ_TO_PTR(self_in))->flag.set, false);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(event_clear_obj, event_clear);

typedef struct {
    core_flag_t *flag;
    uint16_t sets;
} event_wait_t;

static int event_wait_step(void *arg, uint64_t deadline_us) {
    event_wait_t *wait = arg;
    return core_flag_wait(wait->flag, wait->sets, deadline_us);
}

static mp_obj_t event_wait(size_t n_args, const mp_obj_t *args, mp_map_t *kw) {
    uint64_t deadline_us = threading_deadline(1, n_args, args, kw);
    core_flag_t *flag = &((event_obj_t *)MP_OBJ_TO_PTR(args[0]))->flag;
    event_wait_t wait = { flag, rtos_peek(flag->sets) };
    return mp_obj_new_bool(heddle_wait(event_wait_step, &wait, deadline_us) == 0);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(event_wait_obj, 1, event_wait);

static const mp_rom_map_elem_t event_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_is_set), MP_ROM_PTR(&event_is_set_obj) },
    { MP_ROM_QSTR(MP_QSTR_isSet), MP_ROM_PTR(&event_is_set_obj) },
    { MP_ROM_QSTR(MP_QSTR_set), MP_ROM_PTR(&event_set_obj) },
    { MP_ROM_QSTR(MP_QSTR_clear), MP_ROM_PTR(&event_clear_obj) },
    { MP_ROM_QSTR(MP_QSTR_wait), MP_ROM_PTR(&event_wait_obj) },
};
static MP_DEFINE_CONST_DICT(event_locals, event_locals_table);

static MP_DEFINE_CONST_OBJ_TYPE(
    event_type, MP_QSTR_Event, MP_TYPE_FLAG_NONE,
    make_new, event_make_new,
    locals_dict, &event_locals
    );

// ---- the module

// now_us(): since the start, as all deadlines are. time.time_ns() is a date, which somebody may set.
static mp_obj_t threading_now_us(void) {
    return mp_obj_new_int_from_ull(rtos_now_us());
}
static MP_DEFINE_CONST_FUN_OBJ_0(threading_now_us_obj, threading_now_us);

// first_argument(): of those that the running thread was started with, or None.
static mp_obj_t threading_first_argument(void) {
    const heddle_thread_t *th = (heddle_thread_t *)core_self();
    if (&th->core == &core_main_thread || th->n_args == 0) {
        return mp_const_none;
    }
    mp_obj_t *args = MP_OBJ_TO_PTR(th->args);
    return th->args_tuple ? ((mp_obj_tuple_t *)MP_OBJ_TO_PTR(th->args))->items[0] : args[0];
}
static MP_DEFINE_CONST_FUN_OBJ_0(threading_first_argument_obj, threading_first_argument);

static const mp_rom_map_elem_t threading_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__threading) },
    { MP_ROM_QSTR(MP_QSTR_Condition), MP_ROM_PTR(&threading_condition_type) },
    { MP_ROM_QSTR(MP_QSTR_Semaphore), MP_ROM_PTR(&semaphore_type) },
    { MP_ROM_QSTR(MP_QSTR_BoundedSemaphore), MP_ROM_PTR(&bounded_semaphore_type) },
    { MP_ROM_QSTR(MP_QSTR_Event), MP_ROM_PTR(&event_type) },
    { MP_ROM_QSTR(MP_QSTR_first_argument), MP_ROM_PTR(&threading_first_argument_obj) },
    { MP_ROM_QSTR(MP_QSTR_now_us), MP_ROM_PTR(&threading_now_us_obj) },
};
static MP_DEFINE_CONST_DICT(threading_globals, threading_globals_table);

const mp_obj_module_t heddle_threading_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&threading_globals,
};

MP_REGISTER_MODULE(MP_QSTR__threading, heddle_threading_module);
