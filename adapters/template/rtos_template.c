// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// A new kernel behind the contract. Copy the folder, rename this file, and write the functions in this order: each
// lets more of the tests run. include/rtos.h says exactly what each one promises.
#include "board.h"
#include "rtos.h"

// TODO: prepare `t` like rtos_thread_create, mark it started, start the kernel. Other cores join by themselves.
void rtos_start(rtos_thread_t *t, const rtos_thread_config_t *config) {
    (void)t;
    (void)config;
    RTOS_NOT_WRITTEN("rtos_start");
}

// TODO: clear `t`, create the kernel's thread on the caller's stack, suspended: its entry must not run before
// rtos_thread_start. A kernel without suspended creation starts it at RTOS_PRIORITY_IDLE with a first function that
// parks until it is started. Not inside a critical section: many kernels fill the stack. A wrapper calls
// rtos_thread_exit when the entry returns. -EINVAL for a stoppable thread at or above RTOS_PRIORITY_STOP.
int rtos_thread_create(rtos_thread_t *t, const rtos_thread_config_t *config) {
    (void)t;
    (void)config;
    RTOS_NOT_WRITTEN("rtos_thread_create");
}

// TODO: make it runnable. Also from interrupts.
void rtos_thread_start(rtos_thread_t *t) {
    (void)t;
    RTOS_NOT_WRITTEN("rtos_thread_start");
}

// TODO: take a token, or wait for one as long as `ms` says. Milliseconds to ticks: round up and add the tick under way,
// so that it is never early. 0, or -ETIMEDOUT.
int rtos_park(uint32_t ms) {
    (void)ms;
    RTOS_NOT_WRITTEN("rtos_park");
}

// TODO: the same, to the first tick that is not before `deadline_us`.
int rtos_park_until(uint64_t deadline_us) {
    (void)deadline_us;
    RTOS_NOT_WRITTEN("rtos_park_until");
}

// TODO: store the token and make its thread runnable, from threads, interrupts and critical sections. One token is
// enough, and a thread that has exited must stay so.
void rtos_unpark(rtos_thread_t *t) {
    (void)t;
    RTOS_NOT_WRITTEN("rtos_unpark");
}

// TODO: mark the thread as exited, wake its joiner and leave the processor, in one step that nothing can interrupt.
void rtos_thread_exit(void) {
    RTOS_NOT_WRITTEN("rtos_thread_exit");
}

// TODO: wait until `t` has exited and is off every core and every list of the kernel. Whatever the kernel does with
// dead threads in its idle thread does not count: a busy system never runs it.
int rtos_thread_join(rtos_thread_t *t, uint32_t ms) {
    (void)t;
    (void)ms;
    RTOS_NOT_WRITTEN("rtos_thread_join");
}

// TODO: `t` is stopped or waits. Take it out of whatever it waits for and do as if it had called rtos_thread_exit.
void rtos_thread_abort(rtos_thread_t *t) {
    (void)t;
    RTOS_NOT_WRITTEN("rtos_thread_abort");
}

// TODO: the stack's limits, and where its registers lie: the saved stack pointer, or this frame's for the caller.
void rtos_thread_stack(const rtos_thread_t *t, rtos_stack_t *out) {
    (void)t;
    (void)out;
    RTOS_NOT_WRITTEN("rtos_thread_stack");
}

// TODO: larger is more urgent: turn the number round where the kernel counts the other way.
int rtos_thread_set_priority(rtos_thread_t *t, unsigned priority) {
    (void)t;
    (void)priority;
    RTOS_NOT_WRITTEN("rtos_thread_set_priority");
}

// TODO: with one core -ENOTSUP is all there is to it.
int rtos_thread_set_affinity(rtos_thread_t *t, unsigned cores) {
    (void)t;
    (void)cores;
    RTOS_NOT_WRITTEN("rtos_thread_set_affinity");
}

// TODO: name, state, priority and core (-1 where it does not tell) from the kernel, time from a hook in its switch, the
// stack's high-water mark from the pattern that it was filled with.
void rtos_thread_stats(rtos_thread_t *t, rtos_stats_t *out) {
    (void)t;
    (void)out;
    RTOS_NOT_WRITTEN("rtos_thread_stats");
}

// TODO: the same of the kernel's own idle thread, or just false: then what no thread took counts as idle.
bool rtos_idle_stats(unsigned core, rtos_stats_t *out) {
    (void)core;
    (void)out;
    return false;
}

// TODO: for adapters/common/stop.c. The running thread rises to RTOS_PRIORITY_STOP and, with several cores, stays on
// this one, whatever others give it meanwhile; or goes back to the priority and the cores that it was given last. Not
// needed where the kernel can stop threads itself: then write rtos_world_stop and rtos_world_resume here and leave
// adapters/common/stop.c out.
void rtos_thread_raise(bool raise);
void rtos_thread_raise(bool raise) {
    (void)raise;
    RTOS_NOT_WRITTEN("rtos_thread_raise");
}

// TODO: remember `fn` for `user` and call all that are there from an interrupt, once a millisecond, on one core.
void rtos_tick(unsigned user, void (*fn)(void)) {
    (void)user;
    (void)fn;
    RTOS_NOT_WRITTEN("rtos_tick");
}

uint64_t rtos_now_us(void) {
    return board_clock_us();
}

// TODO: add the running thread's name to the message.
void rtos_fatal(const char *message) {
    board_panic(message);
}

// TODO: name and version.
const char *rtos_kernel_name(void) {
    return "no kernel";
}
