// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// board.h on a Cortex-M: stopping, resetting, and the interrupt of the tests, which is IRQ_SOFTWARE in the board's
// regs.h. Its startup.h has what sets up clock and console.
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "board.h"
#include "console.h"
#include "control.h"
#include "irq.h"
#include "regs.h"
#include "startup.h"

#define WARM_MAGIC (0x4864572f)
#define SYS_EXIT_EXTENDED (0x20)
#define APPLICATION_EXIT (0x20026)

static void (*irq_functions[BOARD_CORES])(void);
static uint32_t warm_magic __attribute__((section(".noinit")));
static bool warm;

static void semihosting_exit(int status) {
    uint32_t block[2] = { APPLICATION_EXIT, (uint32_t)status };
    register uint32_t operation __asm("r0") = SYS_EXIT_EXTENDED;
    register uint32_t *argument __asm("r1") = block;
    __asm volatile ("bkpt 0xab" : "+r" (operation) : "r" (argument) : "memory");
}

// The kernel's, where there are several cores and it runs on them.
void board_halt_others(void) __attribute__((weak));

void board_exit(int status) {
    irq_mask();
    if (BOARD_CORES > 1 && board_halt_others != NULL) {
        board_halt_others();
    }
    console_drain();
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
        console_write(message, strlen(message));
        console_write("\r\n", 2);
    }
    board_exit(1);
}

void board_reset(void) {
    irq_mask();
    console_drain();
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

// Where there is one core.
__attribute__((weak)) void board_ipi(unsigned core) {
}

void board_irq_raise(void (*fn)(void)) {
    uint32_t state = BOARD_CORES > 1 ? irq_mask() : 0;
    irq_functions[BOARD_CORE()] = fn;
    nvic_enable(IRQ_SOFTWARE); // on this core
    __asm volatile ("dsb" : : : "memory");
    nvic_pend(IRQ_SOFTWARE);
    if (BOARD_CORES > 1) {
        irq_unmask(state);
    }
    __asm volatile ("dsb\n isb" : : : "memory");
}

void SOFTWARE_Handler(void) {
    void (*fn)(void) = irq_functions[BOARD_CORE()];
    irq_functions[BOARD_CORE()] = NULL;
    if (fn != NULL) {
        fn();
    }
}

void board_init(void) {
    warm = warm_magic == WARM_MAGIC;
    warm_magic = WARM_MAGIC;
    clock_init();
    uart_init();
}
