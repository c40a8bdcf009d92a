// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// MicroPython on the mps2-an521.
#define MICROPY_HW_BOARD_NAME "mps2-an521"
#define MICROPY_HW_MCU_NAME "2 x Cortex-M33"
#define MICROPY_HW_UNIQUE_ID "mps2-521" // every QEMU is the same board
#define MICROPY_HW_TICKS_CPU_HZ (CPU_HZ)

#include "mpconfigcortexm.h"
