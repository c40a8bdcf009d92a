// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The board behind include/board.h, over ST's library; and what is in place of the port's systick.c.
#include <string.h>

#include "py/mphal.h"
#include "py/runtime.h"

#include "board.h"
#include "heddle.h"
#include "heddle_guard.h"
#include "irq.h"
#include "pendsv.h"
#include "powerctrl.h"
#include "pybthread.h"
#include "systick.h"
#include "timer.h"
#include "uart.h"

// ---- the clock: TIM2 counts microseconds, through 32 bits

static uint32_t rounds;
static uint32_t last;

uint64_t board_clock_us(void) {
    mp_uint_t state = disable_irq();
    uint32_t us = TIM2->CNT;
    rounds += us < last;
    last = us;
    uint64_t now = (uint64_t)rounds << 32 | us;
    enable_irq(state);
    return now;
}

// It has come round, and somebody has to see it once each time.
void TIM2_IRQHandler(void) {
    TIM2->SR = 0;
    (void)board_clock_us();
}

#ifdef HEDDLE_TIMER_HZ
#define IN_QEMU (1) // where its interrupt would come for ever
#else
#define IN_QEMU (0)
#define HEDDLE_TIMER_HZ timer_get_source_freq(HEDDLE_CLOCK_TIMER)
#endif

static void clock_start(void) {
    __HAL_RCC_TIM2_CLK_ENABLE();
    TIM2->ARR = 0xffffffff;
    TIM2->CR1 = TIM_CR1_URS | TIM_CR1_CEN;
    if (!IN_QEMU) {
        TIM2->DIER = TIM_DIER_UIE;
        NVIC_SetPriority(TIM2_IRQn, IRQ_PRI_TIMX);
        NVIC_EnableIRQ(TIM2_IRQn);
    }
}

// The processor's speed is another one: at the start, and after machine.freq(). Who has SysTick sets it again within a
// millisecond, or wants just that.
void powerctrl_config_systick(void) {
    mp_uint_t state = disable_irq();
    if (!(TIM2->CR1 & TIM_CR1_CEN)) {
        clock_start();
    }
    uint32_t us = TIM2->CNT;
    TIM2->PSC = HEDDLE_TIMER_HZ / 1000000 - 1;
    TIM2->EGR = TIM_EGR_UG;
    TIM2->CNT = us;
    SysTick->LOAD = SystemCoreClock / 1000 - 1;
    SysTick->VAL = 0;
    enable_irq(state);
}

HAL_StatusTypeDef HAL_InitTick(uint32_t priority) {
    (void)priority;
    powerctrl_config_systick();
    return HAL_OK;
}

uint32_t HAL_GetTick(void) {
    return board_clock_us() / 1000;
}

// ST's library waits in any context, and without the GIL's leave.
void HAL_Delay(uint32_t ms) {
    for (uint64_t until = board_clock_us() + (uint64_t)ms * 1000; board_clock_us() < until;) {
    }
}

bool systick_has_passed(uint32_t start, uint32_t ms) {
    return HAL_GetTick() - start >= ms;
}

void systick_wait_at_least(uint32_t start, uint32_t ms) {
    while (!systick_has_passed(start, ms)) {
    }
}

// ---- the board

void board_idle(void) {
    __DSB();
    __WFI();
}

void board_ipi(unsigned core) {
    (void)core;
}

void board_reset(void) {
    powerctrl_mcu_reset();
}

void arch_write(const char *text, size_t length);
void arch_exit(int status);

// By polling, to the UART that the prompt is on, if there is one.
void arch_write(const char *text, size_t length) {
    machine_uart_obj_t *uart = MP_STATE_PORT(pyb_stdio_uart);
    for (size_t i = 0; uart != NULL && i < length; ++i) {
        uart_tx_strn(uart, text[i] == '\n' ? "\r\n" : &text[i], text[i] == '\n' ? 2 : 1);
    }
}

void arch_exit(int status) {
    (void)status;
    board_reset();
}

void board_panic(const char *message) {
    (void)disable_irq();
    arch_write(message, strlen(message));
    arch_write("\n", 1);
    board_reset();
}

// machine.info() would list upstream's threads; heddle.info() has ours.
void pyb_thread_dump(const mp_print_t *print) {
    (void)print;
}

// In place of upstream's; both kernels set PendSV's priority.
void pendsv_init(void) {
    NVIC_SetPriority(SysTick_IRQn, IRQ_PRI_PENDSV);
    heddle_pendsv_init();
    heddle_guard_init(FLASH_BASE, 0);
}
