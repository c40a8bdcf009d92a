# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The first half of every port's Makefile: MicroPython's rules, and what all images have. In: MICROPYTHON_DIR, BUILD and
# CONFIG, the words that must be the same for what was built in BUILD to be of use. Then the port sets INC, CFLAGS,
# LDFLAGS, LIBS and SRC_C, includes vm/heddle.mk where it has threads, and end.mk.

COMMON := $(HEDDLE_DIR)/ports/common

MICROPY_VFS_LFS1 = 1
MICROPY_VFS_LFS2 = 1
MICROPY_VFS_FAT = 1
MICROPY_ROM_TEXT_COMPRESSION ?= 0
TRACE ?= 0

# MicroPython's rules would compile another image where BOARD= is on the command line.
override undefine BOARD

include $(COMMON)/version.mk
include $(MICROPYTHON_DIR)/py/mkenv.mk

# Nothing is frozen from micropython-lib; the rule only looks for a README.md.
MPY_LIB_DIR = $(HEDDLE_DIR)

QSTR_DEFS = $(COMMON)/qstrdefsport.h

# What a debugger is told: with -g1 lines and functions, no variables, which takes a sixth less time.
SYMBOLS ?= -g

# A change of configuration in the same BUILD folder rebuilds everything.
CONFIG_STAMP := $(BUILD)/config.stamp
CONFIG += $(MICROPYTHON_DIR) $(CROSS_COMPILE) $(CFLAGS_EXTRA) manifest=$(FROZEN_MANIFEST)
CONFIG += text=$(MICROPY_ROM_TEXT_COMPRESSION) trace=$(TRACE) $(SYMBOLS)
$(shell mkdir -p $(BUILD); echo '$(CONFIG)' | cmp -s - $(CONFIG_STAMP) || echo '$(CONFIG)' > $(CONFIG_STAMP))
QSTR_GLOBAL_DEPENDENCIES += $(CONFIG_STAMP) Makefile $(COMMON)/begin.mk $(COMMON)/end.mk

include $(TOP)/py/py.mk
include $(TOP)/extmod/extmod.mk
include $(COMMON)/sources.mk

vpath %.c $(COMMON)
INC += -I. -I$(TOP) -I$(BUILD) -I$(HEDDLE_DIR)/include -I$(COMMON)

CFLAGS += -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers
CFLAGS += -Wpointer-arith -Wdouble-promotion -Wfloat-conversion -Werror
CFLAGS += -ffunction-sections -fdata-sections -fno-common -pipe $(SYMBOLS)
CFLAGS += -DHEDDLE_HEAP_SIZE=$(HEAP)
