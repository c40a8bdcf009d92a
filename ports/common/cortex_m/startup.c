// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Vector table, reset, and what becomes of a fault. The board's startup.h has the handlers of its interrupts in
// BOARD_VECTORS, and its linker script the symbols.
#include <stdbool.h>
#include <stddef.h>

#include "board.h"
#include "irq.h"
#include "regs.h"
#include "startup.h"

extern uint32_t main_stack_start[], main_stack_end[];
extern uint32_t data_start[], data_end[], data_load[];
extern uint32_t bss_start[], bss_end[];

int main(void);
void core_init(void);
void reset_handler(void) __attribute__((noreturn));
void fault_handler(void);

// A kernel whose threads main() is one of has its own.
void board_start(void) __attribute__((weak));
// What a board with several cores does on each of them before anything else.
void board_core_init(void) __attribute__((weak));
void fault_handler(void) __attribute__((weak));
// traced.c, with TRACE=1.
void core_trace_init(void) __attribute__((weak));

// The kernel's, where there is one.
void rtos_fatal(const char *message) __attribute__((weak, noreturn));

#define WEAK_HANDLER(name) void name(void) __attribute__((weak, alias("fault_handler")))

// The kernel, or hal_bare.c where there is none, defines these.
WEAK_HANDLER(SVC_Handler);
WEAK_HANDLER(PendSV_Handler);
WEAK_HANDLER(SysTick_Handler);
BOARD_WEAK_HANDLERS

#define FIRST_IRQ (16)
#define GUARD_LOG2_SIZE (16)
#define GUARD_SIZE (1u << GUARD_LOG2_SIZE)
#define THREAD_GUARD_LOG2_SIZE (5)
#define THREAD_GUARD_SIZE (1u << THREAD_GUARD_LOG2_SIZE)

typedef void (*vector_t)(void);
extern const vector_t vectors[];

const vector_t vectors[FIRST_IRQ + IRQ_COUNT] __attribute__((section(".vectors"), used)) = {
    [0] = (vector_t)main_stack_end,
    [1] = reset_handler,
    [2 ... 10] = fault_handler,
    [11] = SVC_Handler,
    [12 ... 13] = fault_handler,
    [14] = PendSV_Handler,
    [15] = SysTick_Handler,
    BOARD_VECTORS
};

// Off after a reset. What an interrupt finds in its registers the processor puts away when the interrupt uses them.
static void fpu_init(void) {
    #ifdef __ARM_FP
    SCB_CPACR |= CPACR_FPU;
    __asm volatile ("dsb\n isb" : : : "memory");
    #endif
}

static void priorities_init(void) {
    for (unsigned irq = 0; irq < IRQ_COUNT; ++irq) {
        nvic_set_priority(irq, PRIORITY_DEVICE);
    }
    SCB_SHPR3 = PRIORITY_KERNEL << 24 | PRIORITY_KERNEL << 16;
    if (__ARM_ARCH >= 7) {
        SCB_SHCSR |= SHCSR_FAULTS;
    }
}

// Below RAM QEMU ignores writes and reads zeros: make it fault, so that an overflow of the main stack does. Region 1 is
// the guard of the running thread's stack, which may be read, because a collection does; the kernel moves it, see
// freertos_board.h, and up to then it lies where nobody writes. ARMv8-M has a limit of the stack pointer instead.
static void stack_guard_init(void) {
    #if __ARM_ARCH >= 8
    __asm volatile ("msr msplim, %0" : : "r" (main_stack_start));
    #elif __ARM_ARCH == 7
    MPU_RBAR = ((uintptr_t)main_stack_start - GUARD_SIZE) | MPU_RBAR_REGION(0);
    MPU_RASR = MPU_RASR_NO_ACCESS(GUARD_LOG2_SIZE);
    MPU_RBAR = ((uintptr_t)main_stack_start - GUARD_SIZE) | MPU_RBAR_REGION(1);
    MPU_RASR = MPU_RASR_READ_ONLY(THREAD_GUARD_LOG2_SIZE);
    MPU_CTRL = MPU_CTRL_ENABLE | MPU_CTRL_DEFAULT_MAP;
    __asm volatile ("dsb\n isb" : : : "memory");
    #endif
}

void core_init(void) {
    board_core_init();
    fpu_init();
    priorities_init();
}

void reset_handler(void) {
    core_init();
    const uint32_t *from = data_load;
    for (uint32_t *to = data_start; to < data_end; ++to) {
        *to = *from++;
    }
    for (uint32_t *to = bss_start; to < bss_end; ++to) {
        *to = 0;
    }
    stack_guard_init();
    core_trace_init();
    board_start();
    board_panic("main returned");
}

void board_start(void) {
    main();
}

void board_core_init(void) {
}

void core_trace_init(void) {
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

// Whether a word looks like what a BL or BLX left: it points to code, behind one of these.
static bool is_return_address(uint32_t word) {
    const uint16_t *code = (const uint16_t *)(word - 1);
    return word % 2 == 1 && word > sizeof(vectors) && word < (uintptr_t)data_load
           && (((code[-2] & 0xf800) == 0xf000 && (code[-1] & 0xd000) == 0xd000) || (code[-1] & 0xff87) == 0x4780);
}

// A write to the running thread's guard, by the thread itself or by a processor that saves its registers. `psp` is the
// frame that an exception left there, as below. One that would have reached into the guard is lost, and what is known
// then of where the thread was is its last call: an address inside of that instruction.
static void overrun_report(const uint32_t *psp) {
    MPU_RNR = 1;
    uint32_t guard = MPU_RBAR & ~(THREAD_GUARD_SIZE - 1);
    bool lost = SCB_CFSR & CFSR_MSTKERR;
    uint32_t address = lost && (uintptr_t)psp > guard ? (uintptr_t)psp : guard;
    if (SCB_CFSR & CFSR_MMARVALID) {
        address = SCB_MMFAR;
    } else if (!lost) {
        return;
    }
    if (address - guard >= THREAD_GUARD_SIZE) {
        return;
    }
    uint32_t pc = psp[6];
    if (lost) {
        const uint32_t *p = psp + 8;
        for (int n = 4096; n > 0 && !is_return_address(*p); --n) {
            p += 1;
        }
        pc = *p - 3;
    }
    char text[64];
    char *to = put_hex(text, "stack overflow at ", address);
    to = put_hex(to, lost ? ", called from " : ", pc ", pc);
    *to = '\0';
    rtos_fatal(text);
}

// Called by fault_handler() with what the processor pushed: r0-r3, r12, lr, pc, xpsr.
void fault_report(const uint32_t *frame, const uint32_t *psp) __attribute__((used, noreturn));
void fault_report(const uint32_t *frame, const uint32_t *psp) {
    char text[128];
    uint32_t ipsr;
    if (rtos_fatal != NULL) {
        overrun_report(psp);
    }
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
    to = put_hex(to, " address ", SCB_CFSR & CFSR_MMARVALID ? SCB_MMFAR : SCB_BFAR);
    *to = '\0';
    board_panic(text);
}

// Starts the main stack afresh when its overflow is what failed.
__attribute__((naked)) void fault_handler(void) {
    __asm volatile (
        ".syntax unified\n"
        "mrs r0, psp\n"
        "mov r1, lr\n"
        "lsls r1, r1, #29\n"
        "bmi 1f\n"
        "mrs r0, msp\n"
        "1: mrs r1, msp\n"
        "ldr r2, =main_stack_start + 512\n"
        "ldr r3, =main_stack_end\n"
        "cmp r1, r2\n"
        "bhs 2f\n"
        "msr msp, r3\n"
        "2: mrs r1, psp\n"
        "bl fault_report\n"
        ".ltorg\n");
}
