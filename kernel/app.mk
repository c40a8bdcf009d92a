# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The C files of any folder and the kernel as an image: what a board's kernel.mk includes when it has said
#   ARCH, CROSS_COMPILE      its folder in kernel/arch, and the compiler's prefix
#   CORES_MOST               how many cores the board has, in its board.mk, which the Makefile reads, too
#   BOARD_SRC                its own files, beside kernel.mk
#   CFLAGS, LDFLAGS, LIBS    what they need
# `make -f kernel.mk APP=<folder> BUILD=<dir> [CORES=n] [APP_CFLAGS=...] [COPT=...]` in the board's folder.
# The C files are those of the folder itself and of src/ in it. The folder may have an app.mk, which is included: it
# can add to CFLAGS, for all files, and to those of $(APP_OBJ), the application's.

HEDDLE_DIR := $(abspath ../..)
APP_DIR := $(abspath $(APP))
CORES ?= $(CORES_MOST)
COPT ?= -O2
BUILD ?= $(HEDDLE_DIR)/build/$(notdir $(CURDIR))/app/$(notdir $(APP_DIR))
ARCH_DIR = kernel/arch/$(ARCH)

APP_SRC := $(patsubst $(APP_DIR)/%,%,$(sort $(wildcard $(APP_DIR)/*.c $(APP_DIR)/src/*.c)))
KERNEL_SRC := $(patsubst $(HEDDLE_DIR)/%,%,$(sort $(wildcard $(HEDDLE_DIR)/kernel/*.c)))
ARCH_SRC := $(patsubst $(HEDDLE_DIR)/%,%,$(sort $(wildcard $(HEDDLE_DIR)/$(ARCH_DIR)/*.[cS])))

objects = $(patsubst %,$(BUILD)/%.o,$(basename $(1)))
APP_OBJ := $(call objects,$(addprefix app/,$(APP_SRC)))
KERNEL_OBJ := $(call objects,$(KERNEL_SRC))
OBJ := $(APP_OBJ) $(call objects,$(ARCH_SRC) $(addprefix board/,$(BOARD_SRC)))

CC = $(CROSS_COMPILE)gcc
AR = $(CROSS_COMPILE)ar
SYMBOLS ?= -g
CFLAGS += -std=gnu11 $(COPT) -pipe $(SYMBOLS) -ffunction-sections -fdata-sections -fno-common -MMD -MP
CFLAGS += -Wall -Wextra -Wno-unused-parameter
CFLAGS += -I$(HEDDLE_DIR)/include -I$(HEDDLE_DIR)/$(ARCH_DIR) -I. -DARCH_CORES=$(CORES) $(APP_CFLAGS)
LDFLAGS += -Wl,--gc-sections -Wl,-Map=$(BUILD)/firmware.map
-include $(APP_DIR)/app.mk

# A change of configuration in the same BUILD folder rebuilds everything, and so does one of the files that there are.
CONFIG := $(CC) $(CFLAGS) $(APP_DIR) $(OBJ) $(KERNEL_OBJ)
STAMP := $(BUILD)/config.stamp
$(shell mkdir -p $(BUILD))
$(file >$(STAMP).new,$(CONFIG))
$(shell cmp -s $(STAMP).new $(STAMP) || mv $(STAMP).new $(STAMP))

all: $(BUILD)/firmware.elf
.PHONY: all
.DELETE_ON_ERROR:

# Of a void main() nothing is returned: what the compiler says of the application's functions tells.
is_void = $(shell grep -h 'extern void main ' $(APP_OBJ:.o=.functions))
returns = $(if $(is_void),-Wl$(comma)--defsym=kern_main_is_void=1)
comma := ,

# The kernel's files are in an archive: what nothing refers to, but by a weak reference, is not in the image.
$(BUILD)/firmware.elf: $(OBJ) $(BUILD)/kernel.a $(wildcard *.ld)
	$(CC) $(LDFLAGS) $(returns) -o $@ $(OBJ) $(BUILD)/kernel.a $(LIBS)

$(BUILD)/kernel.a: $(KERNEL_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(OBJ) $(KERNEL_OBJ): $(STAMP) $(wildcard *.mk) $(HEDDLE_DIR)/kernel/app.mk

$(KERNEL_OBJ) $(filter $(BUILD)/kernel/%,$(OBJ)): CFLAGS += -Werror -I$(HEDDLE_DIR)/kernel
$(filter $(BUILD)/board/%,$(OBJ)): CFLAGS += -Werror -I$(HEDDLE_DIR)/kernel
$(APP_OBJ): CFLAGS += -Wno-main -I$(APP_DIR) -aux-info $(@:.o=.functions)

define compile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<
endef
$(APP_OBJ): $(BUILD)/app/%.o: $(APP_DIR)/%.c
	$(compile)
$(BUILD)/kernel/%.o: $(HEDDLE_DIR)/kernel/%.c
	$(compile)
$(BUILD)/kernel/%.o: $(HEDDLE_DIR)/kernel/%.S
	$(compile)
$(BUILD)/board/%.o: %.c
	$(compile)
$(BUILD)/board/%.o: %.S
	$(compile)

-include $(OBJ:.o=.d) $(KERNEL_OBJ:.o=.d)
