// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Vector table, reset, and what becomes of a fault.
#include <stddef.h>

#include "board.h"
#include "irq.h"
#include "regs.h"
#include "startup.h"

extern uint32_t main_stack_start[], main_stack_end[];
extern uint32_t data_start[], data_end[], data_load[];
extern uint32_t bss_start[], bss_end[];

int main(void);
void reset_handler(void) __attribute__((noreturn));
void fault_handler(void);

#define WEAK_HANDLER(name) void name(void) __attribute__((weak, alias("fault_handler")))

// The kernel, or hal_bare.c where there is none, defines the first three; the tests may define TIMER1's.
WEAK_HANDLER(SVC_Handler);
WEAK_HANDLER(PendSV_Handler);
WEAK_HANDLER(SysTick_Handler);
WEAK_HANDLER(TIMER1_Handler);

#define FIRST_IRQ (16)
#define GUARD_LOG2_SIZE (16)
#define GUARD_SIZE (1u << GUARD_LOG2_SIZE)

typedef void (*vector_t)(void);

static const vector_t vectors[FIRST_IRQ + IRQ_COUNT] __attribute__((section(".vectors"), used)) = {
    [0] = (vector_t)main_stack_end,
    [1] = reset_handler,
    [2 ... 10] = fault_handler,
    [11] = SVC_Handler,
    [12 ... 13] = fault_handler,
    [14] = PendSV_Handler,
    [15] = SysTick_Handler,
    [FIRST_IRQ + IRQ_UART0_RX] = UART0_RX_Handler,
    [FIRST_IRQ + IRQ_UART0_TX] = UART0_TX_Handler,
    [FIRST_IRQ + 2 ... FIRST_IRQ + 7] = fault_handler,
    [FIRST_IRQ + IRQ_TIMER0] = TIMER0_Handler,
    [FIRST_IRQ + IRQ_TIMER1] = TIMER1_Handler,
    [FIRST_IRQ + 10 ... FIRST_IRQ + 30] = fault_handler,
    [FIRST_IRQ + IRQ_SOFTWARE] = SOFTWARE_Handler,
};

static void priorities_init(void) {
    for (unsigned irq = 0; irq < IRQ_COUNT; ++irq) {
        NVIC_PRIORITY(irq) = PRIORITY_DEVICE;
    }
    SCB_SHPR3 = PRIORITY_KERNEL << 24 | PRIORITY_KERNEL << 16;
    SCB_SHCSR |= SHCSR_FAULTS;
}

// Below RAM QEMU ignores writes and reads zeros: make it fault, so that an overflow of the main stack does.
static void stack_guard_init(void) {
    MPU_RBAR = ((uintptr_t)main_stack_start - GUARD_SIZE) | MPU_RBAR_REGION(0);
    MPU_RASR = MPU_RASR_NO_ACCESS(GUARD_LOG2_SIZE);
    MPU_CTRL = MPU_CTRL_ENABLE | MPU_CTRL_DEFAULT_MAP;
    __asm volatile ("dsb\n isb" : : : "memory");
}

void reset_handler(void) {
    const uint32_t *from = data_load;
    for (uint32_t *to = data_start; to < data_end; ++to) {
        *to = *from++;
    }
    for (uint32_t *to = bss_start; to < bss_end; ++to) {
        *to = 0;
    }
    priorities_init();
    stack_guard_init();
    main();
    board_panic("main returned");
}

static char *put_text(char *to, const char *text) {
    while (*text != '\0') {
        *to++ = *text++;
    }
    return to;
}

static char *put_hex(char *to, const char *name, uint32_t value) {
    to = put_text(to, name);
    for (int shift = 28; shift >= 0; shift -= 4) {
        *to++ = "0123456789abcdef"[value >> shift & 15];
    }
    return to;
}

static const char *exception_name(uint32_t ipsr) {
    switch (ipsr) {
        case 2: return "NMI";
        case 3: return "HardFault";
        case 4: return "MemManage";
        case 5: return "BusFault";
        case 6: return "UsageFault";
        default: return "unexpected exception";
    }
}

// Called by fault_handler() with what the processor pushed: r0-r3, r12, lr, pc, xpsr.
void fault_report(const uint32_t *frame) __attribute__((used, noreturn));
void fault_report(const uint32_t *frame) {
    char text[128];
    uint32_t ipsr;
    __asm volatile ("mrs %0, ipsr" : "=r" (ipsr));
    char *to = put_text(text, exception_name(ipsr));
    to = put_hex(to, ", number ", ipsr);
    // Where the stack overflowed there is no frame to read.
    if ((uintptr_t)frame >= (uintptr_t)main_stack_start) {
        to = put_hex(to, " pc ", frame[6]);
        to = put_hex(to, " lr ", frame[5]);
    }
    to = put_hex(to, " sp ", (uintptr_t)frame);
    to = put_hex(to, " cfsr ", SCB_CFSR);
    to = put_hex(to, " bfar ", SCB_BFAR);
    *to = '\0';
    board_panic(text);
}

// Starts the main stack afresh when its overflow is what failed.
__attribute__((naked)) void fault_handler(void) {
    __asm volatile (
        "tst lr, #4\n"
        "ite eq\n"
        "mrseq r0, msp\n"
        "mrsne r0, psp\n"
        "mrs r1, msp\n"
        "ldr r2, =main_stack_start + 512\n"
        "ldr r3, =main_stack_end\n"
        "cmp r1, r2\n"
        "it lo\n"
        "msrlo msp, r3\n"
        "b fault_report\n"
        ".ltorg\n");
}
