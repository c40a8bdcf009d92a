// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
#ifndef MPS2_UART_H
#define MPS2_UART_H

#include <stdbool.h>
#include <stddef.h>

// How long a thread waits for room before it looks again, should an event have been someone else's.
#define TX_WAIT_MS (10)

// Whether uart_getc() has a character, and uart_write() room for one.
bool uart_is_readable(void);
bool uart_is_writable(void);

// The next character received, or -1.
int uart_getc(void);

// Send all of `text`, in any context. Waits for room where it may, otherwise polls.
void uart_write(const char *text, size_t len);

// Send by polling what is still to be sent. In any context.
void uart_drain(void);

#endif // MPS2_UART_H
