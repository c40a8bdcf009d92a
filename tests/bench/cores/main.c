// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the kernel's calls take, in the processor's cycles, and in nanoseconds: the least, and the middle one, of many.
// Where time is instructions, with 16 ns each (-icount shift=4,sleep=off), a cycle of virt is an instruction,
// of all cores together. make app APP=tests/bench/cores BOARD=virt-aarch64 CORES=2 is in the time of the host.
#include <stdlib.h>

#include <zephyr/kernel.h>

#define ROUNDS (400)
#define OPS (8) // in a round
#define STACK_SIZE (4096)

static K_THREAD_STACK_DEFINE(stack, STACK_SIZE);
static struct k_thread partner;
static struct k_sem ping, pong;
static struct k_mutex mutex;
static uint32_t took[ROUNDS];

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void report(const char *name, unsigned ops) {
    qsort(took, ROUNDS, sizeof(took[0]), compare);
    uint32_t least = took[0] / ops, middle = took[ROUNDS / 2] / ops;
    printk("%-24s %8u %8u cycles %8u %8u ns\n", name, least, middle, (unsigned)k_cyc_to_ns_floor64(least),
        (unsigned)k_cyc_to_ns_floor64(middle));
}

static void measure(const char *name, void (*op)(void), unsigned ops) {
    for (int i = 0; i < ROUNDS; ++i) {
        uint32_t begin = k_cycle_get_32();
        for (int n = 0; n < OPS; ++n) {
            op();
        }
        took[i] = k_cycle_get_32() - begin;
    }
    report(name, ops * OPS);
}

static void create(k_thread_entry_t entry, int prio, int core) {
    k_thread_create(&partner, stack, K_THREAD_STACK_SIZEOF(stack), entry, NULL, NULL, NULL, prio, 0, K_FOREVER);
    if (core >= 0 && arch_core_count() > 1) {
        k_thread_cpu_pin(&partner, core);
    }
    k_thread_start(&partner);
}

static void end(void) {
    k_thread_abort(&partner);
    k_thread_join(&partner, K_FOREVER);
}

static void yield_for_ever(void *p1, void *p2, void *p3) {
    for (;;) {
        k_yield();
    }
}

static void answer(void *p1, void *p2, void *p3) {
    for (;;) {
        k_sem_take(&ping, K_FOREVER);
        k_sem_give(&pong);
    }
}

static void take_for_ever(void *p1, void *p2, void *p3) {
    for (;;) {
        k_sem_take(&ping, K_FOREVER);
    }
}

static void nothing(void *p1, void *p2, void *p3) {
}

static void sem_op(void) {
    k_sem_give(&ping);
    k_sem_take(&ping, K_NO_WAIT);
}

static void give_op(void) {
    k_sem_give(&ping);
}

static void round_trip_op(void) {
    k_sem_give(&ping);
    k_sem_take(&pong, K_FOREVER);
}

static void mutex_op(void) {
    k_mutex_lock(&mutex, K_FOREVER);
    k_mutex_unlock(&mutex);
}

static void create_op(void) {
    create(nothing, -1, 0);
    k_thread_join(&partner, K_FOREVER);
}

static void nothing_in_interrupt(const void *arg) {
}

static void interrupt_op(void) {
    irq_offload(nothing_in_interrupt, NULL);
}

static void main_on_core_0(void *p1, void *p2, void *p3) {
    k_sem_init(&ping, 0, K_SEM_MAX_LIMIT);
    k_sem_init(&pong, 0, K_SEM_MAX_LIMIT);
    k_mutex_init(&mutex);
    measure("semaphore give, take", sem_op, 1);
    measure("mutex lock, unlock", mutex_op, 1);
    measure("interrupt", interrupt_op, 1);
    create(yield_for_ever, 0, 0);
    measure("yield, a switch", k_yield, 2);
    end();
    create(take_for_ever, -1, 0);
    measure("give to a waiter", give_op, 1);
    end();
    measure("create to joined", create_op, 1);
    k_sem_init(&ping, 0, K_SEM_MAX_LIMIT);
    create(answer, 0, 0);
    measure("there and back", round_trip_op, 1);
    end();
    if (arch_core_count() > 1) {
        create(answer, 0, 1);
        measure("other core and back", round_trip_op, 1);
        end();
    }
}

int main(void) {
    static K_THREAD_STACK_DEFINE(own_stack, STACK_SIZE);
    static struct k_thread own;
    k_thread_create(&own, own_stack, K_THREAD_STACK_SIZEOF(own_stack), main_on_core_0, NULL, NULL, NULL, 0, 0,
        K_FOREVER);
    if (arch_core_count() > 1) {
        k_thread_cpu_pin(&own, 0);
    }
    k_thread_start(&own);
    return k_thread_join(&own, K_FOREVER);
}
