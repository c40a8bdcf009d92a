// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Heddle's kernel: Zephyr's API, from its documentation of the Kernel Services. What is left out is user mode,
// mailboxes, pipes, memory slabs, deadlines and k_work_poll.
//
// Every object is the caller's, and nothing is allocated but by k_malloc, k_queue_alloc_append and their like. Results
// are 0 or a negative errno.
#ifndef ZEPHYR_KERNEL_H
#define ZEPHYR_KERNEL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <zephyr/kernel/condvar.h>
#include <zephyr/kernel/event.h>
#include <zephyr/kernel/heap.h>
#include <zephyr/kernel/msgq.h>
#include <zephyr/kernel/mutex.h>
#include <zephyr/kernel/poll.h>
#include <zephyr/kernel/queue.h>
#include <zephyr/kernel/sem.h>
#include <zephyr/kernel/stack.h>
#include <zephyr/kernel/thread.h>
#include <zephyr/kernel/timer.h>
#include <zephyr/kernel/work.h>
#include <zephyr/sys/printk.h>

#ifdef __cplusplus
#error "The kernel's headers are C."
#endif

#endif // ZEPHYR_KERNEL_H
