// SPDX-FileCopyrightText: The Heddle authors
// SPDX-License-Identifier: MIT
//
// The cases of the air's own tests, by file. Each begins with three controllers that are powered off.
#ifndef TEST_AIR_H
#define TEST_AIR_H

#include <stddef.h>

#include "air.h"
#include "raw.h"

typedef struct {
    const char *name;
    void (*run)(void);
} air_case_t;

// Each ends with an entry without a name.
extern const air_case_t air_cases_hci[], air_cases_gap[], air_cases_link[], air_cases_acl[], air_cases_faults[];
extern const air_case_t air_cases_secure[], air_cases_speed[], air_cases_extended[];

// Controllers 0 and 1 are open and ready; then 1 advertises and 0 connects to it. The handle of controller n is
// 0x40 * (n + 1) for its first connection.
void air_pair(void);
void air_connected(void);
void air_advertiser(unsigned node, const char *type);
void air_connect_to(unsigned central, unsigned peripheral);

#endif // TEST_AIR_H
