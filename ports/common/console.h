// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The console: a ring each way between Python and a board's wire, which is a UART or a file of the host.
#ifndef PORTS_CONSOLE_H
#define PORTS_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>

// ---- for Python

// Whether there is a character to get, or the end of all; whether there is room. Once that is not so, its being so
// again is an event.
bool console_is_readable(void);
bool console_is_writable(void);

// The next character received, or -1.
int console_getc(void);

// Whether nothing will be received any more, and all was got.
bool console_has_ended(void);

// Send all of `text`, in any context. Waits for room where it may; otherwise polls, after what the ring still holds.
void console_write(const char *text, size_t len);

// Send what the ring holds by polling. In any context.
void console_drain(void);

// ---- for the wire

// Whether somebody reads what it receives, and gives it what to take. Without it needs no interrupts, in which the rest
// here is called.
bool console_is_read(void);

// Characters came. A full ring loses them as a UART without flow control does, but never the interrupt character.
void console_received(const char *text, size_t len);

// They will not come any more.
void console_ended(void);

// Take the next characters to send: how many there were.
size_t console_take(char *to, size_t size);

// ---- the board's wire

// There is something to take.
void wire_kick(void);

// Send one character by polling, interrupts masked.
void wire_put(char c);

// Until all that was given to the wire has gone out, likewise.
void wire_flush(void);

#endif // PORTS_CONSOLE_H
