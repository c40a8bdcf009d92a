# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The contract suite as an image: kernel, adapter, start-up and tests/contract, without MicroPython.
# `make -f contract.mk MICROPYTHON_DIR=<source> BUILD=<dir>`; MicroPython's source is where FreeRTOS comes from.

HEDDLE_DIR := $(abspath ../..)
MICROPYTHON_DIR ?= $(HEDDLE_DIR)/build/micropython-1.25.0
FREERTOS_DIR ?= $(MICROPYTHON_DIR)/ports/cc3200/FreeRTOS/Source
FREERTOS_PORT ?= $(FREERTOS_DIR)/portable/GCC/ARM_CM3
CROSS_COMPILE ?= arm-none-eabi-
COPT ?= -O2
BUILD ?= $(HEDDLE_DIR)/build/mps2-an385/contract

include $(HEDDLE_DIR)/vm/sources.mk
include $(HEDDLE_DIR)/tests/contract/sources.mk

BOARD_C = board.c clock.c contract_main.c memory.c startup.c
OUR_C = $(sort $(HEDDLE_FREERTOS_C) adapters/common/stop.c $(CONTRACT_C))
OBJ = $(addprefix $(BUILD)/, $(BOARD_C:.c=.o) $(OUR_C:.c=.o) $(addprefix freertos/, $(HEDDLE_KERNEL_C:.c=.o) port.o))

CC = $(CROSS_COMPILE)gcc
CFLAGS = -std=gnu11 -mcpu=cortex-m3 -mthumb $(COPT) -g -ffunction-sections -fdata-sections -fno-common
CFLAGS += -Wall -Wextra -Werror -Wno-unused-parameter -MMD
CFLAGS += -I. -I$(HEDDLE_DIR)/include -I$(HEDDLE_DIR)/tests/contract -I$(HEDDLE_DIR)/adapters/freertos
CFLAGS += -I$(FREERTOS_DIR)/include -I$(FREERTOS_PORT)
LDFLAGS = -nostartfiles --specs=nano.specs -mcpu=cortex-m3 -mthumb -T mps2-an385.ld -Wl,--gc-sections
LDFLAGS += -Wl,--defsym=heap_size=0
LDFLAGS += $(addprefix -Wl$(comma)--wrap=, xTaskIncrementTick vTaskSwitchContext board_irq_raise)
comma = ,

# A change of configuration in the same BUILD folder rebuilds everything.
CONFIG := $(FREERTOS_DIR) $(CC) $(COPT)
STAMP := $(BUILD)/config.stamp
$(shell mkdir -p $(BUILD); echo '$(CONFIG)' | cmp -s - $(STAMP) || echo '$(CONFIG)' > $(STAMP))

$(BUILD)/firmware.elf: $(OBJ) mps2-an385.ld
	$(CC) $(LDFLAGS) -o $@ $(OBJ)

$(OBJ): $(STAMP) contract.mk $(HEDDLE_DIR)/tests/contract/sources.mk

# The loops in it must not become calls of themselves.
$(BUILD)/memory.o: CFLAGS += -fno-builtin -fno-tree-loop-distribute-patterns
$(BUILD)/freertos/%: CFLAGS += -Wno-sign-compare -Wno-unused-variable

define compile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<
endef
$(BUILD)/freertos/port.o: $(FREERTOS_PORT)/port.c
	$(compile)
$(BUILD)/freertos/%.o: $(FREERTOS_DIR)/%.c
	$(compile)
$(addprefix $(BUILD)/, $(OUR_C:.c=.o)): $(BUILD)/%.o: $(HEDDLE_DIR)/%.c
	$(compile)
$(BUILD)/%.o: %.c
	$(compile)

-include $(OBJ:.o=.d)
