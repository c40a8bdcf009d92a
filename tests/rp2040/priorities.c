// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Which exception is taken when, on each core by itself: a higher priority displaces a lower one, an equal one waits,
// the lowest number is first among equals, and what is pending when a handler ends follows it.
#include "pico.h"

static volatile char log[2][32];
static volatile uint32_t length[2], done;

static void note(char what) {
    uint32_t core = CPUID;
    log[core][length[core]++] = what;
}

static void pendsv(void) {
    note('p');
}

static void svc(void) {
    note('s');
    ICSR = PENDSVSET;
    NVIC_ISPR = 1u << 26;
    note('S');
}

// Of priority 2; has one of the same, and one above it, pending.
static void low(void) {
    note('l');
    NVIC_ISPR = 1u << 27;
    NVIC_ISPR = 1u << 28;
    note('L');
}

static void equal(void) {
    note('e');
}

static void high(void) {
    note('h');
    CHECK((ICSR & 0x1ff) == IRQ(28));
    note('H');
}

static void same(const char *wanted) {
    uint32_t core = CPUID;
    for (uint32_t i = 0; i < length[core] || wanted[i]; i++) {
        CHECK(log[core][i] == wanted[i]);
    }
    length[core] = 0;
}

static void all(void) {
    SHPR2 = 1u << 30; // svc: 1
    SHPR3 = 3u << 22; // PendSV: 3
    NVIC_IPR(6) = (2u << 30) | (2u << 22); // 26 and 27: 2
    NVIC_IPR(7) = 1u << 6; // 28: 1
    CHECK(NVIC_IPR(6) == ((2u << 30) | (2u << 22)));
    NVIC_ISER = 7u << 26;
    // svc leaves 26 and PendSV pending; 26 displaces neither, and comes before PendSV.
    __asm volatile ("svc 0" : : : "memory");
    same("sSlhHLep");
    // With all pending at once, by priority and then by number.
    mask();
    ICSR = PENDSVSET;
    NVIC_ISPR = 7u << 27 & (1u << 28 | 1u << 27);
    CHECK((ICSR >> 12 & 0x1ff) == IRQ(28));
    unmask();
    same("hHep");
    // PendSV before an interrupt of its own priority.
    NVIC_IPR(6) = (2u << 30) | (3u << 22) | (3u << 30);
    mask();
    NVIC_ISPR = 1u << 27;
    ICSR = PENDSVSET;
    unmask();
    same("pe");
}

static void second(void) {
    all();
    done = 1;
    sev();
}

int main(void) {
    vectors[SVCALL] = svc;
    vectors[PENDSV] = pendsv;
    vectors[IRQ(26)] = low;
    vectors[IRQ(27)] = equal;
    vectors[IRQ(28)] = high;
    start_core1(second);
    all();
    while (!done) {
        wfe();
    }
    return 0;
}
