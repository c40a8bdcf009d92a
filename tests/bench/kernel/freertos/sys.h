// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What bench.c measures, of FreeRTOS.
#ifndef BENCH_SYS_H
#define BENCH_SYS_H

#include <stddef.h>
#include <stdint.h>

#include "FreeRTOS.h"
#include "queue.h"
#include "semphr.h"
#include "task.h"

#include "regs.h"

#define SYS_SLOTS (200)
#define SYS_STACK (512)
#define SYS_MESSAGE_WORDS (4)
#define SYS_HAS_MUTEX 1
#define SYS_HAS_QUEUE 1

void bench_main(void);

extern StaticTask_t sys_tasks[SYS_SLOTS];
extern StackType_t sys_stacks[SYS_SLOTS][SYS_STACK / sizeof(StackType_t)];

void sys_write(const char *text, size_t length);

static inline uint32_t sys_ticks(void) {
    return ~*(volatile uint32_t *)0x40002004;
}

// ---- tasks. One that ends waits to be deleted by another, or the idle task would have to do it.

static inline void sys_entry(void *entry) {
    ((void (*)(void))entry)();
    vTaskSuspend(NULL);
}

static inline void sys_run(int slot, void (*entry)(void), int urgency) {
    xTaskCreateStatic(sys_entry, "bench", SYS_STACK / sizeof(StackType_t), (void *)entry, urgency, sys_stacks[slot],
        &sys_tasks[slot]);
}

static inline void sys_kill(int slot) {
    vTaskDelete((TaskHandle_t)&sys_tasks[slot]);
}

static inline void sys_join(int slot) {
    sys_kill(slot);
}

static inline void sys_yield(void) {
    taskYIELD();
}

static inline void sys_suspend_self(void) {
    vTaskSuspend(NULL);
}

static inline void sys_resume(int slot) {
    vTaskResume((TaskHandle_t)&sys_tasks[slot]);
}

static inline void sys_sleep_ms(uint32_t ms) {
    vTaskDelay(pdMS_TO_TICKS(ms));
}

// ---- objects

typedef StaticSemaphore_t sys_sem_t;

static inline void sys_sem_init(sys_sem_t *sem) {
    xSemaphoreCreateBinaryStatic(sem);
}

static inline void sys_sem_give(sys_sem_t *sem) {
    xSemaphoreGive((SemaphoreHandle_t)sem);
}

static inline void sys_sem_give_isr(sys_sem_t *sem) {
    BaseType_t woken = pdFALSE;
    xSemaphoreGiveFromISR((SemaphoreHandle_t)sem, &woken);
    portYIELD_FROM_ISR(woken);
}

static inline void sys_sem_take(sys_sem_t *sem) {
    xSemaphoreTake((SemaphoreHandle_t)sem, portMAX_DELAY);
}

static inline void sys_sem_take_timed(sys_sem_t *sem) {
    xSemaphoreTake((SemaphoreHandle_t)sem, pdMS_TO_TICKS(1000000));
}

typedef StaticSemaphore_t sys_mutex_t;

static inline void sys_mutex_init(sys_mutex_t *mutex) {
    xSemaphoreCreateMutexStatic(mutex);
}

static inline void sys_mutex_lock(sys_mutex_t *mutex) {
    xSemaphoreTake((SemaphoreHandle_t)mutex, portMAX_DELAY);
}

static inline void sys_mutex_unlock(sys_mutex_t *mutex) {
    xSemaphoreGive((SemaphoreHandle_t)mutex);
}

typedef StaticQueue_t sys_queue_t;

static inline void sys_queue_init(sys_queue_t *queue) {
    static uint32_t buffer[4 * SYS_MESSAGE_WORDS];
    xQueueCreateStatic(4, SYS_MESSAGE_WORDS * sizeof(uint32_t), (uint8_t *)buffer, queue);
}

static inline void sys_send(sys_queue_t *queue, const uint32_t *message) {
    xQueueSend((QueueHandle_t)queue, message, portMAX_DELAY);
}

static inline void sys_receive(sys_queue_t *queue, uint32_t *message) {
    xQueueReceive((QueueHandle_t)queue, message, portMAX_DELAY);
}

// Ticks from when a timer was due until the task ran that waited for it: the tick's timer has counted from there.
static inline uint32_t sys_wait_for_timer(void) {
    vTaskDelay(2);
    return SYSTICK_LOAD - SYSTICK_VAL;
}

#endif // BENCH_SYS_H
