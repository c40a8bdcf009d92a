// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// board.h as a Linux program, and nothing of MicroPython: the contract's tests are built with it too.
#include <execinfo.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "board.h"
#include "rtos.h"

#define FRAMES (64)

// What the console still has to do before the program may end; a board with a console has its own.
__attribute__((weak)) void board_leave(void) {
}

static uint64_t now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static uint64_t start_us;

__attribute__((constructor)) static void clock_init(void) {
    start_us = now_us() - 1; // time is never 0
    void *frame;
    backtrace(&frame, 1); // its first call loads a library, which a crash must not have to
}

uint64_t board_clock_us(void) {
    return now_us() - start_us;
}

void board_idle(void) {
    pause();
}

// Nothing here interrupts another core: the kernel of the host does.
void board_ipi(unsigned core) {
    (void)core;
}

static void say(const char *text) {
    if (write(STDOUT_FILENO, text, strlen(text)) < 0) {
        _exit(1);
    }
}

// The backtrace's addresses are those of the program file: "addr2line -e firmware.elf -f -p ADDRESS".
void board_panic(const char *message) {
    static volatile bool panicking;
    if (!panicking) {
        panicking = true;
        board_leave();
        say(message);
        say("\n");
        // Apart from the console: a terminal forgets what it has not shown yet when its other end is gone.
        void *frames[FRAMES];
        backtrace_symbols_fd(frames, backtrace(frames, FRAMES), STDERR_FILENO);
    }
    _exit(1);
}

void board_irq_raise(void (*fn)(void)) {
    rtos_posix_raise(fn);
}
