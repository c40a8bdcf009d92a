// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The unmodified extmod/modrandom.c for builds without a GIL: all threads draw from one generator, one at a time. Its
// definition says (void) and its calls say (), so they get two names.
#include "py/runtime.h"

#include "rtos.h"

#define yasmarang(parameters) yasmarang_##parameters(parameters)

#if MICROPY_PY_RANDOM
static uint32_t yasmarang_void(void);

static uint32_t yasmarang_(void) {
    rtos_crit_t key = rtos_crit_enter();
    uint32_t number = yasmarang_void();
    rtos_crit_exit(key);
    return number;
}
#endif

#include "extmod/modrandom.c"
