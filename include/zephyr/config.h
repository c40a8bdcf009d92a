// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The kernel's options, by Zephyr's names. A board or an application says -DCONFIG_...=value for another value.
#ifndef ZEPHYR_CONFIG_H
#define ZEPHYR_CONFIG_H

// Cooperative priorities are -15 to -1, preemptible ones 0 to 15, and 16 is the idle thread's: 32 levels, one word.
#define CONFIG_NUM_COOP_PRIORITIES (15)
#define CONFIG_NUM_PREEMPT_PRIORITIES (16)

// A tick is a microsecond: time is the board's clock (board_clock_us), and no call divides.
#define CONFIG_SYS_CLOCK_TICKS_PER_SEC (1000000)

// Milliseconds that a preemptible thread runs before the next one of its priority, 0 for as long as it likes, and the
// most urgent priority that is sliced.
#ifndef CONFIG_TIMESLICE_SIZE
#define CONFIG_TIMESLICE_SIZE (20)
#endif
#ifndef CONFIG_TIMESLICE_PRIORITY
#define CONFIG_TIMESLICE_PRIORITY (0)
#endif

// main()'s thread.
#ifndef CONFIG_MAIN_THREAD_PRIORITY
#define CONFIG_MAIN_THREAD_PRIORITY (0)
#endif
#ifndef CONFIG_MAIN_STACK_SIZE
#define CONFIG_MAIN_STACK_SIZE (4096) // bytes
#endif
#ifndef CONFIG_IDLE_STACK_SIZE
#define CONFIG_IDLE_STACK_SIZE (512) // bytes, one a core
#endif

// The system work queue, which is there when something uses it.
#ifndef CONFIG_SYSTEM_WORKQUEUE_PRIORITY
#define CONFIG_SYSTEM_WORKQUEUE_PRIORITY (-1)
#endif
#ifndef CONFIG_SYSTEM_WORKQUEUE_STACK_SIZE
#define CONFIG_SYSTEM_WORKQUEUE_STACK_SIZE (2048) // bytes
#endif
#ifndef CONFIG_SYSTEM_WORKQUEUE_NO_YIELD
#define CONFIG_SYSTEM_WORKQUEUE_NO_YIELD (0)
#endif

// Bytes for k_malloc, which is there when something uses it.
#ifndef CONFIG_HEAP_MEM_POOL_SIZE
#define CONFIG_HEAP_MEM_POOL_SIZE (16384)
#endif

// With the zero that ends it.
#ifndef CONFIG_THREAD_MAX_NAME_LEN
#define CONFIG_THREAD_MAX_NAME_LEN (16)
#endif

// 1: each switch counts the time of the thread that leaves, for k_thread_runtime_stats_get: a dozen instructions.
#ifndef CONFIG_SCHED_THREAD_USAGE
#define CONFIG_SCHED_THREAD_USAGE (1)
#endif

// 1: sys_trace_thread_switched_in() and sys_trace_idle(), of the program, are called by every switch.
#ifndef CONFIG_TRACING
#define CONFIG_TRACING (0)
#endif

// 1: new stacks are filled, for k_thread_stack_space_get: an instruction a word at creation.
#ifndef CONFIG_INIT_STACKS
#define CONFIG_INIT_STACKS (1)
#endif

// 1: misuse ends in a message that names the call, the thread and the reason.
#ifndef CONFIG_ASSERT
#ifdef NDEBUG
#define CONFIG_ASSERT (0)
#else
#define CONFIG_ASSERT (1)
#endif
#endif

// 1: each switch looks whether the thread that leaves is within its stack. Where a guard is there it finds frames that
// jump over that.
#ifndef CONFIG_STACK_CHECK
#define CONFIG_STACK_CHECK CONFIG_ASSERT
#endif

// 1: when nobody can ever go on, a report says what each thread waits for, and that is the end.
#ifndef CONFIG_DEADLOCK_REPORT
#define CONFIG_DEADLOCK_REPORT CONFIG_ASSERT
#endif

// Milliseconds that preemption may be held while others wait, or interrupts masked, before that is reported; 0: it is
// not looked at. With it a core that runs threads is interrupted four times in so long.
#ifndef CONFIG_PREEMPTION_WATCH_MS
#define CONFIG_PREEMPTION_WATCH_MS (CONFIG_ASSERT ? 5000 : 0)
#endif

#endif // ZEPHYR_CONFIG_H
