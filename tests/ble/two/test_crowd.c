// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Threads that connect, write, notify and reset at once.
#include "two.h"

#define RESETS (TWO_SLOW ? 30 : 60)

static volatile bool leave;
static volatile unsigned written, notified;

// What a call may say while the hosts come and go.
static bool is_fair(int error) {
    return error == 0 || error == -ENODEV || error == -ENOTCONN || error == -EALREADY || error == -ENOMEM
           || error == -EIO || error == -ENOENT;
}

static void connect_main(void *arg) {
    (void)arg;
    while (!rtos_peek(leave)) {
        CHECK(is_fair(two_advertise(1)));
        CHECK(is_fair(two_connect(0, 1, 50)));
        two_pause();
        two_pause();
    }
}

// The air gives the first connections of controllers 0 and 1 these handles.
static void write_main(void *arg) {
    (void)arg;
    uint8_t octets[100] = { 1 };
    while (!rtos_peek(leave)) {
        int error = ble_gattc_write(&two_host[0], 0x40, two_handle(1, TWO_VALUE), octets, sizeof(octets));
        CHECK(is_fair(error));
        rtos_poke(written, rtos_peek(written) + (error == 0));
        CHECK(is_fair(ble_gattc_write_command(&two_host[0], 0x40, two_handle(1, TWO_VALUE), octets, 20, 10)));
        rtos_park(1);
    }
}

static void notify_main(void *arg) {
    (void)arg;
    uint8_t octets[20] = { 2 };
    while (!rtos_peek(leave)) {
        int error = ble_gatts_notify(&two_host[1], 0x80, two_handle(1, TWO_VALUE), octets, sizeof(octets), 10);
        CHECK(is_fair(error));
        rtos_poke(notified, rtos_peek(notified) + (error == 0));
        CHECK(is_fair(ble_gatts_indicate(&two_host[1], 0x80, two_handle(1, TWO_VALUE), octets, sizeof(octets), 10)));
        CHECK(is_fair(ble_gatts_write(&two_host[1], two_handle(1, TWO_VALUE), octets, sizeof(octets), true)));
        rtos_park(1);
    }
}

// A reset comes when all three others have got somewhere since the last one.
static void reset_main(void *arg) {
    (void)arg;
    for (unsigned i = 0; i < RESETS; i++) {
        unsigned so_far[] = { rtos_peek(written), rtos_peek(notified) };
        while (rtos_peek(written) == so_far[0] || rtos_peek(notified) == so_far[1]) {
            rtos_park(1);
        }
        unsigned host = i % 3 == 0;
        ble_stop(&two_host[host]);
        CHECK(two_try_start(host) == 0);
    }
    rtos_poke(leave, true);
}

static void four_threads(void) {
    two_serve(1);
    two_start(0);
    two_start(1);
    two_log(0, false);
    two_log(1, false);
    leave = false;
    two_spawn(connect_main, NULL);
    two_spawn(write_main, NULL);
    two_spawn(notify_main, NULL);
    two_spawn(reset_main, NULL);
    two_join();
    ble_connect_cancel(&two_host[0]);
    ble_disconnect(&two_host[0], 0x40);
    ble_disconnect(&two_host[0], 0x41);
    two_settled(0);
    two_settled(1);
}

const two_case_t two_cases_crowd[] = {
    { "crowd-four-threads", four_threads },
    { NULL, NULL },
};
