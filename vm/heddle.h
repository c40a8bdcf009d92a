// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What vm/ gives a port, in the order in which its main.c needs it.
#ifndef HEDDLE_VM_HEDDLE_H
#define HEDDLE_VM_HEDDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "py/mpstate.h"
#include "core.h"

// Start the kernel and run `python` in the main thread, with the GIL.
void heddle_start(void (*python)(void *)) __attribute__((noreturn));

// At the start of every soft boot, before gc_init: the main thread's state and stack limit.
void heddle_init(void);

// After mp_init: soft timers, services that start by themselves.
void heddle_python_begin(void);

// Before gc_sweep_all and mp_deinit, or before the board leaves: stop services, threads and timers. Resets the board
// when a thread never gives up the GIL.
void heddle_python_end(void);

// A character came, or room for one: every thread in an event wait looks again. From threads and interrupts.
void heddle_event_signal(void);

// Wait for an event, at most `ms` (UINT32_MAX: for ever), without the GIL. The first also ends for an exception or a
// scheduled callback. Where waiting is impossible they return at once, so callers loop.
void heddle_event_wait(uint32_t ms);
void heddle_event_wait_uninterruptible(uint32_t ms);

// machine.disable_irq and machine.enable_irq.
mp_uint_t heddle_disable_irq(void);
void heddle_enable_irq(mp_uint_t state);

// Call `fun(arg)` in an interrupt, with the heap locked, the way hard callbacks of upstream's ports do. Exceptions are
// printed; false when there was one. Refused (false) with several cores.
bool heddle_call_in_isr(mp_obj_t fun, mp_obj_t arg);

// The port's: reset the board.
void board_reset(void) __attribute__((noreturn));

// ---- between the files of vm/

// A Python thread's record, at the top of its memory block: guard, stack, record.
typedef struct {
    core_thread_t core;
    mp_state_thread_t state;
    void *block;
    size_t block_size;
    mp_obj_t fun;
    mp_obj_t args_from; // keeps `args` alive
    mp_obj_t *args;
    uint16_t n_args;
    uint16_t n_kw : 14;
    uint16_t named : 1; // the program gave it a name
    uint16_t leave : 1; // a soft reset asked it to leave, perhaps before its first run
} heddle_thread_t;

typedef struct {
    mp_obj_t fun;
    size_t n_args;
    size_t n_kw;
    mp_obj_t *args;
    mp_obj_t args_from;
    size_t stack_size;
    const char *name; // or NULL
    unsigned priority; // the contract's
} heddle_thread_config_t;

// 0 and the new thread's ident; -ENOMEM, -EAGAIN during a soft reset, or what the kernel said. Raises nothing.
int heddle_thread_create(const heddle_thread_config_t *config, uint32_t *ident);

// Forget the block kept for the next creation.
void heddle_spare_drop(void);

// Repeat `wait` while scheduled callbacks interrupt it, and run those.
int heddle_wait(int (*wait)(void *arg, uint64_t deadline_us), void *arg, uint64_t deadline_us);

// Seconds as Python gives them to a deadline; negative is for ever.
uint64_t heddle_deadline(mp_obj_t seconds);

NORETURN void heddle_raise_would_wait(void);

void heddle_timers_init(void);
void heddle_timers_suspend(void);
void heddle_timers_resume(void);

// The file system's own lock, where there is no GIL.
void heddle_fs_lock(void);
void heddle_fs_unlock(void);

#endif // HEDDLE_VM_HEDDLE_H
