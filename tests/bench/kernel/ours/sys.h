// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What bench.c measures, of our own kernel.
#ifndef BENCH_SYS_H
#define BENCH_SYS_H

#include <zephyr/kernel.h>

#include "control.h"

#define SYS_SLOTS (200)
#define SYS_STACK (512)
#define SYS_MESSAGE_WORDS (4)

void bench_main(void);

extern struct k_thread sys_threads[SYS_SLOTS];
extern k_thread_stack_t sys_stacks[SYS_SLOTS][Z_STACK_UNITS(SYS_STACK)];

void sys_write(const char *text, size_t length);

static inline uint32_t sys_ticks(void) {
    return k_cycle_get_32();
}

// ---- threads

static inline void sys_entry(void *entry, void *p2, void *p3) {
    ((void (*)(void))entry)();
}

static inline void sys_run(int slot, void (*entry)(void), int urgency) {
    k_thread_create(&sys_threads[slot], sys_stacks[slot], K_THREAD_STACK_SIZEOF(sys_stacks[slot]), sys_entry,
        (void *)entry, NULL, NULL, 10 - urgency, 0, K_NO_WAIT);
}

static inline void sys_join(int slot) {
    k_thread_join(&sys_threads[slot], K_FOREVER);
}

static inline void sys_kill(int slot) {
    k_thread_abort(&sys_threads[slot]);
}

static inline void sys_yield(void) {
    k_yield();
}

static inline void sys_suspend_self(void) {
    k_thread_suspend(k_current_get());
}

static inline void sys_resume(int slot) {
    k_thread_resume(&sys_threads[slot]);
}

static inline void sys_sleep_ms(uint32_t ms) {
    k_msleep((int32_t)ms);
}

// ---- objects

typedef struct k_sem sys_sem_t;

static inline void sys_sem_init(sys_sem_t *sem) {
    k_sem_init(sem, 0, 1);
}

static inline void sys_sem_give(sys_sem_t *sem) {
    k_sem_give(sem);
}

static inline void sys_sem_give_isr(sys_sem_t *sem) {
    k_sem_give(sem);
}

static inline void sys_sem_take(sys_sem_t *sem) {
    k_sem_take(sem, K_FOREVER);
}

static inline void sys_sem_take_timed(sys_sem_t *sem) {
    k_sem_take(sem, K_SECONDS(1000));
}

#if __has_include(<zephyr/kernel/mutex.h>)
#define SYS_HAS_MUTEX 1
typedef struct k_mutex sys_mutex_t;

static inline void sys_mutex_init(sys_mutex_t *mutex) {
    k_mutex_init(mutex);
}

static inline void sys_mutex_lock(sys_mutex_t *mutex) {
    k_mutex_lock(mutex, K_FOREVER);
}

static inline void sys_mutex_unlock(sys_mutex_t *mutex) {
    k_mutex_unlock(mutex);
}
#endif

#if __has_include(<zephyr/kernel/msgq.h>)
#define SYS_HAS_QUEUE 1
typedef struct k_msgq sys_queue_t;

static inline void sys_queue_init(sys_queue_t *queue) {
    static uint32_t buffer[4 * SYS_MESSAGE_WORDS];
    k_msgq_init(queue, (char *)buffer, SYS_MESSAGE_WORDS * sizeof(uint32_t), 4);
}

static inline void sys_send(sys_queue_t *queue, const uint32_t *message) {
    k_msgq_put(queue, message, K_FOREVER);
}

static inline void sys_receive(sys_queue_t *queue, uint32_t *message) {
    k_msgq_get(queue, message, K_FOREVER);
}
#endif

// Ticks from when a timer was due until the thread ran that waited for it.
static inline uint32_t sys_wait_for_timer(void) {
    k_ticks_t at = k_uptime_ticks() + 1000;
    k_sleep(K_TIMEOUT_ABS_TICKS(at));
    return (uint32_t)board_ticks_cpu() - (uint32_t)at * (1000 / 40);
}

#endif // BENCH_SYS_H
