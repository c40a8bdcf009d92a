// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Fibers by setjmp and longjmp: no system call in a switch. ucontext gives each its stack, once.
#include <string.h>

#include "engine.h"

void sim_fiber_init(sim_fiber_t *f, const char *name, void *stack, size_t size, void (*entry)(void *arg), void *arg) {
    memset(f, 0, sizeof(*f));
    f->name = name;
    f->stack = stack;
    f->stack_size = size;
    f->sp = (char *)stack + size;
    f->entry = entry;
    f->arg = arg;
}

static void fiber_main(void) {
    machine_settle();
    sim_fiber_t *f = engine->m.self;
    f->entry(f->arg);
    sim_fail("fiber '%s' returned", f->name);
}

void fiber_resume(sim_fiber_t *f) {
    engine->m.self = f;
    if (f->started) {
        _longjmp(f->context, 1);
    }
    f->started = true;
    ucontext_t context = engine->context;
    #if defined(__x86_64__)
    context.uc_mcontext.fpregs = &context.__fpregs_mem;
    #endif
    context.uc_stack.ss_sp = f->stack;
    context.uc_stack.ss_size = f->stack_size;
    context.uc_link = NULL;
    makecontext(&context, fiber_main, 0);
    setcontext(&context);
    __builtin_unreachable();
}

void fiber_switch(sim_fiber_t *from, sim_fiber_t *to) {
    from->sp = __builtin_frame_address(0);
    if (_setjmp(from->context) == 0) {
        fiber_resume(to);
    }
}
