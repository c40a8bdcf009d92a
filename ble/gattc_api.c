// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What the application calls of the GATT client: each a message, of which the host makes a procedure.
#include "host.h"

#if BLE_CLIENT

typedef struct {
    ble_call_t call;
    uint16_t connection;
    uint8_t kind; // ble_procedure_kind_t
    uint16_t handle, start, end;
    const ble_uuid_t *uuid;
    const uint8_t *octets;
    size_t length;
} client_call_t;

// ---- for the host's thread

static ble_procedure_t *procedure_free(ble_t *b) {
    for (unsigned i = 0; i < BLE_PROCEDURES; i++) {
        if (b->gattc.all[i].kind == BLE_PROCEDURE_NONE) {
            return &b->gattc.all[i];
        }
    }
    return NULL;
}

// A copy of what is to be written. The first buffer is as well the whole of a short Write Request: its header has room.
static int data_copy(ble_t *b, ble_procedure_t *p, const uint8_t *octets, size_t length) {
    do {
        ble_buffer_t *buffer = ble_buffer_take(b, BLE_FOR_APPLICATION);
        if (buffer == NULL) {
            ble_queue_clear(b, &p->data);
            return -ENOMEM;
        }
        buffer->start = p->data.head == NULL ? BLE_HEADROOM + 3 : 0;
        buffer->length = length < ble_buffer_room(buffer) ? length : ble_buffer_room(buffer);
        if (buffer->length != 0) {
            memcpy(ble_buffer_data(buffer), octets, buffer->length);
        }
        octets += buffer->length;
        length -= buffer->length;
        ble_queue_put(&p->data, buffer);
    } while (length != 0);
    return 0;
}

static void procedure_begin(ble_t *b, ble_conn_t *c, ble_procedure_t *p, const client_call_t *call) {
    b->gattc.used++;
    p->kind = call->kind;
    p->state = BLE_PROCEDURE_ASK;
    p->handle = call->handle;
    p->start = call->start;
    p->end = call->end;
    p->length = call->length;
    p->filter = call->uuid != NULL;
    if (p->filter) {
        ble_uuid_air(&p->uuid, call->uuid);
    }
    ble_procedure_t **at = &c->att.procedure;
    while (*at != NULL) {
        at = &(*at)->next;
    }
    *at = p;
}

static int procedure_run(ble_t *b, ble_call_t *self) {
    client_call_t *call = (client_call_t *)self;
    ble_conn_t *c = ble_conn_find(b, call->connection);
    if (c == NULL || c->att.silent) {
        return -ENOTCONN;
    }
    bool mtu = call->kind == BLE_PROCEDURE_MTU;
    if (mtu && c->att.mtu_exchanged) {
        return -EALREADY;
    }
    ble_procedure_t *p = procedure_free(b);
    if (p == NULL) {
        return -ENOMEM;
    }
    memset(p, 0, sizeof(*p));
    bool is_signed = BLE_SIGNED_WRITES && call->kind == BLE_PROCEDURE_SIGNED;
    if (is_signed && call->length + 3 + BLE_SIGNATURE_SIZE > c->att.mtu) {
        return -EINVAL;
    }
    if ((call->kind == BLE_PROCEDURE_WRITE || is_signed) && data_copy(b, p, call->octets, call->length) != 0) {
        return -ENOMEM;
    }
    procedure_begin(b, c, p, call);
    c->att.mtu_exchanged |= mtu;
    return 0;
}

static int command_run(ble_t *b, ble_call_t *self) {
    client_call_t *call = (client_call_t *)self;
    ble_conn_t *c = ble_conn_find(b, call->connection);
    if (c == NULL || c->att.silent) {
        return -ENOTCONN;
    }
    if (call->length + 3 > c->att.mtu) {
        return -EINVAL;
    }
    ble_buffer_t *buffer = ble_acl_buffer(b, c);
    if (buffer == NULL) {
        return BLE_AGAIN;
    }
    uint8_t *data = ble_buffer_data(buffer);
    data[0] = BLE_ATT_WRITE_COMMAND;
    ble_put16(data + 1, call->handle);
    if (call->length != 0) {
        memcpy(data + 3, call->octets, call->length);
    }
    buffer->length = 3 + call->length;
    ble_att_send(b, c, buffer);
    return 0;
}

// ---- for every other

static int procedure_call(ble_t *b, client_call_t *call) {
    return ble_call(b, &call->call, procedure_run, RTOS_NO_WAIT);
}

static int discover(ble_t *b, ble_procedure_kind_t kind, uint16_t connection, uint16_t start, uint16_t end,
    const ble_uuid_t *uuid) {
    client_call_t call = { .connection = connection, .kind = kind, .start = start, .end = end, .uuid = uuid };
    bool good = start != 0 && start <= end && (uuid == NULL || ble_uuid_valid(uuid));
    return good ? procedure_call(b, &call) : -EINVAL;
}

int ble_gattc_services(ble_t *b, uint16_t connection, const ble_uuid_t *uuid) {
    return discover(b, BLE_PROCEDURE_SERVICES, connection, 1, 0xffff, uuid);
}

int ble_gattc_characteristics(ble_t *b, uint16_t connection, uint16_t start, uint16_t end, const ble_uuid_t *uuid) {
    return discover(b, BLE_PROCEDURE_CHARACTERISTICS, connection, start, end, uuid);
}

int ble_gattc_descriptors(ble_t *b, uint16_t connection, uint16_t start, uint16_t end) {
    return discover(b, BLE_PROCEDURE_DESCRIPTORS, connection, start, end, NULL);
}

int ble_gattc_read(ble_t *b, uint16_t connection, uint16_t handle) {
    client_call_t call = { .connection = connection, .kind = BLE_PROCEDURE_READ, .handle = handle };
    return handle == 0 ? -EINVAL : procedure_call(b, &call);
}

int ble_gattc_write(ble_t *b, uint16_t connection, uint16_t handle, const uint8_t *octets, size_t length) {
    client_call_t call = { .connection = connection, .kind = BLE_PROCEDURE_WRITE, .handle = handle, .octets = octets,
                           .length = length };
    return handle == 0 || length > BLE_VALUE_MAX ? -EINVAL : procedure_call(b, &call);
}

int ble_gattc_write_command(ble_t *b, uint16_t connection, uint16_t handle, const uint8_t *octets, size_t length,
    uint32_t ms) {
    client_call_t call = { .connection = connection, .handle = handle, .octets = octets, .length = length };
    return handle == 0 || length > BLE_VALUE_MAX ? -EINVAL : ble_call(b, &call.call, command_run, ms);
}

int ble_gattc_write_signed(ble_t *b, uint16_t connection, uint16_t handle, const uint8_t *octets, size_t length) {
    client_call_t call = { .connection = connection, .kind = BLE_PROCEDURE_SIGNED, .handle = handle, .octets = octets,
                           .length = length };
    if (!BLE_SIGNED_WRITES) {
        return -EOPNOTSUPP;
    }
    return handle == 0 || length > BLE_VALUE_MAX ? -EINVAL : procedure_call(b, &call);
}

int ble_gattc_exchange_mtu(ble_t *b, uint16_t connection) {
    client_call_t call = { .connection = connection, .kind = BLE_PROCEDURE_MTU };
    return procedure_call(b, &call);
}

#endif // BLE_CLIENT
