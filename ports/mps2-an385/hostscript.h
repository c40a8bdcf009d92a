// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#ifndef MPS2_HOSTSCRIPT_H
#define MPS2_HOSTSCRIPT_H

#include <stdbool.h>

// Whether QEMU's loader left a script in memory. The answer is no again once hostscript_run() has taken it.
bool hostscript_exists(void);

// Run it as __main__. Returns the exit status of the process that it is to the host.
int hostscript_run(void);

#endif // MPS2_HOSTSCRIPT_H
