// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the suite asks of its platform, on the simulated machine of tests/sim: one random schedule, "seed=N", on one
// core or "cores=N". Time passes where a case spins.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contract.h"
#include "engine.h"

#define SPIN_US (20)

static char arguments[200];

static void boot(void) {
    sim_every_tick = true; // or a wait of a second may be over before who ends it has taken a step
    contract_main(arguments);
}

static unsigned long value_of(const char *word, const char *key, unsigned long value) {
    size_t len = strlen(key);
    return strncmp(word, key, len) == 0 ? strtoul(word + len, NULL, 10) : value;
}

int main(int argc, char **argv) {
    unsigned long seed = 1;
    run_init();
    engine->core_count = 1;
    for (int i = 1; i < argc; ++i) {
        engine->core_count = value_of(argv[i], "cores=", engine->core_count);
        seed = value_of(argv[i], "seed=", seed);
        snprintf(arguments + strlen(arguments), sizeof(arguments) - strlen(arguments), "%s ", argv[i]);
    }
    engine->preempt = PREEMPT_RANDOM;
    engine->seed = seed;
    engine->bound = 2;
    search_next();
    if (run_once(boot) == RUN_FAILED) {
        // What the machine says of a call that the contract forbids is its assertion.
        printf("assert: %s\n", engine->message);
    }
    return 1;
}

void contract_write(const char *text, size_t len) {
    if (write(STDOUT_FILENO, text, len) < 0) {
        _exit(2);
    }
}

void contract_exit(int status) {
    _exit(status);
}

// All interrupts are alike.
unsigned contract_irq_levels(void) {
    return 1;
}

void contract_irq_level(unsigned level) {
    (void)level;
}

// A case is longer than the machine's own, and suite.py ends one that hangs: steps and choices count from here again.
static void count_again(void) {
    engine->m.steps = engine->m.position = 0;
}

// Where nobody counts ticks, time goes straight to the next deadline, also while somebody spins. So there always is a
// near one.
static void heartbeat_main(void *arg) {
    (void)arg;
    for (;;) {
        rtos_park(1);
        count_again();
    }
}

void contract_started(void) {
    static rtos_thread_t thread;
    static uint8_t stack[RTOS_STACK_MIN] __attribute__((aligned(RTOS_STACK_ALIGN)));
    static const rtos_thread_config_t config = {
        .entry = heartbeat_main, .stack = stack, .stack_size = sizeof(stack), .name = "heartbeat",
        .priority = RTOS_PRIORITY_MAX,
    };
    rtos_thread_create(&thread, &config);
    rtos_thread_start(&thread);
}

void contract_spin(void) {
    sim_time_set(sim_now_us() + SPIN_US);
    count_again();
    sim_spin();
}
