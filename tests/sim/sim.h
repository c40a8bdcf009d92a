// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A machine whose schedule is chosen: cores that run fibers, interrupts and time, all in one thread of the host.
// Whenever a core comes to a point, the search decides whether it goes on, another core does, an interrupt fires or
// time passes. The machine knows no kernel and no contract; whoever sits on it says which fiber each core runs.
//
// Code under test is compiled with the compiler's instrumentation for races (see access.c). Each of its accesses to
// volatile and atomic objects is a point, and every access is known, so that nothing in the sources marks them.
// Execution is sequentially consistent.
#ifndef HEDDLE_TESTS_SIM_H
#define HEDDLE_TESTS_SIM_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_CORES (4)

// ---- fibers: what a core runs. The caller owns the struct and the stack.

typedef struct sim_fiber {
    jmp_buf context;
    void (*entry)(void *arg); // does not return
    void *arg;
    const char *name;
    char *stack;
    size_t stack_size;
    void *sp; // of one that does not run: its live stack is from here up, its registers are there or in `context`
    bool started;
    bool spins; // goes on only when nothing else can
    bool (*ready)(void *arg); // what it waits for, or NULL
    void *ready_arg;
    const void *site; // the code of its latest point
    const char *what;
} sim_fiber_t;

// Memory for stacks, which is not put back to zeros for each run.
#define SIM_STACK __attribute__((section("sim_stacks"), aligned(16)))

void sim_fiber_init(sim_fiber_t *f, const char *name, void *stack, size_t size, void (*entry)(void *arg), void *arg);

// ---- cores

unsigned sim_core_count(void);
unsigned sim_core(void); // the one that runs now
sim_fiber_t *sim_self(void);

// `core` runs `f` from its next step on. When this takes a core from the caller, the caller goes on to its next point.
void sim_core_run(unsigned core, sim_fiber_t *f);
sim_fiber_t *sim_core_fiber(unsigned core);

// Interrupts of the running core.
void sim_mask(bool masked);
bool sim_masked(unsigned core);
bool sim_in_irq(unsigned core);

// ---- points, named by what is about to happen

void sim_point(const char *what);
void sim_wait(const char *what, bool (*ready)(void *arg), void *arg); // not taken before `ready`, which sim_touches
void sim_spin(void); // one more turn of a loop that waits for others: they go first

// Between two points: what a step that the compiler does not see reads or writes. Steps with nothing in common are not
// tried in both orders.
void sim_touch(const void *object, bool write);

// Code under test may not access this memory until it is allowed again; a few such places at a time.
void sim_forbid(const void *memory, size_t size, const char *why);
void sim_allow(const void *memory);

// ---- interrupts

typedef struct sim_irq {
    const char *name;
    void (*handler)(struct sim_irq *irq);
    unsigned cores; // mask of those that take it
    bool raised; // may fire at any point from here on; cleared when it does
    bool time; // lets time pass: only by choice while anything else can go on
    bool prompt; // fires next, or by choice at any later point; cleared when that was chosen
    struct sim_irq *next;
} sim_irq_t;

void sim_irq_add(sim_irq_t *irq);
void sim_irq_raise(sim_irq_t *irq, bool raised);

// ---- virtual time, moved by interrupts that let it pass

uint64_t sim_now_us(void);

// For who lets time pass: it never goes straight to the next deadline, but by a millisecond at most.
extern bool sim_every_tick;
void sim_time_set(uint64_t us);

// ---- the end of a run

void sim_end(void) __attribute__((noreturn)); // the case has come to its end
void sim_outcome(uint64_t value); // how it came out: the runner counts the different ones
void sim_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

// What sits on the machine may ask to be called.
typedef struct {
    void (*irq_leave)(void); // a handler returns, still in its interrupt
    void (*irq_exit)(void); // a handler has returned, on its core
    void (*dump)(void); // a run failed: sim_print who waits for what
} sim_client_t;
void sim_client(const sim_client_t *client);
void sim_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

// ---- cases

typedef struct {
    const char *name; // dashes for underscores
    void (*run)(void); // on core 0; ends with sim_end
    bool wide; // more than two threads: explored with one switch less
} sim_case_t;

#define SIM_CASE(ident, function, is_wide) \
    static const sim_case_t sim_case_##ident __attribute__((used, section("sim_cases"), aligned(8))) = { \
        .name = #ident, .run = function, .wide = is_wide, \
    }

#endif // HEDDLE_TESTS_SIM_H
