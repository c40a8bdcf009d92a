// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// For the end of the mpconfigport.h of a port of MicroPython's own: what that has defined otherwise.
#ifndef INTEGRATIONS_COMMON_HEDDLE_UPSTREAM_H
#define INTEGRATIONS_COMMON_HEDDLE_UPSTREAM_H

#undef MICROPY_SCHEDULER_DEPTH
#define MICROPY_SCHEDULER_DEPTH (32)
#undef MICROPY_SOFT_TIMER_TICKS_MS

// What vm/mpconfigheddle.h has, and room for what a switch and an interrupt save of floating point.
#ifdef __ARM_FP
#define MICROPY_STACK_CHECK_MARGIN (768 + 34 * 4)
#endif

#include "mpconfigheddle.h"

// Vendors' libraries and the kernel's headers have these, too.
#undef MIN
#undef MAX

// Drivers that wait look again after each interrupt, and each millisecond. vm/ has no use for it.
#undef MICROPY_EVENT_POLL_HOOK
#define MICROPY_EVENT_POLL_HOOK \
    do { \
        extern void mp_event_wait_ms(mp_uint_t ms); \
        mp_event_wait_ms(1); \
    } while (0);

#endif // INTEGRATIONS_COMMON_HEDDLE_UPSTREAM_H
