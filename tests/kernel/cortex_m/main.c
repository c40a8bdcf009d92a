// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The kernel beside interrupts of every priority that come at any instruction and call it: nothing is lost, no list
// breaks, every thread keeps its registers. And time beyond what SysTick counts. Of several cores the last one has the
// interrupts.
#include <zephyr/kernel.h>

#include "control.h"
#include "alarm.h"
#if __ARM_ARCH == 6
#include "../stress/regs.c"
#endif

#define ROUNDS (1000) // alarms at each priority
#define SPREAD (4096) // ticks of 40 ns between two of them, besides LEAST
#define LEAST (500)

#define CHECK(expr) ((expr) ? (void)0 : fail(__LINE__, #expr))

static void fail(int line, const char *expr) {
    printk("FAIL line %d: %s\n", line, expr);
    board_exit(1);
}

// ---- interrupts: an alarm gives, and every other time has another one do so, too, at another priority

static const uint8_t levels[] = { 0x00, 0x20, 0x60, 0xc0, 0xff };

K_SEM_DEFINE(given, 0, K_SEM_MAX_LIMIT);
K_SEM_DEFINE(tick, 0, 1);
K_MSGQ_DEFINE(messages, sizeof(uint32_t), 8, 4);
static volatile uint32_t gives, taken, rounds, sent, received;
static uint32_t random_state = 1;

static uint32_t random_next(void) {
    random_state = random_state * 1103515245 + 12345;
    return random_state >> 16;
}

static void give(void) {
    k_sem_give(&given);
    __atomic_fetch_add(&gives, 1, __ATOMIC_RELAXED);
}

void ALARM_Handler(void) {
    alarm_taken();
    rounds += 1;
    if (rounds < ROUNDS) {
        alarm_in(LEAST + random_next() % SPREAD);
    }
    give();
    k_sem_give(&tick);
    if (rounds % 2 == 0) {
        board_irq_raise(give);
    }
    if (k_msgq_put(&messages, (const void *)&rounds, K_NO_WAIT) == 0) {
        sent += 1;
    }
}

// ---- threads

// Whether r4 to r11 stay what they are for a while. Where cores take turns, another one's is next at a yield.
#if __ARM_ARCH == 6
static bool registers_stay(uint32_t pattern) {
    return regs_spin(pattern, 100) == 0;
}
#else
static bool registers_stay(uint32_t pattern) {
    uint32_t wrong;
    __asm volatile (
        "add r4, %1, #4\n"
        "add r5, %1, #5\n"
        "add r6, %1, #6\n"
        "add r7, %1, #7\n"
        "add r8, %1, #8\n"
        "add r9, %1, #9\n"
        "add r10, %1, #10\n"
        "add r11, %1, #11\n"
        "movs r2, #100\n"
        "1:\n"
        "yield\n"
        "subs r2, #1\n"
        "bne 1b\n"
        "sub %0, r4, %1\n"
        "sub r4, r5, %1\n"
        "add %0, %0, r4, lsl #4\n"
        "sub r4, r6, %1\n"
        "add %0, %0, r4, lsl #8\n"
        "sub r4, r7, %1\n"
        "add %0, %0, r4, lsl #12\n"
        "sub r4, r8, %1\n"
        "add %0, %0, r4, lsl #16\n"
        "sub r4, r9, %1\n"
        "add %0, %0, r4, lsl #20\n"
        "sub r4, r10, %1\n"
        "add %0, %0, r4, lsl #24\n"
        "sub r4, r11, %1\n"
        "add %0, %0, r4, lsl #28\n"
        : "=&r" (wrong) : "r" (pattern) : "r2", "r4", "r5", "r6", "r7", "r8", "r9", "r10", "r11", "cc");
    return wrong == 0xba987654;
}
#endif

static void take(void *p1, void *p2, void *p3) {
    for (;;) {
        k_sem_take(&given, K_FOREVER);
        taken += 1;
        CHECK(registers_stay(0x11110000));
    }
}

static void take_timed(void *p1, void *p2, void *p3) {
    for (;;) {
        (void)k_sem_take(&tick, K_USEC(300));
        CHECK(registers_stay(0x22220000));
    }
}

static void receive(void *p1, void *p2, void *p3) {
    for (uint32_t last = 0, message;;) {
        if (k_msgq_get(&messages, &message, K_USEC(500)) == 0) {
            CHECK(message > last);
            last = message;
            received += 1;
        }
    }
}

// The end of a slice comes in the middle, too: what the other one of these leaves in a register is not put back by it.
static void yield(void *pattern, void *p2, void *p3) {
    for (unsigned i = 0;; ++i) {
        CHECK(registers_stay((uint32_t)pattern));
        if (i % 100 == 0) {
            k_yield();
        }
    }
}

K_THREAD_DEFINE(taker, 1024, take, NULL, NULL, NULL, 1, 0, 0);
K_THREAD_DEFINE(timed_taker, 1024, take_timed, NULL, NULL, NULL, 2, 0, 0);
K_THREAD_DEFINE(receiver, 1024, receive, NULL, NULL, NULL, 2, 0, 0);
K_THREAD_DEFINE(yielder_1, 1024, yield, (void *)0x33330000, NULL, NULL, 5, 0, 0);
K_THREAD_DEFINE(yielder_2, 1024, yield, (void *)0x44440000, NULL, NULL, 5, 0, 0);

static void interrupts(void) {
    nvic_enable(ALARM_IRQ);
    for (unsigned i = 0; i < ARRAY_SIZE(levels); ++i) {
        nvic_set_priority(ALARM_IRQ, levels[i]);
        nvic_set_priority(IRQ_SOFTWARE, levels[(i + 2) % ARRAY_SIZE(levels)]);
        rounds = 0;
        alarm_in(LEAST);
        while (rounds < ROUNDS) {
            k_usleep(200);
        }
        k_msleep(5);
        while (arch_core_count() > 1 && (gives != taken || sent != received)) {
            k_usleep(200); // another core may be at it
        }
        CHECK(gives == taken && k_sem_count_get(&given) == 0);
        CHECK(sent == received);
        printk("ok   interrupts of priority %02x: %u gives, %u messages\n", levels[i], gives, sent);
        // The receiver's numbers begin again.
        k_thread_abort(receiver);
        k_thread_create(receiver, _k_thread_stack_receiver, K_THREAD_STACK_SIZEOF(_k_thread_stack_receiver), receive,
            NULL, NULL, NULL, 2, 0, K_NO_WAIT);
    }
}

static void offloaded(const void *arg) {
    CHECK(k_is_in_isr());
    CHECK(k_current_get() == arg);
    k_sem_give(&given);
}

// The waiter is more urgent, so it has run when the call returns, if it has no other core to run on.
static void offload(void) {
    uint32_t before = taken;
    irq_offload(offloaded, k_current_get());
    while (arch_core_count() > 1 && taken == before) {
        arch_spin();
    }
    CHECK(taken == before + 1);
    CHECK(!k_is_in_isr());
    printk("ok   irq_offload\n");
}

// Both clocks at once, however often the host has better things to do.
static int64_t now(uint64_t *cycles) {
    int64_t before, after;
    do {
        before = k_uptime_ticks();
        *cycles = k_cycle_get_64();
        after = k_uptime_ticks();
    } while (after - before > 100);
    return after;
}

// SysTick counts 0.67 s.
static void long_time(void) {
    uint64_t cycles, cycles_then;
    int64_t begin = now(&cycles_then);
    CHECK(k_msleep(1500) == 0);
    int64_t took = now(&cycles) - begin;
    CHECK(took >= 1500000 && took < 3100000); // QEMU 7.2 counts time in WFI twice under -icount
    int64_t rest = (int64_t)(cycles - cycles_then) - took * (sys_clock_hw_cycles_per_sec() / 1000000);
    CHECK(rest > -25000 && rest < 25000); // a millisecond
    printk("ok   1500 ms\n");
}

static void all(void *p1, void *p2, void *p3) {
    interrupts();
    k_thread_abort(yielder_1);
    k_thread_abort(yielder_2);
    offload();
    k_thread_abort(timed_taker);
    k_thread_abort(receiver);
    long_time();
}

static K_THREAD_STACK_DEFINE(all_stack, CONFIG_MAIN_STACK_SIZE);
static struct k_thread all_thread;

int main(void) {
    k_sched_time_slice_set(1, 0);
    k_thread_create(&all_thread, all_stack, K_THREAD_STACK_SIZEOF(all_stack), all, NULL, NULL, NULL, 3, 0, K_FOREVER);
    k_thread_cpu_pin(&all_thread, (int)arch_core_count() - 1);
    k_thread_start(&all_thread);
    return k_thread_join(&all_thread, K_FOREVER);
}
