// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Time: ticks, timeouts and time points, as in Zephyr's <zephyr/sys_clock.h>. Ticks have 64 bits.
#ifndef ZEPHYR_SYS_CLOCK_H
#define ZEPHYR_SYS_CLOCK_H

#include <arch_kernel.h>
#include <zephyr/config.h>
#include <zephyr/sys/util.h>

typedef int64_t k_ticks_t;

// How long a call may wait. An opaque type: made by the macros below. Negative ticks other than K_FOREVER's are a time
// of the clock.
typedef struct {
    k_ticks_t ticks;
} k_timeout_t;

#define K_TICKS_FOREVER ((k_ticks_t)-1)
#define Z_TIMEOUT_TICKS(t) ((k_timeout_t) { .ticks = (t) })
#define Z_TICK_ABS(t) (K_TICKS_FOREVER - 1 - (t))
#define Z_IS_TIMEOUT_RELATIVE(timeout) ((timeout).ticks >= K_TICKS_FOREVER)

#define K_TIMEOUT_EQ(a, b) ((a).ticks == (b).ticks)

#define K_NO_WAIT Z_TIMEOUT_TICKS(0)
#define K_FOREVER Z_TIMEOUT_TICKS(K_TICKS_FOREVER)

// Rounded up; no time at all for less than none, and 292 thousand years for more.
#define Z_COUNT(n) ((n) > 0 ? (uint64_t)(n) : 0)
#define Z_TICKS_OF(unit, n) k_##unit##_to_ticks_ceil64(Z_COUNT(n))
#define Z_TIMEOUT_OF(unit, n) z_timeout(Z_TICKS_OF(unit, n))
#define K_TICKS(t) z_timeout(Z_COUNT(t))
#define K_NSEC(t) Z_TIMEOUT_OF(ns, t)
#define K_USEC(t) Z_TIMEOUT_OF(us, t)
#define K_CYC(t) Z_TIMEOUT_OF(cyc, t)
#define K_MSEC(t) Z_TIMEOUT_OF(ms, t)
#define K_SECONDS(s) Z_TIMEOUT_OF(sec, s)
#define K_MINUTES(m) K_SECONDS(z_convert(Z_COUNT(m), 1, 60, 0))
#define K_HOURS(h) K_SECONDS(z_convert(Z_COUNT(h), 1, 3600, 0))

// Until a time of k_uptime_ticks().
#define K_TIMEOUT_ABS_TICKS(t) z_timeout_abs(Z_COUNT(t))
#define K_TIMEOUT_ABS_SEC(t) z_timeout_abs(Z_TICKS_OF(sec, t))
#define K_TIMEOUT_ABS_MS(t) z_timeout_abs(Z_TICKS_OF(ms, t))
#define K_TIMEOUT_ABS_US(t) z_timeout_abs(Z_TICKS_OF(us, t))
#define K_TIMEOUT_ABS_NS(t) z_timeout_abs(Z_TICKS_OF(ns, t))
#define K_TIMEOUT_ABS_CYC(t) z_timeout_abs(Z_TICKS_OF(cyc, t))

static inline k_timeout_t z_timeout(uint64_t ticks) {
    return Z_TIMEOUT_TICKS((k_ticks_t)MIN(ticks, (uint64_t)INT64_MAX - 1));
}

static inline k_timeout_t z_timeout_abs(uint64_t ticks) {
    return Z_TIMEOUT_TICKS(Z_TICK_ABS(z_timeout(ticks).ticks));
}

#define SYS_FOREVER_MS (-1)
#define SYS_FOREVER_US (-1)
#define SYS_TIMEOUT_MS(ms) Z_TIMEOUT_TICKS((ms) == SYS_FOREVER_MS ? K_TICKS_FOREVER : K_MSEC(ms).ticks)

#define MSEC_PER_SEC (1000U)
#define USEC_PER_MSEC (1000U)
#define USEC_PER_SEC (1000000U)
#define NSEC_PER_USEC (1000U)
#define NSEC_PER_MSEC (1000000U)
#define NSEC_PER_SEC (1000000000U)
#define SEC_PER_MIN (60U)
#define SEC_PER_HOUR (3600U)
#define MIN_PER_HOUR (60U)
#define HOUR_PER_DAY (24U)

// A timeout that several waits share: when it is over. The tick 0 is K_NO_WAIT's, and the last one K_FOREVER's.
typedef struct {
    uint64_t tick;
} k_timepoint_t;

k_timepoint_t sys_timepoint_calc(k_timeout_t timeout);
k_timeout_t sys_timepoint_timeout(k_timepoint_t timepoint); // what is left of it

static inline int sys_timepoint_cmp(k_timepoint_t a, k_timepoint_t b) {
    return a.tick == b.tick ? 0 : a.tick < b.tick ? -1 : 1;
}

static inline bool sys_timepoint_expired(k_timepoint_t timepoint) {
    return K_TIMEOUT_EQ(sys_timepoint_timeout(timepoint), K_NO_WAIT);
}

// Something that happens at a time. Internal: a node of the heap of all such, see kernel/timeout.c.
struct _timeout {
    struct _timeout *left, *right, *parent;
    void (*fn)(struct _timeout *t); // called in an interrupt, with the kernel's lock
    k_ticks_t at;
    uint32_t order; // those of the same time come in the order in which they were added
    uint8_t rank; // 0 outside of the heap
};

int64_t sys_clock_tick_get(void);
uint32_t sys_clock_tick_get_32(void);
int sys_clock_hw_cycles_per_sec(void);
#ifdef ARCH_CYCLES_HZ
#define sys_clock_hw_cycles_per_sec() ((int)(ARCH_CYCLES_HZ)) // known when this is compiled
#endif

#include <zephyr/sys/time_units.h>

#endif // ZEPHYR_SYS_CLOCK_H
