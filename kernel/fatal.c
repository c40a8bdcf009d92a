// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// What ends everything says why first.
#include <string.h>

#include "kern.h"

static void say(const char *text) {
    arch_write(text, strlen(text));
}

void kern_fail(const char *call, const char *reason) {
    static struct k_spinlock failing;
    (void)arch_mask();
    if (kern_spin_try(&failing)) {
        const struct k_thread *t = kern_started ? arch_current() : NULL;
        say(call);
        say(": ");
        say(reason);
        say(t == NULL ? ", before the start" : ", thread ");
        say(t == NULL ? "" : kern_name(t));
        say(arch_in_isr() ? ", in an interrupt\r\n" : "\r\n");
    } else if (ARCH_CORES > 1 && !kern_spin_is_mine(&failing)) {
        for (;;) {
            arch_spin(); // another core says why
        }
    }
    arch_exit(1);
}
