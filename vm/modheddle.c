// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The module heddle: what runs, and waiting for a thread's end.
#include <errno.h>
#include <string.h>

#include "py/mpthread.h"
#include "py/objint.h"
#include "py/objtuple.h"
#include "py/runtime.h"

#include "heddle.h"
#include "service.h"

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

static const qstr state_names[] = {
    [RTOS_STATE_SUSPENDED] = MP_QSTR_suspended,
    [RTOS_STATE_READY] = MP_QSTR_ready,
    [RTOS_STATE_RUNNING] = MP_QSTR_running,
    [RTOS_STATE_WAITING] = MP_QSTR_waiting,
    [RTOS_STATE_EXITED] = MP_QSTR_exited,
};

static const qstr thread_fields[] = {
    MP_QSTR_ident, MP_QSTR_name, MP_QSTR_state, MP_QSTR_priority, MP_QSTR_cpu_us, MP_QSTR_stack_used,
    MP_QSTR_stack_size,
};

// Priorities as Python counts them: 1 to 7 for threads, more for services.
typedef struct {
    rtos_stats_t stats;
    char name[RTOS_NAME_MAX + 1];
} copy_t;

static void copy_stats(copy_t *copy, rtos_thread_t *t) {
    rtos_thread_stats(t, &copy->stats);
    strcpy(copy->name, copy->stats.name);
}

static mp_obj_t make_row(const copy_t *copy, uint32_t ident) {
    rtos_stats_t stats = copy->stats;
    mp_obj_t items[] = {
        ident == 0 ? mp_const_none : mp_obj_new_int_from_uint(ident),
        mp_obj_new_str(copy->name, strlen(copy->name)),
        MP_OBJ_NEW_QSTR(state_names[stats.state]),
        MP_OBJ_NEW_SMALL_INT(stats.priority - RTOS_PRIORITY_PYTHON_MIN + 1),
        mp_obj_new_int_from_ull(stats.run_us),
        mp_obj_new_int_from_uint(stats.stack_used),
        mp_obj_new_int_from_uint(stats.stack_size),
    };
    return mp_obj_new_attrtuple(thread_fields, MP_ARRAY_SIZE(items), items);
}

// The first thread from `ident` on that lives, copied: a row allocates, and the thread may be gone by then.
static uint32_t copy_thread(copy_t *copy, uint32_t ident) {
    core_vm_list_lock();
    core_thread_t *t = core_thread_at(ident);
    while (t != NULL && rtos_atomic_load(&t->state) > CORE_RUNNING) {
        t = core_thread_at(t->ident + 1);
    }
    if (t != NULL) {
        copy_stats(copy, &t->rtos);
        // For the kernel a thread that waits for its turn waits.
        if (copy->stats.state == RTOS_STATE_WAITING && core_gil_awaited_by(t)) {
            copy->stats.state = RTOS_STATE_READY;
        }
    }
    uint32_t found = t == NULL ? 0 : t->ident;
    core_vm_list_unlock();
    return found;
}

static mp_obj_t heddle_threads(void) {
    mp_obj_t list = mp_obj_new_list(0, NULL);
    copy_t copy;
    for (uint32_t ident = 0; (ident = copy_thread(&copy, ident + 1)) != 0;) {
        mp_obj_list_append(list, make_row(&copy, ident));
    }
    for (service_t *s = service_next(NULL); s != NULL; s = service_next(s)) {
        if (rtos_peek(s->running)) {
            copy_stats(&copy, &s->thread);
            mp_obj_list_append(list, make_row(&copy, 0));
        }
    }
    return list;
}
static MP_DEFINE_CONST_FUN_OBJ_0(heddle_threads_obj, heddle_threads);

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
        mp_raise_ValueError(MP_ERROR_TEXT("ident is no thread's"));
    }
    return mp_obj_new_bool(ret == 0);
}
static MP_DEFINE_CONST_FUN_OBJ_KW(heddle_join_obj, 0, heddle_join);

static const qstr info_fields[] = { MP_QSTR_kernel, MP_QSTR__thread, MP_QSTR_cores, MP_QSTR_threads };

// info(): the kernel, "GIL" or "unsafe" as in sys.implementation._thread of MicroPython 1.26, cores, live threads.
static mp_obj_t heddle_info(void) {
    const char *kernel = rtos_kernel_name();
    mp_obj_t items[] = {
        mp_obj_new_str(kernel, strlen(kernel)),
        MP_OBJ_NEW_QSTR(HEDDLE_GIL ? MP_QSTR_GIL : MP_QSTR_unsafe),
        MP_OBJ_NEW_SMALL_INT(rtos_core_count()),
        mp_obj_new_int_from_uint(core_thread_live() + 1),
    };
    return mp_obj_new_attrtuple(info_fields, MP_ARRAY_SIZE(items), items);
}
static MP_DEFINE_CONST_FUN_OBJ_0(heddle_info_obj, heddle_info);

// core(): which one runs this. The thread may be on another one by when that is looked at.
static mp_obj_t heddle_core(void) {
    return MP_OBJ_NEW_SMALL_INT(rtos_core_id());
}
static MP_DEFINE_CONST_FUN_OBJ_0(heddle_core_obj, heddle_core);

static const mp_rom_map_elem_t heddle_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_heddle) },
    { MP_ROM_QSTR(MP_QSTR_threads), MP_ROM_PTR(&heddle_threads_obj) },
    { MP_ROM_QSTR(MP_QSTR_join), MP_ROM_PTR(&heddle_join_obj) },
    { MP_ROM_QSTR(MP_QSTR_info), MP_ROM_PTR(&heddle_info_obj) },
    { MP_ROM_QSTR(MP_QSTR_core), MP_ROM_PTR(&heddle_core_obj) },
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
