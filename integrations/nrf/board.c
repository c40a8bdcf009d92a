// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The board behind include/board.h, over upstream's start-up. TIMER4 counts microseconds, through 32 bits: CC[0] is the
// kernel's alarm, CC[1] what is read, CC[2] the start of another round.
#include <nrfx.h>

#include "board.h"
#include "heddle.h"
#include "heddle_guard.h"
#include "heddle_port.h"

#define IRQ_COUNT (48)
#define PRESCALER_1_MHZ (4)

void tusb_hal_nrf_power_event(uint32_t event);
void __real_tusb_hal_nrf_power_event(uint32_t event);
void __wrap_tusb_hal_nrf_power_event(uint32_t event);
void TIMER4_IRQHandler(void);

uint64_t board_clock_us(void) {
    static uint32_t low, high;
    uint32_t state = __get_BASEPRI();
    __set_BASEPRI_MAX(BOARD_MASK);
    NRF_TIMER4->TASKS_CAPTURE[1] = 1;
    uint32_t now = NRF_TIMER4->CC[1];
    high += now < low;
    low = now;
    uint64_t us = (uint64_t)high << 32 | now;
    __set_BASEPRI(state);
    return us;
}

static void event_clear(unsigned channel) {
    NRF_TIMER4->EVENTS_COMPARE[channel] = 0;
    (void)NRF_TIMER4->EVENTS_COMPARE[channel]; // or the interrupt comes again
}

#ifdef BOARD_ALARM
#include "kern.h"

void board_timer_set(int64_t at) {
    NRF_TIMER4->INTENCLR = TIMER_INTENCLR_COMPARE0_Msk;
    event_clear(0);
    if (at == KERN_NEVER) {
        return;
    }
    NRF_TIMER4->CC[0] = (uint32_t)at;
    NRF_TIMER4->INTENSET = TIMER_INTENSET_COMPARE0_Msk;
    // It fires at this very value, so it may have missed it.
    if ((int64_t)board_clock_us() >= at - 1) {
        NVIC_SetPendingIRQ(TIMER4_IRQn);
    }
}

static void alarm(void) {
    event_clear(0);
    kern_timer_isr();
}

void board_idle(void) {
    __DSB();
    __WFI();
}
#else
static void alarm(void) {
}

// SysTick, which is the tick, stands still in WFI.
void board_idle(void) {
}
#endif

void TIMER4_IRQHandler(void) {
    event_clear(2);
    (void)board_clock_us(); // once each round, whoever asks
    alarm();
}

void board_reset(void) {
    NVIC_SystemReset();
    for (;;) {
    }
}

// The crystal, or the clock is as wrong as an RC oscillator. Without a cable TinyUSB turns it off.
static void crystal_on(void) {
    NRF_CLOCK->TASKS_HFCLKSTART = 1;
}

void __wrap_tusb_hal_nrf_power_event(uint32_t event) {
    __real_tusb_hal_nrf_power_event(event);
    crystal_on();
}

void heddle_board_init(void) {
    for (int irq = 0; irq < IRQ_COUNT; ++irq) {
        NVIC_SetPriority((IRQn_Type)irq, BOARD_PRIORITY);
    }
    crystal_on();
    NRF_TIMER4->BITMODE = TIMER_BITMODE_BITMODE_32Bit;
    NRF_TIMER4->PRESCALER = PRESCALER_1_MHZ;
    NRF_TIMER4->CC[2] = 0;
    NRF_TIMER4->INTENSET = TIMER_INTENSET_COMPARE2_Msk;
    NRF_TIMER4->TASKS_START = 1;
    NVIC_EnableIRQ(TIMER4_IRQn);
    heddle_guard_init(0, 0);
}
