// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A test in the place of a host: it writes packets to a controller of the air and says what it must read, byte for
// byte, in hexadecimal. Spaces are for people. In what is expected "?" is any digit, and "*" at the end any rest.
#ifndef RAW_H
#define RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Fail the running case. Does not return.
void raw_fail(const char *file, int line, const char *what) __attribute__((noreturn));
#define CHECK(x) ((x) ? (void)0 : raw_fail(__FILE__, __LINE__, #x))

// Open the controller; with `ready` also reset it and have every event.
void raw_open(unsigned node, bool ready);
void raw_close(unsigned node);

// Write a packet in one call, which must take it.
void raw_write(unsigned node, const char *hex);

// A command as its opcode and parameters, and its answer: Command Complete with this status, or Command Status.
void raw_command(unsigned node, unsigned opcode, const char *hex);
void raw_done(unsigned node, unsigned opcode, unsigned status);
void raw_status(unsigned node, unsigned opcode, unsigned status);

// The next packet: its length, 0 if there is none; and what it must be.
size_t raw_read(unsigned node, uint8_t *packet);
void raw_expect_at(const char *file, int line, unsigned node, const char *pattern);
#define raw_expect(node, pattern) raw_expect_at(__FILE__, __LINE__, node, pattern)

// There is no packet.
void raw_quiet_at(const char *file, int line, unsigned node);
#define raw_quiet(node) raw_quiet_at(__FILE__, __LINE__, node)

// How often the controller has woken its host.
unsigned raw_wakes(unsigned node);

// Wakes go on to `wake(arg)`.
void raw_forward(unsigned node, void (*wake)(void *arg), void *arg);

// Bytes of the longest packet.
#define RAW_PACKET (1100)

#endif // RAW_H
