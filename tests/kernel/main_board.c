// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The suites on a board: all cases in one boot, up to the first that fails. Each begins with the suites' variables as
// they were loaded, as on the simulated machine.
#include <string.h>

#include "kernel_test.h"

#if !TEST_SIM

extern const test_case_t __start_kernel_cases[], __stop_kernel_cases[];
// Of the files test_*.c, by the linker script.
extern char kernel_tests_data_start[], kernel_tests_data_end[], kernel_tests_bss_start[], kernel_tests_bss_end[];
static char loaded[16 * 1024];

int main(void) {
    size_t size = kernel_tests_data_end - kernel_tests_data_start;
    CHECK(size <= sizeof(loaded));
    memcpy(loaded, kernel_tests_data_start, size);
    for (const test_case_t *c = __start_kernel_cases; c < __stop_kernel_cases; ++c) {
        memcpy(kernel_tests_data_start, loaded, size);
        memset(kernel_tests_bss_start, 0, kernel_tests_bss_end - kernel_tests_bss_start);
        test_run(c->run);
        printk("ok   %s\n", c->name);
    }
    printk("%d passed\n", (int)(__stop_kernel_cases - __start_kernel_cases));
    return 0;
}

#endif
