# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# KERNEL=freertos: which trees in FREERTOS_DIR will do. For the top makefile, and for those here. Out: freertos_mark,
# for the name of an image.

freertos_cores := $(or $(strip $(CORES)),$(CORES_MOST))
freertos_mark := $(if $(filter-out $(CORES_MOST),$(freertos_cores)),-one-core)
freertos_head := $(wildcard $(FREERTOS_DIR)/include/task.h)
freertos_major := $(if $(freertos_head),$(shell sed -n 's/^\#define tskKERNEL_VERSION_MAJOR *//p' $(freertos_head)))
freertos_ports := $(wildcard $(addprefix $(FREERTOS_DIR)/portable/, ThirdParty/GCC/RP2040/port.c GCC/ARM_CM0/port.c))
freertos_good := give a FreeRTOS-Kernel of V11, which has portable/ThirdParty/GCC/RP2040, or leave out KERNEL=freertos

ifneq ($(filter %/ports/cc3200/FreeRTOS/Source,$(FREERTOS_DIR)),)
$(error FREERTOS_DIR=: the V9 in MicroPython's source has no port for BOARD=pico; $(freertos_good))
endif
ifeq ($(wildcard $(FREERTOS_DIR)/tasks.c),)
$(error FREERTOS_DIR=$(FREERTOS_DIR): no FreeRTOS kernel there (no tasks.c); $(freertos_good))
endif
ifeq ($(freertos_ports),)
$(error FREERTOS_DIR=$(FREERTOS_DIR): no port for BOARD=pico there; $(freertos_good))
endif
ifneq ($(freertos_cores),1)
ifeq ($(and $(filter %/RP2040/port.c,$(freertos_ports)),$(filter-out 4 5 6 7 8 9 10,$(freertos_major))),)
$(error FREERTOS_DIR=$(FREERTOS_DIR): V$(freertos_major) there knows one core of BOARD=pico; say CORES=1, or \
$(freertos_good))
endif
endif
