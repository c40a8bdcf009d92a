// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Pairing between two hosts: every method in both roles, what comes of wrong answers, bonds and their loss, and a fault
// at each packet. Both have Secure Connections: of legacy pairing only that out of band is here, the rest is tested
// against peers that have nothing else (tests/ble/alone, and npm's ble-host).
#include "two.h"

// ---- settings, and a pairing from its begin to its end

static void settings(unsigned host, unsigned io, bool mitm, bool bonding) {
    const ble_security_t security = { .io = io, .mitm = mitm, .bonding = bonding, .key_size = 16 };
    CHECK(ble_set_security(&two_host[host], &security) == 0);
}

static void settings_both(unsigned io, bool mitm, bool bonding) {
    settings(0, io, mitm, bonding);
    settings(1, io, mitm, bonding);
}

static two_link_t begin(void) {
    two_told_clear();
    return two_pair();
}

static void end(void) {
    ble_stop(&two_host[0]);
    ble_stop(&two_host[1]);
    two_forget(0);
    two_forget(1);
}

static ble_event_t asked(unsigned host) {
    two_until(two_told(host).asked == 1);
    return two_told(host).passkey;
}

static void answer(two_link_t link, unsigned host, unsigned action, uint32_t number) {
    CHECK(asked(host).passkey.action == action);
    uint16_t connection = two_connection(link, host);
    uint8_t other = action == BLE_PASSKEY_COMPARE ? BLE_PASSKEY_INPUT : BLE_PASSKEY_COMPARE;
    CHECK(ble_passkey(&two_host[host], connection, other, 1) == -EALREADY);
    CHECK(ble_passkey(&two_host[host], connection, action, number) == 0);
    CHECK(ble_passkey(&two_host[host], connection, action, number) == -EALREADY);
}

// One side shows a number and the user types it at the other.
static void show(two_link_t link, unsigned from) {
    uint32_t number = asked(from).passkey.number;
    CHECK(number <= 999999);
    answer(link, !from, BLE_PASSKEY_INPUT, number);
    answer(link, from, BLE_PASSKEY_DISPLAY, number);
}

static bool is_asking(char method) {
    return method != 'J' && method != 'o';
}

// What a user does: 'J' nothing, 'N' he compares, 'i' the central shows and 'r' the peripheral, 'b' he types at both;
// 'o' he has done something before.
static void be_user(two_link_t link, char method) {
    if (method == 'N') {
        CHECK(asked(0).passkey.number == asked(1).passkey.number && asked(0).passkey.number <= 999999);
        answer(link, 0, BLE_PASSKEY_COMPARE, 1);
        answer(link, 1, BLE_PASSKEY_COMPARE, 1);
    } else if (method == 'b') {
        answer(link, 0, BLE_PASSKEY_INPUT, 123456);
        answer(link, 1, BLE_PASSKEY_INPUT, 123456);
    } else if (is_asking(method)) {
        show(link, method == 'r');
    }
}

static bool is_secured(unsigned host, bool authenticated, bool bonded) {
    const ble_event_t e = two_told(host).security;
    return e.security.encrypted && e.security.authenticated == authenticated && e.security.bonded == bonded
           && e.security.key_size == 16;
}

static void pair(two_link_t link, unsigned from, char method, bool bonded) {
    CHECK(ble_pair(&two_host[from], two_connection(link, from)) == 0);
    be_user(link, method);
    for (unsigned i = 0; i < 2; i++) {
        two_until(two_told(i).paired == 1 && two_told(i).encrypted != 0);
        CHECK(two_told(i).status == 0 && is_secured(i, method != 'J', bonded));
        CHECK(two_told(i).asked == is_asking(method));
    }
}

static void failed(unsigned host, int status) {
    two_until(two_told(host).paired == 1);
    CHECK(two_told(host).status == status && two_told(host).encrypted == 0);
}

// ---- methods

// (Core, Vol 3, Part H, Table 2.8) Of Secure Connections, by the peripheral's capability and the central's.
static const char *const methods[] = { "JJrJr", "JNrJN", "iibJi", "JJJJJ", "iNrJN" };

static void every_method(void) {
    two_store();
    for (unsigned i = 0; i < 25; i += TWO_SLOW ? 3 : 1) {
        settings(0, i % 5, i % 2 == 0, false); // who asks for it does not matter
        settings(1, i / 5, i % 2 != 0, false);
        two_link_t link = begin();
        pair(link, i % 3 == 0, methods[i / 5][i % 5], false);
        end();
    }
}

// Nobody asks for protection, so nobody is asked.
static void unprotected(void) {
    two_store();
    for (unsigned from = 0; from < 2; from++) {
        settings_both(BLE_KEYBOARD_DISPLAY, false, false);
        two_link_t link = begin();
        pair(link, from, 'J', false);
        CHECK(ble_pair(&two_host[0], link.central) == 0); // it is secure: that is told once more
        two_until(two_told(0).encrypted == 2);
        CHECK(two_told(0).paired == 1);
        end();
    }
}

static void both_begin(void) {
    two_store();
    settings_both(BLE_NO_INPUT_OUTPUT, false, false);
    two_link_t link = begin();
    CHECK(ble_pair(&two_host[1], link.peripheral) == 0);
    int error = ble_pair(&two_host[0], link.central);
    CHECK(error == 0 || error == -EALREADY); // it has been asked to already
    for (unsigned i = 0; i < 2; i++) {
        two_until(two_told(i).encrypted != 0 && two_told(i).paired != 0);
        CHECK(is_secured(i, false, false) && two_told(i).status == 0);
    }
    end();
}

// ---- out of band

// The data of `from` is carried to the other one.
static void carry(unsigned from) {
    ble_oob_t data;
    CHECK(ble_oob_create(&two_host[from], &data) == 0 && ble_oob_set(&two_host[!from], &data) == 0);
}

static void carry_key(uint8_t first, uint8_t second) {
    uint8_t key[16] = { first };
    CHECK(ble_oob_key(&two_host[0], key) == 0);
    key[0] = second;
    CHECK(ble_oob_key(&two_host[1], key) == 0);
}

// The data of one, of the other, of both; and the key of legacy pairing. Begun by either.
static void out_of_band(void) {
    two_store();
    for (unsigned i = 0; i < 8; i++) {
        unsigned how = i / 2;
        settings_both(BLE_NO_INPUT_OUTPUT, false, false);
        two_link_t link = begin();
        for (unsigned from = 0; from < 2 && how < 3; from++) {
            if (how != from) {
                carry(from);
            }
        }
        if (how == 3) {
            carry_key(1, 1);
        }
        pair(link, i % 2, 'o', false);
        CHECK(ble_oob_key(&two_host[0], NULL) == 0 && ble_oob_set(&two_host[1], NULL) == 0);
        end();
    }
}

static void out_of_band_wrong(void) {
    two_store();
    settings_both(BLE_NO_INPUT_OUTPUT, false, false);
    two_link_t link = begin();
    carry_key(1, 2);
    CHECK(ble_pair(&two_host[0], link.central) == 0);
    failed(0, 4); // Confirm Value Failed
    failed(1, 4);
    end();
}

// ---- wrong answers

static void wrong_passkey(void) {
    two_store();
    settings(0, BLE_KEYBOARD_ONLY, true, false);
    settings(1, BLE_DISPLAY_ONLY, true, false);
    two_link_t link = begin();
    CHECK(ble_pair(&two_host[0], link.central) == 0);
    answer(link, 0, BLE_PASSKEY_INPUT, (asked(1).passkey.number + 1) % 1000000);
    answer(link, 1, BLE_PASSKEY_DISPLAY, asked(1).passkey.number);
    failed(0, BLE_SMP_CONFIRM_FAILED);
    failed(1, BLE_SMP_CONFIRM_FAILED);
    CHECK(ble_pair(&two_host[0], link.central) == -EAGAIN); // who guesses has to wait
    end();
}

static void refused_by_the_user(void) {
    two_store();
    for (unsigned side = 0; side < 2; side++) {
        settings_both(BLE_DISPLAY_YESNO, true, false);
        two_link_t link = begin();
        CHECK(ble_pair(&two_host[side], two_connection(link, side)) == 0);
        answer(link, side, BLE_PASSKEY_COMPARE, 0);
        failed(0, BLE_SMP_COMPARISON_FAILED);
        failed(1, BLE_SMP_COMPARISON_FAILED);
        end();
        settings_both(BLE_KEYBOARD_ONLY, true, false);
        link = begin();
        CHECK(ble_pair(&two_host[0], link.central) == 0);
        answer(link, side, BLE_PASSKEY_INPUT, 1000000);
        failed(0, BLE_SMP_PASSKEY_ENTRY_FAILED);
        failed(1, BLE_SMP_PASSKEY_ENTRY_FAILED);
        end();
    }
}

static void bad_arguments(void) {
    ble_security_t wrong[] = {
        { .io = 5, .key_size = 16 }, { .io = 0, .key_size = 6 }, { .io = 0, .key_size = 17 },
    };
    two_store();
    settings_both(BLE_NO_INPUT_OUTPUT, false, false);
    two_link_t link = begin();
    for (unsigned i = 0; i < BLE_COUNT(wrong); i++) {
        CHECK(ble_set_security(&two_host[0], &wrong[i]) == -EINVAL);
    }
    CHECK(ble_pair(&two_host[0], 99) == -ENOTCONN);
    CHECK(ble_passkey(&two_host[0], 99, BLE_PASSKEY_INPUT, 1) == -ENOTCONN);
    CHECK(ble_passkey(&two_host[0], link.central, BLE_PASSKEY_INPUT, 1) == -EALREADY);
    end();
}

// ---- what attributes demand

static int status_of(unsigned done) {
    two_event_t e = two_expect_any(0);
    while (e.event.type != done) {
        e = two_expect_any(0);
    }
    return e.event.status;
}

static int read_status(two_link_t link, unsigned which) {
    CHECK(ble_gattc_read(&two_host[0], link.central, two_handle(1, which)) == 0);
    return status_of(BLE_EVENT_READ_DONE);
}

static int write_status(two_link_t link, unsigned which) {
    CHECK(ble_gattc_write(&two_host[0], link.central, two_handle(1, which), (const uint8_t *)"12", 2) == 0);
    return status_of(BLE_EVENT_WRITE_DONE);
}

// The flags of each value, and what a peer gets that is encrypted only.
static const struct {
    uint16_t flags;
    int read, write;
} guards[] = {
    [TWO_VALUE] = { BLE_READ_ENCRYPTED | BLE_WRITE_AUTHENTICATED, 0, BLE_ATT_INSUFFICIENT_AUTHENTICATION },
    [TWO_FIXED] = { BLE_READ_AUTHENTICATED | BLE_WRITE | BLE_SIGNED_WRITE, BLE_ATT_INSUFFICIENT_AUTHENTICATION, 0 },
    [TWO_APPEND] = { BLE_READ_ENCRYPTED | BLE_WRITE_ENCRYPTED, 0, 0 }, // with as long a key as there is
    [TWO_ASKED] = { BLE_READ_AUTHORIZED | BLE_WRITE_AUTHORIZED | BLE_AUX_WRITE | BLE_BROADCAST, 0, 0 },
};

static void guard(void) {
    ble_characteristic_t *c = two_services[1].characteristics;
    CHECK(ble_gatts_clear(&two_host[1]) == 0);
    for (unsigned i = 0; i < BLE_COUNT(guards); i++) {
        c[i].flags |= guards[i].flags;
    }
    c[TWO_APPEND].key_size = 16;
    CHECK(ble_gatts_add(&two_host[1], &two_services[1].service) == 0);
}

static void guarded_values(void) {
    two_store();
    for (unsigned authenticated = 0; authenticated < 2; authenticated++) {
        settings_both(BLE_DISPLAY_YESNO, authenticated, false);
        two_link_t link = begin();
        guard();
        for (unsigned i = TWO_VALUE; i < TWO_ASKED; i++) {
            bool is_open = i == TWO_FIXED; // to be written
            CHECK(read_status(link, i) == BLE_ATT_INSUFFICIENT_AUTHENTICATION);
            CHECK(write_status(link, i) == (is_open ? 0 : BLE_ATT_INSUFFICIENT_AUTHENTICATION));
        }
        pair(link, 0, authenticated ? 'N' : 'J', false);
        for (unsigned i = 0; i < BLE_COUNT(guards); i++) {
            CHECK(read_status(link, i) == (authenticated ? 0 : guards[i].read));
            CHECK(write_status(link, i) == (authenticated ? 0 : guards[i].write));
        }
        two_answer(1, BLE_EVENT_READ, BLE_ATT_INSUFFICIENT_AUTHORIZATION);
        two_answer(1, BLE_EVENT_WRITTEN, BLE_ATT_INSUFFICIENT_AUTHORIZATION);
        CHECK(read_status(link, TWO_ASKED) == BLE_ATT_INSUFFICIENT_AUTHORIZATION);
        CHECK(write_status(link, TWO_ASKED) == BLE_ATT_INSUFFICIENT_AUTHORIZATION);
        CHECK(write_status(link, TWO_FIXED) == 0); // which nobody is asked about
        two_answer(1, BLE_EVENT_READ, 0);
        two_answer(1, BLE_EVENT_WRITTEN, 0);
        end();
    }
}

// ---- bonds

// Encrypt with the bond, which nobody is asked about.
static void encrypt(two_link_t link, unsigned from, bool authenticated) {
    CHECK(ble_pair(&two_host[from], two_connection(link, from)) == 0);
    for (unsigned i = 0; i < 2; i++) {
        two_until(two_told(i).encrypted != 0);
        CHECK(is_secured(i, authenticated, true) && two_told(i).asked == 0);
        CHECK(two_told(i).paired == 0 || two_told(i).status == 0);
    }
}

static void bond(char method) {
    unsigned io = method == 'N' ? BLE_DISPLAY_YESNO : BLE_NO_INPUT_OUTPUT;
    two_store();
    settings_both(io, method != 'J', true);
    two_link_t link = begin();
    pair(link, 0, method, true);
    for (unsigned i = 0; i < 2; i++) {
        two_until(two_stored(i, BLE_SECRET_BOND) == 1 && two_stored(i, BLE_SECRET_IDENTITY) == 1);
    }
    two_part(1, link.peripheral);
    for (unsigned i = 0; i < 2; i++) {
        while (two_expect_any(i).event.type != BLE_EVENT_DISCONNECTED) {
        }
    }
}

static void encrypts_again(void) {
    for (unsigned i = 0; i < 2; i++) {
        bond(i == 0 ? 'J' : 'N');
        two_told_clear();
        encrypt(two_connected(0, 1), i, i != 0); // with what is at hand
        end();
        encrypt(begin(), !i, i != 0); // with what the store gives, after a start
        end();
    }
}

// A peer that comes back with a private address is known by its bond.
static void private_address(void) {
    bond('J');
    end();
    two_told_clear();
    two_start_both();
    two_store_loaded(0);
    two_store_loaded(1);
    CHECK(ble_set_own_address(&two_host[0], BLE_OWN_RESOLVABLE) == 0);
    CHECK(two_advertise(1) == 0 && two_connect(0, 1, 20000) == 0);
    two_link_t link = { two_expect(0, BLE_EVENT_CONNECTED).event.connection, 0 };
    two_event_t e = two_expect(1, BLE_EVENT_CONNECTED);
    ble_address_t identity = two_address(0);
    CHECK(memcmp(e.event.link.peer.octets, identity.octets, 6) == 0);
    CHECK(e.event.link.peer.type == BLE_ADDRESS_PUBLIC_IDENTITY);
    link.peripheral = e.event.connection;
    encrypt(link, 0, false);
    CHECK(ble_set_own_address(&two_host[0], BLE_OWN_PUBLIC) == 0);
    end();
}

// The peripheral has lost its bond: the central is told so, and pairs when its application has forgotten it too.
static void lost_by_the_peripheral(void) {
    bond('J');
    end();
    two_store_clear(1);
    two_link_t link = begin();
    CHECK(ble_pair(&two_host[0], link.central) == 0);
    two_until(two_told(0).paired == 1);
    CHECK(two_told(0).status == -ENOENT);
    end();
    two_store_clear(0);
    pair(begin(), 0, 'J', true);
    end();
}

// The central has: it pairs anew, which the peripheral agrees to for as good a bond and not for a worse one.
static void lost_by_the_central(void) {
    bond('N');
    end();
    two_store_clear(0);
    pair(begin(), 0, 'N', true);
    end();
    two_store_clear(0);
    settings(0, BLE_NO_INPUT_OUTPUT, false, true);
    two_link_t link = begin();
    CHECK(ble_pair(&two_host[0], link.central) == 0);
    failed(0, BLE_SMP_AUTHENTICATION_REQUIREMENTS);
    failed(1, BLE_SMP_AUTHENTICATION_REQUIREMENTS);
    CHECK(two_stored(0, BLE_SECRET_BOND) == 0 && two_stored(1, BLE_SECRET_BOND) == 1);
    end();
}

// ---- two at once

static void two_at_once(void) {
    two_store();
    settings_both(BLE_NO_INPUT_OUTPUT, false, true);
    settings(2, BLE_NO_INPUT_OUTPUT, false, true);
    two_start(2);
    two_link_t link = begin(), other = two_connected(0, 2);
    CHECK(ble_pair(&two_host[0], link.central) == 0 && ble_pair(&two_host[0], other.central) == 0);
    for (unsigned i = 0; i < TWO_HOSTS; i++) {
        two_until(two_told(i).paired == (i == 0 ? 2 : 1) && two_told(i).encrypted != 0);
        CHECK(two_told(i).status == 0 && is_secured(i, false, true));
    }
    two_until(two_stored(0, BLE_SECRET_BOND) == 2);
    ble_stop(&two_host[2]);
    end();
}

// ---- a fault at each packet, and other controllers

// As much as goes: paired and bonded, or false. Each host is told once all the same.
static bool session(void) {
    two_event_t e;
    two_begin();
    two_told_clear();
    CHECK(two_advertise(1) == 0 && two_connect(0, 1, 20000) == 0);
    if (!two_await(0, BLE_EVENT_CONNECTED, &e) || !two_await(1, BLE_EVENT_CONNECTED, NULL)
        || ble_pair(&two_host[0], e.event.connection) != 0) {
        return false;
    }
    for (unsigned i = 0; i < 2; i++) {
        two_until(two_told(i).paired != 0 || two_ended());
    }
    return two_told(0).paired != 0 && two_told(1).paired != 0 && two_told(0).status == 0 && two_told(1).status == 0;
}

static void session_end(void) {
    for (unsigned i = 0; i < 2; i++) {
        ble_connect_cancel(&two_host[i]);
        ble_advertise_stop(&two_host[i]);
    }
    air_drop(0); // if it is still there
    for (unsigned i = 0; i < 2; i++) {
        two_settled(i);
        CHECK(two_told(i).paired <= 1);
        ble_stop(&two_host[i]);
        two_store_clear(i);
    }
    two_forget(0);
    two_forget(1);
}

static void session_with(const air_knobs_t *knobs) {
    two_air(1);
    air_configure(0, knobs);
    air_configure(1, knobs);
    two_start_both();
}

static void link_dropped(void) {
    two_store();
    settings_both(BLE_NO_INPUT_OUTPUT, false, true);
    CHECK(two_drop_each(TWO_SLOW ? 7 : 1, two_start_both, session, session_end) > 15);
}

static void other_controllers(void) {
    static const uint8_t buffers[][2] = { { 27, 1 }, { 27, 8 }, { 251, 1 }, { 251, 8 } };
    two_store();
    settings_both(BLE_NO_INPUT_OUTPUT, false, true);
    for (unsigned i = 0; i < BLE_COUNT(buffers) + 2; i++) {
        air_knobs_t knobs = air_knobs();
        if (i < BLE_COUNT(buffers)) {
            knobs.acl_len = buffers[i][0];
            knobs.acl_num = buffers[i][1];
        }
        knobs.data_by_step = i == BLE_COUNT(buffers);
        knobs.credits_late = i == BLE_COUNT(buffers) + 1;
        session_with(&knobs);
        CHECK(session());
        session_end();
    }
}

// A controller that does not encrypt is the end of the pairing; no to any command that it need not know is not.
static void commands_refused(void) {
    air_knobs_t knobs = air_knobs();
    two_store();
    settings_both(BLE_NO_INPUT_OUTPUT, false, true);
    knobs.refuse[0].opcode = BLE_HCI_LE_START_ENCRYPTION;
    knobs.refuse[0].status = BLE_STATUS_DISALLOWED;
    knobs.refuse[0].times = 1;
    session_with(&knobs);
    CHECK(!session() && two_told(0).status == -EIO && two_told(1).status == BLE_SMP_UNSPECIFIED);
    session_end();
    knobs.refuse[0].opcode = BLE_HCI_LE_KEY_REPLY;
    session_with(&knobs);
    CHECK(!session() && two_told(1).status == -EIO);
    CHECK(two_told(0).status == -ENOENT || two_told(0).status == BLE_SMP_UNSPECIFIED); // whichever comes first
    session_end();
    for (unsigned i = 0; air_optional(i) != 0; i += TWO_SLOW ? 9 : 1) {
        uint16_t opcode = air_optional(i);
        if (opcode != BLE_HCI_LE_RAND && opcode != BLE_HCI_LE_START_ENCRYPTION && opcode != BLE_HCI_LE_KEY_REPLY) {
            knobs = air_knobs();
            knobs.unknown[0] = opcode;
            session_with(&knobs);
            CHECK(session());
            session_end();
        }
    }
}

const two_case_t two_cases_smp[] = {
    { "smp-every-method", every_method },
    { "smp-unprotected", unprotected },
    { "smp-both-begin", both_begin },
    { "smp-out-of-band", out_of_band },
    { "smp-out-of-band-wrong", out_of_band_wrong },
    { "smp-wrong-passkey", wrong_passkey },
    { "smp-refused-by-the-user", refused_by_the_user },
    { "smp-bad-arguments", bad_arguments },
    { "smp-guarded-values", guarded_values },
    { "smp-encrypts-again", encrypts_again },
    { "smp-private-address", private_address },
    { "smp-lost-by-the-peripheral", lost_by_the_peripheral },
    { "smp-lost-by-the-central", lost_by_the_central },
    { "smp-two-at-once", two_at_once },
    { "smp-link-dropped", link_dropped },
    { "smp-other-controllers", other_controllers },
    { "smp-commands-refused", commands_refused },
    { NULL, NULL },
};
