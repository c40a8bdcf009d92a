// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Stacks. Who waits finds the stack empty, so what is pushed is a waiter's or the stack's.
#include "kern.h"

void k_stack_init(struct k_stack *stack, stack_data_t *buffer, uint32_t num_entries) {
    kern_wait_q_init(&stack->wait_q);
    stack->base = stack->next = buffer;
    stack->top = buffer + num_entries;
    stack->flags = 0;
}

int32_t k_stack_alloc_init(struct k_stack *stack, uint32_t num_entries) {
    size_t size;
    if (__builtin_mul_overflow(num_entries, sizeof(stack_data_t), &size)) {
        return -ENOMEM;
    }
    stack_data_t *buffer = k_malloc(size);
    if (buffer == NULL) {
        return -ENOMEM;
    }
    k_stack_init(stack, buffer, num_entries);
    stack->flags = K_STACK_FLAG_ALLOC;
    return 0;
}

int k_stack_cleanup(struct k_stack *stack) {
    kern_key_t key = kern_lock();
    bool busy = kern_waiter_first(&stack->wait_q) != NULL;
    stack_data_t *buffer = NULL;
    if (!busy && (stack->flags & K_STACK_FLAG_ALLOC)) {
        buffer = stack->base;
        stack->flags = 0;
        stack->next = stack->top = stack->base; // a late call finds neither a word nor room
    }
    kern_unlock(key);
    k_free(buffer);
    return busy ? -EAGAIN : 0;
}

int k_stack_push(struct k_stack *stack, stack_data_t data) {
    kern_key_t key = kern_lock();
    struct k_thread *t = kern_waiter_first(&stack->wait_q);
    int ret = 0;
    if (t != NULL) {
        t->swap_data = (void *)data;
        kern_wake_locked(t, 0);
    } else if (stack->next == stack->top) {
        ret = -ENOMEM;
    } else {
        *stack->next++ = data;
    }
    kern_unlock(key);
    return ret;
}

int k_stack_pop(struct k_stack *stack, stack_data_t *data, k_timeout_t timeout) {
    kern_key_t key = kern_lock();
    int ret = 0;
    if (stack->next > stack->base) {
        *data = *--stack->next;
    } else if (K_TIMEOUT_EQ(timeout, K_NO_WAIT)) {
        ret = -EBUSY;
    } else {
        kern_check_may_wait(__func__);
        struct k_thread *self = arch_current();
        ret = kern_wait(&stack->wait_q, timeout, key);
        if (ret == 0) {
            *data = (stack_data_t)self->swap_data;
        }
        return ret;
    }
    kern_unlock(key);
    return ret;
}
