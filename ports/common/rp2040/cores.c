// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the cores of an RP2040 are to the kernel: the start of the second one, what they tell each other by the FIFOs
// between them, and of each an alarm of the timer. Nothing here is of this repository's start-up.
#include "cores.h"
#include "kern.h"
#include "rp2040.h"

#define NVIC_ENABLE RP2040_REG(0xe000e100)
#define NVIC_PEND RP2040_REG(0xe000e200)
#define SCB_VTOR RP2040_REG(0xe000ed08)
#define TRIES (3)
#define PATIENCE_US (100000) // for what the other core's boot ROM answers at once
#define ALARM_MOST_US (0x40000000)

volatile bool cores_halting;

static void fifo_drain(void) {
    while (SIO_FIFO_ST & FIFO_ST_VALID) {
        (void)SIO_FIFO_RD;
    }
}

// ---- telling

// Where there is no room the other one has not yet looked for what came before, and will find this, too.
static void tell(void) {
    if (SIO_FIFO_ST & FIFO_ST_READY) {
        SIO_FIFO_WR = 0;
    }
}

void board_ipi(unsigned core) {
    (void)core; // the other one
    tell();
}

void board_halt_others(void) {
    cores_halting = true;
    tell();
}

static void halt(void) {
    (void)arch_mask();
    for (;;) {
        __asm volatile ("wfi");
    }
}

// A start-up may have more to tell, with the same interrupt.
__attribute__((weak)) void board_told(void) {
}

static void told(void) {
    fifo_drain();
    SIO_FIFO_ST = FIFO_ST_CLEAR; // what went wrong is an interrupt, too
    if (cores_halting) {
        halt();
    }
    board_told();
    kern_ipi_isr();
}

void SIO_PROC0_Handler(void) {
    told();
}

void SIO_PROC1_Handler(void) {
    told();
}

// ---- each core's alarm

void board_timer_set(int64_t at) {
    unsigned core = arch_core();
    if (at == KERN_NEVER) {
        TIMER->armed = 1u << core;
        return;
    }
    int64_t most = (int64_t)board_clock_us() + ALARM_MOST_US;
    TIMER->alarm[core] = (uint32_t)(at < most ? at : most);
    // It fires at this very value, so it may have missed it.
    if ((int64_t)board_clock_us() >= at) {
        NVIC_PEND = 1u << IRQ_TIMER(core);
    }
}

static void fired(unsigned core) {
    TIMER->intr = 1u << core;
    kern_timer_isr();
}

void TIMER_0_Handler(void) {
    fired(0);
}

void TIMER_1_Handler(void) {
    fired(1);
}

void cores_init(void) {
    unsigned core = SIO_CPUID;
    arch_core_set(core);
    fifo_drain();
    SIO_FIFO_ST = FIFO_ST_CLEAR;
    NVIC_ENABLE = 1u << IRQ_SIO(core) | 1u << IRQ_TIMER(core);
}

void cores_init_shared(void) {
    SIO_SPINLOCK(14) = 0; // a reset of the cores leaves it to who had it
    RP2040_SET(TIMER->inte) = 1u << 0 | 1u << 1;
}

// ---- the start

static bool is_answer(uint32_t word) {
    uint64_t until = board_clock_us() + PATIENCE_US;
    while (!(SIO_FIFO_ST & FIFO_ST_VALID)) {
        if (board_clock_us() > until) {
            return false;
        }
    }
    return SIO_FIFO_RD == word;
}

// Whether the boot ROM of the other core has said the same.
static bool said(uint32_t word) {
    SIO_FIFO_WR = word;
    __asm volatile ("sev");
    return is_answer(word);
}

// What was said before does not matter from a zero on.
static bool all_said(const uint32_t *words, unsigned n) {
    for (unsigned i = 0; i < n; ++i) {
        if (words[i] == 0) {
            fifo_drain();
            __asm volatile ("sev");
        }
        if (!said(words[i])) {
            return false;
        }
    }
    return true;
}

static void entry(void) {
    (void)arch_mask(); // until it is a thread
    core_init();
    arch_core_main();
}

void cores_second_off(void) {
    RP2040_SET(PSM_FRCE_OFF) = PSM_PROC1;
    while (!(PSM_FRCE_OFF & PSM_PROC1)) {
    }
}

// Back into its boot ROM, which says that it is there by a zero.
static void reset(void) {
    cores_second_off();
    fifo_drain();
    RP2040_CLEAR(PSM_FRCE_OFF) = PSM_PROC1;
    (void)is_answer(0);
}

void board_core_start(unsigned core, const void *stack) {
    (void)core; // the other one
    const uint32_t words[] = { 0, 0, 1, SCB_VTOR, (uintptr_t)stack, (uintptr_t)entry };
    uint32_t key = arch_mask(); // the answers are for this
    reset();
    for (int tries = 0; tries < TRIES && !all_said(words, ARRAY_SIZE(words)); ++tries) {
    }
    arch_unmask(key & 1);
}
