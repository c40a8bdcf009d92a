// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// With TRACE=1 the first core's interrupts go through here, for a record of the begin and end of each: its table of
// vectors is a copy in RAM. The kernel's own exceptions and the tick are left alone, they would be most of a trace.
#include "irq.h"
#include "regs.h"
#include "rtos_trace.h"
#include "startup.h"

#define FIRST_IRQ (16)
#define TABLE_ALIGN (1024) // enough for 256 words, the most that there are

typedef void (*vector_t)(void);
extern const vector_t vectors[];
void fault_handler(void);
void core_trace_init(void);

static vector_t table[FIRST_IRQ + IRQ_COUNT] __attribute__((aligned(TABLE_ALIGN)));

static void handle_traced(void) {
    uint32_t number;
    __asm volatile ("mrs %0, ipsr" : "=r" (number));
    rtos_trace(RTOS_TRACE_INTERRUPT, RTOS_TRACE_ISR, number - FIRST_IRQ + 1);
    vectors[number]();
    rtos_trace(RTOS_TRACE_INTERRUPT, RTOS_TRACE_ISR, 0);
}

// What nobody handles keeps its vector, for it looks at what the processor pushed.
void core_trace_init(void) {
    for (unsigned i = 0; i < FIRST_IRQ + IRQ_COUNT; ++i) {
        table[i] = i < FIRST_IRQ || vectors[i] == NULL || vectors[i] == fault_handler ? vectors[i] : handle_traced;
    }
    SCB_VTOR = (uintptr_t)table;
    __asm volatile ("dsb\n isb" : : : "memory");
}
