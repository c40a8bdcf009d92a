// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Stop-the-world as core/ and a collector use it: others stand still, outside of critical sections, and lose nothing.
#include "board.h"
#include "service.h"
#include "vm.h"

static volatile unsigned count;
static volatile unsigned half; // odd inside a critical section
static core_lock_t lock;

static void count_up(void *arg) {
    (void)arg;
    for (unsigned i = 0; i < 2; ++i) {
        rtos_crit_t key = rtos_crit_enter();
        half += 1;
        count += 1;
        half += 1;
        rtos_crit_exit(key);
    }
}

static bool on_a_core(const core_thread_t *t) {
    for (unsigned core = 0; core < sim_core_count(); ++core) {
        if (sim_core_fiber(core) == &t->rtos.fiber) {
            return true;
        }
    }
    return false;
}

// As a collector needs them: saved.
static void check_others(void) {
    for (core_thread_t *t = core_main_thread.next; t != &core_main_thread; t = rtos_peek(t->next)) {
        CHECK(t == core_self() || !on_a_core(t));
    }
    CHECK(core_self() == &core_main_thread || !on_a_core(&core_main_thread));
}

static void stop_and_look(void *arg) {
    (void)arg;
    rtos_world_stop();
    unsigned before = count;
    CHECK(half % 2 == 0);
    check_others();
    sim_point("marking");
    sim_point("marking");
    check_others();
    CHECK(count == before);
    rtos_world_resume();
}

CASE(world_stops) {
    uint32_t other = vm_start(count_up, NULL);
    core_gil_exit();
    stop_and_look(NULL);
    core_gil_enter();
    vm_join(other);
    CHECK(count == 2);
}

static void stop_without_gil(void *arg) {
    core_gil_exit();
    stop_and_look(arg);
    core_gil_enter();
    vm_count(&count);
}

CASE(world_two_stoppers) {
    uint32_t other = vm_start(stop_without_gil, NULL);
    stop_without_gil(NULL);
    vm_join(other);
    CHECK(count == 2);
}

static void use_lock(void *arg) {
    (void)arg;
    core_gil_exit();
    CHECK(core_lock_acquire(&lock, false, CORE_FOREVER) == 0);
    vm_count(&count);
    CHECK(core_lock_release(&lock) == 0);
    core_gil_enter();
}

// Stopped anywhere in a lock, a thread goes on as if nothing had been.
CASE(world_stops_in_a_lock) {
    uint32_t other = vm_start(use_lock, NULL);
    core_gil_exit();
    CHECK(core_lock_acquire(&lock, false, CORE_FOREVER) == 0);
    stop_and_look(NULL);
    CHECK(core_lock_release(&lock) == 0);
    core_gil_enter();
    vm_join(other);
    CHECK(count == 1);
}

static uint8_t stack[RTOS_STACK_MIN] SIM_STACK;
static volatile unsigned beats;

static void beat(service_t *self) {
    while (!service_should_stop(self)) {
        service_wait(self, RTOS_FOREVER);
        beats += 1;
    }
}

static service_t service = {
    .name = "beat", .entry = beat, .stack = stack, .stack_size = sizeof(stack), .priority_class = SERVICE_DEFERRED,
};

static void wake(void) {
    service_wake(&service);
}

// Services and interrupts go on.
CASE(world_does_not_stop_services) {
    CHECK(service_register(&service) == 0);
    CHECK(service_start(&service) == 0);
    unsigned before = beats;
    rtos_world_stop();
    board_irq_raise(wake);
    while (beats == before) {
        sim_spin();
    }
    rtos_world_resume();
}

// A service may displace the stopper, or who holds another core, at any time.
WIDE_CASE(world_stops_beside_a_service) {
    CHECK(service_register(&service) == 0);
    CHECK(service_start(&service) == 0);
    uint32_t other = vm_start(count_up, NULL);
    core_gil_exit();
    board_irq_raise(wake);
    stop_and_look(NULL);
    stop_and_look(NULL);
    core_gil_enter();
    vm_join(other);
    CHECK(count == 2);
}

static volatile bool wanted, done;
static uint32_t urgent, spinner;

static void stay_on_one_core(void) {
    core_gil_exit();
    if (rtos_core_count() > 1) {
        CHECK(rtos_thread_set_affinity(rtos_thread_self(), 1) == 0);
    }
    while (!wanted) {
        rtos_park(RTOS_FOREVER);
    }
}

static void stop_when_wanted(void *arg) {
    stay_on_one_core();
    stop_and_look(arg);
    done = true;
    core_gil_enter();
}

static void spin_when_wanted(void *arg) {
    (void)arg;
    stay_on_one_core();
    while (!done) {
        sim_spin();
    }
    core_gil_enter();
}

static void want(void) {
    wanted = true;
    rtos_unpark(&vm_thread(urgent)->rtos);
    rtos_unpark(&vm_thread(spinner)->rtos);
}

// The most urgent one gets its turn, though a thread that never waits is more urgent than who has it.
WIDE_CASE(world_urgent_stopper) {
    CHECK(vm_create(stop_when_wanted, NULL, VM_PRIORITY + 2, &urgent) == 0);
    CHECK(vm_create(spin_when_wanted, NULL, VM_PRIORITY + 1, &spinner) == 0);
    core_gil_exit();
    if (rtos_core_count() > 1) {
        CHECK(rtos_thread_set_affinity(rtos_thread_self(), 1) == 0);
    }
    board_irq_raise(want);
    stop_and_look(NULL);
    while (!done) {
        rtos_park(1);
    }
    core_gil_enter();
    vm_join(urgent);
    vm_join(spinner);
}

static core_mutex_t mutex;

static void wait_for_mutex(void *arg) {
    (void)arg;
    core_gil_exit();
    core_mutex_lock(&mutex);
    core_mutex_unlock(&mutex);
    core_gil_enter();
}

static void count_when_wanted(void *arg) {
    core_gil_exit();
    while (!wanted) {
        rtos_park(RTOS_FOREVER);
    }
    count_up(arg);
    core_gil_enter();
}

// One who is not stopped yet lends the stopper a priority, which is less than it has until the resume.
WIDE_CASE(world_stops_with_a_lent_priority) {
    uint32_t waiter;
    core_mutex_init(&mutex);
    core_mutex_lock(&mutex);
    CHECK(vm_create(count_when_wanted, NULL, VM_PRIORITY + 2, &urgent) == 0);
    CHECK(vm_create(wait_for_mutex, NULL, VM_PRIORITY + 1, &waiter) == 0);
    core_gil_exit();
    rtos_world_stop();
    wanted = true;
    rtos_unpark(&vm_thread(urgent)->rtos);
    check_others();
    CHECK(count == 0);
    rtos_world_resume();
    core_mutex_unlock(&mutex);
    core_gil_enter();
    vm_join(waiter);
    vm_join(urgent);
    CHECK(count == 2);
}

static void pin(unsigned core) {
    core_gil_exit();
    CHECK(rtos_thread_set_affinity(rtos_thread_self(), 1u << core) == 0);
}

static void count_on(void *arg) {
    (void)arg;
    pin(1);
    while (!done) {
        count += 1;
        sim_spin();
    }
    core_gil_enter();
}

static volatile unsigned count_then;

static void displace(void *arg) {
    (void)arg;
    count_then = count;
    done = true;
}

// The machine's own: a core goes on with a thread that is displaced until it hears of that, and how it came out shows.
CASE(displaced_late) {
    if (rtos_core_count() == 1) {
        return;
    }
    static rtos_thread_t t;
    const rtos_thread_config_t config = {
        .entry = displace, .name = "displace", .priority = VM_PRIORITY + 1, .stoppable = true,
        .stack = stack, .stack_size = sizeof(stack), .cores = 2,
    };
    uint32_t displaced = vm_start(count_on, NULL);
    pin(0);
    while (count == 0) {
        sim_spin();
    }
    CHECK(rtos_thread_create(&t, &config) == 0);
    rtos_thread_start(&t);
    unsigned before = count;
    while (!done) {
        sim_spin();
    }
    sim_outcome(count_then > before);
    CHECK(rtos_thread_join(&t, RTOS_FOREVER) == 0);
    core_gil_enter();
    vm_join(displaced);
}
