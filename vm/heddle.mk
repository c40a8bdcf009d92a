# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Heddle for a port's Makefile. Include it after py/py.mk and extmod/extmod.mk and before OBJ is put together; see
# docs/porting.md. In: HEDDLE_DIR (this repository), GIL (1 or 0), KERNEL (freertos, or posix for a Linux program); with
# freertos: FREERTOS_DIR (with tasks.c), FREERTOS_PORT (folder of port.c, default the Cortex-M3 port inside
# FREERTOS_DIR). Out: PY_O, SRC_QSTR, INC, CFLAGS, LDFLAGS, vpath.

comma := ,
GIL ?= 1
KERNEL ?= freertos
FREERTOS_PORT ?= $(FREERTOS_DIR)/portable/GCC/ARM_CM3

include $(HEDDLE_DIR)/vm/sources.mk
PY_O := $(filter-out $(addprefix $(BUILD)/, $(HEDDLE_REPLACED_C:.c=.o)), $(PY_O))
SRC_QSTR := $(filter-out $(HEDDLE_REPLACED_C), $(SRC_QSTR))

ifeq ($(GIL),0)
HEDDLE_VM_C += $(HEDDLE_LFS_C)
HEDDLE_WRAPS += $(HEDDLE_LFS_WRAPS)
CFLAGS += -DLFS2_THREADSAFE
endif
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

vpath %.c $(HEDDLE_DIR)
INC += -I$(HEDDLE_DIR)/include -I$(HEDDLE_DIR)/core -I$(HEDDLE_DIR)/vm
CFLAGS += -DMICROPY_PY_THREAD=1 -DHEDDLE_GIL=$(GIL)
LDFLAGS += $(addprefix -Wl$(comma)--wrap=, $(HEDDLE_WRAPS))
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
