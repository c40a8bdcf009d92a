// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// One host, one thread, and the test as its controller and its peers, octet for octet. No other thread, no real clock,
// so each run is the same. For tables of packets and for fuzzing.
#ifndef HEDDLE_TESTS_BLE_ALONE_H
#define HEDDLE_TESTS_BLE_ALONE_H

#include "host.h"

extern ble_t alone;

// Start the host: every command of the start is answered with success, numbers of 192 x 4 for buffers.
void alone_start(void);
int alone_try_start(void); // the same, with its result
void alone_stop(void);

// Move the clock on, and have the host work.
void alone_wait(uint32_t ms);

// Octets from the controller, and the host works.
void alone_feed(const void *octets, size_t length);
void alone_event(uint8_t code, const void *parameters, size_t length);
void alone_l2cap(uint16_t connection, uint16_t cid, const void *payload, size_t length); // one first fragment

// A connection comes up: LE Connection Complete, in which we are the central or not; never without BLE_CENTRAL, so that
// what a test does as both it then does twice as the peripheral.
void alone_connect(uint16_t connection, bool central);
void alone_disconnect(uint16_t connection, uint8_t reason);

// What the host has sent: the next packet, with its H4 octet; its length, or 0. Commands are answered by themselves
// with Command Complete, status 0 and zeros, unless `alone_answers` is false; ACL packets count as sent at once.
// Otherwise with `alone_commanded`, which is called for each command on the host's behalf and may give events; without
// `alone_completes`; and with a transport that takes `alone_room` octets more and is full then. alone_start undoes the
// last two.
extern bool alone_answers;
extern uint8_t alone_acl_length; // of the controller's packets, told at the start
void alone_refuse(uint16_t opcode, uint8_t status); // answer this one so, until another is said
extern bool alone_completes;
extern size_t alone_room;
extern void (*alone_commanded)(const uint8_t *packet);
void alone_give_event(uint8_t code, const void *parameters, size_t length); // the host does not work yet
size_t alone_unread(void); // octets that the host has not read
size_t alone_sent(uint8_t packet[1 + 4 + 4 + 600]);

// The next L2CAP payload that was sent on a channel, other packets passed over: its length, or 0.
size_t alone_sent_on(uint16_t connection, uint16_t cid, uint8_t payload[600]);
// The next command of this opcode, other packets passed over: its parameters' length, or -1.
int alone_sent_command(uint16_t opcode, uint8_t parameters[255]);

// The next event, at once; false when there is none.
bool alone_next(ble_event_t *event);
// Take it and give it back with `answer`; its type, or -1.
int alone_take(ble_event_t *event, int answer);

// Say where and stop when it is not so.
#define alone_check(what) ((what) ? (void)0 : alone_failed(__FILE__, __LINE__, #what))
void alone_failed(const char *file, int line, const char *what) __attribute__((noreturn));

#endif // HEDDLE_TESTS_BLE_ALONE_H
