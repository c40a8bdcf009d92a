// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The machine itself: what it must find, what it must not, and that pruning loses no outcome. Without a kernel: each
// core runs one fiber from the beginning. tests/cases/sim.py knows which cases have to fail, and how.
#include "sim.h"

#define STACK (16 * 1024)

static char stacks[SIM_CORES][STACK] SIM_STACK;
static sim_fiber_t fibers[SIM_CORES];
static volatile bool ended[SIM_CORES];

static bool all_ended(void *arg) {
    (void)arg;
    unsigned n = 0;
    for (unsigned core = 0; core < sim_core_count(); ++core) {
        n += ended[core];
    }
    return n == sim_core_count();
}

static bool never(void *arg) {
    (void)arg;
    return false;
}

static void fiber_main(void *arg) {
    ((void (*)(void))arg)();
    ended[sim_core()] = true;
    sim_wait("has ended", never, NULL);
}

// The first core's function checks what came of it.
static void run(void (*function)(void), void (*check)(void)) {
    for (unsigned core = 1; core < sim_core_count(); ++core) {
        sim_fiber_init(&fibers[core], "fiber", stacks[core], STACK, fiber_main, (void *)function);
        sim_core_run(core, &fibers[core]);
    }
    function();
    ended[0] = true;
    sim_wait("all", all_ended, NULL);
    check();
    sim_end();
}

#define CASE(ident) \
    static void ident(void); \
    SIM_CASE(ident, ident, false); \
    static void ident(void)

static volatile unsigned x, y, seen_x, seen_y;

// ---- must fail, with one forced switch

static void increment(void) {
    x += 1;
}

static void check_increments(void) {
    if (x != sim_core_count()) {
        sim_fail("lost update");
    }
}

CASE(lost_update) {
    run(increment, check_increments);
}

static bool is_zero(void *arg) {
    return *(volatile unsigned *)arg == 0;
}

static void take(volatile unsigned *lock) {
    sim_wait("lock", is_zero, (void *)lock);
    *lock = 1;
}

static void take_both(void) {
    volatile unsigned *first = sim_core() == 0 ? &x : &y;
    volatile unsigned *second = sim_core() == 0 ? &y : &x;
    take(first);
    take(second);
    *first = *second = 0;
}

static void no_check(void) {
}

CASE(deadlock) {
    run(take_both, no_check);
}

static sim_irq_t irq;
static volatile bool off;

static void interrupt(sim_irq_t *self) {
    (void)self;
    if (off) {
        sim_fail("an interrupt in the wrong place");
    }
    y = 1;
}

static void raise_irq(void) {
    irq = (sim_irq_t) {.name = "interrupt", .handler = interrupt, .cores = 1};
    sim_irq_add(&irq);
    sim_irq_raise(&irq, true);
}

CASE(interrupt_anywhere) {
    raise_irq();
    x = 1;
    off = true;
    x = 2;
    off = false;
    sim_end();
}

// ---- must fail in every schedule

CASE(livelock) {
    for (;;) {
        sim_spin();
    }
}

CASE(crash) {
    *(volatile int *)16 = 1;
    sim_end();
}

CASE(stuck) {
    for (;;) {
        __asm volatile ("");
    }
}

CASE(forbidden) {
    static int freed[4];
    sim_forbid(freed, sizeof(freed), "memory that was freed");
    freed[3] = 1;
    sim_end();
}

// ---- must hold

CASE(interrupt_masked) {
    raise_irq();
    x = 1;
    sim_mask(true);
    off = true;
    x = 2;
    off = false;
    sim_mask(false);
    sim_end();
}

static void tick(sim_irq_t *self) {
    (void)self;
    sim_time_set(sim_now_us() + 1000);
}

static bool is_late(void *arg) {
    (void)arg;
    return sim_now_us() >= 1000;
}

CASE(time_passes_when_nothing_else_can) {
    irq = (sim_irq_t) {.name = "tick", .handler = tick, .cores = 1, .time = true, .raised = true};
    sim_irq_add(&irq);
    sim_wait("a millisecond", is_late, NULL);
    sim_end();
}

static bool is_set(void *arg) {
    return *(volatile unsigned *)arg != 0;
}

static void interrupt_that_waits(sim_irq_t *self) {
    (void)self;
    y = 1;
    sim_wait("in an interrupt", is_set, (void *)&y);
}

static void wait_or_set(void) {
    if (sim_core() == 0) {
        sim_wait("in a thread", is_set, (void *)&x);
        seen_x = x;
    } else {
        x = 1;
    }
}

static void check_seen(void) {
    if (sim_core_count() > 1 && seen_x != 1) {
        sim_fail("a wait ended early");
    }
}

CASE(interrupted_wait) {
    irq = (sim_irq_t) {.name = "interrupt", .handler = interrupt_that_waits, .cores = 1, .raised = true};
    sim_irq_add(&irq);
    run(wait_or_set, check_seen);
}

// ---- outcomes, counted with pruning and without

static void store_then_load(void) {
    if (sim_core() == 0) {
        x = 1;
        seen_y = y;
    } else {
        y = 1;
        seen_x = x;
    }
}

static void note_loads(void) {
    sim_outcome(seen_x * 2 + seen_y);
}

CASE(store_buffer) {
    run(store_then_load, note_loads);
}

// Programs of a few accesses each, drawn from a number: reads, writes and additions of three variables, some of them
// with the interrupts masked, and an interrupt.
static volatile uint32_t variables[3];
static uint32_t results[SIM_CORES];
static uint32_t program_number;

static uint32_t draw(uint32_t *random) {
    *random = *random * 1664525u + 1013904223u;
    return *random >> 16;
}

static uint32_t some_accesses(uint32_t random, unsigned count) {
    uint32_t value = random;
    for (unsigned i = 0; i < count; ++i) {
        volatile uint32_t *variable = &variables[draw(&random) % 3];
        switch (draw(&random) % 4) {
            case 0:
                *variable = value;
                break;
            case 1:
                sim_mask(draw(&random) % 2);
                *variable += value;
                break;
            default:
                value = value * 31 + *variable;
        }
    }
    sim_mask(false);
    return value;
}

static void drawn_interrupt(sim_irq_t *self) {
    (void)self;
    some_accesses(program_number + 77, 2);
}

static void drawn_program(void) {
    unsigned core = sim_core();
    results[core] = some_accesses(program_number * 4 + core, 4);
}

static void note_results(void) {
    uint64_t outcome = 0;
    for (unsigned i = 0; i < SIM_CORES; ++i) {
        outcome = (outcome ^ results[i]) * 0x100000001b3;
    }
    for (unsigned i = 0; i < 3; ++i) {
        outcome = (outcome ^ variables[i]) * 0x100000001b3;
    }
    sim_outcome(outcome);
}

static void run_drawn(uint32_t number) {
    program_number = number;
    irq = (sim_irq_t) {.name = "interrupt", .handler = drawn_interrupt, .cores = 3, .raised = true};
    sim_irq_add(&irq);
    run(drawn_program, note_results);
}

#define DRAWN(number) \
    CASE(drawn_##number) { \
        run_drawn(number); \
    }
DRAWN(1)
DRAWN(2)
DRAWN(3)
DRAWN(4)
DRAWN(5)
DRAWN(6)
DRAWN(7)
DRAWN(8)
DRAWN(9)
