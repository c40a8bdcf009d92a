// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The start of an RP2040 without the pico-sdk: a crystal of 12 MHz, all clocks from it, the system's at 125 MHz.
#include "cores.h"
#include "irq.h"
#include "regs.h"
#include "startup.h"

#define XOSC_START (47) // 256ths of cycles: a millisecond
#define XOSC_MHZ (12)
#define PLL_MULTIPLIER (125) // 1500 MHz, and by 6 and 2
#define PLL_DIVIDERS (6u << 16 | 2u << 12)

void board_core_init(void);

void board_core_init(void) {
    cores_init();
}

static void unreset(uint32_t devices) {
    RP2040_CLEAR(RESETS_RESET) = devices;
    while (~RESETS_DONE & devices) {
    }
}

static void xosc_init(void) {
    XOSC_STARTUP = XOSC_START;
    XOSC_CTRL = XOSC_CTRL_ENABLE;
    while (!(XOSC_STATUS & XOSC_STATUS_STABLE)) {
    }
    CLK_REF_CTRL = CLK_REF_XOSC;
    while (!(CLK_REF_SELECTED & 1u << CLK_REF_XOSC)) {
    }
}

static void pll_init(void) {
    unreset(RESET_PLL_SYS);
    PLL_SYS_CS = 1;
    PLL_SYS_FBDIV = PLL_MULTIPLIER;
    RP2040_CLEAR(PLL_SYS_PWR) = PLL_PWR_PD | PLL_PWR_VCO_PD;
    while (!(PLL_SYS_CS & PLL_CS_LOCK)) {
    }
    PLL_SYS_PRIM = PLL_DIVIDERS;
    RP2040_CLEAR(PLL_SYS_PWR) = PLL_PWR_POSTDIV_PD;
    CLK_SYS_CTRL = CLK_SYS_AUX;
    while (!(CLK_SYS_SELECTED & 1u << CLK_SYS_AUX)) {
    }
}

void clock_init(void) {
    xosc_init();
    pll_init();
    CLK_PERI_CTRL = CLK_PERI_ENABLE;
    WATCHDOG_TICK = WATCHDOG_TICK_ENABLE | XOSC_MHZ;
    unreset(RESET_TIMER | RESET_IO_BANK0 | RESET_PADS_BANK0 | RESET_UART0);
    cores_init_shared();
}
