// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What FreeRTOSConfig.h of adapters/freertos wants to know of an RP2040 under the pico-sdk. HEDDLE_CORES is how many
// cores there are to be.
#ifndef RP2040_FREERTOS_BOARD_H
#define RP2040_FREERTOS_BOARD_H

#if HEDDLE_CORES > 1
#define configNUMBER_OF_CORES HEDDLE_CORES
#endif

// ARMv6-M masks all interrupts or none. The port of the RP2040 asks the pico-sdk how fast the clock is, and has its
// handlers entered in the pico-sdk's table; that of every Cortex-M0 does neither.
#define configCPU_CLOCK_HZ 125000000
#define configPRIO_BITS 2
#define configMAX_SYSCALL_INTERRUPT_PRIORITY 0x40
#define configBOARD_NAMES_HANDLERS
#ifndef HEDDLE_RP2040_PORT
#if LIB_CMSIS_CORE // with it the pico-sdk's table has CMSIS's names
#define vPortSVCHandler SVC_Handler
#define xPortPendSVHandler PendSV_Handler
#define xPortSysTickHandler SysTick_Handler
#else
#define vPortSVCHandler isr_svcall
#define xPortPendSVHandler isr_pendsv
#define xPortSysTickHandler isr_systick
#endif
#endif

// TIMER's microseconds, in TIMERAWL.
#define portGET_RUN_TIME_COUNTER_VALUE() (*(volatile unsigned long *)0x40054028)
#define configRUN_TIME_COUNTER_HZ 1000000

// The port has its interrupt between the cores with this only. The pico-sdk's own locks do not know of it: they spin.
#define configSUPPORT_PICO_SYNC_INTEROP (HEDDLE_CORES > 1)
#define configSUPPORT_PICO_TIME_INTEROP 0
#define configUSE_MUTEXES 0

#endif // RP2040_FREERTOS_BOARD_H
