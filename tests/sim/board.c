// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The machine as a board, for whatever kernel sits on it.
#include "board.h"
#include "engine.h"

bool sim_every_tick;

static void (*raised_fn)(void);

static void board_handler(sim_irq_t *irq) {
    (void)irq;
    void (*fn)(void) = raised_fn;
    raised_fn = NULL;
    fn();
}

void board_irq_raise(void (*fn)(void)) {
    static sim_irq_t irq = {.name = "interrupt", .handler = board_handler};
    if (raised_fn != NULL) {
        sim_fail("board_irq_raise: one at a time");
    }
    if (irq.cores == 0) {
        irq.cores = (1u << SIM_CORES) - 1;
        sim_irq_add(&irq);
    }
    raised_fn = fn;
    sim_irq_raise(&irq, true);
}

uint64_t board_clock_us(void) {
    return sim_now_us();
}

void board_panic(const char *message) {
    sim_fail("fatal: %s", message);
}
