// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A thread that does something that ends in a report, on the last core: -DFAULT=... says what.
#include <zephyr/kernel.h>

#define NOTHING (0x60000000) // there is nothing there on any board

static volatile int depth;

static int recurse(int n) {
    volatile char bytes[40];
    bytes[0] = (char)n;
    depth = n;
    return recurse(n + 1) + bytes[0];
}

#ifdef __aarch64__
#define FOR_A_CALL (400) // and not for an interrupt
#else
#define FOR_A_CALL (24)
#endif

// Takes all of the stack but `left` bytes, and stays there.
static void fill_stack(uintptr_t left, void (*call)(void)) {
    register uintptr_t sp __asm("sp");
    while (sp - k_current_get()->stack > left) {
        __asm volatile ("sub sp, sp, #16");
    }
    for (;;) {
        call();
    }
}

// At each call there is a little less room, so first there is none for the last and least of what has to be kept.
static void fill_stack_slowly(void (*call)(void)) {
    for (;;) {
        call();
        __asm volatile ("sub sp, sp, #16");
    }
}

static void spin(void) {
    k_busy_wait(100);
}

static void in_interrupt(const void *arg) {
    *(volatile int *)arg = 1;
}

static void recurse_in_interrupt(const void *arg) {
    recurse(0);
}

static void write_to_code(void) {
    *(volatile int *)k_yield = 1;
}

enum {
    RECURSE, FULL_FOR_A_SWITCH, FULL_FOR_AN_INTERRUPT, NOWHERE, NOT_CODE, UNDEFINED, IN_INTERRUPT, RETURN,
    RECURSE_IN_INTERRUPT, WRITE_TO_CODE, NOT_ALIGNED,
};

static void do_wrong(void *p1, void *p2, void *p3) {
    switch (FAULT) {
        case RECURSE:
            recurse(0);
            break;
        case FULL_FOR_A_SWITCH:
            fill_stack_slowly(k_yield);
            break;
        case FULL_FOR_AN_INTERRUPT:
            fill_stack(FOR_A_CALL, spin);
            break;
        case NOWHERE:
            *(volatile int *)NOTHING = 1;
            break;
        case NOT_CODE:
            ((void (*)(void))0x20000000)();
            break;
        case UNDEFINED:
            __asm volatile ("udf #0");
            break;
        case IN_INTERRUPT:
            irq_offload(in_interrupt, (void *)NOTHING);
            break;
        case RECURSE_IN_INTERRUPT:
            irq_offload(recurse_in_interrupt, NULL);
            break;
        case WRITE_TO_CODE:
            write_to_code();
            break;
        case NOT_ALIGNED:
            __atomic_fetch_add((int *)((uintptr_t)&depth + 1), 1, __ATOMIC_RELAXED);
            break;
    }
}

K_THREAD_DEFINE(wrongdoer, MAX(512, ARCH_STACK_MIN), do_wrong, NULL, NULL, NULL, 3, 0, SYS_FOREVER_MS);

void main(void) {
    k_thread_cpu_pin(wrongdoer, (int)arch_core_count() - 1);
    k_thread_start(wrongdoer);
    // However late its core is; and again and again it is interrupted.
    while (k_thread_join(wrongdoer, K_MSEC(20)) != 0) {
    }
}
