// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The module heddle_stack, in images for tests only: ways to run out of a stack, in threads, services and callbacks.
#include <alloca.h>
#include <string.h>

#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"

#include "board.h"
#include "heddle.h"
#include "regs.h"
#include "service.h"

typedef enum { HERE, SERVICE, DISPATCH } where_t;

static uintptr_t low; // of the running thread's stack
static void (*volatile action)(void);

// The lowest address that is not guarded: stacks are aligned to half of what a guard is aligned to.
static uintptr_t guard_end(void) {
    return (low + 31) / 32 * 32 + 32;
}

static void nothing(void) {
}

// Have memory on the stack that nobody may leave out.
#define TAKE(bytes) ({ \
        char *taken = alloca(bytes); \
        __asm volatile ("" : : "r" (taken) : "memory"); \
        taken; \
})

static __attribute__((noinline)) unsigned descend(uintptr_t to, void (*there)(void)) {
    volatile char frame[24];
    frame[0] = 1;
    unsigned sum = 0;
    if ((uintptr_t)frame > to) {
        sum = descend(to, there);
    } else {
        there();
    }
    return sum + frame[0];
}

static void recursion(void) {
    descend(low - 256, nothing);
}

static void large_frame(void) {
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    char *frame = TAKE(here - low);
    memset(frame, 1, here - low);
    __asm volatile ("" : : "r" (frame) : "memory");
}

static void masked(void) {
    rtos_crit_enter();
    recursion();
}

static void collection(void) {
    descend(guard_end() + 64, gc_collect);
}

// Let in what waits with so many bytes left.
static void let_in_with(uintptr_t room) {
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    TAKE(here - guard_end() - room);
    __asm volatile ("cpsie i\n isb\n nop" : : : "memory");
}

static __attribute__((noinline)) void let_in_8(void) {
    let_in_with(8);
}

static __attribute__((noinline)) void let_in_56(void) {
    let_in_with(56);
}

// The processor's part of an interrupt's frame does not fit.
static void interrupt(void) {
    rtos_crit_enter();
    board_irq_raise(nothing);
    descend(guard_end() + 160, let_in_8);
}

// That part does, and the kernel's for a switch does not.
static void switched_out(void) {
    rtos_crit_enter();
    SCB_ICSR = ICSR_PEND_SV;
    descend(guard_end() + 160, let_in_56);
}

// A wake-up that nobody waited for, such as this one, ends a wait before it begins, and so does a host that comes late
// for its time. Not each of these.
static __attribute__((noinline)) void jump(void) {
    TAKE(512);
    rtos_unpark(rtos_thread_self());
    for (unsigned i = 0; i < 100; ++i) {
        rtos_park_until(rtos_now_us() + 5000);
    }
}

// A frame leaves the guard untouched and lies below it.
static void jumped_over(void) {
    descend(guard_end() + 200, jump);
}

static const struct {
    qstr name;
    void (*action)(void);
} actions[] = {
    { MP_QSTR_nothing, nothing },
    { MP_QSTR_recursion, recursion },
    { MP_QSTR_large_frame, large_frame },
    { MP_QSTR_masked, masked },
    { MP_QSTR_collection, collection },
    { MP_QSTR_interrupt, interrupt },
    { MP_QSTR_switched_out, switched_out },
    { MP_QSTR_jumped_over, jumped_over },
};

static void act(void) {
    rtos_stack_t stack;
    rtos_thread_stack(rtos_thread_self(), &stack);
    low = (uintptr_t)stack.low;
    action();
    rtos_poke(action, NULL);
}

static void service_main(service_t *self) {
    act();
}

static void slot_main(void *arg) {
    act();
}

static uint8_t stack[RTOS_STACK_MIN / 2] __attribute__((aligned(RTOS_STACK_ALIGN)));

static service_t service = {
    .name = "hungry", .entry = service_main, .stack = stack, .stack_size = sizeof(stack),
    .priority_class = SERVICE_NETWORK,
};

// run(where, action): the low end of the stack on which it ran, if that is whole then.
static mp_obj_t stack_run(mp_obj_t where, mp_obj_t name) {
    static dispatch_slot_t slot;
    for (size_t i = 0; i < MP_ARRAY_SIZE(actions); ++i) {
        if (actions[i].name == mp_obj_str_get_qstr(name)) {
            rtos_poke(action, actions[i].action);
        }
    }
    switch (mp_obj_get_int(where)) {
        case HERE:
            act();
            break;
        case SERVICE:
            service_register(&service);
            service_start(&service);
            service_stop(&service, 100);
            break;
        case DISPATCH:
            dispatch_register(&slot, slot_main, NULL);
            dispatch_schedule(&slot);
            while (rtos_peek(action) != NULL) {
                mp_hal_delay_ms(1);
            }
            dispatch_unregister(&slot);
            break;
    }
    return mp_obj_new_int_from_uint(low);
}
static MP_DEFINE_CONST_FUN_OBJ_2(stack_run_obj, stack_run);

static const mp_rom_map_elem_t stack_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_heddle_stack) },
    { MP_ROM_QSTR(MP_QSTR_run), MP_ROM_PTR(&stack_run_obj) },
    { MP_ROM_QSTR(MP_QSTR_HERE), MP_ROM_INT(HERE) },
    { MP_ROM_QSTR(MP_QSTR_SERVICE), MP_ROM_INT(SERVICE) },
    { MP_ROM_QSTR(MP_QSTR_DISPATCH), MP_ROM_INT(DISPATCH) },
};
static MP_DEFINE_CONST_DICT(stack_globals, stack_globals_table);

const mp_obj_module_t heddle_stack_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&stack_globals,
};

MP_REGISTER_MODULE(MP_QSTR_heddle_stack, heddle_stack_module);
