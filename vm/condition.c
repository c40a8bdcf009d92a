// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// threading.Condition: in C, because a notification hands on the lock.
#include <errno.h>
#include <string.h>

#include "py/runtime.h"

#include "modthread.h"

typedef struct {
    mp_obj_base_t base;
    thread_lock_t *lock;
    core_cond_t cond;
} condition_obj_t;

static mp_obj_t condition_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_lock, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all_kw_array(n_args, n_kw, args, MP_ARRAY_SIZE(allowed), allowed, values);
    mp_obj_t lock = values[0].u_obj;
    if (lock == mp_const_none) {
        lock = MP_OBJ_TYPE_GET_SLOT(&thread_rlock_type, make_new)(&thread_rlock_type, 0, 0, NULL);
    } else if (!mp_obj_is_exact_type(lock, &thread_lock_type) && !mp_obj_is_exact_type(lock, &thread_rlock_type)) {
        mp_raise_TypeError(MP_ERROR_TEXT("lock must be a Lock or an RLock"));
    }
    condition_obj_t *self = mp_obj_malloc(condition_obj_t, type);
    self->lock = MP_OBJ_TO_PTR(lock);
    core_cond_init(&self->cond, CORE_WAIT_CONDITION);
    return MP_OBJ_FROM_PTR(self);
}

// acquire, release and what `with` calls are the lock's own.
static mp_obj_t condition_of_lock(qstr name, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    condition_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_obj_t call[2 + 4];
    if (n_args + 2 * n_kw > 5) {
        mp_arg_check_num(n_args, n_kw, 1, 3, true);
    }
    mp_load_method(MP_OBJ_FROM_PTR(self->lock), name, call);
    memcpy(call + 2, args + 1, (n_args - 1 + 2 * n_kw) * sizeof(mp_obj_t));
    return mp_call_method_n_kw(n_args - 1, n_kw, call);
}

static mp_obj_t condition_acquire(mp_obj_t fun, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)fun;
    return condition_of_lock(MP_QSTR_acquire, n_args, n_kw, args);
}
METHOD(condition_acquire);

static mp_obj_t condition_release(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    return condition_of_lock(MP_QSTR_release, 1, 0, args);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(condition_release_obj, 1, 1, condition_release);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(condition_exit_obj, 4, 4, condition_release);

// As in CPython a Lock is whoever's, and an RLock its holder's.
static void condition_check(const condition_obj_t *self, mp_rom_error_text_t text) {
    bool held = self->lock->base.type == &thread_rlock_type
        ? thread_lock_is_mine(self->lock) : core_lock_holder(&self->lock->lock) != 0;
    if (!held) {
        mp_raise_msg(&mp_type_RuntimeError, text);
    }
}

typedef struct {
    condition_obj_t *condition;
    bool held; // the lock, by the caller
    uint16_t missed;
} condition_wait_t;

static int condition_wait_step(void *arg, uint64_t deadline_us) {
    condition_wait_t *wait = arg;
    condition_obj_t *self = wait->condition;
    int ret = core_cond_wait(&self->cond, &self->lock->lock, wait->held, wait->missed, deadline_us);
    if (ret != -EDEADLK) {
        wait->held = ret == 0;
    }
    return ret;
}

// What it raised, or NULL: the lock is the caller's.
static void *acquire(thread_lock_t *lock) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) != 0) {
        return nlr.ret_val;
    }
    thread_lock_acquire(lock, CORE_FOREVER);
    nlr_pop();
    return NULL;
}

// True when it was notified. The lock is the caller's again, as often as it was, also when this raises; a second
// exception leaves without it, so that a second Ctrl-C ends also what waits for a lock that never comes back.
static bool condition_wait_until(condition_obj_t *self, uint64_t deadline_us) {
    thread_rlock_t *rlock = (thread_rlock_t *)self->lock;
    bool recursive = self->lock->base.type == &thread_rlock_type;
    condition_check(self, MP_ERROR_TEXT("cannot wait on un-acquired lock"));
    condition_wait_t wait = { self, true, rtos_peek(self->cond.missed) };
    uint32_t depth = recursive ? rlock->depth : 0;
    nlr_buf_t nlr;
    volatile bool notified = false;
    void *raised = NULL;
    if (nlr_push(&nlr) == 0) {
        notified = heddle_wait(condition_wait_step, &wait, deadline_us) == 0;
        nlr_pop();
    } else {
        raised = nlr.ret_val;
    }
    void *late = wait.held ? NULL : acquire(self->lock);
    if (late != NULL && raised == NULL) {
        raised = late;
        late = acquire(self->lock);
    }
    if (late != NULL) {
        nlr_jump(late);
    }
    if (recursive) {
        rlock->depth = depth;
    }
    if (raised != NULL) {
        nlr_jump(raised);
    }
    return notified;
}

static mp_obj_t condition_wait(size_t n_args, const mp_obj_t *args, mp_map_t *kw) {
    uint64_t deadline_us = threading_deadline(1, n_args, args, kw);
    return mp_obj_new_bool(condition_wait_until(MP_OBJ_TO_PTR(args[0]), deadline_us));
}
static MP_DEFINE_CONST_FUN_OBJ_KW(condition_wait_obj, 1, condition_wait);

static mp_obj_t condition_wait_for(size_t n_args, const mp_obj_t *args, mp_map_t *kw) {
    uint64_t deadline_us = threading_deadline(2, n_args, args, kw);
    mp_obj_t result = mp_call_function_0(args[1]);
    for (bool in_time = true; in_time && !mp_obj_is_true(result); result = mp_call_function_0(args[1])) {
        in_time = condition_wait_until(MP_OBJ_TO_PTR(args[0]), deadline_us);
    }
    return result;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(condition_wait_for_obj, 2, condition_wait_for);

static mp_obj_t notify(condition_obj_t *self, size_t n) {
    condition_check(self, MP_ERROR_TEXT("cannot notify on un-acquired lock"));
    core_cond_notify(&self->cond, &self->lock->lock, n);
    return mp_const_none;
}

static mp_obj_t condition_notify(size_t n_args, const mp_obj_t *args, mp_map_t *kw) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_n, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_INT(1) } },
    };
    mp_arg_val_t values[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args - 1, args + 1, kw, MP_ARRAY_SIZE(allowed), allowed, values);
    return notify(MP_OBJ_TO_PTR(args[0]), MAX(heddle_get_int(values[0].u_obj, MP_QSTR_n), 0));
}
static MP_DEFINE_CONST_FUN_OBJ_KW(condition_notify_obj, 1, condition_notify);

static mp_obj_t condition_notify_all(mp_obj_t self) {
    return notify(MP_OBJ_TO_PTR(self), SIZE_MAX);
}
static MP_DEFINE_CONST_FUN_OBJ_1(condition_notify_all_obj, condition_notify_all);

static const mp_rom_map_elem_t condition_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_acquire), MP_ROM_PTR(&condition_acquire_obj) },
    { MP_ROM_QSTR(MP_QSTR_release), MP_ROM_PTR(&condition_release_obj) },
    { MP_ROM_QSTR(MP_QSTR_wait), MP_ROM_PTR(&condition_wait_obj) },
    { MP_ROM_QSTR(MP_QSTR_wait_for), MP_ROM_PTR(&condition_wait_for_obj) },
    { MP_ROM_QSTR(MP_QSTR_notify), MP_ROM_PTR(&condition_notify_obj) },
    { MP_ROM_QSTR(MP_QSTR_notify_all), MP_ROM_PTR(&condition_notify_all_obj) },
    { MP_ROM_QSTR(MP_QSTR_notifyAll), MP_ROM_PTR(&condition_notify_all_obj) },
    { MP_ROM_QSTR(MP_QSTR___enter__), MP_ROM_PTR(&condition_acquire_obj) },
    { MP_ROM_QSTR(MP_QSTR___exit__), MP_ROM_PTR(&condition_exit_obj) },
};
static MP_DEFINE_CONST_DICT(condition_locals, condition_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    threading_condition_type, MP_QSTR_Condition, MP_TYPE_FLAG_NONE,
    make_new, condition_make_new,
    locals_dict, &condition_locals
    );
