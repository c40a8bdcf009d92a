// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Start-up, console, end and second core for the programs beside it.
#include "pico.h"

#define UART_DR REG(0x40034000)
#define UART_CR REG(0x40034030)

extern uint32_t _bss_start, _bss_end;
int main(void);

static uint32_t stack0[512] __attribute__((aligned(8)));
static uint32_t stack1[512] __attribute__((aligned(8)));
handler_t vectors[48] __attribute__((aligned(256)));

void leave(int status) {
    uint32_t block[2] = {0x20026, status};
    register uint32_t operation __asm ("r0") = 0x20;
    register uint32_t *argument __asm ("r1") = block;
    __asm volatile ("bkpt 0xab" : "+r" (operation) : "r" (argument) : "memory");
    for (;;) {
    }
}

void say(const char *text) {
    while (*text) {
        UART_DR = *text++;
    }
}

void say_number(uint32_t number) {
    char digits[11];
    char *at = digits + 10;
    *at = 0;
    do {
        *--at = '0' + number % 10;
        number /= 10;
    } while (number);
    say(at);
}

void failed(const char *file, int line, const char *what) {
    say(file);
    say(":");
    say_number(line);
    say(": not so on core ");
    say_number(CPUID);
    say(": ");
    say(what);
    say("\n");
    leave(1);
}

static void unexpected(void) {
    say("exception ");
    say_number(exception_now());
    say(" on core ");
    say_number(CPUID);
    say("\n");
    leave(2);
}

static void start(void) {
    for (uint32_t *at = &_bss_start; at < &_bss_end; at++) {
        *at = 0;
    }
    UART_CR = 0x301;
    for (unsigned i = 0; i < 48; i++) {
        vectors[i] = unexpected;
    }
    VTOR = (uint32_t)vectors;
    leave(main());
}

__attribute__((section(".vectors"), used))
static void *const first_vectors[] = {stack0 + 512, start, unexpected, unexpected};

void fifo_push(uint32_t word) {
    while (!(FIFO_ST & 2)) {
    }
    FIFO_WR = word;
    sev();
}

uint32_t fifo_pop(void) {
    while (!(FIFO_ST & 1)) {
        wfe();
    }
    return FIFO_RD;
}

void start_core1(void (*entry)(void)) {
    const uint32_t words[] = {0, 0, 1, (uint32_t)vectors, (uint32_t)(stack1 + 512), (uint32_t)entry};
    for (unsigned i = 0; i < 6;) {
        while (words[i] == 0 && FIFO_ST & 1) {
            (void)FIFO_RD;
        }
        fifo_push(words[i]);
        i = fifo_pop() == words[i] ? i + 1 : 0;
    }
}
