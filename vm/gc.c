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

// An allocation's own collection.
static void collect(void);
#define gc_collect collect

#include "py/gc.c"

#undef gc_collect
#undef gc_sweep_all
#undef gc_alloc
#undef gc_realloc

#include "py/mphal.h"
#include "shared/runtime/softtimer.h"

#include "heddle.h"
#include "rtos_trace.h"

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

static void *alloc(size_t n_bytes, unsigned int alloc_flags) {
    bool open = heap_enter();
    return heap_exit(open, upstream_gc_alloc(n_bytes, alloc_flags));
}

static void *resize(void *ptr, size_t n_bytes, bool allow_move) {
    bool open = heap_enter();
    return heap_exit(open, upstream_gc_realloc(ptr, n_bytes, allow_move));
}

// The last collection kept everything that has a finaliser, for another thread was inside a file system.
static bool kept;

// There may be room after all: wait for that thread and collect once more.
static bool collect_again(size_t n_bytes) {
    if (n_bytes == 0 || !rtos_peek(kept) || MP_STATE_THREAD(gc_lock_depth) > 0
        || !MP_STATE_MEM(gc_auto_collect_enabled)) {
        return false;
    }
    collect();
    return !rtos_peek(kept);
}

void *gc_alloc(size_t n_bytes, unsigned int alloc_flags) {
    void *ptr = alloc(n_bytes, alloc_flags);
    return ptr == NULL && collect_again(n_bytes) ? alloc(n_bytes, alloc_flags) : ptr;
}

void *gc_realloc(void *ptr, size_t n_bytes, bool allow_move) {
    void *moved = resize(ptr, n_bytes, allow_move);
    return moved == NULL && allow_move && collect_again(n_bytes) ? resize(ptr, n_bytes, allow_move) : moved;
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

static void scan_record(heddle_thread_t *t) {
    void **low = (void **)&t->state.dict_locals;
    gc_collect_root(low, (void **)(t + 1) - low);
}

// Bytes of an object in which a C function may have a member whose address is all that it keeps. What points further
// into a buffer would keep that alive for what a call has left on the stack.
#define INNER (64)

// The object that a pointer points to, or into its first members, is alive. With a finaliser only the former: who waits
// for one to run must not wait for such a rest, and what a file's C code is at, Python has in hand.
static void mark_any(mp_state_mem_area_t *area, uintptr_t pointer) {
    size_t block = BLOCK_FROM_PTR(area, pointer);
    for (size_t n = INNER / BYTES_PER_BLOCK; n != 0 && ATB_GET_KIND(area, block) == AT_TAIL; --n) {
        --block;
    }
    void *object = (void *)PTR_FROM_BLOCK(area, block);
    if (object == (void *)pointer || !FTB_GET(area, block)) {
        gc_collect_root(&object, 1);
    }
}

// A stack, and registers that have been saved there. Upstream looks for pointers to the beginning of an object alone,
// but a compiler may have left one into the middle (re.sub's, of a pattern that it has compiled).
static void scan(const void *low, const void *high) {
    for (void *const *at = low; at < (void *const *)high; ++at) {
        uintptr_t word = (uintptr_t)*at;
        #if MICROPY_GC_SPLIT_HEAP
        mp_state_mem_area_t *area = gc_get_ptr_area((void *)(word & -(uintptr_t)BYTES_PER_BLOCK));
        bool inside = area != NULL;
        #else
        mp_state_mem_area_t *area = &MP_STATE_MEM(area);
        bool inside = word >= (uintptr_t)area->gc_pool_start && word < (uintptr_t)area->gc_pool_end;
        #endif
        if (inside) {
            mark_any(area, word);
        }
    }
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

static MP_NOINLINE void scan_from_here(const void *high) {
    scan(__builtin_frame_address(0), high);
}

// The running thread's, with what its registers hold, which this leaves in its frame.
static MP_NOINLINE void scan_own_stack(void) {
    __builtin_unwind_init();
    scan_from_here(MP_STATE_THREAD(stack_top));
    __asm volatile ("");
}

static void mark_threads(void) {
    for (core_thread_t *t = core_main_thread.next; t != &core_main_thread; t = t->next) {
        mark_block(heddle_thread_block(t).low);
    }
    if (HEDDLE_TRACE && heddle_trace_ring() != NULL) {
        mark_block(heddle_trace_ring());
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

// Nobody may run them now, so what has one lives until the next collection.
static void keep_finalisers(void) {
    for (mp_state_mem_area_t *area = &MP_STATE_MEM(area); area != NULL; area = NEXT_AREA(area)) {
        for (size_t block = 0; block <= area->gc_last_used_block; ++block) {
            if (FTB_GET(area, block)) {
                void *object = (void *)PTR_FROM_BLOCK(area, block);
                gc_collect_root(&object, 1);
            }
        }
    }
}

// Other cores that wait for this one's interrupts cannot be stopped.
static bool can_stop(void) {
    return !rtos_masked() || rtos_core_count() == 1;
}

static void collect(void) {
    if (MP_STATE_THREAD(gc_lock_depth) & GC_COLLECT_FLAG || !can_stop()) {
        return; // asked for by a finaliser, or there is no room for now
    }
    bool finalise = heddle_fs_lock_to_collect();
    GC_ENTER();
    rtos_trace(RTOS_TRACE_COLLECT, core_self(), RTOS_TRACE_COLLECT_BEGIN);
    core_collect(true);
    core_reap();
    heddle_spare_drop();
    heddle_timers_suspend();
    rtos_world_stop();
    rtos_trace(RTOS_TRACE_COLLECT, core_self(), RTOS_TRACE_COLLECT_STOPPED);
    mark_threads();
    gc_collect_start();
    scan_own_stack();
    scan_threads();
    soft_timer_gc_mark_all();
    if (!finalise) {
        keep_finalisers();
    }
    #if !HEDDLE_GIL
    rtos_poke(kept, !finalise);
    #endif
    gc_deal_with_stack_overflow();
    rtos_trace(RTOS_TRACE_COLLECT, core_self(), RTOS_TRACE_COLLECT_RESUMED);
    rtos_world_resume();
    heddle_timers_resume();
    gc_collect_end();
    rtos_trace(RTOS_TRACE_COLLECT, core_self(), RTOS_TRACE_COLLECT_END);
    core_collect(false);
    GC_EXIT();
    if (finalise) {
        heddle_fs_unlock();
    }
    // A callback that was scheduled while a finaliser had the scheduler locked found the main thread waiting.
    if (rtos_peek(core_main_thread.interrupted)) {
        core_interrupt(&core_main_thread);
    }
}

// A program's.
void gc_collect(void) {
    if (!can_stop()) {
        heddle_raise_would_wait();
    }
    collect();
}

// What is left at a soft reset: its finalisers may wait no more than others.
void gc_sweep_all(void) {
    core_collect(true);
    upstream_gc_sweep_all();
    core_collect(false);
}
