// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Services: C code in threads of its own beside Python, and interrupts' work deferred to such a thread.
//
// A service never holds the GIL and never waits for anything that a Python thread holds, so it keeps its latency while
// Python computes, collects, creates threads or is being reset. It reaches Python through MicroPython's scheduler, a
// queue or an event.
//
// Calls are from threads (T) unless said otherwise.
#ifndef HEDDLE_SERVICE_H
#define HEDDLE_SERVICE_H

#include "rtos.h"

// ---- service tasks

typedef enum {
    SERVICE_BACKGROUND, // RTOS_PRIORITY_BACKGROUND; runs when Python idles
    SERVICE_PYTHON, // RTOS_PRIORITY_PYTHON
    SERVICE_USB,
    SERVICE_NETWORK,
    SERVICE_DEFERRED,
    SERVICE_INIT, // RTOS_PRIORITY_INIT; above all the others
} service_class_t;

enum {
    SERVICE_STATIC = 1, // lives as long as the board: cannot be taken out with service_deinit
    SERVICE_AUTOSTART = 2, // started by service_register when the kernel runs, else by service_start_auto
    SERVICE_ESSENTIAL = 4, // survives a soft reset and service_stop_all
};

typedef struct service {
    // Filled in by the caller, and left alone until service_deinit.
    const char *name;
    void (*entry)(struct service *self); // returns when service_should_stop
    void *stack;
    size_t stack_size; // bytes, at least RTOS_STACK_MIN / 2
    service_class_t priority_class;
    unsigned flags;
    void *data; // the caller's

    // The services' own.
    rtos_thread_t thread;
    struct service *next;
    volatile bool running;
    volatile bool stop;
} service_t;

// B T. Make a service known. -EINVAL when a field is missing, -EEXIST when it is known already.
int service_register(service_t *s);

// Start a registered service. -EALREADY when it runs, -ENOENT when it is not registered.
int service_start(service_t *s);

// Ask a service to stop and wait until its entry has returned. -ETIMEDOUT when it has not within `ms`: it still runs,
// and service_last_error names it.
int service_stop(service_t *s, uint32_t ms);

// Stop all but the essential ones, each within `ms`. 0, or the first error.
int service_stop_all(uint32_t ms);

// Start the registered ones with SERVICE_AUTOSTART that do not run.
void service_start_auto(void);

// Forget a stopped service; its memory is the caller's again. -EBUSY while it runs, -EPERM for a static one.
int service_deinit(service_t *s);

// What the last service_stop* could not do: "service 'name' did not stop within 100 ms", or "".
const char *service_last_error(void);

// For the service itself: whether it should return; wait for an unpark (0) or `ms` (-ETIMEDOUT), less when asked to
// stop; and wake it up, from anywhere (T I C).
bool service_should_stop(const service_t *self);
int service_wait(service_t *self, uint32_t ms);
void service_wake(service_t *s);

// The registered services one after another, from NULL to NULL.
service_t *service_next(service_t *s);

// ---- dispatch slots

// An interrupt schedules a slot; its callback runs in the deferred-interrupt thread. Schedules coalesce: after each,
// the callback starts at least once more, also when it is running just then.
typedef struct {
    void (*callback)(void *arg);
    void *arg;
    uint64_t due_us; // of dispatch_schedule_at, UINT64_MAX for none
    uint8_t index;
    volatile uint8_t suspended; // nests
} dispatch_slot_t;

// B T. Start the thread, once; threads may register slots before.
void dispatch_init(void);

// B T. -ENOSPC when all HEDDLE_DISPATCH_SLOTS are taken.
int dispatch_register(dispatch_slot_t *slot, void (*callback)(void *arg), void *arg);

// Take a slot out. Its callback does not run any more when this returns.
void dispatch_unregister(dispatch_slot_t *slot);

// T I C. Run the callback soon.
void dispatch_schedule(dispatch_slot_t *slot);

// T I C. Run the callback at `due_us` of rtos_now_us, to the tick, in place of an earlier such call. UINT64_MAX: not.
void dispatch_schedule_at(dispatch_slot_t *slot, uint64_t due_us);

// When suspend returns the callback is not running (but for the caller's own), and it does not start before as many
// resumes. Schedules are kept.
void dispatch_suspend(dispatch_slot_t *slot);
void dispatch_resume(dispatch_slot_t *slot);

#endif // HEDDLE_SERVICE_H
