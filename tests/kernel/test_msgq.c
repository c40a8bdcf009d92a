// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Message queues.
#include "kernel_test.h"

#define MOST (2)

typedef struct {
    uint16_t value;
    uint8_t rest[5];
} message_t;

static struct k_msgq q;
static char ring[MOST * sizeof(message_t)];
static atomic_t done;
static int order[4];

static message_t message(int value) {
    message_t m = { .value = (uint16_t)value };
    for (unsigned i = 0; i < sizeof(m.rest); ++i) {
        m.rest[i] = (uint8_t)(value + i);
    }
    return m;
}

static int value(const message_t *m) {
    for (unsigned i = 0; i < sizeof(m->rest); ++i) {
        CHECK_IS(m->rest[i], (uint8_t)(m->value + i));
    }
    return m->value;
}

static int put(int value, k_timeout_t timeout) {
    message_t m = message(value);
    return k_msgq_put(&q, &m, timeout);
}

static int put_front(int value) {
    message_t m = message(value);
    return k_msgq_put_front(&q, &m);
}

// The value, or an error.
static int get(k_timeout_t timeout) {
    message_t m;
    int ret = k_msgq_get(&q, &m, timeout);
    return ret == 0 ? value(&m) : ret;
}

static int peek_at(unsigned index) {
    message_t m;
    int ret = k_msgq_peek_at(&q, &m, index);
    return ret == 0 ? value(&m) : ret;
}

static void init(int used) {
    k_msgq_init(&q, ring, sizeof(message_t), MOST);
    for (int i = 0; i < used; ++i) {
        CHECK_IS(put(i, K_NO_WAIT), 0);
    }
}

// ---- without waiting

CASE(msgq_attributes) {
    init(1);
    struct k_msgq_attrs attrs;
    k_msgq_get_attrs(&q, &attrs);
    CHECK(attrs.msg_size == sizeof(message_t) && attrs.max_msgs == MOST && attrs.used_msgs == 1);
    CHECK_IS(k_msgq_num_used_get(&q), 1);
    CHECK_IS(k_msgq_num_free_get(&q), MOST - 1);
}

CASE(msgq_first_in_first_out) {
    init(MOST);
    CHECK_IS(put(9, K_NO_WAIT), -ENOMSG);
    // Around the ring's end and again.
    for (int i = 0; i < MOST + 1; ++i) {
        CHECK_IS(get(K_NO_WAIT), i);
        CHECK_IS(put(i + MOST, K_NO_WAIT), 0);
    }
    CHECK_IS(get(K_NO_WAIT), MOST + 1);
    CHECK_IS(get(K_NO_WAIT), MOST + 2);
    CHECK_IS(get(K_NO_WAIT), -ENOMSG);
    CHECK_IS(k_msgq_num_free_get(&q), MOST);
}

CASE(msgq_front) {
    init(0);
    CHECK_IS(put_front(1), 0);
    CHECK_IS(put_front(2), 0);
    CHECK_IS(put_front(3), -ENOMSG);
    CHECK_IS(get(K_NO_WAIT), 2);
    CHECK_IS(put(4, K_NO_WAIT), 0);
    CHECK_IS(get(K_NO_WAIT), 1);
    CHECK_IS(get(K_NO_WAIT), 4);
}

CASE(msgq_peek) {
    init(0);
    message_t m;
    CHECK_IS(k_msgq_peek(&q, &m), -ENOMSG);
    for (int i = 0; i < MOST + 1; ++i) {
        CHECK_IS(put(i, K_NO_WAIT), 0);
        CHECK_IS(put(i + 10, K_NO_WAIT), 0);
        CHECK_IS(k_msgq_peek(&q, &m), 0);
        CHECK_IS(value(&m), i);
        CHECK_IS(peek_at(0), i);
        CHECK_IS(peek_at(1), i + 10);
        CHECK_IS(peek_at(MOST), -ENOMSG);
        CHECK_IS(k_msgq_num_used_get(&q), 2);
        CHECK_IS(get(K_NO_WAIT), i);
        CHECK_IS(peek_at(1), -ENOMSG);
        CHECK_IS(get(K_NO_WAIT), i + 10);
        // So that the next ones begin in the middle.
        CHECK_IS(put(0, K_NO_WAIT), 0);
        CHECK_IS(get(K_NO_WAIT), 0);
    }
}

K_MSGQ_DEFINE(defined_msgq, sizeof(message_t), 1, 1);
K_MSGQ_DEFINE_STATIC(of_words, 4, 3, 4);
K_MSGQ_DEFINE_TYPE(typed_msgq, message_t, 2);
K_MSGQ_DEFINE_STATIC_TYPE(of_longs, uint64_t, 2);

CASE(msgq_defined) {
    message_t in = message(5), out;
    uint32_t word = 6;
    uint64_t number = 7;
    CHECK_IS(k_msgq_put(&defined_msgq, &in, K_NO_WAIT), 0);
    CHECK_IS(k_msgq_put(&defined_msgq, &in, K_NO_WAIT), -ENOMSG);
    CHECK_IS(k_msgq_get(&defined_msgq, &out, K_NO_WAIT), 0);
    CHECK_IS(value(&out), 5);
    CHECK_IS(k_msgq_put(&of_words, &word, K_NO_WAIT), 0);
    CHECK_IS(k_msgq_num_free_get(&of_words), 2);
    CHECK_IS(k_msgq_put(&typed_msgq, &in, K_NO_WAIT), 0);
    CHECK_IS(k_msgq_num_free_get(&typed_msgq), 1);
    CHECK_IS(k_msgq_put(&of_longs, &number, K_NO_WAIT), 0);
    CHECK_IS(k_msgq_num_free_get(&of_longs), 1);
}

CASE(msgq_allocated) {
    CHECK_IS(k_msgq_alloc_init(&q, SIZE_MAX / 2, 3), -EINVAL);
    CHECK_IS(k_msgq_alloc_init(&q, SIZE_MAX / 4, 3), -ENOMEM);
    for (int i = 0; i < 2; ++i) {
        // One after the other have room, if the cleanup frees.
        CHECK_IS(k_msgq_alloc_init(&q, sizeof(message_t), CONFIG_HEAP_MEM_POOL_SIZE * 2 / 3 / sizeof(message_t)), 0);
        CHECK_IS(put(1, K_NO_WAIT), 0);
        CHECK_IS(k_msgq_cleanup(&q), 0);
    }
    init(1);
    CHECK_IS(k_msgq_cleanup(&q), 0);
    CHECK_IS(get(K_NO_WAIT), 0); // the caller's ring is left alone
}

// ---- waiting

CASE(msgq_get_timeout) {
    init(0);
    int64_t begin = k_uptime_ticks();
    CHECK_IS(get(K_MSEC(5)), -EAGAIN);
    CHECK(k_uptime_ticks() - begin >= 5000);
    CHECK_IS(get(K_TIMEOUT_ABS_MS(1)), -EAGAIN);
    CHECK_IS(get(K_USEC(-1)), -ENOMSG);
}

CASE(msgq_put_timeout) {
    init(MOST);
    int64_t begin = k_uptime_ticks();
    CHECK_IS(put(7, K_MSEC(5)), -EAGAIN);
    CHECK(k_uptime_ticks() - begin >= 5000);
    CHECK_IS(put(7, K_TIMEOUT_ABS_MS(1)), -EAGAIN);
    CHECK_IS(put(7, K_USEC(-1)), -ENOMSG);
    CHECK_IS(get(K_NO_WAIT), 0);
    CHECK_IS(get(K_NO_WAIT), 1);
    CHECK_IS(get(K_NO_WAIT), -ENOMSG);
}

static void receive(void *arg) {
    int got = get(K_FOREVER);
    order[(intptr_t)arg] = got;
    atomic_inc(&done);
}

CASE(msgq_message_to_waiter) {
    init(0);
    k_tid_t t = test_spawn(receive, (void *)0, 1);
    test_await_wait(t);
    CHECK_IS(put(5, K_FOREVER), 0);
    CHECK_IS(get(K_NO_WAIT), -ENOMSG); // it is the waiter's
    test_join(t);
    CHECK_IS(order[0], 5);
}

CASE(msgq_front_to_waiter) {
    init(0);
    k_tid_t t = test_spawn(receive, (void *)0, 1);
    test_await_wait(t);
    CHECK_IS(put_front(5), 0);
    CHECK_IS(put_front(6), 0);
    test_join(t);
    CHECK_IS(order[0], 5);
    CHECK_IS(get(K_NO_WAIT), 6);
}

static void send(void *arg) {
    CHECK_IS(put((int)(intptr_t)arg, K_FOREVER), 0);
    atomic_inc(&done);
}

CASE(msgq_room_to_waiter) {
    init(MOST);
    k_tid_t t = test_spawn(send, (void *)7, 1);
    test_await_wait(t);
    CHECK_IS(get(K_FOREVER), 0);
    CHECK_IS(k_msgq_num_free_get(&q), 0); // it is the waiter's
    CHECK_IS(put(8, K_NO_WAIT), -ENOMSG);
    CHECK_IS(put_front(8), -ENOMSG);
    CHECK_IS(get(K_NO_WAIT), 1);
    CHECK_IS(get(K_NO_WAIT), 7);
    test_join(t);
}

WIDE_CASE(msgq_most_urgent_receiver_first) {
    init(0);
    k_tid_t threads[3];
    for (int i = 0; i < 3; ++i) {
        threads[i] = test_spawn(receive, (void *)(intptr_t)i, i == 2 ? 1 : 2);
        test_await_wait(threads[i]);
    }
    for (int i = 0; i < 3; ++i) {
        CHECK_IS(put(i, K_NO_WAIT), 0);
    }
    for (int i = 0; i < 3; ++i) {
        test_join(threads[i]);
    }
    CHECK(order[2] == 0 && order[0] == 1 && order[1] == 2);
}

WIDE_CASE(msgq_most_urgent_sender_first) {
    init(MOST);
    k_tid_t threads[3];
    for (int i = 0; i < 3; ++i) {
        threads[i] = test_spawn(send, (void *)(intptr_t)(10 + i), i == 2 ? 1 : 2);
        test_await_wait(threads[i]);
    }
    static const int expected[] = { 0, 1, 12, 10, 11 };
    for (unsigned i = 0; i < ARRAY_SIZE(expected); ++i) {
        CHECK_IS(get(K_NO_WAIT), expected[i]);
    }
    for (int i = 0; i < 3; ++i) {
        test_join(threads[i]);
    }
    CHECK_IS(atomic_get(&done), 3);
}

static void send_in_vain(void *arg) {
    CHECK_IS(put((int)(intptr_t)arg, K_FOREVER), -ENOMSG);
    atomic_inc(&done);
}

CASE(msgq_purge_sender) {
    init(MOST);
    k_tid_t t = test_spawn(send_in_vain, (void *)7, 1);
    test_await_wait(t);
    k_msgq_purge(&q);
    CHECK_IS(k_msgq_num_used_get(&q), 0);
    CHECK_IS(get(K_NO_WAIT), -ENOMSG);
    CHECK_IS(put(3, K_NO_WAIT), 0);
    CHECK_IS(put(4, K_NO_WAIT), 0);
    CHECK_IS(get(K_NO_WAIT), 3);
    CHECK_IS(get(K_NO_WAIT), 4);
    test_join(t);
    CHECK_IS(atomic_get(&done), 1);
}

CASE(msgq_purge_receiver) {
    init(0);
    k_tid_t t = test_spawn(receive, (void *)0, 1);
    test_await_wait(t);
    k_msgq_purge(&q);
    test_join(t);
    CHECK_IS(order[0], -ENOMSG);
}

CASE(msgq_cleanup_while_waiting) {
    CHECK_IS(k_msgq_alloc_init(&q, sizeof(message_t), MOST), 0);
    k_tid_t t = test_spawn(receive, (void *)0, 1);
    test_await_wait(t);
    CHECK_IS(k_msgq_cleanup(&q), -EBUSY);
    CHECK_IS(put(3, K_NO_WAIT), 0);
    test_join(t);
    CHECK_IS(order[0], 3);
    CHECK_IS(k_msgq_cleanup(&q), 0);
}

CASE(msgq_receiver_aborted) {
    init(0);
    k_tid_t t = test_spawn(receive, (void *)0, 1);
    test_await_wait(t);
    test_end(t);
    CHECK_IS(put(5, K_NO_WAIT), 0);
    CHECK_IS(get(K_NO_WAIT), 5);
}

CASE(msgq_sender_aborted) {
    init(MOST);
    k_tid_t t = test_spawn(send, (void *)7, 1);
    test_await_wait(t);
    test_end(t);
    CHECK_IS(get(K_NO_WAIT), 0);
    CHECK_IS(get(K_NO_WAIT), 1);
    CHECK_IS(get(K_NO_WAIT), -ENOMSG);
}

// ---- interrupts, and beside each other

static void put_in_isr(void) {
    CHECK_IS(put(5, K_NO_WAIT), 0);
    CHECK_IS(put_front(6), 0);
    CHECK_IS(get(K_NO_WAIT), 6);
}

CASE(msgq_from_interrupt) {
    init(0);
    k_tid_t t = test_spawn(receive, (void *)0, 1);
    test_await_wait(t);
    test_in_isr(put_in_isr);
    test_join(t);
    CHECK_IS(order[0], 5);
    CHECK_IS(get(K_NO_WAIT), -ENOMSG);
}

static void send_once(void *arg) {
    CHECK_IS(put((int)(intptr_t)arg, K_NO_WAIT), 0);
}

CASE(msgq_message_beside_timeout) {
    init(0);
    k_tid_t t = test_spawn(send_once, (void *)5, 1);
    int got = get(K_MSEC(1));
    test_join(t);
    CHECK(got == 5 || got == -EAGAIN);
    CHECK_IS(get(K_NO_WAIT), got == 5 ? -ENOMSG : 5);
}

static void receive_once(void *arg) {
    (void)arg;
    CHECK_IS(get(K_NO_WAIT), 0);
}

CASE(msgq_room_beside_timeout) {
    init(MOST);
    k_tid_t t = test_spawn(receive_once, NULL, 1);
    int ret = put(7, K_MSEC(1));
    test_join(t);
    CHECK(ret == 0 || ret == -EAGAIN);
    CHECK_IS(get(K_NO_WAIT), 1);
    CHECK_IS(get(K_NO_WAIT), ret == 0 ? 7 : -ENOMSG);
}

#define ROUNDS TEST_ROUNDS(200)

static void send_all(void *arg) {
    (void)arg;
    for (int i = 0; i < ROUNDS * 2; ++i) {
        CHECK_IS(put(i, K_FOREVER), 0);
    }
}

CASE(msgq_all_arrive_in_order) {
    init(0);
    k_tid_t t = test_spawn(send_all, NULL, 0);
    for (int i = 0; i < ROUNDS * 2; ++i) {
        CHECK_IS(get(K_FOREVER), i);
    }
    test_join(t);
    CHECK_IS(get(K_NO_WAIT), -ENOMSG);
}
