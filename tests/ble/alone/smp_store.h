// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The application of a test of pairing: a store of secrets, and what it was told. All state is a program's own.
#ifndef HEDDLE_TESTS_BLE_ALONE_SMP_STORE_H
#define HEDDLE_TESTS_BLE_ALONE_SMP_STORE_H

#include "alone.h"

// No program uses all of it.
#pragma GCC diagnostic ignored "-Wunused-function"

// ---- the application: a store, and what it was told

typedef struct {
    uint8_t type, key[7], key_length, value[BLE_SECRET_MAX], length;
} secret_t;

static secret_t store[64];
static unsigned stored;
static bool store_is_slow; // it keeps a question to itself
static ble_event_t event, slow_event;
static uint8_t told[64]; // types, but of questions
static unsigned told_count;

static secret_t *store_find(uint8_t type, unsigned index, const uint8_t *key, uint8_t length) {
    for (unsigned i = 0; i < stored; i++) {
        if (store[i].type != type) {
            continue;
        }
        if (key != NULL ? store[i].key_length == length && memcmp(store[i].key, key, length) == 0 : index-- == 0) {
            return &store[i];
        }
    }
    return NULL;
}

static void store_put(uint8_t type, const uint8_t *key, uint8_t key_length, const uint8_t *value, uint8_t length) {
    secret_t *s = store_find(type, 0, key, key_length);
    if (s == NULL) {
        alone_check(stored < BLE_COUNT(store));
        s = &store[stored++];
    }
    memset(s, 0, sizeof(*s));
    s->type = type;
    if (key != NULL) {
        memcpy(s->key, key, key_length);
    }
    s->key_length = key_length;
    memcpy(s->value, value, length);
    s->length = length;
}

static void store_event(void) {
    if (event.type == BLE_EVENT_SECRET_SET) {
        store_put(event.secret.type, event.secret.key, event.secret.key_length, event.secret.value,
            event.secret.value_length);
        ble_event_done(&alone, &event, 0);
    } else if (store_is_slow) {
        slow_event = event;
    } else {
        secret_t *s = store_find(event.secret.type, event.secret.index, event.secret.key, event.secret.key_length);
        if (s != NULL) {
            ble_event_answer(&alone, &event, s->value, s->length);
        } else {
            ble_event_done(&alone, &event, 0);
        }
    }
}

// The next event that is no question to the store; its type, or -1.
static int take(void) {
    while (alone_next(&event)) {
        bool question = event.type == BLE_EVENT_SECRET_GET || event.type == BLE_EVENT_SECRET_SET;
        if (event.type != BLE_EVENT_SECRET_GET) {
            alone_check(told_count < BLE_COUNT(told));
            told[told_count++] = event.type;
        }
        if (question) {
            store_event();
        } else {
            ble_event_done(&alone, &event, 0);
            return event.type;
        }
    }
    return -1;
}

#define told_is(...)                                                                                  \
    do {                                                                                              \
        static const uint8_t wanted[] = { __VA_ARGS__ };                                              \
        while (take() >= 0) {                                                                         \
        }                                                                                             \
        alone_check(told_count == sizeof(wanted) && memcmp(told, wanted, sizeof(wanted)) == 0);       \
        told_count = 0;                                                                               \
    } while (0)

#endif // HEDDLE_TESTS_BLE_ALONE_SMP_STORE_H
