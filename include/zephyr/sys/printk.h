// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Printing on the console, in every context. Conversions are those of printf but for floating point.
#ifndef ZEPHYR_SYS_PRINTK_H
#define ZEPHYR_SYS_PRINTK_H

#include <stdarg.h>
#include <stddef.h>

void printk(const char *format, ...) __attribute__((format(printf, 1, 2)));
void vprintk(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

// As snprintf: the length that the whole text has, whatever there was room for.
int snprintk(char *out, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
int vsnprintk(char *out, size_t size, const char *format, va_list args) __attribute__((format(printf, 3, 0)));

#endif // ZEPHYR_SYS_PRINTK_H
