// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What stands below and above the host's thread where its schedules are explored: a controller that answers by an
// interrupt, and no layers.
#include "stand.h"

ble_t stand_host;
ble_source_t stand_source;
volatile unsigned stand_done;
static void (*stand_wake)(void *arg);
static void *stand_arg;
static volatile bool asked;
static volatile bool raised; // its interrupt is, perhaps for one that has been closed meanwhile
static volatile unsigned answered, looked_at; // by an interrupt, and by the host
static ble_call_t *starting;
static ble_command_done_t command_done;
static uint8_t host_stack[RTOS_STACK_MIN] SIM_STACK;
static uint8_t main_stack[RTOS_STACK_MIN] SIM_STACK;
static uint8_t stacks[2][RTOS_STACK_MIN] SIM_STACK;
static rtos_thread_t main_thread, threads[2];

void stand_check(bool good, const char *file, int line, const char *text) {
    if (!good) {
        sim_fail("%s:%d: %s", file, line, text);
    }
}

// ---- the controller

static int open(ble_transport_t *t, void (*wake)(void *arg), void *arg) {
    (void)t;
    stand_wake = wake;
    stand_arg = arg;
    asked = false;
    answered = looked_at = 0;
    return 0;
}

static void close(ble_transport_t *t) {
    (void)t;
    rtos_crit_t key = rtos_crit_enter();
    stand_wake = NULL; // and no interrupt is about to call it
    rtos_crit_exit(key);
}

static ble_transport_t transport = { open, close, NULL, NULL };

// An interrupt of the transport's: the answer is there.
static void answer(void) {
    rtos_crit_t key = rtos_crit_enter();
    raised = false;
    if (asked && stand_wake != NULL) {
        asked = false;
        answered += 1;
        stand_wake(stand_arg);
    }
    rtos_crit_exit(key);
}

static void ask(void) {
    asked = true;
    if (!raised) {
        raised = true;
        board_irq_raise(answer);
    }
}

void ble_hci_start(ble_t *b, ble_call_t *call) {
    (void)b;
    starting = call;
    ask();
}

int ble_command(ble_t *b, uint16_t opcode, const void *parameters, size_t length, ble_command_done_t done,
    void *context) {
    (void)b, (void)opcode, (void)parameters, (void)length, (void)context;
    if (asked) {
        return -ENOMEM; // that of the start is outstanding
    }
    command_done = done;
    ask();
    return 0;
}

bool ble_hci_read(ble_t *b) {
    bool any = answered != looked_at;
    looked_at += any;
    if (any && starting != NULL) {
        ble_call_t *call = starting;
        starting = NULL;
        ble_call_end(b, call, 0);
    } else if (any && command_done != NULL) {
        ble_command_done_t done = command_done;
        command_done = NULL;
        done(b, NULL, 0, NULL, 0);
    }
    return any;
}

void ble_hci_stop(ble_t *b) {
    ble_call_t *call = starting;
    starting = NULL;
    command_done = NULL;
    if (call != NULL) {
        ble_call_end(b, call, -ETIMEDOUT);
    }
}

// ---- no layers

void ble_hci_write(ble_t *b) {
    (void)b;
}

void ble_gatts_work(ble_t *b) {
    (void)b;
}

void ble_gattc_work(ble_t *b) {
    (void)b;
}

void ble_channels_work(ble_t *b) {
    (void)b;
}

void ble_smp_init(ble_t *b) {
    (void)b;
}

void ble_conn_close_all(ble_t *b, uint8_t reason) {
    (void)b, (void)reason;
}

int ble_conn_disconnect(ble_t *b, ble_call_t *call, ble_conn_t *c) {
    (void)b, (void)call, (void)c;
    return 0;
}

// ---- one source of events

static void source_done(ble_t *b, ble_source_t *source, int answer, bool late) {
    (void)b, (void)source, (void)late;
    stand_done += answer;
}

void ble_gap_init(ble_t *b) {
    (void)b;
    ble_source_init(&stand_source, BLE_CLASS_LINK, source_done, NULL);
}

static int tell_run(ble_t *b, ble_call_t *call) {
    (void)call;
    if (!ble_source_idle(&stand_source)) {
        return -EALREADY;
    }
    ble_source_event(&stand_source, BLE_EVENT_MTU, 1);
    ble_source_tell(b, &stand_source);
    return 0;
}

int stand_tell(void) {
    ble_call_t call;
    return ble_call(&stand_host, &call, tell_run, RTOS_NO_WAIT);
}

// ---- for cases

int stand_start(void) {
    const ble_setup_t setup = { .transport = &transport, .stack = host_stack, .stack_size = sizeof(host_stack) };
    return ble_start(&stand_host, &setup);
}

void stand_spawn(unsigned which, void (*entry)(void *arg)) {
    const rtos_thread_config_t config = {
        .entry = entry, .stack = stacks[which], .stack_size = sizeof(stacks[which]), .name = "other",
        .priority = RTOS_PRIORITY_PYTHON,
    };
    CHECK(rtos_thread_create(&threads[which], &config) == 0);
    rtos_thread_start(&threads[which]);
}

void stand_join(unsigned which) {
    CHECK(rtos_thread_join(&threads[which], RTOS_FOREVER) == 0);
}

static void body(void *arg) {
    void (*run)(void);
    memcpy(&run, arg, sizeof(run));
    run();
    sim_end();
}

void stand_run(void (*run)(void)) {
    static void (*kept)(void);
    kept = run;
    const rtos_thread_config_t config = {
        .entry = body, .arg = &kept, .stack = main_stack, .stack_size = sizeof(main_stack), .name = "main",
        .priority = RTOS_PRIORITY_PYTHON,
    };
    rtos_start(&main_thread, &config);
}
