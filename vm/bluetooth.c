// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// MicroPython's `bluetooth` over the host of ble/: what extmod/modbluetooth.c asks of a port.
//
// Calls give up the GIL while the host does them. Events are delivered on the main thread, by the scheduler, so that a
// handler may do what any scheduled function may, calls of this module included. Services, characteristics and their
// values lie in Python's heap and are the host's until the next registration; a root pointer keeps them.
#include "py/mperrno.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "extmod/modbluetooth.h"

#include "heddle.h"
#include "ble/host.h"

#if MICROPY_PY_BLUETOOTH

// Of the host's thread, in bytes, static RAM.
#ifndef HEDDLE_BLE_STACK
#define HEDDLE_BLE_STACK (RTOS_STACK_MIN > 2048 ? RTOS_STACK_MIN : 2048)
#endif

// How long a call waits for room for a packet, in ms.
#define ROOM_MS (1000)
#define ROOM_STEP_MS (10)

static ble_t ble;
static uint8_t stack[HEDDLE_BLE_STACK] __attribute__((aligned(RTOS_STACK_ALIGN)));
static volatile bool active;
static volatile bool ended; // a soft reset goes on
static mp_sched_node_t node;
static ble_security_t security = { .io = BLE_NO_INPUT_OUTPUT, .key_size = 7 };

// Registered services, the newest first, for the collector.
typedef struct _heddle_ble_service_t {
    struct _heddle_ble_service_t *next;
    ble_service_t service;
} heddle_ble_service_t;

MP_REGISTER_ROOT_POINTER(struct _heddle_ble_service_t *heddle_ble_services);

// Those that are being registered.
static heddle_ble_service_t *registering;

// 0 or a positive errno, as upstream has it, of a call of the host; and of one that needs it active.
#define HOST(call) ({ MP_THREAD_GIL_EXIT(); int ret_ = (call); MP_THREAD_GIL_ENTER(); -ret_; })
#define ACTIVE(call) (active ? HOST(call) : MP_ENODEV)

// What is scheduled, as long as there is something: the next event comes once the host has had its turn.
static void handle_meanwhile(void) {
    do {
        mp_handle_pending(true);
        (void)ACTIVE(ble_sync(&ble));
    } while (core_self() == &core_main_thread && MP_STATE_VM(sched_state) == MP_SCHED_PENDING);
}

// The same of one that waits ROOM_STEP_MS for room, until ROOM_MS have passed. What is scheduled runs meanwhile, the
// events among it: room comes when the controller says so, which it does behind packets that the host does not read as
// long as nobody takes those before them.
#define WITH_ROOM(call) ({ \
        mp_uint_t start_ = mp_hal_ticks_ms(); \
        int error_ = ACTIVE(call); \
        while (error_ == MP_ENOMEM && mp_hal_ticks_ms() - start_ < ROOM_MS) { \
            handle_meanwhile(); \
            error_ = ACTIVE(call); \
        } \
        error_; \
    })

static void reverse(uint8_t *to, const uint8_t *from) {
    for (size_t i = 0; i < 6; i++) {
        to[i] = from[5 - i];
    }
}

// ---- events

static void uuid_to_mp(mp_obj_bluetooth_uuid_t *to, const ble_uuid_t *from) {
    to->base.type = &mp_type_bluetooth_uuid;
    to->type = from->size;
    memcpy(to->data, from->octets, from->size);
}

static void uuid_from_mp(ble_uuid_t *to, const mp_obj_bluetooth_uuid_t *from) {
    to->size = from->type;
    memcpy(to->octets, from->data, from->type);
}

static void connection_event(const ble_event_t *e, bool connected) {
    static const uint8_t events[2][2] = {
        { MP_BLUETOOTH_IRQ_CENTRAL_DISCONNECT, MP_BLUETOOTH_IRQ_CENTRAL_CONNECT },
        { MP_BLUETOOTH_IRQ_PERIPHERAL_DISCONNECT, MP_BLUETOOTH_IRQ_PERIPHERAL_CONNECT },
    };
    uint8_t address[6];
    uint8_t type = e->type == BLE_EVENT_CONNECT_FAILED ? 0xff : e->link.peer.type & 1;
    reverse(address, e->link.peer.octets);
    mp_bluetooth_gap_on_connected_disconnected(events[e->link.central][connected], e->connection, type, address);
}

static void report_event(const ble_event_t *e) {
    uint8_t address[6];
    reverse(address, e->report.peer.octets);
    mp_bluetooth_gap_on_scan_result(e->report.peer.type & 1, address, e->report.kind, e->report.rssi, e->data,
        e->length);
}

// Upstream puts pieces together for NimBLE only; the copy is the collector's.
static void data_event(uint8_t event, const ble_event_t *e) {
    const uint8_t *data = e->data;
    uint16_t length = e->length;
    if (e->rest.length != 0) {
        uint8_t *whole = m_new(uint8_t, length + e->rest.length);
        memcpy(whole, data, length);
        memcpy(whole + length, e->rest.data, e->rest.length);
        data = whole;
        length += e->rest.length;
    }
    mp_bluetooth_gattc_on_data_available(event, e->connection, e->handle, &data, &length, 1);
}

static void found_event(const ble_event_t *e) {
    mp_obj_bluetooth_uuid_t uuid;
    uuid_to_mp(&uuid, &e->attribute.uuid);
    if (e->type == BLE_EVENT_SERVICE) {
        mp_bluetooth_gattc_on_primary_service_result(e->connection, e->handle, e->attribute.end, &uuid);
    } else if (e->type == BLE_EVENT_CHARACTERISTIC) {
        mp_bluetooth_gattc_on_characteristic_result(e->connection, e->handle, e->attribute.end,
            e->attribute.properties, &uuid);
    } else {
        mp_bluetooth_gattc_on_descriptor_result(e->connection, e->handle, &uuid);
    }
}

// A status for Python: 0, the peer's or the controller's number, or a positive errno.
static uint16_t status_of(const ble_event_t *e) {
    return e->status < 0 ? -e->status : e->status;
}

static bool secret_get(const ble_event_t *e) {
    const uint8_t *value;
    size_t length;
    bool found = mp_bluetooth_gap_on_get_secret(e->secret.type, e->secret.index, e->secret.key, e->secret.key_length,
        &value, &length);
    return found && ble_event_answer(&ble, e, value, length) == 0;
}

// What has no key of its own gets the one that NimBLE has for it: handlers, upstream's examples among them, do not
// expect None where something is stored.
static bool secret_set(const ble_event_t *e) {
    static const uint8_t own[] = { 'i', 'r', 'k' };
    bool keyed = e->secret.key != NULL;
    return mp_bluetooth_gap_on_set_secret(e->secret.type, keyed ? e->secret.key : own,
        keyed ? e->secret.key_length : sizeof(own), e->secret.value, e->secret.value_length);
}

// The handler's answer, where the host asks for one.
static int deliver(const ble_event_t *e) {
    if (e->type == BLE_EVENT_PAIRED && e->status == 0) {
        return 0; // the encryption tells it
    }
    switch (e->type) {
        case BLE_EVENT_CONNECTED:
            connection_event(e, true);
            break;
        case BLE_EVENT_CONNECT_FAILED:
        case BLE_EVENT_DISCONNECTED:
            connection_event(e, false);
            break;
        case BLE_EVENT_PARAMETERS:
            mp_bluetooth_gap_on_connection_update(e->connection, e->parameters.interval, e->parameters.latency,
                e->parameters.timeout, e->status);
            break;
        case BLE_EVENT_MTU:
            mp_bluetooth_gatts_on_mtu_exchanged(e->connection, e->value);
            break;
        case BLE_EVENT_PAIRED:
        case BLE_EVENT_ENCRYPTION:
            // Pairing that has failed is told by what it has come to, as upstream has it.
            mp_bluetooth_gatts_on_encryption_update(e->connection, e->security.encrypted, e->security.authenticated,
                e->security.bonded, e->security.key_size);
            break;
        case BLE_EVENT_SCAN_REPORT:
            report_event(e);
            break;
        case BLE_EVENT_SCAN_DONE:
            mp_bluetooth_gap_on_scan_complete();
            break;
        case BLE_EVENT_READ:
            return mp_bluetooth_gatts_on_read_request(e->connection, e->handle);
        case BLE_EVENT_WRITTEN:
            mp_bluetooth_gatts_on_write(e->connection, e->handle);
            break;
        case BLE_EVENT_INDICATED:
            mp_bluetooth_gatts_on_indicate_complete(e->connection, e->handle, status_of(e));
            break;
        case BLE_EVENT_SERVICE:
        case BLE_EVENT_CHARACTERISTIC:
        case BLE_EVENT_DESCRIPTOR:
            found_event(e);
            break;
        case BLE_EVENT_SERVICES_DONE:
            mp_bluetooth_gattc_on_discover_complete(MP_BLUETOOTH_IRQ_GATTC_SERVICE_DONE, e->connection, status_of(e));
            break;
        case BLE_EVENT_CHARACTERISTICS_DONE:
            mp_bluetooth_gattc_on_discover_complete(MP_BLUETOOTH_IRQ_GATTC_CHARACTERISTIC_DONE, e->connection,
                status_of(e));
            break;
        case BLE_EVENT_DESCRIPTORS_DONE:
            mp_bluetooth_gattc_on_discover_complete(MP_BLUETOOTH_IRQ_GATTC_DESCRIPTOR_DONE, e->connection,
                status_of(e));
            break;
        case BLE_EVENT_READ_RESULT:
            data_event(MP_BLUETOOTH_IRQ_GATTC_READ_RESULT, e);
            break;
        case BLE_EVENT_NOTIFIED:
            data_event(MP_BLUETOOTH_IRQ_GATTC_NOTIFY, e);
            break;
        case BLE_EVENT_INDICATION:
            data_event(MP_BLUETOOTH_IRQ_GATTC_INDICATE, e);
            break;
        case BLE_EVENT_READ_DONE:
            mp_bluetooth_gattc_on_read_write_status(MP_BLUETOOTH_IRQ_GATTC_READ_DONE, e->connection, e->handle,
                status_of(e));
            break;
        case BLE_EVENT_WRITE_DONE:
            mp_bluetooth_gattc_on_read_write_status(MP_BLUETOOTH_IRQ_GATTC_WRITE_DONE, e->connection, e->handle,
                status_of(e));
            break;
        case BLE_EVENT_PASSKEY:
            mp_bluetooth_gap_on_passkey_action(e->connection, e->passkey.action, e->passkey.number);
            break;
        case BLE_EVENT_SECRET_GET:
            return secret_get(e);
        case BLE_EVENT_SECRET_SET:
            return secret_set(e);
        case BLE_EVENT_CHANNEL_ACCEPT:
            return mp_bluetooth_on_l2cap_accept(e->connection, e->channel.cid, e->channel.psm, e->channel.our_mtu,
                e->channel.peer_mtu);
        case BLE_EVENT_CHANNEL_OPEN:
            mp_bluetooth_on_l2cap_connect(e->connection, e->channel.cid, e->channel.psm, e->channel.our_mtu,
                e->channel.peer_mtu);
            break;
        case BLE_EVENT_CHANNEL_CLOSED:
            mp_bluetooth_on_l2cap_disconnect(e->connection, e->channel.cid, e->channel.psm, status_of(e));
            break;
        case BLE_EVENT_CHANNEL_DATA:
            mp_bluetooth_on_l2cap_recv(e->connection, e->channel.cid);
            break;
        case BLE_EVENT_CHANNEL_READY:
            mp_bluetooth_on_l2cap_send_ready(e->connection, e->channel.cid, status_of(e));
            break;
    }
    return 0;
}

// What a handler raises on top of upstream's own protection (a value of the wrong type as its answer) is not the
// host's concern: the default answer stands.
static int deliver_protected(const ble_event_t *e) {
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        int answer = deliver(e);
        nlr_pop();
        return answer;
    }
    heddle_callback_raised(MICROPY_ERROR_PRINTER, "Unhandled exception in IRQ callback handler\n",
        MP_OBJ_FROM_PTR(nlr.ret_val));
    return 0;
}

// What comes with the next event, as the program that waits for either takes for granted.
static bool is_followed(uint8_t type) {
    return type == BLE_EVENT_READ_RESULT || type == BLE_EVENT_SERVICE || type == BLE_EVENT_CHARACTERISTIC
           || type == BLE_EVENT_DESCRIPTOR;
}

static void run_events(void) {
    ble_event_t event;
    while (active && ble_event_wait(&ble, BLE_CLASS_ALL, RTOS_NO_WAIT, &event) == 0) {
        ble_event_done(&ble, &event, deliver_protected(&event));
        if (is_followed(event.type)) {
            HOST(ble_sync(&ble));
        }
    }
}

static void scheduled(mp_sched_node_t *unused) {
    (void)unused;
    run_events();
}

// On the host's thread.
static void notify(void *unused) {
    (void)unused;
    mp_sched_schedule_node(&node, scheduled);
}

// ---- what Bluetooth 4.2 and 5.0 brought: of this start, and off before

static uint8_t options[HEDDLE_BLE_OPTIONS]; // by HEDDLE_BLE_...

static bool on_coded(void) {
    return options[HEDDLE_BLE_EXTENDED] && (options[HEDDLE_BLE_PHY] & BLE_PHY_CODED);
}

int heddle_ble_set(unsigned option, int value) {
    int error;
    if (value < 0 || value > 251) {
        error = MP_EINVAL;
    } else if (option == HEDDLE_BLE_DATA_LENGTH) {
        error = ACTIVE(ble_set_data_length(&ble, value));
    } else if (option == HEDDLE_BLE_PHY) {
        error = ACTIVE(ble_set_phys(&ble, value));
    } else {
        error = ACTIVE(ble_set_extended(&ble, value != 0));
    }
    if (error == 0) {
        options[option] = value;
    }
    return error;
}

int heddle_ble_get(unsigned option) {
    return options[option];
}

static void options_init(void) {
    options[HEDDLE_BLE_DATA_LENGTH] = 27;
    options[HEDDLE_BLE_PHY] = BLE_PHY_1M;
    options[HEDDLE_BLE_EXTENDED] = 0;
}

// ---- life

int mp_bluetooth_init(void) {
    if (active || ended) {
        return ended ? MP_ENODEV : 0;
    }
    ble_setup_t setup = {
        .transport = heddle_ble_transport(),
        .stack = stack,
        .stack_size = sizeof(stack),
        .notify = notify,
    };
    (void)HOST(ble_set_security(&ble, &security));
    int error = setup.transport == NULL ? MP_EINVAL : HOST(ble_start(&ble, &setup));
    active = error == 0;
    options_init();
    if (error != 0 && error != MP_EALREADY) {
        char text[HEDDLE_BLE_TEXT];
        heddle_ble_error_text(-error, text);
        mp_obj_t args[] = { MP_OBJ_NEW_SMALL_INT(error), mp_obj_new_str(text, strlen(text)) };
        nlr_raise(mp_obj_new_exception_args(&mp_type_OSError, 2, args));
    }
    return error;
}

static void stop(void) {
    active = false;
    HOST((ble_stop(&ble), 0));
    ble_gatts_clear(&ble);
    MP_STATE_VM(heddle_ble_services) = NULL;
    registering = NULL;
}

// Events that have happened before are delivered first, if this is the thread for it and no handler is its caller;
// those that the end itself makes are not, as upstream has it.
void mp_bluetooth_deinit(void) {
    if (active && core_self() == &core_main_thread && MP_STATE_VM(sched_state) > MP_SCHED_LOCKED) {
        run_events();
    }
    if (active) {
        stop();
    }
}

void heddle_ble_begin(void) {
    ended = false;
}

// No handler runs any more, and a thread that is at it already is waited for: threads are ended next.
void heddle_ble_end(void) {
    ended = true;
    stop();
}

bool mp_bluetooth_is_active(void) {
    return active;
}

void mp_bluetooth_get_current_address(uint8_t *addr_type, uint8_t *addr) {
    ble_address_t address;
    int error = ACTIVE(ble_own_address(&ble, &address));
    if (error != 0) {
        mp_raise_OSError(error);
    }
    *addr_type = address.type;
    reverse(addr, address.octets);
}

void mp_bluetooth_set_address_mode(uint8_t addr_mode) {
    int error = ACTIVE(ble_set_own_address(&ble, addr_mode));
    if (error != 0) {
        mp_raise_OSError(error);
    }
}

int mp_bluetooth_hci_cmd(uint16_t ogf, uint16_t ocf, const uint8_t *req, size_t req_len, uint8_t *resp,
    size_t resp_len, uint8_t *status) {
    return ACTIVE(ble_hci_command(&ble, BLE_OPCODE(ogf, ocf), req, req_len, status, resp, &resp_len));
}

// ---- security

// What cannot be changes nothing. A host that has lost its controller is told by the next active(True).
static void security_set(const ble_security_t *wanted) {
    if (HOST(ble_set_security(&ble, wanted)) == MP_EINVAL) {
        mp_raise_OSError(MP_EINVAL);
    }
    security = *wanted;
}

void mp_bluetooth_set_bonding(bool enabled) {
    ble_security_t wanted = security;
    wanted.bonding = enabled;
    security_set(&wanted);
}

void mp_bluetooth_set_mitm_protection(bool enabled) {
    ble_security_t wanted = security;
    wanted.mitm = enabled;
    security_set(&wanted);
}

void mp_bluetooth_set_le_secure(bool enabled) {
    ble_security_t wanted = security;
    wanted.secure_only = enabled;
    security_set(&wanted);
}

void mp_bluetooth_set_io_capability(uint8_t capability) {
    ble_security_t wanted = security;
    wanted.io = capability;
    security_set(&wanted);
}

int mp_bluetooth_gap_pair(uint16_t conn_handle) {
    return ACTIVE(ble_pair(&ble, conn_handle));
}

int mp_bluetooth_gap_passkey(uint16_t conn_handle, uint8_t action, mp_int_t passkey) {
    return ACTIVE(ble_passkey(&ble, conn_handle, action, passkey));
}

// ---- GAP

size_t mp_bluetooth_gap_get_device_name(const uint8_t **buf) {
    uint8_t *name = m_new(uint8_t, BLE_NAME_MAX);
    *buf = name;
    return ble_name(&ble, name);
}

int mp_bluetooth_gap_set_device_name(const uint8_t *buf, size_t len) {
    return HOST(ble_set_name(&ble, buf, len));
}

int mp_bluetooth_gap_advertise_start(bool connectable, int32_t interval_us, const uint8_t *adv_data,
    size_t adv_data_len, const uint8_t *sr_data, size_t sr_data_len) {
    if (adv_data_len > BLE_EXTENDED_MAX || sr_data_len > BLE_EXTENDED_MAX) {
        return MP_EINVAL;
    }
    // Coded where nothing else is wanted. Packets that only newer scanners hear have data or an answer, not both.
    bool coded = on_coded() && !(options[HEDDLE_BLE_PHY] & BLE_PHY_1M);
    bool alone = sr_data_len == 0 && (coded || adv_data_len > BLE_ADVERTISING_MAX);
    // Upstream's own range of intervals begins below the specification's.
    ble_advertise_t advertise = {
        .interval_us = interval_us < 20000 ? 20000 : interval_us,
        .kind = connectable ? 0 : alone ? 3 : 2, // upstream's answer scans in either case
        .coded = coded,
        .data = adv_data,
        .length = adv_data_len,
        .response = sr_data,
        .response_length = sr_data_len,
    };
    return ACTIVE(ble_advertise(&ble, &advertise));
}

void mp_bluetooth_gap_advertise_stop(void) {
    (void)ACTIVE(ble_advertise_stop(&ble));
}

int mp_bluetooth_gap_scan_start(int32_t duration_ms, int32_t interval_us, int32_t window_us, bool active_scan) {
    ble_scan_t scan = {
        .duration_ms = duration_ms,
        .interval_us = interval_us,
        .window_us = window_us,
        .active = active_scan,
        .duplicates = true,
        .coded = on_coded(),
    };
    return ACTIVE(ble_scan(&ble, &scan));
}

int mp_bluetooth_gap_scan_stop(void) {
    return ACTIVE(ble_scan_stop(&ble));
}

int mp_bluetooth_gap_peripheral_connect(uint8_t addr_type, const uint8_t *addr, int32_t duration_ms,
    int32_t min_conn_interval_us, int32_t max_conn_interval_us) {
    ble_connect_t connect = {
        .peer.type = addr_type,
        .duration_ms = duration_ms,
        .interval_min_us = min_conn_interval_us,
        .interval_max_us = max_conn_interval_us,
        .coded = on_coded(),
    };
    reverse(connect.peer.octets, addr);
    return ACTIVE(ble_connect(&ble, &connect));
}

int mp_bluetooth_gap_peripheral_connect_cancel(void) {
    return ACTIVE(ble_connect_cancel(&ble));
}

int mp_bluetooth_gap_disconnect(uint16_t conn_handle) {
    return ACTIVE(ble_disconnect(&ble, conn_handle));
}

// ---- GATT server

static void value_init(ble_value_t *value, size_t size) {
    value->octets = m_new(uint8_t, size);
    value->size = size;
    value->cut = true; // upstream takes what fits
}

int mp_bluetooth_gatts_register_service_begin(bool append) {
    if (!active) {
        return MP_ENODEV;
    }
    registering = NULL;
    if (!append) {
        int error = HOST(ble_gatts_clear(&ble));
        if (error != 0) {
            return error; // they are the host's still
        }
        MP_STATE_VM(heddle_ble_services) = NULL;
    }
    return 0;
}

int mp_bluetooth_gatts_register_service(mp_obj_bluetooth_uuid_t *service_uuid,
    mp_obj_bluetooth_uuid_t **characteristic_uuids, uint16_t *characteristic_flags,
    mp_obj_bluetooth_uuid_t **descriptor_uuids, uint16_t *descriptor_flags, uint8_t *num_descriptors,
    uint16_t *handles, size_t num_characteristics) {
    heddle_ble_service_t *s = m_new0(heddle_ble_service_t, 1);
    ble_service_t *service = &s->service;
    uuid_from_mp(&service->uuid, service_uuid);
    service->characteristics = m_new0(ble_characteristic_t, num_characteristics);
    service->characteristic_count = num_characteristics;
    for (size_t i = 0, d = 0; i < num_characteristics; i++) {
        ble_characteristic_t *c = &service->characteristics[i];
        uuid_from_mp(&c->uuid, characteristic_uuids[i]);
        c->flags = characteristic_flags[i] & ~BLE_WRITE_AUTHORIZED; // upstream's handler is told when it is written
        value_init(&c->value, MP_BLUETOOTH_DEFAULT_ATTR_LEN);
        c->descriptors = m_new0(ble_descriptor_t, num_descriptors[i]);
        c->descriptor_count = num_descriptors[i];
        for (size_t j = 0; j < num_descriptors[i]; j++, d++) {
            uuid_from_mp(&c->descriptors[j].uuid, descriptor_uuids[d]);
            c->descriptors[j].flags = descriptor_flags[d];
            value_init(&c->descriptors[j].value, MP_BLUETOOTH_DEFAULT_ATTR_LEN);
        }
    }
    s->next = MP_STATE_VM(heddle_ble_services);
    MP_STATE_VM(heddle_ble_services) = s;
    int error = ACTIVE(ble_gatts_add(&ble, service));
    for (size_t i = 0; i < num_characteristics && error == 0; i++) {
        const ble_characteristic_t *c = &service->characteristics[i];
        *handles++ = c->handle;
        for (size_t j = 0; j < c->descriptor_count; j++) {
            *handles++ = c->descriptors[j].handle;
        }
    }
    return error;
}

int mp_bluetooth_gatts_register_service_end(void) {
    return active ? 0 : MP_ENODEV;
}

// The one of a registered handle, or NULL.
static const ble_value_t *value_find(uint16_t handle) {
    for (heddle_ble_service_t *s = MP_STATE_VM(heddle_ble_services); s != NULL; s = s->next) {
        for (size_t i = 0; i < s->service.characteristic_count; i++) {
            const ble_characteristic_t *c = &s->service.characteristics[i];
            if (c->handle == handle) {
                return &c->value;
            }
            for (size_t j = 0; j < c->descriptor_count; j++) {
                if (c->descriptors[j].handle == handle) {
                    return &c->descriptors[j].value;
                }
            }
        }
    }
    return NULL;
}

// Upstream's caller takes no notice of an error, and would give out what is in the memory.
int mp_bluetooth_gatts_read(uint16_t value_handle, const uint8_t **value, size_t *value_len) {
    const ble_value_t *v = value_find(value_handle);
    size_t size = v == NULL ? 0 : v->size;
    uint8_t *octets = m_new(uint8_t, size);
    *value = octets;
    *value_len = size;
    int error = ACTIVE(ble_gatts_read(&ble, value_handle, octets, value_len));
    *value_len = *value_len < size ? *value_len : size; // another thread may have made it longer meanwhile
    if (error != 0) {
        mp_raise_OSError(error);
    }
    return 0;
}

// As upstream: a value that is longer than its buffer gets another one.
int mp_bluetooth_gatts_write(uint16_t value_handle, const uint8_t *value, size_t value_len, bool send_update) {
    int error = ACTIVE(ble_gatts_write(&ble, value_handle, value, value_len, send_update));
    const ble_value_t *v = value_find(value_handle);
    if (error != MP_EINVAL || v == NULL || value_len > BLE_VALUE_MAX) {
        return error;
    }
    uint8_t *octets = m_new(uint8_t, value_len);
    error = HOST(ble_gatts_set_buffer(&ble, value_handle, &octets, value_len, v->append));
    if (error != 0) {
        return error;
    }
    return ACTIVE(ble_gatts_write(&ble, value_handle, value, value_len, send_update));
}

int mp_bluetooth_gatts_notify_indicate(uint16_t conn_handle, uint16_t value_handle, int gatts_op,
    const uint8_t *value, size_t value_len) {
    if (gatts_op == MP_BLUETOOTH_GATTS_OP_NOTIFY) {
        return WITH_ROOM(ble_gatts_notify(&ble, conn_handle, value_handle, value, value_len, ROOM_STEP_MS));
    }
    return WITH_ROOM(ble_gatts_indicate(&ble, conn_handle, value_handle, value, value_len, ROOM_STEP_MS));
}

// The memory that the host has is kept by the structure that it is told to put the new one into.
int mp_bluetooth_gatts_set_buffer(uint16_t value_handle, size_t len, bool append) {
    if (len > BLE_VALUE_MAX) {
        return MP_EINVAL;
    }
    uint8_t *octets = m_new(uint8_t, len);
    return ACTIVE(ble_gatts_set_buffer(&ble, value_handle, &octets, len, append));
}

int mp_bluetooth_get_preferred_mtu(void) {
    if (!active) {
        mp_raise_OSError(MP_ENODEV);
    }
    return ble_mtu(&ble);
}

int mp_bluetooth_set_preferred_mtu(uint16_t mtu) {
    return ACTIVE(ble_set_mtu(&ble, mtu));
}

// ---- GATT client

static const ble_uuid_t *uuid_maybe(ble_uuid_t *to, const mp_obj_bluetooth_uuid_t *from) {
    if (from == NULL) {
        return NULL;
    }
    uuid_from_mp(to, from);
    return to;
}

int mp_bluetooth_gattc_discover_primary_services(uint16_t conn_handle, const mp_obj_bluetooth_uuid_t *uuid) {
    ble_uuid_t u;
    return ACTIVE(ble_gattc_services(&ble, conn_handle, uuid_maybe(&u, uuid)));
}

int mp_bluetooth_gattc_discover_characteristics(uint16_t conn_handle, uint16_t start_handle, uint16_t end_handle,
    const mp_obj_bluetooth_uuid_t *uuid) {
    ble_uuid_t u;
    return ACTIVE(ble_gattc_characteristics(&ble, conn_handle, start_handle, end_handle, uuid_maybe(&u, uuid)));
}

int mp_bluetooth_gattc_discover_descriptors(uint16_t conn_handle, uint16_t start_handle, uint16_t end_handle) {
    // Upstream's begin behind the start, which is the handle of the value that they belong to.
    uint16_t first = start_handle < end_handle ? start_handle + 1 : start_handle;
    return ACTIVE(ble_gattc_descriptors(&ble, conn_handle, first, end_handle));
}

int mp_bluetooth_gattc_read(uint16_t conn_handle, uint16_t value_handle) {
    return ACTIVE(ble_gattc_read(&ble, conn_handle, value_handle));
}

// A mode of ours, behind upstream's two.
#define WRITE_MODE_SIGNED (2)

int mp_bluetooth_gattc_write(uint16_t conn_handle, uint16_t value_handle, const uint8_t *value, size_t value_len,
    unsigned int mode) {
    // Upstream's are cut to what fits into a packet.
    int mtu = active ? -HOST(ble_connection_mtu(&ble, conn_handle)) : 0;
    int header = mode == WRITE_MODE_SIGNED ? 15 : 3;
    value_len = mtu > header ? MIN(value_len, (size_t)(mtu - header)) : value_len;
    if (mode == WRITE_MODE_SIGNED) {
        return ACTIVE(ble_gattc_write_signed(&ble, conn_handle, value_handle, value, value_len));
    }
    if (mode == MP_BLUETOOTH_WRITE_MODE_NO_RESPONSE) {
        return WITH_ROOM(ble_gattc_write_command(&ble, conn_handle, value_handle, value, value_len, ROOM_STEP_MS));
    }
    return ACTIVE(ble_gattc_write(&ble, conn_handle, value_handle, value, value_len));
}

int mp_bluetooth_gattc_exchange_mtu(uint16_t conn_handle) {
    return ACTIVE(ble_gattc_exchange_mtu(&ble, conn_handle));
}

// ---- L2CAP

int mp_bluetooth_l2cap_listen(uint16_t psm, uint16_t mtu) {
    return ACTIVE(ble_channel_listen(&ble, psm, mtu));
}

int mp_bluetooth_l2cap_connect(uint16_t conn_handle, uint16_t psm, uint16_t mtu) {
    return ACTIVE(ble_channel_connect(&ble, conn_handle, psm, mtu));
}

int mp_bluetooth_l2cap_disconnect(uint16_t conn_handle, uint16_t cid) {
    return ACTIVE(ble_channel_disconnect(&ble, conn_handle, cid));
}

int mp_bluetooth_l2cap_send(uint16_t conn_handle, uint16_t cid, const uint8_t *buf, size_t len, bool *stalled) {
    return ACTIVE(ble_channel_send(&ble, conn_handle, cid, buf, len, stalled));
}

int mp_bluetooth_l2cap_recvinto(uint16_t conn_handle, uint16_t cid, uint8_t *buf, size_t *len) {
    return ACTIVE(ble_channel_receive(&ble, conn_handle, cid, buf, len));
}

#endif // MICROPY_PY_BLUETOOTH
