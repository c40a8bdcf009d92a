// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What printk makes of its arguments.
#include <string.h>

#include "kernel_test.h"

// Each is as large as it says, or the ones behind it are wrong.
CASE(printk_sizes) {
    char text[80];
    snprintk(text, sizeof(text), "%hhd %lld %ld %llx %u|", 257, -4294967296000ll, -2l, 0x123456789abull, 3u);
    CHECK_IS(strcmp(text, "1 -4294967296000 -2 123456789ab 3|"), 0);
}
