// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the patched files of the samd port call.
#ifndef INTEGRATIONS_SAMD_HEDDLE_PORT_H
#define INTEGRATIONS_SAMD_HEDDLE_PORT_H

// Behind all others in the table of vectors: the kernel's, beside PendSV and SysTick.
void SVC_Handler(void);
void fault_handler(void);
#if HEDDLE_FAULTS
#define HEDDLE_VECTORS [3] = fault_handler, [4] = fault_handler, [5] = fault_handler, [6] = fault_handler, \
    [11] = SVC_Handler
#else
#define HEDDLE_VECTORS [11] = SVC_Handler
#endif

// Once clocks run, with interrupts masked since before: the tick is on by then.
void heddle_board_init(void);

#endif // INTEGRATIONS_SAMD_HEDDLE_PORT_H
