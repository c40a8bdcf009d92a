// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Python in a real interrupt. The interrupted thread may be a service, which has no state of the VM, or may be in the
// middle of anything: the callback gets a state of its own, with the heap and the scheduler locked.
#include "py/gc.h"
#include "py/mpthread.h"
#include "py/runtime.h"
#include "shared/runtime/mpirq.h"

#include "heddle.h"

// What an interrupt may use of the stack that interrupts share, in bytes.
#ifndef HEDDLE_ISR_STACK
#define HEDDLE_ISR_STACK (2048)
#endif

static bool call(mp_obj_t fun, size_t n, const mp_obj_t *args) {
    mp_state_thread_t state; // interrupts nest
    if (rtos_core_count() > 1) {
        return false;
    }
    void *tls = rtos_tls();
    mp_thread_init_state(&state, HEDDLE_ISR_STACK, NULL, NULL);
    state.stack_top = __builtin_frame_address(0);
    gc_lock();
    mp_sched_lock();
    nlr_buf_t nlr;
    bool done = nlr_push(&nlr) == 0;
    if (done) {
        mp_call_function_n_kw(fun, n, 0, args);
        nlr_pop();
    } else {
        const char *where = "Unhandled exception in an interrupt:\n";
        heddle_callback_raised(MICROPY_ERROR_PRINTER, where, MP_OBJ_FROM_PTR(nlr.ret_val));
    }
    mp_sched_unlock();
    gc_unlock();
    rtos_set_tls(tls);
    return done;
}

bool heddle_call_in_isr(mp_obj_t fun, mp_obj_t arg) {
    return call(fun, 1, &arg);
}

bool heddle_call_2_in_isr(mp_obj_t fun, mp_obj_t arg1, mp_obj_t arg2) {
    const mp_obj_t args[] = { arg1, arg2 };
    return call(fun, 2, args);
}

// In place of those of shared/runtime/mpirq.c (linker option --wrap): hard callbacks of pins and timers come here. One
// that is not called in an interrupt, such as that of a soft timer, is scheduled like a soft one.
int __wrap_mp_irq_dispatch(mp_obj_t handler, mp_obj_t parent, bool hard);
void __wrap_mp_irq_handler(mp_irq_obj_t *irq);

int __wrap_mp_irq_dispatch(mp_obj_t handler, mp_obj_t parent, bool hard) {
    if (handler == mp_const_none) {
        return 0;
    }
    if (hard && rtos_in_isr() && rtos_core_count() == 1) {
        return heddle_call_in_isr(handler, parent) ? 0 : -1;
    }
    mp_sched_schedule(handler, parent);
    return 0;
}

// A callback that raised is not called again.
void __wrap_mp_irq_handler(mp_irq_obj_t *irq) {
    if (__wrap_mp_irq_dispatch(irq->handler, irq->parent, irq->ishard) < 0) {
        irq->methods->trigger(irq->parent, 0);
        irq->handler = mp_const_none;
    }
}
