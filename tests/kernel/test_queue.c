// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Queues, FIFOs and LIFOs, and the lists that they take.
#include "kernel_test.h"

typedef struct {
    void *reserved; // the kernel's
    int value;
} item_t;

static struct k_queue q;
static item_t items[5];
static item_t *volatile got[3];

static void init(int used) {
    k_queue_init(&q);
    for (unsigned i = 0; i < ARRAY_SIZE(items); ++i) {
        items[i].value = (int)i;
    }
    for (int i = 0; i < used; ++i) {
        k_queue_append(&q, &items[i]);
    }
}

// The value of the next item, or -1.
static int get(k_timeout_t timeout) {
    item_t *item = k_queue_get(&q, timeout);
    return item == NULL ? -1 : item->value;
}

// The values of all items are the digits of `expected`.
static void check_all(const char *expected) {
    for (; *expected != '\0'; ++expected) {
        CHECK_IS(get(K_NO_WAIT), *expected - '0');
    }
    CHECK_IS(get(K_NO_WAIT), -1);
    CHECK(k_queue_is_empty(&q) && k_queue_peek_head(&q) == NULL && k_queue_peek_tail(&q) == NULL);
}

// ---- without waiting

CASE(queue_order) {
    init(2);
    CHECK(!k_queue_is_empty(&q));
    k_queue_prepend(&q, &items[2]);
    k_queue_insert(&q, &items[0], &items[3]);
    k_queue_insert(&q, &items[1], &items[4]);
    CHECK(k_queue_peek_head(&q) == &items[2] && k_queue_peek_tail(&q) == &items[4]);
    check_all("20314");
    k_queue_insert(&q, NULL, &items[1]);
    k_queue_append(&q, &items[0]);
    check_all("10");
}

K_QUEUE_DEFINE(defined_queue);

CASE(queue_defined) {
    CHECK(k_queue_is_empty(&defined_queue));
    k_queue_append(&defined_queue, &items[0]);
    CHECK(k_queue_get(&defined_queue, K_NO_WAIT) == &items[0]);
    CHECK(k_queue_get(&defined_queue, K_MSEC(1)) == NULL);
}

CASE(queue_allocated_nodes) {
    init(1);
    int same = 9;
    CHECK_IS(k_queue_alloc_append(&q, &same), 0);
    CHECK_IS(k_queue_alloc_append(&q, &same), 0); // more than once
    CHECK_IS(k_queue_alloc_prepend(&q, &items[3]), 0);
    k_queue_append(&q, &items[1]);
    CHECK(k_queue_peek_head(&q) == &items[3]);
    CHECK_IS(get(K_NO_WAIT), 3);
    CHECK_IS(get(K_NO_WAIT), 0);
    CHECK(k_queue_get(&q, K_NO_WAIT) == &same);
    CHECK(k_queue_peek_tail(&q) == &items[1]);
    CHECK(k_queue_get(&q, K_NO_WAIT) == &same);
    CHECK_IS(same, 9); // an item is left alone
    check_all("1");
    // The nodes are freed: all of the heap is one block again.
    void *all = k_malloc(CONFIG_HEAP_MEM_POOL_SIZE - 16);
    CHECK(all != NULL);
    CHECK_IS(k_queue_alloc_append(&q, &same), -ENOMEM);
    CHECK_IS(k_queue_alloc_prepend(&q, &same), -ENOMEM);
    k_free(all);
    check_all("");
}

CASE(queue_lists) {
    init(1);
    CHECK_IS(k_queue_append_list(&q, NULL, &items[1]), -EINVAL);
    CHECK_IS(k_queue_append_list(&q, &items[1], NULL), -EINVAL);
    items[1].reserved = &items[2];
    items[2].reserved = NULL;
    CHECK_IS(k_queue_append_list(&q, &items[1], &items[2]), 0);
    sys_slist_t list = SYS_SLIST_STATIC_INIT(&list);
    CHECK_IS(k_queue_merge_slist(&q, &list), -EINVAL);
    sys_slist_append(&list, (sys_snode_t *)&items[3]);
    sys_slist_append(&list, (sys_snode_t *)&items[4]);
    CHECK_IS(k_queue_merge_slist(&q, &list), 0);
    CHECK(sys_slist_is_empty(&list));
    check_all("01234");
    items[1].reserved = NULL;
    CHECK_IS(k_queue_append_list(&q, &items[1], &items[1]), 0);
    check_all("1");
}

CASE(queue_remove) {
    init(3);
    CHECK_IS(k_queue_alloc_append(&q, &items[3]), 0);
    CHECK(!k_queue_remove(&q, &items[4]));
    CHECK(k_queue_remove(&q, &items[1]));
    CHECK(k_queue_remove(&q, &items[3]));
    CHECK(!k_queue_remove(&q, &items[3]));
    k_queue_append(&q, &items[4]);
    CHECK(k_queue_remove(&q, &items[0]));
    check_all("24");
}

CASE(queue_unique) {
    init(1);
    CHECK(!k_queue_unique_append(&q, &items[0]));
    CHECK(k_queue_unique_append(&q, &items[1]));
    CHECK(!k_queue_unique_append(&q, &items[1]));
    CHECK(!k_queue_unique_append(&q, &items[0]));
    check_all("01");
    CHECK(k_queue_unique_append(&q, &items[1]));
    check_all("1");
}

K_FIFO_DEFINE(fifo);

CASE(queue_fifo) {
    init(0);
    CHECK(k_fifo_is_empty(&fifo));
    k_fifo_put(&fifo, &items[0]);
    CHECK_IS(k_fifo_alloc_put(&fifo, &items[1]), 0);
    items[2].reserved = NULL;
    CHECK_IS(k_fifo_put_list(&fifo, &items[2], &items[2]), 0);
    sys_slist_t list = SYS_SLIST_STATIC_INIT(&list);
    sys_slist_append(&list, (sys_snode_t *)&items[3]);
    CHECK_IS(k_fifo_put_slist(&fifo, &list), 0);
    CHECK(k_fifo_peek_head(&fifo) == &items[0] && k_fifo_peek_tail(&fifo) == &items[3]);
    k_fifo_cancel_wait(&fifo); // nobody
    for (int i = 0; i < 4; ++i) {
        CHECK(k_fifo_get(&fifo, K_NO_WAIT) == &items[i]);
    }
    k_fifo_put(&fifo, &items[0]);
    k_fifo_init(&fifo);
    CHECK(k_fifo_get(&fifo, K_NO_WAIT) == NULL);
}

K_LIFO_DEFINE(lifo);

CASE(queue_lifo) {
    k_lifo_put(&lifo, &items[0]);
    CHECK_IS(k_lifo_alloc_put(&lifo, &items[1]), 0);
    k_lifo_put(&lifo, &items[2]);
    for (int i = 2; i >= 0; --i) {
        CHECK(k_lifo_get(&lifo, K_FOREVER) == &items[i]);
    }
    k_lifo_put(&lifo, &items[0]);
    k_lifo_init(&lifo);
    CHECK(k_lifo_get(&lifo, K_NO_WAIT) == NULL);
}

// ---- waiting

CASE(queue_timeout) {
    init(0);
    int64_t begin = k_uptime_ticks();
    CHECK_IS(get(K_MSEC(5)), -1);
    CHECK(k_uptime_ticks() - begin >= 5000);
    CHECK_IS(get(K_TIMEOUT_ABS_MS(1)), -1);
    CHECK_IS(get(K_USEC(-1)), -1);
}

static void get_one(void *arg) {
    got[(intptr_t)arg] = k_queue_get(&q, K_FOREVER);
}

CASE(queue_hands_over) {
    init(0);
    k_tid_t t = test_spawn(get_one, (void *)0, 1);
    test_await_wait(t);
    k_queue_append(&q, &items[0]);
    CHECK_IS(get(K_NO_WAIT), -1); // it is the waiter's
    test_join(t);
    CHECK(got[0] == &items[0]);
}

WIDE_CASE(queue_most_urgent_first) {
    init(0);
    k_tid_t threads[3];
    for (int i = 0; i < 3; ++i) {
        threads[i] = test_spawn(get_one, (void *)(intptr_t)i, i == 2 ? 1 : 2);
        test_await_wait(threads[i]);
    }
    // With a waiter an item needs no node, and has no place.
    CHECK_IS(k_queue_alloc_append(&q, &items[0]), 0);
    k_queue_prepend(&q, &items[1]);
    CHECK(k_queue_unique_append(&q, &items[2]));
    for (int i = 0; i < 3; ++i) {
        test_join(threads[i]);
    }
    CHECK(got[2] == &items[0] && got[0] == &items[1] && got[1] == &items[2]);
    check_all("");
}

WIDE_CASE(queue_list_to_waiters) {
    init(0);
    k_tid_t threads[2];
    for (int i = 0; i < 2; ++i) {
        threads[i] = test_spawn(get_one, (void *)(intptr_t)i, 1);
        test_await_wait(threads[i]);
    }
    for (int i = 0; i < 3; ++i) {
        items[i].reserved = i < 2 ? &items[i + 1] : NULL;
    }
    CHECK_IS(k_queue_append_list(&q, &items[0], &items[2]), 0);
    check_all("2");
    for (int i = 0; i < 2; ++i) {
        test_join(threads[i]);
        CHECK(got[i] == &items[i]);
    }
}

CASE(queue_cancel_wait) {
    init(0);
    got[0] = &items[0];
    k_tid_t t = test_spawn(get_one, (void *)0, 1);
    test_await_wait(t);
    k_queue_cancel_wait(&q);
    test_join(t);
    CHECK(got[0] == NULL);
    k_queue_cancel_wait(&q); // is not kept for who comes
    k_queue_append(&q, &items[1]);
    CHECK_IS(get(K_FOREVER), 1);
}

CASE(queue_waiter_aborted) {
    init(0);
    k_tid_t t = test_spawn(get_one, (void *)0, 1);
    test_await_wait(t);
    test_end(t);
    k_queue_append(&q, &items[0]);
    check_all("0");
}

static void put_in_isr(void) {
    k_queue_append(&q, &items[0]);
    k_queue_append(&q, &items[1]);
    CHECK_IS(k_queue_alloc_append(&q, &items[2]), 0);
    CHECK_IS(get(K_NO_WAIT), 1);
}

CASE(queue_from_interrupt) {
    init(0);
    k_tid_t t = test_spawn(get_one, (void *)0, 1);
    test_await_wait(t);
    test_in_isr(put_in_isr);
    test_join(t);
    CHECK(got[0] == &items[0]);
    check_all("2");
}

static void put_one(void *arg) {
    k_queue_append(&q, arg);
}

CASE(queue_item_beside_timeout) {
    init(0);
    k_tid_t t = test_spawn(put_one, &items[3], 1);
    int value = get(K_MSEC(1));
    test_join(t);
    CHECK(value == 3 || value == -1);
    check_all(value == 3 ? "" : "3");
}

static void put_two(void *arg) {
    for (item_t *item = arg; item < (item_t *)arg + 2; ++item) {
        CHECK_IS(item->value == 1 ? k_queue_alloc_append(&q, item) : (k_queue_append(&q, item), 0), 0);
    }
}

// Every item comes once, and those of one thread in order.
CASE(queue_two_put) {
    init(0);
    k_tid_t t = test_spawn(put_two, &items[0], 0);
    put_two(&items[2]);
    int last[2] = { -1, -1 };
    for (int i = 0; i < 4; ++i) {
        int value = get(K_FOREVER);
        CHECK(value > last[value / 2]);
        last[value / 2] = value;
    }
    test_join(t);
    check_all("");
}

// ---- lists

static void check_list(const sys_slist_t *list, const char *expected) {
    sys_snode_t *node, *last = NULL;
    SYS_SLIST_FOR_EACH_NODE(list, node) {
        CHECK_IS(((item_t *)node)->value, *expected - '0');
        expected += 1;
        last = node;
    }
    CHECK_IS(*expected, '\0');
    CHECK(sys_slist_peek_tail(list) == last);
}

typedef struct {
    int value;
    sys_snode_t node;
} entry_t;

CASE(slist) {
    init(0);
    sys_snode_t *nodes[5], *prev;
    for (int i = 0; i < 5; ++i) {
        nodes[i] = (sys_snode_t *)&items[i];
    }
    sys_slist_t list, other;
    sys_slist_init(&list);
    sys_slist_init(&other);
    CHECK(sys_slist_is_empty(&list) && sys_slist_get(&list) == NULL && sys_slist_len(&list) == 0);
    sys_slist_append(&list, nodes[1]);
    sys_slist_prepend(&list, nodes[0]);
    sys_slist_insert(&list, nodes[1], nodes[3]);
    sys_slist_insert(&list, nodes[1], nodes[2]);
    check_list(&list, "0123");
    CHECK(sys_slist_find(&list, nodes[2], &prev) && prev == nodes[1]);
    CHECK(sys_slist_find(&list, nodes[0], &prev) && prev == NULL);
    CHECK(!sys_slist_find(&list, nodes[4], NULL) && !sys_slist_find_and_remove(&list, nodes[4]));
    CHECK(sys_slist_find_and_remove(&list, nodes[3]));
    sys_slist_append(&other, nodes[3]);
    sys_slist_append(&other, nodes[4]);
    sys_slist_merge_slist(&list, &other);
    check_list(&list, "01234");
    check_list(&other, "");
    sys_slist_remove(&list, nodes[1], nodes[2]);
    CHECK(sys_slist_get(&list) == nodes[0]);
    sys_slist_append_list(&other, nodes[1], nodes[4]);
    check_list(&other, "134");

    entry_t entries[3] = { { 1, { NULL } }, { 2, { NULL } }, { 3, { NULL } } }, *entry, *next;
    sys_slist_init(&list);
    for (int i = 0; i < 3; ++i) {
        sys_slist_append(&list, &entries[i].node);
    }
    CHECK(SYS_SLIST_PEEK_HEAD_CONTAINER(&list, entry, node) == &entries[0]);
    CHECK(SYS_SLIST_PEEK_TAIL_CONTAINER(&list, entry, node) == &entries[2]);
    int sum = 0;
    SYS_SLIST_FOR_EACH_CONTAINER(&list, entry, node) {
        sum = sum * 10 + entry->value;
    }
    SYS_SLIST_FOR_EACH_CONTAINER_SAFE(&list, entry, next, node) {
        sum = sum * 10 + entry->value;
        CHECK(sys_slist_get(&list) == &entry->node);
    }
    CHECK_IS(sum, 123123);
    CHECK(sys_slist_is_empty(&list));
}
