// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Fuzzing of the Bluetooth LE host. An input is a script: each step begins with an octet, which says what an
// application, a controller or a peer does; what that takes more of is read from the octets that follow. So an input
// reaches every state that a run can, and is the same each time. A target is a file with steps of its own.
#ifndef HEDDLE_TESTS_BLE_FUZZ_H
#define HEDDLE_TESTS_BLE_FUZZ_H

#include "alone.h"

// Connections that peers have in common: one more than there is place for.
enum { FUZZ_FIRST = 64, FUZZ_CONNECTIONS = BLE_CONNECTIONS + 1 };

typedef struct {
    void (*prepare)(void); // before the start of the host; NULL as any other: nothing
    void (*begin)(void); // after it
    void (*step)(unsigned what); // one step, 0 to 191
    int (*event)(const ble_event_t *event, int answer); // what to answer, FUZZ_ANSWERED when that has been done
    void (*heard)(uint16_t connection, uint16_t cid, const uint8_t *payload, size_t length); // the host has sent it
    void (*command)(const uint8_t *packet); // in place of the controller's good answers
    void (*end)(void); // everything is given back and down
} fuzz_target_t;

extern const fuzz_target_t fuzz_target;

enum { FUZZ_ANSWERED = INT32_MIN };

// ---- the input; zeros when it is over

uint8_t fuzz_octet(void);
uint16_t fuzz_two(void);
unsigned fuzz_below(unsigned number);
bool fuzz_one_in(unsigned number); // not when the input is over
size_t fuzz_octets(uint8_t *to, size_t most); // a number of octets
void fuzz_fill(uint8_t *to, size_t length);

// ---- what the peers and the controller do; nothing when the host has lost its controller

uint16_t fuzz_connection(void); // one of the peers'
ble_conn_t *fuzz_conn(void); // the same, or NULL
void fuzz_feed(const void *octets, size_t length);
void fuzz_event(uint8_t code, const void *parameters, size_t length);
void fuzz_l2cap(uint16_t connection, uint16_t cid, const void *payload, size_t length); // in one fragment or more
void fuzz_connect(uint16_t connection, bool central);
void fuzz_disconnect(uint16_t connection);
void fuzz_secure(ble_conn_t *c); // as a pairing would

// ---- the application

void fuzz_take(bool keep); // an event
void fuzz_give(void); // one that was kept
void fuzz_listen(void); // to all that the host has sent

#endif // HEDDLE_TESTS_BLE_FUZZ_H
