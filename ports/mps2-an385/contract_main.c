// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the contract suite asks of its platform: a polled console, the arguments that the host laid into memory, and
// how urgent an interrupt is.
#include "board.h"
#include "contract.h"
#include "control.h"
#include "regs.h"
#include "startup.h"
#include "uart.h"

// "HDC1" and then the arguments, ended by a NUL.
#define ARGUMENTS_ADDRESS (0x21000000)
#define ARGUMENTS_MAGIC (0x31434448)

// What interrupts the kernel lets call it have, then others: the least urgent, two that FreeRTOS's own critical
// sections would not keep out, of which one cannot be masked by BASEPRI at all.
static const uint8_t levels[] = { PRIORITY_DEVICE, 0xc0, 0x20, 0x10, 0x00 };

int main(void);
void __assert_func(const char *file, int line, const char *function, const char *expr) __attribute__((noreturn));

int main(void) {
    const uint32_t *arguments = (const uint32_t *)ARGUMENTS_ADDRESS;
    board_init();
    contract_main(*arguments == ARGUMENTS_MAGIC ? (const char *)(arguments + 1) : "");
}

void contract_write(const char *text, size_t len) {
    uart_write(text, len);
}

void contract_exit(int status) {
    board_exit(status);
}

unsigned contract_irq_levels(void) {
    return sizeof(levels) / sizeof(levels[0]);
}

void contract_irq_level(unsigned level) {
    NVIC_PRIORITY(IRQ_SOFTWARE) = levels[level];
}

void contract_started(void) {
}

void contract_spin(void) {
    __asm volatile ("yield");
}

void __assert_func(const char *file, int line, const char *function, const char *expr) {
    uart_write("assert: ", 8);
    rtos_fatal(expr);
}

// ---- faults: what FreeRTOS and the cases call is here first (--wrap)

long __real_xTaskIncrementTick(void);
long __wrap_xTaskIncrementTick(void);
void __real_vTaskSwitchContext(void);
void __wrap_vTaskSwitchContext(void);
void __real_board_irq_raise(void (*fn)(void));
void __wrap_board_irq_raise(void (*fn)(void));

static void (*late_irq)(void);
static uint32_t late_irq_ticks;

// The kernel's interrupts are masked here, so ticks are late, and lost.
static void strike(const char *kind) {
    if (contract_strikes(kind)) {
        uint64_t end_us = board_clock_us() + LATE_US;
        while (board_clock_us() < end_us) {
            contract_spin();
        }
    }
}

long __wrap_xTaskIncrementTick(void) {
    strike("tick");
    if (late_irq != NULL && --late_irq_ticks == 0) {
        __real_board_irq_raise(late_irq);
        late_irq = NULL;
    }
    return __real_xTaskIncrementTick();
}

void __wrap_vTaskSwitchContext(void) {
    strike("switch");
    __real_vTaskSwitchContext();
}

void __wrap_board_irq_raise(void (*fn)(void)) {
    if (contract_strikes("irq")) {
        late_irq_ticks = LATE_US / 1000;
        rtos_poke(late_irq, fn);
    } else {
        __real_board_irq_raise(fn);
    }
}

void uart_init(void) {
    UART0->bauddiv = 16;
    UART0->ctrl = UART_CTRL_TX;
}

void uart_write(const char *text, size_t len) {
    for (size_t i = 0; i < len; ++i) {
        while (UART0->state & UART_STATE_TX_FULL) {
            contract_spin();
        }
        UART0->data = (unsigned char)text[i];
    }
}

void uart_drain(void) {
    while (UART0->state & UART_STATE_TX_FULL) {
        contract_spin();
    }
}

// Never raised: receiving and the transmitter's interrupt are off.
void UART0_RX_Handler(void) {
}

void UART0_TX_Handler(void) {
}
