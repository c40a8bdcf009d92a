# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The contract suite, on our own kernel over a start of our own, or on FreeRTOS over the pico-sdk, which its port for
# the RP2040 is written for.

ifneq ($(KERNEL),freertos)
include ../common/cortex_m/contract.mk
else
include board.mk
HEDDLE_DIR := $(abspath ../..)
CORES ?= $(CORES_MOST)
MICROPYTHON_DIR ?= $(HEDDLE_DIR)/build/micropython-1.25.0
FREERTOS_DIR ?= $(MICROPYTHON_DIR)/ports/cc3200/FreeRTOS/Source
include freertos.mk
COPT ?= -O2
BUILD ?= $(HEDDLE_DIR)/build/pico/contract
include $(HEDDLE_DIR)/vm/sources.mk
include $(HEDDLE_DIR)/tests/contract/sources.mk
BOARD_C = cortex_m/board.c cortex_m/contract_irq.c console_polled.c contract_main.c rp2040/clock.c rp2040/uart.c
SRC = $(addprefix $(HEDDLE_DIR)/, $(HEDDLE_FREERTOS_C) $(CONTRACT_C) $(addprefix ports/common/, $(BOARD_C)))
SRC += $(addprefix $(FREERTOS_DIR)/, $(HEDDLE_KERNEL_C))

all: $(BUILD)/firmware.elf
$(BUILD)/firmware.elf: force
	cmake -G "Unix Makefiles" -S freertos -B $(BUILD) -DHEDDLE_DIR=$(HEDDLE_DIR) -DFREERTOS_DIR=$(FREERTOS_DIR) \
	    -DHEDDLE_CORES=$(CORES) -DPICO_SDK_PATH=$(HEDDLE_DIR)/build/pico-sdk -DPICO_NO_PICOTOOL=1 \
	    -DCMAKE_BUILD_TYPE=Debug '-DCONTRACT_C=$(SRC)' '-DCONTRACT_OPT=$(COPT)' >$(BUILD)/cmake.log
	$(MAKE) --no-print-directory -C $(BUILD)
.PHONY: all force
endif
