// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// One run of a case, from pristine data to its end. Before each run the program's data and bss are put back to what
// they were before the first one, but for SIM_STACK. What the search keeps lies elsewhere.
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>

#include "engine.h"

#define STUCK_SECONDS (2)

extern char __data_start[], _end[];
extern char __start_sim_stacks[], __stop_sim_stacks[];

engine_t *engine;

// In the program's data, but the same in the snapshot.
static char *pristine;

void run_leave(run_result_t result) {
    engine->m.active = false;
    _longjmp(engine->runner, result + 1);
}

void sim_end(void) {
    run_leave(RUN_DONE);
}

void sim_outcome(uint64_t value) {
    for (unsigned i = 0; i < engine->outcome_count; ++i) {
        if (engine->outcomes[i] == value) {
            return;
        }
    }
    if (engine->outcome_count == OUTCOMES) {
        sim_fail("more than %u outcomes", OUTCOMES);
    }
    engine->outcomes[engine->outcome_count++] = value;
}

// For a debugger to stop at.
void __attribute__((noinline)) sim_failed(void) {
    __asm volatile ("");
}

void sim_print(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

static void fail(const char *format, va_list args) {
    vsnprintf(engine->message, sizeof(engine->message), format, args);
    engine->m.active = false;
    sim_failed();
    run_leave(RUN_FAILED);
}

void sim_fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    fail(format, args);
    va_end(args);
    abort();
}

static void on_signal(int number, siginfo_t *info, void *context) {
    (void)context;
    if (!engine->m.active) {
        signal(number, SIG_DFL);
        raise(number);
        return;
    }
    sim_fail("crashed: signal %d at address %p", number, info->si_addr);
}

// Every second of processor time: a run takes much less.
static void on_alarm(int number) {
    (void)number;
    static uint64_t run;
    static unsigned steps, seconds;
    if (!engine->m.active || run != engine->runs || steps != engine->m.steps) {
        seconds = 0;
    } else if (++seconds == STUCK_SECONDS) {
        sim_fail("no point within %u s", STUCK_SECONDS);
    }
    run = engine->runs;
    steps = engine->m.steps;
}

static void *memory(size_t size) {
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        perror("sim: no memory");
        exit(2);
    }
    return p;
}

static void catch_signals(void) {
    const stack_t stack = {.ss_sp = memory(4 * SIGSTKSZ), .ss_size = 4 * SIGSTKSZ};
    sigaltstack(&stack, NULL);
    const int crashes[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (unsigned i = 0; i < sizeof(crashes) / sizeof(crashes[0]); ++i) {
        struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
        sigaction(crashes[i], &action, NULL);
    }
    struct sigaction alarm = {.sa_handler = on_alarm, .sa_flags = SA_ONSTACK | SA_NODEFER | SA_RESTART};
    sigaction(SIGPROF, &alarm, NULL);
    const struct itimerval every = {.it_interval = {.tv_sec = 1}, .it_value = {.tv_sec = 1}};
    setitimer(ITIMER_PROF, &every, NULL);
}

void run_init(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    engine = memory(sizeof(*engine));
    engine->nodes = memory(NODES * sizeof(node_t));
    engine->trace = memory(STEPS_MAX * sizeof(trace_t));
    getcontext(&engine->context);
    catch_signals();
}

static void data_save(void) {
    size_t size = _end - __data_start;
    pristine = memory(size);
    memcpy(pristine, __data_start, size);
}

static void data_restore(void) {
    size_t size = _end - __data_start, before = __start_sim_stacks - __data_start;
    size_t after = __stop_sim_stacks - __data_start;
    memcpy(__data_start, pristine, before);
    memcpy(__stop_sim_stacks, pristine + after, size - after);
}

run_result_t run_once(void (*boot)(void)) {
    if (pristine == NULL) {
        data_save();
    }
    data_restore();
    engine->depth = 0;
    int result = _setjmp(engine->runner);
    if (result == 0) {
        machine_start(boot);
    }
    engine->runs += 1;
    engine->pruned += result - 1 == RUN_PRUNED;
    return result - 1;
}
