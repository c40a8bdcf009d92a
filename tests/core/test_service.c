// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// services/service.c: a stop is bounded and seen, wherever the service is.
#include <errno.h>
#include <string.h>

#include "board.h"
#include "service.h"
#include "vm.h"

static uint8_t stack[RTOS_STACK_MIN] SIM_STACK;
static volatile unsigned starts, ends, woken;

static void wait_until_stopped(service_t *self) {
    starts += 1;
    while (!service_should_stop(self)) {
        if (service_wait(self, RTOS_FOREVER) == 0) {
            woken += 1;
        }
    }
    ends += 1;
}

static void end_at_once(service_t *self) {
    (void)self;
    starts += 1;
    ends += 1;
}

static void never_stop(service_t *self) {
    starts += 1;
    while (!service_should_stop(self) || rtos_now_us() < 10000) {
        rtos_park(1);
    }
    ends += 1;
}

static service_t service = {
    .name = "tested", .entry = wait_until_stopped, .stack = stack, .stack_size = sizeof(stack),
    .priority_class = SERVICE_PYTHON,
};

static void stop(void) {
    core_gil_exit();
    CHECK(service_stop(&service, RTOS_FOREVER) == 0);
    core_gil_enter();
    CHECK(!service.running && starts == ends);
}

CASE(service_life) {
    CHECK(service_start(&service) == -ENOENT);
    CHECK(service_register(&service) == 0);
    CHECK(service_register(&service) == -EEXIST);
    for (unsigned i = 1; i <= 2; ++i) {
        CHECK(service_start(&service) == 0);
        CHECK(service_start(&service) == -EALREADY);
        CHECK(service_deinit(&service) == -EBUSY);
        while (starts < i) {
            sim_spin();
        }
        vm_work();
        CHECK(ends == i - 1);
        stop();
    }
    CHECK(service_deinit(&service) == 0);
    CHECK(service_next(NULL) == NULL);
}

static void wake(void) {
    service_wake(&service);
}

// A wake-up and a stop come at any time.
CASE(service_woken) {
    CHECK(service_register(&service) == 0);
    CHECK(service_start(&service) == 0);
    board_irq_raise(wake);
    while (woken == 0) {
        sim_spin();
    }
    stop();
}

CASE(service_above_python) {
    service.priority_class = SERVICE_DEFERRED;
    CHECK(service_register(&service) == 0);
    CHECK(service_start(&service) == 0);
    vm_work();
    stop();
}

CASE(service_that_ended) {
    service.entry = end_at_once;
    CHECK(service_register(&service) == 0);
    CHECK(service_start(&service) == 0);
    stop();
    CHECK(service_start(&service) == 0);
    stop();
    CHECK(starts == 2);
}

// It is named when it does not stop in time, still runs, and can be stopped later.
CASE(service_stop_is_bounded) {
    service.entry = never_stop;
    CHECK(service_register(&service) == 0);
    CHECK(service_start(&service) == 0);
    core_gil_exit();
    uint64_t until_us = rtos_now_us() + 2000;
    int ret = service_stop_all(2);
    if (ret == -ETIMEDOUT) {
        CHECK(rtos_now_us() >= until_us && service.running);
        CHECK(strcmp(service_last_error(), "service 'tested' did not stop within 2 ms") == 0);
    } else {
        CHECK(ret == 0 && rtos_now_us() >= 10000);
    }
    core_gil_enter();
    stop();
}

static void start_auto(void *arg) {
    (void)arg;
    vm_work();
}

CASE(service_autostart) {
    service.flags = SERVICE_AUTOSTART;
    uint32_t other = vm_start(start_auto, NULL);
    CHECK(service_register(&service) == 0);
    service_start_auto();
    stop();
    service_start_auto();
    vm_join(other);
    stop();
    CHECK(starts == 2);
}
