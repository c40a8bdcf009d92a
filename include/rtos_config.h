// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Heddle's options. Each is a macro that the build may define; unit, range, cost and the reason for its default stand
// beside it.
#ifndef HEDDLE_RTOS_CONFIG_H
#define HEDDLE_RTOS_CONFIG_H

// What heddle.info() says.
#define HEDDLE_VERSION "0.1"

// 1: Python threads take turns (a global interpreter lock). 0: they run in parallel and containers are not safe.
// Set by vm/heddle.mk from GIL=.
#ifndef HEDDLE_GIL
#define HEDDLE_GIL (1)
#endif

// How long a thread keeps the GIL while others wait, in ms, 1 to 100. Longer costs fewer switches: at 2 ms four looping
// threads lose under 2 % of their work. One that comes back from a wait does not wait for it, but for the first tick.
#ifndef HEDDLE_GIL_SLICE_MS
#define HEDDLE_GIL_SLICE_MS (2)
#endif

// How many threads that come back from a blocking call may pass one whose slice ran out, 1 to 255. Four lets a burst
// of short replies through and bounds the wait of a computing thread.
#ifndef HEDDLE_GIL_RETURNERS
#define HEDDLE_GIL_RETURNERS (4)
#endif

// Stack of the main Python thread in bytes, static RAM, 16 KB is what MicroPython's own tests recurse into. A port that
// has such a stack already says by which symbol as HEDDLE_MAIN_STACK_AT.
#ifndef HEDDLE_MAIN_STACK
#define HEDDLE_MAIN_STACK (16 * 1024)
#endif

// Stack of a Python thread that asks for none, in bytes, from the Python heap; at least RTOS_STACK_MIN. The default is
// what MicroPython's own tests and the scripts of tests/python run in with half to spare.
#ifndef HEDDLE_THREAD_STACK
#define HEDDLE_THREAD_STACK (RTOS_STACK_DEFAULT)
#endif

// How long a soft reset waits for threads to leave by themselves, in ms, before it ends them. They see SystemExit at
// their next loop or wait, so this is for `finally` blocks.
#ifndef HEDDLE_RESET_ASK_MS
#define HEDDLE_RESET_ASK_MS (250)
#endif

// How long a soft reset waits for the GIL, in ms, before it says so and resets the board: native code that never
// returns is the only way to hold it that long.
#ifndef HEDDLE_RESET_GIL_MS
#define HEDDLE_RESET_GIL_MS (5000)
#endif

// Stack of the task that runs interrupts' deferred work, in bytes, static RAM. Soft timers' C callbacks run on it.
#ifndef HEDDLE_DISPATCH_STACK
#define HEDDLE_DISPATCH_STACK (1024)
#endif

// Number of dispatch slots, 1 to 32. A slot is 20 bytes of the caller's; the number bounds a bit mask.
#ifndef HEDDLE_DISPATCH_SLOTS
#define HEDDLE_DISPATCH_SLOTS (8)
#endif

// 1: heddle.trace, which keeps what threads do in a ring of the program's. Set by vm/heddle.mk from TRACE=. Costs about
// 2 KB of code, and a load and a branch where something is worth a record, so images are without it unless asked.
#ifndef HEDDLE_TRACE
#define HEDDLE_TRACE (0)
#endif

#endif // HEDDLE_RTOS_CONFIG_H
