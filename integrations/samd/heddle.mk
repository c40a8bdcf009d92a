# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Heddle in MicroPython's samd port, for the line of ours in its Makefile: see common/port.mk.

ifneq ($(MCU_SERIES),SAMD51)
$(error Heddle: the samd port is for the SAMD51, not $(MCU_SERIES))
endif
HEDDLE_PORT = samd
HEDDLE_USB = 1
HEDDLE_WL =

include $(HEDDLE_DIR)/integrations/common/port.mk

SRC_C := $(filter-out pendsv.c, $(SRC_C)) # a slot of vm/ has what it did
ifeq ($(KERNEL),zephyr)
CFLAGS += -DBOARD_GUARD_REGION=7 # the MPU's, of which the port uses none
endif

# After the board's: interrupts have 4 KB of what upstream gives the main program, the rest is Python's.
LDFLAGS += -T$(HEDDLE_PORT_DIR)/heddle.ld
