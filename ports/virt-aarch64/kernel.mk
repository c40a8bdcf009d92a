# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Our own kernel and an application as an image, without MicroPython: see kernel/app.mk. One image is for any number of
# cores: how many there are is QEMU's -smp.

include board.mk
ARCH = aarch64
override CORES = $(CORES_MOST)
CROSS_COMPILE ?= aarch64-linux-gnu-
BOARD_SRC = board.c console_polled.c kernel_console.c kernel_main.c wire.c

include cpu.mk
CFLAGS = $(CPU) $(LIBC_INC)
CFLAGS += -I../common
CFLAGS += -DCONFIG_IDLE_STACK_SIZE=2048 -DCONFIG_MAIN_STACK_SIZE=8192 -DCONFIG_SYSTEM_WORKQUEUE_STACK_SIZE=4096
LDFLAGS = -nostdlib -static -no-pie -T virt-aarch64.ld -Wl,-z,max-page-size=4096 -Wl,--build-id=none
LDFLAGS += -Wl,--defsym=heap_size=0
LIBS = $(LIBC)

vpath %.c ../common
include ../../kernel/app.mk

# It runs with the MMU off, where nothing but aligned accesses will do.
$(BUILD)/kernel/arch/aarch64/mmu.o: CFLAGS += -mstrict-align -fno-tree-loop-distribute-patterns
