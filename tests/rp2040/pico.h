// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the programs that try the emulated Pico are made with.
#ifndef RP2040_PICO_H
#define RP2040_PICO_H

#include <stdbool.h>
#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(address))

#define CPUID REG(0xd0000000)
#define FIFO_ST REG(0xd0000050)
#define FIFO_WR REG(0xd0000054)
#define FIFO_RD REG(0xd0000058)
#define SPINLOCK_ST REG(0xd000005c)
#define SPINLOCK(n) REG(0xd0000100 + 4 * (n))

#define TIMER_LOW REG(0x40054028)
#define TIMER_ALARM(n) REG(0x40054010 + 4 * (n))
#define TIMER_INTR REG(0x40054034)
#define TIMER_INTE REG(0x40054038)
#define TIMER_INTF REG(0x4005403c)

#define SYST_CSR REG(0xe000e010)
#define SYST_RVR REG(0xe000e014)
#define SYST_CVR REG(0xe000e018)
#define NVIC_ISER REG(0xe000e100)
#define NVIC_ICER REG(0xe000e180)
#define NVIC_ISPR REG(0xe000e200)
#define NVIC_ICPR REG(0xe000e280)
#define NVIC_IPR(n) REG(0xe000e400 + 4 * (n))
#define ICSR REG(0xe000ed04)
#define VTOR REG(0xe000ed08)
#define SCR REG(0xe000ed10)
#define SHPR2 REG(0xe000ed1c)
#define SHPR3 REG(0xe000ed20)

#define PENDSVSET (1u << 28)
#define HARDFAULT 3
#define SVCALL 11
#define PENDSV 14
#define SYSTICK 15
#define IRQ(n) (16 + (n))

// Ends with status 1 and says where, unless something holds.
#define CHECK(what) ((what) ? (void)0 : failed(__FILE__, __LINE__, #what))
void failed(const char *file, int line, const char *what);

void say(const char *text);
void say_number(uint32_t number);
void leave(int status) __attribute__((noreturn));

// Vectors in RAM, one table for both cores.
typedef void (*handler_t)(void);
extern handler_t vectors[48];

// Starts core 1 as the boot ROM wants it; it waits for ever when entry returns.
void start_core1(void (*entry)(void));
void fifo_push(uint32_t word);
uint32_t fifo_pop(void);

static inline void wfe(void) {
    __asm volatile ("wfe" : : : "memory");
}

static inline void wfi(void) {
    __asm volatile ("wfi" : : : "memory");
}

static inline void sev(void) {
    __asm volatile ("sev" : : : "memory");
}

static inline void mask(void) {
    __asm volatile ("cpsid i" : : : "memory");
}

static inline void unmask(void) {
    __asm volatile ("cpsie i" : : : "memory");
}

static inline uint32_t exception_now(void) {
    uint32_t number;
    __asm volatile ("mrs %0, ipsr" : "=r" (number));
    return number;
}

#endif // RP2040_PICO_H
