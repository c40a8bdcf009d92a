# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Files that every port has, for Makefiles and CMakeLists.txt: nothing but lines of "NAME = words" and "NAME += words".

# In ports/common.
COMMON_C = console.c hostscript.c main.c mphalport.c ramdisk.c

# Likewise, without threads.
COMMON_BARE_C = gc_bare.c hal_bare.c

# Of MicroPython's, beside py/ and extmod/.
SHARED_C = shared/readline/readline.c shared/runtime/interrupt_char.c shared/runtime/mpirq.c shared/runtime/pyexec.c
SHARED_C += shared/runtime/softtimer.c shared/runtime/stdout_helpers.c shared/runtime/sys_stdio_mphal.c
SHARED_C += shared/timeutils/timeutils.c
