# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# MicroPython for a board with a Cortex-M, whose board.mk says
#   CPU                      the compiler's options for its processor
#   KERNELS                  which there can be under the threads, the default first
#   HEAP_DEFAULT, HEAP_MOST  bytes of Python heap
#   BOARD_C, CORES_C         its own files, and those that are for our own kernel alone
#   CORES_MOST               how many cores our own kernel runs on
#   BOARD_CFLAGS             optional: options of Heddle's
#   BLE_CFLAGS               optional: options of the Bluetooth host's
#   DEVICE_DIR               the folder of devices that it shares with others, if there is one

include board.mk
HEDDLE_DIR := $(abspath ../..)
BOARD_NAME := $(notdir $(CURDIR))
MICROPYTHON_DIR ?= $(HEDDLE_DIR)/build/micropython-1.25.0
THREADS ?= 0
KERNEL ?= $(firstword $(KERNELS))
HEDDLE_ARCH = cortex_m
GIL ?= 1
HEAP ?= $(HEAP_DEFAULT)
BLE ?= 0
TESTING ?= 0
COPT ?= -O2 -DNDEBUG
BUILD ?= $(HEDDLE_DIR)/build/$(BOARD_NAME)-threads$(THREADS)

CROSS_COMPILE ?= arm-none-eabi-
FROZEN_MANIFEST ?= $(if $(filter 1,$(THREADS)),\
    ../../lib/manifest$(if $(filter 0,$(THREADING)),_asyncio).py,../common/manifest_bare.py)

ifeq ($(THREADS),1)
include ../common/cortex_m/freertos.mk
endif
CONFIG = $(KERNEL) $(FREERTOS_DIR) threads=$(THREADS) gil=$(GIL) threading=$(THREADING)
CONFIG += heap=$(HEAP) ble=$(BLE) testing=$(TESTING) $(COPT)

include ../common/begin.mk
CORE_DIR = ../common/cortex_m
include $(CORE_DIR)/sources.mk
vpath %.c $(CORE_DIR) $(DEVICE_DIR)

INC += -I$(CORE_DIR) $(addprefix -I, $(DEVICE_DIR))
CFLAGS += $(INC) -std=gnu11 $(CPU) $(COPT) $(BOARD_CFLAGS) $(CFLAGS_EXTRA)

AFLAGS += $(filter -mcpu=% -mthumb, $(CPU))

LINKER_SCRIPT = $(BOARD_NAME).ld
LDFLAGS += -nostdlib $(CPU) -L$(CORE_DIR) -T $(LINKER_SCRIPT) -Wl,--gc-sections -Wl,-Map=$(@:.elf=.map)
LDFLAGS += -Wl,--defsym=heap_size=$(HEAP)
LIBS = $(shell $(CC) $(CFLAGS) -print-libgcc-file-name)

ifeq ($(BLE),1)
BOARD_C += hci.c ble.c
CFLAGS += -DBOARD_HCI=1 $(BLE_CFLAGS)
ifeq ($(TESTING),1)
LDFLAGS += -Wl,--wrap=UART1_RX_Handler -Wl,--wrap=UART1_TX_Handler # tests/bench/ble/stamps.h
endif
endif
SRC_C += $(COMMON_C) $(BOARD_C) $(CORE_C) $(SHARED_C) $(CORE_SHARED_C)
ifeq ($(THREADS),1)
include $(HEDDLE_DIR)/vm/heddle.mk
ifeq ($(TRACE),1)
SRC_C += traced.c
endif
ifeq ($(KERNEL),zephyr)
SRC_C += kernel_console.c $(CORES_C)
CFLAGS += -DARCH_CORES=$(CORES_MOST)
endif
TESTING_C = $(filter-out modregisters.c, $(notdir $(wildcard $(HEDDLE_DIR)/tests/vm/*.c)))
else
SRC_C += $(COMMON_BARE_C) $(BARE_C)
LDFLAGS += -Wl,--defsym=python_on_main_stack=1
endif
LIB_SRC_C += $(SRC_LIB_LIBM_C) $(SRC_LIB_LIBM_SQRT_$(if $(findstring -mfpu,$(CPU)),HW,SW)_C)
OBJ += $(addprefix $(BUILD)/, $(CORE_SHARED_S:.s=.o))

# memory.c has the fast versions of these three; the loops in either file must not become calls of themselves.
$(BUILD)/shared/libc/string0.o: CFLAGS += -fno-builtin
$(BUILD)/shared/libc/string0.o: CFLAGS += $(foreach f, memset memcpy memmove, -D$(f)=string0_$(f))
$(BUILD)/memory.o: CFLAGS += -fno-builtin -fno-tree-loop-distribute-patterns

# As py.mk does for the VM: what it calls for nearly every bytecode.
$(addprefix $(BUILD)/py/, argcheck.o map.o obj.o objfun.o runtime.o): CFLAGS += $(CSUPEROPT)

# These are called often and from interrupts, whatever the rest is compiled for.
$(BUILD)/clock.o $(BUILD)/console.o $(BUILD)/uart.o $(BUILD)/memory.o: CFLAGS += -O2

include ../common/end.mk
