// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A thread's life. Everything is filled in, then the record is listed, then the thread is started: a collector never
// sees half a thread. A thread cannot free itself; whoever creates, collects or joins next does.
#include <errno.h>

#include "core.h"
#include "rtos_trace.h"

core_thread_t core_main_thread;

static uint32_t last_ident = 1;
static bool reap_held; // a walk that allocates is under way
// All these change in critical sections.
static size_t exited; // threads to reap
static size_t live; // threads that have not ended, the main thread aside
static size_t creating;
static bool closed; // a soft reset refuses creations

static void main_thread(void *arg) {
    (void)arg;
    core_gil_enter();
    core_vm_main();
    rtos_fatal("the main thread ended");
}

static rtos_thread_config_t kernel_config(core_thread_t *t, const core_thread_config_t *config) {
    t->base = t->priority = config->priority;
    return (rtos_thread_config_t) {
        .stack = config->stack, .stack_size = config->stack_size, .name = config->name,
        .priority = config->priority, .stoppable = true,
    };
}

void core_start(const core_thread_config_t *config) {
    // No initial value, whose zeros an image would have to carry.
    core_thread_t *t = &core_main_thread;
    t->next = t->prev = t;
    t->ident = 1;
    rtos_atomic_store(&t->state, CORE_RUNNING);
    rtos_thread_config_t rtos = kernel_config(t, config);
    rtos.entry = main_thread;
    core_lowest_priority = config->priority;
    rtos_start(&core_main_thread.rtos, &rtos);
}

bool core_create_begin(void) {
    rtos_crit_t key = rtos_crit_enter();
    bool open = !closed;
    creating += open;
    rtos_crit_exit(key);
    return open;
}

void core_create_end(void) {
    rtos_crit_t key = rtos_crit_enter();
    creating -= 1;
    rtos_crit_exit(key);
}

size_t core_create_close(bool close) {
    rtos_crit_t key = rtos_crit_enter();
    closed = close;
    size_t under_way = creating;
    rtos_crit_exit(key);
    return under_way;
}

// One joiner at a time, so that interrupts need not wait for all: nobody joins a thread that has ended.
void core_thread_ended(core_thread_t *t) {
    rtos_crit_t key = rtos_crit_enter();
    rtos_atomic_store(&t->state, CORE_EXITED);
    core_lend_ended_locked(t);
    rtos_poke(exited, exited + 1);
    rtos_poke(live, live - 1);
    rtos_crit_exit(key);
    core_thread_t *joiner;
    do {
        key = rtos_crit_enter();
        joiner = t->joiners.head;
        if (joiner != NULL) {
            core_grant_locked(joiner);
        }
        rtos_crit_exit(key);
    } while (joiner != NULL);
}

static void thread_main(void *arg) {
    core_thread_t *t = arg;
    core_gil_enter();
    rtos_atomic_cas(&t->state, CORE_LISTED, CORE_RUNNING);
    core_vm_run(t);
    // Joiners go on from here. The record stays listed, and nobody frees it before the kernel has let go of it.
    core_thread_ended(t);
    core_gil_leave();
    rtos_trace(RTOS_TRACE_END, t, t->ident);
    rtos_thread_exit();
}

uint32_t core_thread_new_ident(void) {
    rtos_crit_t key = rtos_crit_enter();
    uint32_t ident = ++last_ident;
    rtos_crit_exit(key);
    return ident;
}

int core_thread_create(core_thread_t *t, uint32_t ident, const core_thread_config_t *config) {
    t->ident = ident;
    t->queue = NULL;
    t->joiners.head = NULL;
    t->events_seen = 0;
    t->room_seen = 0;
    t->interrupted = false;
    t->lenders = NULL;
    t->waits_for = CORE_WAIT_OTHER;
    rtos_atomic_store(&t->state, CORE_NEW);
    rtos_thread_config_t rtos = kernel_config(t, config);
    rtos.entry = thread_main;
    rtos.arg = t;
    rtos_trace(RTOS_TRACE_START, t, ident); // a kernel may have it run already, up to where it waits for its start
    if (HEDDLE_TRACE) {
        rtos_trace_name(t, config->name);
    }
    int ret = rtos_thread_create(&t->rtos, &rtos);
    if (ret != 0) {
        rtos_trace(RTOS_TRACE_END, t, ident);
    }
    return ret;
}

void core_thread_start(core_thread_t *t) {
    rtos_crit_t key = rtos_crit_enter();
    t->prev = core_main_thread.prev;
    t->next = &core_main_thread;
    rtos_atomic_store(&t->state, CORE_LISTED);
    rtos_poke(live, live + 1);
    // From here on a walk comes to it: walks need not be critical sections.
    rtos_poke(t->prev->next, t);
    t->next->prev = t;
    if (t->base < core_lowest_priority) {
        core_lowest_priority = t->base;
    }
    rtos_crit_exit(key);
    rtos_thread_start(&t->rtos);
}

static void unlink_thread(core_thread_t *t) {
    rtos_crit_t key = rtos_crit_enter();
    rtos_poke(t->prev->next, t->next);
    t->next->prev = t->prev;
    rtos_poke(exited, exited - 1);
    rtos_crit_exit(key);
}

void core_reap_hold(bool hold) {
    reap_held = hold;
}

static void reap(uint32_t wait_ms) {
    core_thread_t *t = rtos_peek(core_main_thread.next);
    while (!reap_held && rtos_peek(exited) != 0 && t != &core_main_thread) {
        core_thread_t *next = rtos_peek(t->next);
        if (rtos_atomic_cas(&t->state, CORE_EXITED, CORE_REAPING)) {
            if (rtos_thread_join(&t->rtos, wait_ms) == 0) {
                unlink_thread(t);
                core_vm_free(t);
            } else {
                rtos_atomic_store(&t->state, CORE_EXITED);
            }
        }
        t = next;
    }
}

void core_reap(void) {
    reap(RTOS_NO_WAIT);
}

void core_reap_all(void) {
    reap(RTOS_FOREVER);
}

core_thread_t *core_thread_at(uint32_t ident) {
    core_thread_t *found = NULL;
    core_thread_t *t = &core_main_thread;
    do {
        if (t->ident >= ident && (found == NULL || t->ident < found->ident)) {
            found = t;
        }
        t = rtos_peek(t->next);
    } while (t != &core_main_thread);
    return found;
}

size_t core_thread_live(void) {
    return rtos_peek(live);
}

core_thread_t *core_thread_find_locked(uint32_t ident, rtos_crit_t *key) {
    core_vm_list_lock();
    core_thread_t *t = core_thread_at(ident);
    *key = rtos_crit_enter();
    core_vm_list_unlock();
    bool found = t != NULL && t->ident == ident && rtos_atomic_load(&t->state) <= CORE_RUNNING;
    return found ? t : NULL;
}

bool core_thread_was(uint32_t ident) {
    return ident - 1 < rtos_peek(last_ident);
}

int core_thread_join(uint32_t ident, uint64_t deadline_us) {
    bool may_wait = core_may_wait();
    rtos_crit_t key;
    core_thread_t *t = core_thread_find_locked(ident, &key);
    if (t == NULL) {
        bool was = core_thread_was(ident);
        rtos_crit_exit(key);
        return was ? 0 : -ESRCH;
    }
    core_wait_t kind = deadline_us == CORE_FOREVER ? CORE_WAIT_JOIN : CORE_WAIT_JOIN_UNTIL;
    return core_wait_if_may_locked(&t->joiners, kind, may_wait && t != core_self(), deadline_us, key);
}
