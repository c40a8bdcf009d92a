// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Work queues.
#include <string.h>

#include "kernel_test.h"

#define STACK_SIZE MAX(ARCH_STACK_MIN, 1024)

static K_THREAD_STACK_DEFINE(stack, STACK_SIZE);
static K_THREAD_STACK_DEFINE(second_stack, STACK_SIZE);
static struct k_work_q queue, second;
static struct k_work one, two, three, gatekeeper;
static struct k_work_delayable delayed;
static struct k_work_sync sync;
static struct k_sem entered, gate;
static volatile int runs, inside;
static struct k_work *order[4];

static void start(const struct k_work_queue_config *config) {
    k_sem_init(&entered, 0, 1);
    k_sem_init(&gate, 0, 1);
    k_work_queue_start(&queue, stack, K_THREAD_STACK_SIZEOF(stack), TEST_PRIO + 1, config);
}

static void stop(struct k_work_q *q) {
    CHECK(k_work_queue_drain(q, true) >= 0);
    CHECK_IS(k_work_queue_stop(q, K_FOREVER), 0);
}

static void run(struct k_work *work) {
    CHECK(!k_is_in_isr());
    CHECK(k_work_busy_get(work) & K_WORK_RUNNING);
    CHECK_IS(inside, 0);
    inside = 1;
    order[runs % ARRAY_SIZE(order)] = work;
    runs += 1;
    inside = 0;
}

static void wait_at_gate(struct k_work *work) {
    k_sem_give(&entered);
    k_sem_take(&gate, K_FOREVER);
    run(work);
}

// The queue is in its handler, and stays there until the gate opens.
static void close_gate(void) {
    k_work_init(&gatekeeper, wait_at_gate);
    CHECK_IS(k_work_submit_to_queue(&queue, &gatekeeper), 1);
    k_sem_take(&entered, K_FOREVER);
}

static K_WORK_DEFINE(defined, run);

CASE(work_runs) {
    CHECK_IS(k_work_submit_to_queue(NULL, &defined), -EINVAL);
    CHECK_IS(k_work_submit_to_queue(&queue, &defined), -ENODEV);
    CHECK(k_work_queue_thread_get(&queue) == NULL);
    CHECK(!k_work_is_pending(&defined));
    const struct k_work_queue_config config = { .name = "a queue", .no_yield = true };
    start(&config);
    CHECK(strcmp(k_thread_name_get(k_work_queue_thread_get(&queue)), "a queue") == 0);
    CHECK_IS(k_work_submit_to_queue(&queue, &defined), 1);
    k_work_flush(&defined, &sync);
    CHECK_IS(runs, 1);
    CHECK_IS(k_work_submit_to_queue(NULL, &defined), 1);
    stop(&queue);
    CHECK_IS(runs, 2);
}

CASE(work_submit_results) {
    start(NULL);
    close_gate();
    k_work_init(&one, run);
    CHECK_IS(k_work_submit_to_queue(&queue, &one), 1);
    CHECK_IS(k_work_submit_to_queue(&queue, &one), 0);
    CHECK_IS(k_work_busy_get(&one), K_WORK_QUEUED);
    CHECK_IS(k_work_busy_get(&gatekeeper), K_WORK_RUNNING);
    CHECK_IS(k_work_submit_to_queue(&second, &gatekeeper), 2);
    CHECK_IS(k_work_busy_get(&gatekeeper), K_WORK_RUNNING | K_WORK_QUEUED);
    CHECK_IS(k_work_submit_to_queue(&queue, &gatekeeper), 0);
    CHECK_IS(k_work_cancel(&gatekeeper), K_WORK_RUNNING | K_WORK_CANCELING);
    CHECK_IS(k_work_submit_to_queue(&queue, &gatekeeper), -EBUSY);
    k_sem_give(&gate);
    stop(&queue);
    CHECK(runs == 2 && order[0] == &gatekeeper && order[1] == &one);
    CHECK_IS(k_work_busy_get(&gatekeeper), 0);
}

WIDE_CASE(work_first_come_first_served) {
    start(NULL);
    close_gate();
    struct k_work *const items[] = { &two, &one, &three };
    for (int i = 0; i < 3; ++i) {
        k_work_init(items[i], run);
        k_work_submit_to_queue(&queue, items[i]);
    }
    k_sem_give(&gate);
    CHECK_IS(k_work_queue_drain(&queue, false) >= 0, 1);
    CHECK(runs == 4 && order[1] == &two && order[2] == &one && order[3] == &three);
    stop(&queue);
}

static void run_twice(struct k_work *work) {
    run(work);
    if (runs < 2) {
        int ret = k_work_submit_to_queue(NULL, work);
        CHECK(ret == 2 || (ret == -EBUSY && (k_work_busy_get(work) & K_WORK_CANCELING)));
    }
}

CASE(work_submits_itself) {
    start(NULL);
    k_work_init(&one, run_twice);
    k_work_submit_to_queue(&queue, &one);
    CHECK_IS(k_work_queue_drain(&queue, true) >= 0, 1); // its own thread may go on submitting
    CHECK_IS(runs, 2);
    stop(&queue);
}

static void submit_to_second(void *arg) {
    (void)arg;
    CHECK(k_work_submit_to_queue(&second, &one) >= 0);
}

WIDE_CASE(work_never_in_two_threads) {
    start(NULL);
    k_work_queue_start(&second, second_stack, K_THREAD_STACK_SIZEOF(second_stack), TEST_PRIO + 1, NULL);
    k_work_init(&one, run);
    k_tid_t t = test_spawn(submit_to_second, NULL, 0);
    CHECK(k_work_submit_to_queue(&queue, &one) >= 0);
    test_join(t);
    CHECK(k_work_submit_to_queue(&queue, &one) >= 0);
    stop(&second);
    stop(&queue);
    CHECK(runs >= 1 && runs <= 3 && k_work_busy_get(&one) == 0);
}

// ---- flush

CASE(work_flush) {
    start(NULL);
    k_work_init(&one, run);
    CHECK(!k_work_flush(&one, &sync));
    close_gate();
    k_work_submit_to_queue(&queue, &one);
    k_sem_give(&gate);
    k_work_flush(&one, &sync);
    CHECK(runs == 2 && k_work_busy_get(&one) == 0);
    CHECK(!k_work_flush(&one, &sync));
    CHECK(!k_work_flush(&gatekeeper, &sync));
    stop(&queue);
}

static void flush(void *work) {
    CHECK(k_work_flush(work, &sync));
    CHECK(order[0] == &gatekeeper);
    memset(&sync, 0xdd, sizeof(sync));
}

// For what runs, and not for what is queued behind it.
WIDE_CASE(work_flush_of_running) {
    start(NULL);
    close_gate();
    k_work_init(&one, wait_at_gate);
    k_work_submit_to_queue(&queue, &one);
    k_tid_t t = test_spawn(flush, &gatekeeper, -1);
    test_await_wait(t);
    k_sem_give(&gate);
    test_join(t);
    k_sem_give(&gate);
    stop(&queue);
    CHECK_IS(runs, 2);
}

WIDE_CASE(work_flush_of_cancelled) {
    start(NULL);
    close_gate();
    k_work_init(&one, run);
    k_work_submit_to_queue(&queue, &one);
    k_tid_t t = test_spawn(flush, &one, -1);
    test_await_wait(t);
    CHECK_IS(k_work_cancel(&one), 0);
    k_sem_give(&gate);
    test_join(t);
    stop(&queue);
    CHECK_IS(runs, 1);
}

static void flush_if_queued(void *work) {
    k_work_flush(work, &sync);
}

// There is nothing to run any more when the queue comes to it.
WIDE_CASE(work_flush_of_cancelled_only) {
    start(NULL);
    k_work_init(&one, run);
    k_work_submit_to_queue(&queue, &one);
    k_tid_t t = test_spawn(flush_if_queued, &one, -1);
    test_await_wait(t);
    k_work_cancel_sync(&one, &(struct k_work_sync) { 0 });
    test_join(t);
    stop(&queue);
    CHECK(runs <= 1);
}

WIDE_CASE(work_flusher_aborted) {
    start(NULL);
    close_gate();
    k_tid_t t = test_spawn(flush, &gatekeeper, 0);
    test_end(t);
    memset(&sync, 0xdd, sizeof(sync));
    k_sem_give(&gate);
    stop(&queue);
    CHECK_IS(runs, 1);
}

// ---- cancellation

CASE(work_cancel_queued) {
    start(NULL);
    close_gate();
    k_work_init(&one, run);
    CHECK_IS(k_work_cancel(&one), 0);
    CHECK(!k_work_cancel_sync(&one, &sync));
    k_work_submit_to_queue(&queue, &one);
    CHECK_IS(k_work_cancel(&one), 0);
    k_work_submit_to_queue(&queue, &one);
    CHECK(k_work_cancel_sync(&one, &sync));
    k_sem_give(&gate);
    stop(&queue);
    CHECK_IS(runs, 1);
}

static void cancel(void *work) {
    struct k_work_sync mine;
    CHECK(k_work_cancel_sync(work, &mine));
    CHECK_IS(runs, 1);
    memset(&mine, 0xdd, sizeof(mine));
}

WIDE_CASE(work_cancel_running) {
    start(NULL);
    close_gate();
    k_tid_t first = test_spawn(cancel, &gatekeeper, 0), last = test_spawn(cancel, &gatekeeper, 1);
    test_await_wait(first);
    test_await_wait(last);
    CHECK_IS(k_work_busy_get(&gatekeeper), K_WORK_RUNNING | K_WORK_CANCELING);
    CHECK_IS(k_work_submit_to_queue(&queue, &gatekeeper), -EBUSY);
    k_sem_give(&gate);
    test_join(first);
    test_join(last);
    CHECK_IS(k_work_busy_get(&gatekeeper), 0);
    stop(&queue);
}

CASE(work_cancelled_anywhere) {
    start(NULL);
    k_work_init(&one, run_twice);
    k_work_submit_to_queue(&queue, &one);
    bool was = k_work_cancel_sync(&one, &sync);
    int seen = runs;
    CHECK(was || seen == 2);
    CHECK_IS(k_work_busy_get(&one), 0);
    stop(&queue);
    CHECK_IS(runs, seen);
}

// ---- queues

static void drain(void *arg) {
    (void)arg;
    CHECK_IS(k_work_queue_drain(&queue, true), 1);
}

WIDE_CASE(work_drain) {
    CHECK_IS(k_work_queue_drain(&queue, false), 0); // not started
    start(NULL);
    AWAIT(k_work_queue_drain(&queue, false) == 0);
    close_gate();
    k_tid_t t = test_spawn(drain, NULL, -1);
    test_await_wait(t);
    k_work_init(&one, run);
    CHECK_IS(k_work_submit_to_queue(&queue, &one), -EBUSY);
    k_sem_give(&gate);
    test_join(t);
    CHECK_IS(k_work_submit_to_queue(&queue, &one), -EBUSY);
    CHECK_IS(k_work_queue_unplug(&queue), 0);
    CHECK_IS(k_work_queue_unplug(&queue), -EALREADY);
    CHECK_IS(k_work_submit_to_queue(&queue, &one), 1);
    stop(&queue);
    CHECK_IS(runs, 2);
}

WIDE_CASE(work_stop_results) {
    CHECK_IS(k_work_queue_stop(&queue, K_FOREVER), -EALREADY);
    start(NULL);
    CHECK_IS(k_work_queue_stop(&queue, K_FOREVER), -EBUSY);
    close_gate();
    k_tid_t t = test_spawn(drain, NULL, -1);
    test_await_wait(t);
    CHECK_IS(k_work_queue_stop(&queue, K_NO_WAIT), -ETIMEDOUT);
    CHECK_IS(k_work_queue_stop(&queue, K_MSEC(1)), -ETIMEDOUT);
    k_sem_give(&gate);
    test_join(t);
    CHECK_IS(k_work_queue_stop(&queue, K_FOREVER), 0);
    CHECK_IS(k_work_queue_stop(&queue, K_FOREVER), -EALREADY);
    CHECK_IS(k_work_submit_to_queue(&queue, &gatekeeper), -ENODEV);
}

// 0: nothing looks at the queue, its thread and its stack any more.
CASE(work_stop_in_time_or_not) {
    start(NULL);
    k_work_queue_drain(&queue, true);
    int ret = k_work_queue_stop(&queue, K_USEC(1));
    CHECK(ret == 0 || ret == -ETIMEDOUT);
    if (ret != 0) {
        CHECK_IS(k_work_queue_stop(&queue, K_FOREVER), 0);
    }
    memset(&queue, 0, sizeof(queue));
    start(NULL);
    stop(&queue);
}

static void be_queue(void *arg) {
    k_work_queue_run(&queue, arg);
    runs += 10;
}

CASE(work_queue_of_a_thread) {
    k_tid_t t = test_spawn(be_queue, NULL, 1);
    k_work_init(&one, run);
    AWAIT(k_work_submit_to_queue(&queue, &one) != -ENODEV);
    CHECK(k_work_queue_thread_get(&queue) == t);
    stop(&queue);
    CHECK_IS(runs, 11);
    test_join(t);
}

static char letters[4];

static void wake_equal(struct k_work *work) {
    letters[strlen(letters)] = work == &one ? '1' : '2';
    k_sem_give(&entered);
}

static void equal(void *arg) {
    (void)arg;
    k_sem_take(&entered, K_FOREVER);
    letters[strlen(letters)] = 'e';
}

static void with_equal(bool no_yield, const char *wanted) {
    if (test_parallel()) {
        return;
    }
    const struct k_work_queue_config config = { .no_yield = no_yield };
    k_sem_init(&entered, 0, 1);
    k_work_queue_start(&queue, stack, K_THREAD_STACK_SIZEOF(stack), -2, &config);
    k_tid_t t = test_spawn(equal, NULL, -2);
    k_work_init(&one, wake_equal);
    k_work_init(&two, wake_equal);
    k_sched_lock();
    k_work_submit_to_queue(&queue, &one);
    k_work_submit_to_queue(&queue, &two);
    k_sched_unlock();
    test_join(t);
    stop(&queue);
    CHECK(strcmp(letters, wanted) == 0);
}

CASE(work_yields_after_each_item) {
    with_equal(false, "1e2");
}

CASE(work_no_yield) {
    with_equal(true, "12e");
}

// ---- delayable items

static void run_delayed(struct k_work *work) {
    CHECK(k_work_delayable_from_work(work) == &delayed);
    run(work);
    k_sem_give(&entered);
}

CASE(work_schedule) {
    start(NULL);
    k_work_init_delayable(&delayed, run_delayed);
    CHECK_IS(k_work_delayable_remaining_get(&delayed), 0);
    CHECK(k_work_delayable_expires_get(&delayed) <= k_uptime_ticks());
    int64_t at = k_uptime_ticks() + 10000;
    CHECK_IS(k_work_schedule_for_queue(&queue, &delayed, K_TIMEOUT_ABS_TICKS(at)), 1);
    CHECK(k_work_delayable_busy_get(&delayed) != K_WORK_DELAYED || k_work_delayable_remaining_get(&delayed) <= 10000);
    k_sem_take(&entered, K_FOREVER);
    CHECK(k_uptime_ticks() >= at);
    stop(&queue);
    CHECK(runs == 1 && !k_work_delayable_is_pending(&delayed));
}

static K_WORK_DELAYABLE_DEFINE(far, run);

// Nothing comes before these two hours are over, but time may pass at any point on the simulated machine.
WIDE_CASE(work_schedule_and_reschedule) {
    start(NULL);
    close_gate();
    CHECK_IS(k_work_schedule_for_queue(&queue, &far, K_HOURS(2)), 1);
    int64_t at = k_work_delayable_expires_get(&far);
    CHECK_IS(k_work_schedule_for_queue(&queue, &far, K_NO_WAIT), 0);
    CHECK_IS(k_work_schedule_for_queue(&queue, &far, K_MSEC(1)), 0);
    CHECK(k_work_delayable_expires_get(&far) == at || k_work_delayable_busy_get(&far) == K_WORK_QUEUED);
    CHECK_IS(k_work_reschedule_for_queue(&queue, &far, K_HOURS(4)), 1);
    CHECK(k_work_delayable_expires_get(&far) > at || !(k_work_delayable_busy_get(&far) & K_WORK_DELAYED));
    CHECK(k_work_reschedule_for_queue(&queue, &far, K_NO_WAIT) >= 0);
    CHECK_IS(k_work_delayable_busy_get(&far), K_WORK_QUEUED);
    CHECK_IS(k_work_cancel_delayable(&far), 0);
    k_sem_give(&gate);
    stop(&queue);
    CHECK_IS(runs, 1);
}

CASE(work_flush_delayed) {
    start(NULL);
    CHECK(!k_work_flush_delayable(&far, &sync));
    k_work_schedule_for_queue(&queue, &far, K_FOREVER);
    CHECK_IS(k_work_delayable_busy_get(&far), K_WORK_DELAYED);
    CHECK(k_work_flush_delayable(&far, &sync));
    CHECK_IS(runs, 1);
    k_work_schedule_for_queue(&queue, &far, K_FOREVER);
    CHECK(k_work_cancel_delayable_sync(&far, &sync));
    CHECK(!k_work_cancel_delayable_sync(&far, &sync));
    stop(&queue);
    CHECK_IS(runs, 1);
}

CASE(work_cancelled_beside_its_time) {
    start(NULL);
    k_work_schedule_for_queue(&queue, &far, K_USEC(50));
    k_usleep(50);
    bool was = k_work_cancel_delayable_sync(&far, &sync);
    int seen = runs;
    CHECK(was || seen == 1);
    k_usleep(100);
    CHECK(runs == seen && k_work_delayable_busy_get(&far) == 0);
    stop(&queue);
}

static void run_for_ever(struct k_work *work) {
    run(work);
    k_work_schedule_for_queue(&queue, k_work_delayable_from_work(work), K_USEC(50));
}

// A cancellation ends an item that schedules itself: only k_work_reschedule would get past it.
CASE(work_that_schedules_itself_is_cancelled) {
    start(NULL);
    k_work_init_delayable(&delayed, run_for_ever);
    k_work_schedule_for_queue(&queue, &delayed, K_NO_WAIT);
    k_work_cancel_delayable_sync(&delayed, &sync);
    int seen = runs;
    k_usleep(100);
    CHECK(runs == seen && k_work_delayable_busy_get(&delayed) == 0);
    stop(&queue);
}

WIDE_CASE(work_delayed_for_plugged_queue) {
    start(NULL);
    k_work_queue_drain(&queue, true);
    CHECK_IS(k_work_schedule_for_queue(&queue, &far, K_USEC(50)), 1);
    AWAIT(!k_work_delayable_is_pending(&far));
    stop(&queue);
    CHECK_IS(runs, 0);
}

// ---- interrupts, and the system work queue

static void submit_in_isr(void) {
    CHECK_IS(k_work_submit(&defined), 1);
}

CASE(work_submitted_in_interrupt) {
    test_in_isr(submit_in_isr);
    k_work_flush(&defined, &sync);
    CHECK_IS(runs, 1);
    CHECK(strcmp(k_thread_name_get(k_work_queue_thread_get(&k_sys_work_q)), "sysworkq") == 0);
    CHECK_IS(k_work_queue_stop(&k_sys_work_q, K_FOREVER), -ENOTSUP);
}

static void submit(void *work) {
    CHECK_IS(k_work_submit(work), 1);
}

CASE(work_system_queue_is_started_once) {
    k_work_init(&one, run);
    k_tid_t t = test_spawn(submit, &one, 0);
    submit(&defined);
    test_join(t);
    k_work_queue_drain(&k_sys_work_q, false);
    CHECK_IS(runs, 2);
}

CASE(work_system_queue_delayed) {
    CHECK_IS(k_work_schedule(&far, K_FOREVER), 1);
    CHECK_IS(k_work_reschedule(&far, K_NO_WAIT), 1);
    k_work_flush_delayable(&far, &sync);
    CHECK_IS(runs, 1);
}
