// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// MicroPython on the netduinoplus2.
#define MICROPY_HW_BOARD_NAME "netduinoplus2"
#define MICROPY_HW_MCU_NAME "STM32F405"
#define MICROPY_HW_UNIQUE_ID "netduino" // every QEMU is the same board
#define MICROPY_HW_TICKS_CPU_HZ (BOARD_CYCLES_HZ)
#define BOARD_RAMDISK_BLOCKS (16)

#include "kernel_board.h"
#include "mpconfigcortexm.h"
