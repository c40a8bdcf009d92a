// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The air: Bluetooth LE controllers of the tests' own, in this process, that hear each other, each a ble_transport_t.
//
// It has no thread and no clock. What a host writes is done in that call, in one critical section; what it makes others
// hear lies in their rings when the call returns, and their wakes have been called, outside of that section. Time
// passes in steps of 10 ms when a test says so (air_step); what is random comes from the seed. There is one air.
//
// Functions are T unless they say otherwise; any of them from any thread.
#ifndef AIR_H
#define AIR_H

#include <stdbool.h>

#include "ble_transport.h"

#define AIR_NODES (33)
#define AIR_LISTED (32) // opcodes of a list

// What a controller is like. air_knobs() has the values for one that can everything.
typedef struct {
    // ---- sizes
    uint16_t acl_len; // bytes of each LE ACL buffer, 27 to 251
    uint8_t acl_num; // how many there are, 1 to 8
    uint8_t links; // most connections, 1 to 32
    uint16_t ll_len; // most bytes of a packet on the air that it sends or takes, 27 to 251; links begin with 27

    // ---- commands
    uint8_t credits; // how many commands it takes at a time, from 1
    bool credits_late; // every answer leaves the host without a credit until the next step
    bool unknown_by_status; // an unknown command is answered by Command Status, else by Command Complete
    bool old_complete; // it has LE Connection Complete only, and not the enhanced one
    bool asks_parameters; // a central's Connection Update asks the peripheral's host first
    uint8_t connects_fail; // so many connections that it makes fail: Connection Failed to be Established, on both sides
    bool connects_at_once; // who is not heard when it is asked to connect fails so, too
    uint16_t unknown[AIR_LISTED]; // commands that it does not know; 0 ends the list
    struct {
        uint16_t opcode; // answered with `status`
        uint8_t status;
        uint8_t times; // so many times
    } refuse[4];
    uint64_t features_off; // LE features that it says it has not
    uint64_t features_on; // and those that it says it has, true or not

    // ---- the stream
    uint8_t read_max; // most bytes that a read gives, 0 for any
    uint16_t read_cut; // a read gives up to so many bytes of each packet, and the next the rest; 0: no such limit
    uint8_t write_max; // most bytes that a write takes, 0 for any
    uint8_t write_none; // so many writes take nothing first

    // ---- the order
    uint8_t completed_every; // Number Of Completed Packets comes once there are so many, or with the next step; from 1
    bool data_by_step; // its data waits for steps, and each takes one packet of each connection
    bool data_shuffled; // of data that waits for several connections any goes first
} air_knobs_t;

// What a controller has counted since air_init.
typedef struct {
    unsigned commands, acl_sent, acl_received, events;
    unsigned reports_lost; // its host did not read fast enough
    unsigned complaints; // its host did what HCI forbids
} air_counts_t;

// B, or T with every transport closed. `count` controllers, powered off until opened, with the knobs of air_knobs().
void air_init(unsigned count, uint32_t seed);

ble_transport_t *air_transport(unsigned node);

// The knobs of a controller that can everything, and what one is told to be like. Takes effect at once; what it tells
// the host once (buffers, commands, features) should be set before the host asks.
air_knobs_t air_knobs(void);
void air_configure(unsigned node, const air_knobs_t *knobs);

// Any. The nth command that a controller need not know, 0 after the last.
uint16_t air_optional(unsigned nth);

// So many times 10 ms: advertisers are heard, what is limited in time ends, what knobs hold until a step goes on.
void air_step(unsigned steps);

// What the controller tells its host is held from now on, or no longer. While it is, air_release lets so many packets
// go: how many there were.
void air_hold(unsigned node, bool hold);
unsigned air_release(unsigned node, unsigned packets);

// Every connection of this controller, or any connection at the nth packet on the air from now (0: never; control
// packets count), is lost: both hosts hear Connection Timeout, and the packet is not delivered.
void air_drop(unsigned node);
void air_drop_at(unsigned nth);

// Whether that packet has come.
bool air_dropped(void);

// The controller says so, and goes on.
void air_hardware_error(unsigned node, uint8_t code);

// The transport is gone: calls give -EPIPE until it has been closed. The controller loses power.
void air_lose(unsigned node);

// What was counted, and the first complaint about the host ("" for none).
air_counts_t air_counts(unsigned node);
const char *air_complaint(unsigned node);

#endif // AIR_H
