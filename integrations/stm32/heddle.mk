# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Heddle in MicroPython's stm32 port, for the line of ours in its Makefile: see common/port.mk.

ifneq ($(filter $(MCU_SERIES),f0 g0 l0 l1 wl),)
$(error Heddle: the stm32 port is for the series f4 f7 g4 h5 h7 l4 wb, not $(MCU_SERIES))
endif
HEDDLE_PORT = stm32
HEDDLE_PENDSV = 1

include $(HEDDLE_DIR)/integrations/common/port.mk

ifeq ($(HEDDLE_SOFT_FLOAT),1)
LIBM_SRC_C := $(filter-out $(SRC_LIB_LIBM_SQRT_HW_C), $(LIBM_SRC_C)) $(SRC_LIB_LIBM_SQRT_SW_C)
endif
SRC_C := $(filter-out gccollect.c mpthreadport.c pybthread.c, $(SRC_C))
ifeq ($(MCU_SERIES),$(filter $(MCU_SERIES),f4 g4 l4))
CFLAGS += -DBOARD_GUARD_REGION=7 # the MPU's, of which the port uses none there
endif

# Handlers that are the kernel's, and the clock's.
handlers = SVC_Handler TIM2_IRQHandler
ifeq ($(KERNEL),zephyr)
handlers += HardFault_Handler
$(BUILD)/kernel/arch/cortex_m/switch.o: CFLAGS += -Dfault_handler=HardFault_Handler
endif
$(BUILD)/stm32_it.o: CFLAGS += $(foreach name,$(handlers),-D$(name)=upstream_$(name))

# After the board's: interrupts have 4 KB of what upstream gives the main program, the rest is Python's.
LDFLAGS += -T$(HEDDLE_PORT_DIR)/heddle.ld
