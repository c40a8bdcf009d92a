// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Locks of Python, for the modules that are made of them.
#ifndef HEDDLE_VM_MODTHREAD_H
#define HEDDLE_VM_MODTHREAD_H

#include "heddle.h"

// A Lock. An RLock begins like one.
typedef struct {
    mp_obj_base_t base;
    core_lock_t lock;
} thread_lock_t;

typedef struct {
    thread_lock_t lock;
    uint32_t depth; // of who holds it
} thread_rlock_t;

extern const mp_obj_type_t thread_lock_type;
extern const mp_obj_type_t thread_rlock_type;
extern const mp_obj_type_t threading_condition_type;

// Methods are objects of types of their own, and not functions: most calls have no arguments, and then nothing is
// parsed.
#define METHOD(function) \
    static MP_DEFINE_CONST_OBJ_TYPE( \
        function##_type, MP_QSTR_function, MP_TYPE_FLAG_BINDS_SELF | MP_TYPE_FLAG_BUILTIN_FUN, \
        call, function \
        ); \
    static const mp_obj_base_t function##_obj = { &function##_type }

// acquire(blocking=True, timeout=-1) behind self: the deadline, 0 for one that does not wait.
uint64_t thread_lock_deadline(size_t n_args, size_t n_kw, const mp_obj_t *args);

// timeout=None behind `n` arguments, self included: a negative one does not wait.
uint64_t threading_deadline(size_t n, size_t n_args, const mp_obj_t *args, mp_map_t *kw);

// As methods of these types are called.
mp_obj_t thread_lock_acquire(thread_lock_t *self, uint64_t deadline_us);
void thread_lock_release(thread_lock_t *self); // RuntimeError when nobody holds it

static inline bool thread_lock_is_mine(thread_lock_t *self) {
    return rtos_atomic_load(&self->lock.word) >> 1 == core_own_word() >> 1;
}

#endif // HEDDLE_VM_MODTHREAD_H
