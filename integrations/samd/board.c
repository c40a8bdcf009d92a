// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The board behind include/board.h, over upstream's start-up.
#include "py/mphal.h"

#include "board.h"
#include "heddle.h"
#include "heddle_guard.h"
#include "heddle_port.h"
#include "samd_soc.h"

extern volatile uint32_t ticks_us64_upper;

// TC0 counts sixteenths of a microsecond, through 32 bits; upstream's interrupt of it counts how often.
uint64_t board_clock_us(void) {
    uint32_t state = disable_irq();
    TC0->COUNT32.CTRLBSET.reg = TC_CTRLBSET_CMD_READSYNC;
    while (TC0->COUNT32.CTRLBSET.reg != 0) {
    }
    uint32_t count = TC0->COUNT32.COUNT.reg;
    uint64_t upper = ticks_us64_upper;
    if (TC0->COUNT32.INTFLAG.bit.OVF && count < 1u << 31) {
        ++upper; // the interrupt is still to come
    }
    enable_irq(state);
    return upper << 28 | count >> 4;
}

uint64_t mp_hal_ticks_us_64(void) {
    return board_clock_us();
}

void board_idle(void) {
    __DSB();
    __WFI();
}

void board_reset(void) {
    NVIC_SystemReset();
    for (;;) {
    }
}

// Upstream leaves all interrupts at 0, the most urgent. FreeRTOS wants 1 or less urgent of those that call it.
void heddle_board_init(void) {
    for (int irq = 0; irq < PERIPH_COUNT_IRQn; ++irq) {
        NVIC_SetPriority((IRQn_Type)irq, 1);
    }
    SysTick->CTRL = 0;
    SCB->ICSR = SCB_ICSR_PENDSTCLR_Msk;
    heddle_guard_init(0, 0);
    enable_irq(0);
}
