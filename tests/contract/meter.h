// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What services and interrupts notice of what goes on below them: each tick wakes a service of the network's level.
#ifndef HEDDLE_TESTS_CONTRACT_METER_H
#define HEDDLE_TESTS_CONTRACT_METER_H

#include "contract.h"

void meter_start(void);
void meter_stop(void);

// The longest delay since the last call, of a tick against the one before it or of the service against its tick.
uint32_t meter_worst_us(void);

// How often the service ran since the start.
uint32_t meter_runs(void);

#endif // HEDDLE_TESTS_CONTRACT_METER_H
