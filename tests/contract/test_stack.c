// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What is known of a thread: its pointer, its stack, its statistics. Sections 2.6 to 2.8.
#include <string.h>

#include "contract.h"

static unsigned turn;
static char mark[3]; // something to point at

// Two threads take turns; each keeps its own pointer over the other's.
static void tls_main(void *arg) {
    unsigned number = (uintptr_t)arg;
    CHECK(rtos_tls() == NULL);
    for (unsigned i = 0; i < 50; ++i) {
        void *mine = (void *)(uintptr_t)(1 + number * 1000 + i);
        rtos_set_tls(mine);
        AWAIT(rtos_peek(turn) % 2 == number);
        CHECK(rtos_tls() == mine);
        CHECK(rtos_thread_self() != NULL);
        COUNT_UP(turn);
    }
}

static void tls_of_each(void) {
    rtos_poke(turn, 0);
    rtos_set_tls(mark);
    rtos_thread_t *a = spawn(tls_main, (void *)0, RTOS_PRIORITY_PYTHON);
    rtos_thread_t *b = spawn(tls_main, (void *)1, RTOS_PRIORITY_PYTHON_MAX);
    reap(a);
    reap(b);
    CHECK_IS(rtos_peek(turn), 100);
    CHECK(rtos_tls() == mark);
    rtos_set_tls(NULL);
}

static void *seen_tls;
static bool tls_replace;

static void tls_in_isr(void) {
    seen_tls = rtos_tls();
    if (tls_replace) {
        rtos_set_tls(&mark[2]);
    }
}

static void tls_in_interrupt(void) {
    tls_replace = false;
    rtos_set_tls(&mark[0]);
    in_interrupt(tls_in_isr);
    CHECK(seen_tls == &mark[0]);
    rtos_crit_t key = rtos_crit_enter();
    CHECK(rtos_tls() == &mark[0]);
    rtos_set_tls(&mark[1]);
    rtos_crit_exit(key);
    CHECK(rtos_tls() == &mark[1]);
    tls_replace = true;
    in_interrupt(tls_in_isr);
    CHECK(seen_tls == &mark[1]);
    CHECK(rtos_tls() == &mark[2]);
    rtos_set_tls(NULL);
}

static void self_main(void *arg) {
    rtos_thread_t *volatile *self = arg;
    *self = rtos_thread_self();
    rtos_crit_t key = rtos_crit_enter();
    CHECK(rtos_thread_self() == *self);
    rtos_crit_exit(key);
    rtos_park(1);
    CHECK(rtos_thread_self() == *self);
}

static void self(void) {
    rtos_thread_t *selves[3], *t[3];
    for (unsigned i = 0; i < 3; ++i) {
        t[i] = spawn(self_main, &selves[i], RTOS_PRIORITY_PYTHON_MIN + i * 3);
    }
    for (unsigned i = 0; i < 3; ++i) {
        CHECK_IS(rtos_thread_join(t[i], RTOS_FOREVER), 0);
        CHECK(selves[i] == t[i]);
        pool_give(t[i]);
    }
}

static void stack_of_self(void) {
    rtos_stack_t stack;
    rtos_thread_stack(rtos_thread_self(), &stack);
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    CHECK((uintptr_t)stack.low < (uintptr_t)stack.sp && (uintptr_t)stack.sp <= (uintptr_t)stack.high);
    CHECK((uintptr_t)stack.sp <= here && here <= (uintptr_t)stack.high);
    CHECK_RANGE((uintptr_t)stack.high - (uintptr_t)stack.low, RTOS_STACK_MIN, 2 * RTOS_STACK_DEFAULT);
}

// Enough words that they do not fit into the registers that a call may change.
#define WORDS (6)
#define HIDE ((uintptr_t)0x5a5a5a5a)

typedef struct {
    uintptr_t hidden[WORDS];
    bool parks;
    bool ready;
    bool stop;
} keeper_t;

// Where a processor's cores take turns, another one's is next: QEMU's with -icount.
#if defined(__arm__) || defined(__aarch64__)
#define YIELD "yield"
#else
#define YIELD ""
#endif
#define TOUCH(a, b, c, d, e, f) __asm volatile (YIELD : "+r" (a), "+r" (b), "+r" (c), "+r" (d), "+r" (e), "+r" (f))

// Keeps words in registers only, across waits or while it runs.
static void keeper_main(void *arg) {
    keeper_t *k = arg;
    uintptr_t a = k->hidden[0] ^ HIDE, b = k->hidden[1] ^ HIDE, c = k->hidden[2] ^ HIDE;
    uintptr_t d = k->hidden[3] ^ HIDE, e = k->hidden[4] ^ HIDE, f = k->hidden[5] ^ HIDE;
    TOUCH(a, b, c, d, e, f);
    rtos_poke(k->ready, true);
    while (!rtos_peek(k->stop)) {
        if (k->parks) {
            rtos_park(RTOS_FOREVER);
        }
        TOUCH(a, b, c, d, e, f);
    }
    CHECK((a ^ b ^ c ^ d ^ e ^ f) == (k->hidden[0] ^ k->hidden[1] ^ k->hidden[2] ^ k->hidden[3] ^ k->hidden[4]
        ^ k->hidden[5]));
}

static bool holds(const void *low, const void *high, uintptr_t hidden) {
    for (const uintptr_t *p = low; p < (const uintptr_t *)high; ++p) {
        if ((*p ^ HIDE) == hidden) {
            return true;
        }
    }
    return false;
}

static void check_found(const rtos_thread_t *t, const keeper_t *k) {
    rtos_stack_t stack;
    rtos_thread_stack(t, &stack);
    CHECK((uintptr_t)stack.low <= (uintptr_t)stack.sp && (uintptr_t)stack.sp < (uintptr_t)stack.high);
    CHECK_IS((uintptr_t)stack.sp % sizeof(uintptr_t), 0);
    for (unsigned i = 0; i < WORDS; ++i) {
        CHECK(holds(stack.sp, stack.high, k->hidden[i]) || holds(t, t + 1, k->hidden[i]));
    }
}

static void keep(bool parks, unsigned priority) {
    static keeper_t keeper;
    keeper = (keeper_t) { .parks = parks };
    for (unsigned i = 0; i < WORDS; ++i) {
        keeper.hidden[i] = (uintptr_t)0x12345671 * (i + 1);
    }
    rtos_thread_t *t = spawn(keeper_main, &keeper, priority);
    for (unsigned i = 0; i < 10; ++i) {
        AWAIT(rtos_peek(keeper.ready));
        rtos_park(2);
        rtos_world_stop();
        check_found(t, &keeper);
        rtos_crit_t key = rtos_crit_enter();
        check_found(t, &keeper);
        rtos_crit_exit(key);
        rtos_world_resume();
        rtos_unpark(t);
    }
    rtos_poke(keeper.stop, true);
    rtos_unpark(t);
    reap(t);
}

static void registers_of_parked(void) {
    keep(true, RTOS_PRIORITY_PYTHON_MAX);
}

static void registers_of_stopped(void) {
    keep(false, RTOS_PRIORITY_PYTHON);
    keep(false, RTOS_PRIORITY_PYTHON_MIN);
}

// A guard at a stack's low end must not reach into what lies below it.
static struct {
    uint8_t around[2 * RTOS_STACK_DEFAULT + 256] __attribute__((aligned(256)));
    unsigned at;
} neighbours;

static void neighbours_main(void *arg) {
    (void)arg;
    memset(neighbours.around, 1, neighbours.at);
    memset(neighbours.around + neighbours.at + RTOS_STACK_DEFAULT, 1, sizeof(neighbours.around) - neighbours.at
        - RTOS_STACK_DEFAULT);
}

static void memory_beside_a_stack(void) {
    rtos_thread_config_t config;
    for (neighbours.at = RTOS_STACK_ALIGN; neighbours.at <= 256; neighbours.at += RTOS_STACK_ALIGN) {
        rtos_thread_t *t = pool_take(&config);
        config.stack = neighbours.around + neighbours.at;
        config.stack_size = RTOS_STACK_DEFAULT;
        config.entry = neighbours_main;
        CHECK_IS(create(t, &config), 0);
        rtos_thread_start(t);
        reap(t);
    }
}

static parker_t parker;

static rtos_state_t state_of(rtos_thread_t *t) {
    rtos_stats_t stats;
    rtos_thread_stats(t, &stats);
    return stats.state;
}

static void states(void) {
    parker = (parker_t) { 0 };
    rtos_thread_t *t = prepare(parker_main, &parker, RTOS_PRIORITY_PYTHON_MAX);
    CHECK_IS(state_of(t), RTOS_STATE_SUSPENDED);
    rtos_thread_start(t);
    AWAIT(state_of(t) == RTOS_STATE_WAITING);
    CHECK_IS(state_of(rtos_thread_self()), RTOS_STATE_RUNNING);
    rtos_poke(parker.stop, true);
    rtos_unpark(t);
    AWAIT(state_of(t) == RTOS_STATE_EXITED);
    reap(t);
}

static void state_ready(void) {
    parker = (parker_t) { .stop = true };
    rtos_thread_t *t = spawn(parker_main, &parker, RTOS_PRIORITY_PYTHON_MIN);
    CHECK_IS(state_of(t), RTOS_STATE_READY);
    reap(t);
}

static const void *sp_of(rtos_thread_t *t) {
    rtos_stack_t stack;
    rtos_thread_stack(t, &stack);
    return stack.sp;
}

// Stopped anywhere on the way from one wait to the next, a signal's frames below.
static void sp_of_a_wait(void) {
    rtos_thread_t *t = spawn_parker(&parker, RTOS_PRIORITY_PYTHON);
    AWAIT(state_of(t) == RTOS_STATE_WAITING);
    const void *sp = sp_of(t);
    for (uint32_t i = 1; i <= 500; ++i) {
        rtos_unpark(t);
        while (rtos_peek(parker.wakes) != i) {
            contract_spin(); // so as to see it at once
        }
        rtos_world_stop();
        rtos_world_resume();
        AWAIT(state_of(t) == RTOS_STATE_WAITING && sp_of(t) == sp);
    }
    reap_parker(t, &parker);
}

static bool timed_done;

static void timed_park(void *arg) {
    (void)arg;
    while (!rtos_peek(timed_done)) {
        rtos_park(10000);
    }
}

static void state_of_timed_wait(void) {
    rtos_poke(timed_done, false);
    rtos_thread_t *t = spawn(timed_park, NULL, RTOS_PRIORITY_PYTHON_MAX);
    AWAIT(state_of(t) == RTOS_STATE_WAITING);
    rtos_poke(timed_done, true);
    rtos_unpark(t);
    reap(t);
}

static bool same_text(const char *a, const char *b) {
    while (*a != '\0' && *a == *b) {
        a += 1;
        b += 1;
    }
    return *a == *b;
}

static void use_nothing(void *arg) {
    (void)arg;
}

static void names(void) {
    char name[RTOS_NAME_MAX + 8];
    rtos_thread_config_t config;
    rtos_stats_t stats;
    for (unsigned len = 1; len < sizeof(name); len += RTOS_NAME_MAX - 1) {
        rtos_thread_t *t = pool_take(&config);
        for (unsigned i = 0; i < sizeof(name); ++i) {
            name[i] = i < len ? 'a' + i : '\0';
        }
        config.entry = use_nothing;
        config.name = name;
        CHECK_IS(create(t, &config), 0);
        rtos_thread_t *other = prepare(use_nothing, NULL, RTOS_PRIORITY_PYTHON);
        rtos_thread_stats(t, &stats);
        name[RTOS_NAME_MAX] = '\0';
        CHECK(same_text(stats.name, name));
        name[0] = 'X';
        rtos_thread_stats(t, &stats);
        CHECK(stats.name[0] == 'a');
        rtos_thread_start(t);
        rtos_thread_start(other);
        reap(t);
        reap(other);
    }
}

static void run_time(void) {
    static spinner_t spinner;
    rtos_stats_t before, after, other;
    spinner = (spinner_t) { 0 };
    rtos_thread_t *t = spawn(spinner_main, &spinner, RTOS_PRIORITY_PYTHON_MIN);
    rtos_thread_t *idle = spawn_parker(&parker, RTOS_PRIORITY_PYTHON_MAX);
    rtos_park(5);
    rtos_thread_stats(t, &before);
    uint64_t begin_us = rtos_now_us();
    do {
        rtos_park(30);
        rtos_thread_stats(t, &after);
    } while (!contract_exact() && after.run_us == before.run_us); // a busy host has not let it run
    uint64_t us = rtos_now_us() - begin_us;
    rtos_thread_stats(idle, &other);
    CHECK_RANGE(after.run_us - before.run_us, contract_exact() ? us - 1000 : 1, us + 1000);
    CHECK_RANGE(other.run_us, 0, contract_exact() ? 1000 : INT64_MAX);
    rtos_poke(spinner.stop, true);
    reap(t);
    reap_parker(idle, &parker);
}

static uint64_t idle_us(void) {
    uint64_t us = 0;
    rtos_stats_t stats;
    for (unsigned core = 0; core < rtos_core_count() && rtos_idle_stats(core, &stats); ++core) {
        CHECK(stats.state == RTOS_STATE_READY || stats.state == RTOS_STATE_RUNNING);
        us += stats.run_us;
    }
    return us;
}

// What it grows by while this thread waits, or does not.
static void idle_time(void) {
    rtos_stats_t stats;
    if (!rtos_idle_stats(0, &stats)) {
        return;
    }
    for (unsigned busy = 0; busy < 2; ++busy) {
        uint64_t begin_us = rtos_now_us(), before_us = idle_us();
        if (busy) {
            spin_us(30000);
        } else {
            rtos_park(30);
        }
        uint64_t us = rtos_now_us() - begin_us, idle = idle_us() - before_us;
        CHECK_RANGE(idle, contract_exact() ? us * (rtos_core_count() - busy) - 1000 : 0,
            contract_exact() ? us * (rtos_core_count() - busy) + 1000 : INT64_MAX);
    }
}

static void core_told(void) {
    rtos_stats_t stats;
    for (unsigned core = 0; core < rtos_core_count(); ++core) {
        if (rtos_core_count() > 1) {
            CHECK_IS(rtos_thread_set_affinity(rtos_thread_self(), 1u << core), 0);
        }
        rtos_park(1);
        rtos_thread_stats(rtos_thread_self(), &stats);
        CHECK_RANGE(stats.core, -1, (int)rtos_core_count() - 1);
        CHECK(stats.core < 0 || stats.core == (int)core);
    }
    if (rtos_core_count() > 1) {
        CHECK_IS(rtos_thread_set_affinity(rtos_thread_self(), UINT32_MAX), 0);
    }
}

static __attribute__((noinline)) unsigned use_stack(unsigned bytes) {
    volatile char frame[128];
    for (unsigned i = 0; i < sizeof(frame); ++i) {
        frame[i] = 1;
    }
    unsigned sum = bytes > sizeof(frame) ? use_stack(bytes - sizeof(frame)) : 0;
    return sum + frame[bytes % sizeof(frame)];
}

static bool deep_done;

static void deep_main(void *arg) {
    use_stack((uintptr_t)arg);
    rtos_poke(deep_done, true);
    rtos_park(RTOS_FOREVER);
}

static size_t used_with(unsigned bytes) {
    rtos_stats_t stats;
    rtos_poke(deep_done, false);
    rtos_thread_t *t = spawn(deep_main, (void *)(uintptr_t)bytes, RTOS_PRIORITY_PYTHON_MAX);
    AWAIT(rtos_peek(deep_done));
    rtos_thread_stats(t, &stats);
    CHECK_RANGE(stats.stack_size, RTOS_STACK_MIN - RTOS_STACK_GUARD, RTOS_STACK_DEFAULT);
    CHECK_RANGE(stats.stack_used, 1, stats.stack_size);
    rtos_unpark(t);
    reap(t);
    return stats.stack_used;
}

static void stack_used(void) {
    size_t little = used_with(0);
    size_t more = used_with(RTOS_STACK_DEFAULT / 2);
    CHECK_RANGE(more, RTOS_STACK_DEFAULT / 2, RTOS_STACK_DEFAULT);
    CHECK(more > little);
    CHECK_RANGE(used_with(0), 1, more - 1);
}

const contract_case_t stack_cases[] = {
    CASE(tls_of_each, "2.6", "each thread has a pointer of its own, NULL at first", ANYWHERE),
    CASE(tls_in_interrupt, "2.6", "an interrupt sees and sets that of the thread which it interrupted", REAL),
    CASE(self, "2.6", "rtos_thread_self is the running thread, also in a critical section", ANYWHERE),
    CASE(stack_of_self, "2.7", "the caller's own stack encloses its frame", ANYWHERE),
    CASE(registers_of_parked, "2.7", "a waiting thread's registers lie above its sp or in its struct", ANYWHERE),
    CASE(registers_of_stopped, "2.7", "so do those of a thread that was stopped as it ran", REAL | UNASKED),
    CASE(sp_of_a_wait, "2.7", "a stop on the way to a wait leaves the wait's sp as it is", REAL | UNASKED),
    CASE(memory_beside_a_stack, "2.7", "what lies right below and above a stack may be written", ANYWHERE),
    CASE(states, "2.8", "the state is told in every stage of a thread's life", ANYWHERE),
    CASE(state_ready, "2.8", "a less urgent thread that could run is ready", STRICT),
    CASE(state_of_timed_wait, "2.8", "a wait with a timeout is a wait", ANYWHERE),
    CASE(names, "2.8", "the name is a copy of the thread's own, cut to RTOS_NAME_MAX", ANYWHERE),
    CASE(run_time, "2.8", "the run time is that on a core", ANYWHERE),
    CASE(idle_time, "2.8", "idle threads have the time that nobody else has", ANYWHERE),
    CASE(core_told, "2.8", "the core is the one that a thread is kept on, or not told", ANYWHERE),
    CASE(stack_used, "2.8", "the stack's high-water mark is found", ANYWHERE),
    CASES_END,
};
