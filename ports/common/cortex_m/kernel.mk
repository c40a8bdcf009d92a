# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Our own kernel and an application as an image, without MicroPython: see kernel/app.mk. A board's board.mk says
# CORES_MOST, CPU, the compiler's options for its processor, UART_SRC, its console for such images, and DEVICE_DIR, the
# folder of devices that it shares with others, if there is one.

include board.mk
ARCH = cortex_m
CROSS_COMPILE ?= arm-none-eabi-
BOARD_SRC = board.c clock.c kernel_console.c kernel_main.c memory.c startup.c $(UART_SRC)
CFLAGS += $(CPU)
# As in Zephyr's programs: %u is for a uint32_t.
CFLAGS += -U__INT32_TYPE__ -D__INT32_TYPE__=int -U__UINT32_TYPE__ '-D__UINT32_TYPE__=unsigned int'
CFLAGS += -I../common -I../common/cortex_m $(addprefix -I, $(DEVICE_DIR))
LDFLAGS += -nostartfiles --specs=nano.specs $(CPU) -L../common/cortex_m -T $(notdir $(CURDIR)).ld
LDFLAGS += -Wl,--defsym=heap_size=0

vpath %.c ../common ../common/cortex_m $(DEVICE_DIR)
include ../../kernel/app.mk

$(BUILD)/firmware.elf: ../common/cortex_m/cortex_m.ld
# The loops in it must not become calls of themselves.
$(BUILD)/board/memory.o: CFLAGS += -fno-builtin -fno-tree-loop-distribute-patterns
