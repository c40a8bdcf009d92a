// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// core/lock.c: waiters lend their priority to who took the lock, through chains, until it is released by whomever.
#include <errno.h>

#include "board.h"
#include "vm.h"

#define LOW VM_PRIORITY
#define MIDDLE (VM_PRIORITY + 1)
#define HIGH (VM_PRIORITY + 2)

static core_lock_t outer, inner;
static core_mutex_t mutex;
static volatile bool inner_taken;
static volatile unsigned ended;

// All below is one step: the machine sees none of its accesses, and there is nothing to choose inside it.
#define UNSEEN __attribute__((no_sanitize("thread")))

UNSEEN static uint32_t taker(const core_lock_t *lock) {
    return *(const uintptr_t *)&lock->word >> 1;
}

UNSEEN static const core_lock_t *awaited(const core_thread_t *t) {
    const char *queue = (const char *)t->queue;
    return core_is_lock(t->waits_for) ? (const core_lock_t *)(queue - offsetof(core_lock_t, waiters)) : NULL;
}

UNSEEN static bool lives(const core_thread_t *t) {
    return *(const uintptr_t *)&t->state <= CORE_RUNNING;
}

UNSEEN static unsigned most(unsigned a, unsigned b) {
    return a > b ? a : b;
}

// The most urgent of a thread, of those that wait for what it took, and so on; there are few enough to ask all of them.
UNSEEN static unsigned wanted(const core_thread_t *holder, unsigned depth) {
    unsigned priority = holder->base;
    for (core_thread_t *t = core_main_thread.next;; t = t->next) {
        const core_lock_t *lock = awaited(t);
        if (lock != NULL && lives(t) && taker(lock) == holder->ident && depth > 0) {
            priority = most(priority, wanted(t, depth - 1));
        }
        if (t == &core_main_thread) {
            return priority;
        }
    }
}

// In the kernel who holds the GIL has also the priority of who waits for that.
UNSEEN static unsigned wanted_in_kernel(const core_thread_t *holder) {
    unsigned priority = holder->priority;
    if (holder == *(core_thread_t **)&core_gil_holder) {
        core_thread_t *t = &core_main_thread;
        do {
            priority = core_gil_awaited_by(t) ? most(priority, t->priority) : priority;
            t = t->next;
        } while (t != &core_main_thread);
    }
    return priority;
}

UNSEEN static bool lent_right(void) {
    for (core_thread_t *t = core_main_thread.next;; t = t->next) {
        if (lives(t) && (t->priority != wanted(t, 3) || t->rtos.priority != wanted_in_kernel(t))) {
            return false;
        }
        if (t == &core_main_thread) {
            return true;
        }
    }
}

static void check_lending(void) {
    rtos_crit_t key = rtos_crit_enter();
    CHECK(lent_right());
    rtos_crit_exit(key);
}

static void acquire(core_lock_t *lock) {
    CHECK(core_lock_acquire(lock, false, CORE_FOREVER) == 0);
    check_lending();
}

static void release(core_lock_t *lock) {
    CHECK(core_lock_release(lock) == 0);
    check_lending();
}

static void take_outer(void *arg) {
    (void)arg;
    acquire(&outer);
    release(&outer);
}

static uint32_t start(void (*body)(void *arg), unsigned priority) {
    uint32_t ident;
    CHECK(vm_create(body, NULL, priority, &ident) == 0);
    return ident;
}

static void end(uint32_t ident) {
    vm_join(ident);
    check_lending();
    CHECK(core_lenders == 0 && core_main_thread.lenders == NULL);
    CHECK(core_main_thread.priority == VM_PRIORITY);
}

CASE(lend_and_give_back) {
    acquire(&outer);
    uint32_t other = start(take_outer, HIGH);
    vm_work();
    check_lending();
    release(&outer);
    end(other);
}

static void take_both(void *arg) {
    (void)arg;
    acquire(&inner);
    inner_taken = true;
    acquire(&outer);
    vm_work();
    release(&outer);
    release(&inner);
}

static void take_inner(void *arg) {
    (void)arg;
    acquire(&inner);
    release(&inner);
}

// High waits for middle, which waits for low.
WIDE_CASE(lend_through_a_chain) {
    acquire(&outer);
    uint32_t middle = start(take_both, MIDDLE);
    uint32_t high = start(take_inner, HIGH);
    vm_work();
    check_lending();
    release(&outer);
    vm_join(middle);
    end(high);
}

// The chain closes only when its last link is there: whoever waits already lends on what it is lent.
WIDE_CASE(lend_to_a_waiter) {
    acquire(&outer);
    uint32_t middle = start(take_both, MIDDLE);
    while (!inner_taken) {
        core_sleep(false, core_deadline(1));
    }
    uint32_t high = start(take_inner, HIGH);
    check_lending();
    release(&outer);
    vm_join(middle);
    end(high);
}

static void take_inner_and_look(void *arg) {
    (void)arg;
    acquire(&inner);
    inner_taken = true;
    // A token that comes for nothing makes it look whether it is still in the queue, while others change its place.
    acquire(&outer);
    CHECK(core_lock_holder(&outer) == core_self()->ident);
    release(&outer);
    release(&inner);
}

WIDE_CASE(lend_moves_who_looks) {
    acquire(&outer);
    uint32_t middle = start(take_inner_and_look, MIDDLE);
    while (!inner_taken || rtos_peek(vm_thread(middle)->queue) != &outer.waiters) {
        core_sleep(false, core_deadline(1));
    }
    uint32_t high = start(take_inner, HIGH);
    rtos_unpark(&vm_thread(middle)->rtos);
    vm_work();
    CHECK(core_lock_holder(&outer) == core_self()->ident);
    release(&outer);
    vm_join(middle);
    end(high);
}

static void set_priority(uint32_t ident, unsigned priority) {
    rtos_crit_t key;
    core_thread_t *t = core_thread_find_locked(ident, &key);
    if (t != NULL) {
        core_thread_set_priority_locked(t, priority);
    }
    CHECK(lent_right());
    rtos_crit_exit(key);
}

// The holder becomes less urgent than who waits for its lock, then more urgent, then an equal.
CASE(priority_of_a_holder) {
    acquire(&outer);
    uint32_t other = start(take_outer, LOW);
    core_sleep(false, core_deadline(1)); // they have come to their locks
    set_priority(core_self()->ident, LOW - 1);
    set_priority(core_self()->ident, MIDDLE);
    set_priority(core_self()->ident, LOW);
    release(&outer);
    end(other);
}

static void change_others(void *arg) {
    uint32_t *idents = arg;
    set_priority(idents[0], MIDDLE);
    set_priority(idents[1], HIGH);
    set_priority(idents[0], LOW - 1);
}

// Who waits at the end of a chain becomes more urgent, and who is in the middle of it less, as others change it all.
WIDE_CASE(priority_of_a_waiter) {
    uint32_t idents[2];
    acquire(&outer);
    idents[0] = start(take_both, LOW);
    idents[1] = start(take_inner, LOW);
    core_sleep(false, core_deadline(1));
    uint32_t other;
    CHECK(vm_create(change_others, idents, LOW, &other) == 0);
    set_priority(idents[1], MIDDLE);
    release(&outer);
    vm_join(other);
    vm_join(idents[0]);
    end(idents[1]);
}

static void take_outer_in_time(void *arg) {
    (void)arg;
    if (core_lock_acquire(&outer, false, core_deadline(1)) == 0) {
        check_lending();
        CHECK(core_lock_release(&outer) == 0);
    }
    check_lending();
}

// Who gives up takes back what it lent, also from a lock that somebody else still waits for.
CASE(lend_until_timeout) {
    acquire(&outer);
    uint32_t other = start(take_outer_in_time, HIGH);
    core_sleep(false, core_deadline(1));
    check_lending();
    release(&outer);
    end(other);
}

WIDE_CASE(lend_until_timeout_of_one) {
    acquire(&outer);
    uint32_t high = start(take_outer_in_time, HIGH);
    uint32_t middle = start(take_outer, MIDDLE);
    core_sleep(false, core_deadline(1));
    check_lending();
    release(&outer);
    vm_join(high);
    end(middle);
}

static void release_for_main(void *arg) {
    (void)arg;
    release(&outer);
}

// It is lent to who took the lock, and given back when another one releases it.
WIDE_CASE(lend_until_another_releases) {
    acquire(&outer);
    uint32_t high = start(take_outer, HIGH);
    uint32_t other = start(release_for_main, LOW);
    vm_work();
    check_lending();
    vm_join(other);
    end(high);
}

static void release_in_interrupt(void) {
    CHECK(core_lock_release(&outer) == 0);
    vm_count(&ended);
}

CASE(lend_until_an_interrupt_releases) {
    acquire(&outer);
    uint32_t high = start(take_outer, HIGH);
    vm_work();
    board_irq_raise(release_in_interrupt);
    while (!ended) {
        sim_spin();
    }
    check_lending();
    end(high);
}

static void take_and_keep(void *arg) {
    (void)arg;
    acquire(&outer);
    inner_taken = true;
}

// A holder that has ended is lent nothing, and its lock goes on.
CASE(lend_to_an_ended_thread) {
    uint32_t holder = start(take_and_keep, LOW);
    while (!inner_taken) {
        core_sleep(false, core_deadline(1));
    }
    uint32_t high = start(take_outer, HIGH);
    vm_work();
    vm_join(holder);
    check_lending();
    release(&outer);
    end(high);
}

static void take_mutex(void *arg) {
    (void)arg;
    core_mutex_lock(&mutex);
    check_lending();
    core_mutex_unlock(&mutex);
    check_lending();
}

// A mutex inside a lock, each awaited by another one: what is given back is no more than that one's.
WIDE_CASE(lend_for_two_locks) {
    acquire(&outer);
    core_mutex_lock(&mutex);
    uint32_t middle = start(take_outer, MIDDLE);
    uint32_t high = start(take_mutex, HIGH);
    vm_work();
    check_lending();
    core_mutex_unlock(&mutex);
    check_lending();
    release(&outer);
    vm_join(high);
    end(middle);
}

static void take_against_main(void *arg) {
    (void)arg;
    if (core_lock_acquire(&inner, false, core_deadline(1)) == 0) {
        if (core_lock_acquire(&outer, false, core_deadline(1)) == 0) {
            CHECK(core_lock_release(&outer) == 0);
        }
        CHECK(core_lock_release(&inner) == 0);
    }
}

// Two that wait for each other until one gives up: lending ends, and nothing of it is left.
CASE(lend_in_a_circle) {
    acquire(&outer);
    uint32_t high = start(take_against_main, HIGH);
    if (core_lock_acquire(&inner, false, core_deadline(2)) == 0) {
        CHECK(core_lock_release(&inner) == 0);
    }
    CHECK(core_lock_release(&outer) == 0);
    end(high);
}

static void take_turn(void *arg) {
    (void)arg;
    check_lending();
    vm_count(&ended);
}

// Who computes with the GIL runs with the priority of who waits for it, and after that with its own.
WIDE_CASE(lend_for_the_gil) {
    uint32_t high = start(take_turn, HIGH);
    uint32_t middle = start(take_turn, MIDDLE);
    for (unsigned i = 0; i < 3; ++i) {
        check_lending();
        vm_loop();
    }
    while (ended < 2) {
        check_lending();
        vm_loop();
        sim_spin();
    }
    vm_join(high);
    end(middle);
}

// The lowest ones wait for each other as locks always did, and nobody looks for a holder.
CASE(lend_nothing_among_equals) {
    acquire(&outer);
    uint32_t other = start(take_outer, VM_PRIORITY);
    vm_work();
    CHECK(core_lenders == 0);
    release(&outer);
    end(other);
}

static void lock_and_unlock(void *arg) {
    (void)arg;
    core_mutex_lock(&mutex);
    core_mutex_unlock(&mutex);
}

static void take_outer_and_mutex(void *arg) {
    core_lock_acquire(&outer, false, CORE_FOREVER);
    lock_and_unlock(arg);
    core_lock_release(&outer);
}

static void take_and_release(void *arg) {
    (void)arg;
    core_lock_acquire(&outer, false, CORE_FOREVER);
    core_lock_release(&outer);
}

// Who takes a mutex that is free for others, and is lent the priority of one that still waits, gives it back.
WIDE_CASE(lend_to_who_takes_it_free) {
    uint32_t others[3];
    core_mutex_lock(&mutex);
    others[0] = start(lock_and_unlock, LOW);
    others[1] = start(take_outer_and_mutex, LOW);
    core_sleep(false, rtos_now_us() + 1);
    others[2] = start(take_and_release, HIGH);
    for (int i = 0; i < 3; ++i) {
        core_mutex_unlock(&mutex);
        core_mutex_lock(&mutex);
    }
    core_mutex_unlock(&mutex);
    for (int i = 0; i < 3; ++i) {
        vm_join(others[i]);
    }
    rtos_crit_t key = rtos_crit_enter();
    CHECK(core_lenders == 0 && core_main_thread.lenders == NULL && core_main_thread.priority == VM_PRIORITY);
    rtos_crit_exit(key);
}
