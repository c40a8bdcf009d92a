// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// When the mps2-an385's UART of the Bluetooth controller got its last byte, and when it was given its last one: its
// handlers are here first (--wrap). For one file of an image. Times are ticks of CPU_HZ, 40 ns, of which an instruction
// takes 64 under -icount shift=6.
//
// Between stamps_hold and stamps_end a thread that is less urgent than all others has its turn where the board would
// idle, which would take the host's time. It lets in what the controller says, which stamps_hold has kept in the UART,
// when there is nothing else to do.
#ifndef STAMPS_H
#define STAMPS_H

#include "irq.h"
#include "regs.h"
#include "rtos.h"
#include "rtos_atomic.h"

static uint32_t stamps_received, stamps_sent;
static uint32_t stamps_done; // when there was nothing else to do, behind stamps_hold and behind each byte
static uint32_t stamps_let_in; // when that was behind stamps_hold
static bool stamps_wanted, stamps_held, stamps_busy;
static rtos_thread_t stamps_thread;

static inline uint32_t stamps_now(void) {
    return UINT32_MAX - DUAL_TIMER->half[0].value; // it counts down, through all its bits
}

static void stamps_main(void *arg) {
    (void)arg;
    for (;;) {
        while (!rtos_peek(stamps_wanted)) {
            rtos_park(RTOS_FOREVER);
        }
        if (rtos_peek(stamps_busy)) {
            rtos_poke(stamps_done, stamps_now());
            rtos_poke(stamps_busy, false);
        }
        if (rtos_peek(stamps_held)) {
            rtos_poke(stamps_let_in, rtos_peek(stamps_done));
            rtos_poke(stamps_held, false);
            nvic_enable(IRQ_UART1_RX);
        }
    }
}

// Start that thread: 0, or what rtos_thread_create says.
static inline int stamps_begin(void) {
    static uint8_t stack[RTOS_STACK_DEFAULT] __attribute__((aligned(RTOS_STACK_ALIGN)));
    const rtos_thread_config_t config = {
        .entry = stamps_main, .stack = stack, .stack_size = sizeof(stack), .name = "stamps",
        .priority = RTOS_PRIORITY_BACKGROUND,
    };
    int error = rtos_thread_create(&stamps_thread, &config);
    if (error == 0) {
        rtos_thread_start(&stamps_thread);
    }
    return error;
}

// The time, and nothing comes in before there is nothing else to do.
static inline uint32_t stamps_hold(void) {
    nvic_disable(IRQ_UART1_RX);
    rtos_poke(stamps_busy, true);
    rtos_poke(stamps_held, true);
    rtos_poke(stamps_wanted, true);
    rtos_unpark(&stamps_thread);
    return stamps_now();
}

static inline void stamps_end(void) {
    rtos_poke(stamps_wanted, false);
}

void __real_UART1_RX_Handler(void);
void __wrap_UART1_RX_Handler(void);
void __real_UART1_TX_Handler(void);
void __wrap_UART1_TX_Handler(void);

void __wrap_UART1_RX_Handler(void) {
    rtos_poke(stamps_received, stamps_now());
    __real_UART1_RX_Handler();
    rtos_poke(stamps_busy, true);
}

// Bytes that were sent raise the interrupt once more, in which there may be none.
void __wrap_UART1_TX_Handler(void) {
    __real_UART1_TX_Handler();
    if (UART1->intstatus & UART_INT_TX) {
        rtos_poke(stamps_sent, stamps_now());
    }
}

#endif // STAMPS_H
