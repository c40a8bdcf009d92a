# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The board's files and those of MicroPython's that it needs beside py/ and extmod/, for Makefile and CMakeLists.txt:
# nothing but lines of "NAME = words" and "NAME += words".

BOARD_C = board.c clock.c hostscript.c main.c memory.c mphalport.c ramdisk.c startup.c uart.c
BARE_C = gc_bare.c hal_bare.c

SHARED_C = shared/libc/__errno.c shared/libc/string0.c shared/readline/readline.c
SHARED_C += shared/runtime/gchelper_native.c shared/runtime/interrupt_char.c shared/runtime/mpirq.c
SHARED_C += shared/runtime/pyexec.c shared/runtime/softtimer.c shared/runtime/stdout_helpers.c
SHARED_C += shared/runtime/sys_stdio_mphal.c shared/timeutils/timeutils.c
SHARED_S = shared/runtime/gchelper_thumb2.s
