// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// MicroPython as a Linux program: what the boards have, without native code.
#include "host.h"
#include "mpconfigcommon.h"


// Compiler and runtime.
#define MPZ_DIG_SIZE (16) // what frozen code has
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_DOUBLE)

// Memory. C frames, and the frame of a signal on top of them, are larger than a microcontroller's.
#define MICROPY_STACK_CHECK_MARGIN (RTOS_STACK_MIN / 2)

// Interrupts and the prompt.

// Files.

// Modules.
#define MICROPY_PY_SYS_PLATFORM "linux" // tests of timing ask whether the system is a real-time one
#define MICROPY_PY_RANDOM_SEED_INIT_FUNC (host_seed())

#define MICROPY_HW_BOARD_NAME "host"
#define MICROPY_HW_PLACE ""
#define MICROPY_HW_UNIQUE_ID "the-host"
#define MICROPY_HW_TICKS_CPU_HZ (1000000000)
#if defined(__aarch64__)
#define MICROPY_HW_MCU_NAME "AArch64"
#else
#define MICROPY_HW_MCU_NAME "x86-64"
#endif

#define MP_SSIZE_MAX (0x7fffffffffffffff)
#include "mpconfigheddle.h"
