// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What an adapter asks of a board. Everything here works before the kernel is started, in threads, in interrupts
// and with interrupts masked.
#ifndef HEDDLE_BOARD_H
#define HEDDLE_BOARD_H

#include <stdint.h>

// Microseconds since reset: 64 bits, monotonic, the same on every core. A few dozen instructions.
uint64_t board_clock_us(void);

// Wait for an interrupt (WFI). Called by the kernel's idle thread with interrupts enabled.
void board_idle(void);

// Interrupt another core. Never called where there is one core.
void board_ipi(unsigned core);

// Write `message` and a newline to the console by polling, and stop the board for good. Under QEMU "stop" is to
// leave with a failure status.
void board_panic(const char *message) __attribute__((noreturn));

// Tests only: run `fn` in a real interrupt of this core as soon as interrupts are enabled. One at a time.
void board_irq_raise(void (*fn)(void));

#endif // HEDDLE_BOARD_H
