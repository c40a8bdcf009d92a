// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The GATT server's database: the attributes that services consist of, found by their handles.
//
// Nothing is kept for an attribute: a service's handles have no gaps, so what a handle is follows from the service's
// structures. They are few, and a walk over them is short beside a packet's way through the controller.
#include "crypto.h"
#include "host.h"

#define UUID(n) { 2, { (n) & 0xff, (n) >> 8 } }

// Of types of attributes (Assigned Numbers, 3.5 and 3.6).
enum { EXTENDED = 0x2900 }; // Characteristic Extended Properties

// ---- the host's own services

static const ble_characteristic_t gap_characteristics[] = {
    { .uuid = UUID(0x2a00), .flags = BLE_READ, .handle = BLE_HANDLE_NAME },
    { .uuid = UUID(0x2a01), .flags = BLE_READ, .handle = BLE_HANDLE_APPEARANCE },
};

static const ble_characteristic_t gatt_characteristics[] = {
    { .uuid = UUID(0x2a05), .flags = BLE_INDICATE, .handle = BLE_HANDLE_CHANGED },
    { .uuid = UUID(0x2b29), .flags = BLE_READ | BLE_WRITE, .handle = BLE_HANDLE_FEATURES },
    { .uuid = UUID(0x2b2a), .flags = BLE_READ, .handle = BLE_HANDLE_HASH },
};

// Nobody writes to these; the cast is for the application's, which have the same type.
static const ble_service_t own_services[] = {
    { .uuid = UUID(0x1800), .characteristic_count = BLE_COUNT(gap_characteristics),
      .characteristics = (ble_characteristic_t *)gap_characteristics, .handle = 1, .end = BLE_HANDLE_APPEARANCE },
    { .uuid = UUID(0x1801), .characteristic_count = BLE_COUNT(gatt_characteristics),
      .characteristics = (ble_characteristic_t *)gatt_characteristics, .handle = BLE_HANDLE_APPEARANCE + 1,
      .end = BLE_HANDLE_HASH },
};

static const ble_service_t *service_next(ble_t *b, const ble_service_t *s) {
    return s == NULL ? &own_services[0] : s == &own_services[0] ? &own_services[1]
           : s == &own_services[1] ? b->gatts.services : s->next;
}

// ---- UUIDs

const ble_uuid_t ble_service_types[2] = { UUID(0x2800), UUID(0x2801) };

// All sizes are short for one of 16 octets, the Bluetooth Base UUID (Core, Vol 3, Part B, 2.5.1).
static void uuid_expand(const ble_uuid_t *uuid, uint8_t octets[16]) {
    static const uint8_t base[12] = { 0xfb, 0x34, 0x9b, 0x5f, 0x80, 0x00, 0x00, 0x80, 0x00, 0x10, 0x00, 0x00 };
    memset(octets, 0, 16);
    memcpy(octets, base, sizeof(base));
    memcpy(uuid->size == 16 ? octets : octets + sizeof(base), uuid->octets, uuid->size);
}

bool ble_uuid_valid(const ble_uuid_t *uuid) {
    return uuid->size == 2 || uuid->size == 4 || uuid->size == 16;
}

bool ble_uuid_equal(const ble_uuid_t *a, const ble_uuid_t *b) {
    uint8_t x[16], y[16];
    uuid_expand(a, x);
    uuid_expand(b, y);
    return memcmp(x, y, 16) == 0;
}

// On the air there are UUIDs of 2 and of 16 octets only (Core, Vol 3, Part F, 3.2.1).
void ble_uuid_air(ble_uuid_t *to, const ble_uuid_t *uuid) {
    *to = *uuid;
    if (uuid->size == 4) {
        to->size = 16;
        uuid_expand(uuid, to->octets);
    }
}

// ---- attributes by handle

static void fill(ble_attribute_t *a, unsigned handle, ble_attribute_kind_t kind, uint16_t flags,
    const ble_uuid_t *type) {
    a->handle = handle;
    a->kind = kind;
    a->flags = flags;
    a->key_size = 0;
    a->type = type;
    a->value = NULL;
}

// Whoever may not read a value is not sent it when it changes either.
static void fill_subscription(ble_attribute_t *a, unsigned handle, const ble_characteristic_t *ch) {
    static const ble_uuid_t type = UUID(0x2902);
    unsigned guarded = ch->flags & (BLE_READ_ENCRYPTED | BLE_READ_AUTHENTICATED);
    unsigned write = (guarded & BLE_READ_ENCRYPTED ? BLE_WRITE_ENCRYPTED : 0)
                     | (guarded & BLE_READ_AUTHENTICATED ? BLE_WRITE_AUTHENTICATED : 0);
    fill(a, handle, BLE_ATTRIBUTE_SUBSCRIPTION, BLE_READ | BLE_WRITE | write, &type);
    a->key_size = guarded ? ch->key_size : 0;
}

static void fill_value(ble_attribute_t *a, unsigned handle, ble_attribute_kind_t kind, uint16_t flags,
    uint8_t key_size, const ble_uuid_t *type, const ble_value_t *value) {
    fill(a, handle, kind, flags, type);
    a->key_size = key_size;
    a->value = handle < BLE_HANDLE_FIRST ? NULL : (ble_value_t *)value; // the application's, so not a constant
}

static void fill_in_characteristic(ble_attribute_t *a, unsigned handle, const ble_characteristic_t *ch) {
    static const ble_uuid_t declaration = UUID(0x2803);
    unsigned first = ch->handle + 1 + ble_characteristic_subscribable(ch); // the first descriptor
    a->characteristic = ch;
    if (handle < ch->handle) {
        fill(a, handle, BLE_ATTRIBUTE_CHARACTERISTIC, BLE_READ, &declaration);
    } else if (handle == ch->handle) {
        fill_value(a, handle, BLE_ATTRIBUTE_VALUE, ch->flags, ch->key_size, &ch->uuid, &ch->value);
    } else if (handle < first) {
        fill_subscription(a, handle, ch);
    } else {
        const ble_descriptor_t *d = &ch->descriptors[handle - first];
        fill_value(a, handle, BLE_ATTRIBUTE_DESCRIPTOR, d->flags, d->key_size, &d->uuid, &d->value);
    }
}

static unsigned characteristic_end(const ble_characteristic_t *ch) {
    return ch->handle + ble_characteristic_subscribable(ch) + ch->descriptor_count;
}

bool ble_attribute_from(ble_t *b, unsigned handle, ble_attribute_t *a) {
    const ble_service_t *s = service_next(b, NULL);
    while (s != NULL && s->end < handle) {
        s = service_next(b, s);
    }
    if (s == NULL) {
        return false;
    }
    a->service = s;
    a->characteristic = NULL;
    if (handle <= s->handle) {
        fill(a, s->handle, BLE_ATTRIBUTE_SERVICE, BLE_READ, &ble_service_types[s->secondary]);
        return true;
    }
    const ble_characteristic_t *ch = s->characteristics;
    while (characteristic_end(ch) < handle) {
        ch++;
    }
    fill_in_characteristic(a, handle, ch);
    return true;
}

bool ble_attribute_find(ble_t *b, uint16_t handle, ble_attribute_t *a) {
    return handle != 0 && ble_attribute_from(b, handle, a) && a->handle == handle;
}

bool ble_attribute_subscription(ble_t *b, unsigned bit, ble_attribute_t *a) {
    for (const ble_service_t *s = service_next(b, NULL); s != NULL; s = service_next(b, s)) {
        for (unsigned i = 0; i < s->characteristic_count; i++) {
            const ble_characteristic_t *ch = &s->characteristics[i];
            if (ble_characteristic_subscribable(ch) && ch->subscription == bit) {
                return ble_attribute_find(b, ch->handle, a);
            }
        }
    }
    return false;
}

// ---- what peers may

uint8_t ble_attribute_permitted(const ble_conn_t *c, const ble_attribute_t *a, bool write) {
    unsigned any = write ? BLE_WRITE | BLE_WRITE_NO_RESPONSE | BLE_SIGNED_WRITE : BLE_READ;
    bool authenticated = a->flags & (write ? BLE_WRITE_AUTHENTICATED : BLE_READ_AUTHENTICATED);
    uint8_t key_size = a->kind == BLE_ATTRIBUTE_SUBSCRIPTION && !write ? 0 : a->key_size;
    bool encrypted = authenticated || key_size != 0
                     || (a->flags & (write ? BLE_WRITE_ENCRYPTED : BLE_READ_ENCRYPTED));
    if (!(a->flags & any)) {
        return write ? BLE_ATT_WRITE_NOT_PERMITTED : BLE_ATT_READ_NOT_PERMITTED;
    }
    // With a bond the peer need not pair, only encrypt (Core, Vol 3, Part C, 10.3.1).
    if (encrypted && !c->encrypted) {
        return c->bonded ? BLE_ATT_INSUFFICIENT_ENCRYPTION : BLE_ATT_INSUFFICIENT_AUTHENTICATION;
    }
    if (authenticated && !c->authenticated) {
        return BLE_ATT_INSUFFICIENT_AUTHENTICATION;
    }
    return c->key_size < key_size ? BLE_ATT_KEY_SIZE_TOO_SHORT : 0;
}

// ---- values

uint16_t ble_subscribed(const ble_conn_t *c, uint32_t bit) {
    return (c->att.notify & bit ? BLE_SUBSCRIBE_NOTIFY : 0) | (c->att.indicate & bit ? BLE_SUBSCRIBE_INDICATE : 0);
}

static size_t uuid_get(const ble_uuid_t *uuid, uint8_t *scratch) {
    ble_uuid_t air;
    ble_uuid_air(&air, uuid);
    memcpy(scratch, air.octets, air.size);
    return air.size;
}

static size_t own_get(ble_t *b, const ble_conn_t *c, uint16_t handle, uint8_t *scratch, const uint8_t **octets) {
    switch (handle) {
        case BLE_HANDLE_NAME:
            *octets = b->gatts.named ? b->gatts.name : (const uint8_t *)"HEDDLE";
            return b->gatts.named ? b->gatts.name_length : 6;
        case BLE_HANDLE_APPEARANCE:
            ble_put16(scratch, 0); // unknown
            return 2;
        case BLE_HANDLE_FEATURES:
            scratch[0] = c->att.features;
            return 1;
        case BLE_HANDLE_HASH:
            *octets = ble_gatts_hash(b);
            return 16;
        default:
            return 0;
    }
}

size_t ble_attribute_get(ble_t *b, const ble_conn_t *c, const ble_attribute_t *a, uint8_t scratch[BLE_SCRATCH],
    const uint8_t **octets) {
    *octets = scratch;
    switch (a->kind) {
        case BLE_ATTRIBUTE_SERVICE:
            return uuid_get(&a->service->uuid, scratch);
        case BLE_ATTRIBUTE_CHARACTERISTIC:
            scratch[0] = a->characteristic->flags;
            ble_put16(scratch + 1, a->characteristic->handle);
            return 3 + uuid_get(&a->characteristic->uuid, scratch + 3);
        case BLE_ATTRIBUTE_SUBSCRIPTION:
            ble_put16(scratch, ble_subscribed(c, 1u << a->characteristic->subscription));
            return 2;
        default:
            if (a->value == NULL) {
                return own_get(b, c, a->handle, scratch, octets);
            }
            *octets = a->value->octets;
            return a->value->length < BLE_VALUE_MAX ? a->value->length : BLE_VALUE_MAX;
    }
}

// ---- the Database Hash (Core, Vol 3, Part G, 7.3.1)

// Of declarations the value is part of it, of the descriptors 0x2901 to 0x2905 only that they are there.
static void hash_add(ble_t *b, ble_cmac_t *mac, const ble_attribute_t *a) {
    uint16_t type = a->type->size == 2 ? ble_get16(a->type->octets) : 0;
    bool valued = a->kind == BLE_ATTRIBUTE_SERVICE || a->kind == BLE_ATTRIBUTE_CHARACTERISTIC
                  || (a->kind == BLE_ATTRIBUTE_DESCRIPTOR && type == EXTENDED);
    if (!valued && (a->kind == BLE_ATTRIBUTE_VALUE || type <= EXTENDED || type > 0x2905)) {
        return;
    }
    uint8_t head[4], scratch[BLE_SCRATCH];
    const uint8_t *octets;
    ble_put16(head, a->handle);
    ble_put16(head + 2, type);
    ble_cmac_add(mac, head, sizeof(head));
    if (valued) {
        size_t length = ble_attribute_get(b, NULL, a, scratch, &octets);
        ble_cmac_add(mac, octets, length);
    }
}

const uint8_t *ble_gatts_hash(ble_t *b) {
    if (!b->gatts.hashed) {
        ble_cmac_t mac;
        ble_attribute_t a;
        ble_hash_start(&mac);
        for (unsigned handle = 1; ble_attribute_from(b, handle, &a); handle = a.handle + 1) {
            hash_add(b, &mac, &a);
        }
        ble_hash_end(&mac, b->gatts.hash);
        b->gatts.hashed = true;
    }
    return b->gatts.hash;
}
