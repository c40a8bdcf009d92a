// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Registers of the RP2040, and the numbers of its interrupts.
#ifndef RP2040_H
#define RP2040_H

#include <stdint.h>

#define RP2040_REG(address) (*(volatile uint32_t *)(address))
// A peripheral's register by other addresses: what is written there is set, or cleared.
#define RP2040_SET(reg) (*(volatile uint32_t *)((uintptr_t)&(reg) + 0x2000))
#define RP2040_CLEAR(reg) (*(volatile uint32_t *)((uintptr_t)&(reg) + 0x3000))

// ---- a core's own, and what cores share

#define SIO_CPUID RP2040_REG(0xd0000000)
#define SIO_FIFO_ST RP2040_REG(0xd0000050)
#define SIO_FIFO_WR RP2040_REG(0xd0000054)
#define SIO_FIFO_RD RP2040_REG(0xd0000058)
#define SIO_SPINLOCK(n) RP2040_REG(0xd0000100 + 4 * (n))
#define FIFO_ST_VALID (1u << 0) // there is something to read
#define FIFO_ST_READY (1u << 1) // there is room to write
#define FIFO_ST_CLEAR (0xc) // that it was written without room, or read when empty

#define PSM_FRCE_OFF RP2040_REG(0x40010004)
#define PSM_PROC1 (1u << 16)

// ---- the timer: microseconds, and four alarms at a value of their low word

typedef struct {
    volatile uint32_t timehw, timelw, timehr, timelr, alarm[4], armed, timerawh, timerawl, dbgpause, pause;
    volatile uint32_t intr, inte, intf, ints;
} rp2040_timer_t;

#define TIMER ((rp2040_timer_t *)0x40054000)
#define IRQ_TIMER(alarm) (alarm)
#define IRQ_SIO(core) (15 + (core))

// ---- clocks and resets

#define RESETS_RESET RP2040_REG(0x4000c000)
#define RESETS_DONE RP2040_REG(0x4000c008)
#define RESET_IO_BANK0 (1u << 5)
#define RESET_PADS_BANK0 (1u << 8)
#define RESET_PLL_SYS (1u << 12)
#define RESET_TIMER (1u << 21)
#define RESET_UART0 (1u << 22)

#define XOSC_CTRL RP2040_REG(0x40024000)
#define XOSC_STATUS RP2040_REG(0x40024004)
#define XOSC_STARTUP RP2040_REG(0x4002400c)
#define XOSC_CTRL_ENABLE (0xfabaa0) // for 1 to 15 MHz
#define XOSC_STATUS_STABLE (1u << 31)

#define PLL_SYS_CS RP2040_REG(0x40028000)
#define PLL_SYS_PWR RP2040_REG(0x40028004)
#define PLL_SYS_FBDIV RP2040_REG(0x40028008)
#define PLL_SYS_PRIM RP2040_REG(0x4002800c)
#define PLL_CS_LOCK (1u << 31)
#define PLL_PWR_PD (1u << 0)
#define PLL_PWR_POSTDIV_PD (1u << 3)
#define PLL_PWR_VCO_PD (1u << 5)

#define CLK_REF_CTRL RP2040_REG(0x40008030)
#define CLK_REF_SELECTED RP2040_REG(0x40008038)
#define CLK_REF_XOSC (2)
#define CLK_SYS_CTRL RP2040_REG(0x4000803c)
#define CLK_SYS_SELECTED RP2040_REG(0x40008044)
#define CLK_SYS_AUX (1) // which is the PLL
#define CLK_PERI_CTRL RP2040_REG(0x40008048)
#define CLK_PERI_ENABLE (1u << 11) // from the system's clock

#define WATCHDOG_TICK RP2040_REG(0x4005802c)
#define WATCHDOG_TICK_ENABLE (1u << 9)

// ---- the console

typedef struct {
    volatile uint32_t dr, rsr, reserved_1[4], fr, reserved_2, ilpr, ibrd, fbrd, lcr_h, cr;
} rp2040_uart_t;

#define UART0 ((rp2040_uart_t *)0x40034000)
#define UART_FR_BUSY (1u << 3)
#define UART_FR_TX_FULL (1u << 5)
#define UART_LCR_8_BITS_FIFO (3u << 5 | 1u << 4)
#define UART_CR_ON (3u << 8 | 1)

#define GPIO_CTRL(pin) RP2040_REG(0x40014004 + 8 * (pin))
#define GPIO_CTRL_UART (2)

#endif // RP2040_H
