// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// How a host starts and stops beside threads that use it.
#include "two.h"

static volatile bool leave;

static void again(void) {
    for (unsigned i = 0; i < 20; i++) {
        two_start(0);
        two_start(1);
        CHECK(two_advertise(1) == 0);
        CHECK(two_connect(0, 1, 20000) == 0);
        two_expect(0, BLE_EVENT_CONNECTED);
        ble_stop(&two_host[i & 1]);
        ble_stop(&two_host[!(i & 1)]);
        ble_stop(&two_host[0]); // of none that runs
        two_forget(0);
        two_forget(1);
    }
}

static void stop(void *arg) {
    (void)arg;
    ble_stop(&two_host[0]);
    CHECK(!ble_running(&two_host[0]));
}

// Several threads stop it at once.
static void stopped_by_many(void) {
    for (unsigned i = 0; i < 10; i++) {
        two_pair();
        for (unsigned j = 0; j < 3; j++) {
            two_spawn(stop, NULL);
        }
        two_join();
        two_until(!ble_running(&two_host[0]));
        ble_stop(&two_host[1]);
        two_forget(0);
        two_forget(1);
    }
}

// With connections, an event that is kept, a request outstanding, a scan, and another connection being made.
static void stopped_with_everything(void) {
    static const ble_scan_t scan = { .interval_us = 10000, .window_us = 10000 };
    two_link_t link = two_pair();
    two_keep(1, BLE_EVENT_READ);
    CHECK(ble_gattc_read(&two_host[0], link.central, two_handle(1, TWO_ASKED)) == 0);
    two_expect(1, BLE_EVENT_READ);
    CHECK(two_connect(0, 2, 20000) == 0);
    CHECK(ble_scan(&two_host[0], &scan) == 0);
    CHECK(two_advertise(1) == 0);
    ble_stop(&two_host[1]);
    ble_stop(&two_host[0]);
    CHECK(ble_gattc_read(&two_host[0], link.central, 3) == -ENODEV);
    two_forget(0);
    two_forget(1);
    link = two_pair();
    two_give_back(1, 0); // that of the last start is nobody's
    CHECK(ble_gattc_read(&two_host[0], link.central, two_handle(1, TWO_ASKED)) == 0);
    two_expect(0, BLE_EVENT_READ_RESULT);
    two_expect(0, BLE_EVENT_READ_DONE);
    two_end(0, 1, (two_forget(1), link));
}

// The controller says nothing any more.
static void stopped_in_silence(void) {
    two_pair();
    air_hold(0, true);
    uint64_t begin_us = rtos_now_us();
    ble_stop(&two_host[0]);
    CHECK(rtos_now_us() - begin_us < 30000000);
    air_hold(0, false);
    two_forget(0);
    two_start(0);
    two_settled(0);
}

// A command has been answered, and no credit for the next one ever comes.
static void without_credits(void) {
    air_knobs_t knobs = air_knobs();
    two_start(0);
    two_clock(false);
    knobs.credits_late = true;
    air_configure(0, &knobs);
    CHECK(two_advertise(0) == -ENODEV);
    CHECK(two_expect(0, BLE_EVENT_LOST).event.status == -ETIMEDOUT);
    ble_stop(&two_host[0]);
    knobs.credits_late = false;
    air_configure(0, &knobs);
    two_start(0);
    air_knobs_t late = air_knobs();
    late.credits_late = true;
    air_configure(0, &late);
    CHECK(ble_advertise_stop(&two_host[0]) == 0);
    uint8_t status, answer[8];
    size_t length = sizeof(answer);
    CHECK(ble_hci_command(&two_host[0], BLE_HCI_LE_RAND, NULL, 0, &status, answer, &length) == 0);
    ble_stop(&two_host[0]); // which needs a command
    two_clock(true);
}

// ---- calls beside

static void call_all(void *arg) {
    ble_t *b = &two_host[0];
    uint8_t octets[8] = { 0 }, name[BLE_NAME_MAX];
    unsigned calls = 0;
    (void)arg;
    while (!rtos_peek(leave)) {
        size_t length = sizeof(octets);
        int error = two_advertise(0);
        CHECK(error == 0 || error == -ENODEV);
        CHECK(ble_gatts_write(b, two_handle(0, TWO_ASKED), octets, 8, true) != -ENOENT);
        ble_gatts_read(b, two_handle(0, TWO_ASKED), octets, &length);
        ble_set_name(b, octets, 8);
        CHECK(ble_name(b, name) <= 8);
        ble_set_mtu(b, 100 + calls % 100);
        CHECK(ble_mtu(b) >= 100);
        ble_sync(b);
        ble_running(b);
        ble_scan_dropped(b);
        calls++;
    }
    CHECK(calls > 0);
}

// Every call returns, whatever state the host is in, and nothing is changed by two threads at once.
static void calls_beside(void) {
    two_serve(0);
    leave = false;
    for (unsigned i = 0; i < 2; i++) {
        two_spawn(call_all, NULL);
    }
    for (unsigned i = 0; i < 20; i++) {
        CHECK(two_try_start(0) == 0);
        for (unsigned j = 0; j < i % 4; j++) {
            two_pause();
        }
        ble_stop(&two_host[0]);
    }
    rtos_poke(leave, true);
    two_join();
    CHECK(ble_set_mtu(&two_host[0], BLE_MTU) == 0);
}

static void wait_some(void *arg) {
    ble_event_t event;
    (void)arg;
    while (!rtos_peek(leave)) {
        CHECK(ble_event_wait(&two_host[0], BLE_CLASS_CHANNEL, 1, &event) == -ETIMEDOUT);
        CHECK(ble_event_wait(&two_host[0], BLE_CLASS_CHANNEL, RTOS_NO_WAIT, &event) == -ETIMEDOUT);
    }
}

// Threads that wait for events, with and without a deadline, while it starts and stops.
static void waits_beside(void) {
    leave = false;
    two_spawn(wait_some, NULL);
    again();
    rtos_poke(leave, true);
    two_join();
}

const two_case_t two_cases_life[] = {
    { "life-again", again },
    { "life-stopped-by-many", stopped_by_many },
    { "life-stopped-with-everything", stopped_with_everything },
    { "life-stopped-in-silence", stopped_in_silence },
    { "life-without-credits", without_credits },
    { "life-calls-beside", calls_beside },
    { "life-waits-beside", waits_beside },
    { NULL, NULL },
};
