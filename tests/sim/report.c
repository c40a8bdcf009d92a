// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// Where in the sources a step is, and the list of a run's steps.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine.h"

#define PLACES (512)

// "core_lock_try at core/lock.c:20", by binutils' addr2line. Of inlined functions the outermost that is not one of the
// atomics themselves.
static void look_up(const void *site, char *out, size_t size) {
    char command[120], line[300];
    snprintf(command, sizeof(command), "addr2line -f -i -p -s -e /proc/%d/exe %p 2>&1", (int)getpid(),
        (void *)((uintptr_t)site - 1));
    FILE *f = popen(command, "r");
    snprintf(out, size, "%p", site);
    bool found = false;
    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        char *text = strstr(line, "(inlined by) ");
        text = text != NULL ? text + 13 : line + strspn(line, " ");
        text[strcspn(text, "\n")] = '\0';
        if (!found && strstr(text, " at ") != NULL && strstr(text, "rtos_atomic.h") == NULL) {
            snprintf(out, size, "%s", text);
            found = true;
        }
    }
    if (f != NULL) {
        pclose(f);
    }
}

void report_site(const void *site, char *out, size_t size) {
    static struct {
        const void *site;
        char text[120];
    } places[PLACES] SIM_STACK; // which no run begins anew
    unsigned i = (uintptr_t)site / 2 % PLACES;
    if (places[i].site != site) {
        look_up(site, places[i].text, sizeof(places[i].text));
        places[i].site = site;
    }
    snprintf(out, size, "%s", places[i].text);
}

void report_trace(void) {
    printf("%6s  %-4s  %-14s  %-26s  %s\n", "step", "core", "who", "what", "where");
    for (unsigned i = 0; i < engine->m.steps; ++i) {
        const trace_t *t = &engine->trace[i];
        char place[160] = "";
        if (t->site != NULL) {
            report_site(t->site, place, sizeof(place));
        }
        printf("%6u%c %-4u  %-14s  %-26s  %s\n", i, t->choice != 0 ? '>' : ' ', t->core, t->name,
            t->what != NULL ? t->what : "starts", place);
    }
}
