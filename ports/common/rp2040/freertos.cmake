# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# FreeRTOS in a program of the pico-sdk for the RP2040, over its own port of it, which is for one core or two, or before
# V10.4 over that of every Cortex-M0. In: HEDDLE_DIR, FREERTOS_DIR, HEDDLE_CORES.

set(FREERTOS_PORT ${FREERTOS_DIR}/portable/ThirdParty/GCC/RP2040)
set(HEDDLE_RP2040_PORT ON)
if(NOT EXISTS ${FREERTOS_PORT}/port.c)
    set(HEDDLE_RP2040_PORT OFF)
    set(FREERTOS_PORT ${FREERTOS_DIR}/portable/GCC/ARM_CM0)
endif()

# What its port wants beside what every port does.
function(heddle_rp2040_freertos target)
    # One that may be empty MicroPython's CMake files would hand to the preprocessor as a bare -D.
    if(HEDDLE_RP2040_PORT)
        target_compile_definitions(${target} PRIVATE HEDDLE_RP2040_PORT)
    endif()
    if(HEDDLE_CORES GREATER 1)
        target_sources(${target} PRIVATE ${FREERTOS_DIR}/event_groups.c)
    endif()
    # What would want FreeRTOS's timers, and nobody calls.
    set_property(SOURCE ${FREERTOS_PORT}/port.c APPEND PROPERTY COMPILE_OPTIONS -Wno-implicit-function-declaration)
    target_include_directories(${target} PRIVATE
        ${HEDDLE_DIR}/ports/common/rp2040
        ${FREERTOS_PORT}
        ${FREERTOS_PORT}/include
    )
    target_compile_definitions(${target} PRIVATE
        HEDDLE_CORES=${HEDDLE_CORES}
        # The divider is a core's: whoever is displaced between its operands and its results could find another's.
        PICO_DIVIDER_DISABLE_INTERRUPTS=1
    )
    target_link_libraries(${target} hardware_clocks hardware_exception hardware_irq pico_multicore)
endfunction()
