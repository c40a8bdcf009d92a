// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The contract on a simulated machine: a scheduler of strict priorities over its cores, with every misuse a failure.
//
// The most urgent threads that can run are on the cores; a core that is in an interrupt or a critical section keeps its
// thread. Another core hears of a change by an interrupt, which may come late: until then, or until it asks the kernel
// for something, it goes on with the thread that it has. A slice of equals may end at any point: it is an interrupt. So
// is the tick, which lets time pass: to the next millisecond while somebody counts them, else to the next deadline.
#include <errno.h>
#include <string.h>

#include "board.h"
#include "rtos.h"

#define THREADS (24)
#define MS_US (1000)
#define TICK_LATE_US (137) // a tick is handled that long after it was due
#define FILL (0xa5) // of a stack
#define POISON (0xdd) // of what was joined

static rtos_thread_t *threads[THREADS];
static unsigned used; // of them, with none behind
static rtos_thread_t idle[SIM_CORES];
static uint8_t idle_stack[SIM_CORES][RTOS_STACK_MIN] SIM_STACK;
static rtos_thread_t *running[SIM_CORES]; // NULL where the idle thread is
static uint64_t since_us[SIM_CORES];
static uint32_t turns;
static bool started;
static void (*tick_fns[RTOS_TICK_USERS])(void);

static struct {
    bool held;
    unsigned core;
    unsigned depth;
} crit;

static void tick_handler(sim_irq_t *irq);
static void slice_handler(sim_irq_t *irq);
static sim_irq_t tick = {.name = "tick", .handler = tick_handler, .cores = 1, .time = true};
static sim_irq_t slices[SIM_CORES];
static sim_irq_t ipis[SIM_CORES];

// ---- checks

static void check(bool good, const char *call, const char *message) {
    if (!good) {
        sim_fail("%s: %s", call, message);
    }
}

static void check_thread(const rtos_thread_t *t, const char *call) {
    check(t->state >= SIM_CREATED && t->state <= SIM_JOINED, call, "not a thread, or its memory was overwritten");
    check(t->state != SIM_JOINED, call, "the thread was joined");
}

static void check_may_block(const char *call) {
    check(!rtos_in_isr(), call, "in an interrupt");
    check(!rtos_masked(), call, "with interrupts masked");
    check(!started || !rtos_thread_self()->raised, call, "by who stopped the world");
}

// ---- who runs where

rtos_thread_t *sim_thread_self(void) {
    if (!started) {
        return NULL;
    }
    rtos_thread_t *t = running[sim_core()];
    return t != NULL ? t : &idle[sim_core()];
}

void **sim_tls(void) {
    return &sim_thread_self()->tls;
}

static bool can_run(const rtos_thread_t *t) {
    return t->state == SIM_READY || t->state == SIM_LEAVING;
}

static unsigned urgency(const rtos_thread_t *t) {
    return t->raised != 0 ? RTOS_PRIORITY_STOP : t->priority;
}

static unsigned cores_of(const rtos_thread_t *t) {
    return t->raised != 0 ? t->raised : t->cores;
}

static bool before(const rtos_thread_t *a, const rtos_thread_t *b) {
    return urgency(a) != urgency(b) ? urgency(a) > urgency(b) : a->turn < b->turn;
}

static bool core_keeps(unsigned core) {
    return sim_in_irq(core) || sim_masked(core);
}

static int core_of(const rtos_thread_t *t) {
    for (unsigned core = 0; core < sim_core_count(); ++core) {
        if (running[core] == t) {
            return core;
        }
    }
    return -1;
}

// The most urgent thread that is not in `placed` and may run on a core of `cores`.
static rtos_thread_t *most_urgent(uint32_t placed, unsigned cores, unsigned *index) {
    rtos_thread_t *found = NULL;
    for (unsigned i = 0; i < used; ++i) {
        rtos_thread_t *t = threads[i];
        if (t != NULL && !(placed >> i & 1) && can_run(t) && (cores_of(t) & cores) && (!found || before(t, found))) {
            found = t;
            *index = i;
        }
    }
    return found;
}

static void run_on(unsigned core, rtos_thread_t *t) {
    if (running[core] != t) {
        uint64_t now_us = sim_now_us();
        rtos_thread_t *old = running[core] != NULL ? running[core] : &idle[core];
        old->run_us += now_us - since_us[core];
        running[core] = t;
        since_us[core] = now_us;
        sim_core_run(core, t != NULL ? &t->fiber : &idle[core].fiber);
    }
}

// A slice can end on a core where another thread of the same priority would run.
static void update_slices(uint32_t placed) {
    for (unsigned core = 0; core < sim_core_count(); ++core) {
        unsigned index;
        rtos_thread_t *waiting = most_urgent(placed, 1u << core, &index);
        slices[core].raised = waiting != NULL && running[core] != NULL
            && urgency(waiting) == urgency(running[core]);
    }
}

// This core changes at once. A thread that another core still has is not to be had.
static void change_here(rtos_thread_t *next) {
    unsigned core = sim_core();
    int other = next != NULL ? core_of(next) : -1;
    if (other >= 0 && (unsigned)other != core) {
        rtos_thread_t *t = running[core];
        next = t != NULL && can_run(t) && (cores_of(t) >> core & 1) ? t : NULL;
    }
    run_on(core, next);
}

static void change_there(unsigned core, rtos_thread_t *next) {
    if (running[core] != next && !ipis[core].raised) {
        sim_irq_raise(&ipis[core], true);
        ipis[core].prompt = true;
    }
}

static void place(void) {
    uint32_t placed = 0;
    unsigned free = 0;
    rtos_thread_t *next[SIM_CORES] = {NULL};
    for (unsigned core = 0; core < sim_core_count(); ++core) {
        free |= core_keeps(core) ? 0 : 1u << core;
        for (unsigned i = 0; core_keeps(core) && i < used; ++i) {
            placed |= threads[i] != NULL && threads[i] == running[core] ? 1u << i : 0;
        }
    }
    unsigned todo = free, index;
    for (rtos_thread_t *t; (t = most_urgent(placed, todo, &index)) != NULL;) {
        int core = core_of(t);
        if (core < 0 || !(todo >> core & 1) || !(cores_of(t) >> core & 1)) {
            core = __builtin_ctz(todo & cores_of(t));
        }
        next[core] = t;
        placed |= 1u << index;
        todo &= ~(1u << core);
    }
    for (unsigned core = 0; core < sim_core_count(); ++core) {
        if ((free >> core & 1) && core != sim_core()) {
            change_there(core, next[core]);
        }
    }
    if (free >> sim_core() & 1) {
        change_here(next[sim_core()]);
    }
    update_slices(placed);
}

static uint64_t next_deadline(void) {
    uint64_t first = UINT64_MAX;
    for (unsigned i = 0; i < used; ++i) {
        if (threads[i] != NULL && threads[i]->state == SIM_WAITING && threads[i]->deadline_us < first) {
            first = threads[i]->deadline_us;
        }
    }
    return first;
}

static bool ticks_counted(void) {
    for (unsigned user = 0; user < RTOS_TICK_USERS; ++user) {
        if (tick_fns[user] != NULL) {
            return true;
        }
    }
    return false;
}

static void update_tick(void) {
    tick.raised = ticks_counted() || next_deadline() != UINT64_MAX;
}

static void update(void) {
    sim_touch(threads, true);
    place();
    update_tick();
}

// Something changed; a thread that lost its core goes no further.
static void reschedule(void) {
    update();
    if (sim_core_fiber(sim_core()) != sim_self()) {
        sim_point("displaced");
    }
}

static void slice_handler(sim_irq_t *irq) {
    sim_touch(threads, true);
    rtos_thread_t *t = running[irq - slices];
    if (t != NULL) {
        t->turn = ++turns;
    }
}

// What it came for is done when it has returned.
static void ipi_handler(sim_irq_t *irq) {
    irq->prompt = false;
}

static void wake(rtos_thread_t *t) {
    t->state = SIM_READY;
    t->deadline_us = UINT64_MAX;
    t->turn = ++turns;
}

static void tick_handler(sim_irq_t *irq) {
    (void)irq;
    sim_touch(threads, true);
    uint64_t due_us = sim_now_us() + 1;
    if (!ticks_counted() && !sim_every_tick && next_deadline() > due_us) {
        due_us = next_deadline();
    }
    due_us = (due_us + MS_US - 1) / MS_US * MS_US;
    sim_time_set(due_us + TICK_LATE_US);
    for (unsigned i = 0; i < used; ++i) {
        if (threads[i] != NULL && threads[i]->state == SIM_WAITING && threads[i]->deadline_us <= due_us) {
            wake(threads[i]);
        }
    }
    for (unsigned user = 0; user < RTOS_TICK_USERS; ++user) {
        if (tick_fns[user] != NULL) {
            tick_fns[user]();
        }
    }
}

// ---- critical sections: one lock, and no interrupt of this core

// On one core nobody ever finds it held.
static void crit_touch(bool write) {
    if (sim_core_count() > 1) {
        sim_touch(&crit, write);
    }
}

static bool crit_is_free(void *arg) {
    (void)arg;
    crit_touch(false);
    return !crit.held;
}

rtos_crit_t sim_crit_enter(void) {
    if (crit.held && crit.core == sim_core()) {
        return crit.depth++;
    }
    sim_wait("rtos_crit_enter", crit_is_free, NULL);
    crit_touch(true);
    crit.held = true;
    crit.core = sim_core();
    crit.depth = 1;
    sim_mask(true);
    return 0;
}

void sim_crit_exit(rtos_crit_t key) {
    check(crit.held && crit.core == sim_core(), "rtos_crit_exit", "outside of a critical section");
    check(crit.depth == key + 1, "rtos_crit_exit", "not in the order of the enters");
    crit.depth -= 1;
    if (crit.depth == 0) {
        crit_touch(true);
        crit.held = false;
        sim_mask(false);
        reschedule();
    }
}

bool sim_crit_masked(void) {
    return crit.held && crit.core == sim_core();
}

// ---- threads

static void idle_main(void *arg) {
    (void)arg;
    for (;;) {
        sim_point("idle");
    }
}

static bool never(void *arg) {
    (void)arg;
    return false;
}

static void thread_main(void *arg) {
    rtos_thread_t *t = arg;
    t->entry(t->arg);
    rtos_thread_exit();
}

static void thread_list(rtos_thread_t *t) {
    for (unsigned i = 0; i < used; ++i) {
        check(threads[i] != t, "rtos_thread_create", "the thread is in use");
    }
    for (unsigned i = 0; i < THREADS; ++i) {
        if (threads[i] == NULL) {
            threads[i] = t;
            used = i < used ? used : i + 1;
            return;
        }
    }
    sim_fail("rtos_thread_create: more than %u threads", THREADS);
}

static void thread_prepare(rtos_thread_t *t, const rtos_thread_config_t *config) {
    check((uintptr_t)config->stack % RTOS_STACK_ALIGN == 0, "rtos_thread_create", "the stack is not aligned");
    check(config->stack_size >= RTOS_STACK_MIN / 2, "rtos_thread_create", "the stack is too small");
    memset(config->stack, FILL, config->stack_size);
    memset(t, 0, sizeof(*t));
    strncpy(t->name, config->name, RTOS_NAME_MAX);
    t->state = SIM_CREATED;
    t->entry = config->entry;
    t->arg = config->arg;
    t->priority = config->priority;
    t->cores = config->cores != 0 ? config->cores : (1u << SIM_CORES) - 1;
    t->stoppable = config->stoppable;
    t->deadline_us = UINT64_MAX;
    sim_fiber_init(&t->fiber, t->name, config->stack, config->stack_size, thread_main, t);
}

static void dump(void) {
    static const char *const states[] = {"created", "ready", "waiting", "leaving", "exited", "joined"};
    for (unsigned i = 0; i < used; ++i) {
        const rtos_thread_t *t = threads[i];
        if (t != NULL && (t->state < SIM_CREATED || t->state > SIM_JOINED)) {
            sim_print("     a thread's memory was overwritten\n");
        } else if (t != NULL) {
            sim_print("     %-15s %s%s", t->name, states[t->state - SIM_CREATED], core_of(t) < 0 ? "" : ", on a core");
            if (t->state == SIM_WAITING && t->deadline_us != UINT64_MAX) {
                sim_print(" to %llu us", (unsigned long long)t->deadline_us);
            }
            sim_print(", at %s\n", t->fiber.started && t->fiber.what != NULL ? t->fiber.what : "its start");
        }
    }
}

static const sim_client_t client = {.irq_exit = update, .dump = dump};

void rtos_start(rtos_thread_t *t, const rtos_thread_config_t *config) {
    check(!started, "rtos_start", "called twice");
    sim_client(&client);
    sim_irq_add(&tick);
    for (unsigned core = 0; core < sim_core_count(); ++core) {
        slices[core] = (sim_irq_t) {.name = "slice", .handler = slice_handler, .cores = 1u << core};
        sim_irq_add(&slices[core]);
        ipis[core] = (sim_irq_t) {.name = "ipi", .handler = ipi_handler, .cores = 1u << core};
        sim_irq_add(&ipis[core]);
        sim_fiber_init(&idle[core].fiber, "idle", idle_stack[core], sizeof(idle_stack[core]), idle_main, NULL);
        idle[core].fiber.ready = never;
        sim_core_run(core, &idle[core].fiber);
    }
    started = true;
    thread_prepare(t, config);
    thread_list(t);
    wake(t);
    reschedule();
    sim_fail("rtos_start returned");
}

static bool priority_fits(bool stoppable, unsigned priority) {
    return priority <= (stoppable ? RTOS_PRIORITY_STOP - 1 : RTOS_PRIORITY_MAX);
}

int rtos_thread_create(rtos_thread_t *t, const rtos_thread_config_t *config) {
    sim_point("rtos_thread_create");
    check(!rtos_in_isr(), "rtos_thread_create", "in an interrupt");
    if (!priority_fits(config->stoppable, config->priority)) {
        return -EINVAL;
    }
    sim_touch(threads, true);
    thread_list(t);
    thread_prepare(t, config);
    return 0;
}

void rtos_thread_start(rtos_thread_t *t) {
    sim_point("rtos_thread_start");
    check_thread(t, "rtos_thread_start");
    check(t->state == SIM_CREATED, "rtos_thread_start", "the thread was started or aborted");
    wake(t);
    reschedule();
}

static void give_token(rtos_thread_t *t) {
    sim_touch(&t->token, true);
    t->token = true;
    if (t->state == SIM_WAITING) {
        wake(t);
    }
}

// No point between the state and the switch: a thread that counts as exited takes no step.
static void exited(rtos_thread_t *t) {
    t->state = SIM_EXITED;
    t->deadline_us = UINT64_MAX;
    if (t->joiner != NULL) {
        give_token(t->joiner);
    }
    for (unsigned i = 0; i < used; ++i) {
        if (threads[i] != NULL && threads[i]->joiner == t) {
            threads[i]->joiner = NULL; // aborted while it joined
        }
    }
    reschedule();
}

// It may be displaced on its way out: from where it has called this until it is off its core and can be joined.
void rtos_thread_exit(void) {
    rtos_thread_t *self = rtos_thread_self();
    check_may_block("rtos_thread_exit");
    self->state = SIM_LEAVING;
    sim_touch(self, true);
    sim_point("rtos_thread_exit");
    sim_touch(self, true);
    exited(self);
    sim_fail("a thread ran on after its exit");
}

int rtos_thread_join(rtos_thread_t *t, uint32_t ms) {
    sim_point("rtos_thread_join");
    check_thread(t, "rtos_thread_join");
    check(t->joiner == NULL, "rtos_thread_join", "two joiners");
    check(t != rtos_thread_self(), "rtos_thread_join", "of itself");
    uint64_t deadline_us = ms == RTOS_FOREVER ? UINT64_MAX : rtos_now_us() + (uint64_t)ms * MS_US;
    sim_touch(t, true);
    t->joiner = rtos_thread_self();
    while (t->state != SIM_EXITED) {
        if (ms != RTOS_FOREVER && rtos_now_us() >= deadline_us) {
            t->joiner = NULL;
            return -ETIMEDOUT;
        }
        if (ms == RTOS_FOREVER) {
            rtos_park(RTOS_FOREVER);
        } else {
            rtos_park_until(deadline_us);
        }
        sim_touch(t, true);
    }
    // From here on the memory is the caller's: nothing that is in it may be used.
    for (unsigned i = 0; i < used; ++i) {
        threads[i] = threads[i] == t ? NULL : threads[i];
    }
    memset(t->fiber.stack, POISON, t->fiber.stack_size);
    memset(t, POISON, sizeof(*t));
    t->state = SIM_JOINED;
    return 0;
}

void rtos_thread_abort(rtos_thread_t *t) {
    sim_point("rtos_thread_abort");
    check_thread(t, "rtos_thread_abort");
    check(t != rtos_thread_self(), "rtos_thread_abort", "of itself");
    check(core_of(t) < 0, "rtos_thread_abort", "of a thread that runs");
    check(!t->raised, "rtos_thread_abort", "of who stopped the world");
    sim_touch(t, true);
    if (t->state != SIM_EXITED) {
        exited(t);
    }
}

void rtos_thread_stack(const rtos_thread_t *t, rtos_stack_t *out) {
    check_thread(t, "rtos_thread_stack");
    out->low = t->fiber.stack;
    out->high = t->fiber.stack + t->fiber.stack_size;
    out->sp = t == rtos_thread_self() ? __builtin_frame_address(0) : t->fiber.sp;
}

int rtos_thread_set_priority(rtos_thread_t *t, unsigned priority) {
    sim_point("rtos_thread_set_priority");
    check_thread(t, "rtos_thread_set_priority");
    if (!priority_fits(t->stoppable, priority)) {
        return -EINVAL;
    }
    t->priority = priority;
    reschedule();
    return 0;
}

int rtos_thread_set_affinity(rtos_thread_t *t, unsigned cores) {
    sim_point("rtos_thread_set_affinity");
    check_thread(t, "rtos_thread_set_affinity");
    if (sim_core_count() == 1) {
        return -ENOTSUP;
    }
    if ((cores & ((1u << sim_core_count()) - 1)) == 0) {
        return -EINVAL;
    }
    t->cores = cores;
    reschedule();
    return 0;
}

static size_t stack_used(const rtos_thread_t *t) {
    size_t unused = 0;
    while (unused < t->fiber.stack_size && (uint8_t)t->fiber.stack[unused] == FILL) {
        unused += 1;
    }
    return t->fiber.stack_size - unused;
}

void rtos_thread_stats(rtos_thread_t *t, rtos_stats_t *out) {
    check_thread(t, "rtos_thread_stats");
    static const rtos_state_t states[] = {
        RTOS_STATE_SUSPENDED, RTOS_STATE_READY, RTOS_STATE_WAITING, RTOS_STATE_READY, RTOS_STATE_EXITED,
    };
    memset(out, 0, sizeof(*out));
    out->name = t->name;
    out->state = core_of(t) >= 0 ? RTOS_STATE_RUNNING : states[t->state - SIM_CREATED];
    out->priority = t->priority;
    out->core = core_of(t); // of one that does not run nothing is known
    out->run_us = t->run_us + (core_of(t) >= 0 ? sim_now_us() - since_us[core_of(t)] : 0);
    out->stack_size = t->fiber.stack_size;
    out->stack_used = stack_used(t);
}

bool rtos_idle_stats(unsigned core, rtos_stats_t *out) {
    bool runs = running[core] == NULL;
    *out = (rtos_stats_t) {
        .name = "idle", .state = runs ? RTOS_STATE_RUNNING : RTOS_STATE_READY, .core = core,
        .run_us = idle[core].run_us + (runs ? sim_now_us() - since_us[core] : 0),
        .stack_size = idle[core].fiber.stack_size, .stack_used = stack_used(&idle[core]),
    };
    return true;
}

// ---- tokens

static int park(const char *call, bool forever, uint64_t deadline_us) {
    rtos_thread_t *self = rtos_thread_self();
    check_may_block(call);
    sim_point(call);
    sim_touch(&self->token, true);
    if (!self->token && (forever || rtos_now_us() < deadline_us)) {
        self->state = SIM_WAITING;
        self->deadline_us = forever ? UINT64_MAX : deadline_us;
        reschedule();
    }
    sim_touch(&self->token, true);
    bool token = self->token;
    self->token = false;
    return token ? 0 : -ETIMEDOUT;
}

int rtos_park(uint32_t ms) {
    return park("rtos_park", ms == RTOS_FOREVER, rtos_now_us() + (uint64_t)ms * MS_US);
}

int rtos_park_until(uint64_t deadline_us) {
    return park("rtos_park_until", false, deadline_us);
}

void rtos_unpark(rtos_thread_t *t) {
    sim_point("rtos_unpark");
    check_thread(t, "rtos_unpark");
    bool waits = t->state == SIM_WAITING;
    give_token(t);
    if (waits) {
        reschedule();
    }
}

// ---- the world: adapters/common/stop.c

void rtos_thread_raise(bool raise) {
    rtos_thread_t *self = rtos_thread_self();
    sim_point("rtos_thread_raise");
    check((self->raised != 0) != raise, "rtos_thread_raise", raise ? "twice" : "by who did not stop the world");
    self->raised = raise ? 1u << sim_core() : 0;
    reschedule();
}

typedef struct {
    const volatile uintptr_t *word;
    uintptr_t value;
} spin_t;

static bool has_changed(void *arg) {
    const spin_t *spin = arg;
    sim_touch((const void *)spin->word, false);
    return *spin->word != spin->value;
}

void sim_spin_while(const volatile uintptr_t *word, uintptr_t value) {
    spin_t spin = {.word = word, .value = value};
    sim_wait("rtos_spin_while", has_changed, &spin);
}

// ---- time and the rest

void rtos_tick(unsigned user, void (*fn)(void)) {
    sim_point("rtos_tick");
    sim_touch(tick_fns, true);
    sim_touch(threads, true);
    tick_fns[user] = fn;
    update_tick();
}

uint64_t rtos_now_us(void) {
    return board_clock_us();
}

void rtos_fatal(const char *message) {
    const rtos_thread_t *self = rtos_thread_self();
    sim_fail("fatal: %s, in thread '%s'", message, self == NULL ? "none" : self->name);
}

const char *rtos_kernel_name(void) {
    return "simulator";
}
