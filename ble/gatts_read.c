// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The GATT server: the answers to requests that discover and read.
#include "host.h"

static size_t answer_room(const ble_request_t *q) {
    return q->c->att.mtu - q->answer->length;
}

// As much as there is room for.
static void put(ble_request_t *q, const uint8_t *octets, size_t length) {
    size_t room = answer_room(q);
    length = length < room ? length : room;
    memcpy(ble_buffer_data(q->answer) + q->answer->length, octets, length);
    q->answer->length += length;
}

static void put16(ble_request_t *q, uint16_t n) {
    uint8_t octets[2];
    ble_put16(octets, n);
    put(q, octets, 2);
}

static int error(ble_request_t *q, uint16_t handle, int code) {
    q->handle = handle;
    return code;
}

// 0, why the value may not be read, or BLE_ASKED.
static int readable(ble_request_t *q, const ble_attribute_t *a) {
    uint8_t why_not = ble_attribute_permitted(q->c, a, false);
    return why_not != 0 || a->value == NULL ? why_not : ble_gatts_ask(q, a, BLE_EVENT_READ, NULL, 0);
}

// ---- discovery

static bool range(ble_request_t *q, uint16_t *start, uint16_t *end) {
    *start = ble_get16(q->p + 1);
    *end = ble_get16(q->p + 3);
    q->handle = *start;
    return *start != 0 && *start <= *end;
}

int ble_gatts_exchange_mtu(ble_request_t *q) {
    put16(q, ble_mtu(q->b));
    return 0;
}

int ble_gatts_find_information(ble_request_t *q) {
    uint16_t start, end;
    size_t size = 0;
    ble_attribute_t a;
    if (!range(q, &start, &end)) {
        return BLE_ATT_INVALID_HANDLE;
    }
    for (unsigned h = start; ble_attribute_from(q->b, h, &a) && a.handle <= end; h = a.handle + 1) {
        ble_uuid_t type;
        ble_uuid_air(&type, a.type);
        if (size == 0) {
            size = type.size;
            uint8_t format = size == 2 ? 1 : 2;
            put(q, &format, 1);
        }
        if (type.size != size || answer_room(q) < 2 + size) {
            break;
        }
        put16(q, a.handle);
        put(q, type.octets, size);
    }
    return size != 0 ? 0 : BLE_ATT_ATTRIBUTE_NOT_FOUND;
}

static uint16_t group_end(const ble_attribute_t *a) {
    return a->kind == BLE_ATTRIBUTE_SERVICE ? a->service->end : a->handle;
}

// Values of the application's are not searched: it would have to be asked about each.
int ble_gatts_find_by_type_value(ble_request_t *q) {
    uint16_t start, end;
    ble_attribute_t a;
    ble_uuid_t type = { 2, { q->p[5], q->p[6] } };
    if (!range(q, &start, &end)) {
        return BLE_ATT_INVALID_HANDLE;
    }
    for (unsigned h = start; ble_attribute_from(q->b, h, &a) && a.handle <= end; h = a.handle + 1) {
        uint8_t scratch[BLE_SCRATCH];
        const uint8_t *octets;
        if (a.value != NULL || !ble_uuid_equal(a.type, &type) || ble_attribute_permitted(q->c, &a, false) != 0) {
            continue;
        }
        size_t length = ble_attribute_get(q->b, q->c, &a, scratch, &octets);
        if (length != q->length - 7 || memcmp(octets, q->p + 7, length) != 0) {
            continue;
        }
        if (answer_room(q) < 4) {
            break;
        }
        put16(q, a.handle);
        put16(q, group_end(&a));
    }
    return q->answer->length > 1 ? 0 : BLE_ATT_ATTRIBUTE_NOT_FOUND;
}

// ---- lists of values: by type, and by the type of a group

// Add an attribute to the list. 0, BLE_ASKED, an error, or LIST_FULL.
#define LIST_FULL (256)
static int list_add(ble_request_t *q, const ble_attribute_t *a, bool grouped) {
    uint8_t scratch[BLE_SCRATCH], size;
    const uint8_t *octets;
    int why_not = readable(q, a);
    if (why_not != 0) {
        return why_not;
    }
    bool first = q->answer->length == 1;
    size_t head = grouped ? 4 : 2;
    size_t length = ble_attribute_get(q->b, q->c, a, scratch, &octets);
    if (first) {
        size_t most = answer_room(q) - 1 < 255 ? answer_room(q) - 1 : 255; // the size is one octet
        length = length < most - head ? length : most - head;
        size = head + length;
        put(q, &size, 1);
    }
    size = ble_buffer_data(q->answer)[1];
    if ((!first && head + length != size) || answer_room(q) < size) {
        return LIST_FULL;
    }
    put16(q, a->handle);
    if (grouped) {
        put16(q, group_end(a));
    }
    put(q, octets, length);
    if (a->handle == BLE_HANDLE_HASH && q->c->att.sync == BLE_SYNC_UNAWARE) {
        q->c->att.sync = BLE_SYNC_INFORMED;
    }
    return 0;
}

static int list(ble_request_t *q, bool grouped) {
    uint16_t start, end;
    ble_attribute_t a;
    ble_uuid_t type = { q->length - 5, { 0 } };
    memcpy(type.octets, q->p + 5, type.size);
    if (!range(q, &start, &end)) {
        return BLE_ATT_INVALID_HANDLE;
    }
    for (unsigned h = start; ble_attribute_from(q->b, h, &a) && a.handle <= end; h = a.handle + 1) {
        if (!ble_uuid_equal(a.type, &type)) {
            continue;
        }
        int result = list_add(q, &a, grouped);
        if (result == BLE_ASKED || (result != 0 && q->answer->length == 1)) {
            return error(q, a.handle, result);
        }
        if (result != 0) {
            break;
        }
    }
    return q->answer->length > 1 ? 0 : BLE_ATT_ATTRIBUTE_NOT_FOUND;
}

int ble_gatts_read_by_type(ble_request_t *q) {
    return q->length == 7 || q->length == 21 ? list(q, false) : BLE_ATT_INVALID_PDU;
}

int ble_gatts_read_by_group_type(ble_request_t *q) {
    uint16_t start, end;
    ble_uuid_t type = { q->length - 5, { 0 } };
    if (q->length != 7 && q->length != 21) {
        return BLE_ATT_INVALID_PDU;
    }
    memcpy(type.octets, q->p + 5, type.size);
    if (range(q, &start, &end) && !ble_uuid_equal(&type, &ble_service_types[0])
        && !ble_uuid_equal(&type, &ble_service_types[1])) {
        return BLE_ATT_UNSUPPORTED_GROUP_TYPE;
    }
    return list(q, true);
}

// ---- values by handle

// The value of the attribute `handle` that is about to be read: 0, an error, or BLE_ASKED.
static int value(ble_request_t *q, uint16_t handle, uint8_t scratch[BLE_SCRATCH], const uint8_t **octets,
    size_t *length) {
    ble_attribute_t a;
    q->handle = handle;
    if (!ble_attribute_find(q->b, handle, &a)) {
        return BLE_ATT_INVALID_HANDLE;
    }
    int result = readable(q, &a);
    if (result == 0) {
        *length = ble_attribute_get(q->b, q->c, &a, scratch, octets);
    }
    return result;
}

static int read_at(ble_request_t *q, size_t offset) {
    uint8_t scratch[BLE_SCRATCH];
    const uint8_t *octets;
    size_t length;
    int result = value(q, ble_get16(q->p + 1), scratch, &octets, &length);
    if (result == 0 && offset > length) {
        result = BLE_ATT_INVALID_OFFSET;
    }
    if (result == 0) {
        put(q, octets + offset, length - offset);
    }
    return result;
}

int ble_gatts_read_whole(ble_request_t *q) {
    return read_at(q, 0);
}

int ble_gatts_read_blob(ble_request_t *q) {
    return read_at(q, ble_get16(q->p + 3));
}

// Several at once; all are looked at, also those that the answer has no room for, since any may be refused.
static int read_several(ble_request_t *q, bool lengths) {
    if (q->length % 2 == 0) {
        return BLE_ATT_INVALID_PDU;
    }
    for (size_t i = 1; i < q->length; i += 2) {
        uint8_t scratch[BLE_SCRATCH];
        const uint8_t *octets;
        size_t length;
        int result = value(q, ble_get16(q->p + i), scratch, &octets, &length);
        if (result != 0) {
            return result;
        }
        if (lengths && answer_room(q) >= 2) {
            put16(q, length);
            put(q, octets, length);
        } else if (!lengths) {
            put(q, octets, length);
        }
    }
    return 0;
}

int ble_gatts_read_multiple(ble_request_t *q) {
    return read_several(q, false);
}

int ble_gatts_read_multiple_variable(ble_request_t *q) {
    return read_several(q, true);
}
