// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What cases share: threads, loops, and code in an interrupt.
#include <string.h>

#include "contract.h"

static struct {
    rtos_thread_t thread;
    uint8_t stack[RTOS_STACK_DEFAULT] __attribute__((aligned(RTOS_STACK_ALIGN)));
    bool taken;
    bool given;
    uint8_t fill;
} pool[POOL];

uint8_t pool_fill;
uint8_t pool_cores;

static unsigned index_of(const rtos_thread_t *t) {
    unsigned i = 0;
    while (&pool[i].thread != t) {
        i += 1;
        CHECK(i < POOL);
    }
    return i;
}

void pool_begin(void) {
    for (unsigned i = 0; i < POOL; ++i) {
        pool[i].given = false;
    }
    pool_fill = 0xee;
    pool_cores = 0;
}

static bool is_filled(const void *memory, size_t len, uint8_t value) {
    const uint8_t *p = memory;
    size_t i = 0;
    while (i < len && p[i] == value) {
        i += 1;
    }
    return i == len;
}

void pool_check(void) {
    for (unsigned i = 0; i < POOL; ++i) {
        CHECK(!pool[i].taken);
        CHECK(!pool[i].given || is_filled(&pool[i].thread, sizeof(pool[i].thread), pool[i].fill));
        CHECK(!pool[i].given || is_filled(pool[i].stack, sizeof(pool[i].stack), pool[i].fill));
    }
}

rtos_thread_t *pool_take(rtos_thread_config_t *config) {
    unsigned i = 0;
    while (pool[i].taken) {
        i += 1;
        CHECK(i < POOL);
    }
    pool[i].taken = true;
    *config = (rtos_thread_config_t) {
        .stack = pool[i].stack, .stack_size = sizeof(pool[i].stack), .name = "case",
        .priority = RTOS_PRIORITY_PYTHON, .cores = pool_cores, .stoppable = true,
    };
    return &pool[i].thread;
}

// Overwritten, so that who still follows a pointer in it falls; and pool_check finds what is written to it.
void pool_give(rtos_thread_t *t) {
    unsigned i = index_of(t);
    memset(&pool[i].thread, pool_fill, sizeof(pool[i].thread));
    memset(pool[i].stack, pool_fill, sizeof(pool[i].stack));
    pool[i].fill = pool_fill;
    pool[i].given = true;
    pool[i].taken = false;
}

int create(rtos_thread_t *t, const rtos_thread_config_t *config) {
    int result = rtos_thread_create(t, config);
    if (result == -EAGAIN && contract_struck()) {
        result = rtos_thread_create(t, config);
    }
    return result;
}

static rtos_thread_t *prepare_as(void (*entry)(void *arg), void *arg, unsigned priority, bool stoppable) {
    rtos_thread_config_t config;
    rtos_thread_t *t = pool_take(&config);
    config.entry = entry;
    config.arg = arg;
    config.priority = priority;
    config.stoppable = stoppable;
    CHECK_IS(create(t, &config), 0);
    return t;
}

rtos_thread_t *prepare(void (*entry)(void *arg), void *arg, unsigned priority) {
    return prepare_as(entry, arg, priority, true);
}

rtos_thread_t *prepare_service(void (*entry)(void *arg), void *arg, unsigned priority) {
    return prepare_as(entry, arg, priority, false);
}

rtos_thread_t *spawn(void (*entry)(void *arg), void *arg, unsigned priority) {
    rtos_thread_t *t = prepare(entry, arg, priority);
    rtos_thread_start(t);
    return t;
}

rtos_thread_t *spawn_service(void (*entry)(void *arg), void *arg, unsigned priority) {
    rtos_thread_t *t = prepare_service(entry, arg, priority);
    rtos_thread_start(t);
    return t;
}

void reap(rtos_thread_t *t) {
    CHECK_IS(rtos_thread_join(t, LIMIT_MS), 0);
    pool_give(t);
}

void spinner_main(void *arg) {
    spinner_t *s = arg;
    while (!rtos_peek(s->stop)) {
        COUNT_UP(s->turns);
        contract_spin();
    }
}

void parker_main(void *arg) {
    parker_t *p = arg;
    rtos_park(RTOS_NO_WAIT);
    rtos_poke(p->ready, true);
    while (!rtos_peek(p->stop)) {
        CHECK_IS(rtos_park(RTOS_FOREVER), 0);
        COUNT_UP(p->wakes);
    }
}

rtos_thread_t *spawn_parker(parker_t *p, unsigned priority) {
    *p = (parker_t) { 0 };
    rtos_thread_t *t = prepare_as(parker_main, p, priority, priority < RTOS_PRIORITY_STOP);
    rtos_thread_start(t);
    AWAIT(rtos_peek(p->ready));
    return t;
}

void reap_parker(rtos_thread_t *t, parker_t *p) {
    rtos_poke(p->stop, true);
    rtos_unpark(t);
    reap(t);
}

void spin_us(uint32_t us) {
    uint64_t end_us = rtos_now_us() + us;
    while (rtos_now_us() < end_us) {
        contract_spin();
    }
}

static void (*interrupt_fn)(void);
static bool interrupt_ran;

static void interrupt(void) {
    rtos_peek(interrupt_fn)();
    rtos_poke(interrupt_ran, true);
}

void in_interrupt(void (*fn)(void)) {
    rtos_poke(interrupt_fn, fn);
    rtos_poke(interrupt_ran, false);
    board_irq_raise(interrupt);
    uint64_t limit_us = rtos_now_us() + LIMIT_US;
    while (!rtos_peek(interrupt_ran)) {
        CHECK(rtos_now_us() < limit_us);
        contract_spin();
    }
}
