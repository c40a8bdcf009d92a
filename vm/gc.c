// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The collector's part for threads. It is one unit with the unmodified py/gc.c, because overflow of the mark stack has
// to be dealt with before the world goes on, and because a thread's block is marked without being scanned: that of a
// stack which is alive is scanned from the saved stack pointer up.
#include "py/gc.c"

#include "py/mphal.h"
#include "shared/runtime/gchelper.h"
#include "shared/runtime/softtimer.h"

#include "heddle.h"

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
}
