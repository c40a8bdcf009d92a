// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What a thread waits for and who has it, for whoever looks from outside.
#include "core.h"

core_wait_t core_look_locked(const core_thread_t *t, uint32_t *holder) {
    core_queue_t *q = t->queue;
    core_wait_t kind = rtos_peek(t->waits_for);
    *holder = 0;
    if (q == NULL) {
        return kind == CORE_WAIT_SLEEP ? kind : CORE_WAIT_OTHER;
    }
    if (core_gil_awaited_by(t)) {
        *holder = core_gil_holder == NULL ? 0 : core_gil_holder->ident;
        return CORE_WAIT_GIL;
    }
    if (core_is_lock(kind)) {
        *holder = core_lock_holder(core_lock_of(q));
    } else if (kind == CORE_WAIT_JOIN || kind == CORE_WAIT_JOIN_UNTIL) {
        *holder = core_thread_of_joiners(q)->ident;
    }
    return kind;
}
