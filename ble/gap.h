// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Addresses of ours, advertising, scanning, connecting. For the host's thread.
#ifndef HEDDLE_BLE_GAP_H
#define HEDDLE_BLE_GAP_H

#include "base.h"

// Reports that wait for the application, 40 bytes each; what comes when all are taken is dropped and counted.
#ifndef BLE_REPORTS
#define BLE_REPORTS (6)
#endif

#define BLE_ADVERTISING_MAX (31)

typedef struct {
    ble_address_t peer;
    uint8_t kind;
    int8_t rssi;
    uint8_t length;
    uint8_t data[BLE_ADVERTISING_MAX];
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

    // Advertising.
    bool advertising;
    ble_address_t advertising_as;

    // Never, without BLE_CENTRAL.
    bool scanning, scan_duplicates;
    bool connecting; // from ble_connect to its event
    bool creating; // the controller is at it

#if BLE_CENTRAL
    // Scanning.
    ble_source_t scan_source;
    bool scan_done; // to be told
    ble_timer_t scan_timer;
    ble_report_t reports[BLE_REPORTS];
    uint8_t first, count; // of the reports that wait
    uint32_t dropped;

    // Connecting.
    bool cancelled;
    ble_connect_t connect;
    ble_address_t connecting_as;
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

// Which address the next procedure uses: a new one where it is private, given to the controller where it is random.
void ble_address_choose(ble_t *b, ble_address_t *own);
void ble_address_init(ble_t *b);

// Whether connection parameters are ones that can be.
bool ble_parameters_valid(uint16_t min, uint16_t max, uint16_t latency, uint16_t timeout);

// Their parts of the events.
void ble_scan_init(ble_t *b);
void ble_scan_reported(ble_t *b, const uint8_t *p, size_t length);
void ble_scan_ended(ble_t *b);
void ble_connect_init(ble_t *b);
void ble_connect_completed(ble_t *b, const uint8_t *p, size_t length, bool enhanced);
void ble_connect_made(ble_t *b, ble_address_t *own); // there is the connection; of which address of ours
void ble_connect_ended(ble_t *b, uint8_t status);
void ble_connect_failed(ble_t *b, uint8_t status); // the controller has: again in a moment, or not any more
void ble_connect_fill(ble_t *b, ble_event_t *event); // BLE_EVENT_CONNECT_FAILED

#endif // HEDDLE_BLE_GAP_H
