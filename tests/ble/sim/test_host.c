// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Calls, events, start and stop of a Bluetooth host, in every order.
#include "stand.h"

static volatile unsigned calls, taken;

static void call_once(void *arg) {
    (void)arg;
    int error = ble_sync(&stand_host);
    CHECK(error == 0 || error == -ENODEV);
    calls += 1;
}

static void stop_once(void *arg) {
    (void)arg;
    ble_stop(&stand_host);
    CHECK(!ble_running(&stand_host));
}

CASE(ble_start_stop) {
    CHECK(stand_start() == 0 && ble_running(&stand_host));
    CHECK(ble_sync(&stand_host) == 0);
    ble_stop(&stand_host);
    CHECK(!ble_running(&stand_host) && ble_sync(&stand_host) == -ENODEV);
}

CASE(ble_call_beside_stop) {
    CHECK(stand_start() == 0);
    stand_spawn(0, call_once);
    ble_stop(&stand_host);
    stand_join(0);
    CHECK(calls == 1);
}

static void call_with_token(void *arg) {
    rtos_unpark(rtos_thread_self()); // an old one, of whatever it has waited for before
    call_once(arg);
}

// The caller's thread, and its call's memory, are gone as soon as it has returned, which it may before it is woken.
CASE(ble_call_ends) {
    CHECK(stand_start() == 0);
    stand_spawn(0, call_with_token);
    stand_join(0);
    ble_stop(&stand_host);
}

CASE(ble_call_beside_start) {
    stand_spawn(0, call_once);
    CHECK(stand_start() == 0);
    stand_join(0);
    CHECK(ble_sync(&stand_host) == 0);
    ble_stop(&stand_host);
}

WIDE_CASE(ble_stop_beside_stop) {
    CHECK(stand_start() == 0);
    stand_spawn(0, stop_once);
    ble_stop(&stand_host);
    stand_join(0);
    CHECK(stand_start() == 0);
    ble_stop(&stand_host);
}

// Before the start has begun there is nothing to stop.
static void stop_perhaps(void *arg) {
    (void)arg;
    ble_stop(&stand_host);
}

// Whoever has stopped it may start it again at once; the other one may have been meant for that start.
static void stop_and_start(void *arg) {
    (void)arg;
    ble_stop(&stand_host);
    int error = stand_start();
    CHECK(error == 0 || error == -ENODEV || error == -ETIMEDOUT || error == -EALREADY);
}

WIDE_CASE(ble_start_behind_stop) {
    CHECK(stand_start() == 0);
    stand_spawn(0, stop_perhaps);
    ble_stop(&stand_host);
    CHECK(stand_start() != -EALREADY);
    stand_join(0);
    ble_stop(&stand_host);
}

WIDE_CASE(ble_starts_behind_stops) {
    CHECK(stand_start() == 0);
    stand_spawn(0, stop_and_start);
    stop_and_start(NULL);
    stand_join(0);
    ble_stop(&stand_host);
    CHECK(!ble_running(&stand_host));
}

CASE(ble_stop_beside_start) {
    stand_spawn(0, stop_perhaps);
    int error = stand_start();
    stand_join(0);
    CHECK(error == 0 || !ble_running(&stand_host));
    ble_stop(&stand_host);
}

static void take_one(void *arg) {
    (void)arg;
    ble_event_t event;
    CHECK(ble_event_wait(&stand_host, BLE_CLASS_LINK, RTOS_FOREVER, &event) == 0);
    taken += 1;
    ble_event_done(&stand_host, &event, 1);
}

CASE(ble_event_wakes) {
    CHECK(stand_start() == 0);
    stand_spawn(0, take_one);
    CHECK(stand_tell() == 0);
    stand_join(0);
    CHECK(ble_sync(&stand_host) == 0 && stand_done == 1);
    CHECK(stand_tell() == 0);
    ble_stop(&stand_host);
    take_one(NULL); // what was left
    CHECK(taken == 2 && stand_done == 1);
}

// Nothing but the giving back wakes the host.
CASE(ble_event_given_back) {
    CHECK(stand_start() == 0);
    CHECK(stand_tell() == 0);
    ble_event_t event;
    CHECK(ble_event_wait(&stand_host, BLE_CLASS_LINK, RTOS_FOREVER, &event) == 0);
    ble_event_done(&stand_host, &event, 1);
    while (stand_done == 0) {
        sim_spin();
    }
    ble_stop(&stand_host);
}

// A thread that waits while the host is started, stopped and started again.
WIDE_CASE(ble_event_waits_beside_start) {
    stand_spawn(0, take_one);
    CHECK(stand_start() == 0);
    ble_stop(&stand_host);
    CHECK(stand_start() == 0);
    CHECK(stand_tell() == 0);
    stand_join(0);
    ble_stop(&stand_host);
}

CASE(ble_event_timeout) {
    CHECK(stand_start() == 0);
    stand_spawn(0, call_once);
    ble_event_t event;
    CHECK(ble_event_wait(&stand_host, BLE_CLASS_LINK, 1, &event) == -ETIMEDOUT);
    CHECK(stand_tell() == 0);
    CHECK(ble_event_wait(&stand_host, BLE_CLASS_LINK, RTOS_NO_WAIT, &event) == 0);
    ble_event_done(&stand_host, &event, 1);
    ble_event_done(&stand_host, &event, 1); // once is enough
    CHECK(ble_sync(&stand_host) == 0 && stand_done == 1);
    stand_join(0);
    ble_stop(&stand_host);
}

static ble_event_t old_event;

static void give_back_old(void *arg) {
    (void)arg;
    ble_event_done(&stand_host, &old_event, 100);
}

// An event of one start that is given back while another one begins is nobody's.
WIDE_CASE(ble_event_old) {
    CHECK(stand_start() == 0);
    CHECK(stand_tell() == 0);
    CHECK(ble_event_wait(&stand_host, BLE_CLASS_ALL, RTOS_FOREVER, &old_event) == 0);
    ble_stop(&stand_host);
    stand_spawn(0, give_back_old);
    CHECK(stand_start() == 0);
    CHECK(stand_tell() == 0);
    ble_event_t event;
    CHECK(ble_event_wait(&stand_host, BLE_CLASS_ALL, RTOS_FOREVER, &event) == 0);
    stand_join(0);
    CHECK(ble_sync(&stand_host) == 0 && stand_done == 0);
    ble_event_done(&stand_host, &event, 1);
    CHECK(ble_sync(&stand_host) == 0 && stand_done == 1);
    ble_stop(&stand_host);
}
