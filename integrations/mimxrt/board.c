// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The board behind include/board.h, over upstream's start-up and NXP's library.
#include "py/mphal.h"
#include "device/dcd.h"

#include CPU_HEADER_H
#include "board.h"
#include "fsl_wdog.h"
#include "heddle.h"
#include "heddle_guard.h"
#include "irq.h"
#include "kernel_board.h"
#include "pendsv.h"
#include "ticks.h"

// GPT2 counts microseconds, through 32 bits; upstream's interrupt of it counts how often.
uint64_t board_clock_us(void) {
    return ticks_us64();
}

bool heddle_own_irq(unsigned irq) {
    return irq == GPT2_IRQn;
}

void board_idle(void) {
    __DSB();
    __WFI();
}

void board_reset(void) {
    WDOG_TriggerSystemSoftwareReset(WDOG1);
    for (;;) {
    }
}

// What it finds schedules TinyUSB's work: mp_usbd.c.
void USB_OTG1_IRQHandler(void) {
    dcd_int_handler(0);
    __DSB();
}

// Upstream's waits for an interrupt, with a poll of what is pending.
void ticks_delay_us64(uint64_t us) {
    mp_hal_delay_us(us);
}

#if MICROPY_PY_LWIP && defined(IOMUX_TABLE_ENET)
// Upstream gives frames to lwIP in the interrupt, which has PendSV's priority.
void ENET_DriverIRQHandler(void);

static void enet_run(void) {
    ENET_DriverIRQHandler();
    NVIC_EnableIRQ(ENET_IRQn);
}

void ENET_IRQHandler(void) {
    NVIC_DisableIRQ(ENET_IRQn);
    pendsv_schedule_dispatch(PENDSV_DISPATCH_ENET, enet_run);
}
#endif

// In place of upstream's, with interrupts masked and the tick on. Upstream leaves most interrupts at 0, the most
// urgent; FreeRTOS wants 1 or less urgent of those that call it.
void pendsv_init(void) {
    for (int irq = 0; irq < NUMBER_OF_INT_VECTORS - 16; ++irq) {
        NVIC_SetPriority((IRQn_Type)irq, 1);
    }
    SysTick->CTRL = 0;
    SCB->ICSR = SCB_ICSR_PENDSTCLR_Msk;
    NVIC_SetPriority(SysTick_IRQn, IRQ_PRI_PENDSV);
    heddle_pendsv_init();
    heddle_guard_init((uintptr_t)&__flash_start, 1 << MPU_RASR_TEX_Pos | MPU_RASR_C_Msk | MPU_RASR_B_Msk);
    __enable_irq();
}
