// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The module heddle_test, in images for tests only: what Python alone cannot do to the layers below it. Functions of
// the contract and of services.h come through as they are, with their negative errors.
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "py/gc.h"
#include "py/mphal.h"
#include "py/mpthread.h"
#include "py/runtime.h"
#include "py/stream.h"

#include "board.h"
#include "heddle.h"
#include "service.h"

// What needs that board's timer, or that kernel's variables, is for it only.
#ifdef __arm__
#define ON_MPS2 (1)
#include "regs.h"
#else
#define ON_MPS2 (0)
#endif
#ifdef INC_FREERTOS_H
#define ON_FREERTOS (1)
#else
#define ON_FREERTOS (0)
#endif

#define SERVICES (4)
#define SLOTS (HEDDLE_DISPATCH_SLOTS + 1)
#define RING (256)
#define WORDS (16)
#define SERVICE_STACK (RTOS_STACK_MIN / 2)

static mp_obj_t tuple_of_ints(size_t n, const uint32_t *values) {
    mp_obj_t items[8];
    for (size_t i = 0; i < n; ++i) {
        items[i] = mp_obj_new_int_from_uint(values[i]);
    }
    return mp_obj_new_tuple(n, items);
}

// A wake-up that nobody waited for may have come before.
static void wait_ms(uint32_t ms) {
    uint64_t end = rtos_now_us() + ms * 1000;
    while (rtos_now_us() < end) {
        rtos_park(1);
    }
}

static size_t index_below(mp_obj_t index_in, size_t limit) {
    mp_uint_t index = mp_obj_get_int(index_in);
    if (index >= limit) {
        mp_raise_type(&mp_type_IndexError);
    }
    return index;
}

// ---- words that outlive a soft reset

static mp_int_t words[WORDS];

// word(i) and word(i, value).
static mp_obj_t test_word(size_t n_args, const mp_obj_t *args) {
    mp_int_t *word = &words[index_below(args[0], WORDS)];
    if (n_args > 1) {
        *word = mp_obj_get_int(args[1]);
    }
    return mp_obj_new_int(*word);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(test_word_obj, 1, 2, test_word);

// True if one of the roots, from the main thread's to the VM's last, holds this id().
static mp_obj_t test_is_root(mp_obj_t id) {
    void **root = (void **)&mp_state_ctx;
    size_t first = offsetof(mp_state_ctx_t, thread.dict_locals) / sizeof(void *);
    size_t end = offsetof(mp_state_ctx_t, vm.qstr_last_chunk) / sizeof(void *);
    for (size_t i = first; i < end; ++i) {
        if ((mp_int_t)(uintptr_t)root[i] == mp_obj_get_int(id)) {
            return mp_const_true;
        }
    }
    return mp_const_false;
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_is_root_obj, test_is_root);

// ---- interrupts

#if ON_MPS2
#define SCB_VTOR REG32(0xe000ed08)
#define NVIC_UNPEND REG32(0xe000e280)
#define VECTORS (16 + IRQ_COUNT)

static void (*volatile timer1_function)(void);

static void timer1_handler(void) {
    TIMER1->intstatus = 1;
    timer1_function();
}

// TIMER1's own vector may be the benchmark's, so this module brings a table of vectors in RAM.
static void timer1_init(void (*fn)(void)) {
    static uint32_t vectors[VECTORS] __attribute__((aligned(256)));
    timer1_function = fn;
    if (SCB_VTOR != (uintptr_t)vectors) {
        memcpy(vectors, (const void *)SCB_VTOR, sizeof(vectors));
        vectors[16 + IRQ_TIMER1] = (uintptr_t)timer1_handler;
        __asm volatile ("dsb" : : : "memory");
        SCB_VTOR = (uintptr_t)vectors;
        __asm volatile ("dsb\n isb" : : : "memory");
    }
    nvic_enable(IRQ_TIMER1);
}

static void timer1_start(void (*fn)(void), uint32_t us) {
    timer1_init(fn);
    TIMER1->ctrl = 0;
    TIMER1->reload = us * (CPU_HZ / 1000000) - 1;
    TIMER1->value = TIMER1->reload;
    TIMER1->intstatus = 1;
    TIMER1->ctrl = TIMER_CTRL_ENABLE | TIMER_CTRL_IRQ;
}

// One more interrupt may be pending: with a busy host a period can be over before the handler is.
static void timer1_stop(void) {
    TIMER1->ctrl = 0;
    TIMER1->intstatus = 1;
    NVIC_UNPEND = 1u << IRQ_TIMER1;
}

MP_REGISTER_ROOT_POINTER(mp_obj_t heddle_test_isr[2]);

static struct {
    volatile uint32_t left;
    uint32_t calls;
    uint32_t failed; // the callback raised
    uint32_t in_idle; // what was interrupted
    uint32_t in_service;
    uint32_t in_python;
    uint32_t tls_changed;
} isr;

static void isr_run(void) {
    rtos_thread_t *self = rtos_thread_self();
    void *tls = rtos_tls();
    service_t *s = service_next(NULL);
    while (s != NULL && &s->thread != self) {
        s = service_next(s);
    }
    isr.calls += 1;
    isr.in_python += tls != NULL;
    isr.in_service += s != NULL;
    isr.in_idle += tls == NULL && s == NULL;
    isr.failed += !heddle_call_in_isr(MP_STATE_VM(heddle_test_isr)[0], MP_STATE_VM(heddle_test_isr)[1]);
    isr.tls_changed += rtos_tls() != tls;
    if (--isr.left == 0) {
        timer1_stop();
    }
}

// isr_start(fun, arg, count, us): call fun(arg) in `count` interrupts, `us` apart; 0: one, now.
static mp_obj_t test_isr_start(size_t n_args, const mp_obj_t *args) {
    memset(&isr, 0, sizeof(isr));
    MP_STATE_VM(heddle_test_isr)[0] = args[0];
    MP_STATE_VM(heddle_test_isr)[1] = args[1];
    isr.left = mp_obj_get_int(args[2]);
    mp_int_t us = mp_obj_get_int(args[3]);
    if (us == 0) {
        isr.left = 1;
        board_irq_raise(isr_run);
    } else {
        timer1_start(isr_run, us);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(test_isr_start_obj, 4, 4, test_isr_start);

// lock_in_isr(): take a lock and give it back: whether it was the interrupt's meanwhile.
static mp_obj_t test_lock_in_isr(void) {
    static core_lock_t lock;
    bool mine = core_lock_try(&lock) && core_lock_holder(&lock) == CORE_ISR_IDENT;
    return mp_obj_new_bool(mine & (core_lock_release(&lock) == 0));
}
static MP_DEFINE_CONST_FUN_OBJ_0(test_lock_in_isr_obj, test_lock_in_isr);

// isr_stats(): left, calls, failed, in_python, in_service, in_idle, tls_changed.
static mp_obj_t test_isr_stats(void) {
    const uint32_t values[] = {
        isr.left, isr.calls, isr.failed, isr.in_python, isr.in_service, isr.in_idle, isr.tls_changed,
    };
    return tuple_of_ints(MP_ARRAY_SIZE(values), values);
}
static MP_DEFINE_CONST_FUN_OBJ_0(test_isr_stats_obj, test_isr_stats);

#endif

static mp_obj_t test_interrupt_main(void) {
    mp_sched_keyboard_interrupt();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(test_interrupt_main_obj, test_interrupt_main);

// ---- services

typedef enum { OBEY, STUBBORN, TICK, ONCE, SPIN } service_mode_t;

// Whoever takes a service for a Python thread finds that it was interrupted, and that its ident is 0.
static struct {
    union {
        service_t service;
        struct {
            char before[offsetof(service_t, thread)];
            heddle_thread_t thread;
        } mistaken;
    };
    service_mode_t mode;
    volatile uint32_t count;
    uint32_t worst_gap_us;
    char name[RTOS_NAME_MAX + 1];
    uint8_t stack[SERVICE_STACK] __attribute__((aligned(RTOS_STACK_ALIGN)));
} services[SERVICES];

static_assert(offsetof(service_t, thread) + offsetof(core_thread_t, ident) >= sizeof(service_t), "not its own");

static volatile bool released; // a stubborn service may go

static void spin_us(uint32_t us) {
    uint64_t end = rtos_now_us() + us;
    while (rtos_now_us() < end) {
    }
}

static void service_entry(service_t *self) {
    size_t i = (uintptr_t)self->data;
    service_mode_t mode = services[i].mode;
    uint64_t last = rtos_now_us();
    while (mode != ONCE && (!service_should_stop(self) || (mode == STUBBORN && !rtos_peek(released)))) {
        if (mode == STUBBORN) {
            rtos_park(1);
        } else {
            service_wait(self, mode == OBEY ? RTOS_FOREVER : 1);
        }
        if (mode == SPIN) {
            spin_us(300);
        }
        uint64_t now = rtos_now_us();
        if (now - last > rtos_peek(services[i].worst_gap_us)) {
            rtos_poke(services[i].worst_gap_us, now - last);
        }
        last = now;
        rtos_poke(services[i].count, services[i].count + 1);
    }
}

// service_setup(i, name or None, class, flags, mode)
static mp_obj_t test_service_setup(size_t n_args, const mp_obj_t *args) {
    size_t i = index_below(args[0], SERVICES);
    service_t *s = &services[i].service;
    memset(&services[i], 0, sizeof(services[i]));
    services[i].mistaken.thread.core.interrupted = true;
    if (args[1] != mp_const_none) {
        strncpy(services[i].name, mp_obj_str_get_str(args[1]), RTOS_NAME_MAX);
        s->name = services[i].name;
    }
    s->entry = service_entry;
    s->stack = services[i].stack;
    s->stack_size = sizeof(services[i].stack);
    s->priority_class = mp_obj_get_int(args[2]);
    s->flags = mp_obj_get_int(args[3]);
    s->data = (void *)(uintptr_t)i;
    services[i].mode = mp_obj_get_int(args[4]);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(test_service_setup_obj, 5, 5, test_service_setup);

static service_t *service_at(mp_obj_t i) {
    return &services[index_below(i, SERVICES)].service;
}

static mp_obj_t test_service_register(mp_obj_t i) {
    return MP_OBJ_NEW_SMALL_INT(service_register(service_at(i)));
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_service_register_obj, test_service_register);

static mp_obj_t test_service_start(mp_obj_t i) {
    return MP_OBJ_NEW_SMALL_INT(service_start(service_at(i)));
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_service_start_obj, test_service_start);

static mp_obj_t test_service_stop(mp_obj_t i, mp_obj_t ms) {
    return MP_OBJ_NEW_SMALL_INT(service_stop(service_at(i), mp_obj_get_int(ms)));
}
static MP_DEFINE_CONST_FUN_OBJ_2(test_service_stop_obj, test_service_stop);

static mp_obj_t test_service_stop_all(mp_obj_t ms) {
    return MP_OBJ_NEW_SMALL_INT(service_stop_all(mp_obj_get_int(ms)));
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_service_stop_all_obj, test_service_stop_all);

static mp_obj_t test_service_start_auto(void) {
    service_start_auto();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(test_service_start_auto_obj, test_service_start_auto);

static mp_obj_t test_service_deinit(mp_obj_t i) {
    return MP_OBJ_NEW_SMALL_INT(service_deinit(service_at(i)));
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_service_deinit_obj, test_service_deinit);

static mp_obj_t test_service_wake(mp_obj_t i) {
    service_wake(service_at(i));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_service_wake_obj, test_service_wake);

static mp_obj_t test_service_error(void) {
    return mp_obj_new_str(service_last_error(), strlen(service_last_error()));
}
static MP_DEFINE_CONST_FUN_OBJ_0(test_service_error_obj, test_service_error);

// service_mistaken(i): whether anybody cleared what a Python thread would have there.
static mp_obj_t test_service_mistaken(mp_obj_t i) {
    return mp_obj_new_bool(!rtos_peek(services[index_below(i, SERVICES)].mistaken.thread.core.interrupted));
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_service_mistaken_obj, test_service_mistaken);

// service_release(): let a stubborn service go; it stays so for this boot.
static mp_obj_t test_service_release(mp_obj_t release) {
    rtos_poke(released, mp_obj_is_true(release));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_service_release_obj, test_service_release);

// service_stats(i): running, turns of its loop, longest turn in us since the last call.
static mp_obj_t test_service_stats(mp_obj_t i_in) {
    size_t i = index_below(i_in, SERVICES);
    const uint32_t values[] = {
        rtos_peek(services[i].service.running), rtos_peek(services[i].count), rtos_peek(services[i].worst_gap_us),
    };
    rtos_poke(services[i].worst_gap_us, 0);
    return tuple_of_ints(3, values);
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_service_stats_obj, test_service_stats);

// ---- dispatch slots

typedef enum { COUNT, AGAIN, PARK, SELF_SUSPEND, FLOOD } slot_mode_t;

static struct {
    dispatch_slot_t slot;
    slot_mode_t mode;
    volatile uint32_t calls;
    volatile bool inside;
} slots[SLOTS];

#if ON_MPS2
static struct {
    volatile uint32_t put;
    volatile uint32_t got;
    volatile uint32_t left;
    uint32_t lost; // the ring was full
    uint32_t wrong; // an entry that was not the next one
    uint32_t ring[RING];
} flood;

static void flood_isr(void) {
    if (flood.put - flood.got == RING) {
        flood.lost += 1;
    } else {
        flood.ring[flood.put % RING] = flood.put;
        flood.put += 1;
    }
    dispatch_schedule(&slots[0].slot);
    if (--flood.left == 0) {
        timer1_stop();
    }
}

static void flood_drain(void) {
    while (flood.got != flood.put) {
        flood.wrong += flood.ring[flood.got % RING] != flood.got;
        flood.got += 1;
    }
}
#else
static void flood_drain(void) {
}
#endif

static void slot_callback(void *arg) {
    size_t i = (uintptr_t)arg;
    dispatch_slot_t *slot = &slots[i].slot;
    uint32_t call = slots[i].calls + 1;
    rtos_poke(slots[i].calls, call);
    rtos_poke(slots[i].inside, true);
    switch (slots[i].mode) {
        case AGAIN:
            if (call == 1) {
                dispatch_schedule(slot);
                dispatch_schedule(slot);
            }
            break;
        case PARK: {
            uint64_t end = rtos_now_us() + 30000;
            while (rtos_now_us() < end) {
                rtos_park(5);
            }
            break;
        }
        case SELF_SUSPEND:
            dispatch_suspend(slot);
            dispatch_suspend(slot);
            dispatch_resume(slot);
            dispatch_resume(slot);
            break;
        case FLOOD:
            flood_drain();
            break;
        default:
            break;
    }
    rtos_poke(slots[i].inside, false);
}

static dispatch_slot_t *slot_at(mp_obj_t i) {
    return &slots[index_below(i, SLOTS)].slot;
}

// slot_register(i, mode)
static mp_obj_t test_slot_register(mp_obj_t i_in, mp_obj_t mode) {
    size_t i = index_below(i_in, SLOTS);
    slots[i].mode = mp_obj_get_int(mode);
    slots[i].calls = 0;
    return MP_OBJ_NEW_SMALL_INT(dispatch_register(&slots[i].slot, slot_callback, (void *)(uintptr_t)i));
}
static MP_DEFINE_CONST_FUN_OBJ_2(test_slot_register_obj, test_slot_register);

static mp_obj_t test_slot_unregister(mp_obj_t i) {
    dispatch_unregister(slot_at(i));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_slot_unregister_obj, test_slot_unregister);

static mp_obj_t test_slot_schedule(mp_obj_t i) {
    dispatch_schedule(slot_at(i));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_slot_schedule_obj, test_slot_schedule);

// slot_schedule_in(i, us): negative: not any more.
static mp_obj_t test_slot_schedule_in(mp_obj_t i, mp_obj_t us_in) {
    mp_int_t us = mp_obj_get_int(us_in);
    dispatch_schedule_at(slot_at(i), us < 0 ? UINT64_MAX : rtos_now_us() + us);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(test_slot_schedule_in_obj, test_slot_schedule_in);

static mp_obj_t test_slot_suspend(mp_obj_t i) {
    dispatch_suspend(slot_at(i));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_slot_suspend_obj, test_slot_suspend);

static mp_obj_t test_slot_resume(mp_obj_t i) {
    dispatch_resume(slot_at(i));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_slot_resume_obj, test_slot_resume);

// slot_stats(i): calls, whether it is inside the callback.
static mp_obj_t test_slot_stats(mp_obj_t i_in) {
    size_t i = index_below(i_in, SLOTS);
    const uint32_t values[] = { rtos_peek(slots[i].calls), rtos_peek(slots[i].inside) };
    return tuple_of_ints(2, values);
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_slot_stats_obj, test_slot_stats);

#if ON_MPS2
// flood_start(count, us): interrupts that write a ring and schedule slot 0, which reads it.
static mp_obj_t test_flood_start(mp_obj_t count, mp_obj_t us) {
    memset(&flood, 0, sizeof(flood));
    flood.left = mp_obj_get_int(count);
    timer1_start(flood_isr, mp_obj_get_int(us));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(test_flood_start_obj, test_flood_start);

// flood_stats(): left, written, read, lost, wrong.
static mp_obj_t test_flood_stats(void) {
    const uint32_t values[] = { flood.left, flood.put, flood.got, flood.lost, flood.wrong };
    return tuple_of_ints(MP_ARRAY_SIZE(values), values);
}
static MP_DEFINE_CONST_FUN_OBJ_0(test_flood_stats_obj, test_flood_stats);
#endif

// ---- mutexes

static mp_thread_mutex_t plain_mutex;
static mp_thread_recursive_mutex_t recursive_mutex;

// mutex_lock(recursive, wait)
static mp_obj_t test_mutex_lock(mp_obj_t recursive, mp_obj_t wait_in) {
    int wait = mp_obj_get_int(wait_in);
    return MP_OBJ_NEW_SMALL_INT(mp_obj_is_true(recursive) ? mp_thread_recursive_mutex_lock(&recursive_mutex, wait)
        : mp_thread_mutex_lock(&plain_mutex, wait));
}
static MP_DEFINE_CONST_FUN_OBJ_2(test_mutex_lock_obj, test_mutex_lock);

static mp_obj_t test_mutex_unlock(mp_obj_t recursive) {
    if (mp_obj_is_true(recursive)) {
        mp_thread_recursive_mutex_unlock(&recursive_mutex);
    } else {
        mp_thread_mutex_unlock(&plain_mutex);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_mutex_unlock_obj, test_mutex_unlock);

#if !HEDDLE_GIL
// fs_hold(ms): be inside the file system for so long.
static mp_obj_t test_fs_hold(mp_obj_t ms) {
    heddle_fs_lock();
    wait_ms(mp_obj_get_int(ms));
    heddle_fs_unlock();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_fs_hold_obj, test_fs_hold);
#endif

#if ON_FREERTOS
// Mutexes and time where there is no running thread, as in main() before the kernel starts.
static uint32_t without_a_thread(void) {
    mp_thread_mutex_t plain;
    mp_thread_recursive_mutex_t recursive;
    mp_thread_mutex_init(&plain);
    mp_thread_recursive_mutex_init(&recursive);
    uint32_t good = rtos_thread_self() == NULL;
    for (int i = 0; i < 3; ++i) {
        good += mp_thread_mutex_lock(&plain, 1) == 1;
        mp_thread_mutex_unlock(&plain);
        good += core_lock_holder(&plain.lock) == 0;
        good += mp_thread_recursive_mutex_lock(&recursive, 1) == 1;
        good += mp_thread_recursive_mutex_lock(&recursive, 0) == 1;
        mp_thread_recursive_mutex_unlock(&recursive);
        good += core_lock_holder(&recursive.lock) != 0;
        mp_thread_recursive_mutex_unlock(&recursive);
        good += core_lock_holder(&recursive.lock) == 0;
    }
    uint64_t begin = mp_hal_time_ns();
    mp_hal_delay_ms(2);
    mp_hal_delay_us(200);
    good += mp_hal_time_ns() - begin >= 2200000;
    return good;
}

// before_start(): how many of the 20 checks hold. There is no thread because the kernel's variable says so.
static mp_obj_t test_before_start(void) {
    rtos_crit_t key = rtos_crit_enter();
    uint8_t *current = pxCurrentTCB;
    *(uint8_t *volatile *)&pxCurrentTCB = NULL;
    uint32_t good = without_a_thread();
    *(uint8_t *volatile *)&pxCurrentTCB = current;
    rtos_crit_exit(key);
    return MP_OBJ_NEW_SMALL_INT(good);
}
static MP_DEFINE_CONST_FUN_OBJ_0(test_before_start_obj, test_before_start);
#endif

// ---- stacks and threads of the kernel

static __attribute__((noinline)) unsigned eat_below(const char *low) {
    volatile char frame[64];
    memset((char *)frame, 'x', sizeof(frame));
    unsigned sum = (const char *)frame > low ? eat_below(low) : 0;
    return sum + frame[0];
}

// eat_stack(): run over the low end of this thread's stack and give up the processor.
static mp_obj_t test_eat_stack(void) {
    rtos_stack_t stack;
    rtos_thread_stack(rtos_thread_self(), &stack);
    eat_below((char *)stack.low - 32);
    wait_ms(1);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_0(test_eat_stack_obj, test_eat_stack);

#if ON_FREERTOS
// damage_sp(ident): the saved stack pointer of a thread that waits leaves its stack.
static mp_obj_t test_damage_sp(mp_obj_t ident) {
    core_thread_t *t = core_thread_at(mp_obj_get_int(ident));
    rtos_stack_t stack;
    rtos_thread_stack(&t->rtos, &stack);
    t->rtos.task.pxDummy1 = (char *)stack.low - 64;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(test_damage_sp_obj, test_damage_sp);
#endif

// Switch(): a stream that becomes readable by on(), and tells nobody.
typedef struct {
    mp_obj_base_t base;
    volatile bool on;
} switch_t;

static const mp_obj_type_t switch_type;

static mp_obj_t switch_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    switch_t *self = mp_obj_malloc(switch_t, type);
    self->on = false;
    return MP_OBJ_FROM_PTR(self);
}

static mp_obj_t switch_on(mp_obj_t self) {
    ((switch_t *)MP_OBJ_TO_PTR(self))->on = true;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(switch_on_obj, switch_on);

static mp_uint_t switch_ioctl(mp_obj_t self, mp_uint_t request, uintptr_t flags, int *errcode) {
    return ((switch_t *)MP_OBJ_TO_PTR(self))->on ? flags : 0;
}

static const mp_rom_map_elem_t switch_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_on), MP_ROM_PTR(&switch_on_obj) },
};
static MP_DEFINE_CONST_DICT(switch_locals, switch_locals_table);

static const mp_stream_p_t switch_stream = { .ioctl = switch_ioctl };

static MP_DEFINE_CONST_OBJ_TYPE(
    switch_type, MP_QSTR_Switch, MP_TYPE_FLAG_NONE,
    make_new, switch_make_new,
    protocol, &switch_stream,
    locals_dict, &switch_locals
    );

static const mp_rom_map_elem_t test_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_heddle_test) },
    { MP_ROM_QSTR(MP_QSTR_word), MP_ROM_PTR(&test_word_obj) },
    { MP_ROM_QSTR(MP_QSTR_is_root), MP_ROM_PTR(&test_is_root_obj) },
    { MP_ROM_QSTR(MP_QSTR_Switch), MP_ROM_PTR(&switch_type) },
    { MP_ROM_QSTR(MP_QSTR_interrupt_main), MP_ROM_PTR(&test_interrupt_main_obj) },
    { MP_ROM_QSTR(MP_QSTR_service_setup), MP_ROM_PTR(&test_service_setup_obj) },
    { MP_ROM_QSTR(MP_QSTR_service_register), MP_ROM_PTR(&test_service_register_obj) },
    { MP_ROM_QSTR(MP_QSTR_service_start), MP_ROM_PTR(&test_service_start_obj) },
    { MP_ROM_QSTR(MP_QSTR_service_stop), MP_ROM_PTR(&test_service_stop_obj) },
    { MP_ROM_QSTR(MP_QSTR_service_stop_all), MP_ROM_PTR(&test_service_stop_all_obj) },
    { MP_ROM_QSTR(MP_QSTR_service_start_auto), MP_ROM_PTR(&test_service_start_auto_obj) },
    { MP_ROM_QSTR(MP_QSTR_service_deinit), MP_ROM_PTR(&test_service_deinit_obj) },
    { MP_ROM_QSTR(MP_QSTR_service_wake), MP_ROM_PTR(&test_service_wake_obj) },
    { MP_ROM_QSTR(MP_QSTR_service_error), MP_ROM_PTR(&test_service_error_obj) },
    { MP_ROM_QSTR(MP_QSTR_service_mistaken), MP_ROM_PTR(&test_service_mistaken_obj) },
    { MP_ROM_QSTR(MP_QSTR_service_release), MP_ROM_PTR(&test_service_release_obj) },
    { MP_ROM_QSTR(MP_QSTR_service_stats), MP_ROM_PTR(&test_service_stats_obj) },
    { MP_ROM_QSTR(MP_QSTR_slot_register), MP_ROM_PTR(&test_slot_register_obj) },
    { MP_ROM_QSTR(MP_QSTR_slot_unregister), MP_ROM_PTR(&test_slot_unregister_obj) },
    { MP_ROM_QSTR(MP_QSTR_slot_schedule), MP_ROM_PTR(&test_slot_schedule_obj) },
    { MP_ROM_QSTR(MP_QSTR_slot_schedule_in), MP_ROM_PTR(&test_slot_schedule_in_obj) },
    { MP_ROM_QSTR(MP_QSTR_slot_suspend), MP_ROM_PTR(&test_slot_suspend_obj) },
    { MP_ROM_QSTR(MP_QSTR_slot_resume), MP_ROM_PTR(&test_slot_resume_obj) },
    { MP_ROM_QSTR(MP_QSTR_slot_stats), MP_ROM_PTR(&test_slot_stats_obj) },
    { MP_ROM_QSTR(MP_QSTR_mutex_lock), MP_ROM_PTR(&test_mutex_lock_obj) },
    { MP_ROM_QSTR(MP_QSTR_mutex_unlock), MP_ROM_PTR(&test_mutex_unlock_obj) },
    { MP_ROM_QSTR(MP_QSTR_eat_stack), MP_ROM_PTR(&test_eat_stack_obj) },
    #if !HEDDLE_GIL
    { MP_ROM_QSTR(MP_QSTR_fs_hold), MP_ROM_PTR(&test_fs_hold_obj) },
    #endif
    #if ON_MPS2
    { MP_ROM_QSTR(MP_QSTR_isr_start), MP_ROM_PTR(&test_isr_start_obj) },
    { MP_ROM_QSTR(MP_QSTR_lock_in_isr), MP_ROM_PTR(&test_lock_in_isr_obj) },
    { MP_ROM_QSTR(MP_QSTR_isr_stats), MP_ROM_PTR(&test_isr_stats_obj) },
    { MP_ROM_QSTR(MP_QSTR_flood_start), MP_ROM_PTR(&test_flood_start_obj) },
    { MP_ROM_QSTR(MP_QSTR_flood_stats), MP_ROM_PTR(&test_flood_stats_obj) },
    #endif
    #if ON_FREERTOS
    { MP_ROM_QSTR(MP_QSTR_before_start), MP_ROM_PTR(&test_before_start_obj) },
    { MP_ROM_QSTR(MP_QSTR_damage_sp), MP_ROM_PTR(&test_damage_sp_obj) },
    #endif
    { MP_ROM_QSTR(MP_QSTR_OBEY), MP_ROM_INT(OBEY) },
    { MP_ROM_QSTR(MP_QSTR_STUBBORN), MP_ROM_INT(STUBBORN) },
    { MP_ROM_QSTR(MP_QSTR_TICK), MP_ROM_INT(TICK) },
    { MP_ROM_QSTR(MP_QSTR_ONCE), MP_ROM_INT(ONCE) },
    { MP_ROM_QSTR(MP_QSTR_SPIN), MP_ROM_INT(SPIN) },
    { MP_ROM_QSTR(MP_QSTR_COUNT), MP_ROM_INT(COUNT) },
    { MP_ROM_QSTR(MP_QSTR_AGAIN), MP_ROM_INT(AGAIN) },
    { MP_ROM_QSTR(MP_QSTR_PARK), MP_ROM_INT(PARK) },
    { MP_ROM_QSTR(MP_QSTR_SELF_SUSPEND), MP_ROM_INT(SELF_SUSPEND) },
    { MP_ROM_QSTR(MP_QSTR_FLOOD), MP_ROM_INT(FLOOD) },
    { MP_ROM_QSTR(MP_QSTR_SLOTS), MP_ROM_INT(HEDDLE_DISPATCH_SLOTS) },
    { MP_ROM_QSTR(MP_QSTR_BACKGROUND), MP_ROM_INT(SERVICE_BACKGROUND) },
    { MP_ROM_QSTR(MP_QSTR_NETWORK), MP_ROM_INT(SERVICE_NETWORK) },
    { MP_ROM_QSTR(MP_QSTR_STATIC), MP_ROM_INT(SERVICE_STATIC) },
    { MP_ROM_QSTR(MP_QSTR_AUTOSTART), MP_ROM_INT(SERVICE_AUTOSTART) },
    { MP_ROM_QSTR(MP_QSTR_ESSENTIAL), MP_ROM_INT(SERVICE_ESSENTIAL) },
    { MP_ROM_QSTR(MP_QSTR_EALREADY), MP_ROM_INT(EALREADY) },
    { MP_ROM_QSTR(MP_QSTR_EBUSY), MP_ROM_INT(EBUSY) },
    { MP_ROM_QSTR(MP_QSTR_EEXIST), MP_ROM_INT(EEXIST) },
    { MP_ROM_QSTR(MP_QSTR_EINVAL), MP_ROM_INT(EINVAL) },
    { MP_ROM_QSTR(MP_QSTR_ENOENT), MP_ROM_INT(ENOENT) },
    { MP_ROM_QSTR(MP_QSTR_ENOSPC), MP_ROM_INT(ENOSPC) },
    { MP_ROM_QSTR(MP_QSTR_EPERM), MP_ROM_INT(EPERM) },
    { MP_ROM_QSTR(MP_QSTR_ETIMEDOUT), MP_ROM_INT(ETIMEDOUT) },
};
static MP_DEFINE_CONST_DICT(test_globals, test_globals_table);

const mp_obj_module_t heddle_test_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&test_globals,
};

MP_REGISTER_MODULE(MP_QSTR_heddle_test, heddle_test_module);
