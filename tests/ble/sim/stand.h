// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The host's thread alone, on simulated cores: what its cases are written with.
#ifndef STAND_H
#define STAND_H

#include "board.h"
#include "host.h"
#include "sim.h"

#define CASE(ident) CASE_IS(ident, false)
#define WIDE_CASE(ident) CASE_IS(ident, true)
#define CASE_IS(ident, wide) \
    static void ident(void); \
    static void ident##_boot(void) { \
        stand_run(ident); \
    } \
    SIM_CASE(ident, ident##_boot, wide); \
    static void ident(void)

#define CHECK(condition) stand_check(condition, __FILE__, __LINE__, #condition)
void stand_check(bool good, const char *file, int line, const char *text);

extern ble_t stand_host;
extern ble_source_t stand_source;
extern volatile unsigned stand_done; // sum of the answers that came back

void stand_run(void (*run)(void));
int stand_start(void);
int stand_tell(void); // have the source tell an event, if it is idle
void stand_spawn(unsigned which, void (*entry)(void *arg)); // 0 or 1
void stand_join(unsigned which);

#endif // STAND_H
