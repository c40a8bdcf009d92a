// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What takes the place of vm/ where there are no threads: hal_bare.c, and the processor's tick_bare.c.
#ifndef PORTS_HAL_BARE_H
#define PORTS_HAL_BARE_H

#include <stdbool.h>

// Start the tick of the soft timers, a millisecond.
void hal_bare_init(void);

// Tell MicroPython where its stack is.
void hal_bare_stack_init(void);

// In the tick: whether soft timers are due. Whoever asks runs them.
bool hal_bare_tick(void);

#endif // PORTS_HAL_BARE_H
