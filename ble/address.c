// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Addresses of ours (Core, Vol 6, Part B, 1.3).
#include "crypto.h"
#include "host.h"

#define RENEW_MS (15 * 60 * 1000)
#define RETRY_MS (1000)

enum { KIND_NON_RESOLVABLE = 0x00, KIND_RESOLVABLE = 0x40, KIND_STATIC = 0xc0, KIND = 0xc0 };

static void random_address(ble_t *b, uint8_t octets[6], uint8_t kind) {
    ble_random(b, octets, 6);
    octets[5] = (octets[5] & ~KIND) | kind;
}

static void resolvable_address(ble_t *b, uint8_t octets[6]) {
    uint8_t irk[16];
    random_address(b, octets, KIND_RESOLVABLE);
    ble_smp_own_irk(b, irk);
    ble_ah(irk, octets + 3, octets);
}

static bool has_public(ble_t *b) {
    static const uint8_t none[6];
    return memcmp(b->hci.public_address.octets, none, 6) != 0;
}

static bool is_private(ble_t *b) {
    return b->gap.own_kind == BLE_OWN_RESOLVABLE || b->gap.own_kind == BLE_OWN_NON_RESOLVABLE;
}

// The controller takes no other address while it uses this one.
static bool in_use(ble_t *b) {
    return b->gap.advertising || (BLE_CENTRAL && (b->gap.scanning || b->gap.creating));
}

static void random_choose(ble_t *b, uint8_t octets[6]) {
    if (BLE_PAIRINGS && b->gap.own_kind == BLE_OWN_RESOLVABLE) {
        resolvable_address(b, octets);
    } else if (b->gap.own_kind == BLE_OWN_NON_RESOLVABLE) {
        random_address(b, octets, KIND_NON_RESOLVABLE);
    } else {
        memcpy(octets, b->gap.static_address, 6);
    }
}

// Advertising and scanning pause for the change.
static void renew(ble_t *b, ble_timer_t *timer) {
    if (!is_private(b) || b->gap.creating) {
        ble_timer_set(b, timer, b->gap.creating ? RETRY_MS : RENEW_MS);
        return;
    }
    if (b->gap.advertising) {
        ble_advertising_switch(b, NULL, false);
    }
    if (BLE_CENTRAL && b->gap.scanning) {
        ble_scan_switch(b, NULL, false);
    }
    random_choose(b, b->gap.random);
    ble_command(b, BLE_HCI_LE_SET_RANDOM_ADDRESS, b->gap.random, 6, NULL, NULL);
    if (BLE_CENTRAL && b->gap.scanning) {
        ble_scan_switch(b, NULL, true);
    }
    if (b->gap.advertising) {
        ble_advertising_anew(b, b->gap.advertising_as.type);
        if (ble_extended(b)) {
            ble_extended_address(b);
        }
        ble_advertising_switch(b, NULL, true);
    }
    ble_timer_set(b, timer, RENEW_MS);
}

void ble_address_of(ble_t *b, uint8_t type, ble_address_t *own) {
    own->type = type;
    memcpy(own->octets, type == BLE_ADDRESS_PUBLIC ? b->hci.public_address.octets : b->gap.random, 6);
}

// What has not been on the air yet never was.
void ble_advertising_anew(ble_t *b, uint8_t type) {
    if (ble_advertising_begins(b) == NULL) {
        b->gap.advertised_as = b->gap.advertising_as;
    }
    ble_address_of(b, type, &b->gap.advertising_as);
}

uint8_t ble_address_choose(ble_t *b) {
    uint8_t octets[6];
    if (b->gap.own_kind == BLE_OWN_PUBLIC && has_public(b)) {
        return BLE_ADDRESS_PUBLIC;
    }
    if (!in_use(b)) {
        random_choose(b, octets);
        if (memcmp(octets, b->gap.random, 6) != 0) {
            memcpy(b->gap.random, octets, 6);
            ble_command(b, BLE_HCI_LE_SET_RANDOM_ADDRESS, octets, 6, NULL, NULL);
        }
    }
    if (is_private(b) && !ble_timer_is_set(&b->gap.renew_timer)) {
        ble_timer_set(b, &b->gap.renew_timer, RENEW_MS);
    }
    return BLE_ADDRESS_RANDOM;
}

void ble_address_renew(ble_t *b) {
    if (b->gap.own_kind == BLE_OWN_RESOLVABLE && ble_timer_is_set(&b->gap.renew_timer)) {
        ble_timer_set(b, &b->gap.renew_timer, 0);
    }
}

void ble_address_init(ble_t *b) {
    b->gap.renew_timer.expired = renew;
}

void ble_gap_ready(ble_t *b, ble_call_t *call) {
    random_address(b, b->gap.static_address, KIND_STATIC);
    memcpy(b->gap.random, b->gap.static_address, 6);
    int result = ble_command_for(b, call, BLE_HCI_LE_SET_RANDOM_ADDRESS, b->gap.random, 6);
    if (result != BLE_PENDING) {
        ble_call_end(b, call, result);
    }
}

// ---- calls

typedef struct {
    ble_call_t call;
    ble_address_t *address;
    ble_own_address_t kind;
} address_call_t;

static int own_run(ble_t *b, ble_call_t *call) {
    ble_address_t *address = ((address_call_t *)call)->address;
    if (b->gap.own_kind == BLE_OWN_PUBLIC && has_public(b)) {
        *address = b->hci.public_address;
    } else {
        address->type = BLE_ADDRESS_RANDOM;
        memcpy(address->octets, is_private(b) ? b->gap.random : b->gap.static_address, 6);
    }
    return 0;
}

int ble_own_address(ble_t *b, ble_address_t *address) {
    address_call_t c = { .address = address };
    return ble_call(b, &c.call, own_run, RTOS_FOREVER);
}

static int set_own_run(ble_t *b, ble_call_t *call) {
    b->gap.own_kind = ((address_call_t *)call)->kind;
    return 0;
}

int ble_set_own_address(ble_t *b, ble_own_address_t kind) {
    if (kind > BLE_OWN_NON_RESOLVABLE || (kind == BLE_OWN_RESOLVABLE && !BLE_PAIRINGS)) {
        return -EINVAL;
    }
    address_call_t c = { .kind = kind };
    return ble_call(b, &c.call, set_own_run, RTOS_FOREVER);
}
