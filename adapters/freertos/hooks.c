// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// FreeRTOS's application hooks as Heddle needs them, for V9 to V11. Use the file as it is; a port that has its own
// hooks calls the rtos_freertos_* functions from them.
#include "board.h"
#include "rtos.h"

void rtos_freertos_tick(void);
void rtos_freertos_idle_memory(unsigned core, StaticTask_t **task, StackType_t **stack);
extern bool rtos_freertos_no_assert;
void rtos_fatal_in(const char *message, const char *name) __attribute__((noreturn));

// The size's type changed with V11.
#ifdef configNUMBER_OF_CORES
typedef configSTACK_DEPTH_TYPE idle_size_t;
#else
typedef uint32_t idle_size_t;
#endif

void vApplicationGetIdleTaskMemory(StaticTask_t **task, StackType_t **stack, idle_size_t *words) {
    rtos_freertos_idle_memory(0, task, stack);
    *words = configMINIMAL_STACK_SIZE;
}

#if RTOS_CORES > 1
void vApplicationGetPassiveIdleTaskMemory(StaticTask_t **task, StackType_t **stack, idle_size_t *words,
    BaseType_t index) {
    rtos_freertos_idle_memory(1 + index, task, stack);
    *words = configMINIMAL_STACK_SIZE;
}

void vApplicationPassiveIdleHook(void) {
    board_idle();
}
#endif

void vApplicationIdleHook(void) {
    board_idle();
}

void vApplicationTickHook(void) {
    rtos_freertos_tick();
}

// A stack ran over its low end. The neighbour is damaged already, so the board stops.
void vApplicationStackOverflowHook(TaskHandle_t task, char *name) {
    (void)task;
    rtos_fatal_in("stack overflow", name);
}

// Only with configSUPPORT_DYNAMIC_ALLOCATION, for drivers: Heddle itself asks FreeRTOS for no memory.
void vApplicationMallocFailedHook(void) {
    rtos_fatal("FreeRTOS heap exhausted");
}

void rtos_freertos_assert(const char *file, int line) {
    (void)line;
    if (!rtos_freertos_no_assert) {
        rtos_fatal(file);
    }
}
