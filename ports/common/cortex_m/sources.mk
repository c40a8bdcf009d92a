# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Files that every board with a Cortex-M has, for Makefiles and CMakeLists.txt: nothing but lines of "NAME = words" and
# "NAME += words".

# In this folder.
CORE_C = board.c memory.c startup.c
BARE_C = tick_bare.c

CORE_SHARED_C = shared/libc/__errno.c shared/libc/string0.c shared/runtime/gchelper_native.c
CORE_SHARED_S = shared/runtime/gchelper_thumb2.s
