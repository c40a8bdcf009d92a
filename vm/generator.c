// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The unmodified py/objgenerator.c for builds without a GIL. Upstream looks whether a generator runs and marks it a few
// steps later, between which another thread may do the same. Here a thread claims it first, by compare-and-swap.
#include "py/runtime.h"
#include "py/cstack.h"
#include "py/objgenerator.h"

#include "rtos_atomic.h"

#if !MICROPY_GC_CONSERVATIVE_CLEAR || !MICROPY_PY_GENERATOR_PEND_THROW
#error "a new generator has to be all zeroes, and to have pend_throw"
#endif

// Where upstream's function is defined it gets another name, by the type before its first argument; those that call it
// call ours.
#define RESUME_mp_obj_t upstream_gen_resume(mp_obj_t
#define RESUME_self_in mp_obj_gen_resume(self_in
#define mp_obj_gen_resume(self, ...) RESUME_##self, __VA_ARGS__)

// Likewise, but this one is nowhere called by its name.
#define gen_instance_pend_throw(self, exc) upstream_pend_throw(self, exc)

// What it raises without having run the generator: ours has checked the stack, and gives the claim back.
#define mp_cstack_check()
#define mp_raise_TypeError(text) release_and_raise(self_in, text)

static mp_vm_return_kind_t upstream_gen_resume(mp_obj_t self_in, mp_obj_t send, mp_obj_t exc, mp_obj_t *ret);
static mp_obj_t upstream_pend_throw(mp_obj_t self_in, mp_obj_t exc);
static mp_obj_t (gen_instance_pend_throw)(mp_obj_t self_in, mp_obj_t exc);
static NORETURN void release_and_raise(mp_obj_t self_in, mp_rom_error_text_t text);

#include "py/objgenerator.c"

#undef mp_obj_gen_resume
#undef gen_instance_pend_throw
#undef mp_cstack_check
#undef mp_raise_TypeError

// The claim is the globals to go back to, which only a generator that runs has.
static rtos_atomic_t *owner_of(mp_obj_t self_in) {
    mp_obj_gen_instance_t *self = MP_OBJ_TO_PTR(self_in);
    return (rtos_atomic_t *)&self->code_state.old_globals;
}

static void release(mp_obj_t self_in) {
    rtos_atomic_store(owner_of(self_in), 0);
}

static NORETURN void release_and_raise(mp_obj_t self_in, mp_rom_error_text_t text) {
    release(self_in);
    mp_raise_TypeError(text);
}

static void claim(mp_obj_t self_in) {
    mp_check_self(mp_obj_is_type(self_in, &mp_type_gen_instance));
    if (!rtos_atomic_cas(owner_of(self_in), 0, (uintptr_t)mp_globals_get())) {
        mp_raise_ValueError(MP_ERROR_TEXT("generator already executing"));
    }
}

mp_vm_return_kind_t mp_obj_gen_resume(mp_obj_t self_in, mp_obj_t send, mp_obj_t exc, mp_obj_t *ret) {
    mp_cstack_check();
    claim(self_in);
    mp_vm_return_kind_t kind = upstream_gen_resume(self_in, send, exc, ret);
    release(self_in);
    return kind;
}

static mp_obj_t gen_instance_pend_throw(mp_obj_t self_in, mp_obj_t exc) {
    claim(self_in);
    mp_obj_t old = upstream_pend_throw(self_in, exc);
    release(self_in);
    return old;
}
