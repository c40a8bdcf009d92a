// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Everything at once, for STRESS_MS: threads of several priorities that pass tokens and lock each other out, sleep and
// are interrupted; others that are made, pinned, suspended and aborted at any moment, and whose memory is overwritten
// as soon as they are joined. Nothing is lost or doubled, everybody goes on, and registers stay what they were.
#include <string.h>

#include <zephyr/kernel.h>

#include "regs.h"

#ifndef STRESS_MS
#define STRESS_MS (3000)
#endif
#define STUCK_MS (10000) // nobody is held up for so long
#define STACK_SIZE (4096)
#define WORKERS (8)
#define CHILDREN (4)
#define LOCKS (3)
#define TOKENS (5)

#define CHECK(expr) ((expr) ? (void)0 : fail(__LINE__, #expr))

typedef struct {
    struct k_thread thread;
    uint32_t random;
    unsigned seed; // of its registers
    uint32_t turns;
} worker_t;

static K_THREAD_STACK_ARRAY_DEFINE(worker_stacks, WORKERS, STACK_SIZE);
static K_THREAD_STACK_ARRAY_DEFINE(child_stacks, CHILDREN, STACK_SIZE);
static K_THREAD_STACK_ARRAY_DEFINE(manager_stacks, CHILDREN, STACK_SIZE);
static worker_t workers[WORKERS], children[CHILDREN], managers[CHILDREN];
static struct k_sem locks[LOCKS];
static struct {
    uint64_t a, b;
} guarded[LOCKS];
static struct k_sem tokens, places;
static struct k_mutex mutex;
static struct {
    uint64_t a, b;
} owned;
K_MSGQ_DEFINE(messages, sizeof(uint32_t), 6, 4);
static struct k_timer timer;
static atomic_t in_locks, in_mutex, interrupts, passed, made, aborted, put, got, expired;
static volatile bool over;

static void fail(int line, const char *expr) {
    printk("FAIL stress:%d: %s, thread %s\n", line, expr, k_thread_name_get(k_current_get()));
    k_panic();
}

static uint32_t any(worker_t *w, uint32_t below) {
    w->random ^= w->random << 13;
    w->random ^= w->random >> 17;
    w->random ^= w->random << 5;
    return w->random % below;
}

// ---- what a thread does, with its registers full of its own numbers

static void yield(void *arg) {
    (void)arg;
    k_yield();
}

static void sleep_a_little(void *arg) {
    k_usleep((int32_t)any(arg, 200));
}

// Two threads are never in here.
static void use_lock(void *arg) {
    worker_t *w = arg;
    unsigned i = any(w, LOCKS);
    bool patient = any(w, 2) != 0;
    int ret = k_sem_take(&locks[i], patient ? K_FOREVER : K_USEC(any(w, 300)));
    CHECK(ret == 0 || (!patient && (ret == -EAGAIN || ret == -EBUSY)));
    if (ret == 0) {
        CHECK(guarded[i].a == guarded[i].b);
        guarded[i].a += 1;
        if (any(w, 4) == 0) {
            k_usleep((int32_t)any(w, 50));
        }
        guarded[i].b += 1;
        CHECK(guarded[i].a == guarded[i].b);
        atomic_inc(&in_locks);
        k_sem_give(&locks[i]);
    }
}

// As many tokens as there were.
static void pass_token(void *arg) {
    worker_t *w = arg;
    if (k_sem_take(&tokens, K_USEC(any(w, 500))) == 0) {
        if (any(w, 2) == 0) {
            k_yield();
        }
        CHECK(k_sem_take(&places, K_NO_WAIT) == 0);
        k_sem_give(&tokens);
        k_sem_give(&places);
        atomic_inc(&passed);
    }
}

static void calculate(void) {
    static volatile float x = 1.0f, y = 2.0f;
    x = y - x / y;
}

static void give(const void *sem) {
    CHECK(k_is_in_isr());
    calculate();
    k_sem_give((struct k_sem *)sem);
    atomic_inc(&interrupts);
}

static void be_interrupted(void *arg) {
    (void)arg;
    struct k_sem sem;
    k_sem_init(&sem, 0, 1);
    irq_offload(give, &sem);
    CHECK(k_sem_take(&sem, K_NO_WAIT) == 0);
}

// The same, where the owner gets what a more urgent waiter lends; it may have it twice.
static void use_mutex(void *arg) {
    worker_t *w = arg;
    int ret = k_mutex_lock(&mutex, any(w, 2) ? K_FOREVER : K_USEC(any(w, 200)));
    CHECK(ret == 0 || ret == -EAGAIN || ret == -EBUSY);
    if (ret == 0) {
        CHECK(owned.a == owned.b);
        owned.a += 1;
        CHECK(k_mutex_lock(&mutex, K_NO_WAIT) == 0);
        if (any(w, 4) == 0) {
            k_yield();
        }
        CHECK(k_mutex_unlock(&mutex) == 0);
        owned.b += 1;
        atomic_inc(&in_mutex);
        CHECK(k_mutex_unlock(&mutex) == 0);
    }
}

static void put_message(void *arg) {
    uint32_t message = any(arg, 1000);
    if (k_msgq_put(&messages, &message, K_USEC(any(arg, 100))) == 0) {
        atomic_add(&put, message);
    }
}

static void get_message(void *arg) {
    uint32_t message;
    if (k_msgq_get(&messages, &message, K_USEC(any(arg, 100))) == 0) {
        atomic_add(&got, message);
    }
}

static void expire(struct k_timer *t) {
    CHECK(k_is_in_isr());
    atomic_inc(&expired);
}

static void change_timer(void *arg) {
    if (any(arg, 8) == 0) {
        k_timer_stop(&timer);
    }
    k_timer_start(&timer, K_USEC(any(arg, 500)), any(arg, 2) ? K_USEC(100 + any(arg, 500)) : K_NO_WAIT);
}

static void change_priority(void *arg) {
    worker_t *w = arg;
    k_thread_priority_set(&w->thread, 1 + (int)any(w, 4));
}

static void hold_scheduler(void *arg) {
    k_sched_lock();
    k_busy_wait(any(arg, 20));
    k_sched_unlock();
}

static void (*const actions[])(void *arg) = {
    yield, sleep_a_little, use_lock, pass_token, be_interrupted, use_mutex, put_message, get_message, change_timer,
    change_priority, hold_scheduler,
};

static void act(worker_t *w) {
    w->seed += 0x1001;
    if (any(w, 4) == 0) {
        CHECK(regs_spin(w->seed, 1000 + any(w, 20000)) == 0);
    } else {
        CHECK(regs_hold(w->seed, actions[any(w, ARRAY_SIZE(actions))], w) == 0);
    }
    w->turns += 1;
}

static void worker_main(void *p1, void *p2, void *p3) {
    (void)p2;
    (void)p3;
    while (!over) {
        act(p1);
    }
}

// ---- threads that come and go

static void pinned_main(void *p1, void *p2, void *p3) {
    (void)p3;
    worker_t *w = p1;
    struct k_sem nobody;
    k_sem_init(&nobody, 0, 1);
    for (int n = (int)any(w, 30); n > 0; --n) {
        unsigned key = irq_lock();
        CHECK(p2 == NULL || arch_core() == (uintptr_t)p2 - 1);
        irq_unlock(key);
        w->seed += 0x11;
        switch (any(w, 3)) {
            case 0: CHECK(regs_hold(w->seed, sleep_a_little, w) == 0); break;
            case 1: CHECK(regs_spin(w->seed, any(w, 5000)) == 0); break;
            default: CHECK(k_sem_take(&nobody, K_USEC(any(w, 100))) != 0);
        }
    }
}

static void create(worker_t *child, unsigned i, worker_t *by) {
    *child = (worker_t) { .random = by->random + 1, .seed = by->random };
    uintptr_t pinned = any(by, 2) ? 1 + any(by, arch_core_count()) : 0;
    int delay = any(by, 4) == 0 ? (int)any(by, 100) : -1;
    k_thread_create(&child->thread, child_stacks[i], K_THREAD_STACK_SIZEOF(child_stacks[i]), pinned_main, child,
        (void *)pinned, NULL, (int)any(by, 5), 0, K_FOREVER);
    k_thread_name_set(&child->thread, "child");
    if (pinned != 0) {
        CHECK(k_thread_cpu_pin(&child->thread, (int)pinned - 1) == 0);
    }
    if (delay >= 0) {
        k_usleep(delay);
    }
    k_thread_start(&child->thread);
    atomic_inc(&made);
}

static void disturb(k_tid_t t, worker_t *by) {
    k_usleep((int32_t)any(by, 500));
    switch (any(by, 5)) {
        case 0:
            k_thread_suspend(t);
            k_usleep((int32_t)any(by, 100));
            k_thread_resume(t);
            break;
        case 1:
            k_wakeup(t);
            break;
        case 2:
            k_thread_priority_set(t, (int)any(by, 5));
            break;
        case 3:
            k_thread_abort(t);
            atomic_inc(&aborted);
            break;
        default:
            break;
    }
}

static void manager_main(void *p1, void *p2, void *p3) {
    (void)p3;
    worker_t *by = p1;
    unsigned i = (unsigned)(uintptr_t)p2;
    while (!over) {
        create(&children[i], i, by);
        for (int n = (int)any(by, 3); n > 0; --n) {
            disturb(&children[i].thread, by);
        }
        if (any(by, 4) == 0) {
            k_thread_abort(&children[i].thread);
            atomic_inc(&aborted);
        }
        CHECK(k_thread_join(&children[i].thread, K_FOREVER) == 0);
        memset(&children[i], 0xdd, sizeof(children[i]));
        memset((char *)child_stacks[i] + K_THREAD_STACK_RESERVED, 0xdd, K_THREAD_STACK_SIZEOF(child_stacks[i]));
        by->turns += 1;
    }
}

// ---- the whole

static void start(worker_t *w, k_thread_stack_t *stack, const char *name, k_thread_entry_t entry, uintptr_t i) {
    w->random = 0x9e3779b9u * (uint32_t)((uintptr_t)stack + k_cycle_get_32()) | 1;
    w->seed = w->random;
    k_thread_create(&w->thread, stack, STACK_SIZE, entry, w, (void *)i, NULL, 1 + (int)i % 4, 0, K_NO_WAIT);
    k_thread_name_set(&w->thread, name);
}

static void check_progress(worker_t *all, uint32_t *seen, int64_t *when, int n) {
    for (int i = 0; i < n; ++i) {
        if (all[i].turns != seen[i]) {
            seen[i] = all[i].turns;
            when[i] = k_uptime_get();
        } else if (k_uptime_get() - when[i] > STUCK_MS) {
            char state[32];
            printk("FAIL stress: %s does not go on, %s\n", k_thread_name_get(&all[i].thread),
                k_thread_state_str(&all[i].thread, state, sizeof(state)));
            k_panic();
        }
    }
}

static void watch(void) {
    static uint32_t seen[WORKERS + CHILDREN];
    static int64_t when[WORKERS + CHILDREN];
    int64_t end = k_uptime_get() + STRESS_MS;
    ARRAY_FOR_EACH(when, i) {
        when[i] = k_uptime_get();
    }
    while (k_uptime_get() < end) {
        k_msleep(50);
        check_progress(workers, seen, when, WORKERS);
        check_progress(managers, seen + WORKERS, when + WORKERS, CHILDREN);
    }
}

int main(void) {
    k_thread_priority_set(k_current_get(), 0);
    k_sched_time_slice_set(1, 0);
    for (int i = 0; i < LOCKS; ++i) {
        k_sem_init(&locks[i], 1, 1);
    }
    k_sem_init(&tokens, TOKENS, TOKENS);
    k_sem_init(&places, WORKERS, WORKERS);
    k_mutex_init(&mutex);
    k_timer_init(&timer, expire, NULL);
    for (unsigned i = 0; i < WORKERS; ++i) {
        start(&workers[i], worker_stacks[i], "worker", worker_main, i);
    }
    for (unsigned i = 0; i < CHILDREN; ++i) {
        start(&managers[i], manager_stacks[i], "manager", manager_main, i);
    }
    watch();
    over = true;
    for (unsigned i = 0; i < WORKERS; ++i) {
        CHECK(k_thread_join(&workers[i].thread, K_FOREVER) == 0);
    }
    for (unsigned i = 0; i < CHILDREN; ++i) {
        CHECK(k_thread_join(&managers[i].thread, K_FOREVER) == 0);
    }
    uint64_t sum = 0;
    for (int i = 0; i < LOCKS; ++i) {
        CHECK(guarded[i].a == guarded[i].b && k_sem_count_get(&locks[i]) == 1);
        sum += guarded[i].a;
    }
    CHECK(sum == (uint64_t)atomic_get(&in_locks));
    CHECK(owned.a == owned.b && owned.a == (uint64_t)atomic_get(&in_mutex));
    k_timer_stop(&timer);
    for (uint32_t message; k_msgq_get(&messages, &message, K_NO_WAIT) == 0;) {
        atomic_add(&got, message);
    }
    CHECK(put == got && expired > 0);
    CHECK(k_sem_count_get(&tokens) == TOKENS && k_sem_count_get(&places) == WORKERS);
    printk("ok   stress: %u cores, %ld in locks, %ld tokens, %ld interrupts, %ld expiries, %ld threads, %ld aborts\n",
        arch_core_count(), in_locks + in_mutex, passed, interrupts, expired, made, aborted);
    return 0;
}
