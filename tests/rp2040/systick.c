// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Each core's SysTick: its period is the reload value and one; a write to the value reloads without a tick.
#include "pico.h"

static volatile uint32_t ticks[2], starts[2], ends[2], done;

static void tick(void) {
    uint32_t core = CPUID;
    CHECK(exception_now() == SYSTICK);
    if (ticks[core]++ == 0) {
        starts[core] = TIMER_LOW;
    }
    ends[core] = TIMER_LOW;
}

static void run(uint32_t reload, uint32_t count, uint32_t micros) {
    uint32_t core = CPUID;
    SYST_RVR = reload;
    SYST_CVR = 0;
    CHECK(SYST_CVR == 0);
    SYST_CSR = 7;
    CHECK(ticks[core] == 0);
    while (ticks[core] < count + 1) {
        wfi();
    }
    SYST_CSR = 0;
    uint32_t took = ends[core] - starts[core];
    CHECK(took + 1 >= micros && took <= micros + 1);
}

static void second(void) {
    run(374, 1000, 3000); // 3 us each
    done = 1;
    sev();
}

static void polled(void) {
    SYST_RVR = 99;
    SYST_CVR = 0;
    CHECK(!(SYST_CSR & (1 << 16)));
    SYST_CSR = 5;
    while (!(SYST_CSR & (1 << 16))) {
        CHECK(SYST_CVR <= 99);
    }
    CHECK(!(SYST_CSR & (1 << 16)));
    // Without a change of the value, the counter goes on from where it was.
    SYST_CSR = 0;
    uint32_t left = SYST_CVR;
    CHECK(SYST_CVR == left);
    // The other source of it is 1 MHz.
    SYST_RVR = 1000;
    SYST_CVR = 0;
    SYST_CSR = 1;
    uint32_t start = TIMER_LOW;
    while (!(SYST_CSR & (1 << 16))) {
    }
    uint32_t took = TIMER_LOW - start;
    CHECK(took >= 999 && took <= 1003);
    SYST_CSR = 0;
}

int main(void) {
    vectors[SYSTICK] = tick;
    polled();
    start_core1(second);
    run(249, 1000, 2000); // 2 us each
    while (!done) {
        wfe();
    }
    // Pended by hand, and taken back.
    mask();
    uint32_t before = ticks[0];
    ICSR = 1 << 26;
    CHECK(ICSR & (1 << 26));
    ICSR = 1 << 25;
    CHECK(!(ICSR & (1 << 26)));
    unmask();
    CHECK(ticks[0] == before);
    return 0;
}
