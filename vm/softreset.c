// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// machine.soft_reset() wherever it is called. Only the main thread can reset, once its program is over: what is not the
// main thread's program asks it by a pending SystemExit, and asks again until it has come to that.
#include "py/builtin.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/runtime/pyexec.h"

#include "heddle.h"
#include "service.h"

// How often the main thread is asked, every HEDDLE_RESET_ASK_MS, before the board is reset in its place.
#define ASK_MAX (1 + HEDDLE_RESET_GIL_MS / HEDDLE_RESET_ASK_MS)

static dispatch_slot_t slot;
static bool registered;
static bool open; // Python runs
static unsigned asked; // 0: not yet

// The SystemExit that the main thread is given; an interrupt cannot make one.
MP_REGISTER_ROOT_POINTER(mp_obj_t heddle_exit);

static void ask(void *unused) {
    (void)unused;
    rtos_crit_t key = rtos_crit_enter();
    bool asks = open && asked != 0;
    bool enough = asks && asked++ > ASK_MAX;
    if (asks) {
        mp_sched_exception(MP_STATE_VM(heddle_exit));
        dispatch_schedule_at(&slot, rtos_now_us() + HEDDLE_RESET_ASK_MS * 1000);
    }
    if (enough) {
        // In a critical section, since the console lets only Python's threads wait for it.
        mp_hal_stdout_tx_str("the main thread does not end, resetting the board\r\n");
    }
    rtos_crit_exit(key);
    if (enough) {
        board_reset();
    }
}

void heddle_reset_open(bool is_open) {
    if (!registered) {
        registered = true;
        dispatch_register(&slot, ask, NULL);
    }
    if (is_open) {
        MP_STATE_VM(heddle_exit) = mp_obj_new_exception(&mp_type_SystemExit);
    }
    rtos_crit_t key = rtos_crit_enter();
    open = is_open;
    asked = 0;
    MP_STATE_MAIN_THREAD(mp_pending_exception) = MP_OBJ_NULL;
    rtos_crit_exit(key);
}

// In the main thread's program it is sys.exit(), as upstream has it.
extern const mp_obj_fun_builtin_var_t __real_mp_sys_exit_obj;

static mp_obj_t soft_reset(size_t n_args, const mp_obj_t *args) {
    bool in_program = !rtos_in_isr() && core_self() == &core_main_thread && MP_STATE_VM(sched_state) > MP_SCHED_LOCKED;
    if (!in_program) {
        rtos_crit_t key = rtos_crit_enter();
        asked += asked == 0;
        rtos_crit_exit(key);
        dispatch_schedule(&slot);
    }
    return mp_call_function_n_kw(MP_OBJ_FROM_PTR(&__real_mp_sys_exit_obj), n_args, 0, args);
}

// In place of mp_sys_exit_obj where others than `sys` refer to it (linker option --wrap): in `machine`.
MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(__wrap_mp_sys_exit_obj, 0, 1, soft_reset);

bool heddle_exits(mp_obj_t exception) {
    return mp_obj_is_subclass_fast(MP_OBJ_FROM_PTR(mp_obj_get_type(exception)), MP_OBJ_FROM_PTR(&mp_type_SystemExit));
}

void heddle_print_exception(const mp_print_t *print, mp_obj_t exception) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_obj_print_exception(print, exception);
        nlr_pop();
    }
}

// What ends a callback, a finaliser or an interrupt's. It may have been the exception of a soft reset, which its
// program in the main thread has yet to see.
void heddle_callback_raised(const mp_print_t *print, const char *where, mp_obj_t exception) {
    rtos_crit_t key = rtos_crit_enter();
    bool resets = open && asked != 0;
    if (resets) {
        mp_sched_exception(MP_STATE_VM(heddle_exit));
    }
    rtos_crit_exit(key);
    if (!resets || !heddle_exits(exception)) {
        mp_print_str(print, where);
        heddle_print_exception(print, exception);
    }
}

static mp_obj_t call_protected(mp_obj_t fun, mp_obj_t arg) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_obj_t result = mp_call_function_1(fun, arg);
        nlr_pop();
        return result;
    }
    heddle_callback_raised(&mp_plat_print, "", MP_OBJ_FROM_PTR(nlr.ret_val));
    return MP_OBJ_NULL;
}

// In place of upstream's (linker option --wrap), which would print a soft reset's exception. A wait in a callback must
// not take the event that the interrupted one has not looked at: that one then looks once more.
mp_obj_t __wrap_mp_call_function_1_protected(mp_obj_t fun, mp_obj_t arg);

mp_obj_t __wrap_mp_call_function_1_protected(mp_obj_t fun, mp_obj_t arg) {
    core_thread_t *self = core_self();
    uintptr_t events_seen = self->events_seen;
    mp_obj_t result = call_protected(fun, arg);
    self->events_seen = events_seen;
    return result;
}

int heddle_prompt(int (*prompt)(void)) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        int ret = prompt();
        nlr_pop();
        return ret;
    }
    mp_obj_t exception = MP_OBJ_FROM_PTR(nlr.ret_val);
    mp_hal_stdout_tx_str("\r\n");
    if (heddle_exits(exception)) {
        return PYEXEC_FORCED_EXIT;
    }
    heddle_print_exception(&mp_plat_print, exception);
    return 0;
}
