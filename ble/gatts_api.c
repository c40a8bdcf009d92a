// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The GATT server's functions for the application's threads: services, values, the name, the MTU.
#include "host.h"

// What a call is about; each function uses some of it.
typedef struct {
    ble_call_t call;
    ble_service_t *service;
    uint16_t handle;
    uint16_t size;
    bool flag;
    const uint8_t *in;
    uint8_t *out;
    uint8_t **memory;
    size_t length;
} gatts_call_t;

// Before ble_start and after ble_stop there is no host's thread that looks at what these change, but there may be
// others like this one, and one that starts the host.
static int gatts_call(ble_t *b, gatts_call_t *g, int (*run)(ble_t *b, ble_call_t *call)) {
    rtos_crit_t key = rtos_crit_enter();
    bool down = b->life == BLE_DOWN;
    int result = down ? run(b, &g->call) : 0;
    rtos_crit_exit(key);
    return down ? result : ble_call(b, &g->call, run, RTOS_NO_WAIT);
}

// ---- services

// How many handles and subscriptions a service takes.
static unsigned handles_of(const ble_service_t *s, unsigned *subscriptions) {
    unsigned handles = 1;
    *subscriptions = 0;
    for (unsigned i = 0; i < s->characteristic_count; i++) {
        unsigned own = ble_characteristic_subscribable(&s->characteristics[i]);
        *subscriptions += own;
        handles += 2 + own + s->characteristics[i].descriptor_count;
    }
    return handles;
}

static void handles_give(ble_t *b, ble_service_t *s, uint16_t handle) {
    s->handle = handle;
    for (unsigned i = 0; i < s->characteristic_count; i++) {
        ble_characteristic_t *ch = &s->characteristics[i];
        handle += 2; // the declaration's is before it
        ch->handle = handle;
        if (ble_characteristic_subscribable(ch)) {
            ch->subscription = ++b->gatts.subscriptions;
            handle++;
        }
        for (unsigned j = 0; j < ch->descriptor_count; j++) {
            ch->descriptors[j].handle = ++handle;
        }
    }
    s->end = handle;
    b->gatts.next_handle = handle + 1;
}

static int add_run(ble_t *b, ble_call_t *call) {
    ble_service_t *s = ((gatts_call_t *)call)->service;
    unsigned subscriptions;
    unsigned handles = handles_of(s, &subscriptions);
    unsigned first = b->gatts.services == NULL ? BLE_HANDLE_FIRST : b->gatts.next_handle;
    if (b->gatts.subscriptions + subscriptions >= BLE_SUBSCRIPTIONS || first + handles > 0xffff) {
        return -ENOMEM;
    }
    handles_give(b, s, first);
    ble_service_t **at = &b->gatts.services;
    while (*at != NULL) {
        at = &(*at)->next;
    }
    s->next = NULL;
    *at = s;
    ble_gatts_changed(b, s->handle, s->end);
    return 0;
}

static bool value_valid(const ble_value_t *v) {
    return v->length <= v->size && (v->size <= BLE_VALUE_MAX || v->append) && !(v->append && v->fixed)
           && (v->octets != NULL || v->size == 0);
}

static bool characteristic_valid(const ble_characteristic_t *ch) {
    bool valid = ble_uuid_valid(&ch->uuid) && value_valid(&ch->value);
    for (unsigned i = 0; i < ch->descriptor_count; i++) {
        valid &= ble_uuid_valid(&ch->descriptors[i].uuid) && value_valid(&ch->descriptors[i].value);
    }
    return valid;
}

int ble_gatts_add(ble_t *b, ble_service_t *service) {
    gatts_call_t g = { .service = service };
    bool valid = ble_uuid_valid(&service->uuid);
    for (unsigned i = 0; i < service->characteristic_count; i++) {
        valid &= characteristic_valid(&service->characteristics[i]);
    }
    return valid ? gatts_call(b, &g, add_run) : -EINVAL;
}

// Whatever is about the services that go: subscriptions, prepared writes, what is dirty.
static void conn_clear(ble_t *b, ble_conn_t *c) {
    ble_queue_clear(b, &c->att.prepared);
    c->att.notify &= 1;
    c->att.indicate &= 1;
    c->att.dirty &= 1;
    c->att.restored = 0;
}

static int clear_run(ble_t *b, ble_call_t *call) {
    (void)call;
    bool any = b->gatts.services != NULL;
    b->gatts.services = NULL;
    b->gatts.next_handle = BLE_HANDLE_FIRST;
    b->gatts.subscriptions = 0;
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        if (b->conns[i].state == BLE_CONN_OPEN) {
            conn_clear(b, &b->conns[i]);
        }
    }
    if (any) {
        ble_gatts_changed(b, BLE_HANDLE_FIRST, 0xffff);
    }
    return 0;
}

int ble_gatts_clear(ble_t *b) {
    gatts_call_t g = { 0 };
    return gatts_call(b, &g, clear_run);
}

// ---- values

static ble_value_t *value_of(ble_t *b, uint16_t handle, ble_attribute_t *a) {
    return ble_attribute_find(b, handle, a) ? a->value : NULL;
}

// Of a value that is appended to, what was read is taken out.
static int read_run(ble_t *b, ble_call_t *call) {
    gatts_call_t *g = (gatts_call_t *)call;
    ble_attribute_t a;
    ble_value_t *v = value_of(b, g->handle, &a);
    if (v == NULL) {
        return -ENOENT;
    }
    size_t length = v->length, taken = length < g->length ? length : g->length;
    if (taken != 0) {
        memcpy(g->out, v->octets, taken);
    }
    if (v->append && taken != 0) {
        v->length -= taken;
        memmove(v->octets, v->octets + taken, v->length);
    }
    g->length = length;
    return 0;
}

int ble_gatts_read(ble_t *b, uint16_t handle, uint8_t *octets, size_t *length) {
    gatts_call_t g = { .handle = handle, .out = octets, .length = *length };
    int result = gatts_call(b, &g, read_run);
    *length = result == 0 ? g.length : 0;
    return result;
}

static int write_run(ble_t *b, ble_call_t *call) {
    gatts_call_t *g = (gatts_call_t *)call;
    ble_attribute_t a;
    ble_value_t *v = value_of(b, g->handle, &a);
    if (v == NULL) {
        return -ENOENT;
    }
    if (g->length > v->size) {
        return -EINVAL;
    }
    if (g->length != 0) {
        memcpy(v->octets, g->in, g->length);
    }
    v->length = g->length;
    if (g->flag && a.kind == BLE_ATTRIBUTE_VALUE && ble_running(b)) {
        ble_gatts_update(b, a.characteristic);
    }
    return 0;
}

int ble_gatts_write(ble_t *b, uint16_t handle, const uint8_t *octets, size_t length, bool update) {
    gatts_call_t g = { .handle = handle, .in = octets, .length = length, .flag = update };
    return gatts_call(b, &g, write_run);
}

static int set_buffer_run(ble_t *b, ble_call_t *call) {
    gatts_call_t *g = (gatts_call_t *)call;
    ble_attribute_t a;
    ble_value_t *v = value_of(b, g->handle, &a);
    if (v == NULL) {
        return -ENOENT;
    }
    if (v->fixed && g->flag) {
        return -EINVAL;
    }
    uint8_t *old = v->octets;
    v->length = v->length < g->size ? v->length : g->size;
    if (v->length != 0) {
        memmove(*g->memory, old, v->length);
    }
    v->octets = *g->memory;
    v->size = g->size;
    v->append = g->flag;
    *g->memory = old;
    return 0;
}

int ble_gatts_set_buffer(ble_t *b, uint16_t handle, uint8_t **octets, uint16_t size, bool append) {
    gatts_call_t g = { .handle = handle, .memory = octets, .size = size, .flag = append };
    bool valid = (size <= BLE_VALUE_MAX || append) && (*octets != NULL || size == 0);
    return valid ? gatts_call(b, &g, set_buffer_run) : -EINVAL;
}

// ---- the name and the MTU

static int set_name_run(ble_t *b, ble_call_t *call) {
    gatts_call_t *g = (gatts_call_t *)call;
    rtos_crit_t key = rtos_crit_enter(); // ble_name may look at it while the host starts or ends
    if (g->length != 0) {
        memcpy(b->gatts.name, g->in, g->length);
    }
    b->gatts.name_length = g->length;
    b->gatts.named = true;
    rtos_crit_exit(key);
    return 0;
}

int ble_set_name(ble_t *b, const uint8_t *name, size_t length) {
    gatts_call_t g = { .in = name, .length = length };
    return length <= BLE_NAME_MAX ? gatts_call(b, &g, set_name_run) : -EINVAL;
}

static int name_run(ble_t *b, ble_call_t *call) {
    gatts_call_t *g = (gatts_call_t *)call;
    ble_attribute_t a;
    uint8_t scratch[BLE_SCRATCH];
    const uint8_t *octets;
    ble_attribute_find(b, BLE_HANDLE_NAME, &a);
    rtos_crit_t key = rtos_crit_enter();
    g->length = ble_attribute_get(b, NULL, &a, scratch, &octets);
    memcpy(g->out, octets, g->length);
    rtos_crit_exit(key);
    return 0;
}

size_t ble_name(ble_t *b, uint8_t name[BLE_NAME_MAX]) {
    gatts_call_t g = { .out = name };
    if (gatts_call(b, &g, name_run) != 0) {
        name_run(b, &g.call); // it has ended meanwhile
    }
    return g.length;
}

static int set_mtu_run(ble_t *b, ble_call_t *call) {
    rtos_poke(b->gatts.preferred_mtu, ((gatts_call_t *)call)->size);
    return 0;
}

int ble_set_mtu(ble_t *b, uint16_t mtu) {
    gatts_call_t g = { .size = mtu };
    return mtu >= BLE_ATT_MTU_MIN && mtu <= BLE_MTU ? gatts_call(b, &g, set_mtu_run) : -EINVAL;
}

uint16_t ble_mtu(ble_t *b) {
    uint16_t mtu = rtos_peek(b->gatts.preferred_mtu);
    return mtu != 0 ? mtu : BLE_MTU;
}

typedef struct {
    ble_call_t call;
    uint16_t connection;
    uint16_t mtu;
} connection_mtu_call_t;

static int connection_mtu_run(ble_t *b, ble_call_t *call) {
    connection_mtu_call_t *q = (connection_mtu_call_t *)call;
    const ble_conn_t *c = ble_conn_find(b, q->connection);
    q->mtu = c == NULL ? 0 : c->att.mtu;
    return c == NULL ? -ENOTCONN : 0;
}

int ble_connection_mtu(ble_t *b, uint16_t connection) {
    connection_mtu_call_t q = { .connection = connection };
    int error = ble_call(b, &q.call, connection_mtu_run, RTOS_FOREVER);
    return error != 0 ? error : q.mtu;
}
