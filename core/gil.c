// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The global interpreter lock: held by one thread and handed over, never barged. Whoever gives it up names the next
// holder. Most urgent first; among equals, threads that come back from a blocking call before threads whose slice ran
// out, each first come first served; after HEDDLE_GIL_RETURNERS returners in a row one of the others. For a returner
// the holder's slice ends at the first tick.
//
// The holder never reads a clock. While somebody waits, the tick asks for the GIL through core_attention, the one word
// that the loop of the VM reads. The word is computed from its causes, for the thread that runs, at every grant and at
// every slow pass, and never just cleared: an exception that waits for the main thread would be lost.
#include <errno.h>

#include "core.h"
#include "rtos_trace.h"

#define ATTENTION_GIL (1u) // somebody else should have the GIL
#define ATTENTION_VM (2u) // core_vm_pending

static struct {
    core_queue_t returners;
    core_queue_t expired;
    uint8_t streak; // returners that passed an expired thread
    uint8_t slice_ms; // since the grant, counted while somebody waits
    uint8_t lent; // the priority of who waits, with which the holder runs in the kernel, or 0
    bool ticks;
} gil;

core_thread_t *volatile core_gil_holder;
core_thread_t *volatile core_collector;
volatile uint32_t core_attention;

void core_collect(bool begin) {
    rtos_poke(core_collector, begin ? core_self() : NULL);
}

static bool waiters_locked(void) {
    return gil.returners.head != NULL || gil.expired.head != NULL;
}

bool core_gil_awaited_by(const core_thread_t *t) {
    const core_queue_t *queue = rtos_peek(t->queue);
    return queue == &gil.returners || queue == &gil.expired;
}

// Who is next, or NULL.
static core_thread_t *next_locked(void) {
    core_thread_t *returner = gil.returners.head;
    core_thread_t *expired = gil.expired.head;
    if (returner == NULL || expired == NULL) {
        return returner != NULL ? returner : expired;
    }
    if (returner->priority != expired->priority) {
        return returner->priority > expired->priority ? returner : expired;
    }
    return gil.streak < HEDDLE_GIL_RETURNERS ? returner : expired;
}

// Of equals the holder goes on for its slice, but lets one that comes back from a wait have its say.
static uint8_t slice_locked(const core_thread_t *next) {
    return next == gil.returners.head ? 1 : HEDDLE_GIL_SLICE_MS;
}

// The holder runs with the priority of who waits, so that nothing less urgent keeps it from giving up the GIL.
static void lend_locked(const core_thread_t *next) {
    core_thread_t *holder = core_gil_holder;
    uint8_t lent = next != NULL && next->priority > holder->priority ? next->priority : 0;
    if (lent != gil.lent || lent != 0) {
        gil.lent = lent;
        rtos_thread_set_priority(&holder->rtos, lent != 0 ? lent : holder->priority);
    }
}

static void give_back_locked(void) {
    if (gil.lent != 0) {
        lend_locked(NULL);
    }
}

void core_gil_update_locked(void) {
    if (!HEDDLE_GIL || core_gil_holder == NULL) {
        return;
    }
    core_thread_t *next = next_locked();
    lend_locked(next);
    uint32_t attention = core_pending(core_gil_holder) != CORE_PENDING_NOTHING ? ATTENTION_VM : 0;
    if (next != NULL && next->priority >= core_gil_holder->priority
        && (next->priority > core_gil_holder->priority || gil.slice_ms >= slice_locked(next))) {
        attention |= ATTENTION_GIL;
    }
    rtos_poke(core_attention, attention);
}

// Interrupt, every millisecond while somebody waits. Waiters come and go too quickly to stop and start it each time.
static void gil_tick(void) {
    rtos_crit_t key = rtos_crit_enter();
    const core_thread_t *next = next_locked();
    if (next == NULL) {
        gil.ticks = false;
        rtos_tick(RTOS_TICK_GIL, NULL);
    } else if (++gil.slice_ms >= slice_locked(next)) {
        rtos_poke(core_attention, core_attention | ATTENTION_GIL);
    }
    rtos_crit_exit(key);
}

// Nobody who waits is more urgent than `t`, and its slice begins.
static void hold_locked(core_thread_t *t) {
    rtos_poke(core_gil_holder, t);
    gil.slice_ms = 0;
    rtos_poke(core_attention, core_pending(t) != CORE_PENDING_NOTHING ? ATTENTION_VM : 0);
}

static void queue_locked(core_queue_t *q, core_thread_t *t) {
    if (!gil.ticks) {
        gil.ticks = true;
        gil.slice_ms = 1; // there was a tick, at which nobody waited
        rtos_tick(RTOS_TICK_GIL, gil_tick);
    }
    core_queue_insert_locked(q, t);
    core_thread_t *holder = core_gil_holder;
    rtos_trace(RTOS_TRACE_GIL_WAIT, t, holder);
    if (holder != NULL && t->priority > holder->priority) {
        rtos_poke(core_attention, core_attention | ATTENTION_GIL);
        lend_locked(next_locked());
    }
}

static void hand_over_locked(core_thread_t *next) {
    give_back_locked();
    rtos_trace(RTOS_TRACE_GIL_TAKE, next, core_gil_holder);
    core_queue_t *q = core_queue_remove_locked(next);
    gil.streak = q == &gil.returners && gil.expired.head != NULL ? gil.streak + 1 : 0;
    hold_locked(next);
    rtos_unpark(&next->rtos);
}

void core_gil_queue_locked(core_thread_t *t) {
    if (core_gil_holder != NULL) {
        queue_locked(&gil.returners, t);
    } else {
        hold_locked(t);
        rtos_unpark(&t->rtos);
    }
}

void core_gil_exit_locked(void) {
    core_thread_t *next = next_locked();
    if (next != NULL) {
        hand_over_locked(next);
    } else {
        give_back_locked();
        rtos_poke(core_gil_holder, NULL);
    }
}

void core_gil_leave(void) {
    if (core_gil_held()) {
        rtos_crit_t key = rtos_crit_enter();
        core_gil_exit_locked();
        rtos_crit_exit(key);
    }
}

// A collection in progress and masked interrupts keep the GIL.
void core_gil_exit(void) {
    if (core_may_wait()) {
        core_gil_leave();
    }
}

int core_gil_enter_until(uint64_t deadline_us) {
    if (!HEDDLE_GIL) {
        return 0;
    }
    core_thread_t *self = core_self();
    rtos_crit_t key = rtos_crit_enter();
    if (core_gil_holder == NULL) {
        hold_locked(self);
    } else if (core_gil_holder != self && !core_gil_awaited_by(self)) {
        queue_locked(&gil.returners, self);
        core_gil_update_locked(); // the tick that ends the holder's slice may have been
    }
    rtos_crit_exit(key);
    while (rtos_peek(core_gil_holder) != self) {
        uint32_t ms = RTOS_FOREVER;
        if (deadline_us != CORE_FOREVER) {
            uint64_t now_us = rtos_now_us();
            key = rtos_crit_enter();
            bool late = now_us >= deadline_us && core_gil_holder != self;
            if (late) {
                core_queue_remove_locked(self);
                core_gil_update_locked();
            }
            rtos_crit_exit(key);
            if (late) {
                return -ETIMEDOUT;
            }
            ms = 1;
        }
        rtos_park(ms);
    }
    return 0;
}

void core_gil_enter(void) {
    if (!core_gil_held()) {
        core_gil_enter_until(CORE_FOREVER);
    }
}

void core_gil_attend(void) {
    if (!core_may_wait()) {
        return;
    }
    core_thread_t *self = core_self();
    rtos_crit_t key = rtos_crit_enter();
    core_thread_t *next = next_locked();
    bool give = (core_attention & ATTENTION_GIL) && next != NULL && next->priority >= self->priority;
    if (give) {
        core_queue_insert_locked(&gil.expired, self);
        rtos_trace(RTOS_TRACE_GIL_WAIT, self, next);
        hand_over_locked(next);
    } else {
        core_gil_update_locked();
    }
    rtos_crit_exit(key);
    if (give) {
        core_gil_enter();
    }
}

void core_gil_reset_locked(void) {
    while (waiters_locked()) {
        core_queue_remove_locked(next_locked());
    }
    gil.streak = 0;
    core_gil_update_locked();
}
