# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The FreeRTOS that MicroPython's source has knows the Cortex-M3 only, whose port keeps no registers of floating point:
# nothing may use them.

FREERTOS_DIR ?= $(MICROPYTHON_DIR)/ports/cc3200/FreeRTOS/Source
FREERTOS_PORT ?= $(FREERTOS_DIR)/portable/GCC/ARM_CM3
ifeq ($(KERNEL)-$(notdir $(FREERTOS_PORT)),freertos-ARM_CM3)
CPU := $(filter-out -mfpu=% -mfloat-abi=%, $(CPU))
endif
