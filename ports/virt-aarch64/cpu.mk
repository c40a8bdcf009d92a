# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The compiler is the one for Linux: nothing of the host's, and no calls for atomic operations.
libc := /usr/lib/picolibc/aarch64-linux-gnu
CPU = -mcpu=cortex-a53 -ffreestanding -fno-pic -fno-stack-protector -fno-asynchronous-unwind-tables
CPU += -mno-outline-atomics -nostdinc
LIBC_INC = -isystem $(shell $(CROSS_COMPILE)gcc -print-file-name=include) -isystem $(libc)/include
LIBC = $(libc)/lib/libm.a $(libc)/lib/libc.a $(shell $(CROSS_COMPILE)gcc -print-libgcc-file-name)
