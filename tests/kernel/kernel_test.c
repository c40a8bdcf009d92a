// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the kernel's suites share.
#include <string.h>

#include "kernel_test.h"
#include "kern.h"

#define STACK_SIZE MAX(ARCH_STACK_MIN, 1024)

static K_THREAD_STACK_DEFINE(first_stack, MAX(ARCH_STACK_MIN, CONFIG_MAIN_STACK_SIZE));
static struct k_thread first;

static K_THREAD_STACK_ARRAY_DEFINE(stacks, TEST_THREADS, STACK_SIZE);
static struct {
    struct k_thread thread;
    atomic_t used;
    void (*entry)(void *arg);
    void *arg;
} pool[TEST_THREADS];

void test_fail(const char *file, int line, const char *expr, long long value) {
    #if TEST_SIM
    sim_fail("%s:%d: %s: %lld", file, line, expr, value);
    #else
    printk("FAIL %s:%d: %s: %lld\n", file, line, expr, value);
    arch_exit(1);
    #endif
}

static void first_main(void *run, void *p2, void *p3) {
    (void)p2;
    (void)p3;
    ((void (*)(void))run)();
    for (unsigned i = 0; i < TEST_THREADS; ++i) {
        CHECK(!atomic_get(&pool[i].used));
    }
    if (TEST_SIM) {
        arch_exit(0);
    }
}

static void first_create(void (*run)(void)) {
    k_thread_create(&first, first_stack, K_THREAD_STACK_SIZEOF(first_stack), first_main, (void *)run, NULL, NULL,
        TEST_PRIO, 0, K_NO_WAIT);
    k_thread_name_set(&first, "first");
}

void test_boot(void (*run)(void)) {
    kern_init();
    first_create(run);
    kern_start();
}

void test_run(void (*run)(void)) {
    first_create(run);
    CHECK_IS(k_thread_join(&first, K_FOREVER), 0);
}

static void pool_main(void *p1, void *p2, void *p3) {
    (void)p2;
    (void)p3;
    unsigned i = (unsigned)(uintptr_t)p1;
    pool[i].entry(pool[i].arg);
}

static k_tid_t create(void (*entry)(void *arg), void *arg, int below, k_timeout_t delay) {
    unsigned i = 0;
    while (!atomic_cas(&pool[i].used, 0, 1)) {
        i += 1;
        CHECK(i < TEST_THREADS);
    }
    pool[i].entry = entry;
    pool[i].arg = arg;
    return k_thread_create(&pool[i].thread, stacks[i], K_THREAD_STACK_SIZEOF(stacks[i]), pool_main,
        (void *)(uintptr_t)i, NULL, NULL, TEST_PRIO + below, 0, delay);
}

k_tid_t test_spawn(void (*entry)(void *arg), void *arg, int below) {
    return create(entry, arg, below, K_NO_WAIT);
}

k_tid_t test_prepare(void (*entry)(void *arg), void *arg, int below) {
    return create(entry, arg, below, K_FOREVER);
}

void test_join(k_tid_t t) {
    CHECK_IS(k_thread_join(t, K_FOREVER), 0);
    memset(t, 0xdd, sizeof(*t));
    atomic_set(&CONTAINER_OF(t, __typeof__(pool[0]), thread)->used, 0);
}

void test_end(k_tid_t t) {
    k_thread_abort(t);
    test_join(t);
}

// Under the lock: what made it wait, on another core, has done all that belongs to it, too.
static bool waits(k_tid_t t) {
    unsigned key = irq_lock();
    unsigned state = t->state;
    irq_unlock(key);
    return state & (_THREAD_PENDING | _THREAD_SLEEPING | _THREAD_DEAD);
}

void test_await_wait(k_tid_t t) {
    AWAIT(waits(t));
}

void test_spin(void) {
    k_usleep(100);
}

static void call(const void *fn) {
    ((void (*)(void))fn)();
}

void test_in_isr(void (*fn)(void)) {
    irq_offload(call, (const void *)fn);
}
