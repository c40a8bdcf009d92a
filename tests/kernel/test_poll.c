// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Polling.
#include "kernel_test.h"

static struct k_sem sem;
static struct k_fifo fifo;
static struct k_msgq msgq;
static struct k_poll_signal sig;
static char ring[4];
static uintptr_t item[2];
static volatile int results[3];
static atomic_t done;

static void init(void) {
    k_sem_init(&sem, 0, 10);
    k_fifo_init(&fifo);
    k_msgq_init(&msgq, ring, 1, sizeof(ring));
    k_poll_signal_init(&sig);
}

#define EVENTS { \
        K_POLL_EVENT_INITIALIZER(K_POLL_TYPE_SIGNAL, K_POLL_MODE_NOTIFY_ONLY, &sig), \
        K_POLL_EVENT_INITIALIZER(K_POLL_TYPE_SEM_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, &sem), \
        K_POLL_EVENT_INITIALIZER(K_POLL_TYPE_FIFO_DATA_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, &fifo), \
        K_POLL_EVENT_INITIALIZER(K_POLL_TYPE_MSGQ_DATA_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, &msgq), \
}

static const uint8_t states[] = {
    K_POLL_STATE_SIGNALED, K_POLL_STATE_SEM_AVAILABLE, K_POLL_STATE_FIFO_DATA_AVAILABLE,
    K_POLL_STATE_MSGQ_DATA_AVAILABLE,
};

// Make the event of such a number happen.
static void happen(int i) {
    switch (i) {
        case 0: CHECK_IS(k_poll_signal_raise(&sig, 77), 0); break;
        case 1: k_sem_give(&sem); break;
        case 2: k_fifo_put(&fifo, &item[0]); break;
        case 3: CHECK_IS(k_msgq_put(&msgq, "x", K_NO_WAIT), 0); break;
    }
}

static void check_states(const struct k_poll_event *events, unsigned happened) {
    for (int i = 0; i < 4; ++i) {
        CHECK_IS(events[i].state, happened >> i & 1 ? states[i] : K_POLL_STATE_NOT_READY);
    }
}

static void check_nobody_polls(void) {
    CHECK(sys_dlist_is_empty(&sem.poll_events) && sys_dlist_is_empty(&fifo._queue.poll_events));
    CHECK(sys_dlist_is_empty(&msgq.poll_events) && sys_dlist_is_empty(&sig.poll_events));
}

// ---- without waiting

CASE(poll_ready) {
    for (unsigned happened = 0; happened < 16; happened += 5) {
        init();
        struct k_poll_event events[] = EVENTS;
        for (int i = 0; i < 4; ++i) {
            if (happened >> i & 1) {
                happen(i);
            }
        }
        CHECK_IS(k_poll(events, 4, K_NO_WAIT), happened != 0 ? 0 : -EAGAIN);
        check_states(events, happened);
    }
    struct k_poll_event events[] = EVENTS;
    CHECK_IS(k_poll(events, 4, K_FOREVER), 0); // and nothing was taken
    check_states(events, 15);
    CHECK_IS(k_sem_count_get(&sem), 1);
    CHECK_IS(k_msgq_num_used_get(&msgq), 1);
    check_nobody_polls();
}

CASE(poll_event_init) {
    init();
    struct k_poll_event event = K_POLL_EVENT_STATIC_INITIALIZER(K_POLL_TYPE_SIGNAL, K_POLL_MODE_NOTIFY_ONLY, &sig, 7);
    CHECK(event.tag == 7 && event.signal == &sig && event.state == K_POLL_STATE_NOT_READY);
    k_poll_event_init(&event, K_POLL_TYPE_SEM_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, &sem);
    CHECK(event.tag == 7 && event.sem == &sem && event.state == K_POLL_STATE_NOT_READY);
    happen(1);
    CHECK_IS(k_poll(&event, 1, K_NO_WAIT), 0);
    CHECK_IS(event.state, K_POLL_STATE_SEM_AVAILABLE);
}

CASE(poll_bad) {
    init();
    struct k_poll_event event;
    k_poll_event_init(&event, K_POLL_TYPE_SEM_AVAILABLE, K_POLL_NUM_MODES, &sem);
    CHECK_IS(k_poll(&event, 1, K_NO_WAIT), -EINVAL);
    k_poll_event_init(&event, K_POLL_TYPE_SEM_AVAILABLE | K_POLL_TYPE_SIGNAL, K_POLL_MODE_NOTIFY_ONLY, &sem);
    CHECK_IS(k_poll(&event, 1, K_NO_WAIT), -EINVAL);
    k_poll_event_init(&event, 0x80, K_POLL_MODE_NOTIFY_ONLY, &sem);
    CHECK_IS(k_poll(&event, 1, K_NO_WAIT), -EINVAL);
    k_poll_event_init(&event, K_POLL_TYPE_SEM_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, NULL);
    CHECK_IS(k_poll(&event, 1, K_NO_WAIT), -EINVAL);
    CHECK_IS(k_poll(NULL, 1, K_NO_WAIT), -EINVAL);
    CHECK_IS(k_poll(&event, -1, K_NO_WAIT), -EINVAL);
}

CASE(poll_ignore) {
    init();
    struct k_poll_event events[] = EVENTS;
    events[1].type = K_POLL_TYPE_IGNORE;
    happen(1);
    CHECK_IS(k_poll(events, 4, K_NO_WAIT), -EAGAIN);
    CHECK_IS(k_poll(events, 4, K_MSEC(1)), -EAGAIN);
    check_states(events, 0);
    CHECK_IS(k_poll(NULL, 0, K_MSEC(1)), -EAGAIN);
}

static struct k_poll_signal static_signal = K_POLL_SIGNAL_INITIALIZER(static_signal);

CASE(poll_signal) {
    unsigned signaled;
    int result;
    k_poll_signal_check(&static_signal, &signaled, &result);
    CHECK_IS(signaled, 0);
    CHECK_IS(k_poll_signal_raise(&static_signal, -3), 0);
    CHECK_IS(k_poll_signal_raise(&static_signal, 5), 0);
    k_poll_signal_check(&static_signal, &signaled, &result);
    CHECK(signaled == 1 && result == 5);
    k_poll_signal_reset(&static_signal);
    k_poll_signal_check(&static_signal, &signaled, &result);
    CHECK_IS(signaled, 0);
}

// ---- waiting

CASE(poll_timeout) {
    init();
    struct k_poll_event events[] = EVENTS;
    int64_t begin = k_uptime_ticks();
    CHECK_IS(k_poll(events, 4, K_MSEC(5)), -EAGAIN);
    CHECK(k_uptime_ticks() - begin >= 5000);
    CHECK_IS(k_poll(events, 4, K_TIMEOUT_ABS_MS(1)), -EAGAIN);
    CHECK_IS(k_poll(events, 4, K_USEC(-1)), -EAGAIN);
    check_states(events, 0);
    check_nobody_polls();
}

static void poll_all(void *arg) {
    struct k_poll_event events[] = EVENTS;
    CHECK_IS(k_poll(events, 4, K_FOREVER), 0);
    check_states(events, 1u << (intptr_t)arg);
    check_nobody_polls();
    atomic_inc(&done);
}

static void poll_until(int i) {
    init();
    k_tid_t t = test_spawn(poll_all, (void *)(intptr_t)i, 1);
    test_await_wait(t);
    happen(i);
    test_join(t);
    CHECK_IS(atomic_get(&done), 1);
}

CASE(poll_until_signal) {
    poll_until(0);
    unsigned signaled;
    int result;
    k_poll_signal_check(&sig, &signaled, &result);
    CHECK(signaled == 1 && result == 77);
}

CASE(poll_until_sem) {
    poll_until(1);
    CHECK_IS(k_sem_count_get(&sem), 1);
}

CASE(poll_until_data) {
    poll_until(2);
    CHECK(k_fifo_get(&fifo, K_NO_WAIT) == &item[0]);
}

CASE(poll_until_message) {
    poll_until(3);
    CHECK_IS(k_msgq_num_used_get(&msgq), 1);
}

static void one_happens(void *arg) {
    happen((int)(intptr_t)arg);
}

// It is seen, or told: never between.
CASE(poll_beside_event) {
    init();
    struct k_poll_event events[] = EVENTS;
    k_tid_t t = test_spawn(one_happens, (void *)2, 0);
    CHECK_IS(k_poll(events, 4, K_FOREVER), 0);
    check_states(events, 1u << 2);
    test_join(t);
}

// Whatever comes first, or together: what was there and what came is said.
static void two_happen(void *arg) {
    (void)arg;
    happen(1);
    happen(3);
}

CASE(poll_beside_events) {
    init();
    struct k_poll_event events[] = EVENTS;
    k_tid_t t = test_spawn(two_happen, NULL, 0);
    CHECK_IS(k_poll(events, 4, K_FOREVER), 0);
    CHECK(events[1].state == K_POLL_STATE_SEM_AVAILABLE || events[3].state == K_POLL_STATE_MSGQ_DATA_AVAILABLE);
    test_join(t);
    check_nobody_polls();
    CHECK_IS(k_poll(events, 4, K_NO_WAIT), 0);
    check_states(events, 1u << 1 | 1u << 3);
}

CASE(poll_event_beside_timeout) {
    init();
    struct k_poll_event events[] = EVENTS;
    k_tid_t t = test_spawn(two_happen, NULL, 1);
    int ret = k_poll(events, 4, K_MSEC(1));
    CHECK(ret == 0 || ret == -EAGAIN);
    if (ret == -EAGAIN) {
        check_states(events, 0);
    }
    test_join(t);
    check_nobody_polls();
    CHECK_IS(k_sem_count_get(&sem), 1);
}

// The events of a thread that has timed out or ended are nobody's.
static void poll_for_a_time(void *arg) {
    (void)arg;
    struct k_poll_event events[] = EVENTS;
    CHECK_IS(k_poll(events, 4, K_MSEC(1)), -EAGAIN);
}

CASE(poll_left_by_timeout) {
    init();
    k_tid_t t = test_spawn(poll_for_a_time, NULL, 1);
    test_join(t);
    check_nobody_polls();
    two_happen(NULL);
    CHECK_IS(k_sem_take(&sem, K_NO_WAIT), 0);
}

CASE(poll_left_by_abort) {
    init();
    k_tid_t t = test_spawn(poll_all, (void *)0, 1);
    test_await_wait(t);
    test_end(t);
    check_nobody_polls();
    two_happen(NULL);
    CHECK_IS(k_sem_take(&sem, K_NO_WAIT), 0);
}

// ---- who is told

static void poll_sem(void *arg) {
    struct k_poll_event event = K_POLL_EVENT_INITIALIZER(K_POLL_TYPE_SEM_AVAILABLE, K_POLL_MODE_NOTIFY_ONLY, &sem);
    results[(intptr_t)arg] = k_poll(&event, 1, K_FOREVER);
    results[(intptr_t)arg] = 10 + (int)atomic_inc(&done);
}

// One each time, the most urgent first, also when that has changed.
WIDE_CASE(poll_most_urgent_first) {
    init();
    k_tid_t threads[3];
    for (int i = 0; i < 3; ++i) {
        threads[i] = test_spawn(poll_sem, (void *)(intptr_t)i, 3);
        test_await_wait(threads[i]);
    }
    k_thread_priority_set(threads[2], TEST_PRIO + 2);
    for (int i = 0; i < 3; ++i) {
        k_sem_give(&sem);
        AWAIT(atomic_get(&done) == i + 1);
    }
    for (int i = 0; i < 3; ++i) {
        test_join(threads[i]);
    }
    CHECK(results[2] == 10 && results[0] == 11 && results[1] == 12);
}

static void take(void *arg) {
    (void)arg;
    CHECK_IS(k_sem_take(&sem, K_FOREVER), 0);
}

WIDE_CASE(poll_after_who_takes) {
    init();
    k_tid_t poller = test_spawn(poll_sem, (void *)0, 1);
    test_await_wait(poller);
    k_tid_t taker = test_spawn(take, NULL, 2);
    test_await_wait(taker);
    k_sem_give(&sem);
    test_join(taker);
    CHECK_IS(atomic_get(&done), 0);
    k_sem_give(&sem);
    test_join(poller);
    CHECK_IS(atomic_get(&done), 1);
}

// A thread that was told of one thing has left the other: that is told to the next.
static void poll_sem_and_signal(void *arg) {
    struct k_poll_event events[] = EVENTS;
    CHECK_IS(k_poll(events, 2, K_FOREVER), 0);
    results[(intptr_t)arg] = events[0].state | events[1].state;
}

WIDE_CASE(poll_told_of_one_thing) {
    init();
    k_tid_t threads[2];
    for (int i = 0; i < 2; ++i) {
        threads[i] = test_spawn(poll_sem_and_signal, (void *)(intptr_t)i, 1);
        test_await_wait(threads[i]);
    }
    unsigned key = irq_lock();
    happen(1);
    happen(0);
    irq_unlock(key);
    for (int i = 0; i < 2; ++i) {
        test_join(threads[i]);
    }
    CHECK(results[0] == K_POLL_STATE_SEM_AVAILABLE && results[1] == K_POLL_STATE_SIGNALED);
}

// ---- cancelled, reset, interrupts

static void poll_cancelled(void *arg) {
    (void)arg;
    struct k_poll_event events[] = EVENTS;
    CHECK_IS(k_poll(events, 4, K_FOREVER), -EINTR);
    CHECK_IS(events[2].state, K_POLL_STATE_CANCELLED);
    CHECK(k_fifo_get(&fifo, K_NO_WAIT) == NULL);
    check_nobody_polls();
    atomic_inc(&done);
}

CASE(poll_queue_cancel_wait) {
    init();
    k_tid_t t = test_spawn(poll_cancelled, NULL, 1);
    test_await_wait(t);
    k_fifo_cancel_wait(&fifo);
    test_join(t);
    CHECK_IS(atomic_get(&done), 1);
}

// Who polls waits on when the semaphore is reset.
CASE(poll_sem_reset) {
    init();
    k_tid_t t = test_spawn(poll_all, (void *)1, 1);
    test_await_wait(t);
    k_sem_reset(&sem);
    happen(1);
    test_join(t);
    CHECK_IS(atomic_get(&done), 1);
}

// A wake-up is for sleeps.
CASE(poll_not_woken_up) {
    init();
    k_tid_t t = test_spawn(poll_all, (void *)1, 1);
    test_await_wait(t);
    k_wakeup(t);
    happen(1);
    test_join(t);
    CHECK_IS(atomic_get(&done), 1);
}

static void raise_in_isr(void) {
    struct k_poll_event events[] = EVENTS;
    CHECK_IS(k_poll(events, 4, K_NO_WAIT), -EAGAIN);
    happen(0);
    CHECK_IS(k_poll(events, 4, K_NO_WAIT), 0);
    check_states(events, 1u << 0);
}

CASE(poll_from_interrupt) {
    init();
    k_tid_t t = test_spawn(poll_all, (void *)0, 1);
    test_await_wait(t);
    test_in_isr(raise_in_isr);
    test_join(t);
    CHECK_IS(atomic_get(&done), 1);
}

// As a server does: each thing that happens is dealt with, and the states are reset.
static void produce(void *arg) {
    (void)arg;
    for (int i = 0; i < TEST_ROUNDS(100); ++i) {
        k_sem_give(&sem);
        k_fifo_put(&fifo, &item[i % 2]);
        AWAIT(atomic_get(&done) == 2 * (i + 1));
    }
}

WIDE_CASE(poll_server) {
    init();
    struct k_poll_event events[] = EVENTS;
    k_tid_t t = test_spawn(produce, NULL, 1);
    while (atomic_get(&done) < 2 * TEST_ROUNDS(100)) {
        CHECK_IS(k_poll(events, 4, K_FOREVER), 0);
        if (events[1].state == K_POLL_STATE_SEM_AVAILABLE) {
            CHECK_IS(k_sem_take(&sem, K_NO_WAIT), 0);
            atomic_inc(&done);
        }
        if (events[2].state == K_POLL_STATE_FIFO_DATA_AVAILABLE) {
            CHECK(k_fifo_get(&fifo, K_NO_WAIT) != NULL);
            atomic_inc(&done);
        }
        events[1].state = events[2].state = K_POLL_STATE_NOT_READY;
    }
    test_join(t);
}
