// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The trace's ring. One for all cores, so that what happened on several is in the order in which it happened: a record
// is written in a critical section, in which most of what is worth one happens anyway.
#include "core.h"
#include "rtos_trace.h"

volatile bool rtos_trace_on;

static struct {
    rtos_trace_record_t *ring;
    rtos_trace_record_t *next; // is written next
    rtos_trace_record_t *end;
    uint32_t rounds; // how often `next` came to the end
} trace;

static void put(uint32_t time, uint32_t what, uint32_t arg) {
    rtos_trace_record_t *record = trace.next;
    record->time = time;
    record->what = what;
    record->arg = arg;
    record += 1;
    if (record == trace.end) {
        record = trace.ring;
        trace.rounds += 1;
    }
    trace.next = record;
}

static uint32_t word_of(unsigned kind, const void *subject) {
    return (uint32_t)kind << 27 | (rtos_core_id() % RTOS_TRACE_CORES) << 24 | RTOS_TRACE_SUBJECT(subject);
}

// Whoever saw a trace on may come here when it is off and its memory somebody else's.
void rtos_trace_record(unsigned kind, const void *subject, uintptr_t arg) {
    rtos_crit_t key = rtos_crit_enter();
    if (rtos_peek(rtos_trace_on)) {
        put(RTOS_TRACE_CLOCK(), word_of(kind, subject), (uint32_t)arg);
    }
    rtos_crit_exit(key);
}

// As much as fits, padded with zeros.
static uint32_t four_characters(const char **name) {
    uint32_t word = 0;
    for (unsigned shift = 0; shift < 32 && **name != '\0'; shift += 8) {
        word |= (uint32_t)(uint8_t)*(*name)++ << shift;
    }
    return word;
}

void rtos_trace_name(const void *subject, const char *name) {
    rtos_crit_t key = rtos_crit_enter();
    while (rtos_peek(rtos_trace_on) && *name != '\0') {
        uint32_t first = four_characters(&name);
        put(first, word_of(RTOS_TRACE_NAME, subject), four_characters(&name));
    }
    rtos_crit_exit(key);
}

void rtos_trace_start(rtos_trace_record_t *ring, size_t records) {
    rtos_crit_t key = rtos_crit_enter();
    trace.ring = trace.next = ring;
    trace.end = ring + records;
    trace.rounds = 0;
    rtos_poke(rtos_trace_on, true);
    rtos_crit_exit(key);
    rtos_trace(RTOS_TRACE_SWITCH, rtos_thread_self(), 0);
}

void rtos_trace_stop(void) {
    rtos_crit_t key = rtos_crit_enter();
    rtos_poke(rtos_trace_on, false);
    rtos_crit_exit(key);
}

const rtos_trace_record_t *rtos_trace_get(size_t i) {
    size_t size = trace.end - trace.ring, next = trace.next - trace.ring;
    if (i >= (trace.rounds != 0 ? size : next)) {
        return NULL;
    }
    return trace.ring + (trace.rounds != 0 ? (next + i) % size : i);
}

uint32_t rtos_trace_lost(void) {
    size_t size = trace.end - trace.ring, next = trace.next - trace.ring;
    return trace.rounds == 0 ? 0 : (trace.rounds - 1) * (uint32_t)size + (uint32_t)next;
}
