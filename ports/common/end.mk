# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# The second half of every port's Makefile; see begin.mk.

ifeq ($(TESTING),1)
# Modules that only tests import; the nth allocation, creation, wake-up or tick can be made to fail.
CFLAGS += -DHEDDLE_TESTING=1
LDFLAGS += $(addprefix -Wl$(comma)--wrap=, gc_alloc rtos_thread_create rtos_unpark rtos_tick)
vpath %.c $(HEDDLE_DIR)/tests/vm
SRC_C += $(TESTING_C)
endif

OBJ += $(PY_O) $(addprefix $(BUILD)/, $(SRC_C:.c=.o) $(LIB_SRC_C:.c=.o))

SRC_QSTR += $(SRC_C)

# As HEDDLE_GC_FLAGS, with threads or without.
$(BUILD)/py/gc.o: CFLAGS += -O2 -fno-tree-pre

all: $(BUILD)/firmware.elf
.PHONY: all

$(OBJ) $(BUILD)/genhdr/qstrdefs.generated.h: \
    $(CONFIG_STAMP) $(wildcard $(HEDDLE_DIR)/vm/*.mk $(COMMON)/*.mk $(COMMON)/*/*.mk *.mk) Makefile

$(BUILD)/firmware.elf: $(LINKER_SCRIPT) $(wildcard $(COMMON)/*/*.ld) $(OBJ)
	$(ECHO) "LINK $@"
	$(Q)$(CC) $(LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS)
	$(Q)$(SIZE) $@

$(BUILD)/frozen_content.c: frozen-check | $(MICROPY_MPYCROSS)

# makemanifest.py looks at the age of what it freezes only, not at the names that the rest of the image has meanwhile.
frozen-check: $(BUILD)/genhdr/qstrdefs.generated.h
	$(Q)[ ! $< -nt $(BUILD)/frozen_content.c ] || rm -f $(BUILD)/frozen_content.c
.PHONY: frozen-check

include $(TOP)/py/mkrules.mk
