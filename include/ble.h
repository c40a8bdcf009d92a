// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A Bluetooth LE host on real threads, over rtos.h alone.
//
// One thread, the host's, owns a `ble_t` and is the only one that changes it; it never runs the application's code and
// waits only for its controller, its timers and its callers. Every function here is for threads (T) other than that
// one, from any number of them at once, and results are 0 or a negative errno. A call returns when the host has done
// it; where that takes the controller, within BLE_COMMAND_MS, and where it takes room for a packet, within the `ms`
// that it is given. What takes a peer ends with an event. After ble_stop, or when the controller is lost, every call
// returns -ENODEV. Unknown connections give -ENOTCONN, unknown handles -ENOENT, bad arguments -EINVAL.
//
// Events: ble_event_wait takes the next one, ble_event_done gives it back with an answer where one is asked for.
// Nothing of the same source (a connection's link, its attributes, its pairing, a channel, the scanner) comes before
// that; so the application sees each write before the next one overwrites it, and no event is lost for want of room.
// An application that keeps an event for longer than BLE_ANSWER_MS gets the default answer.
//
// Addresses and UUIDs have the order of the air: least significant octet first. Numbers of the Bluetooth Core
// specification are its names' values; "Core" below is its version 5.4.
#ifndef HEDDLE_BLE_H
#define HEDDLE_BLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ble_config.h"
#include "ble_transport.h"
#include "rtos.h"

typedef struct ble ble_t; // defined by ble/host.h, for whoever gives it its memory

// ---- addresses and UUIDs

enum {
    BLE_ADDRESS_PUBLIC,
    BLE_ADDRESS_RANDOM,
    BLE_ADDRESS_PUBLIC_IDENTITY, // of a peer whose private address was resolved
    BLE_ADDRESS_RANDOM_IDENTITY,
};

typedef struct {
    uint8_t type;
    uint8_t octets[6];
} ble_address_t;

// Which address of ours the next advertising, scan or connection uses.
typedef enum {
    BLE_OWN_PUBLIC, // a random static one where the controller has none
    BLE_OWN_STATIC, // random, the same until ble_stop
    BLE_OWN_RESOLVABLE, // private, renewed every 15 minutes (Core, Vol 3, Part C, Appendix A, T_GAP(private_addr_int))
    BLE_OWN_NON_RESOLVABLE,
} ble_own_address_t;

typedef struct {
    uint8_t size; // octets: 2, 4 or 16
    uint8_t octets[16];
} ble_uuid_t;

// ---- events

// What an event is about; ble_event_wait takes a mask of these, so that a thread may serve only some.
enum {
    BLE_CLASS_LINK = 1,
    BLE_CLASS_SCAN = 2,
    BLE_CLASS_ATT = 4,
    BLE_CLASS_SECURITY = 8,
    BLE_CLASS_CHANNEL = 16,
    BLE_CLASS_ALL = 31,
};

typedef enum {
    // BLE_CLASS_LINK
    BLE_EVENT_CONNECTED, // link
    BLE_EVENT_CONNECT_FAILED, // link, status: no connection within the deadline, or cancelled
    BLE_EVENT_DISCONNECTED, // link, status: the reason (Core, Vol 1, Part F)
    BLE_EVENT_PARAMETERS, // parameters, status
    BLE_EVENT_MTU, // value
    BLE_EVENT_ADVERTISING_ENDED, // nobody answered directed advertising of high duty
    BLE_EVENT_LOST, // status: -errno. The controller is gone; connections have ended before. Call ble_stop.
    // BLE_CLASS_SCAN
    BLE_EVENT_SCAN_REPORT, // report, data
    BLE_EVENT_SCAN_DONE,
    // BLE_CLASS_ATT, of the server
    BLE_EVENT_READ, // handle. Answer: 0, or an ATT error for the peer; the value may be written before
    // handle, length, data: what was written (not always the whole value), NULL for a long write. Of a value with
    // BLE_WRITE_AUTHORIZED: what will be written. Answer, of that only: 0, or an ATT error for the peer
    BLE_EVENT_WRITTEN,
    BLE_EVENT_SUBSCRIBED, // handle, value: BLE_SUBSCRIBE_*
    BLE_EVENT_INDICATED, // handle, status: 0 confirmed, -ETIMEDOUT, -ENOTCONN
    // BLE_CLASS_ATT, of the client. A procedure ends with its ..._DONE, status 0, an ATT error or -errno
    BLE_EVENT_SERVICE, // attribute: handle, end, uuid
    BLE_EVENT_SERVICES_DONE,
    BLE_EVENT_CHARACTERISTIC, // attribute: handle (of the value), end, properties, uuid
    BLE_EVENT_CHARACTERISTICS_DONE,
    BLE_EVENT_DESCRIPTOR, // attribute: handle, uuid
    BLE_EVENT_DESCRIPTORS_DONE,
    BLE_EVENT_READ_RESULT, // handle, data; rest
    BLE_EVENT_READ_DONE, // handle, status
    BLE_EVENT_WRITE_DONE, // handle, status
    BLE_EVENT_NOTIFIED, // handle, data
    BLE_EVENT_INDICATION, // handle, data; confirmed by ble_event_done
    // BLE_CLASS_SECURITY
    // passkey: action, number. Answer with ble_passkey. The two below are told once it has been given back
    BLE_EVENT_PASSKEY,
    BLE_EVENT_ENCRYPTION, // security
    // link: the peer's identity as it is known now. security: the link's, also after a failure. status: 0, the reason
    // of SMP's Pairing Failed (Core, Vol 3, Part H, 3.5.5), -ETIMEDOUT, -ENOENT for a peer that has lost the key of its
    // bond, -EAGAIN for a store that did not answer, -EIO for a refusal of the controller, or -ENOMEM
    BLE_EVENT_PAIRED,
    BLE_EVENT_SECRET_GET, // secret: type, index, key. Answer: ble_event_answer with the value, or none
    BLE_EVENT_SECRET_SET, // secret: type, key, value (NULL: forget it)
    // BLE_CLASS_CHANNEL
    BLE_EVENT_CHANNEL_ACCEPT, // channel. Answer: 0, or the result for the peer (Core, Vol 3, Part A, 4.23): 2, 4 to 8
    // or 11; else, and by default, it is 4, no resources
    BLE_EVENT_CHANNEL_OPEN, // channel
    BLE_EVENT_CHANNEL_CLOSED, // channel, status: 0 when either side or the link has ended it, -EPROTO for a peer that
    // broke the rules, -ETIMEDOUT for one that gave no credits; of one that did not open the peer's result, or -errno
    BLE_EVENT_CHANNEL_DATA, // channel: ble_channel_receive has something
    BLE_EVENT_CHANNEL_READY, // channel: ble_channel_send takes the next SDU, after it was stalled
} ble_event_type_t;

// The application's copy of an event. `data` and the pointers below stay valid until ble_event_done.
typedef struct {
    uint8_t type; // ble_event_type_t
    uint8_t event_class;
    uint16_t connection; // its handle, BLE_NO_CONNECTION where there is none
    uint16_t handle; // of an attribute
    uint16_t value;
    int status;
    const uint8_t *data;
    uint16_t length;
    uint16_t generation; // the host's
    union {
        struct {
            struct {
                ble_address_t peer; // its identity where it is known
                bool central; // our role
            } link;
            struct {
                bool encrypted;
                bool authenticated; // by a passkey, a comparison or out of band
                bool bonded;
                uint8_t key_size; // octets, 7 to 16
            } security; // of the link
        };
        struct {
            uint16_t interval; // 1.25 ms
            uint16_t latency; // connection events
            uint16_t timeout; // 10 ms
        } parameters;
        struct {
            ble_address_t peer;
            uint8_t kind; // Core, Vol 4, Part E, 7.7.65.2: 0 ADV_IND, 1 DIRECT, 2 SCAN, 3 NONCONN, 4 SCAN_RSP
            int8_t rssi; // dBm, 127 unknown
        } report;
        struct {
            uint16_t end;
            uint8_t properties;
            ble_uuid_t uuid;
        } attribute;
        struct {
            const uint8_t *data; // what follows `data`, where the value is longer than one packet buffer
            uint16_t length; // 0: nothing does, always with BLE_MTU of 503 and more
        } rest;
        struct {
            uint8_t action; // BLE_PASSKEY_*
            uint32_t number; // to show or compare, 0 to 999999
        } passkey;
        struct {
            uint8_t type; // BLE_SECRET_*
            uint8_t index; // with no key: the index'th of this type
            uint8_t key_length;
            const uint8_t *key; // NULL: any
            const uint8_t *value;
            uint8_t value_length;
        } secret;
        struct {
            uint16_t cid; // ours
            uint16_t psm;
            uint16_t our_mtu;
            uint16_t peer_mtu;
        } channel;
    };
    struct ble_source *source; // the host's
} ble_event_t;

#define BLE_NO_CONNECTION (0xffffu)

// The next event of `classes`, copied to `*event`. 0, or -ETIMEDOUT. Also after ble_stop, for what was left.
int ble_event_wait(ble_t *b, unsigned classes, uint32_t ms, ble_event_t *event);

// Give an event back, with its answer where it asks for one. Does not block.
void ble_event_done(ble_t *b, const ble_event_t *event, int answer);

// The same with a value, for BLE_EVENT_SECRET_GET: at most BLE_SECRET_MAX octets are copied. -EINVAL for more.
int ble_event_answer(ble_t *b, const ble_event_t *event, const uint8_t *value, size_t length);

// Returns when the host has dealt with all that was given back before: what follows on it at once can be taken.
int ble_sync(ble_t *b);

// ---- life

typedef struct {
    ble_transport_t *transport;
    void *stack; // of the host's thread, RTOS_STACK_ALIGN aligned
    size_t stack_size; // bytes
    // Called on the host's thread when an event has become ready for somebody; must not block and must not call the
    // host. NULL for none.
    void (*notify)(void *arg);
    void *notify_arg;
    // Every packet as it goes over the transport: H4's octet and the header, then the rest; the same rules. NULL for
    // none.
    void (*snoop)(void *arg, bool received, const uint8_t *header, size_t header_length, const uint8_t *data,
        size_t length);
    void *snoop_arg;
} ble_setup_t;

// Start the host: its thread, the transport, the controller. Blocks until the controller is ready: -EALREADY when it
// runs, the transport's error, -ETIMEDOUT or -EIO for a controller that does not answer or refuses. Other calls give
// -ENODEV until it has returned.
int ble_start(ble_t *b, const ble_setup_t *setup);

// End connections, reset the controller, close the transport and join the thread. All calls return -ENODEV from then
// on. Blocks for at most half a second and BLE_COMMAND_MS. Events that were not taken can still be taken. Nothing when
// it does not run. Of several threads at once none returns before it has ended, so that it can be started again.
void ble_stop(ble_t *b);

bool ble_running(ble_t *b);

// The address that the next advertising would use.
int ble_own_address(ble_t *b, ble_address_t *address);
int ble_set_own_address(ble_t *b, ble_own_address_t kind);

// Characteristic 0x2a00 of the GAP service. -EINVAL when it is longer than BLE_NAME_MAX. Also before ble_start.
int ble_set_name(ble_t *b, const uint8_t *name, size_t length);
size_t ble_name(ble_t *b, uint8_t name[BLE_NAME_MAX]);

// A raw command. `*length` is the size of `answer`, then what the controller gave after its status.
int ble_hci_command(ble_t *b, uint16_t opcode, const uint8_t *parameters, size_t parameters_length, uint8_t *status,
    uint8_t *answer, size_t *length);

// ---- GAP

// The commands of a controller of Bluetooth 5.0 from now on, or again the older ones, which all have: an application
// that wants longer advertising, up to 251 octets, or the coded PHY. A controller takes either the ones or the others,
// so this is for before the first advertising, scan or connection since ble_start, and else -EALREADY; -EOPNOTSUPP
// where the controller has not all of them, or with BLE_EXTENDED_COMMANDS 0.
int ble_set_extended(ble_t *b, bool on);

typedef struct {
    uint32_t interval_us; // 20000 to 10240000, in steps of 625
    uint8_t kind; // 0 connectable, 1 directed (high duty), 2 scannable, 3 non-connectable, 4 directed (low duty)
    ble_address_t peer; // of directed advertising
    const uint8_t *data; // at most 31 octets, NULL for none
    uint8_t length;
    const uint8_t *response; // to scans, at most 31
    uint8_t response_length;
    // After ble_set_extended: at most 251 octets; what is longer than 31, or coded, goes out in packets that older
    // scanners do not hear, with data only, or a response only where the kind is scannable, else -EINVAL.
    bool coded; // on the coded PHY: twice the range and more
} ble_advertise_t;

// Start, or start again with other data. A connection ends it.
int ble_advertise(ble_t *b, const ble_advertise_t *advertise);
int ble_advertise_stop(ble_t *b);

typedef struct {
    uint32_t duration_ms; // 0: until ble_scan_stop
    uint32_t interval_us; // 2500 to 10240000, in steps of 625
    uint32_t window_us; // at most the interval
    bool active; // ask for scan responses
    bool duplicates; // report an advertiser each time that it is heard
    bool coded; // after ble_set_extended: listen on the coded PHY, too
} ble_scan_t;

// Start, or start again. Ends with BLE_EVENT_SCAN_DONE.
int ble_scan(ble_t *b, const ble_scan_t *scan);
int ble_scan_stop(ble_t *b);

// How many reports were dropped since ble_start because the application was slower.
uint32_t ble_scan_dropped(ble_t *b);

typedef struct {
    ble_address_t peer;
    uint32_t duration_ms; // until BLE_EVENT_CONNECT_FAILED; failures of the controller are tried again until then
    uint32_t interval_min_us; // 7500 to 4000000, in steps of 1250; 0 for 30 ms
    uint32_t interval_max_us; // 0 for 50 ms
    bool coded; // after ble_set_extended: listen for the peer on the coded PHY, too
} ble_connect_t;

// Start connecting. -EALREADY while another connection is being made, -ENOMEM when all BLE_CONNECTIONS are taken.
int ble_connect(ble_t *b, const ble_connect_t *connect);

// End it: BLE_EVENT_CONNECT_FAILED follows, or BLE_EVENT_CONNECTED if that was faster. -EALREADY when there is nothing.
int ble_connect_cancel(ble_t *b);

// End a connection. BLE_EVENT_DISCONNECTED follows.
int ble_disconnect(ble_t *b, uint16_t connection);

// Ask for other parameters: an interval of 6 to 3200 (1.25 ms), a latency of at most 499 connection events, a timeout
// of 10 to 3200 (10 ms) and more than twice the time that the latency may take, else -EINVAL (Core, Vol 4, Part E,
// 7.8.18). BLE_EVENT_PARAMETERS follows. -EALREADY while a peer's host is still being asked.
int ble_update_parameters(ble_t *b, uint16_t connection, uint16_t interval_min, uint16_t interval_max,
    uint16_t latency, uint16_t timeout);

// Bluetooth 4.2's longer packets on the air and 5.0's other radios: asked for on each connection, those that there are
// and those to come, until ble_stop. What the peer does not have, or does not want, stays as it was, and nothing tells.
// -EOPNOTSUPP where the controller has it not, or with BLE_SPEED 0.

// So many octets in a packet, 27 to 251; the controller has 27 without.
int ble_set_data_length(ble_t *b, uint16_t octets);

// Any of these, the faster the better; 1M is what there is without.
enum { BLE_PHY_1M = 1, BLE_PHY_2M = 2, BLE_PHY_CODED = 4 };
int ble_set_phys(ble_t *b, uint8_t phys);

// The longest value of an attribute, in octets (Core, Vol 3, Part F, 3.2.9).
#define BLE_VALUE_MAX (512)

// ---- GATT server

// Of a characteristic or a descriptor. Without an answer in time to BLE_EVENT_READ or _WRITTEN, what is _AUTHORIZED is
// refused and everything else allowed. The low octet is the specification's properties (Core, Vol 3, Part G, 3.3.1.1).
enum {
    BLE_BROADCAST = 0x0001,
    BLE_READ = 0x0002,
    BLE_WRITE_NO_RESPONSE = 0x0004,
    BLE_WRITE = 0x0008,
    BLE_NOTIFY = 0x0010,
    BLE_INDICATE = 0x0020,
    BLE_SIGNED_WRITE = 0x0040, // by a bonded peer whose link is not encrypted; others' and older ones are ignored
    BLE_EXTENDED = 0x0080,
    BLE_AUX_WRITE = 0x0100,
    BLE_READ_ENCRYPTED = 0x0200,
    BLE_READ_AUTHENTICATED = 0x0400,
    BLE_READ_AUTHORIZED = 0x0800,
    BLE_WRITE_ENCRYPTED = 0x1000,
    BLE_WRITE_AUTHENTICATED = 0x2000,
    BLE_WRITE_AUTHORIZED = 0x4000,
};

// What a peer has subscribed to, of BLE_EVENT_SUBSCRIBED.
enum { BLE_SUBSCRIBE_NOTIFY = 1, BLE_SUBSCRIBE_INDICATE = 2 };

// A value and the memory for it, the caller's; the host's alone from ble_gatts_add to ble_gatts_clear.
typedef struct {
    uint8_t *octets;
    uint16_t length;
    uint16_t size; // longest, at most 512, or as you like with `append`
    bool append; // peers' writes append, and ble_gatts_read empties
    bool cut; // of a peer's write that is longer the beginning is taken; else it is refused
    bool fixed; // peers' writes must have exactly `size`
} ble_value_t;

typedef struct {
    ble_uuid_t uuid;
    uint16_t flags;
    uint8_t key_size; // least size of a connection's key, 0 for any
    uint16_t handle; // set by ble_gatts_add
    ble_value_t value;
} ble_descriptor_t;

typedef struct {
    ble_uuid_t uuid;
    uint16_t flags;
    uint8_t key_size;
    uint8_t subscription; // the host's
    uint16_t handle; // of the value, set by ble_gatts_add; its declaration is before it, its 0x2902 right behind
    ble_value_t value;
    ble_descriptor_t *descriptors; // without 0x2902, which the host adds to what notifies or indicates
    uint8_t descriptor_count;
} ble_characteristic_t;

typedef struct ble_service {
    ble_uuid_t uuid;
    bool secondary;
    uint8_t characteristic_count;
    ble_characteristic_t *characteristics;
    uint16_t handle; // set by ble_gatts_add
    uint16_t end;
    struct ble_service *next; // the host's
} ble_service_t;

// Add a service; its structures stay the host's until ble_gatts_clear. Connected peers learn it by Service Changed.
// -ENOMEM when BLE_SUBSCRIPTIONS are too few. Also before ble_start.
int ble_gatts_add(ble_t *b, ble_service_t *service);

// Take out all services but the host's own; their memory is the caller's again.
int ble_gatts_clear(ble_t *b);

// Copy a value out: `*length` is the size of `octets`, then the length of the value.
int ble_gatts_read(ble_t *b, uint16_t handle, uint8_t *octets, size_t *length);

// Set a value. With `update`, subscribed peers are notified, or indicated where they want only that: at once, or where
// there is no room the newest value as soon as there is. -EINVAL when it is too long.
int ble_gatts_write(ble_t *b, uint16_t handle, const uint8_t *octets, size_t length, bool update);

// Give a value other memory, and take its old one back. What fits is kept.
int ble_gatts_set_buffer(ble_t *b, uint16_t handle, uint8_t **octets, uint16_t size, bool append);

// Notify a connection, whether it has subscribed or not; NULL: of the value. Blocks for room until `ms`, then -ENOMEM.
// What is longer than the MTU less 3 is cut.
int ble_gatts_notify(ble_t *b, uint16_t connection, uint16_t handle, const uint8_t *octets, size_t length, uint32_t ms);

// The same with a confirmation, BLE_EVENT_INDICATED. -EALREADY while one is outstanding on this connection.
int ble_gatts_indicate(ble_t *b, uint16_t connection, uint16_t handle, const uint8_t *octets, size_t length,
    uint32_t ms);

// The MTU that we offer and accept, 23 to BLE_MTU.
int ble_set_mtu(ble_t *b, uint16_t mtu);
uint16_t ble_mtu(ble_t *b);

// The MTU in force on a connection, or -ENOTCONN.
int ble_connection_mtu(ble_t *b, uint16_t connection);

// ---- GATT client
//
// A procedure is begun by its call, which returns at once, and ends with its ..._DONE event, whose status is 0, an ATT
// error of the server's (positive: Core, Vol 3, Part F, 3.4.1.1), -EPROTO for a server that answered something else,
// -ETIMEDOUT for one that has not answered for 30 s (the connection is then ended), or -ENOTCONN for an ended
// connection. Procedures of one connection run one after another, of several at once. -ENOMEM when BLE_PROCEDURES wait
// or run already; the place of one is free again when its ..._DONE is told.

// Primary services, each a BLE_EVENT_SERVICE: all with NULL, else those of `uuid`.
int ble_gattc_services(ble_t *b, uint16_t connection, const ble_uuid_t *uuid);

// Characteristics of the handles from `start` to `end`, each a BLE_EVENT_CHARACTERISTIC; with a UUID only those.
int ble_gattc_characteristics(ble_t *b, uint16_t connection, uint16_t start, uint16_t end, const ble_uuid_t *uuid);

// All attributes from `start` to `end`, each a BLE_EVENT_DESCRIPTOR.
int ble_gattc_descriptors(ble_t *b, uint16_t connection, uint16_t start, uint16_t end);

// One BLE_EVENT_READ_RESULT with the whole value, however many packets it takes, unless it fails.
int ble_gattc_read(ble_t *b, uint16_t connection, uint16_t handle);

// Write at most 512 octets, and have the server say that it has: what is longer than the MTU less 3 is prepared in
// parts, compared with what the server says it got, and executed. -ENOMEM also when the buffers are in use.
int ble_gattc_write(ble_t *b, uint16_t connection, uint16_t handle, const uint8_t *octets, size_t length);

// Agree on an MTU with the peer; ours is that of ble_set_mtu. BLE_EVENT_MTU follows, with the one that there was when
// the peer refuses; nothing else. Once a connection (Core, Vol 3, Part F, 3.4.2.1), then -EALREADY.
int ble_gattc_exchange_mtu(ble_t *b, uint16_t connection);

// Write without an answer. Blocks for room until `ms`, then -ENOMEM. -EINVAL when it is longer than the MTU less 3.
int ble_gattc_write_command(ble_t *b, uint16_t connection, uint16_t handle, const uint8_t *octets, size_t length,
    uint32_t ms);

// Write without an answer, signed with the key that a bond gave this peer: for a link that is not encrypted; over an
// encrypted one it goes without. BLE_EVENT_WRITE_DONE follows when it is on its way: the server says nothing, also when
// it ignores it. Its status is -ENOENT where the store has no bond, or none with such a key. Each takes two events of
// the store, since the counter in the bond's record moves on. -EINVAL when it is longer than the MTU less 15,
// -EOPNOTSUPP without BLE_SIGNED_WRITES.
int ble_gattc_write_signed(ble_t *b, uint16_t connection, uint16_t handle, const uint8_t *octets, size_t length);

// ---- security

enum { BLE_DISPLAY_ONLY, BLE_DISPLAY_YESNO, BLE_KEYBOARD_ONLY, BLE_NO_INPUT_OUTPUT, BLE_KEYBOARD_DISPLAY };

enum { BLE_PASSKEY_NONE, BLE_PASSKEY_INPUT = 2, BLE_PASSKEY_DISPLAY, BLE_PASSKEY_COMPARE };

enum {
    // key: identity address (7 octets: type, address). Records are described in ble/bond.h. Stored anew with each
    // signed write, since it has the signatures' counters
    BLE_SECRET_BOND = 1,
    BLE_SECRET_SUBSCRIPTIONS, // of a bonded peer, the same key
    BLE_SECRET_IDENTITY, // ours, without a key: IRK and static address
};
#define BLE_SECRET_MAX (120)

typedef struct {
    bool bonding;
    bool mitm; // ask for protection against a man in the middle
    bool secure_only; // refuse legacy pairing
    uint8_t io; // BLE_DISPLAY_ONLY ...
    uint8_t key_size; // least size that is accepted, 7 to 16
} ble_security_t;

// Also before ble_start, for connections to come and pairings to begin. Without it: no bonding, BLE_NO_INPUT_OUTPUT.
// With `bonding` the store is asked for our identity and for all bonds, by their index, once after each start.
int ble_set_security(ble_t *b, const ble_security_t *security);

// Secure a connection: as central with the key of the bond, or by pairing; as peripheral by asking the central to.
// BLE_EVENT_ENCRYPTION follows, or BLE_EVENT_PAIRED with an error, or the end of the connection. -EALREADY while one is
// under way, -ENOMEM when BLE_PAIRINGS are, -EAGAIN when this peer has failed and has to wait (1 s, then twice as long
// each time, at most 64 s), -ETIMEDOUT when a pairing has timed out: that takes a new connection.
// A pairing that the peer begins needs no call. One that would replace a better bond in the store is refused.
int ble_pair(ble_t *b, uint16_t connection);

// The user's answer to BLE_EVENT_PASSKEY, before or after ble_event_done, within 30 s: the number that was typed
// (BLE_PASSKEY_INPUT) or is shown (BLE_PASSKEY_DISPLAY: that of the event, or another one, but never twice the same);
// 1 when both show the same (BLE_PASSKEY_COMPARE). Any other answer to a comparison, and any number above 999999, ends
// the pairing. -EALREADY when this is not what was asked.
int ble_passkey(ble_t *b, uint16_t connection, uint8_t action, uint32_t number);

// What Secure Connections tell each other by another way, such as NFC, before they pair (Core, Vol 3, Part H,
// 2.3.5.6.4). Whoever has the other side's is sure of it: the pairing is authenticated, whatever the two can display.
// It is for the next pairing that either side has such data for, and gone with that, well or not. -EALREADY while a
// pairing is under way.
typedef struct {
    uint8_t confirm[16];
    uint8_t random[16];
} ble_oob_t;

// Ours, for the peer. Takes as long as a key does: 1 s on a Cortex-M3 of 25 MHz.
int ble_oob_create(ble_t *b, ble_oob_t *ours);

// The peer's. NULL: none.
int ble_oob_set(ble_t *b, const ble_oob_t *peers);

// The key of legacy pairing out of band (2.3.5.5), which both sides must have, in place of what ble_oob_set has set;
// for peers without Secure Connections only, since whoever learns it learns all later keys. NULL: none. A pairing that
// this side begins offers legacy pairing only, unless `secure_only` is set; otherwise as above.
int ble_oob_key(ble_t *b, const uint8_t key[16]);

// ---- L2CAP's connection-oriented channels, LE credit based (Core, Vol 3, Part A, 3.4)
//
// A channel carries SDUs of at most the other side's MTU, 23 to 65535. They are read as a stream: where one ends and
// the next begins is not kept, and one may be read before all of it has come. Credits go back as the application reads.
// Of a channel that has ended, what came before can still be read; BLE_EVENT_CHANNEL_CLOSED comes after that, or
// BLE_STALL_MS after the application has read last. Unknown channels give -ENOENT. None of these functions waits for
// anything but the host, but for ble_channel_send.

// Ask the application (BLE_EVENT_CHANNEL_ACCEPT) when a peer connects to `psm`, 1 to 0xff, and to no other one any
// more; 0: to none.
int ble_channel_listen(ble_t *b, uint16_t psm, uint16_t mtu);

// BLE_EVENT_CHANNEL_OPEN or BLE_EVENT_CHANNEL_CLOSED follows. -ENOMEM when BLE_CHANNELS are taken.
int ble_channel_connect(ble_t *b, uint16_t connection, uint16_t psm, uint16_t mtu);

// BLE_EVENT_CHANNEL_CLOSED follows. An SDU that ble_channel_send has taken still goes, when the peer has credits for it
// within BLE_ANSWER_MS; what has not been read is thrown away. -EALREADY when the channel is not open.
int ble_channel_disconnect(ble_t *b, uint16_t connection, uint16_t cid);

// Send one SDU. 0: it is taken; with `*stalled` no further one is before BLE_EVENT_CHANNEL_READY, but -EAGAIN. Blocks
// as long as there is more of it than BLE_CHANNEL_STORE octets without a credit or room; when that does not get less
// within BLE_ANSWER_MS, -EAGAIN if nothing has been sent, else -ETIMEDOUT, and the channel ends. -EINVAL when it is
// longer than the peer's MTU, -ENOTCONN when the channel is not or no longer open.
int ble_channel_send(ble_t *b, uint16_t connection, uint16_t cid, const uint8_t *octets, size_t length, bool *stalled);

// Take what has come: `*length` is the size of `octets`, then how much it was; 0 when nothing is there. With NULL for
// `octets`: how much there is.
int ble_channel_receive(ble_t *b, uint16_t connection, uint16_t cid, uint8_t *octets, size_t *length);

#endif // HEDDLE_BLE_H
