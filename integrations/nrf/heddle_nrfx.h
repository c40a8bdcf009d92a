// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// For the end of the port's nrfx_glue.h, which is for Nordic's library.
#ifndef INTEGRATIONS_NRF_HEDDLE_NRFX_H
#define INTEGRATIONS_NRF_HEDDLE_NRFX_H

#include "kernel_board.h"

// Upstream has some at 2 and 3.
#undef NRFX_IRQ_PRIORITY_SET
#define NRFX_IRQ_PRIORITY_SET(irq_number, priority) \
    NVIC_SetPriority(irq_number, (priority) < BOARD_PRIORITY ? BOARD_PRIORITY : (priority))

// The clock's.
#undef NRFX_TIMER4_ENABLED

#endif // INTEGRATIONS_NRF_HEDDLE_NRFX_H
