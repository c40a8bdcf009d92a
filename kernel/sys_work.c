// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The system work queue. A program that does not use it is linked without it.
#include "kern.h"

static K_KERNEL_STACK_DEFINE(stack, MAX(ARCH_STACK_MIN, CONFIG_SYSTEM_WORKQUEUE_STACK_SIZE));

static void start(void) {
    static const struct k_work_queue_config config = {
        .name = "sysworkq", .no_yield = CONFIG_SYSTEM_WORKQUEUE_NO_YIELD, .essential = true,
    };
    k_work_queue_start(&k_sys_work_q, stack, K_KERNEL_STACK_SIZEOF(stack), CONFIG_SYSTEM_WORKQUEUE_PRIORITY, &config);
}

struct k_work_q k_sys_work_q = { .start = start };

int k_work_submit(struct k_work *work) {
    return k_work_submit_to_queue(&k_sys_work_q, work);
}

int k_work_schedule(struct k_work_delayable *dwork, k_timeout_t delay) {
    return k_work_schedule_for_queue(&k_sys_work_q, dwork, delay);
}

int k_work_reschedule(struct k_work_delayable *dwork, k_timeout_t delay) {
    return k_work_reschedule_for_queue(&k_sys_work_q, dwork, delay);
}
