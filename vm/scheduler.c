// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The unmodified py/scheduler.c with its rule for builds without a GIL: scheduled callbacks run in the main thread
// only. With a GIL upstream lets any thread run them that sleeps, reads or starts. On a small stack that is too deep,
// and a callback that waits in a thread of low priority would hold up all others for as long as more urgent ones run.
#include "py/runtime.h"

#undef MICROPY_EVENT_POLL_HOOK // of a port that has one for its drivers: vm/ waits otherwise
#undef MICROPY_PY_THREAD_GIL
#define MICROPY_PY_THREAD_GIL (0)
#include "py/scheduler.c"
