// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Python threads: their memory, their first and last steps, and what core asks of the VM.
#include <errno.h>
#include <string.h>

#include "py/cstack.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/mpthread.h"
#include "py/objtuple.h"
#include "py/runtime.h"
#include "py/unicode.h"
#include "shared/runtime/softtimer.h"

#include "heddle.h"
#include "service.h"

#define SERVICE_STOP_MS (250)

#ifdef HEDDLE_MAIN_STACK_AT
#define main_stack HEDDLE_MAIN_STACK_AT
extern uint8_t main_stack[HEDDLE_MAIN_STACK];
#else
static uint8_t main_stack[HEDDLE_MAIN_STACK] __attribute__((aligned(RTOS_STACK_ALIGN)));
#endif
static void (*main_python)(void *);

// A block of a thread that has ended, for the next creation. No root: a collection drops it.
static struct {
    void *block;
    size_t size;
} spare;

// ---- the main thread

void core_vm_main(void) {
    rtos_set_tls(&mp_state_ctx.thread);
    main_python(NULL);
}

void heddle_start(void (*python)(void *)) {
    main_python = python;
    const core_thread_config_t config = {
        .stack = main_stack, .stack_size = sizeof(main_stack), .name = "main",
        .priority = RTOS_PRIORITY_PYTHON,
    };
    core_start(&config);
}

// The roots that mp_init leaves alone: what they held in an earlier life would keep what lies there in this one, and
// sys.exc_info() would give it to the program.
static void forget_roots(void) {
    memset(MP_STATE_VM(sched_queue), 0, sizeof(MP_STATE_VM(sched_queue)));
    memset(&MP_STATE_VM(mp_emergency_exception_obj), 0, sizeof(MP_STATE_VM(mp_emergency_exception_obj)));
    #if MICROPY_PY_SYS_EXC_INFO
    MP_STATE_VM(cur_exception) = NULL;
    #endif
    MP_STATE_VM(heddle_seen) = NULL;
    MP_STATE_THREAD(stop_iteration_arg) = MP_OBJ_NULL;
}

void heddle_init(void) {
    mp_cstack_init_with_top(main_stack + sizeof(main_stack), sizeof(main_stack) - RTOS_STACK_GUARD);
    forget_roots();
}

void heddle_python_begin(void) {
    heddle_timers_init();
    heddle_reset_open(true);
    service_start_auto();
    core_reset_open();
    #if MICROPY_PY_BLUETOOTH
    heddle_ble_begin();
    #endif
}

// 0, or -ETIMEDOUT when the GIL does not come back.
static int stop_services(void) {
    core_gil_exit();
    int ret = service_stop_all(SERVICE_STOP_MS);
    if (core_gil_enter_until(core_deadline(HEDDLE_RESET_GIL_MS)) != 0) {
        return -ETIMEDOUT;
    }
    if (ret != 0) {
        mp_printf(&mp_plat_print, "%s\n", service_last_error());
    }
    return 0;
}

void heddle_python_end(void) {
    heddle_irq_restore();
    if (HEDDLE_TRACE) {
        heddle_trace_end();
    }
    heddle_reset_open(false);
    #if MICROPY_PY_BLUETOOTH
    heddle_ble_end();
    #endif
    core_create_close(true);
    if (stop_services() != 0 || core_reset_begin(HEDDLE_RESET_ASK_MS, HEDDLE_RESET_GIL_MS) != 0) {
        mp_hal_stdout_tx_str("a thread does not give up the GIL, resetting the board\r\n");
        board_reset();
    }
    #if !HEDDLE_GIL
    heddle_fs_lock();
    core_mutex_lock(&MP_STATE_VM(qstr_mutex));
    core_mutex_lock(&MP_STATE_MEM(gc_mutex));
    #endif
    core_reset_end();
    heddle_main_restore();
    heddle_imports_forget();
    #if !HEDDLE_GIL
    core_mutex_unlock(&MP_STATE_MEM(gc_mutex));
    core_mutex_unlock(&MP_STATE_VM(qstr_mutex));
    heddle_fs_unlock();
    #else
    heddle_fs_init(); // a thread that was ended in a block device had it
    #endif
    heddle_input_init();
    heddle_spare_drop();
    heddle_console_init(); // who held it is gone
    soft_timer_deinit();
}

// ---- creation

static void *block_take(size_t size) {
    void *block = NULL;
    rtos_crit_t key = rtos_crit_enter();
    if (spare.block != NULL && spare.size == size) {
        block = spare.block;
        spare.block = NULL;
    }
    rtos_crit_exit(key);
    return block != NULL ? block : gc_alloc(size, 0);
}

void heddle_spare_drop(void) {
    rtos_crit_t key = rtos_crit_enter();
    spare.block = NULL;
    rtos_crit_exit(key);
}

void core_vm_free(core_thread_t *t) {
    rtos_stack_t block = heddle_thread_block(t);
    rtos_crit_t key = rtos_crit_enter();
    bool keep = spare.block == NULL;
    if (keep) {
        spare.size = (uintptr_t)block.high - (uintptr_t)block.low;
        spare.block = block.low;
    }
    rtos_crit_exit(key);
    if (!keep) {
        gc_free(block.low);
    }
}

// "thread-7"; the kernel keeps as much of it as it has room for.
static void make_name(char *out, uint32_t ident) {
    char digits[10];
    size_t n = 0;
    do {
        digits[n++] = '0' + ident % 10;
        ident /= 10;
    } while (ident != 0);
    memcpy(out, "thread-", 7);
    out += 7;
    while (n > 0) {
        *out++ = digits[--n];
    }
    *out = '\0';
}

// As much of a name as the kernel keeps, and no half character at its end: threads() makes a str of it.
static void cut_name(char *out, const char *name) {
    size_t n = strlen(name);
    if (n > RTOS_NAME_MAX) {
        n = RTOS_NAME_MAX;
        while (n > 0 && UTF8_IS_CONT(name[n])) {
            n -= 1;
        }
    }
    memcpy(out, name, n);
    out[n] = '\0';
}

// From low to high: guard, stack, record. `block` stays in this frame until the record is listed, for the collector.
static int create(const heddle_thread_config_t *config, uint32_t *ident, size_t size, void *volatile block) {
    heddle_thread_t *th = (heddle_thread_t *)((uint8_t *)block + size) - 1;
    th->fun = config->fun;
    th->args = config->args;
    th->args_tuple = config->args_tuple;
    th->n_args = config->n_args;
    th->n_kw = config->n_kw;
    th->named = config->name != NULL;
    memset(&th->state, 0, sizeof(th->state));
    th->state.dict_locals = mp_locals_get();
    th->state.dict_globals = mp_globals_get();
    *ident = core_thread_new_ident();
    char name[MAX(20, RTOS_NAME_MAX + 1)];
    if (th->named) {
        cut_name(name, config->name);
    } else {
        make_name(name, *ident);
    }
    const core_thread_config_t core = {
        .stack = block, .stack_size = (uintptr_t)th - (uintptr_t)block,
        .name = name, .priority = config->priority,
    };
    int ret = core_thread_create(&th->core, *ident, &core);
    if (ret == 0) {
        core_thread_start(&th->core);
    } else {
        gc_free(block);
    }
    return ret;
}

int heddle_thread_create(const heddle_thread_config_t *config, uint32_t *ident) {
    size_t stack_size = MAX(config->stack_size, RTOS_STACK_MIN);
    size_t size = RTOS_STACK_GUARD + ((stack_size + RTOS_STACK_ALIGN - 1) & ~(size_t)(RTOS_STACK_ALIGN - 1))
        + sizeof(heddle_thread_t);
    if (rtos_in_isr() || !core_create_begin()) {
        // Refused by a soft reset, which ends the creator, too, unless it is the one that resets.
        return rtos_in_isr() || core_self() == &core_main_thread ? -EAGAIN : -ECANCELED;
    }
    core_vm_list_lock();
    core_reap();
    core_vm_list_unlock();
    void *block = block_take(size);
    int ret = block == NULL ? -ENOMEM : create(config, ident, size, block);
    core_create_end();
    return ret;
}

// ---- a thread's first and last steps

static void print_unhandled_exception(heddle_thread_t *th, mp_obj_t fun, mp_obj_base_t *exc) {
    if (heddle_exits(MP_OBJ_FROM_PTR(exc))) {
        return;
    }
    rtos_stats_t stats;
    rtos_thread_stats(&th->core.rtos, &stats);
    heddle_text_t text;
    heddle_text_open(&text);
    const mp_print_t print = { &text, heddle_text_add };
    mp_print_str(&print, "Unhandled exception in thread ");
    if (th->named) {
        mp_printf(&print, "'%s' ", stats.name);
    }
    mp_print_str(&print, "started by ");
    mp_obj_print_helper(&print, fun, PRINT_REPR);
    mp_print_str(&print, "\n");
    mp_obj_print_exception(&print, MP_OBJ_FROM_PTR(exc));
    nlr_pop_jump_callback(true);
}

void core_vm_run(core_thread_t *t) {
    heddle_thread_t *th = (heddle_thread_t *)t;
    mp_obj_t fun = th->fun;
    th->text = NULL;
    size_t stack_size = (uintptr_t)th - (uintptr_t)heddle_thread_block(t).low - RTOS_STACK_GUARD;
    rtos_set_tls(&th->state);
    rtos_crit_t key = rtos_crit_enter();
    mp_obj_t asked = th->state.mp_pending_exception; // to leave, before its first run
    mp_thread_init_state(&th->state, stack_size, th->state.dict_locals, th->state.dict_globals);
    th->state.mp_pending_exception = asked;
    rtos_crit_exit(key);
    mp_cstack_init_with_top(th, stack_size);
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_handle_pending(true);
        const mp_obj_t *args = MP_OBJ_TO_PTR(th->args);
        if (th->args_tuple) {
            args = ((mp_obj_tuple_t *)MP_OBJ_TO_PTR(th->args))->items;
        }
        mp_call_function_n_kw(fun, th->n_args, th->n_kw, args);
        nlr_pop();
    } else {
        nlr_buf_t printing;
        if (nlr_push(&printing) == 0) {
            print_unhandled_exception(th, fun, (mp_obj_base_t *)nlr.ret_val);
            nlr_pop();
        }
    }
    heddle_irq_restore();
}

// ---- what core asks

static mp_state_thread_t *state_of(core_thread_t *t) {
    return t == &core_main_thread ? &mp_state_ctx.thread : &((heddle_thread_t *)t)->state;
}

static heddle_text_t *main_text;

heddle_text_t **heddle_thread_text(void) {
    core_thread_t *self = core_self();
    return self == &core_main_thread ? &main_text : &((heddle_thread_t *)self)->text;
}

// A callback waits although the scheduler is locked while another one runs: no reason to leave a wait, but the loop
// keeps looking.
core_pending_t core_vm_pending(core_thread_t *t) {
    if (state_of(t)->mp_pending_exception != MP_OBJ_NULL) {
        return CORE_PENDING_NOW;
    }
    if (t != &core_main_thread || (MP_STATE_VM(sched_len) == 0 && MP_STATE_VM(sched_head) == NULL)) {
        return CORE_PENDING_NOTHING;
    }
    return MP_STATE_VM(sched_state) == MP_SCHED_PENDING ? CORE_PENDING_NOW : CORE_PENDING_LOCKED;
}

// Ctrl-C is another exception, that a program may catch.
void heddle_thread_leave_locked(core_thread_t *t, mp_obj_t leave) {
    mp_obj_t pending = state_of(t)->mp_pending_exception;
    if (pending != MP_OBJ_NULL && heddle_exits(pending)) {
        return;
    }
    if (t == &core_main_thread) {
        mp_sched_exception(leave);
    } else {
        state_of(t)->mp_pending_exception = leave;
        core_interrupt(t);
    }
}

void core_vm_ask_to_leave(core_thread_t *t) {
    mp_obj_t leave = mp_obj_new_exception(&mp_type_SystemExit);
    rtos_crit_t key = rtos_crit_enter();
    heddle_thread_leave_locked(t, leave);
    rtos_crit_exit(key);
}

void core_vm_list_lock(void) {
    #if !HEDDLE_GIL
    core_mutex_lock(&MP_STATE_MEM(gc_mutex));
    #endif
}

void core_vm_list_unlock(void) {
    #if !HEDDLE_GIL
    core_mutex_unlock(&MP_STATE_MEM(gc_mutex));
    #endif
}

// ---- exceptions, callbacks and the loop

void heddle_upstream_mp_sched_exception(mp_obj_t exc);

void mp_sched_exception(mp_obj_t exc) {
    // Upstream's sets the scheduler's state without a lock.
    rtos_crit_t key = rtos_crit_enter();
    heddle_upstream_mp_sched_exception(exc);
    core_interrupt(&core_main_thread);
    rtos_crit_exit(key);
}

void heddle_scheduled(void) {
    core_interrupt(&core_main_thread);
}

#if HEDDLE_GIL
void heddle_attend(void) {
    core_gil_attend();
    if (!rtos_in_isr() && core_pending(core_self()) == CORE_PENDING_NOW) {
        mp_handle_pending(true);
    }
}
#endif

int heddle_wait(int (*wait)(void *arg, uint64_t deadline_us), void *arg, uint64_t deadline_us) {
    int ret;
    while ((ret = wait(arg, deadline_us)) == -EINTR) {
        // All that are due, because a wait gives up the GIL; but not those that schedule themselves for ever.
        int n = MICROPY_SCHEDULER_DEPTH;
        do {
            mp_handle_pending(true);
        } while (--n > 0 && core_pending(core_self()) == CORE_PENDING_NOW);
    }
    if (ret == -ETIMEDOUT && core_pending(core_self()) == CORE_PENDING_NOW) {
        mp_handle_pending(true);
    }
    if (ret == -EDEADLK) {
        heddle_raise_would_wait();
    }
    return ret;
}

// ---- py/mpthread.h

void mp_thread_set_state(mp_state_thread_t *state) {
    rtos_set_tls(state);
}

mp_uint_t mp_thread_get_id(void) {
    return rtos_in_isr() ? CORE_ISR_IDENT : core_self()->ident;
}

// The GIL comes here too, by upstream's macros.
static bool is_gil(const mp_thread_mutex_t *mutex) {
    #if HEDDLE_GIL
    return mutex == &MP_STATE_VM(gil_mutex);
    #else
    return false;
    #endif
}

void mp_thread_mutex_init(mp_thread_mutex_t *mutex) {
    core_mutex_init(mutex);
}

// A finaliser holds the gc mutex, and the qstr mutex comes before it: it must not wait for that one.
static int mutex_lock(core_mutex_t *mutex, int wait) {
    if (core_mutex_try(mutex)) {
        return 1;
    }
    if (!wait) {
        return 0;
    }
    if (!core_may_wait()) {
        mp_raise_type(&mp_type_MemoryError);
    }
    core_mutex_lock(mutex);
    return 1;
}

int mp_thread_mutex_lock(mp_thread_mutex_t *mutex, int wait) {
    if (is_gil(mutex)) {
        core_gil_enter();
        return 1;
    }
    return mutex_lock(mutex, wait);
}

void mp_thread_mutex_unlock(mp_thread_mutex_t *mutex) {
    if (is_gil(mutex)) {
        core_gil_exit();
    } else {
        core_mutex_unlock(mutex);
    }
}

void mp_thread_recursive_mutex_init(mp_thread_recursive_mutex_t *mutex) {
    core_mutex_init(mutex);
}

int mp_thread_recursive_mutex_lock(mp_thread_recursive_mutex_t *mutex, int wait) {
    return mutex_lock(mutex, wait);
}

void mp_thread_recursive_mutex_unlock(mp_thread_recursive_mutex_t *mutex) {
    core_mutex_unlock(mutex);
}
