# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# What the heddle.mk of every port that make builds has in common: our kernel or FreeRTOS on one Cortex-M, ours unless
# KERNEL= says otherwise. In: HEDDLE_DIR, HEDDLE_PORT, the folder's name, HEDDLE_USB=1 where the prompt is TinyUSB's,
# HEDDLE_PENDSV=1 where pendsv.h and systick.h have tables, HEDDLE_MAIN_STACK and HEDDLE_DISPATCH_STACK, in
# bytes, and what vm/heddle.mk wants.
# Out: HEDDLE_SOFT_FLOAT=1 where that FreeRTOS keeps no registers of floating point.

KERNEL ?= zephyr
HEDDLE_MAIN_STACK ?= 12288
HEDDLE_DISPATCH_STACK ?= 4096
HEDDLE_ARCH = cortex_m
HEDDLE_PORT_DIR = $(HEDDLE_DIR)/integrations/$(HEDDLE_PORT)

ifeq ($(KERNEL),freertos)
# A copy has one port only; its py/ is a link to where the others are.
FREERTOS_DIR ?= $(abspath $(realpath $(TOP)/py)/../ports/cc3200/FreeRTOS/Source)
FREERTOS_PORT ?= $(FREERTOS_DIR)/portable/GCC/ARM_CM3
# The one of MicroPython's source, V9, keeps no registers of floating point: nothing may use them.
ifeq ($(notdir $(FREERTOS_PORT)),ARM_CM3)
HEDDLE_SOFT_FLOAT = 1
endif
endif

include $(HEDDLE_DIR)/vm/heddle.mk

# Before the port's own folders, which may have an mpthreadport.h or a board.h, too.
INC := -I$(HEDDLE_DIR)/include -I$(HEDDLE_DIR)/vm -I$(HEDDLE_PORT_DIR) -I$(HEDDLE_DIR)/integrations/common $(INC)
OBJ += $(BUILD)/integrations/$(HEDDLE_PORT)/board.o
CFLAGS += -std=gnu11 -DHEDDLE_MAIN_STACK=$(HEDDLE_MAIN_STACK)
ifeq ($(HEDDLE_SOFT_FLOAT),1)
CFLAGS += -mfloat-abi=soft
endif

ifeq ($(HEDDLE_USB),1)
OBJ += $(addprefix $(BUILD)/integrations/common/, usb.o usb_end.o)
LDFLAGS += $(HEDDLE_WL)--wrap=tud_task_ext
$(BUILD)/shared/tinyusb/mp_usbd_cdc.o: CFLAGS += -Dmp_event_wait_ms=heddle_usb_wait -Dmp_usbd_task=heddle_usb_task
endif

ifeq ($(HEDDLE_PENDSV),1)
SRC_C := $(filter-out pendsv.c systick.c, $(SRC_C))
OBJ += $(BUILD)/integrations/common/pendsv.o
ifneq ($(MICROPY_PY_LWIP)$(MICROPY_PY_BLUETOOTH),)
CFLAGS += -DHEDDLE_DISPATCH_STACK=$(HEDDLE_DISPATCH_STACK) # they are run there
endif
endif

ifeq ($(KERNEL),zephyr)
CFLAGS += -DHEDDLE_FAULTS=1 # it has handlers for these
endif
