// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What all images have of MicroPython: all that the extra features level has on a board without a radio or pins.
#ifndef PORTS_MPCONFIGCOMMON_H
#define PORTS_MPCONFIGCOMMON_H

#include <alloca.h>
#include <stdint.h>

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

// Compiler and runtime.
#define MICROPY_PERSISTENT_CODE_LOAD (1)
#define MICROPY_LONGINT_IMPL (MICROPY_LONGINT_IMPL_MPZ)
#define MICROPY_WARNINGS (1)
#define MICROPY_MEM_STATS (0)
#define MICROPY_OPT_COMPUTED_GOTO (1)

// Memory.
#define MICROPY_ENABLE_GC (1)
#define MICROPY_ENABLE_FINALISER (1)
#define MICROPY_STACK_CHECK (1)
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
// MD5 and SHA-1 would need a TLS library.
#define MICROPY_PY_HASHLIB_SHA256 (1)
#define MICROPY_PY_DEFLATE_COMPRESS (1)
#define MICROPY_PY_WEBSOCKET (1)
#define MICROPY_PY_MACHINE (1)
#define MICROPY_PY_MACHINE_INCLUDEFILE "port_machine.c"
#define MICROPY_PY_MACHINE_RESET (1)
#define MICROPY_PY_MACHINE_BARE_METAL_FUNCS (1)
#define MICROPY_PY_MACHINE_MEMX (1)
#define MICROPY_PY_MACHINE_PIN_BASE (1)
#define MICROPY_PY_MACHINE_SIGNAL (1)
#define MICROPY_PY_MACHINE_TIMER (1)

// From 1.27 on MicroPython derives these by itself.
#if MICROPY_VERSION < MICROPY_MAKE_VERSION(1, 27, 0)
#define UINT_FMT "%lu"
#define INT_FMT "%ld"
typedef long mp_int_t;
typedef unsigned long mp_uint_t;
#endif
typedef long mp_off_t;

#define MP_STATE_PORT MP_STATE_VM

// Blocks of 512 bytes.
#ifndef BOARD_RAMDISK_BLOCKS
#define BOARD_RAMDISK_BLOCKS (512)
#endif

uintptr_t board_ticks_cpu(void);

#endif // PORTS_MPCONFIGCOMMON_H
