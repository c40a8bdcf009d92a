// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// For the heddle_config.h of a port whose pendsv.h and systick.h have tables of functions: pendsv.c runs them.
#ifndef INTEGRATIONS_COMMON_HEDDLE_PENDSV_H
#define INTEGRATIONS_COMMON_HEDDLE_PENDSV_H

// What upstream does in PendSV is done by two slots, ours and the soft timers'.
void heddle_pendsv_suspend(void);
void heddle_pendsv_resume(void);
#undef MICROPY_PY_PENDSV_ENTER
#undef MICROPY_PY_PENDSV_EXIT
#define MICROPY_PY_PENDSV_ENTER heddle_pendsv_suspend();
#define MICROPY_PY_PENDSV_REENTER heddle_pendsv_suspend();
#define MICROPY_PY_PENDSV_EXIT heddle_pendsv_resume();

// There is something in systick.h's table.
void heddle_tick(void);

// Before the kernel starts.
void heddle_pendsv_init(void);

// At the end of an interrupt: whoever waits for an event looks again.
void heddle_interrupted(void);

#endif // INTEGRATIONS_COMMON_HEDDLE_PENDSV_H
