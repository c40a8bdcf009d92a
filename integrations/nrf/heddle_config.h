// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// For the end of the port's mpconfigport.h.
#ifndef INTEGRATIONS_NRF_HEDDLE_CONFIG_H
#define INTEGRATIONS_NRF_HEDDLE_CONFIG_H

#include "heddle_upstream.h"

#undef MICROPY_ENABLE_FINALISER
#define MICROPY_ENABLE_FINALISER (1)
#undef MICROPY_STACK_CHECK
#define MICROPY_STACK_CHECK (1)

// RTC1 and its interrupt each millisecond: board.c has the clock.
#undef MICROPY_PY_TIME_TICKS
#define MICROPY_PY_TIME_TICKS (0)

#endif // INTEGRATIONS_NRF_HEDDLE_CONFIG_H
