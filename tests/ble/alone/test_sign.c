// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Signed writes of both sides, octet for octet: which signatures count, and what the store is told.
#include "smp_pair.h"

// ---- a server of ours

static uint8_t memory[20];
static ble_characteristic_t characteristics[2];
static ble_service_t service;

static void database(void) {
    characteristics[0] = (ble_characteristic_t) { .uuid = { 2, { 1, 0xa0 } }, .flags = BLE_SIGNED_WRITE | BLE_READ,
                                                  .value = { .octets = memory, .size = sizeof(memory) } };
    characteristics[1] = (ble_characteristic_t) { .uuid = { 2, { 2, 0xa0 } }, .flags = BLE_WRITE_NO_RESPONSE,
                                                  .value = { .octets = memory, .size = sizeof(memory) } };
    service = (ble_service_t) { .uuid = { 2, { 0, 0xa0 } }, .characteristic_count = 2,
                                .characteristics = characteristics };
    alone_check(ble_gatts_clear(&alone) == 0 && ble_gatts_add(&alone, &service) == 0);
}

static size_t sign(uint8_t packet[40], uint16_t handle, const char *value, uint32_t counter) {
    size_t length = 3 + strlen(value);
    packet[0] = 0xd2;
    ble_put16(packet + 1, handle);
    memcpy(packet + 3, value, strlen(value));
    ble_sign(own_csrk, packet, length, counter, packet + length);
    return length + 12;
}

static void write_signed(const char *value, uint32_t counter) {
    uint8_t packet[40];
    size_t length = sign(packet, characteristics[0].handle, value, counter);
    alone_l2cap(HANDLE, BLE_CID_ATT, packet, length);
}

static bool holds(const char *value) {
    uint8_t octets[20];
    size_t length = sizeof(octets);
    alone_check(ble_gatts_read(&alone, characteristics[0].handle, octets, &length) == 0);
    return length == strlen(value) && memcmp(octets, value, length) == 0;
}

// The store hears of the counter before anybody hears of the write.
static void counts(const char *value, uint32_t counter) {
    told_count = 0;
    write_signed(value, counter);
    told_is(BLE_EVENT_SECRET_SET, BLE_EVENT_WRITTEN);
    alone_check(holds(value) && ble_get32(bond()->peer_counter) == counter + 1);
}

static void is_ignored(const char *value, uint32_t counter) {
    ble_bond_record_t before = *bond();
    told_count = 0;
    write_signed(value, counter);
    told_is();
    alone_check(!holds(value) && memcmp(&before, bond(), sizeof(before)) == 0);
    alone_check(alone_sent_on(HANDLE, BLE_CID_ATT, pdu) == 0);
}


static void serve(bool secure) {
    bonded(false, secure, 'J');
    database();
    again(false);
}

static void counters(void) {
    for (int secure = 0; secure < 2; secure++) {
        serve(secure);
        counts("first", 0);
        is_ignored("replayed", 0);
        counts("next", 1);
        counts("gap", 7);
        is_ignored("older", 6);
        is_ignored("replayed", 7);
        again(false); // it is kept with the bond
        is_ignored("replayed", 7);
        counts("again", 8);
        counts("far", UINT32_MAX - 1);
        is_ignored("replayed", 0);
        is_ignored("last", UINT32_MAX);
        is_ignored("last", UINT32_MAX);
        end();
    }
}

// Any bit of it.
static void forged(void) {
    uint8_t packet[40];
    serve(true);
    counts("good", 0);
    size_t length = sign(packet, characteristics[0].handle, "bad!", 1);
    for (unsigned bit = 8; bit < 8 * length; bit++) {
        packet[bit / 8] ^= 1 << bit % 8;
        alone_l2cap(HANDLE, BLE_CID_ATT, packet, length);
        told_is();
        packet[bit / 8] ^= 1 << bit % 8;
    }
    alone_check(holds("good") && ble_get32(bond()->peer_counter) == 1);
    for (unsigned n = 0; n < length; n++) {
        alone_l2cap(HANDLE, BLE_CID_ATT, packet, n);
        told_is();
    }
    alone_l2cap(HANDLE, BLE_CID_ATT, packet, length);
    told_is(BLE_EVENT_SECRET_SET, BLE_EVENT_WRITTEN);
    alone_check(holds("bad!"));
    end();
}

// Where no signature helps, the store is not even asked.
static void not_meant(void) {
    uint8_t packet[40];
    serve(true);
    size_t length = sign(packet, characteristics[1].handle, "plain", 0); // which takes no signed ones
    alone_l2cap(HANDLE, BLE_CID_ATT, packet, length);
    told_is();
    encryption_begins(peer.key, 16, unnamed);
    encryption_event(0, true);
    drain();
    is_ignored("secret", 0);
    end();
    begin(false, BLE_NO_INPUT_OUTPUT, true, false); // nobody's
    database();
    write_signed("stranger", 0);
    ble_event_t e;
    alone_check(!alone_next(&e) && !holds("stranger"));
    end();
}

// A value that takes signed writes takes no others, as long as the link is not encrypted.
static void not_signed(void) {
    uint8_t write[5] = { 0x52, 0, 0, 'n', 'o' }, prepare[7] = { 0x16, 0, 0, 0, 0, 'n', 'o' };
    serve(true);
    ble_put16(write + 1, characteristics[0].handle);
    ble_put16(prepare + 1, characteristics[0].handle);
    alone_l2cap(HANDLE, BLE_CID_ATT, write, sizeof(write));
    told_is();
    write[0] = 0x12;
    alone_l2cap(HANDLE, BLE_CID_ATT, write, sizeof(write));
    alone_check(alone_sent_on(HANDLE, BLE_CID_ATT, pdu) == 5 && pdu[0] == 0x01 && pdu[4] == 0x03);
    alone_l2cap(HANDLE, BLE_CID_ATT, prepare, sizeof(prepare));
    alone_check(alone_sent_on(HANDLE, BLE_CID_ATT, pdu) == 5 && pdu[0] == 0x01 && pdu[4] == 0x03);
    alone_check(!holds("no"));
    encryption_begins(peer.key, 16, unnamed);
    encryption_event(0, true);
    drain();
    alone_l2cap(HANDLE, BLE_CID_ATT, write, sizeof(write));
    drain();
    alone_check(holds("no"));
    end();
}

// Where the application is asked besides, it is when the signature is good.
static void asked(void) {
    serve(true);
    characteristics[0].flags |= BLE_WRITE_AUTHORIZED;
    counts("first", 0);
    is_ignored("forged", 0);
    counts("next", 1);
    end();
}

// A bond without the peer's key, or a record of another form.
static void no_key(void) {
    serve(true);
    secret_t *s = store_find(BLE_SECRET_BOND, 0, NULL, 0);
    ble_bond_record_t *r = (void *)s->value;
    r->flags &= ~BLE_BOND_PEER_CSRK;
    is_ignored("no key", 0);
    r->flags |= BLE_BOND_PEER_CSRK;
    r->version++;
    is_ignored("version", 0);
    end();
}

// What comes behind it waits, and is answered in order; with a store that does not answer, without the write.
static void in_order(void) {
    uint8_t read[3] = { 0x0a };
    for (int slow = 0; slow < 2; slow++) {
        serve(true);
        counts("x", 0);
        store_is_slow = slow;
        write_signed("y", 1);
        ble_put16(read + 1, characteristics[0].handle);
        alone_l2cap(HANDLE, BLE_CID_ATT, read, 3);
        alone_check(alone_sent_on(HANDLE, BLE_CID_ATT, pdu) == 0);
        drain();
        if (slow) {
            alone_check(alone_sent_on(HANDLE, BLE_CID_ATT, pdu) == 0);
            alone_wait(BLE_ANSWER_MS);
        }
        drain();
        alone_check(alone_sent_on(HANDLE, BLE_CID_ATT, pdu) == 2 && pdu[0] == 0x0b && pdu[1] == (slow ? 'x' : 'y'));
        if (slow) {
            store_is_slow = false;
            ble_event_answer(&alone, &slow_event, store[stored - 1].value, store[stored - 1].length);
            drain();
            counts("z", 1);
        }
        end();
    }
}

// The link ends while the store is asked: what it says then is nothing, and no buffer is lost.
static void closed_meanwhile(void) {
    serve(true);
    store_is_slow = true;
    write_signed("y", 0);
    alone_check(take() == -1);
    alone_disconnect(HANDLE, 0x13);
    alone_check(take() == -1);
    store_is_slow = false;
    secret_t *s = store_find(BLE_SECRET_BOND, 0, NULL, 0);
    ble_event_answer(&alone, &slow_event, s->value, s->length);
    alone_check(take() == BLE_EVENT_DISCONNECTED && !holds("y") && ble_get32(bond()->peer_counter) == 0);
    connect(false);
    counts("z", 0);
    end();
}

// ---- a client of ours

static void sends(const char *value, uint32_t counter) {
    uint8_t wanted[40] = { 0xd2, 0x34, 0x12 };
    size_t length = 3 + strlen(value);
    memcpy(wanted + 3, value, strlen(value));
    ble_sign(peer.csrk, wanted, length, counter, wanted + length);
    told_count = 0;
    alone_check(ble_gattc_write_signed(&alone, HANDLE, 0x1234, (const uint8_t *)value, strlen(value)) == 0);
    told_is(BLE_EVENT_SECRET_SET, BLE_EVENT_WRITE_DONE);
    alone_check(event.status == 0 && event.handle == 0x1234);
    alone_check(alone_sent_on(HANDLE, BLE_CID_ATT, pdu) == length + 12 && memcmp(pdu, wanted, length + 12) == 0);
    alone_check(ble_get32(bond()->our_counter) == counter + 1);
}

static void fails(int status) {
    told_count = 0;
    alone_check(ble_gattc_write_signed(&alone, HANDLE, 0x1234, (const uint8_t *)"x", 1) == 0);
    told_is(BLE_EVENT_WRITE_DONE);
    alone_check(event.status == status && alone_sent_on(HANDLE, BLE_CID_ATT, pdu) == 0);
}

static void client(void) {
    static const uint8_t eight[9] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
    bonded(true, true, 'J');
    drain();
    alone_check(ble_gattc_write_signed(&alone, HANDLE, 0x1234, eight, 8) == 0);
    told_is(BLE_EVENT_WRITE_DONE); // encrypted, so without
    alone_check(alone_sent_on(HANDLE, BLE_CID_ATT, pdu) == 11 && pdu[0] == 0x52 && memcmp(pdu + 3, eight, 8) == 0);
    again(true);
    sends("12345678", 0);
    sends("", 1);
    again(true);
    sends("kept", 2);
    alone_check(ble_gattc_write_signed(&alone, HANDLE, 0x1234, eight, 9) == -EINVAL); // 23 - 3 - 12 = 8
    alone_check(ble_gattc_write_signed(&alone, HANDLE, 0, eight, 1) == -EINVAL);
    alone_check(ble_gattc_write_signed(&alone, HANDLE + 1, 1, eight, 1) == -ENOTCONN);
    ble_bond_record_t *r = (void *)store_find(BLE_SECRET_BOND, 0, NULL, 0)->value;
    memset(r->our_counter, 0xff, 4);
    fails(-ENOENT); // it would be 0 next
    r->flags &= ~BLE_BOND_OUR_CSRK;
    fails(-ENOENT);
    stored = 0;
    fails(-ENOENT);
    end();
    begin(true, BLE_NO_INPUT_OUTPUT, true, false);
    fails(-ENOENT);
    end();
}

static void client_closed(void) {
    bonded(true, true, 'J');
    again(true);
    store_is_slow = true;
    alone_check(ble_gattc_write_signed(&alone, HANDLE, 0x1234, (const uint8_t *)"x", 1) == 0);
    alone_check(take() == -1);
    alone_disconnect(HANDLE, 0x13);
    alone_check(take() == BLE_EVENT_WRITE_DONE && event.status == -ENOTCONN);
    store_is_slow = false;
    ble_event_answer(&alone, &slow_event, store[stored - 1].value, store[stored - 1].length);
    alone_check(take() == BLE_EVENT_DISCONNECTED);
    connect(true);
    sends("after", 0);
    end();
}

// Both at once: one record, one question, both counters.
static void both(void) {
    serve(false);
    store_is_slow = true;
    write_signed("a", 4);
    alone_check(take() == -1);
    alone_check(ble_gattc_write_signed(&alone, HANDLE, 0x1234, (const uint8_t *)"x", 1) == 0);
    alone_check(take() == -1);
    store_is_slow = false;
    secret_t *s = store_find(BLE_SECRET_BOND, 0, NULL, 0);
    ble_event_answer(&alone, &slow_event, s->value, s->length);
    told_count = 0;
    told_is(BLE_EVENT_SECRET_SET, BLE_EVENT_WRITTEN, BLE_EVENT_WRITE_DONE);
    alone_check(holds("a") && ble_get32(bond()->peer_counter) == 5 && ble_get32(bond()->our_counter) == 1);
    alone_check(alone_sent_on(HANDLE, BLE_CID_ATT, pdu) == 16);
    end();
}

int main(void) {
    unsigned count = 0;
    RUN(counters);
    RUN(forged);
    RUN(not_meant);
    RUN(not_signed);
    RUN(asked);
    RUN(no_key);
    RUN(in_order);
    RUN(closed_meanwhile);
    RUN(client);
    RUN(client_closed);
    RUN(both);
    printf("%u cases\n", count);
    return 0;
}
