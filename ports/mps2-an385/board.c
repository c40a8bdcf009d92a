// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// board.h on the mps2-an385: stopping, resetting, and the interrupt of the tests.
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "board.h"
#include "control.h"
#include "irq.h"
#include "regs.h"
#include "startup.h"
#include "uart.h"

#define WARM_MAGIC (0x4864572f)
#define SYS_EXIT_EXTENDED (0x20)
#define APPLICATION_EXIT (0x20026)

static void (*irq_function)(void);
static uint32_t warm_magic __attribute__((section(".noinit")));
static bool warm;

static void semihosting_exit(int status) {
    uint32_t block[2] = { APPLICATION_EXIT, (uint32_t)status };
    register uint32_t operation __asm("r0") = SYS_EXIT_EXTENDED;
    register uint32_t *argument __asm("r1") = block;
    __asm volatile ("bkpt 0xab" : "+r" (operation) : "r" (argument) : "memory");
}

void board_exit(int status) {
    irq_mask();
    uart_drain();
    semihosting_exit(status);
    for (;;) {
        irq_wait();
    }
}

void board_panic(const char *message) {
    static bool panicking;
    irq_mask();
    if (!panicking) {
        panicking = true;
        uart_write(message, strlen(message));
        uart_write("\r\n", 2);
    }
    board_exit(1);
}

void board_reset(void) {
    irq_mask();
    uart_drain();
    __asm volatile ("dsb");
    SCB_AIRCR = AIRCR_RESET;
    for (;;) {
    }
}

bool board_was_reset(void) {
    return warm;
}

void board_idle(void) {
    irq_wait();
}

// There is one core.
void board_ipi(unsigned core) {
}

void board_irq_raise(void (*fn)(void)) {
    irq_function = fn;
    __asm volatile ("dsb" : : : "memory");
    NVIC_PEND = 1u << IRQ_SOFTWARE;
    __asm volatile ("dsb\n isb" : : : "memory");
}

void SOFTWARE_Handler(void) {
    void (*fn)(void) = irq_function;
    irq_function = NULL;
    if (fn != NULL) {
        fn();
    }
}

void board_init(void) {
    warm = warm_magic == WARM_MAGIC;
    warm_magic = WARM_MAGIC;
    NVIC_ENABLE = 1u << IRQ_SOFTWARE;
    clock_init();
    uart_init();
}
