// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What is the same in every freertos_board.h of a port of MicroPython's own, from what our own kernel wants to know.
#ifndef INTEGRATIONS_COMMON_HEDDLE_FREERTOS_H
#define INTEGRATIONS_COMMON_HEDDLE_FREERTOS_H

#include "kernel_board.h"

#define portGET_RUN_TIME_COUNTER_VALUE() BOARD_CYCLES()
#define configRUN_TIME_COUNTER_HZ BOARD_CYCLES_HZ

#define configUSE_MUTEXES 0 // no driver here has any

#endif // INTEGRATIONS_COMMON_HEDDLE_FREERTOS_H
