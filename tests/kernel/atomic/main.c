// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Every step of an atomic variable, by two threads of each core and by interrupts: none is lost, and none is seen half.
#include <zephyr/kernel.h>

#include "alarm.h"

#define ROUNDS (5000)
#define THREADS (2 * ARCH_CORES)
#define USERS (THREADS + ARCH_CORES) // and of each core an interrupt
#define FIRST_TOKEN (100)
#define TICKS (300)
#define SPREAD (1000)

static K_THREAD_STACK_ARRAY_DEFINE(stacks, THREADS, 1024);
static struct k_thread threads[THREADS];
static atomic_t up, down, tried, turned, bits, place = FIRST_TOKEN + USERS;
static atomic_val_t tokens[USERS];
static unsigned turns[USERS];
static volatile unsigned running;
static struct k_spinlock lock;

static void fail(const char *what, unsigned user) {
    printk("FAIL atomic: %s, user %u\n", what, user);
    k_panic();
}

static void step(unsigned user) {
    atomic_val_t mine = 1l << user;
    atomic_inc(&up);
    atomic_dec(&down);
    atomic_val_t old;
    do {
        old = atomic_get(&tried);
    } while (!atomic_cas(&tried, old, old + 3));
    atomic_xor(&turned, mine);
    if (atomic_or(&bits, mine) & mine) {
        fail("its bit is set already", user);
    }
    tokens[user] = atomic_set(&place, tokens[user]);
    if (!(atomic_and(&bits, ~mine) & mine)) {
        fail("its bit is gone", user);
    }
    turns[user] += 1;
}

void ALARM_Handler(void) {
    alarm_taken();
    step(THREADS + arch_core());
    if (running != 0) {
        alarm_in(TICKS + (turns[THREADS] * 7919 + tokens[THREADS]) % SPREAD);
    }
}

static void run(void *user, void *p2, void *p3) {
    nvic_enable(ALARM_IRQ); // on each core
    for (unsigned i = 0; i < ROUNDS; ++i) {
        step((uintptr_t)user);
    }
    K_SPINLOCK(&lock) {
        running -= 1;
    }
}

static void check(const char *what, atomic_val_t value, atomic_val_t wanted) {
    if (value != wanted) {
        printk("FAIL atomic: %s %ld, not %ld\n", what, value, wanted);
        k_panic();
    }
}

int main(void) {
    atomic_val_t steps = 0, flips = 0, sum = 0, wanted = FIRST_TOKEN + USERS;
    k_sched_time_slice_set(1, 0);
    running = THREADS;
    for (unsigned i = 0; i < USERS; ++i) {
        tokens[i] = FIRST_TOKEN + (atomic_val_t)i;
        wanted += tokens[i];
    }
    for (unsigned i = 0; i < THREADS; ++i) {
        k_thread_create(&threads[i], stacks[i], 1024, run, (void *)(uintptr_t)i, NULL, NULL, 1, 0, K_FOREVER);
        k_thread_cpu_pin(&threads[i], (int)(i % ARCH_CORES));
    }
    for (unsigned i = 0; i < THREADS; ++i) {
        k_thread_start(&threads[i]);
    }
    alarm_in(TICKS);
    for (unsigned i = 0; i < THREADS; ++i) {
        k_thread_join(&threads[i], K_FOREVER);
    }
    k_msleep(1); // the last alarm
    for (unsigned i = 0; i < USERS; ++i) {
        steps += (atomic_val_t)turns[i];
        flips |= (atomic_val_t)(turns[i] % 2) << i;
        sum += tokens[i];
    }
    check("up", up, steps);
    check("down", down, -steps);
    check("tried", tried, 3 * steps);
    check("turned", turned, flips);
    check("bits", bits, 0);
    check("tokens", sum + place, wanted);
    printk("%ld steps, %u in interrupts\nok   atomic\n", steps, turns[THREADS] + turns[USERS - 1]);
    return turns[THREADS] > 100 ? 0 : 1;
}
