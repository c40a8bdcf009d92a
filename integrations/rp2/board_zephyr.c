// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What our own kernel asks of the board beside board.c.
#include "arch/arch.h"
#include "arch_kernel.h"
#include "cores.h"
#include "heddle_port.h"

// What interrupts have, a part each core: below this one's lies the other's, and at the low end of each its guard.
static uint8_t interrupt_stacks[2 * INTERRUPT_STACK] __attribute__((used, aligned(ARCH_STACK_ALIGN)))
ARCH_STACK_SECTION;
__asm (
    ".global main_stack_start, main_stack_end\n"
    ".set main_stack_start, interrupt_stacks\n"
    ".set main_stack_end, interrupt_stacks + 2 * " STRINGIFY(INTERRUPT_STACK) "\n"
);

// From the stack that will be the main thread's.
void __attribute__((naked)) heddle_board_start(void (*python)(void *)) {
    (void)python;
    __asm volatile (
        "ldr r1, =main_stack_end\n"
        "msr msp, r1\n"
        "ldr r1, =heddle_start\n"
        "bx r1\n"
        ".ltorg\n"
    );
}

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
