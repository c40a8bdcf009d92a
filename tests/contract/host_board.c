// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// board.h for a host's program of one core: the monotonic clock, and a signal for an interrupt.
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "contract.h"

static void (*volatile irq_function)(void);

uint64_t board_clock_us(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void board_idle(void) {
    pause();
}

void board_ipi(unsigned core) {
    (void)core;
}

void board_panic(const char *message) {
    contract_write(message, strlen(message));
    contract_write("\n", 1);
    contract_exit(1);
}

static void irq_handler(int number) {
    (void)number;
    irq_function();
}

void board_irq_raise(void (*fn)(void)) {
    irq_function = fn;
    signal(SIGUSR1, irq_handler);
    raise(SIGUSR1);
}
