// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The host's state. Include it to give a `ble_t` its memory; nothing in it is for the application.
#ifndef HEDDLE_BLE_HOST_H
#define HEDDLE_BLE_HOST_H

#include "conn.h"
#include "gap.h"
#include "gattc.h"
#include "gatts.h"
#include "hci.h"

// A thread in ble_event_wait.
typedef struct ble_waiter {
    struct ble_waiter *next;
    rtos_thread_t *thread;
    unsigned classes;
} ble_waiter_t;

// A thread in ble_stop that another one is ahead of.
typedef struct ble_stopper {
    struct ble_stopper *next;
    rtos_thread_t *thread;
    bool done;
} ble_stopper_t;

typedef enum {
    BLE_DOWN,
    BLE_STARTING, // its state is being set up
    BLE_WAKING, // its thread runs, and asks the controller
    BLE_UP,
    BLE_ENDING,
} ble_life_t;

struct ble {
    // Within critical sections: what threads hand to the host and take from it.
    ble_call_t *calls, **calls_end;
    ble_source_t *events, **events_end; // queued
    ble_source_t *back, **back_end; // given back
    ble_waiter_t *waiters;
    ble_stopper_t *stoppers;
    uint16_t generation; // of this start; older events are nobody's
    ble_life_t life;
    bool accepting; // calls and events that are given back; while it wakes those of its own start and stop only

    // The host's thread.
    bool quit;
    bool open; // the transport is
    bool lost;
    bool room; // something has been freed: what waits for room may go on
    uint8_t conn_count; // of those that are not free
    uint8_t acl_turn; // the connection that may send next
    uint16_t unsent; // packets in the queues of all connections
    uint16_t conn_number; // of the newest
    uint16_t free_count;
    ble_buffer_t *free;
    ble_conn_t *conn_found; // the last one that was looked for
    ble_conn_t *acl_writing; // whose fragment is hci.out
    ble_buffer_t *acl_orphan; // that fragment's buffer, when its connection has ended
    ble_timer_t *timers; // the next one first
    ble_call_t *waiting, **waiting_end; // for room
    ble_call_t *stop_call; // all of them, while the host stops
    ble_setup_t setup;
    ble_gatts_t gatts;
    ble_gap_t gap;
    ble_hci_t hci;
    ble_l2cap_t l2cap;
#if BLE_PAIRINGS
    ble_security_state_t security;
#endif
    ble_gattc_pool_t gattc;
    uint8_t random[2][16]; // the generator's key and its block; at first what the controller gave
    ble_timer_t stop_timer;
    ble_conn_t conns[BLE_CONNECTIONS];
    ble_buffer_t buffers[BLE_BUFFERS];
    rtos_thread_t thread;
};

// What the host's thread does: a round of work, whether there was something; and until when it may sleep.
bool ble_host_work(ble_t *b);
uint64_t ble_host_due(ble_t *b);

// A connection has ended: when the host stops, it may have been the last.
void ble_stop_check(ble_t *b);

#endif // HEDDLE_BLE_HOST_H
