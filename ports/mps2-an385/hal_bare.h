// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#ifndef MPS2_HAL_BARE_H
#define MPS2_HAL_BARE_H

// Start the tick of the soft timers. Only where there are no threads.
void hal_bare_init(void);

#endif // MPS2_HAL_BARE_H
