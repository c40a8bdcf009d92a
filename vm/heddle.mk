# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Heddle for a port's Makefile. Include it after py/py.mk and extmod/extmod.mk and before OBJ is put together; see
# docs/porting.md. In: HEDDLE_DIR (this repository), FREERTOS_DIR (with tasks.c), FREERTOS_PORT (folder of port.c,
# default the Cortex-M3 port inside FREERTOS_DIR), GIL (1 or 0). Out: PY_O, SRC_QSTR, INC, CFLAGS, LDFLAGS, vpath.

GIL ?= 1
KERNEL ?= freertos
FREERTOS_PORT ?= $(FREERTOS_DIR)/portable/GCC/ARM_CM3

# Of the VM, two files are ours in place of upstream's: _thread, and the collector, which includes upstream's.
PY_O := $(filter-out $(BUILD)/py/modthread.o $(BUILD)/py/gc.o, $(PY_O))
SRC_QSTR := $(filter-out py/modthread.c py/gc.c, $(SRC_QSTR))

HEDDLE_VM_C = $(addprefix vm/, gc.c hal.c isr.c modheddle.c modthread.c thread.c timer.c)
ifeq ($(GIL)$(MICROPY_VFS_LFS2),01)
HEDDLE_VM_C += vm/lfs.c
CFLAGS += -DLFS2_THREADSAFE
LDFLAGS += -Wl,--wrap=lfs2_mount -Wl,--wrap=lfs2_format
endif
HEDDLE_C = $(HEDDLE_VM_C) \
	$(addprefix core/, gil.c lock.c reset.c thread.c wait.c) \
	$(addprefix services/, dispatch.c service.c) \
	adapters/common/stop.c

ifeq ($(KERNEL),freertos)
HEDDLE_C += adapters/freertos/rtos_freertos.c adapters/freertos/hooks.c
INC += -I$(HEDDLE_DIR)/adapters/freertos -I$(FREERTOS_DIR)/include -I$(FREERTOS_PORT)
HEDDLE_KERNEL_O = $(addprefix $(BUILD)/freertos/, tasks.o list.o queue.o port.o)
endif

vpath %.c $(HEDDLE_DIR)
INC += -I$(HEDDLE_DIR)/include -I$(HEDDLE_DIR)/core -I$(HEDDLE_DIR)/vm
CFLAGS += -DMICROPY_PY_THREAD=1 -DHEDDLE_GIL=$(GIL)
PY_O += $(addprefix $(BUILD)/, $(HEDDLE_C:.c=.o)) $(HEDDLE_KERNEL_O)
SRC_QSTR += $(HEDDLE_VM_C)

# Small: none of this is called often enough to be worth more.
HEDDLE_HOT = vm/gc.c vm/modthread.c core/gil.c core/lock.c core/wait.c
$(addprefix $(BUILD)/, $(patsubst %.c, %.o, $(filter-out $(HEDDLE_HOT), $(HEDDLE_C)))) : CFLAGS += -Os

# As py.mk does for the files that these stand in for.
$(BUILD)/vm/gc.o: CFLAGS += $(CSUPEROPT)
# gcc 12 takes the inlined thread state for a local variable.
$(BUILD)/py/stackctrl.o $(BUILD)/py/cstack.o: CFLAGS += -Wno-dangling-pointer

$(BUILD)/freertos/%.o: $(FREERTOS_DIR)/%.c
	$(call compile_c)
$(BUILD)/freertos/port.o: $(FREERTOS_PORT)/port.c
	$(call compile_c)
$(HEDDLE_KERNEL_O): CFLAGS += -Wno-unused-parameter -Wno-sign-compare -Wno-unused-variable
