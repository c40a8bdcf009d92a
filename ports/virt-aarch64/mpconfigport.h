// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// MicroPython on QEMU's virt, without native code.
#include "mpconfigcommon.h"

#define MPZ_DIG_SIZE (16) // what frozen code has
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_DOUBLE)

// Upstream's own jump for this processor does not keep d8 to d15, and its list of registers has none of them.
#define MICROPY_NLR_SETJMP (1)
#define MICROPY_GCREGS_SETJMP (1)

// C frames, and that of an interrupt, are larger than a microcontroller's.
#define MICROPY_STACK_CHECK_MARGIN (RTOS_STACK_MIN / 2)

#define MICROPY_PY_SYS_PLATFORM "heddle"
#define MICROPY_PY_RANDOM_SEED_INIT_FUNC (board_ticks_cpu())

#define MICROPY_HW_BOARD_NAME "virt-aarch64"
#define MICROPY_HW_MCU_NAME "AArch64"
#define MICROPY_HW_PLACE " (QEMU)"
#define MICROPY_HW_UNIQUE_ID "aarch64!" // every QEMU is the same board
#define MICROPY_HW_TICKS_CPU_HZ (62500000)
#define BOARD_SCRIPT_ADDRESS (0x44000000)

#define MP_SSIZE_MAX (0x7fffffffffffffff)

#if !MICROPY_PY_THREAD
#define RTOS_STACK_MIN (8192) // the same depth as with threads
#endif

#include "mpconfigthreads.h"
