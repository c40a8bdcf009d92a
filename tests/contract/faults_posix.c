// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Faults between the POSIX adapter and Linux: the linker puts these functions in the place of what it calls (--wrap).
// A futex may wake nobody in particular and too early, and everybody may be displaced before every call.
#include <pthread.h>
#include <time.h>

#include "contract.h"
#include "posix.h"

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*main)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*main)(void *), void *arg);
int __real_pthread_kill(pthread_t thread, int number);
int __wrap_pthread_kill(pthread_t thread, int number);
void __real_posix_wait(_Atomic(uint32_t) *word, uint32_t value, uint64_t deadline_us);
void __wrap_posix_wait(_Atomic(uint32_t) *word, uint32_t value, uint64_t deadline_us);
void __real_posix_wake(_Atomic(uint32_t) *word);
void __wrap_posix_wake(_Atomic(uint32_t) *word);

static void strike(const char *kind) {
    if (contract_strikes(kind)) {
        int saved = errno;
        nanosleep(&(struct timespec) { .tv_nsec = LATE_US * 1000 }, NULL);
        errno = saved;
    }
}

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*main)(void *), void *arg) {
    return contract_strikes("create") ? EAGAIN : __real_pthread_create(thread, attr, main, arg);
}

int __wrap_pthread_kill(pthread_t thread, int number) {
    strike("signal");
    return __real_pthread_kill(thread, number);
}

void __wrap_posix_wait(_Atomic(uint32_t) *word, uint32_t value, uint64_t deadline_us) {
    strike("wait");
    if (!contract_strikes("early")) {
        __real_posix_wait(word, value, deadline_us);
    }
}

void __wrap_posix_wake(_Atomic(uint32_t) *word) {
    strike("wake");
    __real_posix_wake(word);
}
