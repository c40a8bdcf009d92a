// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The air's own tests: that what its faults make a host see is the air's doing and not the host's.
//
// usage: test_air [CASE]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "rtos.h"
#include "test_air.h"

static const char *running, *only;

void raw_fail(const char *file, int line, const char *what) {
    printf("FAIL %s: %s:%d: %s\n", running, file, line, what);
    for (unsigned i = 0; i < 3; ++i) {
        printf("    controller %u complains: %s\n", i, air_complaint(i));
    }
    fflush(stdout);
    _exit(1);
}

// ---- what cases begin with

void air_pair(void) {
    raw_open(0, true);
    raw_open(1, true);
}

void air_advertiser(unsigned node, const char *type) {
    char parameters[80];
    snprintf(parameters, sizeof(parameters), "20 00 20 00 %s 00 00 01 00 00 00 00 02 07 00", type);
    raw_command(node, 0x2006, parameters);
    raw_done(node, 0x2006, 0);
    raw_command(node, 0x200a, "01");
    raw_done(node, 0x200a, 0);
}

void air_connect_to(unsigned central, unsigned peripheral) {
    char parameters[120];
    snprintf(parameters, sizeof(parameters),
        "10 00 10 00 00 00 %02x 00 00 00 00 02 00 18 00 28 00 00 00 48 00 00 00 00 00", peripheral + 1);
    raw_command(central, 0x200d, parameters);
    raw_status(central, 0x200d, 0);
}

void air_connected(void) {
    air_pair();
    air_advertiser(1, "00");
    air_connect_to(0, 1);
    raw_expect(0, "04 3e 1f 0a 00 40 00 00 00 02 00 00 00 00 02 *");
    raw_expect(1, "04 3e 1f 0a 00 80 00 01 00 01 00 00 00 00 02 *");
}

// ---- running them

static unsigned run_all(const air_case_t *cases) {
    unsigned count = 0;
    for (; cases->name != NULL; ++cases) {
        if (only != NULL && strcmp(only, cases->name) != 0) {
            continue;
        }
        running = cases->name;
        air_init(3, 1);
        cases->run();
        for (unsigned i = 0; i < 3; ++i) {
            raw_close(i);
        }
        printf("ok   %s\n", running);
        count += 1;
    }
    return count;
}

static void entry(void *arg) {
    (void)arg;
    unsigned count = run_all(air_cases_hci) + run_all(air_cases_gap) + run_all(air_cases_link);
    count += run_all(air_cases_acl) + run_all(air_cases_secure) + run_all(air_cases_speed);
    count += run_all(air_cases_extended) + run_all(air_cases_faults);
    printf("%u passed, %u failed\n", count, count == 0);
    fflush(stdout);
    _exit(count == 0);
}

int main(int argc, char **argv) {
    static rtos_thread_t thread;
    static char stack[16 * RTOS_STACK_MIN] __attribute__((aligned(RTOS_STACK_ALIGN)));
    only = argc > 1 ? argv[1] : NULL;
    const rtos_thread_config_t config = {
        .entry = entry, .stack = stack, .stack_size = sizeof(stack), .name = "test", .priority = RTOS_PRIORITY_PYTHON,
    };
    rtos_start(&thread, &config);
}
