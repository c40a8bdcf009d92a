// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What our own kernel asks of a board's console.
#include "arch/arch.h"
#include "console.h"
#include "control.h"

void arch_write(const char *text, size_t length) {
    console_write(text, length);
}

void arch_exit(int status) {
    board_exit(status);
}
