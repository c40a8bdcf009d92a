// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The module _thread, in place of py/modthread.c: upstream's behaviour and texts, with timeouts, names, priorities and
// stack sizes.
#include <errno.h>
#include <string.h>

#include "py/mpthread.h"
#include "py/runtime.h"

#include "modthread.h"

// ---- lock

static int lock_wait(void *lock, uint64_t deadline_us) {
    return core_lock_acquire(lock, true, deadline_us);
}

// What is not inlined leaves the quick way without a frame of its own.
MP_NOINLINE mp_obj_t thread_lock_acquire(thread_lock_t *self, uint64_t deadline_us) {
    int ret = core_lock_acquire(&self->lock, true, deadline_us);
    if (ret == 0) {
        return mp_const_true;
    }
    if (ret == -EINTR || ret == -EDEADLK) {
        ret = heddle_wait(lock_wait, &self->lock, deadline_us);
    }
    return mp_obj_new_bool(ret == 0);
}

MP_NOINLINE uint64_t thread_lock_deadline(size_t n_args, size_t n_kw, const mp_obj_t *args) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_blocking, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_TRUE } },
        { MP_QSTR_timeout, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_INT(-1) } },
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    if (n_args == 0) {
        mp_arg_check_num(n_args, n_kw, 1, 3, true);
    }
    mp_arg_parse_all_kw_array(n_args - 1, n_kw, args + 1, MP_ARRAY_SIZE(allowed), allowed, values);
    bool wait = heddle_get_int(values[0].u_obj, MP_QSTR_blocking) != 0;
    mp_obj_t timeout = values[1].u_obj;
    uint64_t deadline_us = CORE_FOREVER;
    if (!mp_obj_equal(timeout, MP_OBJ_NEW_SMALL_INT(-1))) {
        deadline_us = heddle_deadline(timeout, false);
        if (!wait) {
            mp_raise_ValueError(MP_ERROR_TEXT("can't specify a timeout for a non-blocking call"));
        }
    }
    return wait ? deadline_us : 0;
}

static mp_obj_t lock_acquire(mp_obj_t fun, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)fun;
    if (n_args != 1 || n_kw != 0) {
        uint64_t deadline_us = thread_lock_deadline(n_args, n_kw, args);
        return thread_lock_acquire(MP_OBJ_TO_PTR(args[0]), deadline_us);
    }
    thread_lock_t *self = MP_OBJ_TO_PTR(args[0]);
    return core_lock_try(&self->lock) ? mp_const_true : thread_lock_acquire(self, CORE_FOREVER);
}
METHOD(lock_acquire);

static MP_NOINLINE mp_obj_t lock_release_slowly(thread_lock_t *self) {
    if (core_lock_release(&self->lock) != 0) {
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("release unlocked lock"));
    }
    return mp_const_none;
}

static inline mp_obj_t release(thread_lock_t *self) {
    return core_lock_try_release(&self->lock) ? mp_const_none : lock_release_slowly(self);
}

void thread_lock_release(thread_lock_t *self) {
    release(self);
}

static mp_obj_t lock_release(mp_obj_t fun, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)fun;
    if (n_args != 1 || n_kw != 0) {
        mp_arg_check_num(n_args, n_kw, 1, 1, false);
    }
    return release(MP_OBJ_TO_PTR(args[0]));
}
METHOD(lock_release);

static mp_obj_t lock_locked(mp_obj_t self_in) {
    thread_lock_t *self = MP_OBJ_TO_PTR(self_in);
    return mp_obj_new_bool(core_lock_holder(&self->lock) != 0);
}
static MP_DEFINE_CONST_FUN_OBJ_1(lock_locked_obj, lock_locked);

static mp_obj_t lock_exit(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    return release(MP_OBJ_TO_PTR(args[0]));
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(lock_exit_obj, 4, 4, lock_exit);

static const mp_rom_map_elem_t lock_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_acquire), MP_ROM_PTR(&lock_acquire_obj) },
    { MP_ROM_QSTR(MP_QSTR_release), MP_ROM_PTR(&lock_release_obj) },
    { MP_ROM_QSTR(MP_QSTR_locked), MP_ROM_PTR(&lock_locked_obj) },
    { MP_ROM_QSTR(MP_QSTR___enter__), MP_ROM_PTR(&lock_acquire_obj) },
    { MP_ROM_QSTR(MP_QSTR___exit__), MP_ROM_PTR(&lock_exit_obj) },
    #if HEDDLE_THREADING
    { MP_ROM_QSTR(MP_QSTR_acquire_lock), MP_ROM_PTR(&lock_acquire_obj) },
    { MP_ROM_QSTR(MP_QSTR_release_lock), MP_ROM_PTR(&lock_release_obj) },
    { MP_ROM_QSTR(MP_QSTR_locked_lock), MP_ROM_PTR(&lock_locked_obj) },
    #endif
};
static MP_DEFINE_CONST_DICT(lock_locals, lock_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    thread_lock_type, MP_QSTR_lock, MP_TYPE_FLAG_NONE,
    locals_dict, &lock_locals
    );

static mp_obj_t thread_allocate_lock(void) {
    thread_lock_t *self = mp_obj_malloc(thread_lock_t, &thread_lock_type);
    core_lock_init(&self->lock);
    return MP_OBJ_FROM_PTR(self);
}
static MP_DEFINE_CONST_FUN_OBJ_0(thread_allocate_lock_obj, thread_allocate_lock);

// ---- threads

static size_t thread_stack_size; // of stack_size(), 0 for the default

static mp_obj_t thread_get_ident(void) {
    return mp_obj_new_int_from_uint(mp_thread_get_id());
}
static MP_DEFINE_CONST_FUN_OBJ_0(thread_get_ident_obj, thread_get_ident);

static size_t get_stack_size(mp_obj_t size_in) {
    mp_int_t size = heddle_get_int(size_in, MP_QSTR_stack_size);
    if (size < 0) {
        mp_raise_ValueError(MP_ERROR_TEXT("stack_size must not be negative"));
    }
    return size;
}

static mp_obj_t thread_stack_size_fun(size_t n_args, const mp_obj_t *args) {
    mp_obj_t old = mp_obj_new_int_from_uint(thread_stack_size);
    thread_stack_size = n_args == 0 ? 0 : get_stack_size(args[0]);
    return old;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(thread_stack_size_obj, 0, 1, thread_stack_size_fun);

// The thread keeps its arguments as one array: positional, then keyword pairs. A tuple alone is one already.
static void get_args(heddle_thread_config_t *config, mp_obj_t args, mp_obj_t kw) {
    mp_obj_t *items;
    mp_obj_get_array(args, &config->n_args, &items);
    config->args = args;
    config->args_tuple = true;
    config->n_kw = 0;
    mp_map_t *map = NULL;
    if (kw != MP_OBJ_NULL) {
        if (!mp_obj_is_type(kw, &mp_type_dict)) {
            mp_raise_TypeError(MP_ERROR_TEXT("expecting a dict for keyword args"));
        }
        map = mp_obj_dict_get_map(kw);
        config->n_kw = map->used;
    }
    if (config->n_args > HEDDLE_ARGS_MAX || config->n_kw > HEDDLE_ARGS_MAX) {
        mp_raise_ValueError(MP_ERROR_TEXT("too many arguments"));
    }
    if (config->n_kw == 0 && mp_obj_is_type(args, &mp_type_tuple)) {
        return;
    }
    mp_obj_t *array = m_new(mp_obj_t, config->n_args + 2 * config->n_kw);
    config->args = MP_OBJ_FROM_PTR(array);
    config->args_tuple = false;
    memcpy(array, items, config->n_args * sizeof(mp_obj_t));
    for (size_t i = 0, n = config->n_args; map != NULL && i < map->alloc; ++i) {
        if (mp_map_slot_is_filled(map, i)) {
            array[n++] = map->table[i].key;
            array[n++] = map->table[i].value;
        }
    }
}

unsigned heddle_get_priority(mp_obj_t priority_in) {
    mp_int_t priority = heddle_get_int(priority_in, MP_QSTR_priority);
    if (priority < 1 || priority > RTOS_PRIORITY_PYTHON_MAX - RTOS_PRIORITY_PYTHON_MIN + 1) {
        mp_raise_ValueError(MP_ERROR_TEXT("priority must be 1 to 7"));
    }
    return priority - 1 + RTOS_PRIORITY_PYTHON_MIN;
}

static const char *get_name(mp_obj_t name) {
    if (!mp_obj_is_str(name)) {
        mp_raise_TypeError(MP_ERROR_TEXT("name must be a string"));
    }
    return mp_obj_str_get_str(name);
}

// None is what is there.
static void get_option(heddle_thread_config_t *config, qstr name, mp_obj_t value) {
    bool given = value != mp_const_none;
    if (name == MP_QSTR_name) {
        config->name = given ? get_name(value) : NULL;
    } else if (name == MP_QSTR_priority) {
        config->priority = given ? heddle_get_priority(value) : config->priority;
    } else if (name == MP_QSTR_stack_size) {
        config->stack_size = given ? get_stack_size(value) : config->stack_size;
    } else {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("unexpected keyword argument '%q'"), name);
    }
}

static mp_obj_t thread_start_new_thread(size_t n_args, const mp_obj_t *args, mp_map_t *kw_args) {
    mp_arg_check_num(n_args, kw_args->used, 2, 3, true);
    if (!mp_obj_is_callable(args[0])) {
        mp_raise_TypeError(MP_ERROR_TEXT("first arg must be callable"));
    }
    heddle_thread_config_t config = {
        .fun = args[0], .stack_size = thread_stack_size, .priority = core_self()->base,
    };
    get_args(&config, args[1], n_args > 2 ? args[2] : MP_OBJ_NULL);
    for (size_t i = 0; i < kw_args->alloc; ++i) {
        if (mp_map_slot_is_filled(kw_args, i)) {
            get_option(&config, mp_obj_str_get_qstr(kw_args->table[i].key), kw_args->table[i].value);
        }
    }
    if (config.stack_size == 0) {
        config.stack_size = HEDDLE_THREAD_STACK;
    }
    uint32_t ident;
    int ret = heddle_thread_create(&config, &ident);
    if (ret == -ENOMEM) {
        mp_raise_msg(&mp_type_MemoryError, MP_ERROR_TEXT("can't allocate thread"));
    } else if (ret == -ECANCELED) {
        mp_raise_type(&mp_type_SystemExit); // as for the rest
    } else if (ret != 0) {
        mp_raise_msg(&mp_type_OSError, MP_ERROR_TEXT("can't create thread"));
    }
    return mp_obj_new_int_from_uint(ident);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(thread_start_new_thread_obj, 2, thread_start_new_thread);

static mp_obj_t thread_exit(void) {
    mp_raise_type(&mp_type_SystemExit);
}
static MP_DEFINE_CONST_FUN_OBJ_0(thread_exit_obj, thread_exit);

#if HEDDLE_THREADING
// interrupt_main(signum=SIGINT): KeyboardInterrupt in the main thread, as Ctrl-C has it there.
static mp_obj_t thread_interrupt_main(size_t n_args, const mp_obj_t *args) {
    if (n_args != 0 && heddle_get_int(args[0], MP_QSTR_signum) != 2) {
        mp_raise_ValueError(MP_ERROR_TEXT("signal number out of range"));
    }
    mp_sched_keyboard_interrupt();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(thread_interrupt_main_obj, 0, 1, thread_interrupt_main);
#endif

static const mp_rom_map_elem_t thread_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__thread) },
    { MP_ROM_QSTR(MP_QSTR_LockType), MP_ROM_PTR(&thread_lock_type) },
    { MP_ROM_QSTR(MP_QSTR_TIMEOUT_MAX), MP_ROM_INT(HEDDLE_TIMEOUT_MAX) },
    { MP_ROM_QSTR(MP_QSTR_get_ident), MP_ROM_PTR(&thread_get_ident_obj) },
    { MP_ROM_QSTR(MP_QSTR_stack_size), MP_ROM_PTR(&thread_stack_size_obj) },
    { MP_ROM_QSTR(MP_QSTR_start_new_thread), MP_ROM_PTR(&thread_start_new_thread_obj) },
    { MP_ROM_QSTR(MP_QSTR_exit), MP_ROM_PTR(&thread_exit_obj) },
    { MP_ROM_QSTR(MP_QSTR_allocate_lock), MP_ROM_PTR(&thread_allocate_lock_obj) },
    #if HEDDLE_THREADING
    { MP_ROM_QSTR(MP_QSTR_RLock), MP_ROM_PTR(&thread_rlock_type) },
    { MP_ROM_QSTR(MP_QSTR_error), MP_ROM_PTR(&mp_type_RuntimeError) },
    { MP_ROM_QSTR(MP_QSTR_get_native_id), MP_ROM_PTR(&thread_get_ident_obj) },
    { MP_ROM_QSTR(MP_QSTR_interrupt_main), MP_ROM_PTR(&thread_interrupt_main_obj) },
    // Names that CPython calls obsolete, and has.
    { MP_ROM_QSTR(MP_QSTR_allocate), MP_ROM_PTR(&thread_allocate_lock_obj) },
    { MP_ROM_QSTR(MP_QSTR_exit_thread), MP_ROM_PTR(&thread_exit_obj) },
    { MP_ROM_QSTR(MP_QSTR_start_new), MP_ROM_PTR(&thread_start_new_thread_obj) },
    #endif
};
static MP_DEFINE_CONST_DICT(thread_globals, thread_globals_table);

const mp_obj_module_t mp_module_thread = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&thread_globals,
};

MP_REGISTER_MODULE(MP_QSTR__thread, mp_module_thread);
