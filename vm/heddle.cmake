# SPDX-FileCopyrightText: The Heddle authors
# SPDX-License-Identifier: MIT
#
# Heddle for a port that is built with CMake; see docs/porting.md. Include it after py/py.cmake and extmod/extmod.cmake
# and before MICROPY_SOURCE_PY is used; call heddle_add(TARGET) once MICROPY_SOURCE_QSTR is complete and before
# py/mkrules.cmake is included.
#
# In: HEDDLE_DIR (this repository), MICROPY_DIR, HEDDLE_GIL (1 or 0), HEDDLE_KERNEL (freertos, or zephyr for our own);
# with freertos: FREERTOS_DIR (with tasks.c), FREERTOS_PORT (folder of port.c, default the Cortex-M3 port inside
# FREERTOS_DIR); with zephyr: HEDDLE_ARCH, a folder in kernel/arch, and HEDDLE_WITHOUT, files in it that the port has,
# too. Text compression (MICROPY_ROM_TEXT_COMPRESSION) stays off: MicroPython's CMake rules do not make its tables.

if(NOT DEFINED HEDDLE_GIL)
    set(HEDDLE_GIL 1)
endif()
if(NOT DEFINED HEDDLE_KERNEL)
    set(HEDDLE_KERNEL freertos)
endif()
if(HEDDLE_KERNEL STREQUAL freertos)
    if(NOT DEFINED FREERTOS_PORT)
        set(FREERTOS_PORT ${FREERTOS_DIR}/portable/GCC/ARM_CM3)
    endif()
    foreach(_file ${FREERTOS_DIR}/tasks.c ${FREERTOS_PORT}/port.c)
        if(NOT EXISTS ${_file})
            message(FATAL_ERROR "Heddle: there is no ${_file}; set FREERTOS_DIR and FREERTOS_PORT")
        endif()
    endforeach()
endif()

# Make variables from a file of lines "NAME = words" and "NAME += words", each word of which becomes an element.
macro(heddle_read_sources file)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(STRINGS ${file} _lines REGEX "^[A-Z_]+ [+]?= ")
    foreach(_line ${_lines})
        string(REGEX MATCH "^([A-Z_]+) ([+]?)= (.*)$" _match "${_line}")
        set(_name ${CMAKE_MATCH_1})
        set(_append "${CMAKE_MATCH_2}")
        separate_arguments(_words UNIX_COMMAND "${CMAKE_MATCH_3}")
        if("${_append}" STREQUAL "")
            set(${_name})
        endif()
        list(APPEND ${_name} ${_words})
    endforeach()
endmacro()

heddle_read_sources(${HEDDLE_DIR}/vm/sources.mk)

if(NOT DEFINED HEDDLE_THREADING)
    set(HEDDLE_THREADING 1)
endif()
if(HEDDLE_THREADING)
    list(APPEND HEDDLE_VM_C ${HEDDLE_THREADING_C})
endif()
if(NOT HEDDLE_GIL)
    list(APPEND HEDDLE_VM_C ${HEDDLE_NOGIL_C})
    list(APPEND HEDDLE_REPLACED_C ${HEDDLE_NOGIL_REPLACED_C})
    list(APPEND HEDDLE_WRAPS ${HEDDLE_NOGIL_WRAPS})
endif()
foreach(_file ${HEDDLE_REPLACED_C})
    list(REMOVE_ITEM MICROPY_SOURCE_PY ${MICROPY_DIR}/${_file})
    list(REMOVE_ITEM MICROPY_SOURCE_EXTMOD ${MICROPY_DIR}/${_file})
endforeach()

# `source` is compiled with these options after all others.
function(heddle_options source)
    set_property(SOURCE ${source} APPEND PROPERTY COMPILE_OPTIONS ${ARGN})
endfunction()

function(heddle_add_freertos target)
    set(_kernel_c ${HEDDLE_KERNEL_C})
    list(TRANSFORM _kernel_c PREPEND ${FREERTOS_DIR}/)
    foreach(_file ${_kernel_c} ${FREERTOS_PORT}/port.c)
        target_sources(${target} PRIVATE ${_file})
        heddle_options(${_file} -Wno-unused-parameter -Wno-sign-compare -Wno-unused-variable)
    endforeach()
    target_include_directories(${target} PRIVATE
        ${HEDDLE_DIR}/adapters/freertos
        ${FREERTOS_DIR}/include
        ${FREERTOS_PORT}
    )
endfunction()

macro(heddle_add_zephyr target)
    file(GLOB _arch RELATIVE ${HEDDLE_DIR} ${HEDDLE_DIR}/kernel/arch/${HEDDLE_ARCH}/*.[cS])
    list(REMOVE_ITEM _arch ${HEDDLE_WITHOUT})
    foreach(_file ${_arch})
        if(_file MATCHES "[.]c$")
            list(APPEND _heddle_c ${_file})
        else()
            target_sources(${target} PRIVATE ${HEDDLE_DIR}/${_file})
        endif()
    endforeach()
    list(APPEND _heddle_c ${HEDDLE_ZEPHYR_C})
    # Stacks in the heap may have no guard, or one that a large frame jumps over.
    target_compile_definitions(${target} PRIVATE CONFIG_STACK_CHECK=1)
    target_include_directories(${target} PRIVATE
        ${HEDDLE_DIR}/adapters/zephyr
        ${HEDDLE_DIR}/kernel
        ${HEDDLE_DIR}/kernel/arch/${HEDDLE_ARCH}
    )
endmacro()

macro(heddle_add target)
    set(_heddle_c ${HEDDLE_VM_C} ${HEDDLE_OTHER_C})
    if(HEDDLE_KERNEL STREQUAL freertos)
        list(APPEND _heddle_c ${HEDDLE_FREERTOS_C})
        heddle_add_freertos(${target})
    else()
        heddle_add_zephyr(${target})
    endif()
    foreach(_file ${_heddle_c})
        target_sources(${target} PRIVATE ${HEDDLE_DIR}/${_file})
        if(NOT _file IN_LIST HEDDLE_HOT_C)
            heddle_options(${HEDDLE_DIR}/${_file} -Os)
        endif()
    endforeach()
    foreach(_file ${HEDDLE_VM_C})
        list(APPEND MICROPY_SOURCE_QSTR ${HEDDLE_DIR}/${_file})
    endforeach()

    target_include_directories(${target} PRIVATE
        ${HEDDLE_DIR}/include
        ${HEDDLE_DIR}/core
        ${HEDDLE_DIR}/vm
    )
    target_compile_definitions(${target} PRIVATE MICROPY_PY_THREAD=1 HEDDLE_GIL=${HEDDLE_GIL}
        HEDDLE_THREADING=${HEDDLE_THREADING})
    foreach(_name ${HEDDLE_WRAPS})
        target_link_options(${target} PRIVATE -Wl,--wrap=${_name})
    endforeach()

    # As MicroPython's Makefiles do.
    heddle_options(${HEDDLE_DIR}/vm/gc.c ${HEDDLE_GC_FLAGS})
    heddle_options(${MICROPY_PY_DIR}/vm.c -O3)
    # Else its loops become calls of themselves.
    heddle_options(${MICROPY_DIR}/shared/libc/string0.c -ffreestanding -fno-builtin)
    # gcc 12 takes the inlined thread state for a local variable.
    heddle_options(${MICROPY_PY_DIR}/stackctrl.c -Wno-dangling-pointer)
    heddle_options(${MICROPY_PY_DIR}/cstack.c -Wno-dangling-pointer)
endmacro()
