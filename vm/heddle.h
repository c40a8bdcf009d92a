// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What vm/ gives a port, in the order in which its main.c needs it.
#ifndef HEDDLE_VM_HEDDLE_H
#define HEDDLE_VM_HEDDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "py/mpstate.h"
#include "py/mpprint.h"
#include "py/obj.h"
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

// `bluetooth`, in builds that have it. Of the port: the way to its controller, and what an error of that means, with
// what to do, in at most HEDDLE_BLE_TEXT bytes. Of vm/: used by nobody any more until the next heddle_python_begin.
#define HEDDLE_BLE_TEXT (200)
struct ble_transport *heddle_ble_transport(void);
void heddle_ble_error_text(int error, char *text);
void heddle_ble_begin(void);
void heddle_ble_end(void);

// Names of BLE.config() that are ours: 0 or a positive errno, and what was set last since active(True).
enum { HEDDLE_BLE_DATA_LENGTH, HEDDLE_BLE_PHY, HEDDLE_BLE_EXTENDED, HEDDLE_BLE_OPTIONS };
int heddle_ble_set(unsigned option, int value);
int heddle_ble_get(unsigned option);

// Run one of pyexec's prompts, which have nothing above them to catch what is pending for the main thread: a soft reset
// that another thread asked for ends it like Ctrl-D.
int heddle_prompt(int (*prompt)(void));

// A character came, or room for one: every thread in an event wait looks again. From threads and interrupts.
void heddle_event_signal(void);

// Wait for an event, at most `ms` (-1: for ever), without the GIL. The first also ends for an exception or a
// scheduled callback. Where waiting is impossible they return at once, so callers loop.
void heddle_event_wait(uintptr_t ms);
void heddle_event_wait_uninterruptible(uint32_t ms);

// The same as the first, until `deadline_us` of rtos_now_us, to the tick.
void heddle_event_wait_until(uint64_t deadline_us);

// machine.disable_irq and machine.enable_irq.
mp_uint_t heddle_disable_irq(void);
void heddle_enable_irq(mp_uint_t state);

// Call `fun(arg)` in an interrupt, with the heap locked, the way hard callbacks of upstream's ports do. Exceptions are
// printed; false when there was one. Refused (false) with several cores.
bool heddle_call_in_isr(mp_obj_t fun, mp_obj_t arg);
bool heddle_call_2_in_isr(mp_obj_t fun, mp_obj_t arg1, mp_obj_t arg2);

// The port's: reset the board.
void board_reset(void) __attribute__((noreturn));

// heddle.trace, in builds that have it: begin with a ring of `size` bytes, 0 for a fourth of the free heap, false where
// there is no room; stop, and write it; give the memory back; forget it, for the heap is about to be new.
bool heddle_trace_start(size_t size);
void heddle_trace_write(const mp_print_t *print);
void heddle_trace_clear(void);
void heddle_trace_end(void);

// ---- between the files of vm/

// Text of the running thread that is written as one piece, once the callback on `node` is popped or an exception comes.
typedef struct heddle_text {
    nlr_jump_callback_node_t node; // first
    struct heddle_text *outer;
    char *data;
    size_t len;
    size_t size;
} heddle_text_t;

void heddle_text_open(heddle_text_t *text);
void heddle_text_add(void *text, const char *str, size_t len); // for an mp_print_t
heddle_text_t **heddle_thread_text(void); // the one that is open, or NULL

// Nobody writes to the console.
void heddle_console_init(void);

#define HEDDLE_ARGS_MAX (0x3fff) // of each kind, for a new thread

// A Python thread's record, at the top of its memory block: guard, stack, record.
typedef struct {
    core_thread_t core;
    mp_state_thread_t state;
    union {
        mp_obj_t fun; // until it runs, and then
        heddle_text_t *text; // what heddle_thread_text() is for
    };
    mp_obj_t args; // a tuple, or the arguments themselves
    uint16_t n_args;
    uint16_t n_kw : 14;
    uint16_t args_tuple : 1;
    uint16_t named : 1; // the program gave it a name
} heddle_thread_t;

// The whole block of a thread's memory.
static inline rtos_stack_t heddle_thread_block(const core_thread_t *t) {
    rtos_stack_t block;
    rtos_thread_stack(&t->rtos, &block);
    block.high = (heddle_thread_t *)t + 1;
    return block;
}

typedef struct {
    mp_obj_t fun;
    size_t n_args;
    size_t n_kw;
    mp_obj_t args; // a tuple, or an array on the heap: positional, then keyword pairs
    bool args_tuple;
    size_t stack_size;
    const char *name; // or NULL
    unsigned priority; // the contract's
} heddle_thread_config_t;

// 0 and the new thread's ident; -ENOMEM, -EAGAIN in an interrupt, -ECANCELED when a soft reset is about to end the
// caller (the main thread has -EAGAIN then), or what the kernel said. Raises nothing.
int heddle_thread_create(const heddle_thread_config_t *config, uint32_t *ident);

// Imports under way are over: the threads that ran them have been ended.
void heddle_imports_forget(void);

// Forget the block kept for the next creation.
void heddle_spare_drop(void);

// Repeat `wait` while scheduled callbacks interrupt it, and run those. RuntimeError where it would wait and must not.
int heddle_wait(int (*wait)(void *arg, uint64_t deadline_us), void *arg, uint64_t deadline_us);

// The longest timeout in seconds: as many milliseconds as an integer of 32 bits can hold.
#define HEDDLE_TIMEOUT_MAX (2147483)

// Seconds as Python gives them to a deadline, 0 for none; negative ones raise ValueError, or are none.
uint64_t heddle_deadline(mp_obj_t seconds, bool negative);

// An integer argument. What is none raises TypeError with the argument's name. One that a word cannot hold becomes the
// nearest that it can; the second gives its low word.
mp_int_t heddle_get_int(mp_obj_t obj, qstr name);
uintptr_t heddle_get_word(mp_obj_t obj, qstr name);

// The contract's priority for a Python one, 1 to 7.
unsigned heddle_get_priority(mp_obj_t priority);

// OverflowError for more milliseconds than a wait can have; UINTPTR_MAX is for ever.
void heddle_check_ms(uintptr_t ms);

// Whether machine.soft_reset() may be asked for; nobody has yet.
void heddle_reset_open(bool open);

// Is it a SystemExit?
bool heddle_exits(mp_obj_t exception);

// An exception that nobody caught, outside of the main thread's program: printed behind `where`, unless it is a soft
// reset's.
void heddle_callback_raised(const mp_print_t *print, const char *where, mp_obj_t exception);

// Print it, also where nobody would catch what that raises.
void heddle_print_exception(const mp_print_t *print, mp_obj_t exception);

NORETURN void heddle_raise_would_wait(void);

// Raise RuntimeError, as for too deep a recursion, if the running thread's stack has no room of HEDDLE_DEEP_STACK.
void heddle_check_deep_stack(void);

extern const mp_obj_type_t heddle_flag_type;

extern const mp_obj_fun_builtin_fixed_t heddle_threads_obj;

// The main thread's own priority and cores are those of the start again.
void heddle_main_restore(void);

// Give `t` a pending SystemExit, unless it has one, in a critical section in which it does not end.
void heddle_thread_leave_locked(core_thread_t *t, mp_obj_t leave);
extern const mp_obj_module_t heddle_trace_module;
void *heddle_trace_ring(void); // its block on the heap, or NULL

void heddle_timers_init(void);
void heddle_timers_suspend(void);
void heddle_timers_resume(void);

// The lock of all file systems. A collection that cannot have it does without finalisers.
void heddle_fs_init(void);
void heddle_fs_lock(void);
void heddle_fs_unlock(void);
bool heddle_fs_lock_to_collect(void);

// Nobody reads a line.
void heddle_input_init(void);

#endif // HEDDLE_VM_HEDDLE_H
