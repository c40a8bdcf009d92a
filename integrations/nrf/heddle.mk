# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Heddle in MicroPython's nrf port, for the line of ours in its Makefile: see common/port.mk.

ifneq ($(MCU_SUB_VARIANT),nrf52840)
$(error Heddle: the nrf port is for the nrf52840, not $(MCU_SUB_VARIANT))
endif
ifneq ($(SD),)
$(error Heddle: ubluepy calls Python in the interrupts of SD=$(SD), which nothing here holds off)
endif
HEDDLE_PORT = nrf
HEDDLE_USB = 1

include $(HEDDLE_DIR)/integrations/common/port.mk

SRC_C := $(filter-out gccollect.c, $(SRC_C))
SRC_SHARED_C += shared/runtime/softtimer.c shared/runtime/gchelper_native.c
OBJ += $(BUILD)/shared/runtime/gchelper_thumb2.o

# Not all of --wrap survives upstream's -flto.
CFLAGS += -fno-lto -ffunction-sections -fdata-sections -g
LDFLAGS += -Wl,--gc-sections -Wl,--wrap=tusb_hal_nrf_power_event

# What vm/ has, and the kernel.
upstreams = mp_hal_delay_ms mp_hal_delay_us mp_hal_ticks_ms mp_hal_time_ns
$(BUILD)/mphalport.o: CFLAGS += $(foreach name,$(upstreams),-D$(name)=upstream_$(name))
ifeq ($(KERNEL),zephyr)
CFLAGS += -DBOARD_ALARM=1 -DBOARD_GUARD_REGION=7 # the MPU's, of which the port uses none
$(BUILD)/main.o: CFLAGS += -DHardFault_Handler=upstream_HardFault_Handler
# With -ansi assembly is preprocessed as C.
$(HEDDLE_KERNEL_O): CFLAGS := $(filter-out -ansi, $(CFLAGS))
$(BUILD)/kernel/arch/cortex_m/switch.o: CFLAGS += -Dfault_handler=HardFault_Handler
endif

# After the board's: interrupts have 4 KB of what upstream gives the main program, the rest is Python's.
LDFLAGS += -T$(HEDDLE_PORT_DIR)/heddle.ld
