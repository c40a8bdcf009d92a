# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Heddle in MicroPython's rp2 port, for the line of ours in its CMakeLists.txt: our own kernel on both cores of an
# RP2040, or FreeRTOS. In: HEDDLE_DIR, HEDDLE_GIL; HEDDLE_KERNEL, with freertos what freertos.cmake wants.

if(NOT HEDDLE_KERNEL)
    set(HEDDLE_KERNEL zephyr)
endif()
set(HEDDLE_ARCH cortex_m)
# The pico-sdk has these functions, over a spin lock of its own.
set(HEDDLE_WITHOUT kernel/arch/cortex_m/atomic.c)
if(HEDDLE_KERNEL STREQUAL freertos)
    include(${HEDDLE_DIR}/ports/common/rp2040/freertos.cmake)
endif()
include(${HEDDLE_DIR}/vm/heddle.cmake)

# The port's list of what has names has those of py/ already.
foreach(_file ${HEDDLE_REPLACED_C})
    list(REMOVE_ITEM MICROPY_SOURCE_QSTR ${MICROPY_DIR}/${_file})
endforeach()
list(REMOVE_ITEM MICROPY_SOURCE_PORT mpthreadport.c mutex_extra.c pendsv.c)

set(_here ${HEDDLE_DIR}/integrations/rp2)
set(_common ${HEDDLE_DIR}/integrations/common)
set(_chip ${HEDDLE_DIR}/ports/common/rp2040)
target_sources(${MICROPY_TARGET} PRIVATE
    ${_here}/board.c ${_here}/board_${HEDDLE_KERNEL}.c ${_common}/usb.c ${_chip}/clock.c
)
target_include_directories(${MICROPY_TARGET} PRIVATE ${HEDDLE_DIR}/ports/pico ${_chip} ${_here} ${_common})
target_compile_definitions(${MICROPY_TARGET} PRIVATE
    # The divider is a core's: whoever is displaced between its operands and its results could find another's.
    PICO_DIVIDER_DISABLE_INTERRUPTS=1
)
set_property(SOURCE ${MICROPY_DIR}/shared/tinyusb/mp_usbd_cdc.c APPEND PROPERTY COMPILE_DEFINITIONS
    mp_event_wait_ms=heddle_usb_wait
    mp_usbd_task=heddle_usb_task
)
set(_wrapped dcd_edpt_xfer irq_add_shared_handler mutex_enter_timeout_ms tud_task_ext)
if(HEDDLE_KERNEL STREQUAL zephyr)
    target_sources(${MICROPY_TARGET} PRIVATE ${_here}/irq.c ${_chip}/cores.c)
    list(APPEND _wrapped
        gpio_set_irq_enabled
        irq_get_exclusive_handler
        irq_has_shared_handler
        irq_remove_handler
        irq_set_enabled
        irq_set_exclusive_handler
    )
    # A light sleep wants its alarm on the core that it sends to sleep.
    set_property(SOURCE ${MICROPY_EXTMOD_DIR}/modmachine.c APPEND PROPERTY COMPILE_DEFINITIONS
        irq_set_enabled=__real_irq_set_enabled
    )
    # The main thread's stack is upstream's. A debug build's idle thread reports.
    target_compile_definitions(${MICROPY_TARGET} PRIVATE
        ARCH_CORES=2
        HEDDLE_MAIN_STACK=8192
        HEDDLE_MAIN_STACK_AT=__StackBottom
        RTOS_STOP_STACK=320
        CONFIG_IDLE_STACK_SIZE=$<IF:$<CONFIG:Debug>,512,256>
        INTERRUPT_STACK=1024
    )
    # The names in the pico-sdk's table of vectors.
    set_property(SOURCE ${_chip}/cores.c APPEND PROPERTY COMPILE_DEFINITIONS
        TIMER_0_Handler=TIMER_IRQ_0_Handler
        TIMER_1_Handler=TIMER_IRQ_1_Handler
        SIO_PROC0_Handler=SIO_IRQ_PROC0_Handler
        SIO_PROC1_Handler=SIO_IRQ_PROC1_Handler
    )
    set(_handlers ${HEDDLE_DIR}/kernel/arch/cortex_m/switch_v6m.S)
    set_property(SOURCE ${_handlers} APPEND PROPERTY COMPILE_DEFINITIONS fault_handler=HardFault_Handler)
else()
    target_compile_definitions(${MICROPY_TARGET} PRIVATE HEDDLE_MAIN_STACK=12288 RTOS_STOP_STACK=512)
    heddle_rp2040_freertos(${MICROPY_TARGET})
    set_property(SOURCE ${FREERTOS_PORT}/port.c APPEND PROPERTY COMPILE_DEFINITIONS
        irq_set_exclusive_handler=heddle_kernel_told_by
        multicore_launch_core1=heddle_core1_start
    )
endif()
foreach(_name ${_wrapped})
    target_link_options(${MICROPY_TARGET} PRIVATE -Wl,--wrap=${_name})
endforeach()
heddle_add(${MICROPY_TARGET})
