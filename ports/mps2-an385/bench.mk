# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The figures of tests/bench/kernel over FreeRTOS alone, as an image; those over our own kernel are an application.
# `make -f bench.mk MICROPYTHON_DIR=<source> BUILD=<dir>`; MicroPython's source is where FreeRTOS comes from.

HEDDLE_DIR := $(abspath ../..)
MICROPYTHON_DIR ?= $(HEDDLE_DIR)/build/micropython-1.25.0
FREERTOS_DIR ?= $(MICROPYTHON_DIR)/ports/cc3200/FreeRTOS/Source
FREERTOS_PORT ?= $(FREERTOS_DIR)/portable/GCC/ARM_CM3
CROSS_COMPILE ?= arm-none-eabi-
COPT ?= -O2
BUILD ?= $(HEDDLE_DIR)/build/mps2-an385/bench
BENCH_DIR = $(HEDDLE_DIR)/tests/bench/kernel/freertos
vpath %.c ../common ../common/cortex_m ../common/cmsdk

OBJ = $(addprefix $(BUILD)/, board.o clock.o console_polled.o memory.o startup.o uart.o)
OBJ += $(addprefix $(BUILD)/, sys.o tasks.o list.o queue.o port.o)

CC = $(CROSS_COMPILE)gcc
CFLAGS = -std=gnu11 -mcpu=cortex-m3 -mthumb $(COPT) -g -ffunction-sections -fdata-sections -fno-common
CFLAGS += -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-unused-variable -MMD
CFLAGS += -I. -I../common -I../common/cortex_m -I../common/cmsdk
CFLAGS += -I$(HEDDLE_DIR)/include -I$(BENCH_DIR) -I$(FREERTOS_DIR)/include -I$(FREERTOS_PORT)
LDFLAGS = -nostartfiles --specs=nano.specs -mcpu=cortex-m3 -mthumb -T mps2-an385.ld
LDFLAGS += -L../common/cortex_m -Wl,--gc-sections -Wl,--defsym=heap_size=0 -Wl,-Map=$(BUILD)/firmware.map

# A change of configuration in the same BUILD folder rebuilds everything.
CONFIG := $(FREERTOS_DIR) $(CC) $(COPT)
STAMP := $(BUILD)/config.stamp
$(shell mkdir -p $(BUILD); echo '$(CONFIG)' | cmp -s - $(STAMP) || echo '$(CONFIG)' > $(STAMP))

$(BUILD)/firmware.elf: $(OBJ) mps2-an385.ld
	$(CC) $(LDFLAGS) -o $@ $(OBJ)

$(OBJ): $(STAMP) bench.mk

# The loops in it must not become calls of themselves.
$(BUILD)/memory.o: CFLAGS += -fno-builtin -fno-tree-loop-distribute-patterns

define compile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<
endef
$(BUILD)/port.o: $(FREERTOS_PORT)/port.c
	$(compile)
$(BUILD)/sys.o: $(BENCH_DIR)/sys.c
	$(compile)
$(BUILD)/%.o: $(FREERTOS_DIR)/%.c
	$(compile)
$(BUILD)/%.o: %.c
	$(compile)

-include $(OBJ:.o=.d)
