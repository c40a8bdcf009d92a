// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The Netduino Plus 2 as far as QEMU models it: no USB, flash, clocks nor date, and random numbers that
// are zero.
#define MICROPY_HW_BOARD_NAME "Netduino Plus 2 (QEMU)"
#define MICROPY_HW_MCU_NAME "STM32F405RG"

#define MICROPY_HW_ENABLE_USB (0)
#define MICROPY_HW_ENABLE_RNG (1)
#define MICROPY_HW_ENABLE_RTC (0)
#define MICROPY_HW_ENABLE_INTERNAL_FLASH_STORAGE (0)

// What powerctrl.c wants to know; qemu.c sets no clock.
#define MICROPY_HW_CLK_PLLM (25)
#define MICROPY_HW_CLK_PLLN (336)
#define MICROPY_HW_CLK_PLLP (RCC_PLLP_DIV2)
#define MICROPY_HW_CLK_PLLQ (7)

#define MICROPY_HW_UART1_TX (pin_A9)
#define MICROPY_HW_UART1_RX (pin_A10)
#define MICROPY_HW_UART_REPL (PYB_UART_1)
#define MICROPY_HW_UART_REPL_BAUD (115200)

// For what qemu.c defers.
#define MICROPY_BOARD_PENDSV_ENTRIES PENDSV_DISPATCH_BOARD,

// QEMU's timers count at 1 GHz, whatever RCC says.
#define HEDDLE_TIMER_HZ (1000000000)
