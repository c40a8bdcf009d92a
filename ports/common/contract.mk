# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The contract suite as an image: kernel, adapter, start-up and tests/contract, without MicroPython. A board's
# contract.mk, or that of its processor, says
#   ARCH, CROSS_COMPILE      our own kernel's folder in kernel/arch, and the compiler's prefix
#   BOARD_C                  the board's files, beside what all have
#   CFLAGS, LDFLAGS, LIBS    what they need
# and for KERNEL=freertos what is marked so. Another program of the tests, with a contract_main() of its own, says
#   PROGRAM_C                its files in place of the suite's, PROGRAM_BOARD_C and PROGRAM_CFLAGS what else it needs
# Use: `make -f contract.mk KERNEL=freertos|zephyr BUILD=<dir>`.

HEDDLE_DIR := $(abspath ../..)
BOARD_NAME := $(notdir $(CURDIR))
KERNEL ?= zephyr
COPT ?= -O2
BUILD ?= $(HEDDLE_DIR)/build/$(BOARD_NAME)/contract

include $(HEDDLE_DIR)/vm/sources.mk
include $(HEDDLE_DIR)/tests/contract/sources.mk

vpath %.c ../common
PROGRAM_C ?= $(CONTRACT_C)
BOARD_C += contract_irq.c contract_main.c $(PROGRAM_BOARD_C)
ifeq ($(KERNEL),zephyr)
ARCH_DIR = kernel/arch/$(ARCH)
BOARD_C += kernel_console.c
KERNEL_SRC = $(HEDDLE_ZEPHYR_C)
KERNEL_SRC += $(patsubst $(HEDDLE_DIR)/%,%,$(sort $(wildcard $(HEDDLE_DIR)/$(ARCH_DIR)/*.[cS])))
KERNEL_INC = $(addprefix -I$(HEDDLE_DIR)/, adapters/zephyr kernel $(ARCH_DIR))
endif
OUR_SRC = $(KERNEL_SRC) $(PROGRAM_C)
OUR_O = $(patsubst %,$(BUILD)/%.o,$(basename $(OUR_SRC)))
OBJ = $(addprefix $(BUILD)/, $(addsuffix .o, $(basename $(BOARD_C))) $(KERNEL_O)) $(OUR_O)

CC = $(CROSS_COMPILE)gcc
SYMBOLS ?= -g
CFLAGS += -std=gnu11 $(COPT) -pipe $(SYMBOLS) -ffunction-sections -fdata-sections -fno-common
CFLAGS += -Wall -Wextra -Werror -Wno-unused-parameter -MMD -MP
CFLAGS += -I. -I../common -I$(HEDDLE_DIR)/include -I$(HEDDLE_DIR)/tests/contract $(KERNEL_INC)
CFLAGS += $(PROGRAM_CFLAGS)
LDFLAGS += -T $(BOARD_NAME).ld -Wl,--gc-sections -Wl,--defsym=heap_size=0
LDFLAGS += $(addprefix -Wl$(comma)--wrap=, $(KERNEL_WRAPS))
comma = ,

# A change of configuration in the same BUILD folder rebuilds everything.
CONFIG := $(KERNEL) $(CC) $(CFLAGS)
STAMP := $(BUILD)/config.stamp
$(shell mkdir -p $(BUILD); echo '$(CONFIG)' | cmp -s - $(STAMP) || echo '$(CONFIG)' > $(STAMP))

$(BUILD)/firmware.elf: $(OBJ) $(BOARD_NAME).ld $(LINKER_PARTS)
	$(CC) $(LDFLAGS) -o $@ $(OBJ) $(LIBS)

$(OBJ): $(STAMP) contract.mk ../common/contract.mk $(HEDDLE_DIR)/tests/contract/sources.mk

define compile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<
endef
$(filter $(OUR_O), $(patsubst %.c,$(BUILD)/%.o,$(OUR_SRC))): $(BUILD)/%.o: $(HEDDLE_DIR)/%.c
	$(compile)
$(filter $(OUR_O), $(patsubst %.S,$(BUILD)/%.o,$(OUR_SRC))): $(BUILD)/%.o: $(HEDDLE_DIR)/%.S
	$(compile)
$(BUILD)/%.o: %.c
	$(compile)
$(BUILD)/%.o: %.S
	$(compile)

-include $(OBJ:.o=.d)
