# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Heddle in MicroPython's mimxrt port, for the line of ours in its Makefile: see common/port.mk.

ifeq ($(MCU_SERIES),MIMXRT1176)
$(error Heddle: the mimxrt port is for the i.MX RT10xx, not $(MCU_SERIES))
endif
HEDDLE_PORT = mimxrt
HEDDLE_USB = 1
HEDDLE_PENDSV = 1
HEDDLE_WL =
# Upstream's stack of the main program is the main thread's, and interrupts have its upper end, 4 KB or more.
HEDDLE_MAIN_STACK = $(if $(filter MIMXRT1011 MIMXRT1015,$(MCU_SERIES)),12288,20480)
HEDDLE_DISPATCH_STACK = 6144 # with lwIP there is a whole frame on it

include $(HEDDLE_DIR)/integrations/common/port.mk

CFLAGS += -DHEDDLE_MAIN_STACK_AT=_sstack
LDFLAGS += --defsym=main_stack_start=_sstack+$(HEDDLE_MAIN_STACK) --defsym=main_stack_end=_estack
# USB's interrupt has TinyUSB's work done by the main thread, as other ports do; upstream's does it itself.
LDFLAGS += --wrap=dcd_event_handler
$(BUILD)/board_init.o: CFLAGS += -DUSB_OTG1_IRQHandler=upstream_USB_OTG1_IRQHandler
$(BUILD)/ticks.o: CFLAGS += -Dticks_delay_us64=upstream_ticks_delay_us64

# NXP's drivers say at the end of each interrupt that somebody may look again.
$(addprefix $(BUILD)/, $(SRC_HAL_IMX_C:.c=.o) hal/fsl_lpuart.o): CFLAGS += -include heddle_isr.h

ifeq ($(KERNEL),zephyr)
CFLAGS += -DBOARD_GUARD_REGION=7 # the MPU's, of which the port uses none
$(BUILD)/kernel/arch/cortex_m/switch.o: CFLAGS += -Dfault_handler=HardFault_Handler
endif
