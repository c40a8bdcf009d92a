// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Faults for the contract suite on FreeRTOS: what the kernel and the cases call is here first (--wrap).
#include "board.h"
#include "contract.h"

long __real_xTaskIncrementTick(void);
long __wrap_xTaskIncrementTick(void);
void __real_vTaskSwitchContext(void);
void __wrap_vTaskSwitchContext(void);
void __real_board_irq_raise(void (*fn)(void));
void __wrap_board_irq_raise(void (*fn)(void));

static void (*late_irq)(void);
static uint32_t late_irq_ticks;

// The kernel's interrupts are masked here, so ticks are late, and lost.
static void strike(const char *kind) {
    if (contract_strikes(kind)) {
        uint64_t end_us = board_clock_us() + LATE_US;
        while (board_clock_us() < end_us) {
            contract_spin();
        }
    }
}

long __wrap_xTaskIncrementTick(void) {
    strike("tick");
    if (late_irq != NULL && --late_irq_ticks == 0) {
        __real_board_irq_raise(late_irq);
        late_irq = NULL;
    }
    return __real_xTaskIncrementTick();
}

void __wrap_vTaskSwitchContext(void) {
    strike("switch");
    __real_vTaskSwitchContext();
}

void __wrap_board_irq_raise(void (*fn)(void)) {
    if (contract_strikes("irq")) {
        late_irq_ticks = LATE_US / 1000;
        rtos_poke(late_irq, fn);
    } else {
        __real_board_irq_raise(fn);
    }
}
