// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Addresses of ours, advertising, scanning, connecting. For the host's thread.
#ifndef HEDDLE_BLE_GAP_H
#define HEDDLE_BLE_GAP_H

#include "base.h"

struct ble_conn;

#define BLE_ADVERTISING_MAX (31)
#define BLE_EXTENDED_MAX (251) // what one command takes (Core, Vol 4, Part E, 7.8.54)

typedef struct {
    ble_address_t peer;
    uint8_t kind;
    int8_t rssi;
    bool more; // of its data is to come
    uint8_t length;
    uint8_t data[BLE_ADVERTISING_MAX];
    ble_buffer_t *buffer; // of data that is longer, NULL: `data`
} ble_report_t;

// What the application has still to be told, in this order.
enum {
    BLE_TELL_ADVERTISING_ENDED = 1,
    BLE_TELL_CONNECT_FAILED = 2,
    BLE_TELL_LOST = 4,
};

typedef struct {
    ble_source_t source;
    uint8_t tell;
    int lost_error;

    // Addresses.
    ble_own_address_t own_kind;
    uint8_t random[6]; // that the controller has
    uint8_t static_address[6]; // ours until ble_stop
    ble_timer_t renew_timer; // of a private address

    // Which commands: the legacy ones or the extended ones. The first that there is of either decides, until Reset.
    bool extended, begun;
    bool high_duty; // what is advertised with the extended ones, so not for long

    // What is asked for of each connection, 0: nothing.
    uint16_t data_length;
    uint8_t phys;

    // Advertising.
    bool advertising;
    ble_address_t advertising_as, advertised_as; // now or last, and before that

    // Never, without BLE_CENTRAL.
    bool scanning, scan_duplicates;
    bool connecting; // from ble_connect to its event
    bool creating; // the controller is at it
    uint8_t connecting_type; // of our address: public, or `random`

#if BLE_CENTRAL
    // Scanning.
    ble_source_t scan_source;
    uint8_t scans; // begun so far
    bool scan_done; // to be told
    ble_timer_t scan_timer;
    ble_report_t reports[BLE_REPORTS];
    uint8_t first, count; // of the reports that wait
    uint32_t dropped;

    // Connecting.
    bool cancelled;
    ble_connect_t connect;
    uint64_t connect_due_us;
    ble_timer_t connect_timer; // to try again, or the deadline
    ble_address_t failed_peer; // of the event
    uint8_t connect_status;
#endif
} ble_gap_t;

void ble_gap_init(ble_t *b);
void ble_gap_ready(ble_t *b, ble_call_t *call); // the controller is; give it our address and end the call of ble_start
void ble_gap_event(ble_t *b, uint8_t subevent, const uint8_t *p, size_t length); // an LE Meta event
void ble_gap_lost(ble_t *b, int error); // scans and connecting end; tell BLE_EVENT_LOST
void ble_gap_tell(ble_t *b, unsigned what); // BLE_TELL_*

// The type of the address that the next procedure uses: a new one where it is private, given to the controller where it
// is random.
uint8_t ble_address_choose(ble_t *b);
void ble_address_of(ble_t *b, uint8_t type, ble_address_t *own); // which one that is
void ble_address_init(ble_t *b);
void ble_address_renew(ble_t *b); // a resolvable one in use, by the key that there is now

int ble_advertising_switch(ble_t *b, ble_call_t *call, bool on); // `call` NULL: nobody waits
void ble_advertising_anew(ble_t *b, uint8_t type); // with an address of this type
void ble_advertising_off(ble_t *b);
// The command that switches it on, while that has no answer: what ends now was the advertising before. Else NULL.
const struct ble_command *ble_advertising_begins(ble_t *b);
int ble_scan_switch(ble_t *b, ble_call_t *call, bool on);
void ble_speed_opened(ble_t *b, struct ble_conn *c);

// Whether connection parameters are ones that can be.
bool ble_parameters_valid(uint16_t min, uint16_t max, uint16_t latency, uint16_t timeout);

// Their parts of the events.
void ble_scan_init(ble_t *b);
void ble_scan_reported(ble_t *b, const uint8_t *p, size_t length);
void ble_scan_ended(ble_t *b);

// A report, `address` its type and octets; with `more` the next one goes on with its data.
void ble_scan_put(ble_t *b, uint8_t kind, const uint8_t *address, int8_t rssi, const uint8_t *data, uint8_t length,
    bool more);
void ble_connect_init(ble_t *b);
void ble_connect_completed(ble_t *b, const uint8_t *p, size_t length, bool enhanced);
void ble_connect_made(ble_t *b); // there is the connection
void ble_advertising_terminated(ble_t *b, uint8_t status);
void ble_connect_ended(ble_t *b, uint8_t status);
void ble_connect_failed(ble_t *b, uint8_t status); // the controller has: again in a moment, or not any more
void ble_connect_fill(ble_t *b, ble_event_t *event); // BLE_EVENT_CONNECT_FAILED

// extended.c: whether its commands are used; whether they can advertise that; the parts of advertising, scanning and
// connecting that differ. `legacy` are the parameters of LE Create Connection.
#define ble_extended(b) (BLE_EXTENDED_COMMANDS && (b)->gap.extended)
bool ble_extended_valid(const ble_advertise_t *a);
void ble_extended_advertise(ble_t *b, ble_call_t *call, const ble_advertise_t *a);
void ble_extended_address(ble_t *b); // gap.random is that of advertising, too
void ble_extended_scan(ble_t *b, ble_call_t *call, const ble_scan_t *s, uint8_t own_type);
int ble_extended_create(ble_t *b, const uint8_t legacy[25], bool coded, ble_command_done_t done);
void ble_extended_reported(ble_t *b, const uint8_t *p, size_t length);

#endif // HEDDLE_BLE_GAP_H
