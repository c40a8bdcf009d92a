// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The stand-in for the VM: threads' memory, pending exceptions and callbacks, the lock of the thread list, and checks
// of what core/ promises about each.
#include <errno.h>
#include <string.h>

#include "vm.h"

#define BLOCKS (6)

typedef struct {
    core_thread_t core;
    unsigned block;
    bool leave;
    bool exception;
    void (*body)(void *arg);
    void *arg;
} vm_thread_t;

// Where threads' memory comes from: the record lies above the stack, as in vm/thread.c.
typedef struct {
    uint8_t stack[RTOS_STACK_MIN] __attribute__((aligned(RTOS_STACK_ALIGN)));
    vm_thread_t thread;
} block_t;

static block_t blocks[BLOCKS] SIM_STACK;
static bool block_used[BLOCKS];
static uint8_t main_stack[RTOS_STACK_MIN] SIM_STACK;
static void (*main_body)(void);
static bool main_exception;
static unsigned callbacks; // scheduled and not run
static unsigned callbacks_run;
static core_mutex_t gc_mutex; // without a GIL
static core_thread_t *inside; // who runs Python

void vm_check(bool good, const char *file, int line, const char *text) {
    if (!good) {
        sim_fail("%s:%d: %s", file, line, text);
    }
}

// ---- what core asks of a VM

static vm_thread_t *record(core_thread_t *t) {
    return (vm_thread_t *)t;
}

static bool *exception_of(core_thread_t *t) {
    return t == &core_main_thread ? &main_exception : &record(t)->exception;
}

core_pending_t core_vm_pending(core_thread_t *t) {
    bool callback = t == &core_main_thread && callbacks != 0;
    return *exception_of(t) || callback ? CORE_PENDING_NOW : CORE_PENDING_NOTHING;
}

void core_vm_ask_to_leave(core_thread_t *t) {
    record(t)->leave = true;
    record(t)->exception = true;
}

// Whoever reads or writes the block from now on has a stale pointer.
void core_vm_free(core_thread_t *t) {
    unsigned block = record(t)->block;
    CHECK(block < BLOCKS && block_used[block]);
    CHECK(rtos_atomic_load(&t->state) == CORE_REAPING);
    CHECK(t->queue == NULL && t->joiners.head == NULL);
    block_used[block] = false;
    sim_forbid(&blocks[block], sizeof(blocks[block]), "the memory of a thread that was freed");
}

void core_vm_list_lock(void) {
    if (HEDDLE_GIL) {
        CHECK(core_gil_held());
    } else {
        core_mutex_lock(&gc_mutex);
    }
}

void core_vm_list_unlock(void) {
    if (!HEDDLE_GIL) {
        core_mutex_unlock(&gc_mutex);
    }
}

// ---- threads

void core_vm_main(void) {
    main_body();
    sim_end();
}

void vm_run(void (*body)(void)) {
    main_body = body;
    core_mutex_init(&gc_mutex);
    const core_thread_config_t config = {
        .stack = main_stack, .stack_size = sizeof(main_stack), .name = "main",
        .priority = VM_PRIORITY,
    };
    core_start(&config);
}

void core_vm_run(core_thread_t *t) {
    vm_thread_t *th = record(t);
    if (th->leave) {
        th->exception = true;
    }
    th->body(th->arg);
}

static unsigned block_take(void) {
    for (unsigned i = 0; i < BLOCKS; ++i) {
        if (!block_used[i]) {
            block_used[i] = true;
            sim_allow(&blocks[i]);
            memset(&blocks[i].thread, 0xa5, sizeof(blocks[i].thread));
            return i;
        }
    }
    sim_fail("more than %u threads at a time", BLOCKS);
}

unsigned vm_blocks_used(void) {
    unsigned n = 0;
    for (unsigned i = 0; i < BLOCKS; ++i) {
        n += block_used[i];
    }
    return n;
}

static void fill_in(unsigned block, void (*body)(void *arg), void *arg) {
    vm_thread_t *th = &blocks[block].thread;
    th->block = block;
    th->leave = th->exception = false;
    th->body = body;
    th->arg = arg;
}

int vm_create(void (*body)(void *arg), void *arg, unsigned priority, uint32_t *ident) {
    static const char *const names[BLOCKS] = {"one", "two", "three", "four", "five", "six"};
    if (!core_create_begin()) {
        return -EAGAIN;
    }
    core_vm_list_lock();
    core_reap();
    unsigned block = block_take();
    core_vm_list_unlock();
    fill_in(block, body, arg);
    *ident = core_thread_new_ident();
    const core_thread_config_t config = {
        .stack = blocks[block].stack, .stack_size = sizeof(blocks[block].stack),
        .name = names[block], .priority = priority,
    };
    int ret = core_thread_create(&blocks[block].thread.core, *ident, &config);
    CHECK(ret == 0);
    core_thread_start(&blocks[block].thread.core);
    core_create_end();
    return ret;
}

uint32_t vm_start(void (*body)(void *arg), void *arg) {
    uint32_t ident;
    CHECK(vm_create(body, arg, VM_PRIORITY, &ident) == 0);
    return ident;
}

void vm_reap(void) {
    core_vm_list_lock();
    core_reap();
    core_vm_list_unlock();
}

static bool is_listed(uint32_t ident) {
    core_vm_list_lock();
    bool listed = vm_thread(ident) != NULL;
    core_vm_list_unlock();
    return listed;
}

void vm_join(uint32_t ident) {
    int ret;
    while ((ret = core_thread_join(ident, CORE_FOREVER)) == -EINTR) {
        vm_handle_pending();
    }
    CHECK(ret == 0);
    // It may still be on its way out of the kernel.
    for (vm_reap(); is_listed(ident); vm_reap()) {
        core_sleep(false, core_deadline(1));
    }
}

core_thread_t *vm_thread(uint32_t ident) {
    core_thread_t *t = core_thread_at(ident);
    return t != NULL && t->ident == ident ? t : NULL;
}

// ---- Python

void vm_count(volatile unsigned *counter) {
    rtos_crit_t key = rtos_crit_enter();
    *counter += 1;
    rtos_crit_exit(key);
}

void vm_work(void) {
    core_thread_t *self = core_self();
    if (HEDDLE_GIL) {
        CHECK(core_gil_held());
        CHECK(inside == NULL);
        inside = self;
    }
    sim_point("Python");
    if (HEDDLE_GIL) {
        CHECK(core_gil_held());
        CHECK(inside == self);
        inside = NULL;
    }
}

void vm_handle_pending(void) {
    rtos_crit_t key = rtos_crit_enter();
    if (core_self() == &core_main_thread) {
        callbacks_run += callbacks;
        callbacks = 0;
    }
    rtos_crit_exit(key);
}

bool vm_loop(void) {
    vm_work();
    // With a GIL the VM looks at nothing else.
    if (HEDDLE_GIL && core_attention == 0) {
        return false;
    }
    core_gil_attend();
    if (core_pending(core_self()) == CORE_PENDING_NOW) {
        vm_handle_pending();
    }
    return *exception_of(core_self());
}

void vm_raise_in(core_thread_t *t) {
    *exception_of(t) = true;
    core_interrupt(t);
}

bool vm_raised(void) {
    bool *exception = exception_of(core_self());
    bool raised = *exception;
    *exception = false;
    return raised;
}

void vm_schedule(void) {
    rtos_crit_t key = rtos_crit_enter();
    callbacks += 1;
    rtos_crit_exit(key);
    core_interrupt(&core_main_thread);
}

unsigned vm_callbacks_run(void) {
    return callbacks_run;
}
