// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What every layer of the host stands on: buffers, timers, calls from other threads, events to them. All but the
// functions marked (T) are for the host's thread alone.
#ifndef HEDDLE_BLE_BASE_H
#define HEDDLE_BLE_BASE_H

#include <errno.h>
#include <string.h>

#include "ble.h"
#include "rtos_atomic.h"

#define BLE_NEVER (UINT64_MAX)
#define BLE_COUNT(array) (sizeof(array) / sizeof((array)[0]))

// The structure of which `pointer` is the address of a member: a timer's or a source's owner.
#define BLE_OWNER(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

// ---- numbers in packets

static inline uint16_t ble_get16(const uint8_t *p) {
    return p[0] | p[1] << 8;
}

static inline uint32_t ble_get32(const uint8_t *p) {
    return ble_get16(p) | (uint32_t)ble_get16(p + 2) << 16;
}

static inline void ble_put16(uint8_t *p, uint16_t n) {
    p[0] = n;
    p[1] = n >> 8;
}

static inline void ble_put32(uint8_t *p, uint32_t n) {
    ble_put16(p, n);
    ble_put16(p + 2, n >> 16);
}

// ---- the end of a command to the controller: its status, and what came with it

typedef void (*ble_command_done_t)(ble_t *b, void *context, uint8_t status, const uint8_t *answer, size_t length);

// ---- buffers: one pool, each with room for the headers below L2CAP's payload

// H4's octet, ACL's handle and length, L2CAP's length and channel.
#define BLE_HEADROOM (1 + 4 + 4)

#define BLE_BUFFER_SIZE (BLE_HEADROOM + BLE_MTU)

// An answer for each peer, and one more: a pairing that gives its keys sends five packets at once.
#define BLE_RESERVE (BLE_CONNECTIONS + 1)

_Static_assert(BLE_MTU >= 65 && BLE_MTU <= 517, "BLE_MTU: 65, as long as SMP's longest packet, to 517");
_Static_assert(BLE_BUFFERS >= 2 * BLE_CONNECTIONS + 3, "BLE_BUFFERS must be at least 2 * BLE_CONNECTIONS + 3");

typedef struct ble_buffer {
    struct ble_buffer *next;
    uint16_t start; // of the payload in octets[]
    uint16_t length;
    uint8_t octets[BLE_BUFFER_SIZE];
} ble_buffer_t;

// How many must stay free for what is more important.
typedef enum {
    BLE_FOR_ANSWER = 0, // to peers: bounded by what may be outstanding
    BLE_FOR_INCOMING = BLE_RESERVE,
    BLE_FOR_APPLICATION = BLE_RESERVE + BLE_CONNECTIONS,
} ble_level_t;

// NULL when only the reserve is left. Its payload is empty and starts at BLE_HEADROOM.
ble_buffer_t *ble_buffer_take(ble_t *b, ble_level_t level);
void ble_buffer_free(ble_t *b, ble_buffer_t *buffer); // NULL is nothing

static inline uint8_t *ble_buffer_data(ble_buffer_t *buffer) {
    return &buffer->octets[buffer->start];
}

// Octets that fit behind the payload.
static inline size_t ble_buffer_room(const ble_buffer_t *buffer) {
    return BLE_BUFFER_SIZE - buffer->start - buffer->length;
}

typedef struct {
    ble_buffer_t *head;
    uint16_t count;
} ble_queue_t;

void ble_queue_put(ble_queue_t *q, ble_buffer_t *buffer);
ble_buffer_t *ble_queue_last(const ble_queue_t *q); // NULL when empty; there are never many
ble_buffer_t *ble_queue_get(ble_queue_t *q); // NULL when empty
void ble_queue_clear(ble_t *b, ble_queue_t *q);

// ---- timers

typedef struct ble_timer {
    uint64_t due_us; // 0: it is not set
    struct ble_timer *next;
    void (*expired)(ble_t *b, struct ble_timer *timer);
} ble_timer_t;

static inline bool ble_timer_is_set(const ble_timer_t *timer) {
    return timer->due_us != 0;
}

void ble_timer_set(ble_t *b, ble_timer_t *timer, uint32_t ms); // again: anew
void ble_timer_clear(ble_t *b, ble_timer_t *timer);

// ---- calls: a message on the caller's stack, which the host always completes

// What `run` returns when it has not ended the call.
enum {
    BLE_PENDING = 1, // ble_call_end will
    BLE_AGAIN, // run it again when there is room; when its time is over the result is -ENOMEM
};

typedef struct ble_call {
    struct ble_call *next;
    int (*run)(ble_t *b, struct ble_call *call);
    rtos_thread_t *thread;
    uint64_t due_us; // to be told BLE_AGAIN until then
    int result;
    uint8_t commands; // outstanding, of ble_command_for
    bool done;
} ble_call_t;

// (T) Have `run` run on the host's thread and wait for the result. -ENODEV when there is none.
int ble_call(ble_t *b, ble_call_t *call, int (*run)(ble_t *b, ble_call_t *call), uint32_t ms);
void ble_call_end(ble_t *b, ble_call_t *call, int result);

// ---- sources of events: each has one event, queued, taken by the application, given back

typedef struct ble_source {
    ble_event_t event; // its `source` is the next one of the queue that it is in
    // The event is back; tell the next one. `late`: its time was over before.
    void (*done)(ble_t *b, struct ble_source *source, int answer, bool late);
    ble_timer_t *timer; // BLE_ANSWER_MS while the event is away; NULL: there is no hurry
    int16_t answer; // -1 for one that is none of anything
    uint8_t state; // BLE_SOURCE_*
    bool late; // the timer's owner says so when it has expired
} ble_source_t;

// HELD: as good as busy, without an event: what it would tell next waits for something else of the host's.
enum { BLE_SOURCE_IDLE, BLE_SOURCE_QUEUED, BLE_SOURCE_TAKEN, BLE_SOURCE_BACK, BLE_SOURCE_HELD };

static inline bool ble_source_idle(const ble_source_t *source) {
    return rtos_peek(source->state) == BLE_SOURCE_IDLE; // other threads take it and give it back
}

void ble_source_init(ble_source_t *source, unsigned event_class,
    void (*done)(ble_t *b, ble_source_t *source, int answer, bool late), ble_timer_t *timer);

// The event of an idle source, cleared, to be filled in; and to be handed over.
ble_event_t *ble_source_event(ble_source_t *source, ble_event_type_t type, uint16_t connection);
void ble_source_tell(ble_t *b, ble_source_t *source);

// (T) The event is back, if it is in the application's hands: `value`, copied to `to`, belongs to the answer.
void ble_event_back(ble_t *b, const ble_event_t *event, int answer, uint8_t *to, const uint8_t *value, size_t length);

// ---- random numbers, from a generator that the controller has seeded

void ble_random(ble_t *b, uint8_t *octets, size_t length);

#endif // HEDDLE_BLE_BASE_H
