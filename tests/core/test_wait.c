// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// core/wait.c: sleeps and events.
#include <errno.h>

#include "board.h"
#include "vm.h"

static volatile unsigned characters; // that have come
static unsigned seen;

static void character_comes(void) {
    characters += 1;
    core_event_signal();
}

CASE(wait_sleep) {
    uint64_t deadline_us = core_deadline(2);
    CHECK(core_sleep(true, deadline_us) == -ETIMEDOUT);
    CHECK(rtos_now_us() >= deadline_us);
    CHECK(core_sleep(true, 0) == -ETIMEDOUT);
}

CASE(wait_sleep_interrupted) {
    board_irq_raise(vm_schedule);
    uint64_t deadline_us = core_deadline(2);
    unsigned times = 0;
    while (core_sleep(true, deadline_us) == -EINTR) {
        vm_handle_pending();
        times += 1;
    }
    CHECK(times <= 1 && rtos_now_us() >= deadline_us);
}

// An event that comes before the wait, during it, or between two waits.
CASE(wait_event_from_interrupt) {
    board_irq_raise(character_comes);
    while (characters == seen) {
        CHECK(core_event_wait(true, CORE_FOREVER) == 0);
    }
    seen += 1;
}

// Nothing but the interruption ends it.
CASE(wait_for_ever_interrupted) {
    board_irq_raise(vm_schedule);
    int ret;
    while ((ret = core_event_wait(true, CORE_FOREVER)) == 0) {
        sim_spin();
    }
    CHECK(ret == -EINTR);
    vm_handle_pending();
    CHECK(vm_callbacks_run() == 1);
}

static void wait_for_room(void *arg) {
    (void)arg;
    while (characters == 0) {
        CHECK(core_event_wait(false, CORE_FOREVER) == 0);
    }
}

CASE(wait_event_two_waiters) {
    uint32_t other = vm_start(wait_for_room, NULL);
    board_irq_raise(character_comes);
    while (characters == 0) {
        CHECK(core_event_wait(true, CORE_FOREVER) == 0);
    }
    vm_join(other);
}

static void signal_event(void *arg) {
    (void)arg;
    character_comes();
}

CASE(wait_event_from_thread) {
    uint32_t other = vm_start(signal_event, NULL);
    while (characters == 0) {
        CHECK(core_event_wait(true, CORE_FOREVER) == 0);
    }
    vm_join(other);
}

CASE(wait_event_timeout) {
    board_irq_raise(character_comes);
    uint64_t deadline_us = core_deadline(1);
    int ret = core_event_wait(true, deadline_us);
    CHECK(ret == 0 || (ret == -ETIMEDOUT && rtos_now_us() >= deadline_us));
    CHECK(core_self()->queue == NULL);
    while (characters == 0) {
        CHECK(core_event_wait(true, CORE_FOREVER) == 0);
    }
}

// A callback that waits itself finds the node free, and the wait that it interrupted is taken up again.
CASE(wait_event_interrupted) {
    board_irq_raise(vm_schedule);
    uint32_t other = vm_start(signal_event, NULL);
    while (characters == 0) {
        int ret = core_event_wait(true, CORE_FOREVER);
        if (ret == -EINTR) {
            CHECK(core_self()->queue == NULL);
            core_sleep(false, core_deadline(1));
            vm_handle_pending();
        }
    }
    vm_join(other);
}
