// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Mutexes: who has one, and what priority those have that others wait for.
#include "kern.h"
#include "kernel_test.h"

static struct k_mutex mutexes[3];
static struct k_sem go;

static void init(void) {
    for (unsigned i = 0; i < ARRAY_SIZE(mutexes); ++i) {
        CHECK_IS(k_mutex_init(&mutexes[i]), 0);
    }
    k_sem_init(&go, 0, K_SEM_MAX_LIMIT);
}

// ---- what every thread's priority has to be

// The machine sees none of the accesses below.
#define UNSEEN __attribute__((no_sanitize("thread")))

// From who waits for whom, and not from the lists of mutexes. There are few enough to ask all of them.
UNSEEN static int wanted_prio(const struct k_thread *owner, unsigned depth) {
    int prio = owner->own_prio;
    for (const sys_dnode_t *node = kern.threads.head; node != &kern.threads; node = node->next) {
        const struct k_thread *t = CONTAINER_OF(node, struct k_thread, all);
        if (t->wanted != NULL && t->wanted->owner == owner && depth > 0) {
            int lent = wanted_prio(t, depth - 1);
            prio = lent < prio ? lent : prio;
        }
    }
    return prio;
}

UNSEEN static bool lent_right(void) {
    for (const sys_dnode_t *node = kern.threads.head; node != &kern.threads; node = node->next) {
        const struct k_thread *t = CONTAINER_OF(node, struct k_thread, all);
        if (t->prio != wanted_prio(t, 4)) {
            return false;
        }
    }
    return true;
}

static void check_lent(void) {
    unsigned key = irq_lock();
    CHECK(lent_right());
    irq_unlock(key);
}

static void lock(struct k_mutex *mutex) {
    CHECK_IS(k_mutex_lock(mutex, K_FOREVER), 0);
    check_lent();
}

static void unlock(struct k_mutex *mutex) {
    CHECK_IS(k_mutex_unlock(mutex), 0);
    check_lent();
}

static int own_prio(void) {
    return k_thread_priority_get(k_current_get());
}

// ---- results

static K_MUTEX_DEFINE(defined);

CASE(mutex_counts) {
    CHECK_IS(k_mutex_unlock(&defined), -EINVAL);
    CHECK_IS(k_mutex_lock(&defined, K_NO_WAIT), 0);
    CHECK_IS(k_mutex_lock(&defined, K_FOREVER), 0);
    CHECK_IS(k_mutex_lock(&defined, K_MSEC(1)), 0);
    CHECK_IS(defined.lock_count, 3);
    CHECK(defined.owner == k_current_get());
    for (int i = 0; i < 3; ++i) {
        CHECK_IS(k_mutex_unlock(&defined), 0);
    }
    CHECK(defined.owner == NULL);
    CHECK_IS(k_mutex_unlock(&defined), -EINVAL);
}

// Have it until `go`.
static void hold(void *arg) {
    lock(arg);
    CHECK_IS(k_sem_take(&go, K_FOREVER), 0);
    unlock(arg);
}

static k_tid_t spawn_holder(struct k_mutex *mutex, int below) {
    k_tid_t t = test_spawn(hold, mutex, below);
    test_await_wait(t);
    return t;
}

CASE(mutex_timeout) {
    init();
    k_tid_t t = spawn_holder(&mutexes[0], 1);
    int64_t begin = k_uptime_ticks();
    CHECK_IS(k_mutex_lock(&mutexes[0], K_MSEC(5)), -EAGAIN);
    CHECK(k_uptime_ticks() - begin >= 5000);
    CHECK_IS(k_mutex_lock(&mutexes[0], K_TIMEOUT_ABS_MS(1)), -EAGAIN);
    CHECK_IS(k_mutex_lock(&mutexes[0], K_NO_WAIT), -EBUSY);
    CHECK_IS(k_mutex_lock(&mutexes[0], K_USEC(-1)), -EBUSY);
    CHECK_IS(k_mutex_unlock(&mutexes[0]), -EPERM);
    k_sem_give(&go);
    CHECK_IS(k_mutex_lock(&mutexes[0], K_FOREVER), 0);
    test_join(t);
    CHECK_IS(k_mutex_unlock(&mutexes[0]), 0);
}

CASE(mutex_hands_over) {
    init();
    lock(&mutexes[0]);
    lock(&mutexes[0]);
    k_tid_t t = spawn_holder(&mutexes[0], 1);
    unlock(&mutexes[0]);
    CHECK(mutexes[0].owner == k_current_get());
    unlock(&mutexes[0]);
    CHECK(mutexes[0].owner == t);
    CHECK_IS(k_mutex_lock(&mutexes[0], K_NO_WAIT), -EBUSY); // it is the waiter's, whether that has run or not
    CHECK_IS(k_mutex_unlock(&mutexes[0]), -EPERM);
    k_sem_give(&go);
    test_join(t);
    CHECK_IS(k_mutex_lock(&mutexes[0], K_NO_WAIT), 0);
}

static int inside;

static void count_inside(void *arg) {
    (void)arg;
    for (int i = 0; i < TEST_ROUNDS(100); ++i) {
        lock(&mutexes[0]);
        inside += 1;
        CHECK_IS(inside, 1);
        check_lent(); // a point, where others may come
        inside -= 1;
        unlock(&mutexes[0]);
    }
}

CASE(mutex_excludes) {
    init();
    k_tid_t t = test_spawn(count_inside, NULL, 0);
    count_inside(NULL);
    test_join(t);
    CHECK_IS(own_prio(), TEST_PRIO);
}

static int order[3], ordered;

static void note_order(void *arg) {
    lock(&mutexes[0]);
    order[ordered] = (int)(intptr_t)arg;
    ordered += 1;
    unlock(&mutexes[0]);
}

WIDE_CASE(mutex_most_urgent_first) {
    init();
    lock(&mutexes[0]);
    k_tid_t threads[3];
    for (int i = 0; i < 3; ++i) {
        threads[i] = test_spawn(note_order, (void *)(intptr_t)i, i == 2 ? 1 : 2);
        test_await_wait(threads[i]);
    }
    unlock(&mutexes[0]);
    for (int i = 0; i < 3; ++i) {
        test_join(threads[i]);
    }
    CHECK(order[0] == 2 && order[1] == 0 && order[2] == 1);
}

static void lock_once(void *arg) {
    (void)arg;
    lock(&mutexes[0]);
    unlock(&mutexes[0]);
}

CASE(mutex_grant_beside_timeout) {
    init();
    k_tid_t t = test_spawn(lock_once, NULL, 1);
    int ret = k_mutex_lock(&mutexes[0], K_MSEC(1));
    CHECK(ret == 0 || ret == -EAGAIN);
    CHECK_IS(k_mutex_unlock(&mutexes[0]) == 0, ret == 0);
    test_join(t);
    check_lent();
    CHECK_IS(k_mutex_lock(&mutexes[0], K_NO_WAIT), 0);
}

// ---- ends

CASE(mutex_waiter_aborted) {
    init();
    lock(&mutexes[0]);
    k_tid_t t = test_spawn(lock_once, NULL, -2);
    test_await_wait(t);
    CHECK_IS(own_prio(), TEST_PRIO - 2);
    test_end(t);
    CHECK_IS(own_prio(), TEST_PRIO);
    unlock(&mutexes[0]);
    CHECK(mutexes[0].owner == NULL);
}

CASE(mutex_aborted_anywhere) {
    init();
    k_tid_t t = test_spawn(lock_once, NULL, -1);
    CHECK(k_mutex_lock(&mutexes[0], K_MSEC(1)) <= 0);
    test_end(t);
    check_lent();
    CHECK(mutexes[0].owner == NULL || mutexes[0].owner == k_current_get());
    CHECK_IS(own_prio(), TEST_PRIO);
}

// A mutex whose owner has died stays locked, and is nobody's.
WIDE_CASE(mutex_owner_aborted) {
    init();
    k_tid_t t = spawn_holder(&mutexes[0], 2);
    k_tid_t waiter = test_spawn(lock_once, NULL, 1);
    test_await_wait(waiter);
    CHECK_IS(k_thread_priority_get(t), TEST_PRIO + 1);
    test_end(t);
    CHECK(mutexes[0].owner == NULL);
    CHECK_IS(k_mutex_lock(&mutexes[0], K_NO_WAIT), -EBUSY);
    CHECK_IS(k_mutex_lock(&mutexes[0], K_MSEC(1)), -EAGAIN);
    CHECK_IS(k_mutex_unlock(&mutexes[0]), -EPERM);
    CHECK(waiter->wanted == &mutexes[0]);
    test_end(waiter);
    check_lent();
    CHECK_IS(k_mutex_init(&mutexes[0]), 0);
    CHECK_IS(k_mutex_lock(&mutexes[0], K_NO_WAIT), 0);
}

// ---- lending

static void fail_to_lock(void *arg) {
    CHECK_IS(k_mutex_lock(arg, K_MSEC(1)), -EAGAIN);
    check_lent();
}

CASE(mutex_lent_until_timeout) {
    init();
    lock(&mutexes[0]);
    k_tid_t t = test_spawn(fail_to_lock, &mutexes[0], -2);
    AWAIT(own_prio() == TEST_PRIO - 2 || (t->state & _THREAD_DEAD));
    test_join(t);
    CHECK_IS(own_prio(), TEST_PRIO);
    unlock(&mutexes[0]);
}

CASE(mutex_lent_until_unlocked) {
    init();
    lock(&mutexes[0]);
    lock(&mutexes[1]);
    k_tid_t t = test_spawn(lock_once, NULL, -2);
    test_await_wait(t);
    CHECK_IS(own_prio(), TEST_PRIO - 2);
    unlock(&mutexes[1]);
    CHECK_IS(own_prio(), TEST_PRIO - 2);
    unlock(&mutexes[0]);
    CHECK_IS(own_prio(), TEST_PRIO);
    test_join(t);
}

CASE(mutex_waiter_changes_priority) {
    init();
    lock(&mutexes[0]);
    k_tid_t t = test_spawn(lock_once, NULL, 2);
    test_await_wait(t);
    CHECK_IS(own_prio(), TEST_PRIO);
    k_thread_priority_set(t, TEST_PRIO - 3);
    CHECK_IS(own_prio(), TEST_PRIO - 3);
    k_thread_priority_set(t, TEST_PRIO - 1);
    CHECK_IS(own_prio(), TEST_PRIO - 1);
    k_thread_priority_set(t, TEST_PRIO + 1);
    CHECK_IS(own_prio(), TEST_PRIO);
    unlock(&mutexes[0]);
    test_join(t);
}

CASE(mutex_owner_changes_priority) {
    init();
    lock(&mutexes[0]);
    k_tid_t t = test_spawn(lock_once, NULL, -2);
    test_await_wait(t);
    k_thread_priority_set(k_current_get(), TEST_PRIO + 3);
    CHECK_IS(own_prio(), TEST_PRIO - 2);
    k_thread_priority_set(k_current_get(), TEST_PRIO - 3);
    CHECK_IS(own_prio(), TEST_PRIO - 3);
    k_thread_priority_set(k_current_get(), TEST_PRIO + 1);
    CHECK_IS(own_prio(), TEST_PRIO - 2);
    unlock(&mutexes[0]);
    CHECK_IS(own_prio(), TEST_PRIO + 1);
    test_join(t);
    k_thread_priority_set(k_current_get(), TEST_PRIO);
}

static void lock_it(void *arg) {
    lock(arg);
    unlock(arg);
    CHECK_IS(own_prio(), k_current_get()->own_prio);
}

WIDE_CASE(mutex_unlocked_in_any_order) {
    static const int8_t urgent[] = {-1, -3, -2};
    init();
    k_tid_t threads[3];
    for (int i = 0; i < 3; ++i) {
        lock(&mutexes[i]);
    }
    for (int i = 0; i < 3; ++i) {
        threads[i] = test_spawn(lock_it, &mutexes[i], urgent[i]);
        test_await_wait(threads[i]);
    }
    CHECK_IS(own_prio(), TEST_PRIO - 3);
    unlock(&mutexes[1]);
    CHECK_IS(own_prio(), TEST_PRIO - 2);
    unlock(&mutexes[0]);
    CHECK_IS(own_prio(), TEST_PRIO - 2);
    unlock(&mutexes[2]);
    CHECK_IS(own_prio(), TEST_PRIO);
    for (int i = 0; i < 3; ++i) {
        test_join(threads[i]);
    }
}

// Who waits behind another for one mutex lends to the first of them when that has it.
WIDE_CASE(mutex_lent_to_next_owner) {
    init();
    lock(&mutexes[0]);
    k_tid_t t = spawn_holder(&mutexes[0], 1);
    k_tid_t second = test_spawn(lock_once, NULL, 2);
    test_await_wait(second);
    unlock(&mutexes[0]);
    CHECK(mutexes[0].owner == t);
    k_thread_priority_set(second, TEST_PRIO - 1);
    CHECK_IS(k_thread_priority_get(t), TEST_PRIO - 1);
    k_sem_give(&go);
    test_join(t);
    test_join(second);
}

static void hold_1_want_0(void *arg) {
    (void)arg;
    lock(&mutexes[1]);
    lock(&mutexes[0]);
    unlock(&mutexes[0]);
    unlock(&mutexes[1]);
    CHECK_IS(own_prio(), k_current_get()->own_prio);
}

WIDE_CASE(mutex_chain) {
    init();
    k_tid_t last = spawn_holder(&mutexes[0], 3);
    k_tid_t middle = test_spawn(hold_1_want_0, NULL, 2);
    test_await_wait(middle);
    CHECK_IS(k_thread_priority_get(last), TEST_PRIO + 2);
    k_tid_t first = test_spawn(lock_it, &mutexes[1], -2);
    test_await_wait(first);
    CHECK_IS(k_thread_priority_get(middle), TEST_PRIO - 2);
    CHECK_IS(k_thread_priority_get(last), TEST_PRIO - 2);
    k_thread_priority_set(first, TEST_PRIO + 1);
    CHECK_IS(k_thread_priority_get(last), TEST_PRIO + 1);
    test_end(first);
    CHECK_IS(k_thread_priority_get(middle), TEST_PRIO + 2);
    CHECK_IS(k_thread_priority_get(last), TEST_PRIO + 2);
    k_sem_give(&go);
    test_join(middle);
    test_join(last);
}

// The middle of a chain goes: what it has passed on goes, too.
WIDE_CASE(mutex_chain_breaks) {
    init();
    k_tid_t last = spawn_holder(&mutexes[0], 3);
    k_tid_t middle = test_spawn(hold_1_want_0, NULL, 2);
    test_await_wait(middle);
    k_tid_t first = test_spawn(fail_to_lock, &mutexes[1], -2);
    test_await_wait(first);
    test_end(middle);
    CHECK_IS(k_thread_priority_get(last), TEST_PRIO + 3);
    CHECK(mutexes[1].owner == NULL);
    k_sem_give(&go);
    test_join(first);
    test_join(last);
    CHECK(mutexes[0].owner == NULL);
}

// ---- a circle

static void in_circle(void *arg) {
    int i = (int)(intptr_t)arg;
    CHECK_IS(k_mutex_lock(&mutexes[i], K_FOREVER), 0);
    k_sem_take(&go, K_FOREVER);
    CHECK_IS(k_mutex_lock(&mutexes[!i], K_FOREVER), 0);
    CHECK_IS(k_mutex_unlock(&mutexes[!i]), 0);
    CHECK_IS(k_mutex_unlock(&mutexes[i]), 0);
}

WIDE_CASE(mutex_circle) {
    init();
    k_tid_t threads[2];
    for (int i = 0; i < 2; ++i) {
        threads[i] = test_spawn(in_circle, (void *)(intptr_t)i, 1 + i);
        test_await_wait(threads[i]);
    }
    k_sem_give(&go);
    k_sem_give(&go);
    AWAIT(threads[0]->wanted != NULL && threads[1]->wanted != NULL);
    CHECK_IS(k_thread_priority_get(threads[1]), TEST_PRIO + 1);
    CHECK_IS(k_mutex_lock(&mutexes[0], K_MSEC(1)), -EAGAIN);
    k_thread_priority_set(threads[1], TEST_PRIO - 3);
    CHECK_IS(k_thread_priority_get(threads[0]), TEST_PRIO - 3);
    k_thread_priority_set(threads[1], TEST_PRIO + 3);
    test_end(threads[0]);
    // Nobody lends it anything now.
    CHECK_IS(k_thread_priority_get(threads[1]), TEST_PRIO + 3);
    test_end(threads[1]);
}

static void in_circle_for_a_while(void *arg) {
    int i = (int)(intptr_t)arg;
    CHECK_IS(k_mutex_lock(&mutexes[i], K_FOREVER), 0);
    if (k_mutex_lock(&mutexes[!i], i == 0 ? K_MSEC(1) : K_FOREVER) == 0) {
        CHECK_IS(k_mutex_unlock(&mutexes[!i]), 0);
    }
    CHECK_IS(k_mutex_unlock(&mutexes[i]), 0);
    CHECK_IS(own_prio(), k_current_get()->own_prio);
}

WIDE_CASE(mutex_circle_breaks) {
    init();
    k_tid_t threads[2];
    for (int i = 0; i < 2; ++i) {
        threads[i] = test_spawn(in_circle_for_a_while, (void *)(intptr_t)i, 1 - 3 * i);
    }
    for (int i = 0; i < 2; ++i) {
        test_join(threads[i]);
    }
    CHECK(mutexes[0].owner == NULL && mutexes[1].owner == NULL);
}

// ---- all of it at once: a chain of three that breaks anywhere

// Every wait ends, whoever was aborted with what: mutexes of the dead stay locked.
static bool try(struct k_mutex *mutex) {
    int ret = k_mutex_lock(mutex, K_MSEC(1));
    CHECK(ret == 0 || ret == -EAGAIN);
    check_lent();
    return ret == 0;
}

static atomic_t linked;

static void link(void *arg) {
    int i = (int)(intptr_t)arg;
    lock(&mutexes[i]);
    CHECK_IS(k_sem_take(&go, K_FOREVER), 0);
    bool next = i < 2 && try(&mutexes[i + 1]);
    // In the order of locking, which is not the one that nests.
    unlock(&mutexes[i]);
    if (next) {
        unlock(&mutexes[i + 1]);
    }
    unsigned key = irq_lock(); // it may be changed just now
    CHECK_IS(own_prio(), k_current_get()->own_prio);
    irq_unlock(key);
    atomic_inc(&linked);
}

// The last of the chain has its mutex until it is told; each of the others may give up at any point.
static void torture(k_tid_t *threads, bool aborts) {
    static const int8_t below[] = {-2, 1, 2};
    init();
    for (int i = 0; i < 3; ++i) {
        threads[i] = test_spawn(link, (void *)(intptr_t)i, below[i]);
        test_await_wait(threads[i]);
    }
    k_sem_give(&go);
    k_sem_give(&go);
    bool have = try(&mutexes[1]);
    k_thread_priority_set(threads[1], TEST_PRIO - 3);
    check_lent();
    for (int i = 0; aborts && i < 2; ++i) {
        k_thread_abort(threads[i]);
        check_lent();
    }
    k_sem_give(&go);
    if (have) {
        unlock(&mutexes[1]);
    }
}

static void end_torture(k_tid_t *threads) {
    for (int i = 0; i < 3; ++i) {
        test_join(threads[i]);
    }
    CHECK_IS(own_prio(), TEST_PRIO);
    CHECK(k_current_get()->held == NULL && k_current_get()->wanted == NULL);
    for (int i = 0; i < 3; ++i) {
        CHECK(mutexes[i].owner == NULL && sys_dlist_is_empty(&mutexes[i].wait_q.waiters));
    }
    check_lent();
}

WIDE_CASE(mutex_torture) {
    k_tid_t threads[3];
    torture(threads, false);
    end_torture(threads);
    CHECK_IS(atomic_get(&linked), 3);
    for (int i = 0; i < 3; ++i) {
        CHECK_IS(mutexes[i].lock_count, 0);
    }
}

WIDE_CASE(mutex_torture_with_aborts) {
    k_tid_t threads[3];
    torture(threads, true);
    end_torture(threads);
}
