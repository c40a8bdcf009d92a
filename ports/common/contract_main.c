// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the contract suite asks of its platform, on a board: the arguments that the host laid into memory. How urgent an
// interrupt can be is the processor's contract_irq.c.
#include "board.h"
#include "console.h"
#include "contract.h"
#include "control.h"
#include "regs.h"

// At HOST_DATA: "HDC1" and then the arguments, ended by a NUL.
#define ARGUMENTS_MAGIC (0x31434448)

int main(void);
void __assert_func(const char *file, int line, const char *function, const char *expr) __attribute__((noreturn));

int main(void) {
    const uint32_t *arguments = (const uint32_t *)HOST_DATA;
    board_init();
    contract_main(*arguments == ARGUMENTS_MAGIC ? (const char *)(arguments + 1) : "");
}

void contract_write(const char *text, size_t len) {
    console_write(text, len);
}

void contract_exit(int status) {
    board_exit(status);
}

void contract_started(void) {
}

void contract_spin(void) {
    __asm volatile ("yield");
}

void __assert_func(const char *file, int line, const char *function, const char *expr) {
    console_write("assert: ", 8);
    rtos_fatal(expr);
}
