// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A program that is the kernel and an application: main()'s thread. It first starts those of K_THREAD_DEFINE, so none
// of its own priority or a less urgent one runs before main() waits. The end of main() is the program's.
#include "kern.h"

int main(void) __attribute__((weak));

// Defined at link time when main() is a void one; what it left in the register of a result is none.
extern const char kern_main_is_void[] __attribute__((weak));

extern const struct kern_static_thread __start_kern_static_threads[] __attribute__((weak));
extern const struct kern_static_thread __stop_kern_static_threads[] __attribute__((weak));

static K_KERNEL_STACK_DEFINE(main_stack, MAX(ARCH_STACK_MIN, CONFIG_MAIN_STACK_SIZE));
static struct k_thread main_thread;

static void static_thread_start(const struct kern_static_thread *s) {
    k_timeout_t delay = s->delay_ms == SYS_FOREVER_MS ? K_FOREVER : K_MSEC(s->delay_ms);
    k_thread_create(s->thread, s->stack, s->stack_size, s->entry, s->p1, s->p2, s->p3, s->prio, s->options, delay);
    k_thread_name_set(s->thread, s->name);
}

void kern_static_threads_start(void) {
    const struct kern_static_thread *s = __start_kern_static_threads;
    k_sched_lock();
    for (; s != __stop_kern_static_threads; ++s) {
        static_thread_start(s);
    }
    k_sched_unlock();
}

static void main_entry(void *p1, void *p2, void *p3) {
    (void)p1;
    (void)p2;
    (void)p3;
    kern_static_threads_start();
    if (main != NULL) {
        int status = main();
        arch_exit(kern_main_is_void != NULL ? 0 : status);
    }
}

void kern_main(void) {
    kern_init();
    k_thread_create(&main_thread, main_stack, K_KERNEL_STACK_SIZEOF(main_stack), main_entry, NULL, NULL, NULL,
        CONFIG_MAIN_THREAD_PRIORITY, 0, K_NO_WAIT);
    k_thread_name_set(&main_thread, "main");
    kern_start();
}
