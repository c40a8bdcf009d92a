// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The part of Zephyr's <zephyr/sys/util.h> and <zephyr/toolchain.h> that programs for the kernel use.
#ifndef ZEPHYR_SYS_UTIL_H
#define ZEPHYR_SYS_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BIT(n) (1UL << (n))
#define BIT64(n) (1ULL << (n))
#define BIT_MASK(n) (BIT(n) - 1UL)
#define BIT64_MASK(n) (BIT64(n) - 1ULL)
#define WRITE_BIT(variable, bit, set) ((variable) = (set) ? (variable) | BIT(bit) : (variable) & ~BIT(bit))
#define IS_BIT_SET(value, bit) (((value) >> (bit) & 1) != 0)

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif
#define ARRAY_FOR_EACH(array, i) for (size_t i = 0; i < ARRAY_SIZE(array); ++i)
#define CONTAINER_OF(pointer, type, field) ((type *)((char *)(pointer) - offsetof(type, field)))
#define ROUND_UP(x, align) \
    ((((unsigned long)(x) + ((unsigned long)(align) - 1)) / (unsigned long)(align)) * (unsigned long)(align))
#define ROUND_DOWN(x, align) (((unsigned long)(x) / (unsigned long)(align)) * (unsigned long)(align))
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))
#define DIV_ROUND_CLOSEST(n, d) (((n) + (d) / 2) / (d))

#ifndef MIN
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#endif
#ifndef MAX
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#endif
#ifndef CLAMP
#define CLAMP(x, low, high) ((x) <= (low) ? (low) : MIN(x, high))
#endif
#define IN_RANGE(x, low, high) ((x) >= (low) && (x) <= (high))

#define KB(x) ((x) << 10)
#define MB(x) (KB(x) << 10)
#define MHZ(x) (KHZ(x) * 1000)
#define KHZ(x) ((x) * 1000)

#define POINTER_TO_UINT(x) ((uintptr_t)(x))
#define UINT_TO_POINTER(x) ((void *)(uintptr_t)(x))
#define POINTER_TO_INT(x) ((intptr_t)(x))
#define INT_TO_POINTER(x) ((void *)(intptr_t)(x))

#define STRINGIFY(s) Z_STRINGIFY(s)
#define Z_STRINGIFY(s) #s
#define _CONCAT(a, b) Z_CONCAT(a, b)
#define Z_CONCAT(a, b) a##b
#define _STRINGIFY(s) #s

// 1 for an option that is defined as 1, else 0.
#define IS_ENABLED(option) Z_IS_ENABLED(option)
#define Z_IS_ENABLED(value) Z_IS_ENABLED2(Z_ENABLED_##value)
#define Z_ENABLED_1 Z_YES,
#define Z_IS_ENABLED2(one_or_two) Z_IS_ENABLED3(one_or_two 1, 0)
#define Z_IS_ENABLED3(ignored, value, ...) value

#define ARG_UNUSED(x) ((void)(x))
#define BUILD_ASSERT(...) Z_BUILD_ASSERT(__VA_ARGS__, "", "")
#define Z_BUILD_ASSERT(condition, text, ...) _Static_assert(condition, "" text)
#define CODE_UNREACHABLE __builtin_unreachable()
#define FUNC_NORETURN __attribute__((noreturn))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#ifndef __packed
#define __packed __attribute__((packed))
#endif
#ifndef __aligned
#define __aligned(n) __attribute__((aligned(n)))
#endif
#ifndef __used
#define __used __attribute__((used))
#endif
#ifndef __unused
#define __unused __attribute__((unused))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#ifndef __noinit
#define __noinit __attribute__((section(".noinit")))
#endif
#ifndef __fallthrough
#define __fallthrough __attribute__((fallthrough))
#endif
#ifndef __deprecated
#define __deprecated __attribute__((deprecated))
#endif

#endif // ZEPHYR_SYS_UTIL_H
