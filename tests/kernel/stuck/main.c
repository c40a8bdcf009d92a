// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// All threads come to wait for each other. -DWAKES=1: a device's interrupt, a second later, ends that.
#include <zephyr/kernel.h>

#include "control.h"

#if WAKES
#include "regs.h"
#endif

K_MUTEX_DEFINE(left);
K_MUTEX_DEFINE(right);
K_SEM_DEFINE(sem, 0, 1);
K_MSGQ_DEFINE(messages, 4, 1, 4);
static atomic_t locked; // left and right

static void lock_both(void *first, void *second, void *p3) {
    k_mutex_lock(first, K_FOREVER);
    atomic_inc(&locked);
    while (atomic_get(&locked) < 2) {
        k_msleep(200); // long enough for the idle thread to look first
    }
    k_mutex_lock(second, K_FOREVER);
}

static void take(void *p1, void *p2, void *p3) {
    k_sem_take(&sem, K_FOREVER);
    board_exit(0);
}

static void get(void *p1, void *p2, void *p3) {
    uint32_t message;
    k_msgq_get(&messages, &message, K_FOREVER);
}

static void suspend(void *p1, void *p2, void *p3) {
    k_thread_suspend(k_current_get());
}

static void sleep(void *p1, void *p2, void *p3) {
    k_sleep(K_FOREVER);
}

#define STACK MAX(512, ARCH_STACK_MIN)
K_THREAD_DEFINE(lefty, STACK, lock_both, &left, &right, NULL, 1, 0, 0);
K_THREAD_DEFINE(righty, STACK, lock_both, &right, &left, NULL, 1, 0, 0);
K_THREAD_DEFINE(taker, STACK, take, NULL, NULL, NULL, 2, 0, 0);
K_THREAD_DEFINE(getter, STACK, get, NULL, NULL, NULL, 2, 0, 0);
K_THREAD_DEFINE(pauser, STACK, suspend, NULL, NULL, NULL, 2, 0, 0);
K_THREAD_DEFINE(sleeper, STACK, sleep, NULL, NULL, NULL, 2, 0, 0);
K_THREAD_DEFINE(spare, STACK, sleep, NULL, NULL, NULL, -3, 0, SYS_FOREVER_MS);

#if WAKES
void TIMER1_Handler(void);

void TIMER1_Handler(void) {
    TIMER1->intstatus = 1;
    k_sem_give(&sem);
}

static void device_start(void) {
    TIMER1->reload = TIMER1->value = CPU_HZ;
    TIMER1->ctrl = TIMER_CTRL_ENABLE | TIMER_CTRL_IRQ;
    nvic_enable(IRQ_TIMER1);
}
#else
static void device_start(void) {
}
#endif

int main(void) {
    device_start();
    k_thread_join(lefty, K_FOREVER);
    return 0;
}
