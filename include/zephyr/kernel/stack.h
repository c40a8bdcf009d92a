// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Stacks of words. Included by <zephyr/kernel.h>.
//
// What is pushed goes straight to the most urgent thread that waits for a word.
#ifndef ZEPHYR_KERNEL_STACK_H
#define ZEPHYR_KERNEL_STACK_H

#include <zephyr/kernel/thread.h>

typedef uintptr_t stack_data_t;

struct k_stack {
    _wait_q_t wait_q;
    stack_data_t *base;
    stack_data_t *next;
    stack_data_t *top;
    uint8_t flags; // K_STACK_FLAG_*
};

#define K_STACK_FLAG_ALLOC (BIT(0)) // the words are k_stack_alloc_init's

#define Z_STACK_INITIALIZER(obj, buffer, most) { \
        .wait_q = Z_WAIT_Q_INIT(&(obj).wait_q), .base = (buffer), .next = (buffer), .top = (buffer) + (most), \
}
#define K_STACK_DEFINE(name, most) \
    stack_data_t _k_stack_buf_##name[most]; \
    struct k_stack name = Z_STACK_INITIALIZER(name, _k_stack_buf_##name, most)

// T I. `buffer` has room for `num_entries` words.
void k_stack_init(struct k_stack *stack, stack_data_t *buffer, uint32_t num_entries);

// T I. With words of the system heap: 0, or -ENOMEM.
int32_t k_stack_alloc_init(struct k_stack *stack, uint32_t num_entries);

// T I. Free what k_stack_alloc_init has allocated: 0, or -EAGAIN while a thread waits.
int k_stack_cleanup(struct k_stack *stack);

// T I. 0, or -ENOMEM when it is full.
int k_stack_push(struct k_stack *stack, stack_data_t data);

// T, and I with K_NO_WAIT. The word that was pushed last: 0, -EBUSY without waiting, -EAGAIN when the time is over.
int k_stack_pop(struct k_stack *stack, stack_data_t *data, k_timeout_t timeout);

#endif // ZEPHYR_KERNEL_STACK_H
