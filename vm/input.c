// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Lines from the console: the unmodified shared/readline keeps one that is being typed in static variables, and waits
// for its characters without the GIL. So one thread reads a line at a time (linker option --wrap).
#include "py/mpthread.h"
#include "py/runtime.h"
#include "shared/readline/readline.h"

#include "heddle.h"

static core_lock_t lock;

void heddle_input_init(void) {
    core_lock_init(&lock);
}

static int wait(void *arg, uint64_t deadline_us) {
    (void)arg;
    return core_lock_acquire(&lock, true, deadline_us);
}

static void release(void *callback) {
    (void)callback;
    core_lock_release(&lock);
}

int __real_readline(vstr_t *line, const char *prompt);
int __wrap_readline(vstr_t *line, const char *prompt);

int __wrap_readline(vstr_t *line, const char *prompt) {
    if (core_lock_holder(&lock) == mp_thread_get_id()) {
        mp_raise_msg(&mp_type_RuntimeError, MP_ERROR_TEXT("a line is being read"));
    }
    heddle_wait(wait, NULL, CORE_FOREVER);
    nlr_jump_callback_node_t callback;
    nlr_push_jump_callback(&callback, release);
    int ret = __real_readline(line, prompt);
    nlr_pop_jump_callback(true);
    return ret;
}
