// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Whether an interrupt can still come.
#include "kern.h"
#include "cm_regs.h"

// One that is pending will come, whoever raises it.
bool arch_irq_source(void) {
    for (unsigned irq = 0; irq < 32 * IRQ_SETS; ++irq) {
        uint32_t bit = 1u << irq % 32;
        if ((NVIC_ENABLED(irq / 32) & bit) && (!BOARD_OWN_IRQ(irq) || (NVIC_PENDING(irq / 32) & bit))) {
            return true;
        }
    }
    return false;
}
