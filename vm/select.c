// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The unmodified extmod/modselect.c, with a wait that knows what it waits for. A stream whose changes are events (the
// console, a Flag) wakes it at once. Any other one, in Python or C, cannot tell: it is asked again each millisecond.
// Timeouts are such that an integer can hold: what becomes of others is the processor's choice.
#include "py/mphal.h"
#include "py/runtime.h"

#include "heddle.h"

static float get_timeout(mp_obj_t seconds) {
    heddle_deadline(seconds, true); // raises what sleep() does
    return mp_obj_get_float_to_f(seconds);
}

// Upstream counts whole milliseconds, and would end a wait in the one in which its time is over: so it gets one more.
static mp_uint_t begin(mp_uint_t *timeout_ms) {
    heddle_check_ms(*timeout_ms);
    if (*timeout_ms != 0 && *timeout_ms != (mp_uint_t)-1) {
        *timeout_ms += 1;
    }
    return mp_hal_ticks_ms();
}

struct _poll_set_t;
static void poll_wait(struct _poll_set_t *poll_set, mp_uint_t ms);
#define mp_event_wait_ms(ms) poll_wait(poll_set, ms)
#define mp_event_wait_indefinite() poll_wait(poll_set, (mp_uint_t)-1)
#define mp_obj_get_float_to_f get_timeout
// The clock is read where a wait begins, and then by who asks whether it is over.
enum { BEGIN = __COUNTER__ + 1 };
#define mp_hal_ticks_ms() (__COUNTER__ == BEGIN ? begin(&timeout) : mp_hal_ticks_ms())
#include "extmod/modselect.c"
#undef mp_event_wait_ms
#undef mp_event_wait_indefinite
#undef mp_hal_ticks_ms

// ---- Flag: what asyncio.ThreadSafeFlag is made of

typedef struct {
    mp_obj_base_t base;
    bool set;
} flag_t;

static mp_obj_t flag_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    flag_t *self = mp_obj_malloc(flag_t, type);
    self->set = false;
    return MP_OBJ_FROM_PTR(self);
}

// From threads, callbacks and interrupts.
static mp_obj_t flag_set(mp_obj_t self_in) {
    rtos_poke(((flag_t *)MP_OBJ_TO_PTR(self_in))->set, true);
    heddle_event_signal();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(flag_set_obj, flag_set);

static mp_obj_t flag_is_set(mp_obj_t self_in) {
    return mp_obj_new_bool(rtos_peek(((flag_t *)MP_OBJ_TO_PTR(self_in))->set));
}
static MP_DEFINE_CONST_FUN_OBJ_1(flag_is_set_obj, flag_is_set);

static mp_obj_t flag_clear(mp_obj_t self_in) {
    rtos_poke(((flag_t *)MP_OBJ_TO_PTR(self_in))->set, false);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(flag_clear_obj, flag_clear);

static mp_uint_t flag_ioctl(mp_obj_t self_in, mp_uint_t request, uintptr_t arg, int *errcode) {
    if (request != MP_STREAM_POLL) {
        *errcode = MP_EINVAL;
        return MP_STREAM_ERROR;
    }
    flag_t *self = MP_OBJ_TO_PTR(mp_obj_cast_to_native_base(self_in, MP_OBJ_FROM_PTR(&heddle_flag_type)));
    return rtos_peek(self->set) ? arg & MP_STREAM_POLL_RD : 0;
}

static const mp_rom_map_elem_t flag_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_set), MP_ROM_PTR(&flag_set_obj) },
    { MP_ROM_QSTR(MP_QSTR_is_set), MP_ROM_PTR(&flag_is_set_obj) },
    { MP_ROM_QSTR(MP_QSTR_clear), MP_ROM_PTR(&flag_clear_obj) },
};
static MP_DEFINE_CONST_DICT(flag_locals, flag_locals_table);

static const mp_stream_p_t flag_stream = { .ioctl = flag_ioctl };

MP_DEFINE_CONST_OBJ_TYPE(
    heddle_flag_type, MP_QSTR_Flag, MP_TYPE_FLAG_NONE,
    make_new, flag_make_new,
    protocol, &flag_stream,
    locals_dict, &flag_locals
    );

// ---- the wait

extern struct _mp_dummy_t mp_sys_stdin_obj; // as py/modsys.c has it

static bool tells(const poll_obj_t *polled) {
    return polled->ioctl == flag_ioctl || polled->ioctl == mp_get_stream(MP_OBJ_FROM_PTR(&mp_sys_stdin_obj))->ioctl;
}

static bool all_tell(const poll_set_t *poll_set) {
    for (size_t i = 0; i < poll_set->map.alloc; ++i) {
        if (mp_map_slot_is_filled(&poll_set->map, i) && !tells(MP_OBJ_TO_PTR(poll_set->map.table[i].value))) {
            return false;
        }
    }
    return true;
}

static void poll_wait(poll_set_t *poll_set, mp_uint_t ms) {
    mp_event_handle_nowait();
    uint64_t now_ms = rtos_now_us() / 1000;
    uint64_t end_us = ms == (mp_uint_t)-1 ? CORE_FOREVER : (now_ms + ms) * 1000;
    heddle_event_wait_until(all_tell(poll_set) ? end_us : (now_ms + 1) * 1000);
}
