// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The interrupt controller, version 2 or 3. Lines 0 to 15 are what software raises, on one core; 16 to 31 are each
// core's own devices; those of the others come to the first core.
#ifndef KERNEL_ARCH_AARCH64_GIC_H
#define KERNEL_ARCH_AARCH64_GIC_H

// The board's kernel_board.h says BOARD_GIC_LINES, the number of lines that can have a handler.

#define GIC_SGI_IPI (0) // the kernel's
#define GIC_SGI_BOARD (1) // board_ipi's and board_irq_raise's, if a board wants them
#define GIC_SGI_HALT (2) // another core reports what ends everything

// The first core's, and each one's.
void gic_init(void);
void gic_init_core(void);

// `fn` is called for the line; it is enabled, those below 32 on this core.
void gic_handle(unsigned line, void (*fn)(void));

// Whether a line from 32 on, a device's, is enabled, or another one is pending on this core.
bool gic_any_source(void);

// Interrupt a core, which may be this one. What was written before is there when the handler looks.
void gic_send(unsigned core, unsigned line);

// Interrupt all others.
void gic_send_others(unsigned line);

// In an interrupt: call the handler of the line that asks.
void gic_dispatch(void);

#endif // KERNEL_ARCH_AARCH64_GIC_H
