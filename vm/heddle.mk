# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Heddle for a port's Makefile. Include it after py/py.mk and extmod/extmod.mk and before OBJ is put together; see
# docs/porting.md. In: HEDDLE_DIR (this repository), GIL (1 or 0), TRACE (1: with heddle.trace), BLE (1: with
# `bluetooth`, and then MBEDTLS_DIR), KERNEL (freertos, zephyr for our own, or posix for a Linux program), HEDDLE_WL,
# empty where ld is called and not the compiler; with freertos: FREERTOS_DIR (with tasks.c), FREERTOS_PORT (folder of
# port.c, default the Cortex-M3 port inside FREERTOS_DIR); with zephyr: HEDDLE_ARCH, a folder in kernel/arch. Out:
# PY_O, SRC_QSTR, INC, CFLAGS, LDFLAGS, vpath.

comma := ,
GIL ?= 1
TRACE ?= 0
KERNEL ?= freertos
HEDDLE_WL ?= -Wl$(comma)
FREERTOS_PORT ?= $(FREERTOS_DIR)/portable/GCC/ARM_CM3

THREADING ?= 1

include $(HEDDLE_DIR)/vm/sources.mk
ifneq ($(THREADING),0)
HEDDLE_VM_C += $(HEDDLE_THREADING_C)
CFLAGS += -DHEDDLE_THREADING=1
endif
ifeq ($(BLE),1)
HEDDLE_VM_C += vm/bluetooth.c vm/modbluetooth.c
HEDDLE_REPLACED_C += extmod/modbluetooth.c
endif
ifeq ($(TRACE),1)
HEDDLE_VM_C += $(HEDDLE_TRACE_VM_C)
HEDDLE_OTHER_C += $(HEDDLE_TRACE_OTHER_C)
CFLAGS += -DHEDDLE_TRACE=1 -DCONFIG_TRACING=1
endif
ifeq ($(GIL),0)
HEDDLE_VM_C += $(HEDDLE_NOGIL_C)
HEDDLE_REPLACED_C += $(HEDDLE_NOGIL_REPLACED_C)
HEDDLE_WRAPS += $(HEDDLE_NOGIL_WRAPS)
endif
PY_O := $(filter-out $(addprefix $(BUILD)/, $(HEDDLE_REPLACED_C:.c=.o)), $(PY_O))
SRC_QSTR := $(filter-out $(HEDDLE_REPLACED_C), $(SRC_QSTR))

HEDDLE_C = $(HEDDLE_VM_C) $(HEDDLE_OTHER_C)

ifeq ($(KERNEL),posix)
HEDDLE_C += $(HEDDLE_POSIX_C)
INC += -I$(HEDDLE_DIR)/adapters/posix
endif
ifeq ($(KERNEL),freertos)
HEDDLE_C += $(HEDDLE_FREERTOS_C)
INC += -I$(HEDDLE_DIR)/adapters/freertos -I$(FREERTOS_DIR)/include -I$(FREERTOS_PORT)
HEDDLE_KERNEL_O = $(addprefix $(BUILD)/freertos/, $(HEDDLE_KERNEL_C:.c=.o) port.o)
endif

ifeq ($(KERNEL),zephyr)
HEDDLE_ARCH_DIR = kernel/arch/$(HEDDLE_ARCH)
HEDDLE_ARCH_SRC := $(patsubst $(HEDDLE_DIR)/%,%,$(wildcard $(HEDDLE_DIR)/$(HEDDLE_ARCH_DIR)/*.[cS]))
HEDDLE_C += $(HEDDLE_ZEPHYR_C) $(filter %.c, $(HEDDLE_ARCH_SRC))
HEDDLE_KERNEL_O = $(addprefix $(BUILD)/, $(patsubst %.S, %.o, $(filter %.S, $(HEDDLE_ARCH_SRC))))
# Stacks in the heap may have no guard, or one that a large frame jumps over.
CFLAGS += -DCONFIG_STACK_CHECK=1
INC += -I$(HEDDLE_DIR)/adapters/zephyr -I$(HEDDLE_DIR)/kernel -I$(HEDDLE_DIR)/$(HEDDLE_ARCH_DIR)
vpath %.S $(HEDDLE_DIR)
endif

ifeq ($(BLE),1)
HEDDLE_C += $(HEDDLE_BLE_C)
MBEDTLS_DIR ?= $(HEDDLE_DIR)/build/mbedtls
INC += -I$(HEDDLE_DIR)
CFLAGS += -DMICROPY_PY_BLUETOOTH=1
$(addprefix $(BUILD)/, $(HEDDLE_BLE_C:.c=.o)): CFLAGS += -I$(HEDDLE_DIR)/ble -I$(MBEDTLS_DIR) -I$(MBEDTLS_DIR)/include
endif

vpath %.c $(HEDDLE_DIR)
INC += -I$(HEDDLE_DIR)/include -I$(HEDDLE_DIR)/core -I$(HEDDLE_DIR)/vm
CFLAGS += -DMICROPY_PY_THREAD=1 -DHEDDLE_GIL=$(GIL)
LDFLAGS += $(addprefix $(HEDDLE_WL)--wrap=, $(HEDDLE_WRAPS))
PY_O += $(addprefix $(BUILD)/, $(HEDDLE_C:.c=.o)) $(HEDDLE_KERNEL_O)
SRC_QSTR += $(HEDDLE_VM_C)

# Small: none of this is called often enough to be worth more.
$(addprefix $(BUILD)/, $(patsubst %.c, %.o, $(filter-out $(HEDDLE_HOT_C), $(HEDDLE_C)))): CFLAGS += -Os

$(BUILD)/vm/gc.o: CFLAGS += $(HEDDLE_GC_FLAGS)
# gcc 12 takes the inlined thread state for a local variable.
$(BUILD)/py/stackctrl.o $(BUILD)/py/cstack.o: CFLAGS += -Wno-dangling-pointer

ifeq ($(KERNEL),freertos)
$(BUILD)/freertos/%.o: $(FREERTOS_DIR)/%.c
	$(call compile_c)
$(BUILD)/freertos/port.o: $(FREERTOS_PORT)/port.c
	$(call compile_c)
$(HEDDLE_KERNEL_O): CFLAGS += -Wno-unused-parameter -Wno-sign-compare -Wno-unused-variable
endif
