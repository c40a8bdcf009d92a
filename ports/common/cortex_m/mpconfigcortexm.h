// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// MicroPython on a board with a Cortex-M, for the end of its mpconfigport.h.
#ifndef CORTEX_M_MPCONFIGCORTEXM_H
#define CORTEX_M_MPCONFIGCORTEXM_H

#include "irq.h"
#include "mpconfigcommon.h"
#include "regs.h"

// Compiler and runtime.
#define MICROPY_EMIT_THUMB (1)
#define MICROPY_EMIT_INLINE_THUMB (1)
#define MICROPY_MAKE_POINTER_CALLABLE(p) ((void *)((mp_uint_t)(p) | 1))
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_FLOAT)
#define MICROPY_ALLOC_PATH_MAX (128) // on the stack of who imports

#define MICROPY_PY_SYS_PLATFORM "heddle"
#define MICROPY_PY_RANDOM_SEED_INIT_FUNC (board_ticks_cpu())
#define MICROPY_PY_MACHINE_PULSE (1)

#define MICROPY_HW_PLACE " (QEMU)"
#define BOARD_SCRIPT_ADDRESS (HOST_DATA)

// What vm/mpconfigheddle.h has, and room for what a switch and an interrupt save of floating point.
#ifdef __ARM_FP
#define MICROPY_STACK_CHECK_MARGIN (768 + 34 * 4)
#endif

#define MP_SSIZE_MAX (0x7fffffff)
#define MP_NEED_LOG2 (1)

#include "mpconfigthreads.h"

#endif // CORTEX_M_MPCONFIGCORTEXM_H
