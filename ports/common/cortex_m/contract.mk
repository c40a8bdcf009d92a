# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The contract suite on a Cortex-M, see ports/common/contract.mk. A board.mk says CORES_MOST; CPU, the compiler's
# options for its processor; UART_SRC, its console for such images; and DEVICE_DIR, the folder of devices that it
# shares with others, if there is one.
# `make -f contract.mk KERNEL=freertos|zephyr MICROPYTHON_DIR=<source> BUILD=<dir> [CORES=n]`; MicroPython's source is
# where FreeRTOS comes from.

include board.mk
ARCH = cortex_m
HEDDLE_DIR := $(abspath ../..)
BOARD_NAME := $(notdir $(CURDIR))
KERNEL ?= $(firstword $(KERNELS))
MICROPYTHON_DIR ?= $(HEDDLE_DIR)/build/micropython-1.25.0
include ../common/cortex_m/freertos.mk
CROSS_COMPILE ?= arm-none-eabi-
CORES ?= $(CORES_MOST)

CORE_DIR = ../common/cortex_m
vpath %.c $(CORE_DIR) $(DEVICE_DIR)
BOARD_C = board.c clock.c memory.c startup.c $(UART_SRC)
CFLAGS = $(CPU) -I$(CORE_DIR) $(addprefix -I, $(DEVICE_DIR)) -DARCH_CORES=$(CORES)
LDFLAGS = -nostartfiles --specs=nano.specs $(CPU) -L$(CORE_DIR)
LINKER_PARTS = $(CORE_DIR)/cortex_m.ld
ifeq ($(KERNEL),freertos)
BOARD_C += contract_freertos.c
KERNEL_SRC = $(HEDDLE_FREERTOS_C)
KERNEL_O = $(addprefix freertos/, $(HEDDLE_KERNEL_C:.c=.o) port.o)
KERNEL_INC = -I$(HEDDLE_DIR)/adapters/freertos -I$(FREERTOS_DIR)/include -I$(FREERTOS_PORT)
KERNEL_WRAPS = xTaskIncrementTick vTaskSwitchContext board_irq_raise
endif

include ../common/contract.mk

$(OBJ): board.mk $(CORE_DIR)/contract.mk

# The loops in it must not become calls of themselves.
$(BUILD)/memory.o: CFLAGS += -fno-builtin -fno-tree-loop-distribute-patterns
$(BUILD)/freertos/%: CFLAGS += -Wno-sign-compare -Wno-unused-variable

$(BUILD)/freertos/port.o: $(FREERTOS_PORT)/port.c
	$(compile)
$(BUILD)/freertos/%.o: $(FREERTOS_DIR)/%.c
	$(compile)
