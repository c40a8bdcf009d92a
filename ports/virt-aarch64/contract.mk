# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT

ARCH = aarch64
CROSS_COMPILE ?= aarch64-linux-gnu-
BOARD_C = board.c console_polled.c wire.c

include cpu.mk
CFLAGS = $(CPU) $(LIBC_INC) -DARCH_CORES=8 -DCONFIG_IDLE_STACK_SIZE=2048
LDFLAGS = -nostdlib -static -no-pie -Wl,-z,max-page-size=4096 -Wl,--build-id=none
LIBS = $(LIBC)

include ../common/contract.mk

# It runs with the MMU off, where nothing but aligned accesses will do.
$(BUILD)/kernel/arch/aarch64/mmu.o: CFLAGS += -mstrict-align -fno-tree-loop-distribute-patterns
