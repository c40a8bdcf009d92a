// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The host's thread: what wakes it, in which order it works, how it starts and ends.
#include "host.h"

// How long the end of the connections may take when the host stops, in ms.
#define STOP_MS (500)

// Packets that are read between two looks at the rest.
#define READ_BURST (4)

static void wake(void *arg) {
    ble_t *b = arg;
    rtos_unpark(&b->thread);
}

// ---- buffers

ble_buffer_t *ble_buffer_take(ble_t *b, ble_level_t level) {
    ble_buffer_t *buffer = b->free;
    // What peers have credits for is theirs already; answers have a reserve that is not a part of that.
    if (b->free_count <= level + (level == BLE_FOR_ANSWER ? 0u : b->l2cap.promised)) {
        return NULL;
    }
    b->free = buffer->next;
    b->free_count--;
    buffer->next = NULL;
    buffer->start = BLE_HEADROOM;
    buffer->length = 0;
    return buffer;
}

void ble_buffer_free(ble_t *b, ble_buffer_t *buffer) {
    if (buffer != NULL) {
        buffer->next = b->free;
        b->free = buffer;
        b->free_count++;
        b->room = true;
    }
}

ble_buffer_t *ble_queue_last(const ble_queue_t *q) {
    ble_buffer_t *last = q->head;
    while (last != NULL && last->next != NULL) {
        last = last->next;
    }
    return last;
}

void ble_queue_put(ble_queue_t *q, ble_buffer_t *buffer) {
    ble_buffer_t *last = ble_queue_last(q);
    *(last == NULL ? &q->head : &last->next) = buffer;
    buffer->next = NULL;
    q->count++;
}

ble_buffer_t *ble_queue_get(ble_queue_t *q) {
    ble_buffer_t *buffer = q->head;
    if (buffer != NULL) {
        q->head = buffer->next;
        q->count--;
    }
    return buffer;
}

void ble_queue_clear(ble_t *b, ble_queue_t *q) {
    while (q->head != NULL) {
        ble_buffer_free(b, ble_queue_get(q));
    }
}

// ---- timers

void ble_timer_clear(ble_t *b, ble_timer_t *timer) {
    if (ble_timer_is_set(timer)) {
        ble_timer_t **at = &b->timers;
        while (*at != timer) {
            at = &(*at)->next;
        }
        *at = timer->next;
        timer->due_us = 0;
    }
}

void ble_timer_set(ble_t *b, ble_timer_t *timer, uint32_t ms) {
    ble_timer_clear(b, timer);
    uint64_t due_us = rtos_now_us() + (uint64_t)ms * 1000;
    timer->due_us = due_us != 0 ? due_us : 1;
    ble_timer_t **at = &b->timers;
    while (*at != NULL && (*at)->due_us <= timer->due_us) {
        at = &(*at)->next;
    }
    timer->next = *at;
    *at = timer;
}

static void timers_work(ble_t *b) {
    while (b->timers != NULL && b->timers->due_us <= rtos_now_us()) {
        ble_timer_t *timer = b->timers;
        ble_timer_clear(b, timer);
        timer->expired(b, timer);
    }
}

// ---- calls

// Of ble_start and ble_stop, which are about one start and no other.
typedef struct {
    ble_call_t call;
    uint32_t generation;
    bool any; // whichever there is
} life_call_t;

static int start_run(ble_t *b, ble_call_t *call);
static int stop_run(ble_t *b, ble_call_t *call);

int ble_call(ble_t *b, ble_call_t *call, int (*run)(ble_t *b, ble_call_t *call), uint32_t ms) {
    call->next = NULL;
    call->run = run;
    call->thread = rtos_thread_self();
    call->due_us = ms == RTOS_FOREVER ? BLE_NEVER : ms == RTOS_NO_WAIT ? 0 : rtos_now_us() + (uint64_t)ms * 1000;
    call->result = 0;
    call->commands = 0;
    call->done = false;
    rtos_crit_t key = rtos_crit_enter();
    if (!b->accepting || (b->life == BLE_WAKING && run != start_run && run != stop_run)) {
        rtos_crit_exit(key);
        return -ENODEV;
    }
    *b->calls_end = call;
    b->calls_end = &call->next;
    rtos_unpark(&b->thread);
    while (!call->done) {
        rtos_crit_exit(key);
        rtos_park(RTOS_FOREVER);
        key = rtos_crit_enter();
    }
    rtos_crit_exit(key);
    return call->result;
}

// From the end of this critical section on the call's memory is its caller's again, and its thread may be gone.
void ble_call_end(ble_t *b, ble_call_t *call, int result) {
    (void)b;
    rtos_crit_t key = rtos_crit_enter();
    call->result = result;
    call->done = true;
    rtos_unpark(call->thread);
    rtos_crit_exit(key);
}

static void call_run(ble_t *b, ble_call_t *call) {
    int result = b->lost && call->run != stop_run ? -ENODEV : call->run(b, call);
    if (result == BLE_AGAIN && call->due_us <= rtos_now_us()) {
        result = -ENOMEM;
    }
    if (result == BLE_AGAIN) {
        call->next = NULL;
        *b->waiting_end = call;
        b->waiting_end = &call->next;
    } else if (result != BLE_PENDING) {
        ble_call_end(b, call, result);
    }
}

static ble_call_t *call_take(ble_t *b) {
    rtos_crit_t key = rtos_crit_enter();
    ble_call_t *call = b->calls;
    if (call != NULL) {
        b->calls = call->next;
        if (b->calls == NULL) {
            b->calls_end = &b->calls;
        }
    }
    rtos_crit_exit(key);
    return call;
}

// Those that wait for room: all of them once more when there is some, or those whose time is over.
static void waiting_work(ble_t *b, bool room) {
    bool all = room || b->lost;
    ble_call_t *list = b->waiting;
    b->waiting = NULL;
    b->waiting_end = &b->waiting;
    while (list != NULL) {
        ble_call_t *call = list;
        list = call->next;
        if (all || call->due_us <= rtos_now_us()) {
            call_run(b, call);
        } else {
            call->next = NULL;
            *b->waiting_end = call;
            b->waiting_end = &call->next;
        }
    }
}

static void calls_work(ble_t *b) {
    bool room = b->room;
    b->room = false;
    waiting_work(b, room);
    for (ble_call_t *call; (call = call_take(b)) != NULL;) {
        call_run(b, call);
    }
}

// ---- events

void ble_source_init(ble_source_t *source, unsigned event_class,
    void (*done)(ble_t *b, ble_source_t *source, int answer, bool late), ble_timer_t *timer) {
    memset(source, 0, sizeof(*source));
    source->event.event_class = event_class;
    source->done = done;
    source->timer = timer;
}

ble_event_t *ble_source_event(ble_source_t *source, ble_event_type_t type, uint16_t connection) {
    uint8_t event_class = source->event.event_class;
    memset(&source->event, 0, sizeof(source->event));
    source->event.event_class = event_class;
    source->event.type = type;
    source->event.connection = connection;
    return &source->event;
}

void ble_source_tell(ble_t *b, ble_source_t *source) {
    source->event.generation = b->generation;
    source->event.source = NULL;
    source->late = false;
    if (source->timer != NULL) {
        ble_timer_set(b, source->timer, BLE_ANSWER_MS);
    }
    rtos_crit_t key = rtos_crit_enter();
    rtos_poke(source->state, BLE_SOURCE_QUEUED);
    *b->events_end = source;
    b->events_end = &source->event.source;
    for (ble_waiter_t *w = b->waiters; w != NULL; w = w->next) {
        if (w->classes & source->event.event_class) {
            rtos_unpark(w->thread);
        }
    }
    rtos_crit_exit(key);
    if (b->setup.notify != NULL) {
        b->setup.notify(b->setup.notify_arg);
    }
}

// Within a critical section: the first queued one of `classes`.
static ble_source_t *event_take_locked(ble_t *b, unsigned classes) {
    ble_source_t **at = &b->events;
    while (*at != NULL && !((*at)->event.event_class & classes)) {
        at = &(*at)->event.source;
    }
    ble_source_t *source = *at;
    if (source != NULL) {
        *at = source->event.source;
        if (*at == NULL) {
            b->events_end = at;
        }
        rtos_poke(source->state, BLE_SOURCE_TAKEN);
    }
    return source;
}

static void waiter_unlink_locked(ble_t *b, ble_waiter_t *waiter) {
    ble_waiter_t **at = &b->waiters;
    while (*at != waiter) {
        at = &(*at)->next;
    }
    *at = waiter->next;
}

int ble_event_wait(ble_t *b, unsigned classes, uint32_t ms, ble_event_t *event) {
    uint64_t due_us = ms == RTOS_FOREVER ? BLE_NEVER : rtos_now_us() + (uint64_t)ms * 1000;
    ble_waiter_t waiter = { NULL, rtos_thread_self(), classes };
    rtos_crit_t key = rtos_crit_enter();
    ble_source_t *source = b->events == NULL ? NULL : event_take_locked(b, classes);
    if (source == NULL && ms != RTOS_NO_WAIT) {
        waiter.next = b->waiters;
        b->waiters = &waiter;
        for (bool over = false; source == NULL && !over; source = event_take_locked(b, classes)) {
            rtos_crit_exit(key);
            over = rtos_park_until(due_us) == -ETIMEDOUT;
            key = rtos_crit_enter();
        }
        waiter_unlink_locked(b, &waiter);
    }
    if (source != NULL) {
        *event = source->event;
        event->source = source;
    }
    rtos_crit_exit(key);
    return source != NULL ? 0 : -ETIMEDOUT;
}

// Whether `event` is in the application's hands and of this start.
static bool event_valid_locked(ble_t *b, const ble_event_t *event) {
    return b->accepting && event->generation == b->generation && event->source->state == BLE_SOURCE_TAKEN;
}

void ble_event_back(ble_t *b, const ble_event_t *event, int answer, uint8_t *to, const uint8_t *value, size_t length) {
    rtos_crit_t key = rtos_crit_enter();
    if (event_valid_locked(b, event)) {
        ble_source_t *source = event->source;
        if (length != 0) {
            memcpy(to, value, length);
        }
        source->answer = answer == (int16_t)answer ? answer : -1;
        rtos_poke(source->state, BLE_SOURCE_BACK);
        source->event.source = NULL;
        *b->back_end = source;
        b->back_end = &source->event.source;
        rtos_unpark(&b->thread);
    }
    rtos_crit_exit(key);
}

void ble_event_done(ble_t *b, const ble_event_t *event, int answer) {
    ble_event_back(b, event, answer, NULL, NULL, 0);
}

static void back_work(ble_t *b) {
    for (;;) {
        rtos_crit_t key = rtos_crit_enter();
        ble_source_t *source = b->back;
        if (source != NULL) {
            b->back = source->event.source;
            if (b->back == NULL) {
                b->back_end = &b->back;
            }
            rtos_poke(source->state, BLE_SOURCE_IDLE);
        }
        rtos_crit_exit(key);
        if (source == NULL) {
            return;
        }
        if (source->timer != NULL) {
            ble_timer_clear(b, source->timer);
        }
        source->done(b, source, source->answer, source->late);
    }
}

// What was given back after this round has begun may be there with the call.
static int sync_run(ble_t *b, ble_call_t *call) {
    (void)call;
    back_work(b);
    return 0;
}

int ble_sync(ble_t *b) {
    ble_call_t call;
    return ble_call(b, &call, sync_run, RTOS_NO_WAIT);
}

// ---- life

uint64_t ble_host_due(ble_t *b) {
    uint64_t due_us = b->timers == NULL ? BLE_NEVER : b->timers->due_us;
    for (ble_call_t *call = b->waiting; call != NULL; call = call->next) {
        due_us = call->due_us < due_us ? call->due_us : due_us;
    }
    return due_us;
}

// Work that is found here again and again is found in turns: nobody's keeps the others waiting. Whether there may be
// more of it: packets that were not read, or room for what waited. All else has been done, or wakes the thread.
bool ble_host_work(ble_t *b) {
    unsigned read = 0;
    back_work(b);
    calls_work(b);
    while (read < READ_BURST && b->open && !b->lost && ble_hci_read(b)) {
        read++;
    }
    timers_work(b); // behind what may have come in time, when nobody has looked
    ble_gatts_work(b);
    if (BLE_CLIENT) {
        ble_gattc_work(b);
    }
    if (BLE_CHANNELS) {
        ble_channels_work(b);
    }
    ble_hci_write(b);
    return read == READ_BURST || b->room;
}

static void host_main(void *arg) {
    ble_t *b = arg;
    while (!b->quit) {
        if (!ble_host_work(b) && !b->quit) {
            rtos_park_until(ble_host_due(b));
        }
    }
}

// What threads hand over and take: some may be waiting for events already.
static void queues_init(ble_t *b) {
    rtos_crit_t key = rtos_crit_enter();
    b->calls = NULL;
    b->calls_end = &b->calls;
    b->events = NULL;
    b->events_end = &b->events;
    b->back = NULL;
    b->back_end = &b->back;
    b->generation++;
    rtos_crit_exit(key);
}

// The state of a start: all that is not the application's set-up.
static void state_init(ble_t *b) {
    queues_init(b);
    b->waiting = NULL;
    b->waiting_end = &b->waiting;
    b->timers = NULL;
    b->stop_call = NULL;
    b->stop_timer.due_us = 0;
    b->quit = false;
    b->open = false;
    b->lost = false;
    b->room = false;
    b->free = NULL;
    b->free_count = 0;
    for (unsigned i = 0; i < BLE_BUFFERS; i++) {
        ble_buffer_free(b, &b->buffers[i]);
    }
    memset(&b->hci, 0, sizeof(b->hci));
    memset(b->conns, 0, sizeof(b->conns));
    b->conn_count = 0;
    b->unsent = 0;
    ble_gap_init(b);
    memset(&b->l2cap, 0, sizeof(b->l2cap));
    memset(&b->gattc, 0, sizeof(b->gattc));
    if (BLE_PAIRINGS) {
        ble_smp_init(b);
    }
}

static int start_run(ble_t *b, ble_call_t *call) {
    if (((life_call_t *)call)->generation != b->generation) {
        return -ENODEV; // ours has been stopped, and another one has begun
    }
    int error = b->setup.transport->open(b->setup.transport, wake, b);
    if (error != 0) {
        return error;
    }
    b->open = true;
    ble_hci_start(b, call);
    return BLE_PENDING;
}

// Every call ends here at the latest, and none comes after it.
static void quit(ble_t *b) {
    if (b->quit) {
        return; // what ends in here may have been waited for
    }
    b->quit = true;
    rtos_crit_t key = rtos_crit_enter();
    rtos_poke(b->accepting, false);
    rtos_crit_exit(key);
    b->lost = true;
    ble_hci_stop(b);
    ble_conn_close_all(b, BLE_STATUS_LOCAL_HOST); // and the calls that wait for their peers end
    calls_work(b);
    if (b->open) {
        b->setup.transport->close(b->setup.transport);
    }
    for (ble_call_t *call = b->stop_call, *next; call != NULL; call = next) {
        next = call->next; // the call's memory goes with its end
        ble_call_end(b, call, 0);
    }
}

static void reset_done(ble_t *b, void *context, uint8_t status, const uint8_t *answer, size_t length) {
    (void)context, (void)status, (void)answer, (void)length;
    if (b->stop_call != NULL) {
        quit(b);
    }
}

static void stop_reset(ble_t *b) {
    ble_timer_clear(b, &b->stop_timer);
    if (b->lost || !b->open || ble_command(b, BLE_HCI_RESET, NULL, 0, reset_done, NULL) != 0) {
        quit(b);
    }
}

static void stop_expired(ble_t *b, ble_timer_t *timer) {
    (void)timer;
    stop_reset(b);
}

void ble_stop_check(ble_t *b) {
    if (b->stop_call == NULL || !ble_timer_is_set(&b->stop_timer)) {
        return;
    }
    for (unsigned i = 0; i < BLE_CONNECTIONS; i++) {
        if (b->conns[i].state == BLE_CONN_OPEN) {
            return;
        }
    }
    stop_reset(b);
}

// The first one stops the host; the others are told when it has stopped.
static int stop_run(ble_t *b, ble_call_t *call) {
    life_call_t *s = (life_call_t *)call;
    if (!s->any && s->generation != b->generation) {
        return -ENODEV;
    }
    s->generation = b->generation;
    call->next = b->stop_call;
    b->stop_call = call;
    if (call->next != NULL) {
        return BLE_PENDING;
    }
    b->stop_timer.expired = stop_expired;
    ble_timer_set(b, &b->stop_timer, STOP_MS);
    for (unsigned i = 0; i < BLE_CONNECTIONS && !b->lost; i++) {
        if (b->conns[i].state == BLE_CONN_OPEN) {
            ble_conn_disconnect(b, NULL, &b->conns[i]);
        }
    }
    ble_stop_check(b);
    return BLE_PENDING;
}

// Whether `b` was in the state `from` and is now in `to`.
static bool life_step(ble_t *b, ble_life_t from, ble_life_t to) {
    rtos_crit_t key = rtos_crit_enter();
    bool step = b->life == from;
    if (step) {
        b->life = to;
        rtos_poke(b->accepting, to == BLE_WAKING || to == BLE_UP);
    }
    rtos_crit_exit(key);
    return step;
}

// From here on it takes everybody's calls, unless another thread has stopped it meanwhile.
static bool woken(ble_t *b, uint32_t generation) {
    rtos_crit_t key = rtos_crit_enter();
    bool step = b->generation == generation && b->life == BLE_WAKING && b->accepting;
    if (step) {
        b->life = BLE_UP;
    }
    rtos_crit_exit(key);
    return step;
}

bool ble_running(ble_t *b) {
    return rtos_peek(b->accepting);
}

// The host's thread has ended, or is about to: it is joined, and whoever waits for that goes on.
static void thread_end(ble_t *b) {
    rtos_thread_join(&b->thread, RTOS_FOREVER);
    rtos_crit_t key = rtos_crit_enter();
    b->life = BLE_DOWN;
    for (ble_stopper_t *s = b->stoppers, *next; s != NULL; s = next) {
        next = s->next; // its memory goes with its end
        s->done = true;
        rtos_unpark(s->thread);
    }
    b->stoppers = NULL;
    rtos_crit_exit(key);
}

// Within a critical section, which it leaves: until the thread that is ahead of this one has joined the host's.
static void stopper_wait_exit(ble_t *b, rtos_crit_t key) {
    ble_stopper_t stopper = { b->stoppers, rtos_thread_self(), false };
    b->stoppers = &stopper;
    while (!stopper.done) {
        rtos_crit_exit(key);
        rtos_park(RTOS_FOREVER);
        key = rtos_crit_enter();
    }
    rtos_crit_exit(key);
}

// Of those whose calls have stopped a start the first one joins its thread, and the others wait for that, as does who
// comes later. One that is slow may find the thread joined, and the next start's, which is not its concern.
static void stop(ble_t *b, life_call_t *s) {
    bool stopped = ble_call(b, &s->call, stop_run, RTOS_FOREVER) == 0;
    rtos_crit_t key = rtos_crit_enter();
    bool same = b->generation == s->generation || (s->any && !stopped);
    bool stops = same && b->life >= BLE_WAKING && (stopped || !b->accepting);
    bool first = stops && stopped && b->life != BLE_ENDING;
    if (first) {
        b->life = BLE_ENDING;
        rtos_crit_exit(key);
        thread_end(b);
    } else if (stops) {
        stopper_wait_exit(b, key);
    } else {
        rtos_crit_exit(key);
    }
}

void ble_stop(ble_t *b) {
    life_call_t s = { .any = true };
    stop(b, &s);
}

int ble_start(ble_t *b, const ble_setup_t *setup) {
    if (!life_step(b, BLE_DOWN, BLE_STARTING)) {
        return -EALREADY;
    }
    b->setup = *setup;
    state_init(b);
    rtos_thread_config_t config = {
        .entry = host_main,
        .arg = b,
        .stack = setup->stack,
        .stack_size = setup->stack_size,
        .name = "ble",
        .priority = RTOS_PRIORITY_NETWORK,
    };
    int error = rtos_thread_create(&b->thread, &config);
    if (error != 0) {
        life_step(b, BLE_STARTING, BLE_DOWN);
        return error;
    }
    life_call_t s = { .generation = b->generation };
    life_step(b, BLE_STARTING, BLE_WAKING);
    rtos_thread_start(&b->thread);
    error = ble_call(b, &s.call, start_run, RTOS_FOREVER);
    if (error == 0 && !woken(b, s.generation)) {
        error = -ENODEV;
    }
    if (error != 0) {
        stop(b, &s);
    }
    return error;
}
