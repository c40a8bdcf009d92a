// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// FreeRTOS as Heddle needs it, for V9 to V11: use it as it is, or copy it and keep what is marked "Heddle". What
// depends on the board comes from its freertos_board.h:
//   configCPU_CLOCK_HZ               core clock in Hz; SysTick runs from it
//   configPRIO_BITS                  implemented interrupt priority bits (3 to 8)
//   configMAX_SYSCALL_INTERRUPT_PRIORITY
//                                    priority register value; interrupts that call the contract must not be more
//                                    urgent (numerically lower) than it, and it must not be 0
//   portGET_RUN_TIME_COUNTER_VALUE(), configRUN_TIME_COUNTER_HZ
//                                    optional: a free-running 32-bit counter of some MHz that is quicker to read, at
//                                    every switch, than board_clock_us(); it comes round in more than 66 s
//   configBOARD_STACK_GUARD, configBOARD_GUARD_STACK(low)
//                                    optional, for a board with an MPU: so many bytes above a stack's low end `low`
//                                    are enough to guard it; and do so, by making some of them read-only, for what
//                                    this core runs next. The macro is part of every switch
#ifndef HEDDLE_FREERTOS_CONFIG_H
#define HEDDLE_FREERTOS_CONFIG_H

#include "freertos_board.h"

// Scheduling. Heddle: preemption with 16 priorities, a 1 kHz tick, slices among equals.
#define configUSE_PREEMPTION 1
#define configUSE_TIME_SLICING 1
#if defined(__ARM_ARCH_6M__) || defined(configNUMBER_OF_CORES)
#define configUSE_PORT_OPTIMISED_TASK_SELECTION 0 // no CLZ, or several cores to choose for
#else
#define configUSE_PORT_OPTIMISED_TASK_SELECTION 1
#endif
#define configMAX_PRIORITIES 16
#define configTICK_RATE_HZ 1000
#define configUSE_16_BIT_TICKS 0
#define configIDLE_SHOULD_YIELD 1
#define configUSE_TICKLESS_IDLE 0

// Memory. Heddle: everything is static or the caller's; FreeRTOS needs no heap.
#define configSUPPORT_STATIC_ALLOCATION 1
#define configSUPPORT_DYNAMIC_ALLOCATION 0
#define configMINIMAL_STACK_SIZE 128 // of the idle task, in words; it runs board_idle()

// Tasks. Heddle: two thread-local pointers and notifications; a name is copied into the task, never shared.
#define configNUM_THREAD_LOCAL_STORAGE_POINTERS 2
#define configUSE_TASK_NOTIFICATIONS 1
#define configMAX_TASK_NAME_LEN 16
#define configUSE_APPLICATION_TASK_TAG 0
#define configUSE_NEWLIB_REENTRANT 0
#define configUSE_TRACE_FACILITY 0
#define configGENERATE_RUN_TIME_STATS 0 // its counter has 32 bits on V9; Heddle counts in the trace macro below
#define configUSE_CO_ROUTINES 0

// Mutexes and queues: for drivers. Heddle uses neither, and the linker drops them when nobody does. Each task is
// 8 bytes smaller without mutexes.
#ifndef configUSE_MUTEXES
#define configUSE_MUTEXES 1
#endif
#define configUSE_RECURSIVE_MUTEXES configUSE_MUTEXES
#define configUSE_COUNTING_SEMAPHORES 1
#define configQUEUE_REGISTRY_SIZE 0
#define configUSE_TIMERS 0

// Hooks, see hooks.c. Heddle: the tick drives the GIL's slices; 2 checks the last words of each stack at every switch.
// A guard finds more than these words do, and 1 checks the stack pointer for who jumped over it. The last line has
// stacks filled, as 2 does, so that what was used of them can be told.
#define configUSE_IDLE_HOOK 1
#define configUSE_TICK_HOOK 1
#define configUSE_MALLOC_FAILED_HOOK 0
#ifdef configBOARD_STACK_GUARD
#define configCHECK_FOR_STACK_OVERFLOW 1
#else
#define configCHECK_FOR_STACK_OVERFLOW 2
#define configBOARD_GUARD_STACK(low) ((void)0)
#endif
#define INCLUDE_uxTaskGetStackHighWaterMark 1

// Functions that Heddle calls.
#define INCLUDE_vTaskPrioritySet 1
#define INCLUDE_uxTaskPriorityGet 1
#define INCLUDE_vTaskDelete 1
#define INCLUDE_vTaskSuspend 1
#define INCLUDE_vTaskDelay 1
#define INCLUDE_eTaskGetState 1
#define INCLUDE_xTaskGetCurrentTaskHandle 1

// Interrupts of Cortex-M. The switch and the tick are the least urgent of all.
#define configKERNEL_INTERRUPT_PRIORITY 255
#ifndef configBOARD_NAMES_HANDLERS // some kernel ports, such as RP2040's, bring the names themselves
#define vPortSVCHandler SVC_Handler
#define xPortPendSVHandler PendSV_Handler
#define xPortSysTickHandler SysTick_Handler
#endif

// Heddle: a thread's guard, pointer, and time on a core. The macro runs inside FreeRTOS, where pxCurrentTCB is known.
#ifndef __ASSEMBLER__
extern void *rtos_freertos_tls;
void rtos_freertos_switched_in(void *self);
void rtos_freertos_assert(const char *file, int line);
#endif
#define HEDDLE_SWITCHED_IN(task) do { \
        configBOARD_GUARD_STACK((task)->pxStack); \
        rtos_freertos_tls = (task)->pvThreadLocalStoragePointers[0]; \
        rtos_freertos_switched_in((task)->pvThreadLocalStoragePointers[1]); \
} while (0)
#define traceTASK_SWITCHED_IN() HEDDLE_SWITCHED_IN(pxCurrentTCB)

// Asserts in debug builds: they look at every call.
#ifndef NDEBUG
#define configASSERT(x) do { if (!(x)) { rtos_freertos_assert(__FILE__, __LINE__); } } while (0)
#endif

// V11 with several cores (configNUMBER_OF_CORES in freertos_board.h). Heddle: cores run different priorities at once.
#if defined(configNUMBER_OF_CORES) && configNUMBER_OF_CORES > 1
#define configRUN_MULTIPLE_PRIORITIES 1
#define configUSE_CORE_AFFINITY 1
#define configUSE_PASSIVE_IDLE_HOOK 1
#define configUSE_TASK_PREEMPTION_DISABLE 0
#undef traceTASK_SWITCHED_IN
#define traceTASK_SWITCHED_IN() HEDDLE_SWITCHED_IN(pxCurrentTCBs[portGET_CORE_ID()])
#endif

#endif // HEDDLE_FREERTOS_CONFIG_H
