// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Preloaded into a program, QEMU for one: its clock CLOCK_MONOTONIC is the rig's, which the file tells that
// HEDDLE_CLOCK names. clock.py writes that, and says what the clock is good for.
//
// Whoever waits for so long reads the clock again when that is over, and waits on: QEMU's timers do, and our adapter.
// While the clock is slow they would do that far too often for what is left, so no wait is shorter than WAIT_NS then.
// A time to wake up at is something that Linux knows by its own clock only, and is waited for here.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECOND (1000000000)
#define ONE (65536) // the rate of the machine's clock
#define WAIT_NS (1000000)

// As clock.py packs it: the one of two that `which` says holds, the other may be in the making.
typedef struct {
    _Atomic(uint64_t) which;
    struct {
        uint64_t time, since, lease, rate; // ns; the rate in 1/ONE
    } said[2];
} shared_t;

static const shared_t *shared;
static _Atomic(uint64_t) last; // nothing goes back

// Linux's, looked up before anybody may call from a signal's handler.
static struct {
    __typeof__(&clock_gettime) gettime;
    __typeof__(&clock_nanosleep) nanosleep;
    __typeof__(&ppoll) ppoll;
    __typeof__(&syscall) syscall;
} real;

static void look_up(void) {
    real.gettime = dlsym(RTLD_NEXT, "clock_gettime");
    real.nanosleep = dlsym(RTLD_NEXT, "clock_nanosleep");
    real.ppoll = dlsym(RTLD_NEXT, "ppoll");
    real.syscall = dlsym(RTLD_NEXT, "syscall");
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("HEDDLE_CLOCK");
    look_up();
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(shared_t), PROT_READ, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED) {
        fprintf(stderr, "clock_shim: HEDDLE_CLOCK names no clock\n");
        _exit(1);
    }
    close(fd);
    shared = mapped;
}

static uint64_t rig_ns(uint64_t now) {
    uint64_t which, time;
    do {
        which = atomic_load(&shared->which) & 1;
        uint64_t since = shared->said[which].since, lease = shared->said[which].lease;
        uint64_t passed = now > since ? now - since : 0;
        passed = passed < lease ? passed : lease;
        time = shared->said[which].time + (passed * shared->said[which].rate >> 16);
        atomic_thread_fence(memory_order_acquire);
    } while ((atomic_load(&shared->which) & 1) != which);
    uint64_t before = atomic_load(&last);
    while (before < time && !atomic_compare_exchange_weak(&last, &before, time)) {
    }
    return before < time ? time : before;
}

int clock_gettime(clockid_t clock, struct timespec *t) {
    if (real.gettime == NULL) { // a constructor before ours
        look_up();
    }
    int error = real.gettime(clock, t);
    if (error == 0 && clock == CLOCK_MONOTONIC && shared != NULL) {
        uint64_t ns = rig_ns((uint64_t)t->tv_sec * SECOND + (uint64_t)t->tv_nsec);
        *t = (struct timespec) { .tv_sec = ns / SECOND, .tv_nsec = ns % SECOND };
    }
    return error;
}

// How long to wait, by the machine's clock, until the rig's may have gone on by so much.
static struct timespec stretched(const struct timespec *t) {
    uint64_t rate = shared ? shared->said[atomic_load(&shared->which) & 1].rate : ONE;
    int64_t ns = (int64_t)t->tv_sec * SECOND + t->tv_nsec;
    if (rate < ONE && ns > 0 && ns < WAIT_NS) {
        ns = ns * ONE < WAIT_NS * (int64_t)rate ? ns * ONE / (int64_t)rate : WAIT_NS;
    }
    return (struct timespec) { .tv_sec = ns / SECOND, .tv_nsec = ns % SECOND };
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *t, struct timespec *left) {
    if (clock != CLOCK_MONOTONIC || flags != TIMER_ABSTIME) {
        return real.nanosleep(clock, flags, t, left);
    }
    for (;;) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t ns = (int64_t)(t->tv_sec - now.tv_sec) * SECOND + (t->tv_nsec - now.tv_nsec);
        if (ns <= 0) {
            return 0;
        }
        struct timespec rest = { .tv_sec = ns / SECOND, .tv_nsec = ns % SECOND }, step = stretched(&rest);
        int error = real.nanosleep(CLOCK_MONOTONIC, 0, &step, NULL);
        if (error != 0) {
            return error; // a signal
        }
    }
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *t, const sigset_t *mask) {
    struct timespec step = t ? stretched(t) : (struct timespec) { 0 };
    return real.ppoll(fds, count, t ? &step : NULL, mask);
}

// Our adapter's waits are futexes.
long syscall(long number, ...) {
    if (real.syscall == NULL) {
        look_up();
    }
    va_list list;
    long a[6];
    va_start(list, number);
    for (int i = 0; i < 6; i++) {
        a[i] = va_arg(list, long);
    }
    va_end(list);
    struct timespec step;
    if (number == SYS_futex && (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT && a[3] != 0) {
        step = stretched((const struct timespec *)a[3]);
        a[3] = (long)&step;
    }
    return real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
