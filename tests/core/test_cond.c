// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// core/cond.c: whoever is notified has the lock, no notification is lost, a grant beats a timeout and an interruption.
#include <errno.h>

#include "board.h"
#include "vm.h"

static core_lock_t lock;
static core_cond_t cond;
static core_sem_t sem;
static core_flag_t flag;
static volatile unsigned items;
static volatile unsigned inside;
static unsigned taken;

static void take_lock(void) {
    CHECK(core_lock_acquire(&lock, false, CORE_FOREVER) == 0);
    CHECK(inside == 0);
    inside = 1;
}

static void release_lock(void) {
    CHECK(core_lock_holder(&lock) == core_self()->ident && inside == 1);
    inside = 0;
    CHECK(core_lock_release(&lock) == 0);
}

// As a queue of the VM waits: with the lock, until there is an item.
static int wait_for_item(uint64_t deadline_us) {
    int ret = 0;
    while (ret == 0 && items == 0) {
        inside = 0;
        ret = core_cond_wait(&cond, &lock, true, 0, deadline_us);
        if (ret == 0) {
            CHECK(core_lock_holder(&lock) == core_self()->ident && inside == 0);
            inside = 1;
        }
    }
    return ret;
}

static void take_item(void *arg) {
    (void)arg;
    take_lock();
    CHECK(wait_for_item(CORE_FOREVER) == 0);
    items -= 1;
    taken += 1;
    release_lock();
}

static void put_item(void) {
    take_lock();
    items += 1;
    core_cond_notify(&cond, &lock, 1);
    vm_work();
    release_lock();
}

static void put_one(void *arg) {
    (void)arg;
    put_item();
}

static void begin(void) {
    core_cond_init(&cond, CORE_WAIT_CONDITION);
}

static void end(unsigned count) {
    CHECK(taken == count && items == 0);
    CHECK(core_lock_holder(&lock) == 0 && lock.waiters.head == NULL && cond.waiters.head == NULL);
    CHECK(core_self()->waits_for == CORE_WAIT_OTHER);
}

CASE(cond_one_waits) {
    begin();
    uint32_t other = vm_start(take_item, NULL);
    put_item();
    vm_join(other);
    end(1);
}

CASE(cond_main_waits) {
    begin();
    uint32_t other = vm_start(put_one, NULL);
    take_item(NULL);
    vm_join(other);
    end(1);
}

// Each of two items is one thread's, whoever comes first.
WIDE_CASE(cond_two_wait) {
    begin();
    uint32_t first = vm_start(take_item, NULL);
    uint32_t second = vm_start(take_item, NULL);
    put_item();
    put_item();
    vm_join(first);
    vm_join(second);
    end(2);
}

static void take_both(void) {
    take_lock();
    items += 2;
    core_cond_notify(&cond, &lock, UINT32_MAX);
    release_lock();
}

WIDE_CASE(cond_all_are_notified) {
    begin();
    uint32_t first = vm_start(take_item, NULL);
    uint32_t second = vm_start(take_item, NULL);
    take_both();
    vm_join(first);
    vm_join(second);
    end(2);
}

// The time is over, or the item comes: never neither, and the lock is held exactly where it says so.
CASE(cond_timeout) {
    begin();
    uint32_t other = vm_start(put_one, NULL);
    take_lock();
    int ret = wait_for_item(core_deadline(1));
    CHECK(ret == 0 || ret == -ETIMEDOUT);
    if (ret == 0) {
        release_lock();
    } else {
        CHECK(core_lock_holder(&lock) != core_self()->ident);
    }
    vm_join(other);
    CHECK(items == 1);
}

// A callback comes at any time. Who is away to run it hears of what was notified meanwhile, with nothing to look at but
// the condition.
static void notify_once(void *arg) {
    (void)arg;
    take_lock();
    core_cond_notify(&cond, &lock, 1);
    release_lock();
}

CASE(cond_interrupted) {
    begin();
    take_lock();
    uint32_t other = vm_start(notify_once, NULL);
    board_irq_raise(vm_schedule);
    uint16_t missed = cond.missed;
    inside = 0;
    int ret = core_cond_wait(&cond, &lock, true, missed, CORE_FOREVER);
    while (ret == -EINTR) {
        CHECK(core_lock_holder(&lock) != core_self()->ident);
        vm_handle_pending();
        vm_work();
        ret = core_cond_wait(&cond, &lock, false, missed, CORE_FOREVER);
    }
    CHECK(ret == 0);
    inside = 1;
    release_lock();
    vm_join(other);
    end(0);
}

// A more urgent waiter lends to who has the lock from the moment at which it is notified.
static void check_lent(void *arg) {
    (void)arg;
    take_lock();
    items += 1;
    core_cond_notify(&cond, &lock, 1);
    rtos_stats_t stats;
    rtos_crit_t key = rtos_crit_enter();
    const core_thread_t *waiter = lock.waiters.head;
    rtos_thread_stats(&core_self()->rtos, &stats);
    CHECK(waiter == NULL || stats.priority >= waiter->priority);
    rtos_crit_exit(key);
    release_lock();
    CHECK(core_self()->priority == core_self()->base);
}

CASE(cond_lends) {
    begin();
    uint32_t other;
    CHECK(vm_create(take_item, NULL, VM_PRIORITY + 1, &other) == 0);
    check_lent(NULL);
    vm_join(other);
    end(1);
}

// ---- semaphores

static void sem_take(void *arg) {
    (void)arg;
    CHECK(core_sem_acquire(&sem, CORE_FOREVER) == 0);
    CHECK(inside == 0);
    inside = 1;
    vm_work();
    inside = 0;
    taken += 1;
    CHECK(core_sem_release(&sem, 1));
}

CASE(sem_two_threads) {
    sem.value = 1;
    uint32_t other = vm_start(sem_take, NULL);
    sem_take(NULL);
    vm_join(other);
    CHECK(taken == 2 && sem.value == 1 && !core_sem_release(&sem, 1));
}

static void sem_give(void) {
    vm_schedule();
    CHECK(core_sem_release(&sem, UINTPTR_MAX));
}

// What an interrupt gives is taken once: the time and a callback may come first.
CASE(sem_from_interrupt) {
    board_irq_raise(sem_give);
    int ret;
    while ((ret = core_sem_acquire(&sem, core_deadline(2))) == -EINTR) {
        vm_handle_pending();
    }
    CHECK(ret == 0 || ret == -ETIMEDOUT);
    while (ret != 0 && (ret = core_sem_acquire(&sem, CORE_FOREVER)) == -EINTR) {
        vm_handle_pending();
    }
    CHECK(ret == 0 && sem.value == 0 && sem.waiters.head == NULL);
}

// ---- flags

static void flag_wait(void *arg) {
    (void)arg;
    CHECK(core_flag_wait(&flag, flag.sets, CORE_FOREVER) == 0);
    vm_count(&items);
}

static void flag_set(void) {
    core_flag_set(&flag);
}

WIDE_CASE(flag_wakes_all) {
    uint32_t first = vm_start(flag_wait, NULL);
    uint32_t second = vm_start(flag_wait, NULL);
    flag_set();
    vm_join(first);
    vm_join(second);
    CHECK(items == 2 && flag.waiters.head == NULL);
}

CASE(flag_from_interrupt) {
    board_irq_raise(flag_set);
    uint32_t other = vm_start(flag_wait, NULL);
    int ret = core_flag_wait(&flag, flag.sets, core_deadline(1));
    CHECK(ret == 0 || ret == -ETIMEDOUT);
    flag_wait(NULL);
    vm_join(other);
    CHECK(flag.set && flag.waiters.head == NULL);
}
