// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Linux's futex: the one wait that everything here is made of. Waking works from a signal's handler.
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "posix.h"

void posix_wait(_Atomic(uint32_t) *word, uint32_t value, uint64_t deadline_us) {
    struct timespec left;
    if (deadline_us != POSIX_FOREVER) {
        uint64_t now_us = rtos_now_us();
        if (now_us >= deadline_us) {
            return;
        }
        uint64_t us = deadline_us - now_us;
        left = (struct timespec) { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
    }
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, deadline_us == POSIX_FOREVER ? NULL : &left, NULL, 0);
    errno = saved;
}

void posix_wake(_Atomic(uint32_t) *word) {
    int saved = errno;
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
    errno = saved;
}
