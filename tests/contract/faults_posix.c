// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Faults between the POSIX adapter and Linux: the linker puts these functions in the place of what it calls (--wrap).
// A futex may wake nobody in particular and too early, and everybody may be displaced before every call.
#include <pthread.h>
#include <time.h>

#include "contract.h"
#include "posix.h"

// A signal to another thread, which runs on until it comes.
static __thread struct {
    pthread_t thread;
    int number; // 0 for none
    bool waited;
} owed;

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*main)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*main)(void *), void *arg);
int __real_pthread_kill(pthread_t thread, int number);
int __wrap_pthread_kill(pthread_t thread, int number);
void __real_rtos_world_stop(void);
void __wrap_rtos_world_stop(void);
void __real_posix_wait(_Atomic(uint32_t) *word, uint32_t value, uint64_t deadline_us);
void __wrap_posix_wait(_Atomic(uint32_t) *word, uint32_t value, uint64_t deadline_us);
void __real_posix_wake(_Atomic(uint32_t) *word);
void __wrap_posix_wake(_Atomic(uint32_t) *word);

static void come_late(void) {
    int saved = errno;
    nanosleep(&(struct timespec) { .tv_nsec = LATE_US * 1000 }, NULL);
    errno = saved;
}

static void strike(const char *kind) {
    if (contract_strikes(kind)) {
        come_late();
    }
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*main)(void *), void *arg) {
    return contract_strikes("create") ? EAGAIN : __real_pthread_create(thread, attr, main, arg);
}

int __wrap_pthread_kill(pthread_t thread, int number) {
    if (contract_strikes("signal")) {
        if (!pthread_equal(thread, pthread_self())) {
            owed.thread = thread;
            owed.number = number;
            owed.waited = false;
            return 0;
        }
        come_late();
    }
    return __real_pthread_kill(thread, number);
}

// Whoever waits for what a late signal is to bring about is woken once in vain first.
static bool signal_owed(void) {
    if (owed.number == 0) {
        return false;
    }
    if (!owed.waited) {
        owed.waited = true;
        return true;
    }
    come_late();
    __real_pthread_kill(owed.thread, owed.number);
    owed.number = 0;
    return false;
}

// Nobody has to be stopped any more when this returns, if it is right.
void __wrap_rtos_world_stop(void) {
    __real_rtos_world_stop();
    owed.number = 0;
}

void __wrap_posix_wait(_Atomic(uint32_t) *word, uint32_t value, uint64_t deadline_us) {
    strike("wait");
    if (!signal_owed() && !contract_strikes("early")) {
        __real_posix_wait(word, value, deadline_us);
    }
}

void __wrap_posix_wake(_Atomic(uint32_t) *word) {
    strike("wake");
    __real_posix_wake(word);
}
