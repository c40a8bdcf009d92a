// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// core/lock.c: one holder, no lost wake-up, a grant beats a timeout and an interruption, lent priorities.
#include <errno.h>

#include "board.h"
#include "vm.h"

static core_lock_t lock;
static core_mutex_t mutex;
static volatile unsigned holders;
static unsigned counter;

static void hold(void) {
    CHECK(holders == 0);
    holders = 1;
    vm_work();
    counter += 1;
    CHECK(core_lock_holder(&lock) == core_self()->ident);
    CHECK(holders == 1);
    holders = 0;
}

static void release(void) {
    CHECK(core_lock_release(&lock) == 0);
}

static void take_and_release(void *arg) {
    (void)arg;
    CHECK(core_lock_acquire(&lock, true, CORE_FOREVER) == 0);
    hold();
    release();
}

static void end(uint32_t other) {
    vm_join(other);
    CHECK(core_lock_holder(&lock) == 0);
    CHECK(lock.waiters.head == NULL);
}

CASE(lock_two_threads) {
    uint32_t other = vm_start(take_and_release, NULL);
    take_and_release(NULL);
    end(other);
    CHECK(counter == 2);
}

// The lock is free or held, and only the attempt says which.
static void try_and_release(void *arg) {
    (void)arg;
    if (core_lock_try(&lock)) {
        hold();
        release();
    }
}

CASE(lock_try) {
    uint32_t other = vm_start(try_and_release, NULL);
    take_and_release(NULL);
    end(other);
}

static void take_in_time(void *arg) {
    (void)arg;
    uint64_t deadline_us = core_deadline(1);
    int ret = core_lock_acquire(&lock, false, deadline_us);
    CHECK(ret == 0 || ret == -ETIMEDOUT);
    CHECK(ret == 0 || rtos_now_us() >= deadline_us);
    CHECK(core_self()->queue == NULL);
    CHECK((core_lock_holder(&lock) == core_self()->ident) == (ret == 0));
    if (ret == 0) {
        hold();
        release();
    }
}

// Whoever gave up is gone, its memory too, when the release looks for somebody to hand the lock to.
CASE(lock_timeout) {
    CHECK(core_lock_acquire(&lock, false, 0) == 0);
    uint32_t other = vm_start(take_in_time, NULL);
    core_sleep(false, core_deadline(1));
    vm_work();
    release();
    end(other);
}

WIDE_CASE(lock_timeout_of_one_of_two) {
    CHECK(core_lock_acquire(&lock, false, 0) == 0);
    uint32_t first = vm_start(take_in_time, NULL);
    uint32_t second = vm_start(take_and_release, NULL);
    core_sleep(false, core_deadline(1));
    release();
    vm_join(first);
    end(second);
    CHECK(counter >= 1);
}

CASE(lock_no_wait) {
    uint32_t other = vm_start(take_and_release, NULL);
    int ret = core_lock_acquire(&lock, true, 0);
    CHECK(ret == 0 || ret == -ETIMEDOUT);
    if (ret == 0) {
        hold();
        release();
    }
    end(other);
}

// An interruption comes at any time; it is seen or stays pending, and the lock is had all the same.
CASE(lock_interrupted) {
    uint32_t other = vm_start(take_and_release, NULL);
    board_irq_raise(vm_schedule);
    int ret;
    while ((ret = core_lock_acquire(&lock, true, CORE_FOREVER)) == -EINTR) {
        CHECK(core_lock_holder(&lock) != 1);
        vm_handle_pending();
    }
    CHECK(ret == 0);
    hold();
    release();
    end(other);
    while (vm_callbacks_run() == 0) {
        CHECK(core_sleep(true, core_deadline(1)) != 0);
        vm_handle_pending();
    }
}

// An exception for a thread that waits for ever: it leaves, whether or not the lock comes as well.
static void take_or_raise(void *arg) {
    (void)arg;
    int ret = core_lock_acquire(&lock, true, CORE_FOREVER);
    CHECK(ret == 0 || ret == -EINTR);
    CHECK((core_lock_holder(&lock) == core_self()->ident) == (ret == 0));
    if (ret == 0) {
        release();
    }
    CHECK(ret == 0 || vm_raised());
}

CASE(lock_exception) {
    CHECK(core_lock_acquire(&lock, false, 0) == 0);
    uint32_t other = vm_start(take_or_raise, NULL);
    core_gil_exit();
    rtos_park(1);
    core_gil_enter();
    vm_raise_in(vm_thread(other));
    release();
    end(other);
}

static void release_it(void *arg) {
    (void)arg;
    vm_work();
    release();
}

// Any thread may release. The first that waits gets it.
CASE(lock_released_by_another) {
    CHECK(core_lock_acquire(&lock, false, 0) == 0);
    uint32_t other = vm_start(release_it, NULL);
    take_and_release(NULL);
    end(other);
    CHECK(core_lock_release(&lock) == -EPERM);
}

static uint32_t order[2];
static volatile unsigned taken;

static void take_in_turn(void *arg) {
    CHECK(core_lock_acquire(&lock, false, CORE_FOREVER) == 0);
    order[taken] = (uintptr_t)arg;
    taken += 1;
    release();
}

// Both wait before the release: the more urgent one is first, whoever came first.
WIDE_CASE(lock_most_urgent_first) {
    uint32_t low, high;
    CHECK(core_lock_acquire(&lock, false, 0) == 0);
    CHECK(vm_create(take_in_turn, (void *)1, VM_PRIORITY, &low) == 0);
    CHECK(vm_create(take_in_turn, (void *)2, VM_PRIORITY + 1, &high) == 0);
    while (lock.waiters.head == NULL || lock.waiters.head->queue_next == lock.waiters.head) {
        core_sleep(false, core_deadline(1));
    }
    release();
    vm_join(low);
    vm_join(high);
    CHECK(order[0] == 2 && order[1] == 1);
}

static volatile bool interrupted;

static void try_in_interrupt(void) {
    CHECK(core_lock_acquire(&lock, true, CORE_FOREVER) == -EDEADLK || core_lock_holder(&lock) == CORE_ISR_IDENT);
    if (core_lock_holder(&lock) == CORE_ISR_IDENT) {
        release();
    }
    interrupted = true;
}

CASE(lock_in_interrupt) {
    board_irq_raise(try_in_interrupt);
    uint32_t other = vm_start(take_and_release, NULL);
    take_and_release(NULL);
    while (!interrupted) {
        sim_spin();
    }
    end(other);
}

// Who holds a mutex that a more urgent thread waits for runs with its priority.
static void check_lent(void) {
    rtos_stats_t stats;
    rtos_crit_t key = rtos_crit_enter();
    const core_thread_t *waiter = mutex.lock.waiters.head;
    rtos_thread_stats(&core_self()->rtos, &stats);
    CHECK(waiter == NULL || stats.priority >= waiter->priority);
    rtos_crit_exit(key);
}

static void lock_and_unlock(void *arg) {
    (void)arg;
    core_mutex_lock(&mutex);
    core_mutex_lock(&mutex);
    CHECK(core_mutex_held(&mutex));
    core_mutex_unlock(&mutex);
    CHECK(holders == 0);
    holders = 1;
    counter += 1;
    CHECK(holders == 1);
    holders = 0;
    check_lent();
    core_mutex_unlock(&mutex);
    CHECK(!core_mutex_held(&mutex));
    CHECK(core_self()->lenders == NULL && core_self()->priority == core_self()->base);
}

static void mutex_end(unsigned threads) {
    rtos_stats_t stats;
    rtos_thread_stats(&core_self()->rtos, &stats);
    CHECK(stats.priority == VM_PRIORITY);
    CHECK(mutex.lock.waiters.head == NULL && mutex.depth == 0);
    CHECK(counter == threads);
}

CASE(mutex_two_threads) {
    uint32_t other = vm_start(lock_and_unlock, NULL);
    lock_and_unlock(NULL);
    vm_join(other);
    mutex_end(2);
}

// The owner is lent the waiter's priority, and gives it back with its last mutex.
CASE(mutex_lends_priority) {
    uint32_t other;
    CHECK(vm_create(lock_and_unlock, NULL, VM_PRIORITY + 1, &other) == 0);
    lock_and_unlock(NULL);
    vm_join(other);
    mutex_end(2);
}

// The second that waits is not forgotten when the first finds the mutex free.
CASE(mutex_three_threads) {
    uint32_t others[2];
    for (unsigned i = 0; i < 2; ++i) {
        others[i] = vm_start(lock_and_unlock, NULL);
    }
    lock_and_unlock(NULL);
    vm_join(others[0]);
    vm_join(others[1]);
    mutex_end(3);
}

static bool had;

static void take_once(void *arg) {
    (void)arg;
    core_mutex_lock(&mutex);
    rtos_poke(had, true);
    core_mutex_unlock(&mutex);
}

static bool is_awaited(void) {
    rtos_crit_t key = rtos_crit_enter();
    bool awaited = mutex.lock.waiters.head != NULL;
    rtos_crit_exit(key);
    return awaited;
}

// Who takes it again and again keeps nobody out for longer than once.
CASE(mutex_is_had_in_the_end) {
    uint32_t other = vm_start(take_once, NULL);
    unsigned releases = 0;
    core_mutex_lock(&mutex);
    while (!rtos_peek(had)) {
        releases += is_awaited();
        core_mutex_unlock(&mutex);
        core_mutex_lock(&mutex);
        CHECK(releases < 2 || rtos_peek(had));
        core_sleep(false, rtos_now_us() + 1);
    }
    core_mutex_unlock(&mutex);
    vm_join(other);
}
