// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What ends everything says why first.
#include <string.h>

#include "kern.h"

static void write(const char *text) {
    arch_write(text, strlen(text));
}

static void write_number(uint32_t value, uint32_t base, unsigned least) {
    char digits[11], *p = digits + sizeof(digits) - 1;
    *p = '\0';
    for (; value != 0 || least != 0; value /= base, least -= least != 0) {
        *--p = "0123456789abcdef"[value % base];
    }
    write(p);
}

void kern_say(const char *format, ...) {
    va_list args;
    va_start(args, format);
    for (const char *from = format;; ++format) {
        if (*format == '%' || *format == '\0') {
            arch_write(from, format - from);
            from = format + 2;
            if (*format == '\0') {
                break;
            }
            ++format;
            if (*format == 's') {
                write(va_arg(args, const char *));
                continue;
            }
            int value = va_arg(args, int);
            if (*format == 'x') {
                write_number((uint32_t)value, 16, 8);
                continue;
            }
            if (value < 0) {
                write("-");
            }
            write_number(value < 0 ? -(uint32_t)value : (uint32_t)value, 10, 1);
        }
    }
    va_end(args);
}

void kern_fail(const char *call, const char *reason) {
    static struct k_spinlock failing;
    (void)arch_mask();
    if (kern_spin_try(&failing)) {
        const struct k_thread *t = kern_started ? arch_current() : NULL;
        kern_say("%s: %s%s%s%s\r\n", call, reason, t == NULL ? ", before the start" : ", thread ",
            t == NULL ? "" : kern_name(t), arch_in_isr() ? ", in an interrupt" : "");
    } else if (ARCH_CORES > 1 && !kern_spin_is_mine(&failing)) {
        for (;;) {
            arch_spin(); // another core says why
        }
    }
    arch_exit(1);
}
