// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The classic figures of a kernel, over its own API: sys.h of each one's folder has that. Each is the least of several
// batches, so that ticks and slices are in none of them, and per operation, in tenths of an instruction.
#include <stdbool.h>
#include <string.h>

#include "board.h"
#include "sys.h"

#define TICK_NS (40)
#define INSTRUCTION_NS (64)
#define BATCHES (20)
#define OPS (16) // in a batch
#define MOST_THREADS (200)

// How urgent a thread is.
enum { CROWD = 1, SLEEPER = 6, MAIN = 7, PARTNER_EQUAL = 7, PARTNER_ABOVE = 8 };

// Slots of threads. The main one is 0.
enum { PARTNER = 1, FIRST_OF_CROWD = 2 };

#define TIMES_4(x) x; x; x; x
#define TIMES_16(x) TIMES_4(x); TIMES_4(x); TIMES_4(x); TIMES_4(x)

static unsigned crowd;
static uint32_t nothing_ticks; // what the measuring takes

// ---- results

static char *put_number(char *to, uint32_t n) {
    char digits[10];
    int count = 0;
    do {
        digits[count++] = (char)('0' + n % 10);
        n /= 10;
    } while (n != 0);
    while (count > 0) {
        *to++ = digits[--count];
    }
    return to;
}

// "name threads tenths".
static void result(const char *name, uint32_t ticks, unsigned ops) {
    char line[80];
    size_t n = strlen(name);
    memcpy(line, name, n);
    line[n] = ' ';
    char *end = put_number(line + n + 1, 2 + crowd);
    *end++ = ' ';
    uint32_t tenths = (uint32_t)((uint64_t)ticks * TICK_NS * 10 / INSTRUCTION_NS);
    end = put_number(end, (tenths + ops / 2) / ops);
    *end++ = '\n';
    sys_write(line, (size_t)(end - line));
}

static uint32_t least_ticks(void (*batch)(void)) {
    uint32_t least = UINT32_MAX;
    for (int i = 0; i < BATCHES; ++i) {
        uint32_t begin = sys_ticks();
        batch();
        uint32_t ticks = sys_ticks() - begin;
        least = ticks < least ? ticks : least;
    }
    return least;
}

static void measure(const char *name, void (*batch)(void), unsigned ops) {
    result(name, least_ticks(batch) - nothing_ticks, ops);
}

static void nothing(void) {
}

// ---- the figures

static sys_sem_t sem;

static void yield_for_ever(void) {
    for (;;) {
        sys_yield();
    }
}

static void yield_batch(void) {
    TIMES_16(sys_yield());
}

static void yields(void) {
    sys_run(PARTNER, yield_for_ever, PARTNER_EQUAL);
    sys_yield();
    measure("yield", yield_batch, 2 * OPS);
    sys_kill(PARTNER);
}

static void suspend_for_ever(void) {
    for (;;) {
        sys_suspend_self();
    }
}

static void resume_batch(void) {
    TIMES_16(sys_resume(PARTNER));
}

static void preemption(void) {
    sys_run(PARTNER, suspend_for_ever, PARTNER_ABOVE);
    measure("preempt", resume_batch, 2 * OPS);
    sys_kill(PARTNER);
}

static void sem_batch(void) {
    TIMES_16(sys_sem_give(&sem); sys_sem_take(&sem));
}

static void take_for_ever(void) {
    for (;;) {
        sys_sem_take(&sem);
    }
}

static void take_timed_for_ever(void) {
    for (;;) {
        sys_sem_take_timed(&sem);
    }
}

static void give_batch(void) {
    TIMES_16(sys_sem_give(&sem));
}

static void semaphores(void) {
    sys_sem_init(&sem);
    measure("sem", sem_batch, OPS);
    sys_run(PARTNER, take_for_ever, PARTNER_ABOVE);
    measure("sem-switch", give_batch, OPS);
    sys_kill(PARTNER);
    sys_run(PARTNER, take_timed_for_ever, PARTNER_ABOVE);
    measure("sem-timeout", give_batch, OPS);
    sys_kill(PARTNER);
}

#if SYS_HAS_MUTEX
static sys_mutex_t mutex;

static void mutex_batch(void) {
    TIMES_16(sys_mutex_lock(&mutex); sys_mutex_unlock(&mutex));
}

static void mutexes(void) {
    sys_mutex_init(&mutex);
    measure("mutex", mutex_batch, OPS);
}
#endif

#if SYS_HAS_QUEUE
static sys_queue_t queue;
static uint32_t message[SYS_MESSAGE_WORDS];

static void receive_for_ever(void) {
    for (;;) {
        uint32_t received[SYS_MESSAGE_WORDS];
        sys_receive(&queue, received);
    }
}

static void send_batch(void) {
    TIMES_16(sys_send(&queue, message));
}

static void queues(void) {
    sys_queue_init(&queue);
    sys_run(PARTNER, receive_for_ever, PARTNER_ABOVE);
    measure("message", send_batch, OPS);
    sys_kill(PARTNER);
}
#endif

static void create_batch(void) {
    TIMES_16(sys_run(PARTNER, nothing, PARTNER_ABOVE); sys_join(PARTNER));
}

static void creation(void) {
    measure("create", create_batch, OPS);
}

// ---- from an event to a thread: what is between two reads of the counter

static volatile uint32_t event_at, event_took;

static void give_in_interrupt(void) {
    sys_sem_give_isr(&sem);
}

static void take_and_note(void) {
    for (;;) {
        sys_sem_take(&sem);
        event_took += sys_ticks() - event_at;
    }
}

static void events(const char *name, void (*event)(void)) {
    uint32_t least = UINT32_MAX;
    for (int i = 0; i < BATCHES; ++i) {
        event_took = 0;
        TIMES_16(event());
        least = event_took < least ? event_took : least;
    }
    result(name, least, OPS);
}

static void raise(void) {
    event_at = sys_ticks();
    board_irq_raise(give_in_interrupt);
}

static void interrupts(void) {
    sys_sem_init(&sem);
    sys_run(PARTNER, take_and_note, PARTNER_ABOVE);
    events("interrupt", raise);
    sys_kill(PARTNER);
}

static volatile uint32_t late_least, late_count;

static void wait_for_timer(void) {
    for (;;) {
        uint32_t late = sys_wait_for_timer();
        late_least = late < late_least ? late : late_least;
        late_count += 1;
    }
}

static void timers(void) {
    late_least = UINT32_MAX;
    late_count = 0;
    sys_run(PARTNER, wait_for_timer, PARTNER_ABOVE);
    while (late_count < BATCHES) {
    }
    result("timer", late_least, 1);
    sys_kill(PARTNER);
}

// ---- the others: half of them sleep, the rest is ready and less urgent

static void sleep_for_ever(void) {
    for (uint32_t ms = 100000;; ms += 1000) {
        sys_sleep_ms(ms);
    }
}

static void spin_for_ever(void) {
    for (;;) {
    }
}

static void gather(unsigned count) {
    for (; crowd < count; ++crowd) {
        bool sleeps = crowd % 2 == 0;
        sys_run(FIRST_OF_CROWD + crowd, sleeps ? sleep_for_ever : spin_for_ever, sleeps ? SLEEPER : CROWD + crowd % 3);
    }
    sys_sleep_ms(5);
}

static void all(void) {
    nothing_ticks = least_ticks(nothing);
    yields();
    preemption();
    semaphores();
    #if SYS_HAS_MUTEX
    mutexes();
    #endif
    #if SYS_HAS_QUEUE
    queues();
    #endif
    creation();
    interrupts();
    timers();
}

void bench_main(void) {
    all();
    gather(MOST_THREADS - FIRST_OF_CROWD);
    all();
}
