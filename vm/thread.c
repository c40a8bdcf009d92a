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
#include "py/runtime.h"
#include "py/unicode.h"
#include "shared/runtime/softtimer.h"

#include "heddle.h"
#include "service.h"

#define SERVICE_STOP_MS (250)

static uint8_t main_stack[HEDDLE_MAIN_STACK] __attribute__((aligned(RTOS_STACK_ALIGN)));
static void (*main_python)(void *);

// A block of a thread that has ended, for the next creation. No root: a collection drops it.
static struct {
    void *block;
    size_t size;
} spare;

// ---- the main thread

static void main_entry(core_thread_t *t) {
    (void)t;
    rtos_set_tls(&mp_state_ctx.thread);
    main_python(NULL);
}

void heddle_start(void (*python)(void *)) {
    main_python = python;
    const core_thread_config_t config = {
        .entry = main_entry, .stack = main_stack, .stack_size = sizeof(main_stack), .name = "main",
        .priority = RTOS_PRIORITY_PYTHON,
    };
    core_start(&config);
}

void heddle_init(void) {
    mp_cstack_init_with_top(main_stack + sizeof(main_stack), sizeof(main_stack) - RTOS_STACK_GUARD);
}

void heddle_python_begin(void) {
    heddle_timers_init();
    service_start_auto();
    core_reset_open();
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
    core_create_close(true);
    if (stop_services() != 0 || core_reset_begin(HEDDLE_RESET_ASK_MS, HEDDLE_RESET_GIL_MS) != 0) {
        mp_hal_stdout_tx_str("a thread does not give up the GIL, resetting the board\r\n");
        board_reset();
    }
    #if !HEDDLE_GIL
    core_mutex_lock(&MP_STATE_VM(qstr_mutex));
    core_mutex_lock(&MP_STATE_MEM(gc_mutex));
    heddle_fs_lock();
    #endif
    core_reset_end();
    #if !HEDDLE_GIL
    heddle_fs_unlock();
    core_mutex_unlock(&MP_STATE_MEM(gc_mutex));
    core_mutex_unlock(&MP_STATE_VM(qstr_mutex));
    #endif
    heddle_spare_drop();
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
    heddle_thread_t *th = (heddle_thread_t *)t;
    void *block = th->block;
    rtos_crit_t key = rtos_crit_enter();
    bool keep = spare.block == NULL;
    if (keep) {
        spare.size = th->block_size;
        spare.block = block;
    }
    rtos_crit_exit(key);
    if (!keep) {
        gc_free(block);
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

static void thread_entry(core_thread_t *t);

// From low to high: guard, stack, record. `block` stays in this frame until the record is listed, for the collector.
static int create(const heddle_thread_config_t *config, uint32_t *ident, size_t size, void *volatile block) {
    heddle_thread_t *th = (heddle_thread_t *)((uint8_t *)block + size) - 1;
    th->block = block;
    th->block_size = size;
    th->fun = config->fun;
    th->args = config->args;
    th->args_from = config->args_from;
    th->n_args = config->n_args;
    th->n_kw = config->n_kw;
    th->named = config->name != NULL;
    th->leave = false;
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
        .entry = thread_entry, .stack = block, .stack_size = (uintptr_t)th - (uintptr_t)block,
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
        return -EAGAIN;
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

static void print_unhandled_exception(heddle_thread_t *th, mp_obj_base_t *exc) {
    if (mp_obj_is_subclass_fast(MP_OBJ_FROM_PTR(exc->type), MP_OBJ_FROM_PTR(&mp_type_SystemExit))) {
        return;
    }
    rtos_stats_t stats;
    rtos_thread_stats(&th->core.rtos, &stats);
    mp_print_str(MICROPY_ERROR_PRINTER, "Unhandled exception in thread ");
    if (th->named) {
        mp_printf(MICROPY_ERROR_PRINTER, "'%s' ", stats.name);
    }
    mp_print_str(MICROPY_ERROR_PRINTER, "started by ");
    mp_obj_print_helper(MICROPY_ERROR_PRINTER, th->fun, PRINT_REPR);
    mp_print_str(MICROPY_ERROR_PRINTER, "\n");
    mp_obj_print_exception(MICROPY_ERROR_PRINTER, MP_OBJ_FROM_PTR(exc));
}

static void thread_entry(core_thread_t *t) {
    heddle_thread_t *th = (heddle_thread_t *)t;
    size_t stack_size = (uintptr_t)th - (uintptr_t)th->block - RTOS_STACK_GUARD;
    rtos_set_tls(&th->state);
    mp_thread_init_state(&th->state, stack_size, th->state.dict_locals, th->state.dict_globals);
    mp_cstack_init_with_top(th, stack_size);
    rtos_crit_t key = rtos_crit_enter();
    bool leave = th->leave;
    rtos_crit_exit(key);
    if (leave) {
        // Asked before its first run; what it was given then has just been cleared.
        th->state.mp_pending_exception = mp_obj_new_exception(&mp_type_SystemExit);
    }
    nlr_buf_t nlr;
    if (nlr_push(&nlr) == 0) {
        mp_handle_pending(true);
        mp_call_function_n_kw(th->fun, th->n_args, th->n_kw, th->args);
        nlr_pop();
    } else {
        nlr_buf_t printing;
        if (nlr_push(&printing) == 0) {
            print_unhandled_exception(th, (mp_obj_base_t *)nlr.ret_val);
            nlr_pop();
        }
    }
    heddle_irq_restore();
}

// ---- what core asks

static mp_state_thread_t *state_of(core_thread_t *t) {
    return t == &core_main_thread ? &mp_state_ctx.thread : &((heddle_thread_t *)t)->state;
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

void core_vm_ask_to_leave(core_thread_t *t) {
    heddle_thread_t *th = (heddle_thread_t *)t;
    mp_obj_t leave = mp_obj_new_exception(&mp_type_SystemExit);
    rtos_crit_t key = rtos_crit_enter();
    th->leave = true;
    th->state.mp_pending_exception = leave;
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
    if (core_collects()) {
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
