// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Registers of the STM32F405 as far as QEMU's netduinoplus2 has them, and the numbers of their interrupts.
#ifndef NETDUINO_REGS_H
#define NETDUINO_REGS_H

#include "core_regs.h"

#define CPU_HZ (168000000u)

// QEMU's timers count at 1 GHz, whatever RCC says.
#define TIM_HZ (1000000000u)

// Where the host leaves a script or arguments before the start: in the flash.
#define HOST_DATA (0x080c0000)

typedef struct {
    volatile uint32_t cr1, cr2, smcr, dier, sr, egr, ccmr1, ccmr2, ccer, cnt, psc, arr;
} tim_t;

#define TIM2 ((tim_t *)0x40000000)
#define TIM3 ((tim_t *)0x40000400)
#define TIM5 ((tim_t *)0x40000c00)
#define TIM_CR1_ENABLE (1u << 0)
#define TIM_EGR_UPDATE (1u << 0)

typedef struct {
    volatile uint32_t sr, dr, brr, cr1;
} usart_t;

#define USART1 ((usart_t *)0x40011000)
#define USART_SR_RX_FULL (1u << 5)
#define USART_SR_SENT (1u << 6)
#define USART_SR_TX_EMPTY (1u << 7)
#define USART_CR1_RX (1u << 2)
#define USART_CR1_TX (1u << 3)
#define USART_CR1_RX_IRQ (1u << 5)
#define USART_CR1_ENABLE (1u << 13)

#define IRQ_COUNT (38)
// The flash's, of which the model has nothing: only software raises it.
#define IRQ_SOFTWARE (4)
#define IRQ_USART1 (37)

#endif // NETDUINO_REGS_H
