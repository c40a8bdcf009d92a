// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Critical sections, and the atomics that some cores make of them: section 6.
#include "contract.h"

static unsigned interrupts;

static void count_interrupt(void) {
    COUNT_UP(interrupts);
}

static void wait_for_interrupts(unsigned n) {
    SOON(rtos_peek(interrupts) == n);
}

static void interrupts_stay_out(void) {
    for (unsigned level = 0; level < contract_irq_levels(); ++level) {
        contract_irq_level(level);
        rtos_poke(interrupts, 0);
        rtos_crit_t key = rtos_crit_enter();
        board_irq_raise(count_interrupt);
        spin_us(50);
        CHECK_IS(rtos_peek(interrupts), 0);
        rtos_crit_exit(key);
        wait_for_interrupts(1);
    }
    contract_irq_level(0);
}

static void sections_nest(void) {
    for (unsigned level = 0; level < contract_irq_levels(); ++level) {
        contract_irq_level(level);
        rtos_poke(interrupts, 0);
        rtos_crit_t outer = rtos_crit_enter();
        rtos_crit_t middle = rtos_crit_enter();
        rtos_crit_t inner = rtos_crit_enter();
        board_irq_raise(count_interrupt);
        rtos_crit_exit(inner);
        spin_us(50);
        rtos_crit_exit(middle);
        spin_us(50);
        CHECK_IS(rtos_peek(interrupts), 0);
        rtos_crit_exit(outer);
        wait_for_interrupts(1);
    }
    contract_irq_level(0);
}

static void masked_tells(void) {
    CHECK(!rtos_masked());
    rtos_crit_t outer = rtos_crit_enter();
    CHECK(rtos_masked());
    rtos_crit_t inner = rtos_crit_enter();
    CHECK(rtos_masked());
    rtos_crit_exit(inner);
    CHECK(rtos_masked());
    rtos_crit_exit(outer);
    CHECK(!rtos_masked());
}

static void section_in_isr(void) {
    bool before = rtos_masked();
    rtos_crit_t outer = rtos_crit_enter();
    rtos_crit_t inner = rtos_crit_enter();
    CHECK(rtos_masked());
    rtos_crit_exit(inner);
    CHECK(rtos_masked());
    rtos_crit_exit(outer);
    CHECK(rtos_masked() == before);
    COUNT_UP(interrupts);
}

static void sections_in_interrupts(void) {
    rtos_poke(interrupts, 0);
    for (unsigned i = 0; i < 20; ++i) {
        in_interrupt(section_in_isr);
        CHECK(!rtos_masked());
    }
    CHECK_IS(rtos_peek(interrupts), 20);
}

static parker_t parker;

// Neither at the unpark nor at a tick.
static void threads_stay_out(void) {
    rtos_thread_t *t = spawn_parker(&parker, RTOS_PRIORITY_MAX);
    rtos_park(2);
    rtos_crit_t key = rtos_crit_enter();
    rtos_unpark(t);
    spin_us(3500);
    if (rtos_core_count() == 1) {
        CHECK_IS(rtos_peek(parker.wakes), 0);
    }
    rtos_crit_exit(key);
    AWAIT(rtos_peek(parker.wakes) == 1);
    reap_parker(t, &parker);
}

static void ticks_stay_out(void) {
    rtos_poke(interrupts, 0);
    rtos_tick(RTOS_TICK_TIMERS, count_interrupt);
    AWAIT(rtos_peek(interrupts) > 0);
    rtos_crit_t key = rtos_crit_enter();
    unsigned before = rtos_peek(interrupts);
    spin_us(3500);
    CHECK_IS(rtos_peek(interrupts), before);
    rtos_crit_exit(key);
    AWAIT(rtos_peek(interrupts) > before);
    rtos_tick(RTOS_TICK_TIMERS, NULL);
}

static rtos_thread_t *called;

// What the kernel does for a call may have sections of its own, whose end is not this one's.
static void calls_in_section(void) {
    rtos_crit_t key = rtos_crit_enter();
    for (int i = 0; i < 2; ++i) {
        rtos_thread_set_priority(called, RTOS_PRIORITY_PYTHON + 1 - i);
        CHECK(rtos_masked());
        rtos_unpark(called);
        CHECK(rtos_masked());
    }
    rtos_crit_exit(key);
}

static void calls_end_no_section(void) {
    called = spawn_parker(&parker, RTOS_PRIORITY_PYTHON);
    for (unsigned level = 0; level < contract_irq_levels(); ++level) {
        contract_irq_level(level);
        rtos_poke(interrupts, 0);
        rtos_crit_t key = rtos_crit_enter();
        board_irq_raise(count_interrupt);
        calls_in_section();
        CHECK_IS(rtos_peek(interrupts), 0);
        rtos_crit_exit(key);
        wait_for_interrupts(1);
    }
    contract_irq_level(0);
    in_interrupt(calls_in_section);
    reap_parker(called, &parker);
}

#define COUNTERS (3)
#define COUNTS ROUNDS(2000)

static volatile unsigned counter; // nothing but critical sections protects it

// A step that any interruption would spoil.
static void count_in_section(void) {
    rtos_crit_t key = rtos_crit_enter();
    unsigned value = counter;
    for (volatile int i = 0; i < 3; ++i) {
    }
    counter = value + 1;
    rtos_crit_exit(key);
}

static void counter_main(void *arg) {
    (void)arg;
    for (unsigned i = 0; i < COUNTS; ++i) {
        count_in_section();
    }
}

static void counters(void (*main)(void *arg), void (*isr)(void)) {
    rtos_thread_t *t[COUNTERS];
    for (unsigned i = 0; i < COUNTERS; ++i) {
        t[i] = spawn(main, NULL, RTOS_PRIORITY_PYTHON - i % 2);
    }
    for (unsigned i = 0; i < 100; ++i) {
        in_interrupt(isr);
        spin_us(i);
    }
    for (unsigned i = 0; i < COUNTERS; ++i) {
        reap(t[i]);
    }
}

static void sections_exclude_all(void) {
    counter = 0;
    counters(counter_main, count_in_section);
    CHECK_IS(counter, COUNTERS * COUNTS + 100);
}

static rtos_atomic_t atomic;

static void add_atomic(void) {
    rtos_atomic_add(&atomic, 1);
}

static void adder_main(void *arg) {
    (void)arg;
    for (unsigned i = 0; i < COUNTS; ++i) {
        add_atomic();
    }
}

static void atomics_add_up(void) {
    rtos_atomic_store(&atomic, 0);
    counters(adder_main, add_atomic);
    CHECK_IS(rtos_atomic_load(&atomic), COUNTERS * COUNTS + 100);
    CHECK(!rtos_atomic_cas(&atomic, 1, 2));
    CHECK(rtos_atomic_cas(&atomic, COUNTERS * COUNTS + 100, 7));
    CHECK_IS(rtos_atomic_add(&atomic, -3), 7);
    CHECK_IS(rtos_atomic_load(&atomic), 4);
}

// In the simulator the interrupt comes to any core.
#define THIS_CORE (CONTRACT_SIMULATED ? ONE_CORE : ANYWHERE)

const contract_case_t crit_cases[] = {
    CASE(interrupts_stay_out, "6.1", "a critical section keeps out interrupts of every urgency", THIS_CORE),
    CASE(threads_stay_out, "6.1", "and threads, however urgent", ANYWHERE),
    CASE(ticks_stay_out, "6.1", "and the tick of this core", ONE_CORE),
    CASE(sections_exclude_all, "6.1", "threads and interrupts on all cores exclude each other", ANYWHERE),
    CASE(sections_nest, "6.2", "the outermost exit lets interrupts in", THIS_CORE),
    CASE(masked_tells, "6.2", "each exit restores what its enter found, and rtos_masked tells", ANYWHERE),
    CASE(calls_end_no_section, "6.2", "no call that is allowed in it ends it, in threads and interrupts", THIS_CORE),
    CASE(sections_in_interrupts, "6.2", "so it is in interrupts", ANYWHERE),
    CASE(atomics_add_up, "6.3", "atomics lose nothing between threads and interrupts", ANYWHERE),
    CASES_END,
};
