// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The console on stdin and stdout.
#ifndef HOST_CONSOLE_H
#define HOST_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

void console_init(void);
bool console_is_readable(void);
bool console_is_writable(void);

// The next character, or -1.
int console_getc(void);

// Whether stdin has ended, and all of it has been read.
bool console_has_ended(void);

// Waits for room where the caller may wait.
void console_write(const char *text, size_t len);

#endif // HOST_CONSOLE_H
