// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Signals: interrupts, the nudge of a stop, and what is fatal. A signal that finds its thread in a critical section or
// inside libc changes nothing: what it was sent for is in memory, and the thread looks there when it comes out.
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "posix.h"

#define SIGNAL_IRQ (SIGUSR1)
#define SIGNAL_NUDGE (SIGUSR2)

__thread rtos_posix_cpu_t rtos_posix_cpu;

static pthread_mutex_t crit = PTHREAD_MUTEX_INITIALIZER;

void rtos_posix_lock(void) {
    pthread_mutex_lock(&crit);
}

void rtos_posix_unlock(void) {
    pthread_mutex_unlock(&crit);
}

// ---- interrupts and stops

static void run_irq(rtos_posix_cpu_t *cpu) {
    if (cpu->masked || cpu->in_isr || cpu->irq == NULL) {
        return;
    }
    void (*fn)(void) = cpu->irq;
    cpu->irq = NULL;
    cpu->in_isr = true;
    fn();
    cpu->in_isr = false;
}

// Registers that the callers want back are stored in this frame. A signal may have come where its thread is about to be
// safe and has told its stack pointer already.
static __attribute__((noinline)) void stop_here(rtos_thread_t *self) {
    __builtin_unwind_init();
    void *sp = self->sp;
    posix_safe_enter(self);
    posix_safe_leave(self);
    self->sp = sp;
    // No jump instead of the call: the registers have to stay in this frame until the world goes on.
    __asm volatile ("" : : : "memory");
}

// The signal may find a thread safe already: one that has acknowledged by itself, or that waits.
static bool must_stop(rtos_thread_t *self) {
    uint32_t word = atomic_load(&self->word);
    return (word & (RTOS_POSIX_STOP | RTOS_POSIX_ABORT)) && !(word & RTOS_POSIX_SAFE);
}

void rtos_posix_attend(void) {
    rtos_posix_cpu_t *cpu = &rtos_posix_cpu;
    if (cpu->masked || cpu->in_isr) {
        return;
    }
    if (cpu->irq != NULL) {
        pthread_kill(pthread_self(), SIGNAL_IRQ);
    }
    if (cpu->self != NULL && cpu->held == 0 && must_stop(cpu->self)) {
        stop_here(cpu->self);
    }
}

static void on_signal(int number) {
    int saved = errno;
    rtos_posix_cpu_t *cpu = &rtos_posix_cpu;
    if (number == SIGNAL_IRQ) {
        run_irq(cpu);
    }
    // A second interrupt waits for this handler's end, and a stop does not.
    if (cpu->irq == NULL) {
        rtos_posix_attend();
    }
    errno = saved;
}

void rtos_posix_raise(void (*fn)(void)) {
    rtos_posix_cpu.irq = fn;
    pthread_kill(pthread_self(), SIGNAL_IRQ);
}

void rtos_posix_interrupt(void (*fn)(void *arg), void *arg) {
    rtos_crit_t key = rtos_crit_enter();
    rtos_posix_cpu.in_isr = true;
    fn(arg);
    rtos_posix_cpu.in_isr = false;
    rtos_crit_exit(key);
}

void posix_nudge(rtos_thread_t *t) {
    pthread_kill(t->pthread, SIGNAL_NUDGE);
}

void posix_hold(void) {
    rtos_posix_cpu.held += 1;
}

void posix_release(void) {
    rtos_posix_cpu.held -= 1;
    atomic_signal_fence(memory_order_seq_cst);
    if (rtos_posix_is_asked()) {
        rtos_posix_attend();
    }
}

// ---- what is fatal

static void on_fatal(int number, siginfo_t *info, void *context) {
    (void)context;
    static char message[64];
    size_t n = snprintf(message, sizeof(message), "%s", strsignal(number));
    if (number != SIGABRT) {
        snprintf(message + n, sizeof(message) - n, " at address %p", info->si_addr);
    }
    rtos_fatal(message);
}

void posix_fatal_stack(void *stack, size_t size) {
    // Sanitizers have their own.
    if (!RTOS_POSIX_SANITIZED) {
        const stack_t alternative = { .ss_sp = stack, .ss_size = size };
        sigaltstack(&alternative, NULL);
    }
}

__attribute__((constructor)) static void signals_init(void) {
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    sigaddset(&action.sa_mask, SIGNAL_IRQ);
    sigaddset(&action.sa_mask, SIGNAL_NUDGE);
    sigaction(SIGNAL_IRQ, &action, NULL);
    sigaction(SIGNAL_NUDGE, &action, NULL);
    if (!RTOS_POSIX_SANITIZED) {
        struct sigaction fatal = { .sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND };
        const int numbers[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); ++i) {
            sigaction(numbers[i], &fatal, NULL);
        }
    }
}
