// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The contract on Zephyr's kernel API. A token is a semaphore with room for one; the rest is there by other names.
#include "board.h"
#include "rtos.h"
#include "rtos_trace.h"

_Static_assert(CONFIG_NUM_PREEMPT_PRIORITIES > RTOS_PRIORITY_MAX, "CONFIG_NUM_PREEMPT_PRIORITIES: Heddle needs 16");
_Static_assert(offsetof(rtos_thread_t, thread) == 0, "a thread's handle is the thread");

#define SLICE_MS (1)

static int zephyr_priority(unsigned priority) {
    return RTOS_PRIORITY_MAX - (int)priority;
}

static bool priority_fits(bool stoppable, unsigned priority) {
    return priority <= (stoppable ? RTOS_PRIORITY_STOP - 1 : RTOS_PRIORITY_MAX);
}

// ---- threads

static void thread_main(void *p1, void *arg, void *p3) {
    (void)p3;
    ((rtos_thread_t *)p1)->entry(arg);
    rtos_thread_exit();
}

static void thread_prepare(rtos_thread_t *t, const rtos_thread_config_t *config) {
    t->entry = config->entry;
    t->stack = config->stack;
    t->stack_size = config->stack_size;
    t->priority = config->priority;
    t->stoppable = config->stoppable;
    t->raised = false;
    k_sem_init(&t->token, 0, 1);
    uintptr_t stack = ROUND_UP((uintptr_t)config->stack, sizeof(k_thread_stack_t));
    size_t size = (uintptr_t)config->stack + config->stack_size - stack - ARCH_STACK_GUARD_ANYWHERE;
    k_thread_create(&t->thread, (k_thread_stack_t *)stack, size, thread_main, t, config->arg, NULL,
        zephyr_priority(config->priority), 0, K_FOREVER);
    k_thread_name_set(&t->thread, config->name);
    t->cores = config->cores != 0 ? config->cores : BIT_MASK(RTOS_CORES);
    if (RTOS_CORES > 1) {
        zephyr_set_cores(&t->thread, t->cores);
    }
}

static struct k_timer ticks;
static void tick(struct k_timer *timer);

void rtos_start(rtos_thread_t *t, const rtos_thread_config_t *config) {
    zephyr_prepare();
    k_timer_init(&ticks, tick, NULL);
    k_sched_time_slice_set(SLICE_MS, 0);
    thread_prepare(t, config);
    k_thread_start(&t->thread);
    zephyr_start();
}

int rtos_thread_create(rtos_thread_t *t, const rtos_thread_config_t *config) {
    if (!priority_fits(config->stoppable, config->priority)) {
        return -EINVAL;
    }
    thread_prepare(t, config);
    return 0;
}

void rtos_thread_start(rtos_thread_t *t) {
    k_thread_start(&t->thread);
}

void rtos_thread_exit(void) {
    k_thread_abort(k_current_get());
    rtos_fatal("a thread ran on after its exit");
}

void rtos_thread_abort(rtos_thread_t *t) {
    k_thread_abort(&t->thread);
}

// Zephyr would wait, and let the masking go meanwhile.
static void check_may_wait(void) {
    __ASSERT_NO_MSG(!rtos_masked() && !rtos_in_isr());
}

static k_timeout_t timeout_of(uint32_t ms) {
    return ms == RTOS_FOREVER ? K_FOREVER : K_MSEC(ms);
}

int rtos_thread_join(rtos_thread_t *t, uint32_t ms) {
    if (ms != RTOS_NO_WAIT) {
        check_may_wait();
    }
    int ret = k_thread_join(&t->thread, timeout_of(ms));
    return ret == -EBUSY || ret == -EAGAIN ? -ETIMEDOUT : ret;
}

void rtos_thread_stack(const rtos_thread_t *t, rtos_stack_t *out) {
    out->low = t->stack;
    out->high = (char *)t->stack + t->stack_size;
    out->sp = t == rtos_thread_self() ? __builtin_frame_address(0) : zephyr_saved_sp(&t->thread);
}

// What others give to who has stopped the world waits until that is over.
int rtos_thread_set_priority(rtos_thread_t *t, unsigned priority) {
    if (!priority_fits(t->stoppable, priority)) {
        return -EINVAL;
    }
    rtos_crit_t key = rtos_crit_enter();
    t->priority = priority;
    if (!t->raised) {
        k_thread_priority_set(&t->thread, zephyr_priority(priority));
    }
    rtos_crit_exit(key);
    return 0;
}

int rtos_thread_set_affinity(rtos_thread_t *t, unsigned cores) {
    if (rtos_core_count() == 1) {
        return -ENOTSUP;
    }
    if ((cores & BIT_MASK(rtos_core_count())) == 0) {
        return -EINVAL;
    }
    rtos_crit_t key = rtos_crit_enter();
    t->cores = cores;
    if (!t->raised) {
        zephyr_set_cores(&t->thread, cores);
    }
    rtos_crit_exit(key);
    return 0;
}

// How adapters/common stops the world: above every stoppable thread, below every service, and on the core it is on.
void rtos_thread_raise(bool raise) {
    rtos_thread_t *self = rtos_thread_self();
    rtos_crit_t key = rtos_crit_enter();
    self->raised = raise;
    if (RTOS_CORES > 1) {
        zephyr_set_cores(&self->thread, raise ? BIT(rtos_core_id()) : self->cores);
    }
    k_thread_priority_set(&self->thread, zephyr_priority(raise ? RTOS_PRIORITY_STOP : self->priority));
    rtos_crit_exit(key);
}

static void stats_of(struct k_thread *t, size_t stack_size, rtos_stats_t *out) {
    k_thread_runtime_stats_t stats;
    size_t unused = 0;
    k_thread_runtime_stats_get(t, &stats);
    k_thread_stack_space_get(t, &unused);
    out->name = k_thread_name_get(t);
    out->state = zephyr_state(t);
    out->core = zephyr_core(t);
    out->run_us = k_cyc_to_us_floor64(stats.execution_cycles);
    out->stack_size = stack_size;
    out->stack_used = stack_size - unused;
}

void rtos_thread_stats(rtos_thread_t *t, rtos_stats_t *out) {
    stats_of(&t->thread, t->stack_size - RTOS_STACK_GUARD, out);
    out->priority = t->priority;
}

bool rtos_idle_stats(unsigned core, rtos_stats_t *out) {
    struct k_thread *idle = zephyr_idle(core);
    stats_of(idle, idle->stack_size, out);
    out->priority = RTOS_PRIORITY_IDLE;
    return true;
}

// ---- tokens

static int park(k_timeout_t timeout) {
    check_may_wait();
    return k_sem_take(&rtos_thread_self()->token, timeout) == 0 ? 0 : -ETIMEDOUT;
}

int rtos_park(uint32_t ms) {
    return ms == RTOS_FOREVER ? park(K_FOREVER) : park(K_MSEC(ms));
}

int rtos_park_until(uint64_t deadline_us) {
    return park(deadline_us > INT64_MAX / 2 ? K_FOREVER : K_TIMEOUT_ABS_US(deadline_us));
}

void rtos_unpark(rtos_thread_t *t) {
    k_sem_give(&t->token);
}

// ---- time

static void (*volatile tick_fns[RTOS_TICK_USERS])(void);

static void tick(struct k_timer *timer) {
    (void)timer;
    for (unsigned user = 0; user < RTOS_TICK_USERS; ++user) {
        void (*fn)(void) = tick_fns[user];
        if (fn != NULL) {
            fn();
        }
    }
}

static bool is_tick_wanted(void) {
    bool wanted = false;
    for (unsigned user = 0; user < RTOS_TICK_USERS; ++user) {
        wanted |= tick_fns[user] != NULL;
    }
    return wanted;
}

void rtos_tick(unsigned user, void (*fn)(void)) {
    rtos_crit_t key = rtos_crit_enter();
    bool before = is_tick_wanted();
    tick_fns[user] = fn;
    bool after = is_tick_wanted();
    if (after && !before) {
        k_timer_start(&ticks, K_MSEC(1), K_MSEC(1));
    } else if (before && !after) {
        k_timer_stop(&ticks);
    }
    rtos_crit_exit(key);
}

uint64_t rtos_now_us(void) {
    return board_clock_us();
}

// ---- the trace

#if CONFIG_TRACING
void sys_trace_thread_switched_in(struct k_thread *t) {
    rtos_trace(RTOS_TRACE_SWITCH, t, 0);
}

void sys_trace_idle(void) {
    rtos_trace(RTOS_TRACE_SWITCH, NULL, 0);
}
#endif

// ---- the end

void rtos_fatal(const char *message) {
    static char line[96];
    const char *name = k_current_get() == NULL ? "none" : k_thread_name_get(k_current_get());
    const char *const parts[] = { "fatal: ", message, ", in thread '", name, "'" };
    char *out = line;
    for (size_t i = 0; i < ARRAY_SIZE(parts); ++i) {
        for (const char *from = parts[i]; *from != '\0' && out < line + sizeof(line) - 1;) {
            *out++ = *from++;
        }
    }
    *out = '\0'; // for one that fails in this
    board_panic(line);
}

const char *rtos_kernel_name(void) {
    return "Heddle's kernel";
}
