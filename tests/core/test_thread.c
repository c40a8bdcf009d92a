// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// core/thread.c: a thread's life against joiners and reapers.
#include <errno.h>

#include "board.h"
#include "vm.h"

static volatile unsigned ran;

static void run(void *arg) {
    (void)arg;
    vm_work();
    vm_count(&ran);
}

static void nothing(void *arg) {
    (void)arg;
}

static void nobody_left(void) {
    CHECK(core_main_thread.next == &core_main_thread && core_main_thread.prev == &core_main_thread);
    CHECK(core_thread_live() == 0);
}

CASE(thread_runs_and_is_joined) {
    uint32_t ident = vm_start(run, NULL);
    vm_join(ident);
    CHECK(ran == 1);
    nobody_left();
    CHECK(core_thread_join(ident, CORE_FOREVER) == 0);
}

WIDE_CASE(thread_two) {
    uint32_t first = vm_start(run, NULL), second = vm_start(run, NULL);
    CHECK(first != second);
    vm_join(first);
    vm_join(second);
    CHECK(ran == 2);
    nobody_left();
}

// What has ended is reaped by the next creation, and its memory used again.
WIDE_CASE(thread_after_thread) {
    uint32_t last = 1;
    for (unsigned i = 0; i < 3; ++i) {
        uint32_t ident = vm_start(nothing, NULL);
        CHECK(ident > last);
        last = ident;
        vm_work();
    }
    for (uint32_t ident = 2; ident <= last; ++ident) {
        vm_join(ident);
    }
    nobody_left();
}

static void create(void *arg) {
    uint32_t *ident = arg;
    CHECK(vm_create(nothing, NULL, VM_PRIORITY, ident) == 0);
}

// Two threads create at once, and so reap at once.
WIDE_CASE(thread_two_creators) {
    uint32_t child[2];
    vm_start(nothing, NULL);
    uint32_t other = vm_start(create, &child[0]);
    create(&child[1]);
    CHECK(core_thread_join(other, CORE_FOREVER) == 0);
    CHECK(child[0] != child[1]);
    vm_join(child[0]);
    vm_join(child[1]);
    vm_join(other);
    vm_join(2);
    nobody_left();
}

// The last thread of the list is unlinked while another one is linked behind it.
WIDE_CASE(thread_reaped_beside_creation) {
    static uint32_t child;
    uint32_t other = vm_start(create, &child);
    uint32_t last = vm_start(nothing, NULL);
    vm_join(last);
    CHECK(core_thread_join(other, CORE_FOREVER) == 0);
    vm_join(child);
    vm_join(other);
    nobody_left();
}

static void join(void *arg) {
    uint32_t ident = *(uint32_t *)arg;
    CHECK(core_thread_join(ident, CORE_FOREVER) == 0);
    CHECK(ran == 1);
}

WIDE_CASE(thread_two_joiners) {
    static uint32_t ident;
    ident = vm_start(run, NULL);
    uint32_t other = vm_start(join, &ident);
    join(&ident);
    vm_join(other);
    vm_join(ident);
    nobody_left();
}

static void only_join(void *arg) {
    CHECK(core_thread_join(*(uint32_t *)arg, CORE_FOREVER) == 0);
}

// The thread is freed while another one looks for it.
WIDE_CASE(thread_join_beside_reaping) {
    static uint32_t ident;
    ident = vm_start(nothing, NULL);
    uint32_t other = vm_start(only_join, &ident);
    core_sleep(false, core_deadline(1));
    vm_reap();
    vm_join(other);
    vm_join(ident);
    nobody_left();
}

static void sleep_a_little(void *arg) {
    (void)arg;
    core_sleep(false, core_deadline(1));
    ran = 1;
}

CASE(thread_join_timeout) {
    uint32_t ident = vm_start(sleep_a_little, NULL);
    uint64_t deadline_us = core_deadline(1);
    int ret = core_thread_join(ident, deadline_us);
    CHECK(ret == 0 ? ran == 1 : ret == -ETIMEDOUT && rtos_now_us() >= deadline_us);
    CHECK(core_self()->queue == NULL);
    vm_join(ident);
    nobody_left();
}

CASE(thread_join_interrupted) {
    board_irq_raise(vm_schedule);
    uint32_t ident = vm_start(run, NULL);
    int ret;
    while ((ret = core_thread_join(ident, CORE_FOREVER)) == -EINTR) {
        vm_handle_pending();
    }
    CHECK(ret == 0 && ran == 1);
    vm_join(ident);
    nobody_left();
}

CASE(thread_join_refused) {
    CHECK(core_thread_join(1, CORE_FOREVER) == -EDEADLK);
    CHECK(core_thread_join(0, CORE_FOREVER) == -ESRCH && core_thread_join(UINT32_MAX, CORE_FOREVER) == -ESRCH);
    uint32_t ident = vm_start(run, NULL);
    int ret = core_thread_join(ident, 0);
    CHECK(ret == 0 ? ran == 1 : ret == -ETIMEDOUT);
    vm_join(ident);
}

// More urgent than its creator: it is listed before it runs, and may end before core_thread_start is over.
static void look_for_self(void *arg) {
    (void)arg;
    core_vm_list_lock();
    CHECK(vm_thread(core_self()->ident) == core_self());
    core_vm_list_unlock();
    CHECK(core_thread_live() == 1);
    run(NULL);
}

CASE(thread_more_urgent) {
    uint32_t ident;
    CHECK(vm_create(look_for_self, NULL, VM_PRIORITY + 1, &ident) == 0);
    vm_join(ident);
    CHECK(ran == 1);
    nobody_left();
}

static void count_threads(void *arg) {
    (void)arg;
    for (unsigned i = 0; i < 2; ++i) {
        core_vm_list_lock();
        unsigned n = 0;
        for (core_thread_t *t = core_main_thread.next; t != &core_main_thread; t = t->next) {
            CHECK(t->prev->next == t);
            CHECK(rtos_atomic_load(&t->state) != CORE_NEW);
            n += 1;
        }
        core_vm_list_unlock();
        CHECK(n >= 1 && n <= 3);
    }
}

// A walk over the list, forward, beside creations. Nobody unlinks meanwhile.
WIDE_CASE(thread_list_is_whole) {
    uint32_t other = vm_start(count_threads, NULL);
    uint32_t ident = vm_start(nothing, NULL);
    vm_join(ident);
    vm_join(other);
    nobody_left();
}
