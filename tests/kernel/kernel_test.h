// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The kernel's suites: a case is what Zephyr's documentation says of one call, the same source on every board and, with
// every schedule explored, on tests/sim. It runs in a thread of priority 0
// and ends with all its threads gone. The first check that fails ends the program.
#ifndef TESTS_KERNEL_TEST_H
#define TESTS_KERNEL_TEST_H

#include <zephyr/kernel.h>

#ifdef SIM_PROGRAM
#include "sim.h"
#define TEST_SIM (1)
#define TEST_ROUNDS(n) (2) // the schedules do the rest
#define Z_TEST_CASE(ident, is_wide) \
    static void sim_run_##ident(void) { \
        test_boot(ident); \
    } \
    SIM_CASE(ident, sim_run_##ident, is_wide)
#else
#define TEST_SIM (0)
#define TEST_ROUNDS(n) (n)
typedef struct {
    const char *name;
    void (*run)(void);
} test_case_t;
#define Z_TEST_CASE(ident, is_wide) \
    static const test_case_t test_case_##ident \
    __attribute__((used, section("kernel_cases"), aligned(sizeof(void *)))) = { #ident, ident }
#endif

// A case with two threads, and one with more, which is explored with one switch less.
#define CASE(ident) \
    static void ident(void); \
    Z_TEST_CASE(ident, false); \
    static void ident(void)
#define WIDE_CASE(ident) \
    static void ident(void); \
    Z_TEST_CASE(ident, true); \
    static void ident(void)

#define CHECK(expr) ((expr) ? (void)0 : test_fail(__FILE__, __LINE__, #expr, 0))
#define CHECK_IS(expr, wanted) do { \
        long long test_value_ = (long long)(expr); \
        if (test_value_ != (long long)(wanted)) { \
            test_fail(__FILE__, __LINE__, #expr " is " #wanted, test_value_); \
        } \
} while (0)
void test_fail(const char *file, int line, const char *expr, long long value) __attribute__((noreturn));

// A case, in a thread of priority TEST_PRIO of its own.
void test_run(void (*run)(void));

// Starts the kernel with one in the first thread.
void test_boot(void (*run)(void)) __attribute__((noreturn));

// ---- threads, out of a pool

#define TEST_THREADS (6)
#define TEST_PRIO (0) // the case's own

// Of priority TEST_PRIO + `below`: started, or made with K_FOREVER.
k_tid_t test_spawn(void (*entry)(void *arg), void *arg, int below);
k_tid_t test_prepare(void (*entry)(void *arg), void *arg, int below);

// Wait until it has ended; or end it.
void test_join(k_tid_t t);
void test_end(k_tid_t t);

// Until `t` waits for an object, or sleeps, or has ended.
void test_await_wait(k_tid_t t);

// Whether threads of equal priority can run at once.
static inline bool test_parallel(void) {
    return arch_core_count() > 1;
}

// Looped on until it holds; another thread or an interrupt makes it.
#define AWAIT(expr) do { \
        while (!(expr)) { \
            test_spin(); \
        } \
} while (0)
void test_spin(void);

// Call `fn` in an interrupt.
void test_in_isr(void (*fn)(void));

#endif // TESTS_KERNEL_TEST_H
