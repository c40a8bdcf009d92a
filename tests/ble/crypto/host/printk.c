// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The one function of our kernel that the test calls.
#include <stdio.h>
#include <zephyr/sys/printk.h>

void printk(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}
