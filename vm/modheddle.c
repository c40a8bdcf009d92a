// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The module heddle: what threads have beyond _thread; threads() is in threads.c.
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "py/gc.h"
#include "py/mpthread.h"
#include "py/objint.h"
#include "py/objtuple.h"
#include "py/runtime.h"

#include "heddle.h"

// ---- arguments

uintptr_t heddle_get_word(mp_obj_t obj, qstr name) {
    mp_int_t value;
    if (mp_obj_is_exact_type(obj, &mp_type_int)) {
        return mp_obj_int_get_truncated(obj);
    }
    if (!mp_obj_get_int_maybe(obj, &value)) {
        mp_raise_msg_varg(&mp_type_TypeError, MP_ERROR_TEXT("%q must be an integer"), name);
    }
    return value;
}

mp_int_t heddle_get_int(mp_obj_t obj, qstr name) {
    mp_int_t value = heddle_get_word(obj, name);
    if (mp_obj_is_exact_type(obj, &mp_type_int) && !mp_obj_equal(obj, mp_obj_new_int(value))) {
        return mp_obj_int_sign(obj) < 0 ? INTPTR_MIN : INTPTR_MAX;
    }
    return value;
}

// ---- the module

static int join_wait(void *ident, uint64_t deadline_us) {
    return core_thread_join((uintptr_t)ident, deadline_us);
}

// 0 for what cannot be a thread's.
static uintptr_t get_ident(mp_obj_t ident_in) {
    uintptr_t word = heddle_get_word(ident_in, MP_QSTR_ident);
    uint32_t ident = word;
    bool same = ident == word
        && (!mp_obj_is_exact_type(ident_in, &mp_type_int) || mp_obj_equal(ident_in, mp_obj_new_int_from_uint(ident)));
    return same ? ident : 0;
}

static NORETURN void raise_no_thread(void) {
    mp_raise_ValueError(MP_ERROR_TEXT("ident is no thread's"));
}

// join(ident, timeout=None): whether the thread has ended.
static mp_obj_t heddle_join(size_t n_args, const mp_obj_t *args, mp_map_t *kw) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_ident, MP_ARG_OBJ | MP_ARG_REQUIRED, { 0 } },
        { MP_QSTR_timeout, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, args, kw, MP_ARRAY_SIZE(allowed), allowed, values);
    uintptr_t ident = get_ident(values[0].u_obj);
    mp_obj_t timeout = values[1].u_obj;
    uint64_t deadline_us = timeout == mp_const_none ? CORE_FOREVER : heddle_deadline(timeout, true);
    if (ident == mp_thread_get_id()) {
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("cannot join current thread"));
    }
    int ret = heddle_wait(join_wait, (void *)ident, deadline_us);
    if (ret == -ESRCH) {
        raise_no_thread();
    }
    return mp_obj_new_bool(ret == 0);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(heddle_join_obj, 0, heddle_join);

// A function that changes a thread. Looking for it may wait, for an interrupt in vain.
static core_thread_t *find_locked(mp_obj_t ident_in, rtos_crit_t *key) {
    uint32_t ident = get_ident(ident_in);
    if (rtos_in_isr()) {
        heddle_raise_would_wait();
    }
    core_thread_t *t = core_thread_find_locked(ident, key);
    if (t == NULL && !core_thread_was(ident)) {
        rtos_crit_exit(*key);
        raise_no_thread();
    }
    return t;
}

// set_priority(ident, priority): its own one, whatever it is lent. Whether the thread has not ended, here and below.
static mp_obj_t heddle_set_priority(mp_obj_t ident, mp_obj_t priority_in) {
    unsigned priority = heddle_get_priority(priority_in);
    rtos_crit_t key;
    core_thread_t *t = find_locked(ident, &key);
    if (t != NULL) {
        core_thread_set_priority_locked(t, priority);
    }
    rtos_crit_exit(key);
    return mp_obj_new_bool(t != NULL);
}
static MP_DEFINE_CONST_FUN_OBJ_2(heddle_set_priority_obj, heddle_set_priority);

static bool main_moved; // from what it had at the start

// set_affinity(ident, cores): a mask, bit 0 is core 0, or None for all.
static mp_obj_t heddle_set_affinity(mp_obj_t ident, mp_obj_t cores_in) {
    const unsigned all = UINT_MAX >> (sizeof(unsigned) * 8 - rtos_core_count());
    mp_int_t cores = cores_in == mp_const_none ? (mp_int_t)all : heddle_get_int(cores_in, MP_QSTR_cores);
    rtos_crit_t key;
    core_thread_t *t = find_locked(ident, &key);
    int ret = cores < 0 || (cores & all) == 0 ? -EINVAL : 0;
    if (ret == 0 && t != NULL) {
        ret = rtos_thread_set_affinity(&t->rtos, cores & all);
        main_moved = main_moved || t == &core_main_thread;
    }
    rtos_crit_exit(key);
    if (ret == -EINVAL) {
        mp_raise_ValueError(MP_ERROR_TEXT("no such core"));
    }
    return mp_obj_new_bool(t != NULL);
}
static MP_DEFINE_CONST_FUN_OBJ_2(heddle_set_affinity_obj, heddle_set_affinity);

// After a soft reset the main thread is what it was at the start.
void heddle_main_restore(void) {
    rtos_crit_t key = rtos_crit_enter();
    core_thread_set_priority_locked(&core_main_thread, RTOS_PRIORITY_PYTHON);
    if (main_moved) {
        rtos_thread_set_affinity(&core_main_thread.rtos, UINT_MAX);
        main_moved = false;
    }
    rtos_crit_exit(key);
}

// cancel(ident): SystemExit in it, wherever it is; in the caller at once. One that is about to leave is left alone.
static mp_obj_t heddle_cancel(mp_obj_t ident) {
    mp_obj_t leave = mp_obj_new_exception(&mp_type_SystemExit);
    rtos_crit_t key;
    core_thread_t *t = find_locked(ident, &key);
    if (t != NULL) {
        heddle_thread_leave_locked(t, leave);
    }
    rtos_crit_exit(key);
    if (t == core_self()) {
        mp_handle_pending(true);
    }
    return mp_obj_new_bool(t != NULL);
}
static MP_DEFINE_CONST_FUN_OBJ_1(heddle_cancel_obj, heddle_cancel);

static const qstr info_fields[] = {
    MP_QSTR_kernel, MP_QSTR__thread, MP_QSTR_cores, MP_QSTR_threads, MP_QSTR_version, MP_QSTR_tick_hz,
    MP_QSTR_heap_size, MP_QSTR_heap_free, MP_QSTR_stack_size, MP_QSTR_stack_min,
};

// info(): the kernel, "GIL" or "unsafe" as in sys.implementation._thread of MicroPython 1.26, cores, live threads;
// Heddle's version, ticks a second; bytes of the heap; of a thread's stack, if it asks for none and at least.
static mp_obj_t heddle_info(void) {
    const char *kernel = rtos_kernel_name();
    gc_info_t heap;
    gc_info(&heap);
    mp_obj_t items[] = {
        mp_obj_new_str(kernel, strlen(kernel)),
        MP_OBJ_NEW_QSTR(HEDDLE_GIL ? MP_QSTR_GIL : MP_QSTR_unsafe),
        MP_OBJ_NEW_SMALL_INT(rtos_core_count()),
        mp_obj_new_int_from_uint(core_thread_live() + 1),
        mp_obj_new_str(HEDDLE_VERSION, strlen(HEDDLE_VERSION)),
        MP_OBJ_NEW_SMALL_INT(RTOS_TICK_HZ),
        mp_obj_new_int_from_uint(heap.total),
        mp_obj_new_int_from_uint(heap.free),
        mp_obj_new_int_from_uint(HEDDLE_THREAD_STACK),
        mp_obj_new_int_from_uint(RTOS_STACK_MIN),
    };
    return mp_obj_new_attrtuple(info_fields, MP_ARRAY_SIZE(items), items);
}
static MP_DEFINE_CONST_FUN_OBJ_0(heddle_info_obj, heddle_info);

// top(interval=1, count=None): Python's affair, and imported by who wants it.
static mp_obj_t heddle_top(size_t n_args, const mp_obj_t *args, mp_map_t *kw) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_interval, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_INT(1) } },
        { MP_QSTR_count, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, args, kw, MP_ARRAY_SIZE(allowed), allowed, values);
    mp_obj_t module = mp_import_name(MP_QSTR_heddle_top, mp_const_none, MP_OBJ_NEW_SMALL_INT(0));
    return mp_call_function_2(mp_load_attr(module, MP_QSTR_top), values[0].u_obj, values[1].u_obj);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(heddle_top_obj, 0, heddle_top);

// core(): which one runs this. The thread may be on another one by when that is looked at.
static mp_obj_t heddle_core(void) {
    return MP_OBJ_NEW_SMALL_INT(rtos_core_id());
}
static MP_DEFINE_CONST_FUN_OBJ_0(heddle_core_obj, heddle_core);

static const mp_rom_map_elem_t heddle_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_heddle) },
    { MP_ROM_QSTR(MP_QSTR_threads), MP_ROM_PTR(&heddle_threads_obj) },
    { MP_ROM_QSTR(MP_QSTR_join), MP_ROM_PTR(&heddle_join_obj) },
    { MP_ROM_QSTR(MP_QSTR_cancel), MP_ROM_PTR(&heddle_cancel_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_priority), MP_ROM_PTR(&heddle_set_priority_obj) },
    { MP_ROM_QSTR(MP_QSTR_set_affinity), MP_ROM_PTR(&heddle_set_affinity_obj) },
    { MP_ROM_QSTR(MP_QSTR_top), MP_ROM_PTR(&heddle_top_obj) },
    { MP_ROM_QSTR(MP_QSTR_info), MP_ROM_PTR(&heddle_info_obj) },
    { MP_ROM_QSTR(MP_QSTR_core), MP_ROM_PTR(&heddle_core_obj) },
    #if HEDDLE_TRACE
    { MP_ROM_QSTR(MP_QSTR_trace), MP_ROM_PTR(&heddle_trace_module) },
    #endif
    #if MICROPY_PY_SELECT
    { MP_ROM_QSTR(MP_QSTR_Flag), MP_ROM_PTR(&heddle_flag_type) },
    #endif
};
static MP_DEFINE_CONST_DICT(heddle_globals, heddle_globals_table);

const mp_obj_module_t heddle_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&heddle_globals,
};

MP_REGISTER_MODULE(MP_QSTR_heddle, heddle_module);
