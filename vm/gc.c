// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The collector's part for threads. It is one unit with the unmodified py/gc.c, because overflow of the mark stack has
// to be dealt with before the world goes on, and because a thread's block is marked without being scanned: that of a
// stack which is alive is scanned from the saved stack pointer up.
#include "py/gc.h"

#if !HEDDLE_GIL
// Upstream makes a new block's pointer before it unlocks the heap, so that a collection finds it, but the compiler may
// make it later. So these two run with the mutex held, and what they returned cannot be made again.
static void *upstream_gc_alloc(size_t n_bytes, unsigned int alloc_flags);
static void *upstream_gc_realloc(void *ptr, size_t n_bytes, bool allow_move);
#define gc_alloc upstream_gc_alloc
#define gc_realloc upstream_gc_realloc
#endif

static void upstream_gc_sweep_all(void);
#define gc_sweep_all upstream_gc_sweep_all

#include "py/gc.c"

#undef gc_sweep_all
#undef gc_alloc
#undef gc_realloc

#include "py/mphal.h"
#include "shared/runtime/gchelper.h"
#include "shared/runtime/softtimer.h"

#include "heddle.h"

#if !HEDDLE_GIL
// With the heap locked nothing is allocated, and an interrupt must not wait for the mutex.
static bool heap_enter(void) {
    bool open = MP_STATE_THREAD(gc_lock_depth) == 0;
    if (open) {
        GC_ENTER();
    }
    return open;
}

static void *heap_exit(bool open, void *ptr) {
    __asm volatile ("" : "+r" (ptr));
    if (open) {
        GC_EXIT();
    }
    return ptr;
}

void *gc_alloc(size_t n_bytes, unsigned int alloc_flags) {
    bool open = heap_enter();
    return heap_exit(open, upstream_gc_alloc(n_bytes, alloc_flags));
}

void *gc_realloc(void *ptr, size_t n_bytes, bool allow_move) {
    bool open = heap_enter();
    return heap_exit(open, upstream_gc_realloc(ptr, n_bytes, allow_move));
}
#endif

static void mark_block(void *block) {
    #if MICROPY_GC_SPLIT_HEAP
    mp_state_mem_area_t *area = gc_get_ptr_area(block);
    #else
    mp_state_mem_area_t *area = &MP_STATE_MEM(area);
    #endif
    ATB_HEAD_TO_MARK(area, BLOCK_FROM_PTR(area, block));
}

static void scan(const void *low, const void *high) {
    gc_collect_root((void **)low, ((uintptr_t)high - (uintptr_t)low) / sizeof(void *));
}

static void scan_record(heddle_thread_t *t) {
    scan(&t->state.dict_locals, t + 1);
}

// A saved stack pointer outside its stack means that memory is damaged: stop, and never scan wildly.
static void scan_stack(core_thread_t *t) {
    rtos_stack_t stack;
    rtos_thread_stack(&t->rtos, &stack);
    if (stack.sp < stack.low || stack.sp > stack.high) {
        rtos_fatal("the collector found a saved stack pointer outside its stack");
    }
    scan(stack.sp, stack.high);
}

static void mark_threads(void) {
    for (core_thread_t *t = core_main_thread.next; t != &core_main_thread; t = t->next) {
        mark_block(((heddle_thread_t *)t)->block);
    }
}

static void scan_threads(void) {
    core_thread_t *self = core_self();
    core_thread_t *t = &core_main_thread;
    do {
        if (rtos_atomic_load(&t->state) <= CORE_RUNNING) {
            if (t != self) {
                scan_stack(t);
            }
            if (t != &core_main_thread) {
                scan_record((heddle_thread_t *)t);
            }
        }
        t = t->next;
    } while (t != &core_main_thread);
}

void gc_collect(void) {
    if (MP_STATE_THREAD(gc_lock_depth) & GC_COLLECT_FLAG) {
        return; // asked for by a finaliser
    }
    GC_ENTER();
    core_collect(true);
    core_reap();
    heddle_spare_drop();
    heddle_timers_suspend();
    rtos_world_stop();
    mark_threads();
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    scan_threads();
    soft_timer_gc_mark_all();
    gc_deal_with_stack_overflow();
    rtos_world_resume();
    heddle_timers_resume();
    gc_collect_end();
    core_collect(false);
    GC_EXIT();
    // A callback that was scheduled while a finaliser had the scheduler locked found the main thread waiting.
    if (rtos_peek(core_main_thread.interrupted)) {
        core_interrupt(&core_main_thread);
    }
}

// What is left at a soft reset: its finalisers may wait no more than others.
void gc_sweep_all(void) {
    core_collect(true);
    upstream_gc_sweep_all();
    core_collect(false);
}
