// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Assertions that end the program with a message, for misuse and for what cannot be.
#ifndef ZEPHYR_SYS_ASSERT_H
#define ZEPHYR_SYS_ASSERT_H

#include <zephyr/config.h>
#include <zephyr/sys/util.h>

// Say "call: reason, thread name" on the console and stop.
FUNC_NORETURN void kern_fail(const char *call, const char *reason);

#define __ASSERT(test, ...) do { \
        if (CONFIG_ASSERT && !(test)) { \
            kern_fail(__func__, "assert " #test); \
        } \
} while (0)
#define __ASSERT_NO_MSG(test) __ASSERT(test, "")
#define __ASSERT_EVAL(without, with, test, ...) do { \
        if (CONFIG_ASSERT) { \
            with; \
            __ASSERT(test, ""); \
        } else { \
            without; \
        } \
} while (0)

#endif // ZEPHYR_SYS_ASSERT_H
