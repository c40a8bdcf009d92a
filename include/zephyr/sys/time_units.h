// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Conversions between units of time: k_<from>_to_<to>_<floor|ceil|near><32|64>, for sec, ms, us, ns, ticks and cyc. 64
// bits are kept in between, and nothing overflows on the way to a result that fits. What does not fit into 64 bits is
// the most that they hold; of what does not fit into 32 the low ones are left.
#ifndef ZEPHYR_SYS_TIME_UNITS_H
#define ZEPHYR_SYS_TIME_UNITS_H

#include <stdint.h>

#include <zephyr/sys_clock.h>

#define Z_HZ_sec (1u)
#define Z_HZ_ms (1000u)
#define Z_HZ_us (1000000u)
#define Z_HZ_ns (1000000000u)
#define Z_HZ_ticks ((uint32_t)CONFIG_SYS_CLOCK_TICKS_PER_SEC)
#define Z_HZ_cyc ((uint32_t)sys_clock_hw_cycles_per_sec())

// `add` is what is added before the division, 0 to `from` - 1.
static inline __attribute__((always_inline)) uint64_t z_convert(uint64_t t, uint32_t from, uint32_t to, uint32_t add) {
    if (from == to) {
        return t;
    }
    if (to % from == 0) {
        uint32_t n = to / from;
        return t > UINT64_MAX / n ? UINT64_MAX : t * n;
    }
    if (from % to == 0) {
        uint32_t n = from / to;
        return t / n + (t % n + (uint64_t)add * n / from) / n;
    }
    return t / from * to + (t % from * to + add) / from;
}

#define Z_CONVERSIONS(from, to) \
    static inline uint64_t k_##from##_to_##to##_floor64(uint64_t t) { \
        return z_convert(t, Z_HZ_##from, Z_HZ_##to, 0); \
    } \
    static inline uint64_t k_##from##_to_##to##_ceil64(uint64_t t) { \
        return z_convert(t, Z_HZ_##from, Z_HZ_##to, Z_HZ_##from - 1); \
    } \
    static inline uint64_t k_##from##_to_##to##_near64(uint64_t t) { \
        return z_convert(t, Z_HZ_##from, Z_HZ_##to, Z_HZ_##from / 2); \
    } \
    static inline uint32_t k_##from##_to_##to##_floor32(uint32_t t) { \
        return (uint32_t)k_##from##_to_##to##_floor64(t); \
    } \
    static inline uint32_t k_##from##_to_##to##_ceil32(uint32_t t) { \
        return (uint32_t)k_##from##_to_##to##_ceil64(t); \
    } \
    static inline uint32_t k_##from##_to_##to##_near32(uint32_t t) { \
        return (uint32_t)k_##from##_to_##to##_near64(t); \
    }

Z_CONVERSIONS(sec, ms)
Z_CONVERSIONS(sec, us)
Z_CONVERSIONS(sec, ns)
Z_CONVERSIONS(sec, ticks)
Z_CONVERSIONS(sec, cyc)
Z_CONVERSIONS(ms, sec)
Z_CONVERSIONS(ms, us)
Z_CONVERSIONS(ms, ns)
Z_CONVERSIONS(ms, ticks)
Z_CONVERSIONS(ms, cyc)
Z_CONVERSIONS(us, sec)
Z_CONVERSIONS(us, ms)
Z_CONVERSIONS(us, ns)
Z_CONVERSIONS(us, ticks)
Z_CONVERSIONS(us, cyc)
Z_CONVERSIONS(ns, sec)
Z_CONVERSIONS(ns, ms)
Z_CONVERSIONS(ns, us)
Z_CONVERSIONS(ns, ticks)
Z_CONVERSIONS(ns, cyc)
Z_CONVERSIONS(ticks, sec)
Z_CONVERSIONS(ticks, ms)
Z_CONVERSIONS(ticks, us)
Z_CONVERSIONS(ticks, ns)
Z_CONVERSIONS(ticks, cyc)
Z_CONVERSIONS(cyc, sec)
Z_CONVERSIONS(cyc, ms)
Z_CONVERSIONS(cyc, us)
Z_CONVERSIONS(cyc, ns)
Z_CONVERSIONS(cyc, ticks)

#endif // ZEPHYR_SYS_TIME_UNITS_H
