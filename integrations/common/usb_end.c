// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The end of a board of one core whose only console is USB.
#include <string.h>

#include "board.h"
#include "heddle.h"
#include "heddle_usb.h"
#include "rtos.h"

void arch_write(const char *text, size_t length) {
    heddle_usb_write(text, length);
}

void arch_exit(int status) {
    (void)status;
    heddle_usb_flush();
    board_reset();
}

void board_panic(const char *message) {
    (void)rtos_crit_enter();
    arch_write(message, strlen(message));
    arch_write("\n", 1);
    arch_exit(1);
}

void board_ipi(unsigned core) {
    (void)core;
}
