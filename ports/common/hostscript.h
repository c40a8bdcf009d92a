// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#ifndef PORTS_HOSTSCRIPT_H
#define PORTS_HOSTSCRIPT_H

#include <stdbool.h>

// The first two words of what the host leaves; tools/qemu.py knows them, too.
#define HOSTSCRIPT_MAGIC (0x314c4448)
#define HOSTSCRIPT_BANNER (1u << 0)
#define HOSTSCRIPT_TOP (1u << 1)
#define HOSTSCRIPT_TRACE (1u << 2) // from begin to end
#define HOSTSCRIPT_TRACE_SHIFT (8) // of the flags' upper bits, the ring's KB, or 0

// Whether the host left a script in memory. The answer is no again once hostscript_run() has taken it.
bool hostscript_exists(void);

// Run it as __main__. Returns the exit status of the process that it is to the host.
int hostscript_run(void);

// Whether there was one.
bool hostscript_runs(void);

#endif // PORTS_HOSTSCRIPT_H
