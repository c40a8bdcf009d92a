// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// For the end of the port's mpconfigport.h.
#ifndef INTEGRATIONS_MIMXRT_HEDDLE_CONFIG_H
#define INTEGRATIONS_MIMXRT_HEDDLE_CONFIG_H

#include "heddle_upstream.h"
#include "heddle_pendsv.h"

// For Ethernet's interrupt: board.c.
#if MICROPY_PY_LWIP
#undef MICROPY_BOARD_PENDSV_ENTRIES
#define MICROPY_BOARD_PENDSV_ENTRIES PENDSV_DISPATCH_ENET,
#endif

#endif // INTEGRATIONS_MIMXRT_HEDDLE_CONFIG_H
