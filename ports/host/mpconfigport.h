// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// MicroPython as a Linux program: what the boards have, without native code.
#include <alloca.h>
#include <stdint.h>

#include "host.h"

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

// Compiler and runtime.
#define MICROPY_PERSISTENT_CODE_LOAD (1)
#define MICROPY_LONGINT_IMPL (MICROPY_LONGINT_IMPL_MPZ)
#define MPZ_DIG_SIZE (16) // what frozen code has
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_DOUBLE)
#define MICROPY_WARNINGS (1)
#define MICROPY_MEM_STATS (0)
#define MICROPY_OPT_COMPUTED_GOTO (1)

// Memory. C frames, and the frame of a signal on top of them, are larger than a microcontroller's.
#define MICROPY_ENABLE_GC (1)
#define MICROPY_ENABLE_FINALISER (1)
#define MICROPY_STACK_CHECK (1)
#define MICROPY_STACK_CHECK_MARGIN (RTOS_STACK_MIN / 2)
#define MICROPY_ENABLE_EMERGENCY_EXCEPTION_BUF (1)

// Interrupts and the prompt.
#define MICROPY_ENABLE_SCHEDULER (1)
#define MICROPY_SCHEDULER_DEPTH (32)
#define MICROPY_SCHEDULER_STATIC_NODES (1)
#define MICROPY_KBD_EXCEPTION (1)
#define MICROPY_HELPER_REPL (1)
#define MICROPY_REPL_AUTO_INDENT (1)
#define MICROPY_PY_BUILTINS_HELP_TEXT help_text

// Files.
#define MICROPY_VFS (1)
#define MICROPY_VFS_ROM (1)
#define MICROPY_VFS_ROM_IOCTL (0)
#define MICROPY_READER_VFS (1)
#define MICROPY_FATFS_ENABLE_LFN (1)
#define MICROPY_FATFS_LFN_CODE_PAGE 437 // Pasted into a name: no brackets.
#define MICROPY_FATFS_USE_LABEL (1)
#define MICROPY_FATFS_RPATH (2)

// Modules.
#define MICROPY_PY_SYS_PLATFORM "linux" // tests of timing ask whether the system is a real-time one
#define MICROPY_PY_OS_UNAME (1)
#define MICROPY_PY_TIME (1)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (1)
#define MICROPY_PY_TIME_TIME_TIME_NS (1)
#define MICROPY_PY_TIME_INCLUDEFILE "port_time.c"
#define MICROPY_PY_SYS_EXC_INFO (1)
#define MICROPY_PY_SELECT (1)
#define MICROPY_PY_RE_MATCH_GROUPS (1)
#define MICROPY_PY_RE_MATCH_SPAN_START_END (1)
#define MICROPY_PY_ASYNCIO (1)
#define MICROPY_PY_HASHLIB_SHA256 (1)
#define MICROPY_PY_DEFLATE_COMPRESS (1)
#define MICROPY_PY_WEBSOCKET (1)
#define MICROPY_PY_RANDOM_SEED_INIT_FUNC (host_seed())
#define MICROPY_PY_MACHINE (1)
#define MICROPY_PY_MACHINE_INCLUDEFILE "port_machine.c"
#define MICROPY_PY_MACHINE_RESET (1)
#define MICROPY_PY_MACHINE_BARE_METAL_FUNCS (1)
#define MICROPY_PY_MACHINE_MEMX (1)
#define MICROPY_PY_MACHINE_PIN_BASE (1)
#define MICROPY_PY_MACHINE_SIGNAL (1)
#define MICROPY_PY_MACHINE_TIMER (1)

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
// From 1.27 on MicroPython derives these by itself.
#if MICROPY_VERSION < MICROPY_MAKE_VERSION(1, 27, 0)
#define UINT_FMT "%lu"
#define INT_FMT "%ld"
typedef long mp_int_t;
typedef unsigned long mp_uint_t;
#endif
typedef long mp_off_t;

#define MP_STATE_PORT MP_STATE_VM

#include "mpconfigheddle.h"
