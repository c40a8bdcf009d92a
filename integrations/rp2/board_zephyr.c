// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What our own kernel asks of the board beside board.c.
#include "arch/arch.h"
#include "arch_kernel.h"
#include "cores.h"
#include "heddle_port.h"

void arch_write(const char *text, size_t length) {
    heddle_write_masked(text, length);
}

void arch_exit(int status) {
    (void)status;
    heddle_exit_masked();
}

void core_init(void) {
    cores_init();
}

void heddle_board_init(void) {
    cores_init_shared();
    cores_init();
    heddle_irq_init();
}

void heddle_halt_other(void) {
    board_halt_others();
}

bool heddle_halting(void) {
    return cores_halting;
}

void heddle_other_off(void) {
    cores_second_off();
}
