// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A stand-in for the VM behind core/'s one table, and what the cases of this folder are written with.
#ifndef HEDDLE_TESTS_CORE_VM_H
#define HEDDLE_TESTS_CORE_VM_H

#include "core.h"
#include "sim.h"

#define VM_PRIORITY RTOS_PRIORITY_PYTHON

// A case runs as the main Python thread, with the GIL. One with more than two threads is wide.
#define CASE(ident) CASE_IS(ident, false)
#define WIDE_CASE(ident) CASE_IS(ident, true)
#define CASE_IS(ident, wide) \
    static void ident(void); \
    static void ident##_boot(void) { \
        vm_run(ident); \
    } \
    SIM_CASE(ident, ident##_boot, wide); \
    static void ident(void)

#define CHECK(condition) vm_check(condition, __FILE__, __LINE__, #condition)
void vm_check(bool good, const char *file, int line, const char *text);

void vm_run(void (*body)(void));

// A Python thread: 0 or what creation said. Its `body` runs with the GIL.
int vm_create(void (*body)(void *arg), void *arg, unsigned priority, uint32_t *ident);
uint32_t vm_start(void (*body)(void *arg), void *arg); // must succeed

// Wait for the thread, free it, and see that nothing of it is left.
void vm_join(uint32_t ident);

void vm_reap(void);
unsigned vm_blocks_used(void); // threads' memory that is not free

// Some threads have got as far as that. Whole also where threads are parallel.
void vm_count(volatile unsigned *counter);

// A few steps of Python: nobody else does any meanwhile, where there is a GIL.
void vm_work(void);

// The hook of the VM's loop, and whether an exception is to be raised.
bool vm_loop(void);

// What a pending exception or callback is to a wait: -EINTR is taken and the wait goes on, but for an exception.
void vm_handle_pending(void);
void vm_raise_in(core_thread_t *t); // an exception, from anywhere
bool vm_raised(void); // in the running thread, which clears it
void vm_schedule(void); // a callback for the main thread, from anywhere
unsigned vm_callbacks_run(void);

core_thread_t *vm_thread(uint32_t ident); // of one that is listed

#endif // HEDDLE_TESTS_CORE_VM_H
