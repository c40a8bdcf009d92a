// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Version 2 has registers in memory for each core's side of it, the same addresses on every core; version 3 has
// registers of the processor, and in memory a redistributor for each core, which knows its core's affinity. Which one
// there is, the processor says.
#include "aarch64.h"
#include "gic.h"
#include "kernel_board.h"

#define REG(address) (*(volatile uint32_t *)(address))
#define REG64(address) (*(volatile uint64_t *)(address))

// A line's bit in a set of registers of 32 each.
#define LINE_REG(base, line) REG((base) + (line) / 32 * 4)
#define LINE_BIT(line) (1u << (line) % 32)

#define GICD(offset) (BOARD_GICD + (offset))
#define GICD_CTLR REG(GICD(0x000))
#define GICD_SGIR REG(GICD(0xf00))
#define GICD_CTLR_V3 (0x12) // affinity routing, group 1
#define GICD_CTLR_RWP (1u << 31)

#define GICC(offset) (BOARD_GICC + (offset))
#define GICC_CTLR REG(GICC(0x00))
#define GICC_PMR REG(GICC(0x04))
#define GICC_IAR REG(GICC(0x0c))
#define GICC_EOIR REG(GICC(0x10))

// The same in GICD and in the second half of a redistributor, for its first 32 lines.
#define GROUP (0x080)
#define ENABLE (0x100)
#define DISABLE (0x180)
#define PENDING (0x200)
#define PRIORITY (0x400)
#define TARGETS (0x800) // version 2
#define ROUTER (0x6000) // version 3

#define GICR_STRIDE (0x20000)
#define GICR_TYPER (0x08)
#define GICR_TYPER_LAST (1u << 4)
#define GICR_WAKER (0x14)
#define GICR_WAKER_SLEEP (1u << 1)
#define GICR_WAKER_ASLEEP (1u << 2)
#define GICR_SGI (0x10000)

#define LINE_NUMBER (0x3ff)
#define LINES_REAL (1020) // those from here on say that there is none
#define MIDDLE (0xa0) // the priority of all lines; smaller is more urgent

#define SYSREG_WRITE(name, value) __asm volatile ("msr " name ", %0\n isb" : : "r" ((uint64_t)(value)) : "memory")
#define ICC_SRE "s3_0_c12_c12_5"
#define ICC_PMR "s3_0_c4_c6_0"
#define ICC_BPR1 "s3_0_c12_c12_3"
#define ICC_CTLR "s3_0_c12_c12_4"
#define ICC_IGRPEN1 "s3_0_c12_c12_7"
#define ICC_EOIR1 "s3_0_c12_c12_1"
#define ICC_SGI1R "s3_0_c12_c11_5"
#define ICC_SGI1R_OTHERS (1ull << 40)
#define GICD_SGIR_OTHERS (1u << 24)

static bool is_v3;
static void (*handlers[BOARD_GIC_LINES])(void);
static uintptr_t redistributors[ARCH_CORES]; // version 3
static uint64_t affinities[ARCH_CORES];
static uint32_t interfaces[ARCH_CORES]; // version 2: a bit for each core's

static uint64_t affinity(void) {
    uint64_t mpidr;
    __asm volatile ("mrs %0, mpidr_el1" : "=r" (mpidr));
    return mpidr & 0xff00ffffff;
}

// ---- version 3

static void wait_for_distributor(void) {
    while (GICD_CTLR & GICD_CTLR_RWP) {
        arch_spin();
    }
}

static void init_v3(void) {
    GICD_CTLR = 0;
    wait_for_distributor();
    GICD_CTLR = GICD_CTLR_V3;
    wait_for_distributor();
}

// The one whose affinity is this core's.
static uintptr_t redistributor_find(uint64_t own) {
    uint64_t packed = (own >> 32 & 0xff) << 24 | (own & 0xffffff);
    uintptr_t base = BOARD_GICR;
    while (REG64(base + GICR_TYPER) >> 32 != packed) {
        __ASSERT_NO_MSG(!(REG64(base + GICR_TYPER) & GICR_TYPER_LAST));
        base += GICR_STRIDE;
    }
    return base;
}

static void init_core_v3(void) {
    uintptr_t base = redistributor_find(affinity());
    redistributors[arch_core()] = base;
    affinities[arch_core()] = affinity();
    REG(base + GICR_WAKER) &= ~GICR_WAKER_SLEEP;
    while (REG(base + GICR_WAKER) & GICR_WAKER_ASLEEP) {
        arch_spin();
    }
    REG(base + GICR_SGI + GROUP) = UINT32_MAX;
    SYSREG_WRITE(ICC_SRE, 7); // by the processor's registers
    SYSREG_WRITE(ICC_PMR, 0xff);
    SYSREG_WRITE(ICC_BPR1, 7);
    SYSREG_WRITE(ICC_CTLR, 0);
    SYSREG_WRITE(ICC_IGRPEN1, 1);
}

static uint64_t sgi_v3(uint64_t to, unsigned line) {
    return (to >> 32 & 0xff) << 48 | (to >> 16 & 0xff) << 32 | (uint64_t)line << 24 | (to >> 8 & 0xff) << 16
           | 1u << (to & 0xf);
}

// ---- version 2

static void init_v2(void) {
    GICD_CTLR = 1;
}

static void init_core_v2(void) {
    // For the first lines it says who reads it, and nothing where there is one core.
    interfaces[arch_core()] = MAX(REG(GICD(TARGETS)) & 0xff, 1);
    GICC_PMR = 0xff;
    GICC_CTLR = 1;
}

// ---- both

void gic_init(void) {
    uint64_t features;
    __asm volatile ("mrs %0, id_aa64pfr0_el1" : "=r" (features));
    is_v3 = (features >> 24 & 0xf) != 0;
    if (is_v3) {
        init_v3();
    } else {
        init_v2();
    }
}

void gic_init_core(void) {
    if (is_v3) {
        init_core_v3();
    } else {
        init_core_v2();
    }
}

void gic_handle(unsigned line, void (*fn)(void)) {
    __ASSERT_NO_MSG(line < BOARD_GIC_LINES);
    uint32_t key = arch_mask();
    uintptr_t base = is_v3 && line < 32 ? redistributors[arch_core()] + GICR_SGI : BOARD_GICD;
    handlers[line] = fn;
    __asm volatile ("dsb ishst" : : : "memory");
    *(volatile uint8_t *)(base + PRIORITY + line) = MIDDLE;
    if (line >= 32) {
        if (is_v3) {
            LINE_REG(base + GROUP, line) |= LINE_BIT(line);
            REG64(base + ROUTER + 8 * line) = affinities[0];
        } else {
            *(volatile uint8_t *)(base + TARGETS + line) = (uint8_t)interfaces[0];
        }
    }
    LINE_REG(base + ENABLE, line) = LINE_BIT(line);
    arch_unmask(key);
}

bool gic_any_source(void) {
    uintptr_t own = is_v3 ? redistributors[arch_core()] + GICR_SGI : BOARD_GICD;
    uint32_t any = LINE_REG(own + PENDING, 0);
    for (unsigned line = 32; line < BOARD_GIC_LINES; line += 32) {
        any |= LINE_REG(BOARD_GICD + ENABLE, line);
    }
    return any != 0;
}

void gic_send(unsigned core, unsigned line) {
    __asm volatile ("dsb ishst" : : : "memory");
    if (is_v3) {
        SYSREG_WRITE(ICC_SGI1R, sgi_v3(affinities[core], line));
    } else {
        GICD_SGIR = interfaces[core] << 16 | line;
    }
}

void gic_send_others(unsigned line) {
    __asm volatile ("dsb ishst" : : : "memory");
    if (is_v3) {
        SYSREG_WRITE(ICC_SGI1R, ICC_SGI1R_OTHERS | (uint64_t)line << 24);
    } else {
        GICD_SGIR = GICD_SGIR_OTHERS | line;
    }
}

static uint32_t acknowledge(void) {
    if (!is_v3) {
        return GICC_IAR;
    }
    uint64_t line;
    __asm volatile ("mrs %0, s3_0_c12_c12_0\n dsb sy" : "=r" (line) : : "memory");
    return (uint32_t)line;
}

void gic_dispatch(void) {
    uint32_t taken = acknowledge(), line = taken & LINE_NUMBER;
    if (line >= LINES_REAL) {
        return; // it was given up meanwhile
    }
    if (line < BOARD_GIC_LINES && handlers[line] != NULL) {
        handlers[line]();
    }
    if (is_v3) {
        SYSREG_WRITE(ICC_EOIR1, taken);
    } else {
        GICC_EOIR = taken;
    }
}
