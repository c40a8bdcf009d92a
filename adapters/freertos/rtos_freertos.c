// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The contract on FreeRTOS V9 to V11.
//
// A token is a task notification. A thread that exits or is aborted marks itself and is suspended; its joiner deletes
// it, so that nothing depends on the idle task, which a busy system never runs.
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "board.h"
#include "rtos.h"
#include "rtos_trace.h"

#if configMAX_PRIORITIES <= RTOS_PRIORITY_MAX || configNUM_THREAD_LOCAL_STORAGE_POINTERS <= RTOS_SELF_SLOT
#error "FreeRTOSConfig.h: Heddle needs configMAX_PRIORITIES 16 and configNUM_THREAD_LOCAL_STORAGE_POINTERS 2"
#endif
#if configSUPPORT_STATIC_ALLOCATION != 1 || configUSE_TASK_NOTIFICATIONS == 0 || configTICK_RATE_HZ < 1000
#error "FreeRTOSConfig.h: Heddle needs static allocation, task notifications and a tick of at least 1000 Hz"
#endif

_Static_assert(offsetof(rtos_thread_t, task) == 0, "a task handle is the thread");

#define TICKS_PER_MS (configTICK_RATE_HZ / 1000)

#ifndef configBOARD_GUARD_STACK
#define configBOARD_GUARD_STACK(low) ((void)0)
#endif

static void (*volatile tick_fns[RTOS_TICK_USERS])(void);
static rtos_thread_t idle_thread[RTOS_CORES];
static StackType_t idle_stack[RTOS_CORES][configMINIMAL_STACK_SIZE] __attribute__((aligned(RTOS_STACK_ALIGN)));

// Who runs on each core and since when, for rtos_stats_t.run_us, in FreeRTOS's run-time counter: 32 bits at any rate,
// read at every switch.
#ifdef portGET_RUN_TIME_COUNTER_VALUE
#define COUNTER() ((uint32_t)portGET_RUN_TIME_COUNTER_VALUE())
#else
#define COUNTER() ((uint32_t)board_clock_us())
#define configRUN_TIME_COUNTER_HZ 1000000
#endif
static struct {
    rtos_thread_t *thread;
    uint32_t since;
} running[RTOS_CORES];

// FreeRTOS changes a priority in an interrupt as it does in a thread, as long as no other interrupt comes in between,
// but it asserts that it is in none.
bool rtos_freertos_no_assert;

void *rtos_freertos_tls; // with one core

static void (*first_entry)(void *arg); // the first thread's

static uint32_t tick_due; // the counter when the latest tick had to be
static volatile uint32_t tick_at; // and when it was

static TaskHandle_t handle(rtos_thread_t *t) {
    return (TaskHandle_t)t;
}

// FreeRTOS, in a critical section: `self` is the next task.
void rtos_freertos_switched_in(void *self) {
    unsigned core = rtos_core_id();
    uint32_t now = COUNTER();
    if (running[core].thread != NULL) {
        running[core].thread->run += now - running[core].since;
    }
    running[core].thread = self;
    running[core].since = now;
    #if RTOS_CORES > 1
    if (self != NULL) {
        running[core].thread->core = core;
    }
    #endif
    rtos_trace(RTOS_TRACE_SWITCH, self == &idle_thread[core] ? NULL : self, 0);
}

// Idle tasks' time is counted, too: the kernel has made them when the first thread runs.
static void idle_tasks_note(void) {
    for (unsigned core = 0; core < RTOS_CORES; ++core) {
        vTaskSetThreadLocalStoragePointer(handle(&idle_thread[core]), RTOS_SELF_SLOT, &idle_thread[core]);
    }
}

static void first_main(void *arg) {
    idle_tasks_note();
    first_entry(arg);
}

static void thread_main(void *arg) {
    rtos_thread_t *t = arg;
    while (t->stage == FREERTOS_CREATED) {
        ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
    }
    arg = t->arg;
    t->joins = NULL;
    t->stage = FREERTOS_RUNS;
    t->entry(arg);
    rtos_thread_exit();
}

static void thread_prepare(rtos_thread_t *t, const rtos_thread_config_t *config, unsigned priority) {
    memset(t, 0, sizeof(*t));
    t->entry = config->entry;
    t->arg = config->arg;
    t->stack_words = config->stack_size / sizeof(StackType_t);
    t->stoppable = config->stoppable;
    t->priority = config->priority;
    #if RTOS_CORES > 1
    t->cores = (1u << RTOS_CORES) - 1;
    #endif
    xTaskCreateStatic(thread_main, config->name, t->stack_words, t, priority, config->stack, &t->task);
    vTaskSetThreadLocalStoragePointer(handle(t), RTOS_SELF_SLOT, t);
}

void rtos_start(rtos_thread_t *t, const rtos_thread_config_t *config) {
    thread_prepare(t, config, config->priority);
    first_entry = config->entry;
    t->entry = first_main;
    t->stage = FREERTOS_STARTED;
    tick_due = tick_at = COUNTER();
    configBOARD_GUARD_STACK(config->stack); // V9 switches to the first task without a word
    vTaskStartScheduler();
    rtos_fatal("the scheduler did not start");
}

// There is no suspended creation. The thread is made at the idle priority, where it cannot hold up its creator, and
// waits in thread_main; the scheduler is not held, because xTaskCreateStatic fills the whole stack.
int rtos_thread_create(rtos_thread_t *t, const rtos_thread_config_t *config) {
    if (config->priority > (config->stoppable ? RTOS_PRIORITY_STOP - 1 : RTOS_PRIORITY_MAX)) {
        return -EINVAL;
    }
    thread_prepare(t, config, RTOS_PRIORITY_IDLE);
    if (RTOS_CORES > 1 && config->cores != 0) {
        rtos_thread_set_affinity(t, config->cores);
    }
    vTaskPrioritySet(handle(t), config->priority);
    return 0;
}

void rtos_thread_start(rtos_thread_t *t) {
    // One step: once it is started it may run, exit and be freed.
    rtos_crit_t key = rtos_crit_enter();
    t->stage = FREERTOS_STARTED;
    rtos_unpark(t);
    rtos_crit_exit(key);
}

// Marked, joiner woken and off the processor in one step: whoever sees the mark sees a task that is suspended.
static void thread_end(rtos_thread_t *t) {
    rtos_crit_t key = rtos_crit_enter();
    t->exited = true;
    if (t->joiner != NULL) {
        rtos_unpark(t->joiner);
    }
    if (t->stage == FREERTOS_RUNS && t->joins != NULL) {
        t->joins->joiner = NULL;
    }
    vTaskSuspend(handle(t));
    rtos_crit_exit(key);
}

void rtos_thread_exit(void) {
    thread_end(rtos_thread_self());
    rtos_fatal("a thread ran on after its exit");
}

void rtos_thread_abort(rtos_thread_t *t) {
    if (!t->exited) {
        thread_end(t);
    }
}

// With several cores a task is no more running for eTaskGetState() as soon as it is to leave, and still on its stack.
static bool thread_is_on(rtos_thread_t *t) {
    bool on = false;
    rtos_crit_t key = rtos_crit_enter();
    for (unsigned core = 0; core < RTOS_CORES; ++core) {
        on = on || running[core].thread == t;
    }
    rtos_crit_exit(key);
    return on;
}

static bool thread_is_off(rtos_thread_t *t) {
    return t->exited && (RTOS_CORES == 1 || !thread_is_on(t));
}

// Each of the two knows the other: a joiner that is aborted must not be unparked any more.
static void join_set(rtos_thread_t *t, rtos_thread_t *joiner) {
    rtos_crit_t key = rtos_crit_enter();
    rtos_thread_self()->joins = joiner != NULL ? t : NULL;
    t->joiner = joiner;
    rtos_crit_exit(key);
}

int rtos_thread_join(rtos_thread_t *t, uint32_t ms) {
    uint64_t deadline = rtos_now_us() + (uint64_t)ms * 1000;
    join_set(t, rtos_thread_self());
    while (!thread_is_off(t)) {
        if (ms != RTOS_FOREVER && rtos_now_us() >= deadline) {
            join_set(t, NULL);
            return -ETIMEDOUT;
        }
        if (RTOS_CORES > 1 && t->exited) {
            rtos_park(1);
        } else if (ms == RTOS_FOREVER) {
            rtos_park(RTOS_FOREVER);
        } else {
            rtos_park_until(deadline);
        }
    }
    join_set(t, NULL);
    vTaskDelete(handle(t));
    return 0;
}

// The whole stack: what is watched or guarded is the low end of it.
void rtos_thread_stack(const rtos_thread_t *t, rtos_stack_t *out) {
    // StaticTask_t keeps the stack's address in pxDummy6 and the saved stack pointer in pxDummy1 on V9 to V11.
    out->low = t->task.pxDummy6;
    out->high = (StackType_t *)out->low + t->stack_words;
    out->sp = t == rtos_thread_self() ? __builtin_frame_address(0) : t->task.pxDummy1;
}

int rtos_thread_set_priority(rtos_thread_t *t, unsigned priority) {
    if (priority > (t->stoppable ? RTOS_PRIORITY_STOP - 1 : RTOS_PRIORITY_MAX)) {
        return -EINVAL;
    }
    #if RTOS_CORES > 1
    // Who waits for its mutex on another core may give it to who is stopping the world.
    rtos_crit_t key = rtos_crit_enter();
    t->priority = priority;
    if (!t->raised) {
        vTaskPrioritySet(handle(t), priority);
    }
    rtos_crit_exit(key);
    #else
    // An interrupt may release a lock of who is stopping the world.
    t->priority = priority;
    rtos_freertos_no_assert = rtos_in_isr();
    if (uxTaskPriorityGet(handle(t)) != RTOS_PRIORITY_STOP) {
        vTaskPrioritySet(handle(t), priority);
    }
    rtos_freertos_no_assert = false;
    #endif
    return 0;
}

int rtos_thread_set_affinity(rtos_thread_t *t, unsigned cores) {
    #if RTOS_CORES > 1
    if ((cores & ((1u << RTOS_CORES) - 1)) == 0) {
        return -EINVAL;
    }
    rtos_crit_t key = rtos_crit_enter();
    t->cores = cores;
    if (!t->raised) {
        vTaskCoreAffinitySet(handle(t), cores);
    }
    rtos_crit_exit(key);
    return 0;
    #else
    (void)t;
    (void)cores;
    return -ENOTSUP;
    #endif
}

static rtos_state_t thread_state(rtos_thread_t *t) {
    if (t->exited) {
        return RTOS_STATE_EXITED;
    }
    if (t->stage == FREERTOS_CREATED) {
        return RTOS_STATE_SUSPENDED;
    }
    if (RTOS_CORES > 1 && thread_is_on(t)) {
        return RTOS_STATE_RUNNING;
    }
    eTaskState state = eTaskGetState(handle(t));
    return state == eRunning ? RTOS_STATE_RUNNING : state == eReady ? RTOS_STATE_READY : RTOS_STATE_WAITING;
}

static size_t stack_used(const rtos_stack_t *stack) {
    const uint32_t *p = stack->low;
    while (p < (const uint32_t *)stack->high && *p == 0xa5a5a5a5) {
        p += 1;
    }
    return (uintptr_t)stack->high - (uintptr_t)p;
}

void rtos_thread_stats(rtos_thread_t *t, rtos_stats_t *out) {
    rtos_stack_t stack;
    rtos_thread_stack(t, &stack);
    out->name = pcTaskGetName(handle(t));
    out->state = thread_state(t);
    out->priority = t->priority;
    out->stack_size = (uintptr_t)stack.high - (uintptr_t)stack.low - RTOS_STACK_GUARD;
    out->stack_used = stack_used(&stack);
    #if RTOS_CORES > 1
    out->core = t->core;
    #else
    out->core = 0;
    #endif
    rtos_crit_t key = rtos_crit_enter();
    uint64_t run = t->run;
    for (unsigned core = 0; core < RTOS_CORES; ++core) {
        if (running[core].thread == t) {
            run += COUNTER() - running[core].since;
        }
    }
    rtos_crit_exit(key);
    out->run_us = run / (configRUN_TIME_COUNTER_HZ / 1000000);
}

bool rtos_idle_stats(unsigned core, rtos_stats_t *out) {
    rtos_thread_stats(&idle_thread[core], out);
    return true;
}

// How adapters/common stops the world: above every stoppable thread, below every service, and on the core it is on.
void rtos_thread_raise(bool raise) {
    rtos_thread_t *self = rtos_thread_self();
    #if RTOS_CORES > 1
    self->raised = raise;
    vTaskCoreAffinitySet(handle(self), raise ? 1u << rtos_core_id() : self->cores);
    #endif
    vTaskPrioritySet(handle(self), raise ? RTOS_PRIORITY_STOP : self->priority);
}

int rtos_freertos_park(uint32_t ms) {
    assert(!rtos_masked() && !rtos_in_isr());
    if (ms == RTOS_NO_WAIT) {
        return ulTaskNotifyTake(pdTRUE, 0) != 0 ? 0 : -ETIMEDOUT;
    }
    return rtos_park_until(rtos_now_us() + (uint64_t)ms * 1000);
}

// How long a thread sleeps at most before it looks at the clock again: what 32 bits of microseconds and the ticks hold.
#define LOOK_MS ((portMAX_DELAY < 1000000 ? portMAX_DELAY / 2 : 1000000) / TICKS_PER_MS)

// Ticks until so many microseconds are over: they begin at the latest tick, not now.
static TickType_t ticks_until(uint64_t left_us) {
    uint32_t us = left_us < LOOK_MS * 1000 ? left_us : LOOK_MS * 1000;
    uint32_t at = tick_at; // before the counter: a tick in between must not make the difference negative
    us += (COUNTER() - at) / (configRUN_TIME_COUNTER_HZ / 1000000);
    return (us * TICKS_PER_MS + 999) / 1000;
}

// The clock decides. Ticks are when to look at it: where some came late or were made up for, the next ones come sooner,
// and a long wait has several.
int rtos_park_until(uint64_t deadline_us) {
    assert(!rtos_masked() && !rtos_in_isr());
    for (uint64_t now_us; (now_us = rtos_now_us()) < deadline_us;) {
        if (ulTaskNotifyTake(pdTRUE, ticks_until(deadline_us - now_us)) != 0) {
            return 0;
        }
    }
    return -ETIMEDOUT;
}

// One way for threads and interrupts: inside a critical section a thread may call what is for interrupts, and it is the
// shorter of the two. With several cores the kernel's lock tells them apart.
void rtos_unpark(rtos_thread_t *t) {
    if (t->exited) {
        // V9 leaves a suspended task "waiting for a notification", and one would bring it back to life.
        return;
    }
    if (RTOS_CORES > 1 && !rtos_in_isr()) {
        xTaskNotifyGive(handle(t));
        return;
    }
    BaseType_t woken = pdFALSE;
    vTaskNotifyGiveFromISR(handle(t), &woken);
    portYIELD_FROM_ISR(woken);
}

void rtos_tick(unsigned user, void (*fn)(void)) {
    tick_fns[user] = fn;
}

#define TICK_COUNTS ((uint32_t)(configRUN_TIME_COUNTER_HZ / configTICK_RATE_HZ))

// Ticks get lost when interrupts are masked for longer than one, or when an emulator's host is late. Waits count ticks,
// so those that are missing by the counter are made up for. FreeRTOS calls the tick hook for each of them, too.
static void tick_catch_up(uint32_t now) {
    static bool inside;
    if ((int32_t)(now - tick_due) < 0) {
        tick_due = now; // the tick is the faster clock of the two
    }
    while (now - tick_due >= TICK_COUNTS && !inside) {
        inside = true;
        portYIELD_FROM_ISR(xTaskIncrementTick());
        inside = false;
    }
}

void rtos_freertos_tick(void) {
    tick_due += TICK_COUNTS;
    uint32_t now = COUNTER();
    tick_at = now;
    if (now - tick_due >= TICK_COUNTS) {
        tick_catch_up(now);
    }
    if (tick_due < TICK_COUNTS) {
        // The counter came round: a thread that runs alone for minutes is accounted for in time.
        rtos_freertos_switched_in(running[rtos_core_id()].thread);
    }
    #if TICKS_PER_MS > 1
    static uint32_t ticks;
    if (++ticks % TICKS_PER_MS != 0) {
        return;
    }
    #endif
    for (unsigned user = 0; user < RTOS_TICK_USERS; ++user) {
        void (*fn)(void) = tick_fns[user];
        if (fn != NULL) {
            fn();
        }
    }
}

uint64_t rtos_now_us(void) {
    return board_clock_us();
}

void rtos_freertos_idle_memory(unsigned core, StaticTask_t **task, StackType_t **stack) {
    idle_thread[core].stack_words = configMINIMAL_STACK_SIZE;
    idle_thread[core].stage = FREERTOS_STARTED;
    *task = &idle_thread[core].task;
    *stack = idle_stack[core];
}

void rtos_fatal_in(const char *message, const char *name) __attribute__((noreturn));

void rtos_fatal_in(const char *message, const char *name) {
    static char line[96];
    const char *parts[] = {"fatal: ", message, ", in thread '", name, "'"};
    size_t len = 0;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); ++i) {
        for (const char *p = parts[i]; *p != '\0' && len < sizeof(line) - 1; ++p) {
            line[len++] = *p;
        }
    }
    board_panic(line);
}

void rtos_fatal(const char *message) {
    rtos_fatal_in(message, RTOS_CURRENT_TASK == NULL ? "none" : pcTaskGetName(NULL));
}

const char *rtos_kernel_name(void) {
    return "FreeRTOS " tskKERNEL_VERSION_NUMBER;
}
