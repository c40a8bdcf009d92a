// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#include "meter.h"

static struct {
    rtos_thread_t *thread;
    bool stop;
    uint32_t ticks;
    uint32_t runs;
    uint64_t tick_us; // of the latest, 0 for none yet
    uint32_t worst_us;
} meter;

static void note_locked(uint64_t delay_us) {
    if (delay_us > meter.worst_us) {
        meter.worst_us = delay_us;
    }
}

static void tick(void) {
    uint64_t now_us = rtos_now_us();
    rtos_crit_t key = rtos_crit_enter();
    if (meter.tick_us != 0 && now_us > meter.tick_us + 1000) {
        note_locked(now_us - meter.tick_us - 1000);
    }
    meter.tick_us = now_us;
    COUNT_UP(meter.ticks);
    if (meter.thread != NULL) {
        rtos_unpark(meter.thread);
    }
    rtos_crit_exit(key);
}

static void service_main(void *arg) {
    uint32_t ticks = 0;
    (void)arg;
    while (!rtos_peek(meter.stop)) {
        rtos_park(RTOS_FOREVER);
        if (rtos_peek(meter.ticks) != ticks) {
            ticks = rtos_peek(meter.ticks);
            rtos_crit_t key = rtos_crit_enter();
            note_locked(rtos_now_us() - meter.tick_us);
            rtos_crit_exit(key);
            COUNT_UP(meter.runs);
        }
    }
}

void meter_start(void) {
    rtos_poke(meter.stop, false);
    rtos_poke(meter.ticks, 0);
    rtos_poke(meter.runs, 0);
    meter.worst_us = 0;
    meter.tick_us = 0;
    meter.thread = spawn_service(service_main, NULL, RTOS_PRIORITY_NETWORK);
    rtos_tick(RTOS_TICK_TIMERS, tick);
}

void meter_stop(void) {
    // The last tick may be under way on another core.
    rtos_tick(RTOS_TICK_TIMERS, NULL);
    rtos_crit_t key = rtos_crit_enter();
    rtos_thread_t *t = meter.thread;
    meter.thread = NULL;
    rtos_crit_exit(key);
    rtos_poke(meter.stop, true);
    rtos_unpark(t);
    reap(t);
}

uint32_t meter_worst_us(void) {
    rtos_crit_t key = rtos_crit_enter();
    uint32_t worst_us = meter.worst_us;
    meter.worst_us = 0;
    rtos_crit_exit(key);
    return worst_us;
}

uint32_t meter_runs(void) {
    return rtos_peek(meter.runs);
}
