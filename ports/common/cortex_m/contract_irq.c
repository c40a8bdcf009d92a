// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// How urgent an interrupt can be, for the contract suite.
#include "contract.h"
#include "regs.h"

// What interrupts the kernel lets call it have, then others: the least urgent, two that FreeRTOS's own critical
// sections would not keep out, of which one cannot be masked by BASEPRI at all.
static const uint8_t levels[] = { PRIORITY_DEVICE, 0xc0, 0x20, 0x10, 0x00 };

unsigned contract_irq_levels(void) {
    return sizeof(levels) / sizeof(levels[0]);
}

void contract_irq_level(unsigned level) {
    nvic_set_priority(IRQ_SOFTWARE, levels[level]);
}
