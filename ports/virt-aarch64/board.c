// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// board.h on QEMU's virt, stopping and resetting, and what each core does at its start.
#include <string.h>

#include "aarch64.h"
#include "board.h"
#include "console.h"
#include "control.h"
#include "gic.h"

#define SYS_EXIT_EXTENDED (0x20)
#define APPLICATION_EXIT (0x20026)

static void (*irq_functions[ARCH_CORES])(void);

static void semihosting_exit(int status) {
    uint64_t block[2] = { APPLICATION_EXIT, (uint64_t)status };
    register uint64_t operation __asm("x0") = SYS_EXIT_EXTENDED;
    register uint64_t *argument __asm("x1") = block;
    __asm volatile ("hlt #0xf000" : "+r" (operation) : "r" (argument) : "memory");
}

// Of the first core that leaves. There it comes here again, from a report, if QEMU was started without semihosting.
void board_exit(int status) {
    static struct k_spinlock leaving;
    (void)arch_mask();
    console_drain();
    gic_send_others(GIC_SGI_HALT);
    if (kern_spin_try(&leaving)) {
        semihosting_exit(status);
    } else if (kern_spin_is_mine(&leaving)) {
        psci_system_off();
    }
    arch_halt();
}

void board_panic(const char *message) {
    (void)arch_mask();
    gic_send_others(GIC_SGI_HALT);
    console_write(message, strlen(message));
    console_write("\r\n", 2);
    board_exit(1);
}

uint64_t board_clock_us(void) {
    return (uint64_t)arch_ticks();
}

void board_idle(void) {
    __asm volatile ("dsb sy\n wfi" : : : "memory");
}

void board_ipi(unsigned core) {
    gic_send(core, GIC_SGI_IPI);
}

void board_irq_raise(void (*fn)(void)) {
    uint32_t key = arch_mask();
    irq_functions[arch_core()] = fn;
    gic_send(arch_core(), GIC_SGI_BOARD);
    arch_unmask(key);
}

static void raised(void) {
    void (*fn)(void) = irq_functions[arch_core()];
    irq_functions[arch_core()] = NULL;
    if (fn != NULL) {
        fn();
    }
}

void arch_board_init_core(void) {
    gic_handle(GIC_SGI_BOARD, raised);
}

uintptr_t board_ticks_cpu(void) {
    return arch_cycles_64();
}

// A reset leaves RAM as it is, but for what QEMU's loader puts there.
#define WARM_MAGIC (0x4864572f)
static uint32_t warm_magic __attribute__((section(".noinit")));

void board_reset(void) {
    (void)arch_mask();
    console_drain();
    warm_magic = WARM_MAGIC;
    psci_system_reset();
    for (;;) {
    }
}

bool board_was_reset(void) {
    return warm_magic == WARM_MAGIC;
}

// Without MicroPython the kernel's own start is there.
int main(void);

__attribute__((weak)) void board_start(void) {
    main();
    board_panic("main returned");
}
