// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Without threads: the roots of a collection are the registers, the one stack and the timers.
#include "py/gc.h"
#include "py/mpstate.h"
#include "shared/runtime/gchelper.h"
#include "shared/runtime/softtimer.h"

void gc_collect(void) {
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    soft_timer_gc_mark_all();
    gc_collect_end();
}
