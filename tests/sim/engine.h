// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the files of the machine share. All of it lies outside of the program's data, which each run begins anew.
#ifndef HEDDLE_TESTS_SIM_ENGINE_H
#define HEDDLE_TESTS_SIM_ENGINE_H

#include <ucontext.h>

#include "sim.h"

#define ACTORS (24) // who can take one next step
#define STEPS_MAX (20000) // in one run
#define NODES (4000) // of them with a choice
#define ACCESSES (40) // of a step, that are remembered
#define SLEEPERS (16)
#define FORBIDDEN (12)
#define OUTCOMES (4096)
#define BOOT_STACK (64 * 1024)

// Memory that nobody is to access.
typedef struct {
    uintptr_t low, high;
    const char *why;
} forbidden_t;

// Somebody who can take the next step: a core with its fiber, or an interrupt on that core.
typedef struct {
    const void *who; // the fiber, or the core where a handler is under way
    sim_irq_t *irq; // to be taken
    uint8_t core;
    uint8_t cost; // 1: a forced switch
} actor_t;

typedef struct {
    uintptr_t low;
    uintptr_t high;
    bool write;
} access_t;

typedef struct {
    unsigned count;
    bool all; // there were more than there is room for
    access_t list[ACCESSES];
} footprint_t;

// A step at which there was a choice.
typedef struct {
    uint8_t count;
    uint8_t chosen;
    bool known; // `step` is
    bool masked; // the first actor's core, before its step
    uint32_t lasting; // actors that could still go on after the first one's step
    actor_t actors[ACTORS];
    footprint_t step; // what the first actor's step accesses
} node_t;

typedef struct {
    const void *who;
    const footprint_t *step;
} sleeper_t;

typedef struct {
    sim_fiber_t *fiber;
    sim_irq_t *order; // to be taken before the fiber goes on
    unsigned back; // whose turn it was when the interrupt came
    bool masked;
    bool in_irq;
} core_t;

typedef struct {
    const void *site;
    const char *what;
    const void *object;
    const char *name;
    uint8_t core;
    bool irq;
    char choice; // 0, or the letter of a choice that is not the first
} trace_t;

typedef enum { PREEMPT_NONE, PREEMPT_RANDOM, PREEMPT_EXHAUSTIVE, PREEMPT_REPLAY } preempt_t;
typedef enum { RUN_DONE, RUN_FAILED, RUN_PRUNED } run_result_t;

typedef struct {
    // Given.
    preempt_t preempt;
    unsigned core_count;
    unsigned bound;
    bool no_pruning;
    bool all_points; // plain accesses are points too
    uint64_t seed;

    // The machine, cleared for each run.
    struct {
        core_t cores[SIM_CORES];
        sim_fiber_t *self;
        sim_fiber_t boot;
        unsigned running; // the core
        unsigned turn; // the core that goes on without a switch
        unsigned steps;
        bool active;
        bool looking; // whether somebody is ready
        uint64_t now_us;
        sim_irq_t *irqs;
        const sim_client_t *client;
        forbidden_t forbidden[FORBIDDEN];
        unsigned forbidden_count;
        unsigned spent; // forced switches
        unsigned position; // nodes so far
        node_t *recording; // its step is under way
        sleeper_t sleepers[SLEEPERS];
        unsigned sleeping;
    } m;

    // The search.
    node_t *nodes;
    unsigned depth; // nodes of the latest run
    unsigned prefix; // nodes whose choice is given
    uint64_t random;
    uint32_t random_threshold; // of 2^32: how often a choice is not the first

    jmp_buf runner;
    ucontext_t context; // to start fibers from
    char boot_stack[BOOT_STACK] __attribute__((aligned(16)));
    char message[400];
    trace_t *trace; // as many as steps
    uint64_t runs;
    uint64_t outcomes[OUTCOMES];
    unsigned outcome_count;
    uint64_t pruned;
} engine_t;

extern engine_t *engine;

// fiber.c
void fiber_switch(sim_fiber_t *from, sim_fiber_t *to);
void fiber_resume(sim_fiber_t *f) __attribute__((noreturn));

// machine.c
void machine_start(void (*boot)(void)) __attribute__((noreturn));
void machine_point(const char *what, const void *site, const void *object);
void machine_settle(void); // a fiber runs again: interrupts first

// search.c
unsigned search_choose(const actor_t *actors, unsigned count);
bool search_next(void); // prepare the next schedule; false when there is none
void search_access(uintptr_t low, uintptr_t high, bool write);

// run.c
void run_init(void);
run_result_t run_once(void (*boot)(void));
void run_leave(run_result_t result) __attribute__((noreturn));

// report.c
void report_site(const void *site, char *out, size_t size);
void report_trace(void);
void report_id(const char *name); // prints it

// id.c
const char *id_parse(char *id, const char **name); // its choices become the search's; what is wrong with it, or NULL
uint32_t id_hash(void);

#endif // HEDDLE_TESTS_SIM_ENGINE_H
