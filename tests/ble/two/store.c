// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A store of secrets for each host, and what each has been asked and told by pairing.
#include "two.h"

#define SECRETS (8)

typedef struct {
    uint8_t type, key[7], key_length, value[BLE_SECRET_MAX], length; // of no type: free
} secret_t;

static secret_t stores[TWO_HOSTS][SECRETS];
static two_told_t told[TWO_HOSTS];

static secret_t *find(unsigned host, uint8_t type, unsigned index, const uint8_t *key, uint8_t length) {
    for (secret_t *s = stores[host]; s < stores[host] + SECRETS; s++) {
        bool same = key == NULL ? s->type == type && index-- == 0
                                : s->type == type && s->key_length == length && memcmp(s->key, key, length) == 0;
        if (same) {
            return s;
        }
    }
    return NULL;
}

static void put(unsigned host, const ble_event_t *e) {
    secret_t *s = find(host, e->secret.type, 0, e->secret.key, e->secret.key_length);
    s = s != NULL ? s : find(host, 0, 0, NULL, 0);
    CHECK(s != NULL);
    memset(s, 0, sizeof(*s));
    if (e->secret.value != NULL) {
        s->type = e->secret.type;
        s->key_length = e->secret.key_length;
        s->length = e->secret.value_length;
        if (e->secret.key != NULL) {
            memcpy(s->key, e->secret.key, s->key_length);
        }
        memcpy(s->value, e->secret.value, s->length);
    }
}

static void note(unsigned host, const ble_event_t *e) {
    two_told_t *t = &told[host];
    switch (e->type) {
        case BLE_EVENT_PASSKEY:
            t->asked++;
            t->passkey = *e;
            break;
        case BLE_EVENT_PAIRED:
            t->paired++;
            t->status = e->status;
            break;
        case BLE_EVENT_ENCRYPTION:
            t->encrypted++;
            t->security = *e;
            break;
    }
}

static bool give(unsigned host, const ble_event_t *e) {
    secret_t copy = { 0 };
    rtos_crit_t key = rtos_crit_enter();
    note(host, e);
    if (e->type == BLE_EVENT_SECRET_SET) {
        put(host, e);
    } else if (e->type == BLE_EVENT_SECRET_GET) {
        secret_t *s = find(host, e->secret.type, e->secret.index, e->secret.key, e->secret.key_length);
        copy = s != NULL ? *s : copy;
    }
    rtos_crit_exit(key);
    if (copy.type == 0) {
        return false;
    }
    CHECK(ble_event_answer(&two_host[host], e, copy.value, copy.length) == 0);
    return true;
}

void two_store(void) {
    rtos_crit_t key = rtos_crit_enter();
    memset(stores, 0, sizeof(stores));
    memset(told, 0, sizeof(told));
    rtos_crit_exit(key);
    rtos_poke(two_giver, give);
}

void two_store_clear(unsigned host) {
    rtos_crit_t key = rtos_crit_enter();
    memset(stores[host], 0, sizeof(stores[host]));
    rtos_crit_exit(key);
}

unsigned two_stored(unsigned host, unsigned type) {
    unsigned count = 0;
    rtos_crit_t key = rtos_crit_enter();
    for (unsigned i = 0; i < SECRETS; i++) {
        count += stores[host][i].type == type;
    }
    rtos_crit_exit(key);
    return count;
}

static int loaded_run(ble_t *b, ble_call_t *call) {
    (void)call;
    return b->security.loaded ? 0 : -EBUSY;
}

void two_store_loaded(unsigned host) {
    ble_call_t call;
    two_until(ble_call(&two_host[host], &call, loaded_run, RTOS_FOREVER) == 0);
}

two_told_t two_told(unsigned host) {
    rtos_crit_t key = rtos_crit_enter();
    two_told_t t = told[host];
    rtos_crit_exit(key);
    return t;
}

void two_told_clear(void) {
    rtos_crit_t key = rtos_crit_enter();
    memset(told, 0, sizeof(told));
    rtos_crit_exit(key);
}
