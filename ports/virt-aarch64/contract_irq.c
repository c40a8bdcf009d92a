// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// How urgent an interrupt can be, for the contract suite: all are alike, as they do not nest.
#include "contract.h"

unsigned contract_irq_levels(void) {
    return 1;
}

void contract_irq_level(unsigned level) {
}
