// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Dispatch slots: one essential service runs the callbacks that interrupts schedule. A slot is a bit of `pending`; a
// bit is cleared before its callback starts, so a schedule during the callback is another start.
#include <errno.h>

#include "rtos_trace.h"
#include "service.h"

static dispatch_slot_t *slots[HEDDLE_DISPATCH_SLOTS];
static uint32_t pending; // slots to run, and
static uint32_t blocked; // suspended slots: both change in critical sections
static dispatch_slot_t *volatile running;
static uint64_t next_due_us = UINT64_MAX; // the earliest due_us, or earlier
static uint8_t stack[HEDDLE_DISPATCH_STACK] __attribute__((aligned(RTOS_STACK_ALIGN)));

static void dispatch_main(service_t *self);

static service_t service;

// The next slot to run, marked as running, or NULL. Lower slots first.
static dispatch_slot_t *choose(void) {
    rtos_crit_t key = rtos_crit_enter();
    uint32_t ready = pending & ~blocked;
    dispatch_slot_t *slot = NULL;
    if (ready != 0) {
        unsigned index = __builtin_ctz(ready);
        pending &= ~(1u << index);
        slot = slots[index];
    }
    rtos_poke(running, slot);
    rtos_crit_exit(key);
    return slot;
}

static void dispatch_main(service_t *self) {
    while (!service_should_stop(self)) {
        dispatch_slot_t *slot = choose();
        if (slot == NULL) {
            rtos_park(RTOS_FOREVER);
        } else {
            rtos_trace(RTOS_TRACE_DEFERRED, &self->thread, slot->index + 1);
            slot->callback(slot->arg);
            rtos_trace(RTOS_TRACE_DEFERRED, &self->thread, 0);
            rtos_poke(running, NULL);
        }
    }
}

// No initial value, whose zeros an image would have to carry.
void dispatch_init(void) {
    service.name = "dispatch";
    service.entry = dispatch_main;
    service.stack = stack;
    service.stack_size = sizeof(stack);
    service.priority_class = SERVICE_DEFERRED;
    service.flags = SERVICE_STATIC | SERVICE_AUTOSTART | SERVICE_ESSENTIAL;
    service_register(&service);
}

int dispatch_register(dispatch_slot_t *slot, void (*callback)(void *arg), void *arg) {
    slot->callback = callback;
    slot->arg = arg;
    slot->due_us = UINT64_MAX;
    slot->suspended = 0;
    int ret = -ENOSPC;
    rtos_crit_t key = rtos_crit_enter();
    for (unsigned i = 0; i < HEDDLE_DISPATCH_SLOTS && ret != 0; ++i) {
        if (slots[i] == NULL) {
            slots[i] = slot;
            slot->index = i;
            ret = 0;
        }
    }
    rtos_crit_exit(key);
    return ret;
}

void dispatch_unregister(dispatch_slot_t *slot) {
    dispatch_suspend(slot);
    rtos_crit_t key = rtos_crit_enter();
    slots[slot->index] = NULL;
    pending &= ~(1u << slot->index);
    blocked &= ~(1u << slot->index);
    rtos_crit_exit(key);
}

static void wake_locked(void) {
    if (rtos_peek(service.running)) {
        rtos_unpark(&service.thread);
    }
}

void dispatch_schedule(dispatch_slot_t *slot) {
    rtos_crit_t key = rtos_crit_enter();
    if (slots[slot->index] == slot) {
        pending |= 1u << slot->index;
        wake_locked();
    }
    rtos_crit_exit(key);
}

// Interrupt, every millisecond while something is due some time.
static void timers_tick(void) {
    uint64_t now_us = rtos_now_us();
    if (now_us < next_due_us) {
        return;
    }
    uint64_t next_us = UINT64_MAX;
    rtos_crit_t key = rtos_crit_enter();
    for (unsigned i = 0; i < HEDDLE_DISPATCH_SLOTS; ++i) {
        dispatch_slot_t *slot = slots[i];
        if (slot != NULL && slot->due_us <= now_us) {
            slot->due_us = UINT64_MAX;
            dispatch_schedule(slot);
        } else if (slot != NULL && slot->due_us < next_us) {
            next_us = slot->due_us;
        }
    }
    next_due_us = next_us;
    if (next_us == UINT64_MAX) {
        rtos_tick(RTOS_TICK_TIMERS, NULL);
    }
    rtos_crit_exit(key);
}

void dispatch_schedule_at(dispatch_slot_t *slot, uint64_t due_us) {
    rtos_crit_t key = rtos_crit_enter();
    slot->due_us = due_us;
    if (due_us < next_due_us) {
        next_due_us = due_us;
        rtos_tick(RTOS_TICK_TIMERS, timers_tick);
    }
    rtos_crit_exit(key);
}

void dispatch_suspend(dispatch_slot_t *slot) {
    rtos_crit_t key = rtos_crit_enter();
    slot->suspended += 1;
    blocked |= 1u << slot->index;
    rtos_crit_exit(key);
    while (rtos_peek(running) == slot && rtos_thread_self() != &service.thread) {
        rtos_park(1); // only where its callback waits for something
    }
}

void dispatch_resume(dispatch_slot_t *slot) {
    rtos_crit_t key = rtos_crit_enter();
    slot->suspended -= 1;
    if (slot->suspended == 0) {
        blocked &= ~(1u << slot->index);
    }
    if (pending & ~blocked) {
        wake_locked();
    }
    rtos_crit_exit(key);
}
