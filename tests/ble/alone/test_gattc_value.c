// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Values that the GATT client reads and writes: all lengths at several MTUs, and what fails.
#include "server.h"

static void read_lengths(uint16_t mtu) {
    begin();
    if (mtu != 23) {
        exchange(mtu);
    }
    for (unsigned length = 0; length <= 512; length++) {
        begin_read();
        unsigned most = mtu - 1, n = length < most ? length : most;
        say_value(0x0b, 0, n);
        for (unsigned at = n; n == most && at < 512; at += n) {
            HEAR(A, 0x0c, 0x34, 0x12, at & 0xff, at >> 8);
            n = length - at < most ? length - at : most;
            say_value(0x0d, at, n);
        }
        take_value(length);
        nothing_left();
    }
    end();
}

static void reading(void) {
    read_lengths(23);
    read_lengths(24);
    read_lengths(129); // 4 * 128 is the longest value: not a further request
    read_lengths(BLE_MTU);
}

static void reading_ends(void) {
    static const uint8_t good[] = { 0x0b, 0x07 };
    begin();
    for (unsigned i = 0; i < 2; i++) { // there is nothing behind the first part
        begin_read();
        say_value(0x0b, 0, 22);
        HEAR(A, 0x0c, 0x34, 0x12, 22, 0);
        SAY(A, 0x01, 0x0c, 0x34, 0x12, good[i]);
        take_value(22);
        begin_read();
        SAY(A, 0x01, 0x0a, 0x34, 0x12, good[i]); // as the answer to the first it is an error
        take_end(BLE_EVENT_READ_DONE, good[i]);
    }
    begin_read();
    say_value(0x0b, 0, 22);
    HEAR(A, 0x0c, 0x34, 0x12, 22, 0);
    SAY(A, 0x01, 0x0c, 0x34, 0x12, 0x05);
    take_end(BLE_EVENT_READ_DONE, 0x05); // and no half value
    // What has been longer than the longest value was not the value.
    exchange(100);
    begin_read();
    unsigned at = 0;
    for (; at + 99 <= 512; at += 99) {
        say_value(at == 0 ? 0x0b : 0x0d, at, 99);
        HEAR(A, 0x0c, 0x34, 0x12, (at + 99) & 0xff, (at + 99) >> 8);
    }
    say_value(0x0d, at, 18);
    take_end(BLE_EVENT_READ_DONE, -EPROTO);
    end();
}

static void begin_write(size_t length) {
    alone_check(ble_gattc_write(&alone, A, 0x1234, pattern, length) == 0);
}

// The next request must prepare this part; echo it.
static void prepare(unsigned at, unsigned n) {
    uint8_t pdu[600];
    uint16_t on;
    alone_check(heard(&on, pdu) == 5 + n && on == A);
    alone_check(pdu[0] == 0x16 && ble_get16(pdu + 1) == 0x1234 && ble_get16(pdu + 3) == at);
    alone_check(memcmp(pdu + 5, pattern + at, n) == 0);
    pdu[0] = 0x17;
    alone_l2cap(A, ATT, pdu, 5 + n);
}

static void write_lengths(uint16_t mtu) {
    begin();
    if (mtu != 23) {
        exchange(mtu);
    }
    for (unsigned length = 0; length <= 512; length++) {
        begin_write(length);
        if (length <= mtu - 3u) {
            uint8_t pdu[600];
            uint16_t on;
            alone_check(heard(&on, pdu) == 3 + length && pdu[0] == 0x12 && ble_get16(pdu + 1) == 0x1234);
            alone_check(memcmp(pdu + 3, pattern, length) == 0);
            SAY(A, 0x13);
        } else {
            unsigned most = mtu - 5;
            for (unsigned at = 0; at < length; at += most) {
                prepare(at, length - at < most ? length - at : most);
            }
            HEAR(A, 0x18, 1);
            SAY(A, 0x19);
        }
        ble_event_t e = take(BLE_EVENT_WRITE_DONE);
        alone_check(e.handle == 0x1234 && e.status == 0);
        nothing_left();
    }
    end();
}

static void writing(void) {
    write_lengths(23);
    write_lengths(24);
    write_lengths(BLE_MTU);
}

// The echo of a part, with one octet of it changed, one too few and one too many: what is prepared is thrown away.
static void writing_is_compared(void) {
    begin();
    for (unsigned wrong = 1; wrong < 5 + 18 + 2; wrong++) {
        begin_write(30);
        prepare(0, 18);
        uint8_t pdu[600];
        uint16_t on;
        size_t n = heard(&on, pdu);
        alone_check(n == 5 + 12);
        pdu[0] = 0x17;
        if (wrong < n) {
            pdu[wrong] ^= 1;
        } else {
            n += wrong % 2 == 0 ? 1 : -1;
        }
        alone_l2cap(A, ATT, pdu, n);
        HEAR(A, 0x18, 0);
        SAY(A, 0x19);
        take_end(BLE_EVENT_WRITE_DONE, -EPROTO);
    }
    end();
}

static void writing_fails(void) {
    begin();
    begin_write(5);
    HEAR(A, 0x12, 0x34, 0x12, pattern[0], pattern[1], pattern[2], pattern[3], pattern[4]);
    SAY(A, 0x01, 0x12, 0x34, 0x12, 0x03);
    take_end(BLE_EVENT_WRITE_DONE, 0x03);
    begin_write(30); // the second part is refused; so is what would clear the first
    prepare(0, 18);
    alone_check(alone_sent((uint8_t[1024]) { 0 }) != 0);
    SAY(A, 0x01, 0x16, 0x34, 0x12, 0x09);
    HEAR(A, 0x18, 0);
    SAY(A, 0x01, 0x18, 0x34, 0x12, 0x0e);
    take_end(BLE_EVENT_WRITE_DONE, 0x09);
    begin_write(30); // the end of it is refused
    prepare(0, 18);
    prepare(18, 12);
    HEAR(A, 0x18, 1);
    SAY(A, 0x01, 0x18, 0x34, 0x12, 0x0d);
    take_end(BLE_EVENT_WRITE_DONE, 0x0d);
    end();
}

// The MTU grows between two parts, since the peer asks for that as a client of ours. What is begun goes on, though all
// of it would fit in one request now.
static void writing_while_the_mtu_grows(void) {
    begin();
    begin_write(100);
    prepare(0, 18);
    ble_att_set_mtu(&alone, ble_conn_find(&alone, A), 120, 120);
    alone_check(take(BLE_EVENT_MTU).value == 120);
    prepare(18, 18); // was on its way already
    prepare(36, 64);
    HEAR(A, 0x18, 1);
    SAY(A, 0x19);
    take_end(BLE_EVENT_WRITE_DONE, 0);
    end();
}

// How many commands go out while the controller takes no packet: until the connection's share is used up.
static unsigned commands_queued(uint16_t connection) {
    unsigned n = 0;
    while (ble_gattc_write_command(&alone, connection, 7, pattern, 4, RTOS_NO_WAIT) == 0) {
        n++;
    }
    return n;
}

static void commands(void) {
    begin();
    alone_check(ble_gattc_write_command(&alone, A, 0x1234, pattern, 20, RTOS_NO_WAIT) == 0);
    uint8_t pdu[600];
    uint16_t on;
    alone_check(heard(&on, pdu) == 23 && pdu[0] == 0x52 && ble_get16(pdu + 1) == 0x1234);
    alone_check(memcmp(pdu + 3, pattern, 20) == 0);
    alone_check(ble_gattc_write_command(&alone, A, 0x1234, NULL, 0, RTOS_NO_WAIT) == 0);
    HEAR(A, 0x52, 0x34, 0x12);
    alone_check(ble_gattc_write_command(&alone, A, 0x1234, pattern, 21, RTOS_NO_WAIT) == -EINVAL);
    alone_connect(B, true);
    take(BLE_EVENT_CONNECTED);
    uint16_t room = alone.hci.acl_free;
    alone.hci.acl_free = 0;
    unsigned share = (BLE_BUFFERS - BLE_FOR_APPLICATION) / 2;
    alone_check(commands_queued(A) == share);
    alone_check(ble_gattc_write_command(&alone, A, 7, pattern, 4, 100) == -ENOMEM);
    alone_check(commands_queued(B) == share);
    alone_check(ble_gattc_read(&alone, B, 3) == 0); // a request has its own
    alone.hci.acl_free = room;
    alone_wait(0);
    while (heard(&on, pdu) != 0 && pdu[0] == 0x52) {
    }
    alone_check(pdu[0] == 0x0a && on == B);
    SAY(B, 0x0b);
    take(BLE_EVENT_READ_RESULT);
    take(BLE_EVENT_READ_DONE);
    while (heard(&on, pdu) != 0) {
    }
    end();
}

// Values to be written take buffers until none is left; the requests of those that wait go all the same.
static void full_of_data(void) {
    begin();
    unsigned n = 0;
    while (n < BLE_PROCEDURES - 1 && ble_gattc_write(&alone, A, 0x1234, pattern, 512) == 0) {
        n++;
    }
    unsigned each = 512 + 3 + BLE_HEADROOM > BLE_BUFFER_SIZE ? 2 : 1; // one may be left
    alone_check(n == BLE_PROCEDURES - 1 || alone.free_count < BLE_FOR_APPLICATION + each);
    alone_check(ble_gattc_read(&alone, A, 0x1234) == 0);
    for (unsigned i = 0; i < n; i++) {
        for (unsigned at = 0; at < 512; at += 18) {
            prepare(at, 512 - at < 18 ? 512 - at : 18);
        }
        HEAR(A, 0x18, 1);
        SAY(A, 0x19);
        take_end(BLE_EVENT_WRITE_DONE, 0);
    }
    HEAR(A, 0x0a, 0x34, 0x12);
    say_value(0x0b, 0, 1);
    take_value(1);
    end();
}

// Where there is room for some of a value only, none of it is kept.
static void almost_full(void) {
    begin();
    ble_queue_t taken = { 0 };
    while (alone.free_count > BLE_FOR_APPLICATION + 1) {
        ble_queue_put(&taken, ble_buffer_take(&alone, BLE_FOR_APPLICATION));
    }
    size_t most = BLE_BUFFER_SIZE - BLE_HEADROOM - 3;
    if (most < 512) {
        alone_check(ble_gattc_write(&alone, A, 0x1234, pattern, most + 1) == -ENOMEM);
        alone_check(alone.free_count == BLE_FOR_APPLICATION + 1);
    }
    alone_check(ble_gattc_write(&alone, A, 0x1234, pattern, 1) == 0);
    HEAR(A, 0x12, 0x34, 0x12, pattern[0]);
    SAY(A, 0x13);
    take_end(BLE_EVENT_WRITE_DONE, 0);
    ble_queue_clear(&alone, &taken);
    end();
}

int main(void) {
    static const case_t cases[] = {
        { "reading", reading },
        { "reading_ends", reading_ends },
        { "writing", writing },
        { "writing_is_compared", writing_is_compared },
        { "writing_fails", writing_fails },
        { "writing_while_the_mtu_grows", writing_while_the_mtu_grows },
        { "commands", commands },
        { "full_of_data", full_of_data },
        { "almost_full", almost_full },
    };
    return run_cases(cases, BLE_COUNT(cases));
}
