// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The board as its start-up and the drivers of this repository know it: interrupts, and where the host leaves things.
#ifndef PICO_REGS_H
#define PICO_REGS_H

#include "kernel_board.h"
#include "rp2040.h"

#define BOARD_CORES (2)
#define BOARD_CORE() (SIO_CPUID)

#include "core_regs.h"

#define CPU_HZ (125000000u)

// Where the host leaves arguments before the start: behind the flash that a board has.
#define HOST_DATA (0x10200000)

#define IRQ_COUNT (32)
// No device has it: only software raises it.
#define IRQ_SOFTWARE (31)

#endif // PICO_REGS_H
