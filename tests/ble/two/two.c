// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The hosts, their applications, the clock, and the cases one after another.
//
// usage: two [CASE ...]
#include "two.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LOG (64)
#define CASE_S (60)
#define THREADS (4)
#define STACK (2 * RTOS_STACK_MIN)

typedef struct {
    ble_transport_t transport; // over the air's
    ble_transport_t *air;
    unsigned number;
    unsigned at; // of its thread, two_at
    void (*at_fn)(unsigned host);
} way_t;

typedef struct {
    two_event_t log[LOG];
    unsigned put, got;
    unsigned counts[BLE_EVENT_CHANNEL_READY + 1];
    int answers[BLE_EVENT_CHANNEL_READY + 1];
    bool keeps[BLE_EVENT_CHANNEL_READY + 1];
    ble_event_t kept;
    bool ended;
    bool logs;
    way_t way;
} host_t;

ble_t two_host[TWO_HOSTS];
void (*two_handler)(unsigned host, const ble_event_t *event);
bool (*two_giver)(unsigned host, const ble_event_t *event);
static host_t hosts[TWO_HOSTS];
static const char *running;
static volatile bool clock_goes;
static volatile uint64_t case_due_us;
static rtos_thread_t *runner;
static char host_stacks[TWO_HOSTS][STACK] __attribute__((aligned(RTOS_STACK_ALIGN)));

void raw_fail(const char *file, int line, const char *what) {
    printf("FAIL %s: %s:%d: %s\n", running, file, line, what);
    for (unsigned i = 0; i < TWO_HOSTS; i++) {
        printf("    host %u: %u events of which %u looked at; last %u; controller complains: %s\n", i, hosts[i].put,
            hosts[i].got, hosts[i].put != 0 ? hosts[i].log[(hosts[i].put - 1) % LOG].event.type : 0, air_complaint(i));
    }
    fflush(stdout);
    _exit(1);
}

// What ThreadSanitizer's runtime asks, where it is linked in. Threads that end with the program have not been joined.
const char *__tsan_default_options(void);
const char *__tsan_default_options(void) {
    return "halt_on_error=1:report_thread_leaks=0:exitcode=66:atexit_sleep_ms=0";
}

// ---- transports

static int way_open(ble_transport_t *t, void (*wake)(void *arg), void *arg) {
    way_t *way = (way_t *)t;
    return way->air->open(way->air, wake, arg);
}

static void way_close(ble_transport_t *t) {
    way_t *way = (way_t *)t;
    way->air->close(way->air);
}

static void way_passed(way_t *way) {
    rtos_crit_t key = rtos_crit_enter();
    bool now = way->at != 0 && --way->at == 0;
    void (*fn)(unsigned host) = way->at_fn;
    rtos_crit_exit(key);
    if (now) {
        fn(way->number);
    }
}

static int way_read(ble_transport_t *t, uint8_t *buf, size_t len) {
    way_t *way = (way_t *)t;
    int n = way->air->read(way->air, buf, len);
    if (n > 0) {
        way_passed(way);
    }
    return n;
}

static int way_write(ble_transport_t *t, const uint8_t *buf, size_t len) {
    way_t *way = (way_t *)t;
    way_passed(way);
    return way->air->write(way->air, buf, len);
}

void two_at(unsigned host, unsigned nth, void (*fn)(unsigned host)) {
    rtos_crit_t key = rtos_crit_enter();
    hosts[host].way.at = nth;
    hosts[host].way.at_fn = fn;
    rtos_crit_exit(key);
}

bool two_at_passed(unsigned host) {
    rtos_crit_t key = rtos_crit_enter();
    bool passed = hosts[host].way.at == 0;
    rtos_crit_exit(key);
    return passed;
}

// ---- hosts

int two_try_start(unsigned host) {
    const ble_setup_t setup = {
        .transport = &hosts[host].way.transport, .stack = host_stacks[host], .stack_size = STACK,
    };
    return ble_start(&two_host[host], &setup);
}

void two_start(unsigned host) {
    int error = two_try_start(host);
    if (error != 0) {
        printf("ble_start: %d\n", error);
    }
    CHECK(error == 0);
}

// ---- applications

static bool ends(const ble_event_t *e) {
    return e->type == BLE_EVENT_DISCONNECTED || e->type == BLE_EVENT_CONNECT_FAILED || e->type == BLE_EVENT_LOST;
}

// Who has a store for bonds gives them back himself.
static bool is_told(const ble_event_t *e) {
    return e->type != BLE_EVENT_SECRET_GET && e->type != BLE_EVENT_SECRET_SET;
}

static void append(two_event_t *to, const uint8_t *data, size_t length) {
    if (data != NULL && to->length + length <= TWO_DATA) {
        memcpy(to->data + to->length, data, length);
        to->length += length;
    }
}

// Whether it is to be kept, and else the answer.
static bool log_put(host_t *h, const ble_event_t *e, int *answer) {
    static two_event_t copies[TWO_HOSTS];
    two_event_t *copy = &copies[h - hosts];
    copy->event = *e;
    copy->length = 0;
    append(copy, e->data, e->length);
    if (e->type == BLE_EVENT_READ_RESULT) {
        append(copy, e->rest.data, e->rest.length);
    }
    rtos_crit_t key = rtos_crit_enter();
    bool is_old = e->generation != two_host[h - hosts].generation; // it has been started again
    if (is_told(e) && h->logs && !is_old) {
        h->log[h->put++ % LOG] = *copy;
    }
    h->counts[e->type] += !is_old;
    h->ended |= ends(e) && !is_old;
    bool keep = h->keeps[e->type];
    if (keep) {
        h->kept = *e;
    }
    *answer = h->answers[e->type];
    rtos_unpark(runner);
    rtos_crit_exit(key);
    return keep;
}

static void application(void *arg) {
    host_t *h = arg;
    ble_t *b = &two_host[h - hosts];
    for (;;) {
        ble_event_t e;
        CHECK(ble_event_wait(b, BLE_CLASS_ALL, RTOS_FOREVER, &e) == 0);
        int answer;
        bool keep = log_put(h, &e, &answer);
        void (*handler)(unsigned host, const ble_event_t *event) = rtos_peek(two_handler);
        if (handler != NULL) {
            handler(h - hosts, &e);
        }
        bool (*giver)(unsigned host, const ble_event_t *event) = rtos_peek(two_giver);
        if (!keep && (giver == NULL || !giver(h - hosts, &e))) {
            ble_event_done(b, &e, answer);
        }
    }
}

void two_pause(void) {
    rtos_park(5);
}

static bool next(unsigned host, two_event_t *event) {
    host_t *h = &hosts[host];
    rtos_crit_t key = rtos_crit_enter();
    bool over = h->put - h->got > LOG;
    while (h->got != h->put && h->log[h->got % LOG].event.generation != two_host[host].generation) {
        h->got++;
    }
    bool any = h->got != h->put;
    if (any) {
        *event = h->log[h->got++ % LOG];
    }
    rtos_crit_exit(key);
    CHECK(!over);
    return any;
}

two_event_t two_expect_any(unsigned host) {
    two_event_t event;
    two_until(next(host, &event));
    return event;
}

two_event_t two_expect_at(const char *file, int line, unsigned host, unsigned type) {
    two_event_t event = two_expect_any(host);
    if (event.event.type != type) {
        char what[80];
        snprintf(what, sizeof(what), "host %u: event %u, not %u", host, event.event.type, type);
        raw_fail(file, line, what);
    }
    return event;
}

void two_begin(void) {
    rtos_poke(case_due_us, rtos_now_us() + CASE_S * 1000000ull);
    rtos_crit_t key = rtos_crit_enter();
    for (unsigned i = 0; i < TWO_HOSTS; i++) {
        hosts[i].ended = false;
        hosts[i].logs = true;
        hosts[i].got = hosts[i].put;
        memset(hosts[i].counts, 0, sizeof(hosts[i].counts));
    }
    rtos_crit_exit(key);
}

bool two_ended(void) {
    bool stopped = !ble_running(&two_host[0]) || !ble_running(&two_host[1]);
    rtos_crit_t key = rtos_crit_enter();
    bool ended = stopped || hosts[0].ended || hosts[1].ended;
    rtos_crit_exit(key);
    return ended;
}

bool two_await(unsigned host, unsigned type, two_event_t *event) {
    two_event_t unseen;
    event = event != NULL ? event : &unseen;
    for (;;) {
        bool ended = two_ended();
        while (next(host, event)) {
            if (event->event.type == type) {
                return true;
            }
        }
        if (ended) {
            return false;
        }
        two_pause();
    }
}

unsigned two_count(unsigned host, unsigned type) {
    rtos_crit_t key = rtos_crit_enter();
    unsigned count = hosts[host].counts[type];
    rtos_crit_exit(key);
    return count;
}

void two_count_is(unsigned host, unsigned type, unsigned count) {
    two_until(two_count(host, type) >= count);
    CHECK(two_count(host, type) == count);
}

void two_quiet(unsigned host) {
    two_event_t event;
    ble_sync(&two_host[host]);
    if (next(host, &event)) {
        printf("host %u: event %u\n", host, event.event.type);
        CHECK(!"quiet");
    }
}

void two_forget(unsigned host) {
    two_event_t event;
    while (next(host, &event)) {
    }
}

void two_log(unsigned host, bool logs) {
    rtos_crit_t key = rtos_crit_enter();
    hosts[host].logs = logs;
    rtos_crit_exit(key);
}

void two_answer(unsigned host, unsigned type, int answer) {
    rtos_crit_t key = rtos_crit_enter();
    hosts[host].answers[type] = answer;
    rtos_crit_exit(key);
}

void two_keep(unsigned host, unsigned type) {
    rtos_crit_t key = rtos_crit_enter();
    hosts[host].keeps[type] = true;
    rtos_crit_exit(key);
}

void two_give_back(unsigned host, int answer) {
    host_t *h = &hosts[host];
    rtos_crit_t key = rtos_crit_enter();
    ble_event_t kept = h->kept;
    h->keeps[kept.type] = false;
    rtos_crit_exit(key);
    ble_event_done(&two_host[host], &kept, answer);
}

// ---- nothing is left

typedef struct {
    ble_call_t call;
    unsigned free, commands, conns, procedures;
} left_call_t;

static int left_run(ble_t *b, ble_call_t *call) {
    left_call_t *l = (left_call_t *)call;
    l->free = b->free_count;
    l->commands = b->hci.commands_length;
    l->conns = b->conn_count;
    for (unsigned i = 0; i < BLE_PROCEDURES; i++) {
        l->procedures += b->gattc.all[i].kind != BLE_PROCEDURE_NONE;
    }
    return 0;
}

unsigned two_free(unsigned host) {
    left_call_t l = { .free = 0 };
    return ble_call(&two_host[host], &l.call, left_run, RTOS_FOREVER) == 0 ? l.free : 0;
}

unsigned two_commands(unsigned host) {
    left_call_t l = { .free = 0 };
    return ble_call(&two_host[host], &l.call, left_run, RTOS_FOREVER) == 0 ? l.commands : 0;
}

void two_settled(unsigned host) {
    left_call_t l;
    do {
        two_pause();
        memset(&l, 0, sizeof(l));
        CHECK(ble_call(&two_host[host], &l.call, left_run, RTOS_FOREVER) == 0);
    } while (l.free != BLE_BUFFERS || l.commands != 0 || l.conns != 0 || l.procedures != 0);
}

// ---- threads

static struct {
    rtos_thread_t thread;
    void (*fn)(void *arg);
    void *arg;
    char stack[STACK] __attribute__((aligned(RTOS_STACK_ALIGN)));
} threads[THREADS];
static unsigned thread_count;

static void thread_start(rtos_thread_t *t, const char *name, char *stack, void (*entry)(void *arg), void *arg) {
    const rtos_thread_config_t config = {
        .entry = entry, .arg = arg, .stack = stack, .stack_size = STACK, .name = name, .priority = RTOS_PRIORITY_PYTHON,
    };
    CHECK(rtos_thread_create(t, &config) == 0);
    rtos_thread_start(t);
}

static void thread_main(void *arg) {
    unsigned i = (uintptr_t)arg;
    threads[i].fn(threads[i].arg);
}

void two_spawn(void (*fn)(void *arg), void *arg) {
    unsigned i = thread_count++;
    CHECK(i < THREADS);
    threads[i].fn = fn;
    threads[i].arg = arg;
    thread_start(&threads[i].thread, "spawned", threads[i].stack, thread_main, (void *)(uintptr_t)i);
}

void two_join(void) {
    while (thread_count > 0) {
        CHECK(rtos_thread_join(&threads[--thread_count].thread, RTOS_FOREVER) == 0);
    }
}

void two_clock(bool goes) {
    rtos_poke(clock_goes, goes);
}

static void clock_main(void *arg) {
    (void)arg;
    for (;;) {
        rtos_park(1);
        if (rtos_peek(clock_goes)) {
            air_step(1);
        }
        if (rtos_now_us() > rtos_peek(case_due_us)) {
            raw_fail("", 0, "it hangs");
        }
    }
}

// The clock may be about to move it on.
void two_air(uint32_t seed) {
    rtos_crit_t key = rtos_crit_enter();
    air_init(TWO_HOSTS, seed);
    rtos_crit_exit(key);
}

// ---- cases

static bool is_chosen(const char *name, int argc, char **argv) {
    bool chosen = argc < 2;
    for (int i = 1; i < argc; i++) {
        chosen |= strcmp(argv[i], name) == 0;
    }
    return chosen;
}

static void answers_clear(unsigned host) {
    rtos_crit_t key = rtos_crit_enter();
    memset(hosts[host].answers, 0, sizeof(hosts[host].answers));
    memset(hosts[host].keeps, 0, sizeof(hosts[host].keeps));
    rtos_crit_exit(key);
}

static unsigned run_all(const two_case_t *cases, int argc, char **argv) {
    unsigned count = 0;
    for (; cases->name != NULL; cases++) {
        if (!is_chosen(cases->name, argc, argv)) {
            continue;
        }
        running = cases->name;
        two_air(1);
        two_begin();
        two_clock(true);
        cases->run();
        two_join();
        for (unsigned i = 0; i < TWO_HOSTS; i++) {
            two_at(i, 0, NULL);
            ble_stop(&two_host[i]);
            ble_gatts_clear(&two_host[i]);
            answers_clear(i);
            CHECK(air_counts(i).complaints == 0);
        }
        rtos_poke(two_handler, NULL);
        rtos_poke(two_giver, NULL);
        printf("ok   %s\n", running);
        fflush(stdout);
        count++;
    }
    return count;
}

static int arg_count;
static char **arg_words;

static void runner_main(void *arg) {
    (void)arg;
    static rtos_thread_t clock_thread, applications[TWO_HOSTS];
    static char clock_stack[STACK] __attribute__((aligned(RTOS_STACK_ALIGN)));
    static char stacks[TWO_HOSTS][STACK] __attribute__((aligned(RTOS_STACK_ALIGN)));
    static const two_case_t *const all[] = {
        two_cases_gap, two_cases_five, two_cases_gatt, two_cases_life, two_cases_session, two_cases_ways, two_cases_smp,
        two_cases_channel, two_cases_crowd,
    };
    unsigned count = 0;
    runner = rtos_thread_self();
    case_due_us = UINT64_MAX;
    thread_start(&clock_thread, "clock", clock_stack, clock_main, NULL);
    for (unsigned i = 0; i < TWO_HOSTS; i++) {
        hosts[i].way = (way_t) {
            .transport = { way_open, way_close, way_read, way_write }, .air = air_transport(i), .number = i,
        };
        ble_gatts_clear(&two_host[i]);
        thread_start(&applications[i], "application", stacks[i], application, &hosts[i]);
    }
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        count += run_all(all[i], arg_count, arg_words);
    }
    printf("%u cases\n", count);
    fflush(stdout);
    _exit(count == 0);
}

int main(int argc, char **argv) {
    static rtos_thread_t thread;
    static char stack[4 * STACK] __attribute__((aligned(RTOS_STACK_ALIGN)));
    arg_count = argc;
    arg_words = argv;
    const rtos_thread_config_t config = {
        .entry = runner_main, .stack = stack, .stack_size = sizeof(stack), .name = "cases",
        .priority = RTOS_PRIORITY_PYTHON,
    };
    rtos_start(&thread, &config);
}
