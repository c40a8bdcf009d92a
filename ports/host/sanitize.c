// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What a sanitizer's runtime asks the program. Each of these is called only where its runtime is linked in.

// The collector reads stacks where they lie, and threads that end with the program have not been joined.
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=0:detect_stack_use_after_return=0";
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void) {
    return "halt_on_error=1:print_stacktrace=1";
}

const char *__tsan_default_options(void);
const char *__tsan_default_options(void) {
    return "halt_on_error=1:report_thread_leaks=0:exitcode=66:atexit_sleep_ms=0";
}

// The collector looks for pointers in threads' stacks: where its mark stack overflows in all of a stack, and so in what
// a stopped thread still writes there, below its saved stack pointer, to wait.
// mp_handle_pending() looks at sched_state and mp_pending_exception without the lock, to find out whether it has to
// take it. What it misses it finds the next time.
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
    return "race_top:gc_mark_subtree\n"
           "race_top:mp_handle_pending\n";
}
