// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the patched files of the nrf port call.
#ifndef INTEGRATIONS_NRF_HEDDLE_PORT_H
#define INTEGRATIONS_NRF_HEDDLE_PORT_H

#include "kernel_board.h"

// Before anything that interrupts.
void heddle_board_init(void);

#endif // INTEGRATIONS_NRF_HEDDLE_PORT_H
