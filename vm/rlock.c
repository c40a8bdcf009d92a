// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// _thread.RLock: a lock whose holder may take it again.
#include "py/runtime.h"

#include "modthread.h"

static mp_obj_t rlock_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    thread_rlock_t *self = mp_obj_malloc(thread_rlock_t, type);
    core_lock_init(&self->lock.lock);
    self->depth = 0;
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t rlock_acquire(mp_obj_t fun, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    (void)fun;
    uint64_t deadline_us = n_args == 1 && n_kw == 0 ? CORE_FOREVER : thread_lock_deadline(n_args, n_kw, args);
    thread_rlock_t *self = MP_OBJ_TO_PTR(args[0]);
    if (thread_lock_is_mine(&self->lock)) {
        self->depth += 1;
        return mp_const_true;
    }
    if (!core_lock_try(&self->lock.lock) && thread_lock_acquire(&self->lock, deadline_us) == mp_const_false) {
        return mp_const_false;
    }
    self->depth = 1;
    return mp_const_true;
}
METHOD(rlock_acquire);

static mp_obj_t rlock_exit(size_t n_args, const mp_obj_t *args) {
    (void)n_args;
    thread_rlock_t *self = MP_OBJ_TO_PTR(args[0]);
    if (!thread_lock_is_mine(&self->lock)) {
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("cannot release un-acquired lock"));
    }
    self->depth -= 1;
    if (self->depth == 0) {
        thread_lock_release(&self->lock);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(rlock_exit_obj, 4, 4, rlock_exit);
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(rlock_release_obj, 1, 1, rlock_exit);

static mp_obj_t rlock_is_owned(mp_obj_t self_in) {
    return mp_obj_new_bool(thread_lock_is_mine(MP_OBJ_TO_PTR(self_in)));
}
static MP_DEFINE_CONST_FUN_OBJ_1(rlock_is_owned_obj, rlock_is_owned);

static const mp_rom_map_elem_t rlock_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_acquire), MP_ROM_PTR(&rlock_acquire_obj) },
    { MP_ROM_QSTR(MP_QSTR_release), MP_ROM_PTR(&rlock_release_obj) },
    { MP_ROM_QSTR(MP_QSTR__is_owned), MP_ROM_PTR(&rlock_is_owned_obj) },
    { MP_ROM_QSTR(MP_QSTR___enter__), MP_ROM_PTR(&rlock_acquire_obj) },
    { MP_ROM_QSTR(MP_QSTR___exit__), MP_ROM_PTR(&rlock_exit_obj) },
};
static MP_DEFINE_CONST_DICT(rlock_locals, rlock_locals_table);

MP_DEFINE_CONST_OBJ_TYPE(
    thread_rlock_type, MP_QSTR_RLock, MP_TYPE_FLAG_NONE,
    make_new, rlock_make_new,
    locals_dict, &rlock_locals
    );
