// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#ifndef PORTS_HOSTSCRIPT_H
#define PORTS_HOSTSCRIPT_H

#include <stdbool.h>

// Whether the host left a script in memory. The answer is no again once hostscript_run() has taken it.
bool hostscript_exists(void);

// Run it as __main__. Returns the exit status of the process that it is to the host.
int hostscript_run(void);

// Whether there was one.
bool hostscript_runs(void);

#endif // PORTS_HOSTSCRIPT_H
